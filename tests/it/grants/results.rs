//! What a run found, from its approval to its publication, its withdrawal and its correction.

use entaku::kernel::config::WireConfig;

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::support::town::app_with;

story!(RUN_APPROVE, "284-grant-run-approve");
story!(RUN_PUBLISH, "288-grant-run-publish");
story!(RUN_WITHDRAW, "289-grant-run-withdraw");
story!(TASKS, "320-tasks-read");

const FILES: [&str; 4] = ["allocations.csv", "terms.csv", "methodology.md", "methodology.pdf"];

/// Who reads the run, 青葉の会's line and its allocation.
async fn seen(who: &Client, of: &[String; 3]) -> [bool; 3] {
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let nodes = who.run(query, json!({ "ids": of })).await.data()["nodes"].clone();
    [0, 1, 2].map(|n| !nodes[n].is_null())
}

/// The run, the line of 青葉の会 and its allocation; what is not there is the run.
async fn of(o: &Office, run: &str) -> [String; 3] {
    let query = "query($id: ID!) { grantRun(id: $id) { lines(first: 9) { nodes { id name } }
        programme { allocations(first: 9) { nodes { id calculation { id } } } } } }";
    let found = o.staff.run(query, json!({ "id": run })).await.data()["grantRun"].clone();
    let lines = found["lines"]["nodes"].as_array().expect("lines");
    let line = text(&lines.iter().find(|line| line["name"] == "青葉の会").expect("a line")["id"]);
    let allocations = found["programme"]["allocations"]["nodes"].as_array().expect("allocations").clone();
    let allocation = allocations.iter().find(|one| one["calculation"]["id"] == json!(line));
    [run.to_owned(), line, allocation.map_or_else(|| run.to_owned(), |one| text(&one["id"]))]
}

fn withdrawal(run: &str) -> Value {
    json!({"id": run, "input": {"reason": "世帯数の誤りが見つかったため。"}})
}

fn path(o: &Office, file: &str) -> String {
    format!("/open-data/{}/{file}", o.town.code.as_str())
}

/// An office of whose files nothing is kept.
async fn office() -> Office {
    let app = app_with(WireConfig { max_age: 0, ..WireConfig::default() });
    Office::of(Town::beside(app).await).await
}

async fn statuses(o: &Office) -> Vec<u16> {
    let nobody = o.town.public();
    let mut statuses = Vec::new();
    for file in FILES {
        statuses.push(nobody.get(&path(o, file)).await.status.as_u16());
    }
    statuses
}

async fn acts(who: &Client) -> Vec<String> {
    let nodes = who.run(TASKS, json!({"first": 50})).await.data()["viewer"]["tasks"]["nodes"].clone();
    nodes.as_array().expect("tasks").iter().map(|task| text(&task["act"])).collect()
}

