//! A programme that is not wanted is discarded: its money goes back, it stays on record, and nothing is done with it any more.

mod walls;

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the office and the documents of the noun's tests
use super::*;

story!(DISCARD, "304-grant-programme-discard");
story!(TERMS_SET, "260-grant-programme-terms-set");
story!(BUDGET_CHANGE, "297-grant-programme-budget-change");
story!(VERIFY, "290-ledger-verify");
story!(RUN_APPROVE, "284-grant-run-approve");
story!(RUN_PUBLISH, "288-grant-run-publish");
story!(ROUTE_CREATE, "321-approval-route-create");
story!(APPROVALS, "326-approvals-read");

fn why(id: &str) -> Value {
    json!({"id": id, "input": {"reason": "当初予算が否決された。"}})
}

/// A draft of a fiscal year.
async fn made(staff: &Client, year: i32, title: &str) -> String {
    let sections = staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 1_000_000);
    input["input"]["fiscalYear"] = json!(year);
    input["input"]["title"] = json!(title);
    text(&staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"])
}

async fn names(staff: &Client, id: &str, previous: &str) -> Answer {
    let input = json!({"surplusRule": "RETURN", "repaymentDays": 20, "previousProgrammeId": previous});
    staff.run(TERMS_SET, json!({"id": id, "input": input})).await
}

/// What is left on all accounts, apart from those with nothing.
async fn balances(staff: &Client) -> Vec<Value> {
    let query = "{ ledgerAccounts(first: 100) { nodes { kind balanceYen } } }";
    let nodes = staff.run(query, json!({})).await.data()["ledgerAccounts"]["nodes"].clone();
    nodes.as_array().expect("nodes").iter().filter(|account| account["balanceYen"] != 0).cloned().collect()
}

async fn is_sound(staff: &Client) {
    let found = staff.run(VERIFY, json!({})).await.data()["ledgerVerify"].clone();
    assert_eq!((&found["ok"], &found["faults"]), (&json!(true), &json!([])));
}

/// The acts and objects that wait for somebody.
async fn waits(who: &Client, act: &str) -> bool {
    let tasks = who.run("{ viewer { tasks(first: 100) { nodes { act } } } }", json!({})).await;
    tasks.text.contains(act)
}

#[tokio::test]
async fn a_draft_that_is_not_wanted_gives_everything_back_and_is_done_with() {
    let o = Office::new().await;
    for (organization, yen) in [(&o.organizations[0], 1_500_000), (&o.organizations[1], 250_000)] {
        allocate(&o.staff, &o.programme, organization, yen).await.data();
    }
    assert!(waits(&o.approver, "grantProgrammePublish").await);
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    officer.run(DISCARD, why(&o.programme)).await.expect_code("NOT_FOUND");
    o.approver.run(DISCARD, why(&o.programme)).await.expect_code("FORBIDDEN");
    let blank = json!({"id": o.programme, "input": {"reason": " "}});
    o.staff.run(DISCARD, blank).await.expect_code("INVALID_INPUT");
    let done = o.staff.run(DISCARD, why(&o.programme)).await.data()["grantProgrammeDiscard"].clone();
    assert_eq!(
        (&done["state"], &done["budgetYen"], &done["discardedOn"], &done["discardReason"]),
        (&json!("DRAFT"), &json!(0), &json!("2026-05-20"), &json!("当初予算が否決された。"))
    );
    assert!(done["discardedBy"]["name"].is_string(), "{done}");
    let nothing = json!({"amountYen": 0, "basis": "交付金制度の取りやめによる"});
    assert_eq!(done["allocations"]["nodes"], json!([nothing, nothing]));
    assert_eq!(balances(&o.staff).await, Vec::<Value>::new());
    let journals = o.staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data()["ledgerJournals"]["nodes"].clone();
    let given_back = journals.as_array().expect("nodes").iter().find(|one| one["kind"] == "GRANT_DISCARDED");
    assert_eq!(given_back.expect("a journal")["memo"], "当初予算が否決された。");
    is_sound(&o.staff).await;
    assert!(!waits(&o.approver, "grantProgrammePublish").await);
    everything_is_refused(&o).await;
    it_is_found_and_made_anew(&o).await;
}

async fn everything_is_refused(o: &Office) {
    let id = json!({ "id": o.programme });
    let told = o.approver.run(PROGRAMME_PUBLISH, id.clone()).await.expect_code("CONFLICT/DISCARDED");
    assert!(told.text.contains("2026-05-20"), "{}", told.text);
    o.staff.run(DISCARD, why(&o.programme)).await.expect_code("CONFLICT/DISCARDED");
    o.staff.run(PROGRAMME_CLOSE, id.clone()).await.expect_code("CONFLICT/DISCARDED");
    allocate(&o.staff, &o.programme, &o.organizations[0], 1).await.expect_code("CONFLICT/DISCARDED");
    let terms = json!({"id": o.programme, "input": {"surplusRule": "RETURN", "repaymentDays": 20}});
    o.staff.run(TERMS_SET, terms).await.expect_code("CONFLICT/DISCARDED");
    let more = json!({"id": o.programme, "input": {"budgetYen": 5, "reason": "補正"}});
    o.approver.run(BUDGET_CHANGE, more).await.expect_code("CONFLICT/DISCARDED");
    let rule = o.enacted("4000").await;
    for kind in ["REAL", "WHAT_IF"] {
        o.calculate(&rule, kind, &json!({})).await.expect_code("CONFLICT/DISCARDED");
    }
    let can = "query($id: ID!) { grantProgramme(id: $id) { viewerCan { action allowed code reason unlockHint } } }";
    for who in [&o.staff, &o.approver] {
        let seen = who.run(can, id.clone()).await.data()["grantProgramme"]["viewerCan"].clone();
        for one in seen.as_array().expect("acts").iter().filter(|one| one["code"] == "CONFLICT") {
            assert_eq!(one["reason"], "DISCARDED", "{one}");
            assert!(!text(&one["unlockHint"]).contains("Possible in"), "in no state it can be done: {one}");
        }
        assert!(seen.as_array().expect("acts").iter().all(|one| one["allowed"] == false), "{seen}");
    }
}

