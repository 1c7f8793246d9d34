//! Approval routes: n of m, in order or at once, kept by the program and by the database; who stands in for whom.

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

use crate::support::database;
use entaku::kernel::read::sql::Sql;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

mod acts;
mod bound;
mod ends;
mod examined;
mod guards;
mod seats;
mod stuck;

story!(ROUTE_CREATE, "321-approval-route-create");
story!(APPROVE, "322-approval-approve");
story!(SEND_BACK, "323-approval-return");
story!(REQUEST, "324-approval-request");
story!(BEGIN, "327-approval-begin");
story!(DELEGATE, "325-delegation-create");
story!(APPROVALS, "326-approvals-read");
story!(ROUTE_END, "328-approval-route-end");

const TASKS: &str = "{ viewer { tasks(first: 100) { nodes { act objectId } } } }";

/// A route of decisions from 1,000,000 yen; its id.
async fn route(s: &Scene, in_order: bool, steps: Value) -> String {
    route_of(&s.town, "GRANT_APPLICATION_DECIDE", in_order, steps).await
}

/// A route of an act from 1,000,000 yen; its id.
async fn route_of(town: &Town, act: &str, in_order: bool, steps: Value) -> String {
    text(&lay(town, act, 1_000_000, (in_order, steps)).await.data()["approvalRouteCreate"]["id"])
}

async fn lay(town: &Town, act: &str, from_yen: i64, (in_order, steps): (bool, Value)) -> Answer {
    let admin = town.staff(Role::Admin).await;
    let input =
        json!({"title": "金額の大きいもの", "act": act, "fromYen": from_yen, "inOrder": in_order, "steps": steps});
    admin.run(ROUTE_CREATE, json!({ "input": input })).await
}

fn one(name: &str, role: &str) -> Value {
    json!([{"name": name, "role": role, "needed": 1}])
}

fn one_approver() -> Value {
    one("部長決裁", "APPROVER")
}

fn two_approvers() -> Value {
    json!([{"name": "部長決裁", "role": "APPROVER", "needed": 2}])
}

/// Somebody's open seats.
async fn seats(who: &Client) -> Vec<String> {
    let nodes = who.run(TASKS, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
    let mine = nodes.as_array().expect("nodes").iter().filter(|t| t["act"] == "approvalApprove");
    mine.map(|task| text(&task["objectId"])).collect()
}

async fn has_task(who: &Client, act: &str) -> bool {
    let nodes = who.run(TASKS, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
    nodes.as_array().expect("nodes").iter().any(|task| task["act"] == act)
}

async fn approve(who: &Client) -> Answer {
    let seat = seats(who).await.first().cloned().expect("a seat");
    who.run(APPROVE, json!({"id": seat, "comment": null})).await
}

/// Whoever approves has as long as whoever decides.
#[tokio::test]
async fn an_approval_is_due_as_the_act_that_waits_for_it() {
    let deadlines = json!({"deadlines": {"decision": {"days": 30}, "payment": {"days": 20}}});
    let terms = json!({"conditions": deadlines, "surplusRule": "RETURN", "repaymentDays": 20});
    let s = Scene::with_terms(&terms).await;
    route(&s, true, one("部長決裁", "APPROVER")).await;
    route_of(&s.town, "GRANT_PAYMENT_EXECUTE", true, one("会計課長決裁", "PAYER")).await;
    let id = s.reviewed().await;
    assert_eq!(crate::tasks::due(&s.approver, "approvalApprove").await, ["2026-06-19"]);
    assert_eq!(crate::tasks::due(&s.approver, "grantApplicationDecide").await, Vec::<Value>::new());
    approve(&s.approver).await.data();
    let decider = s.town.staff(Role::Approver).await;
    assert_eq!(crate::tasks::due(&decider, "grantApplicationDecide").await, ["2026-06-19"]);
    decider.run(DECIDE, opinion(&id, 1_100_000)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(crate::tasks::due(&s.payer, "approvalApprove").await, ["2026-06-09"]);
}

async fn send_back(who: &Client) -> Answer {
    let seat = seats(who).await.first().cloned().expect("a seat");
    who.run(SEND_BACK, json!({"id": seat, "reason": "見積書を確かめてください。"})).await
}

async fn newest_of(staff: &Client) -> Value {
    staff.run(APPROVALS, json!({})).await.data()["approvals"]["nodes"][0].clone()
}

async fn newest(s: &Scene) -> Value {
    newest_of(&s.staff).await
}

/// Do the triggers stand in the way of a superuser?
#[derive(Clone, Copy, PartialEq)]
enum Guards {
    On,
    /// The control: no trigger stands in the way, so that what is refused otherwise is refused by one.
    Off,
}

/// Runs a statement in a transaction that is rolled back: how many rows it changed, or the name of the guard that refuses.
async fn forged(town: &Town, actor: AccountId, guards: Guards, before: &str, statement: &str) -> Result<u64, String> {
    let (town, now, actor) = (town.id.0, start().to_rfc3339(), actor.0);
    let role = if guards == Guards::Off { "replica" } else { "origin" };
    let begin = format!(
        "BEGIN; SELECT set_config('entaku.municipality', '{town}', true), set_config('entaku.now', '{now}', true),
         set_config('entaku.actor', '{actor}', true); SET LOCAL session_replication_role = replica; {before};
         SET LOCAL session_replication_role = {role}"
    );
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut superuser).await.expect("begun");
    let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut superuser).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut superuser).await.expect("rolled back");
    let guard = |error: sqlx::Error| error.as_database_error().and_then(|e| e.constraint()).map(str::to_owned);
    done.map(|done| done.rows_affected()).map_err(|error| {
        let said = error.to_string();
        guard(error).unwrap_or(said)
    })
}