#[tokio::test]
async fn z22_results_are_everybodys_from_their_publication_until_they_are_withdrawn() {
    let o = office().await;
    let rule = o.enacted("4000").await;
    let run = o.run(&rule, "REAL").await;
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let liaison = o.town.over(Role::Liaison, ScopeKind::District, &o.districts[0]).await;
    let neighbour = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[1]).await;
    let everybody = [o.town.public(), o.town.resident().await, neighbour];
    let (none, all, own) = ([false; 3], [true; 3], [false, true, true]);
    let check = async |when: &str, staff: [bool; 3], insiders: [bool; 3], others: [bool; 3], status: u16| {
        let of = of(&o, &run).await;
        assert_eq!(seen(&o.staff, &of).await, staff, "{when}: staff");
        for who in [&officer, &liaison] {
            assert_eq!(seen(who, &of).await, insiders, "{when}: whose it is, and who looks after the district");
        }
        for who in &everybody {
            assert_eq!(seen(who, &of).await, others, "{when}: everybody else");
        }
        assert_eq!(statuses(&o).await, [status; 4], "{when}: files");
    };
    check("calculated", all, none, none, 404).await;
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    check("approved", all, none, none, 404).await;
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("CONFLICT/PROGRAMME_DRAFT");
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    check("its programme is public", all, own, none, 404).await;
    let done = o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data()["grantRunPublish"].clone();
    assert_eq!((&done["resultsState"], &done["supersededOn"]), (&json!("PUBLISHED"), &json!(null)));
    check("published", all, all, all, 200).await;
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("CONFLICT/PUBLISHED");
    o.staff.run(RUN_WITHDRAW, json!({"id": run, "input": {"reason": " "}})).await.expect_code("INVALID_INPUT");
    let done = o.approver.run(RUN_WITHDRAW, withdrawal(&run)).await.data()["grantRunWithdraw"].clone();
    assert_eq!((&done["resultsState"], &done["state"]), (&json!("WITHDRAWN"), &json!("APPROVED")));
    assert_eq!(done["resultsWithdrawnReason"], "世帯数の誤りが見つかったため。");
    check("withdrawn", all, own, none, 404).await;
    o.staff.run(RUN_WITHDRAW, withdrawal(&run)).await.expect_code("CONFLICT/NOT_PUBLISHED");
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    check("published again", all, all, all, 200).await;
    // Why it was withdrawn is the town hall's.
    let query =
        "query($id: ID!) { grantRun(id: $id) { resultsWithdrawnReason resultsWithdrawnAt resultsWithdrawnBy { id }
        redacted { field } } }";
    let (inside, outside) =
        (o.staff.run(query, json!({"id": run})).await, everybody[0].run(query, json!({"id": run})).await);
    let (inside, outside) = (inside.data()["grantRun"].clone(), outside.data()["grantRun"].clone());
    assert!(inside["resultsWithdrawnReason"].is_string() && inside["resultsWithdrawnBy"]["id"].is_string());
    for field in ["resultsWithdrawnReason", "resultsWithdrawnAt", "resultsWithdrawnBy"] {
        assert!(outside[field].is_null(), "{outside}");
    }
    // The record keeps every withdrawal with its reason.
    let tx = o.town.system();
    let kept = "SELECT count(*) AS n FROM audit_entries WHERE kind = 'grant_runs' AND op = 'UPDATE'
        AND after::text LIKE '%世帯数の誤りが見つかったため。%'";
    let rows = tx.rows(entaku::kernel::read::sql::Sql::new(kept)).await.expect("the record");
    assert!(rows[0].get::<_, i64>("n") > 0);
}

/// An award is in the file while its allocation is everybody's; the decision itself stays everybody's to read.
#[tokio::test]
async fn z22_an_award_stands_in_the_file_while_its_allocation_is_public() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.made_public(&run).await;
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let input = json!({"programmeId": o.programme, "organizationId": o.organizations[0], "title": "居場所づくり",
        "purpose": "週1回、居場所を開く。", "requestedYen": 1_000_000});
    let id = text(&officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"]["id"]);
    officer.run(SUBMIT, json!({"id": id})).await.data();
    o.staff.run(REVIEW_START, json!({"id": id})).await.data();
    o.staff.run(RECOMMEND, opinion(&id, 1_000_000)).await.data();
    o.approver.run(DECIDE, opinion(&id, 1_000_000)).await.data();
    let nobody = o.town.public();
    let file = path(&o, "grants.json");
    let first = nobody.get(&file).await;
    assert_eq!((first.status.as_u16(), first.header("cache-control").as_str()), (200, "public, max-age=60"));
    assert_eq!(first.body["grants"][0]["amountAwarded"], 1_000_000);
    o.town.app.clock.advance(Duration::seconds(40));
    o.staff.run(RUN_WITHDRAW, withdrawal(&run)).await.data();
    // For as long as anybody may keep it: together never longer than a minute.
    let kept = nobody.get(&file).await;
    assert_eq!((kept.status.as_u16(), kept.header("cache-control").as_str()), (200, "public, max-age=20"));
    o.town.app.clock.advance(Duration::seconds(21));
    let nothing = nobody.get("/open-data/999999/grants.json").await;
    let gone = nobody.with("if-none-match", &first.header("etag")).get(&file).await;
    assert_eq!((gone.status.as_u16(), &gone.text), (404, &nothing.text), "who has it is not told that it is unchanged");
    assert!(!gone.headers.contains_key("etag"));
    let query = "query($id: ID!) { grantApplication(id: $id) { decidedYen allocation { id } } }";
    let decided = nobody.run(query, json!({ "id": id })).await.data()["grantApplication"].clone();
    assert_eq!(decided, json!({"decidedYen": 1_000_000, "allocation": null}));
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    let again = nobody.with("if-none-match", &first.header("etag")).get(&file).await;
    assert_eq!(again.status, 304, "the same is the same again");
}