/// It is in the list of what was discarded, for the town's staff, and its title is free.
async fn it_is_found_and_made_anew(o: &Office) {
    let anew = made(&o.staff, 2026, "地域づくり交付金").await;
    let list = "query($filter: GrantProgrammeFilterInput) { grantProgrammes(filter: $filter) { nodes { id } } }";
    let found = async |who: &Client, discarded: bool| {
        let answer = who.run(list, json!({"filter": {"discarded": discarded}})).await.data();
        answer["grantProgrammes"]["nodes"].clone()
    };
    assert_eq!(found(&o.staff, true).await, json!([{ "id": o.programme }]));
    assert_eq!(found(&o.staff, false).await, json!([{ "id": anew }]));
    assert_eq!(found(&o.town.public(), true).await, json!([]));
}

/// What an approved run allocated goes back as well: a council may refuse the budget after it.
#[tokio::test]
async fn m8_what_an_approved_run_allocated_goes_back() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let approved = o.approved(&rule).await;
    let correction = o.run(&rule, "REAL").await;
    assert!(waits(&o.approver, "grantRunApprove").await);
    o.staff.run(DISCARD, why(&o.programme)).await.data();
    assert_eq!(balances(&o.staff).await, Vec::<Value>::new());
    is_sound(&o.staff).await;
    assert!(!waits(&o.approver, "grantRunApprove").await);
    o.approver.run(RUN_APPROVE, json!({ "id": correction })).await.expect_code("CONFLICT/DISCARDED");
    o.staff.run(RUN_PUBLISH, json!({ "id": approved })).await.expect_code("CONFLICT/DISCARDED");
    // The year closes with it, and opens again.
    let closing = "2027-05-31T03:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    o.town.app.clock.advance(closing - start());
    let payer = o.town.staff(Role::Payer).await;
    let close = "mutation { ledgerYearClose(fiscalYear: 2026) { id unspentYen } }";
    let closed = payer.run(close, json!({})).await.data()["ledgerYearClose"].clone();
    assert_eq!(closed["unspentYen"], 0);
    is_sound(&payer).await;
}

/// Nobody is asked any more to approve a run of it.
#[tokio::test]
async fn m14_approvals_under_way_are_void() {
    let o = Office::new().await;
    let admin = o.town.staff(Role::Admin).await;
    let steps = json!([{"name": "部長決裁", "role": "APPROVER", "needed": 1}]);
    let input = json!({"title": "配分", "act": "GRANT_RUN_APPROVE", "fromYen": 1, "inOrder": true, "steps": steps});
    admin.run(ROUTE_CREATE, json!({ "input": input })).await.data();
    let rule = o.enacted("4000").await;
    o.run(&rule, "REAL").await;
    assert!(waits(&o.approver, "approvalApprove").await);
    o.staff.run(DISCARD, why(&o.programme)).await.data();
    assert!(!waits(&o.approver, "approvalApprove").await);
    let approvals = o.staff.run(APPROVALS, json!({})).await.data()["approvals"]["nodes"].clone();
    assert_eq!(approvals[0]["state"], "VOID");
}

/// What is public, or in a closed year, or names it as the year before, stands in the way.
#[tokio::test]
async fn what_others_rest_on_is_not_discarded() {
    let s = Scene::new().await;
    s.staff.run(DISCARD, why(&s.programme)).await.expect_code("CONFLICT/STATE");
    let earlier = made(&s.staff, 2026, "初年度の交付金").await;
    let later = made(&s.staff, 2027, "次年度の交付金").await;
    names(&s.staff, &later, &earlier).await.data();
    let told = s.staff.run(DISCARD, why(&earlier)).await.expect_code("CONFLICT/SUCCEEDED");
    assert!(told.text.contains("次年度の交付金"), "{}", told.text);
    s.staff.run(DISCARD, why(&later)).await.data();
    s.staff.run(DISCARD, why(&earlier)).await.data();
    let last = made(&s.staff, 2028, "翌々年度の交付金").await;
    let told = names(&s.staff, &last, &earlier).await.expect_code("INVALID_INPUT");
    assert!(told.text.contains("DISCARDED") && told.text.contains("was discarded"), "{}", told.text);
    is_sound(&s.staff).await;
    let left = made(&s.staff, 2026, "閉じた年度の交付金").await;
    let closing = "2027-05-31T03:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    s.town.app.clock.advance(closing - start());
    let payer = s.town.staff(Role::Payer).await;
    let close = "mutation { ledgerYearClose(fiscalYear: 2026) { id } }";
    payer.run(close, json!({})).await.expect_code("CONFLICT/DRAFTS_OPEN");
    assert!(!waits(&payer, "ledgerYearClose").await);
    let staff = s.town.staff(Role::GrantStaff).await;
    staff.run(DISCARD, why(&left)).await.data();
    assert!(waits(&payer, "ledgerYearClose").await);
    payer.run(close, json!({})).await.data();
    // Made since, in the closed year: nothing is budgeted there any more.
    let sections = staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut late = programme_input(&sections["sections"]["nodes"][0]["id"], 1_000);
    late["input"]["title"] = json!("遅れた交付金");
    staff.run(PROGRAMME_CREATE, late).await.expect_code("CONFLICT/YEAR_CLOSED");
}