/// A guard refuses a statement that changes one row without it.
async fn refused_by(guard: &str, town: &Town, actor: AccountId, before: &str, statement: &str) {
    assert_eq!(forged(town, actor, Guards::Off, before, statement).await, Ok(1), "without guards: {statement}");
    assert_eq!(forged(town, actor, Guards::On, before, statement).await, Err(guard.into()), "{statement}");
}

/// Whoever sits there takes their seat.
fn take(who: AccountId) -> String {
    format!(
        "UPDATE approval_seats SET state = 'APPROVED', acted_at = entaku_now() WHERE state = 'OPEN' AND account_id = '{}'
            AND municipality_id = entaku_municipality()",
        who.0
    )
}

#[tokio::test]
async fn m14_above_the_threshold_one_approver_is_not_enough_for_anybody() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let (first, one) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let other = s.town.staff(Role::Approver).await;
    let id = s.reviewed().await;
    let decide = async || s.approver.run(DECIDE, opinion(&id, 1_100_000)).await;
    let refused = decide().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(refused.text.contains("金額の大きいもの") && refused.text.contains("部長決裁 0/2"), "{}", refused.text);
    assert!(!has_task(&s.approver, "grantApplicationDecide").await);
    approve(&one).await.data();
    let refused = decide().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(refused.text.contains("部長決裁 1/2"), "{}", refused.text);
    approve(&other).await.data();
    assert_eq!(newest(&s).await["state"], "APPROVED");
    assert!(has_task(&s.approver, "grantApplicationDecide").await);
    decide().await.data();
    let done = newest(&s).await;
    assert_eq!(done["state"], "DONE");
    let approved = done["seats"].as_array().expect("seats").iter().filter(|seat| seat["state"] == "APPROVED").count();
    assert_eq!(approved, 2, "{done}");
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let audited = format!(
        "SELECT count(*) FROM audit_entries WHERE actor_id = '{}' AND kind = 'approval_seats' AND op = 'UPDATE'
            AND after ->> 'state' = 'APPROVED'",
        first.0
    );
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(audited)).fetch_one(&mut superuser).await.expect("a count");
    assert_eq!(count, 1, "an approval is a line of the record");
}

#[tokio::test]
async fn below_the_threshold_nothing_is_asked() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let id = s.draft_of(&s.officer, 900_000).await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 900_000)).await.data();
    s.approver.run(DECIDE, opinion(&id, 900_000)).await.data();
}