#[tokio::test]
async fn z20_who_approved_results_does_not_publish_them_and_nobody_without_a_fresh_proof() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    let query = "query($id: ID!) { grantRun(id: $id) { viewerCan { action allowed code reason } } }";
    let can = async |who: &Client, act: &str| {
        let all = who.run(query, json!({ "id": run })).await.data()["grantRun"]["viewerCan"].clone();
        let one = all.as_array().expect("acts").iter().find(|one| one["action"] == act).expect("the act").clone();
        (one["allowed"] == true, one["reason"].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(can(&o.approver, "grantRunPublish").await, (false, "DUTIES_APART".into()));
    assert_eq!(can(&o.staff, "grantRunPublish").await, (true, String::new()));
    assert_eq!(can(&o.staff, "grantRunWithdraw").await, (false, "NOT_PUBLISHED".into()));
    o.approver.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("FORBIDDEN/DUTIES_APART");
    for role in [Role::Payer, Role::PlanningStaff, Role::Auditor, Role::Admin] {
        let who = o.town.staff(role).await;
        who.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("FORBIDDEN");
        who.run(RUN_WITHDRAW, withdrawal(&run)).await.expect_code("FORBIDDEN");
    }
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let stranger = Town::beside(o.town.app.clone()).await.staff(Role::GrantStaff).await;
    for who in [&officer, &o.town.public(), &stranger] {
        who.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("NOT_FOUND");
    }
    let second = o.town.staff(Role::Approver).await;
    for who in [&o.staff, &second] {
        assert_eq!(acts(who).await.iter().filter(|act| *act == "grantRunPublish").count(), 1);
    }
    assert!(!acts(&o.approver).await.contains(&"grantRunPublish".to_owned()), "not who approved");
    let later = "UPDATE sessions SET authenticated_at = authenticated_at - interval '16 minutes'";
    let age = async || {
        let tx = o.town.system();
        tx.run(entaku::kernel::read::sql::Sql::new(later)).await.expect("run");
        tx.commit().await.expect("committed");
    };
    age().await;
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("FORBIDDEN/STEP_UP");
    let second = o.town.staff(Role::Approver).await;
    second.run(RUN_PUBLISH, json!({"id": run})).await.data();
    o.staff.run(RUN_WITHDRAW, withdrawal(&run)).await.expect_code("FORBIDDEN/STEP_UP");
    assert!(!acts(&o.staff).await.contains(&"grantRunPublish".to_owned()));
    second.run(RUN_WITHDRAW, withdrawal(&run)).await.data();
    age().await;
    second.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("FORBIDDEN/STEP_UP");
    assert!(
        !acts(&o.staff).await.contains(&"grantRunPublish".to_owned()),
        "what was withdrawn on purpose asks for nothing"
    );
}

/// The public reads no number that was corrected without the word that it was.
#[tokio::test]
async fn a_correction_is_published_by_its_own_act_and_what_it_corrects_says_so() {
    let o = office().await;
    let rule = o.enacted("4000").await;
    let first = o.approved(&rule).await;
    o.made_public(&first).await;
    let newer = o.enacted("5000").await;
    let second = o.run(&newer, "REAL").await;
    let nobody = o.town.public();
    let query =
        "query($id: ID!) { grantRun(id: $id) { supersededOn corrections { id } programme { allocations(first: 9) {
        nodes { amountYen } } } lines(first: 9) { nodes { sheetPdfUrl } } } }";
    let read = async || nobody.run(query, json!({ "id": first })).await.data()["grantRun"].clone();
    let before = read().await;
    assert_eq!((&before["supersededOn"], &before["corrections"]), (&json!(null), &json!([])));
    o.approver.run(RUN_APPROVE, json!({"id": second})).await.data();
    let between = read().await;
    assert_eq!((&between["supersededOn"], &between["corrections"]), (&json!("2026-05-20"), &json!([])));
    assert_eq!(between["programme"]["allocations"]["nodes"], json!([]), "neither the old nor the new");
    assert_eq!(statuses(&o).await, [404, 404, 200, 200]);
    let method = nobody.get(&path(&o, "methodology.md")).await.text;
    assert!(method.contains("訂正済み") && method.contains("2,700,000円"), "{method}");
    let csv = format!("/files/{first}.csv");
    let disposition = nobody.get(&csv).await.header("content-disposition");
    assert!(disposition.contains("%E8%A8%82%E6%AD%A3%E6%B8%88%E3%81%BF"), "訂正済み: {disposition}");
    // The old can be withdrawn, and is not published any more.
    o.staff.run(RUN_WITHDRAW, withdrawal(&first)).await.data();
    o.staff.run(RUN_PUBLISH, json!({"id": first})).await.expect_code("CONFLICT/SUPERSEDED");
    assert_eq!(statuses(&o).await, [404; 4]);
    o.staff.run(RUN_PUBLISH, json!({"id": second})).await.data();
    assert_eq!(statuses(&o).await, [200; 4]);
    let method = nobody.get(&path(&o, "methodology.md")).await.text;
    assert!(!method.contains("訂正済み") && method.contains("2,905,000円"), "{method}");
}

#[tokio::test]
async fn what_is_set_by_hand_is_public_with_its_programme() {
    let s = Scene::new().await;
    let query = "query($id: ID!) { grantProgramme(id: $id) { allocations(first: 9) { nodes { amountYen } } } }";
    let seen = s.town.public().run(query, json!({"id": s.programme})).await.data();
    assert_eq!(seen["grantProgramme"]["allocations"]["nodes"], json!([{"amountYen": 1_500_000}]));
}

/// An organization that a run left out has nothing by that run: this is everybody's with the run, and no hand changes it.
#[tokio::test]
async fn what_a_run_left_out_is_public_as_its_results_are() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    allocate(&o.staff, &o.programme, &o.organizations[1], 5_000).await.data();
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    let only = json!({"organizationIds": [o.organizations[0]]});
    let run = text(&o.calculate(&rule, "REAL", &only).await.data()["grantRunCreate"]["id"]);
    let nobody = o.town.public();
    let query = "query($id: ID!) { grantProgramme(id: $id) { allocations(first: 9) { nodes { amountYen } } } }";
    let amounts = async || {
        let found = nobody.run(query, json!({"id": o.programme})).await.data()["grantProgramme"].clone();
        let nodes = found["allocations"]["nodes"].as_array().expect("nodes").clone();
        let mut amounts: Vec<i64> = nodes.iter().map(|one| one["amountYen"].as_i64().expect("yen")).collect();
        amounts.sort_unstable();
        amounts
    };
    assert_eq!(amounts().await, [5_000]);
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    assert_eq!(amounts().await, [0_i64; 0]);
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    assert_eq!(amounts().await, [0, 1_476_000]);
    o.staff.run(RUN_WITHDRAW, withdrawal(&run)).await.data();
    allocate(&o.staff, &o.programme, &o.organizations[1], 7_000).await.expect_code("CONFLICT/FROZEN");
    assert_eq!(amounts().await, [0_i64; 0]);
}