#[tokio::test]
async fn in_order_a_step_waits_for_those_before_it() {
    let s = Scene::new().await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    route(
        &s,
        true,
        json!([{"name": "企画の合議", "role": "PLANNING_STAFF", "needed": 1},
        {"name": "部長決裁", "role": "APPROVER", "needed": 1}]),
    )
    .await;
    let id = s.reviewed().await;
    assert_eq!(seats(&s.approver).await, Vec::<String>::new());
    approve(&planner).await.data();
    approve(&s.approver).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn what_is_returned_or_changed_is_asked_for_anew() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let other = s.town.staff(Role::Approver).await;
    let id = s.reviewed().await;
    let seat = seats(&other).await[0].clone();
    other.run(SEND_BACK, json!({"id": seat, "reason": " "})).await.expect_code("INVALID_INPUT");
    other.run(SEND_BACK, json!({"id": seat, "reason": "見積書を確かめてください。"})).await.data();
    other.run(APPROVE, json!({"id": seat, "comment": null})).await.expect_code("CONFLICT/STATE");
    assert_eq!(newest(&s).await["state"], "RETURNED");
    assert_eq!(seats(&s.approver).await, Vec::<String>::new());
    let returned = newest(&s).await["id"].clone();
    s.approver.run(REQUEST, json!({"id": returned})).await.expect_code("FORBIDDEN");
    assert!(has_task(&s.staff, "approvalRequest").await, "whoever asks for approvals is told");
    s.staff.run(REQUEST, json!({"id": returned})).await.data();
    assert!(!has_task(&s.staff, "approvalRequest").await);
    approve(&other).await.data();
    approve(&s.approver).await.data();
    assert_eq!(newest(&s).await["state"], "APPROVED");
    // The object changes: what was approved was another.
    let tx = s.town.system();
    let uuid = decode(&id).expect("an id").1;
    let change = format!("UPDATE grant_applications SET costs = '[]' WHERE id = '{uuid}'");
    tx.run(Sql::new(&change)).await.expect("changed");
    tx.commit().await.expect("committed");
    assert_eq!(newest(&s).await["state"], "VOID");
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
}

#[tokio::test]
async fn m13_of_parallel_attempts_exactly_one_counts() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let one = s.town.staff(Role::Approver).await;
    let id = s.reviewed().await;
    let seat = seats(&one).await[0].clone();
    let attempts = (0..12).map(|_| one.run(APPROVE, json!({"id": seat, "comment": null})));
    let codes: Vec<String> = futures_util::future::join_all(attempts).await.iter().map(Answer::code).collect();
    assert_eq!(codes.iter().filter(|code| *code == "(none)").count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| code == "(none)" || code == "CONFLICT/STATE"), "{codes:?}");
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    // The last approval and the act at once: whatever comes first, the act is done once at most and never too early.
    let last = seats(&s.approver).await[0].clone();
    let (approved, early) = tokio::join!(
        s.approver.run(APPROVE, json!({"id": last, "comment": null})),
        s.approver.run(DECIDE, opinion(&id, 1_100_000))
    );
    assert_eq!(approved.code(), "(none)");
    assert!(["(none)", "CONFLICT/APPROVAL_REQUIRED"].contains(&early.code().as_str()), "{}", early.text);
    let again = s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.code();
    assert_eq!(again == "(none)", early.code() != "(none)", "{again}");
}

#[tokio::test]
async fn a_matter_without_an_approval_is_begun_by_its_act_and_object() {
    let s = Scene::new().await;
    let id = s.reviewed().await;
    let begin = |id: &str| json!({"input": {"act": "GRANT_APPLICATION_DECIDE", "objectId": id}});
    s.staff.run(BEGIN, begin(&id)).await.expect_code("CONFLICT/NOT_ROUTED");
    // As if both had been at once: the route is there, the matter has no approval.
    route(&s, false, one_approver()).await;
    let tx = s.town.system();
    tx.run(Sql::new("UPDATE approvals SET state = 'VOID'")).await.expect("void");
    tx.commit().await.expect("committed");
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.approver.run(BEGIN, begin(&id)).await.expect_code("FORBIDDEN");
    s.staff.run(BEGIN, begin(&id.replace("gap_", "grn_"))).await.expect_code("NOT_FOUND");
    s.staff.run(BEGIN, begin(&id)).await.data();
    s.staff.run(BEGIN, begin(&id)).await.data();
    approve(&s.approver).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn closing_the_programme_keeps_its_approvals() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let id = s.reviewed().await;
    approve(&s.approver).await.data();
    s.staff.run(PROGRAMME_CLOSE, json!({"id": s.programme})).await.data();
    assert_eq!(newest(&s).await["state"], "APPROVED");
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
    assert_eq!(newest(&s).await["state"], "DONE");
}