#[tokio::test]
async fn m14_the_database_keeps_what_is_published_approved_by_another_and_in_order() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.run(&rule, "REAL").await;
    let uuid = decode(&run).expect("an id").1;
    let mut app = inside(&o.town, "entaku_app").await;
    let publish = "results_state = 'PUBLISHED', results_published_at = now(), results_published_by";
    let update = |set: &str| format!("UPDATE grant_runs SET {set} WHERE id = '{uuid}'");
    let refused = Err("23514".to_owned());
    assert_eq!(attempt(&mut app, &update(&format!("{publish} = run_by"))).await, refused, "not approved");
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    assert_eq!(attempt(&mut app, &update(&format!("{publish} = run_by"))).await, refused, "a draft's");
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    for set in [
        format!("{publish} = approved_by"),
        format!("{publish} = NULL"),
        "results_state = 'PUBLISHED', results_published_by = run_by".into(),
        "results_state = 'WITHDRAWN', results_published_at = now(), results_withdrawn_at = now(), results_withdrawn_reason = 'x'".into(),
        format!("superseded_on = '2026-05-20', {publish} = run_by"),
    ] {
        assert_eq!(attempt(&mut app, &update(&set)).await, refused, "{set}");
    }
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    for set in
        ["results_state = 'UNPUBLISHED', results_published_at = NULL", "results_state = 'WITHDRAWN'", "total_yen = 1"]
    {
        assert_eq!(attempt(&mut app, &update(set)).await, refused, "{set}");
    }
    for set in ["results_state = 'WITHDRAWN'", "results_state = NULL", "run_id = NULL, results_state = NULL"] {
        let update = format!(
            "UPDATE grant_allocations SET {set} WHERE programme_id = '{}'",
            decode(&o.programme).expect("an id").1
        );
        let code = attempt(&mut app, &update).await.expect_err(set);
        assert!(["23514", "23503"].contains(&code.as_str()), "{set}: {code}");
    }
}

#[tokio::test]
async fn m4_of_two_who_publish_at_once_one_does() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    let second = o.town.staff(Role::Approver).await;
    let (a, b) = tokio::join!(
        insist(|| o.staff.run(RUN_PUBLISH, json!({"id": run}))),
        insist(|| second.run(RUN_PUBLISH, json!({"id": run})))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/PUBLISHED"]);
}

/// What everybody could read before the upgrade, everybody reads after it; going back would publish what is not.
#[tokio::test]
async fn an_upgrade_hides_nothing_and_going_back_publishes_nothing() {
    use migration::{Migrator, MigratorTrait};
    let own = crate::support::database::Own::migrated().await;
    let app = crate::support::town::app_over(&own.url("entaku_app"));
    let o = Office::of(Town::beside(app).await).await;
    let rule = o.enacted("4000").await;
    let only = json!({"organizationIds": [o.organizations[0]]});
    allocate(&o.staff, &o.programme, &o.organizations[1], 5_000).await.data();
    let run = text(&o.calculate(&rule, "REAL", &only).await.data()["grantRunCreate"]["id"]);
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    let owner = crate::migrations::owner(&own).await;
    let names: Vec<String> = Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
    let place = names.iter().position(|name| name == "m0041_results").expect("the migration");
    let back = u32::try_from(names.len() - place).expect("few");
    if back > 1 {
        Migrator::down(&owner, Some(back - 1)).await.expect("down");
    }
    let refused = Migrator::down(&owner, Some(1)).await.expect_err("they would be public").to_string();
    assert!(refused.contains("would be"), "{refused}");
    Migrator::up(&owner, None).await.expect("up");
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    Migrator::down(&owner, Some(back)).await.expect("down");
    Migrator::up(&owner, None).await.expect("up");
    let nobody = o.town.public();
    let query = "query($id: ID!) { grantRun(id: $id) { resultsState resultsPublishedAt
        programme { allocations(first: 9) { nodes { amountYen } } } } }";
    let seen = nobody.run(query, json!({ "id": run })).await.data()["grantRun"].clone();
    assert_eq!(
        (&seen["resultsState"], &seen["resultsPublishedAt"]),
        (&json!("PUBLISHED"), &json!("2026-05-19T15:00:00Z"))
    );
    assert_eq!(seen["programme"]["allocations"]["nodes"].as_array().map(Vec::len), Some(2));
    o.staff.run(RUN_WITHDRAW, withdrawal(&run)).await.data();
    let seen = nobody.run(query, json!({ "id": run })).await.data();
    assert!(seen["grantRun"].is_null());
    let query = "query($id: ID!) { grantProgramme(id: $id) { allocations(first: 9) { nodes { amountYen } } } }";
    let seen = nobody.run(query, json!({"id": o.programme})).await.data();
    assert_eq!(seen["grantProgramme"]["allocations"]["nodes"], json!([]), "also of whom the run left out");
}