#[tokio::test]
async fn a_higher_route_is_not_satisfied_by_the_approvals_of_a_lesser_one() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let other = s.town.staff(Role::Approver).await;
    let id = s.reviewed().await;
    approve(&s.approver).await.data();
    assert_eq!(newest(&s).await["state"], "APPROVED");
    lay(&s.town, "GRANT_APPLICATION_DECIDE", 1_050_000, (false, two_approvers())).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert_eq!(seats(&other).await.len(), 1, "what was approved by the lesser route begins anew");
    approve(&other).await.data();
    approve(&s.approver).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn what_was_approved_is_done_once_though_its_route_has_ended() {
    let s = Scene::new().await;
    let ended = route(&s, false, one_approver()).await;
    let id = s.reviewed().await;
    approve(&s.approver).await.data();
    s.town.staff(Role::Admin).await.run(ROUTE_END, json!({ "id": ended })).await.data();
    for other in [1_000_000, 900_000, 1_100_001] {
        s.approver.run(DECIDE, opinion(&id, other)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    }
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
    assert_eq!(newest(&s).await["state"], "DONE");
    // What comes later is another matter, and no route covers it.
    let later = s.reviewed().await;
    s.approver.run(DECIDE, opinion(&later, 300_000)).await.data();
}

#[tokio::test]
async fn what_is_being_approved_goes_on_when_its_route_ends() {
    let s = Scene::new().await;
    let ended = route(&s, false, one_approver()).await;
    let id = s.reviewed().await;
    s.town.staff(Role::Admin).await.run(ROUTE_END, json!({ "id": ended })).await.data();
    let decide = async || s.approver.run(DECIDE, opinion(&id, 1_100_000)).await;
    decide().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    let returned = send_back(&s.approver).await.data();
    decide().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(returned["approvalReturn"]["id"].is_string());
    assert!(has_task(&s.staff, "approvalRequest").await);
    s.staff.run(REQUEST, json!({"id": newest(&s).await["id"]})).await.data();
    approve(&s.approver).await.data();
    decide().await.data();
}

#[tokio::test]
async fn another_amount_needs_approvals_of_its_own() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let id = s.reviewed().await;
    approve(&s.approver).await.data();
    for other in [1_000_000, 900_000] {
        let refused = s.approver.run(DECIDE, opinion(&id, other)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
        assert!(refused.text.contains("部長決裁 0/1"), "{}", refused.text);
    }
    let begin = |yen: i64| json!({"input": {"act": "GRANT_APPLICATION_DECIDE", "objectId": id, "amountYen": yen}});
    for never in [0, -1, 1_200_001] {
        s.staff.run(BEGIN, begin(never)).await.expect_code("INVALID_INPUT");
    }
    // Less than the threshold, too: the route of what was proposed covers it.
    let lower = s.staff.run(BEGIN, begin(900_000)).await.data()["approvalBegin"].clone();
    assert_eq!((&lower["state"], &lower["amountYen"]), (&json!("OPEN"), &json!(900_000)));
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    send_back(&s.approver).await.data();
    let anew = s.staff.run(REQUEST, json!({"id": lower["id"]})).await.data();
    assert_eq!(newest(&s).await["amountYen"], 900_000, "{anew}");
    approve(&s.approver).await.data();
    assert!(has_task(&s.approver, "grantApplicationDecide").await);
    s.approver.run(DECIDE, opinion(&id, 900_000)).await.data();
}

#[tokio::test]
async fn of_two_who_lay_down_a_route_the_second_is_told_that_it_is_there() {
    let s = Scene::new().await;
    let first = s.town.system();
    let row = "INSERT INTO approval_routes (id, act, title, from_yen, in_order, steps)
        VALUES (gen_random_uuid(), 'GRANT_APPLICATION_DECIDE', '先', 1000000, true,
            '[{\"name\": \"決裁\", \"role\": \"APPROVER\", \"needed\": 1}]')";
    first.run(Sql::new(row)).await.expect("a route");
    // The second does not see the first's row, and waits for it at the index.
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let waits = "SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query ILIKE 'INSERT INTO \"approval_routes\"%'";
    let commit = async {
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut superuser).await.expect("a count") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        first.commit().await.expect("committed");
    };
    let second = lay(&s.town, "GRANT_APPLICATION_DECIDE", 1_000_000, (true, one_approver()));
    let (second, ()) = tokio::join!(second, commit);
    second.expect_code("CONFLICT/ROUTE_EXISTS");
    let third = lay(&s.town, "GRANT_APPLICATION_DECIDE", 1_000_000, (true, one_approver())).await;
    third.expect_code("CONFLICT/ROUTE_EXISTS");
}
