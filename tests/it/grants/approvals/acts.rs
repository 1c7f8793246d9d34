//! The acts that routes cover besides the first decision: changes of what was decided, allocations, payments.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::grants::calculation::Office;
use crate::grants::life::{plan, quarters};

story!(CHANGE_REQUEST, "267-grant-change-request");
story!(CHANGE_APPROVE, "268-grant-change-approve");
story!(CHANGE_WITHDRAW, "277-grant-change-withdraw");
story!(RUN_APPROVE, "284-grant-run-approve");
story!(BUDGET_CHANGE, "297-grant-programme-budget-change");
story!(RUN_PUBLISH, "288-grant-run-publish");

async fn change_to(s: &Scene, id: &str, yen: i64) -> String {
    let input = json!({"reason": "規模の変更", "costs": plan(), "decidedYen": yen});
    let asked = s.officer.run(CHANGE_REQUEST, json!({"id": id, "input": input})).await.data();
    let changes = asked["grantChangeRequest"]["changes"].as_array().expect("changes").clone();
    text(&changes.last().expect("a change")["id"])
}

#[tokio::test]
async fn m14_a_raised_amount_needs_the_approvals_of_the_route_it_reaches() {
    let s = Scene::with_terms(&quarters()).await;
    route(&s, false, two_approvers()).await;
    let (second, other) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.granted(900_000).await;
    let change = change_to(&s, &id, 1_200_000).await;
    assert_eq!(newest(&s).await["objectId"], json!(change));
    assert!(!has_task(&s.approver, "grantChangeApprove").await);
    let allow = async || s.approver.run(CHANGE_APPROVE, because(&change)).await;
    let refused = allow().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(refused.text.contains("部長決裁 0/2"), "{}", refused.text);
    approve(&other).await.data();
    allow().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    let uuid = decode(&change).expect("an id").1;
    let forge = format!(
        "UPDATE grant_changes SET state = 'APPROVED', decided_on = entaku_today(), decision_reason = '可' WHERE id = '{uuid}'"
    );
    refused_by("approval_route", &s.town, second, "SELECT 1", &forge).await;
    approve(&s.approver).await.data();
    assert!(has_task(&s.approver, "grantChangeApprove").await);
    allow().await.data();
    assert_eq!(s.life(&id).await["decidedYen"], 1_200_000);
    assert_eq!(newest(&s).await["state"], "DONE");
    s.is_sound().await;
}

/// What was approved of a change that is taken back is void, and nobody is asked for it any more.
#[tokio::test]
async fn m14_the_approvals_of_a_change_that_is_withdrawn_are_void() {
    let s = Scene::with_terms(&quarters()).await;
    route(&s, false, two_approvers()).await;
    let (_, other) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.granted(900_000).await;
    let change = change_to(&s, &id, 1_200_000).await;
    approve(&other).await.data();
    assert_eq!(seats(&s.approver).await.len(), 1);
    s.officer.run(CHANGE_WITHDRAW, json!({"id": change})).await.data();
    assert_eq!(newest(&s).await["state"], "VOID");
    assert_eq!(seats(&s.approver).await.len(), 0);
    s.approver.run(CHANGE_APPROVE, because(&change)).await.expect_code("CONFLICT/STATE");
    assert_eq!(s.life(&id).await["decidedYen"], 900_000);
    // The same change again needs approvals of its own.
    let again = change_to(&s, &id, 1_200_000).await;
    approve(&other).await.data();
    s.approver.run(CHANGE_APPROVE, because(&again)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.is_sound().await;
}

#[tokio::test]
async fn a_change_below_the_threshold_is_one_approvers() {
    let s = Scene::with_terms(&quarters()).await;
    route(&s, false, two_approvers()).await;
    let id = s.granted(900_000).await;
    let change = change_to(&s, &id, 999_999).await;
    assert!(has_task(&s.approver, "grantChangeApprove").await);
    s.approver.run(CHANGE_APPROVE, because(&change)).await.data();
}

#[tokio::test]
async fn m14_every_instalment_of_a_large_grant_is_approved() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_234_567).await;
    route_of(&s.town, "GRANT_PAYMENT_EXECUTE", false, one("会計の確認", "PLANNING_STAFF")).await;
    let (planner, checks) = s.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let (uuid, payer) =
        (decode(&id).expect("an id").1, s.town.person(Role::Payer, ScopeKind::Municipality, None).await.0);
    for state in ["PARTLY_PAID", "PARTLY_PAID", "PARTLY_PAID", "PAID"] {
        s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
        assert!(!has_task(&s.payer, "grantPaymentExecute").await);
        let refused = s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
        assert!(refused.text.contains("会計の確認 0/1"), "{}", refused.text);
        let forge = format!(
            "UPDATE grant_applications SET state = '{state}', paid_yen = paid_yen + pending_yen, pending_yen = NULL,
                payment_id = commitment_id, paid_on = entaku_today(), paid_by = '{}' WHERE id = '{uuid}'",
            payer.0
        );
        refused_by("approval_route", &s.town, planner, "SELECT 1", &forge).await;
        approve(&checks).await.data();
        assert!(has_task(&s.payer, "grantPaymentExecute").await);
        let done = s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
        assert_eq!(done["grantPaymentExecute"]["state"], state);
        assert_eq!(newest(&s).await["state"], "DONE");
    }
    s.is_sound().await;
}

/// What divided another budget than the programme's becomes no allocation.
#[tokio::test]
async fn m14_nobody_is_asked_about_a_run_of_another_budget() {
    let o = Office::new().await;
    route_of(&o.town, "GRANT_RUN_APPROVE", false, one("企画の合議", "PLANNING_STAFF")).await;
    let (_, agrees) = o.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let rule = o.enacted("4000").await;
    let run = o.run(&rule, "REAL").await;
    approve(&agrees).await.data();
    let more = json!({"id": o.programme, "input": {"budgetYen": 12_000_000, "reason": "6月補正予算(第2号)"}});
    o.approver.run(BUDGET_CHANGE, more).await.data();
    assert_eq!(newest_of(&o.staff).await["state"], "VOID");
    assert!(!has_task(&o.approver, "grantRunApprove").await && !has_task(&o.staff, "approvalRequest").await);
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/BUDGET_CHANGED");
    let approver = o.town.person(Role::Approver, ScopeKind::Municipality, None).await.0;
    let forge = format!(
        "UPDATE grant_runs SET state = 'APPROVED', approved_on = entaku_today(), approved_by = '{}' WHERE id = '{}'",
        approver.0,
        decode(&run).expect("an id").1
    );
    refused_by("grant_runs_budget", &o.town, approver, "SELECT 1", &forge).await;
    let again = o.run(&rule, "REAL").await;
    approve(&agrees).await.data();
    o.approver.run(RUN_APPROVE, json!({"id": again})).await.data();
}

/// A run whose rule is in force no more cannot become allocations: nobody is asked about it.
#[tokio::test]
async fn m14_nobody_is_asked_about_a_run_whose_rule_was_superseded() {
    let o = Office::new().await;
    route_of(&o.town, "GRANT_RUN_APPROVE", false, one("企画の合議", "PLANNING_STAFF")).await;
    let (_, agrees) = o.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let rule = o.enacted("4000").await;
    o.run(&rule, "REAL").await;
    assert!(has_task(&agrees, "approvalApprove").await);
    o.enacted("5000").await;
    assert_eq!(newest_of(&o.staff).await["state"], "VOID");
    assert!(!has_task(&agrees, "approvalApprove").await && !has_task(&o.staff, "approvalRequest").await);
}

#[tokio::test]
async fn m14_an_allocation_of_much_money_is_approved_first() {
    let o = Office::new().await;
    route_of(&o.town, "GRANT_RUN_APPROVE", false, one("企画の合議", "PLANNING_STAFF")).await;
    let (planner, agrees) = o.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let rule = o.enacted("4000").await;
    let run = o.run(&rule, "REAL").await;
    assert!(!has_task(&o.approver, "grantRunApprove").await);
    let refused = o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(refused.text.contains("企画の合議 0/1"), "{}", refused.text);
    let forge = format!(
        "UPDATE grant_runs SET state = 'APPROVED', approved_on = entaku_today(), approved_by = '{}' WHERE id = '{}'",
        planner.0,
        decode(&run).expect("an id").1
    );
    let by_law = format!(
        "UPDATE grant_programmes p SET by_law = v.title FROM grant_runs r JOIN grant_rules v ON v.id = r.rule_id
            WHERE r.id = '{}' AND p.id = r.programme_id",
        decode(&run).expect("an id").1
    );
    refused_by("approval_route", &o.town, planner, &by_law, &forge).await;
    approve(&agrees).await.data();
    assert!(has_task(&o.approver, "grantRunApprove").await);
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    assert_eq!(newest_of(&o.staff).await["state"], "DONE");
}

#[tokio::test]
async fn m14_nobody_publishes_what_they_approved_in_its_route() {
    let o = Office::new().await;
    route_of(&o.town, "GRANT_RUN_APPROVE", false, one("部長決裁", "APPROVER")).await;
    let (second, agrees) = o.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let run = o.run(&o.enacted("4000").await, "REAL").await;
    approve(&agrees).await.data();
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    for who in [&agrees, &o.approver] {
        who.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("FORBIDDEN/DUTIES_APART");
        assert!(!has_task(who, "grantRunPublish").await);
    }
    let uuid = decode(&run).expect("an id").1;
    let publish = format!(
        "UPDATE grant_runs SET results_state = 'PUBLISHED', results_published_at = entaku_now(),
            results_published_by = '{}' WHERE id = '{uuid}'",
        second.0
    );
    refused_by("duties_apart", &o.town, second, "SELECT 1", &publish).await;
    assert!(has_task(&o.staff, "grantRunPublish").await);
    o.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    let blame = format!("UPDATE grant_runs SET results_published_by = '{}' WHERE id = '{uuid}'", second.0);
    refused_by("grant_runs_settled", &o.town, second, "SELECT 1", &blame).await;
}

#[tokio::test]
async fn m14_allocations_by_hand_do_not_lead_around_the_route_of_a_run() {
    let s = Scene::new().await;
    route_of(&s.town, "GRANT_RUN_APPROVE", false, one("企画の合議", "PLANNING_STAFF")).await;
    let (_, other) = organization(&s.staff, "若葉の会").await;
    let refused = allocate(&s.staff, &s.programme, &other, 1).await.expect_code("CONFLICT/ROUTED");
    assert!(refused.text.contains("by a route"), "{}", refused.text);
    allocate(&s.staff, &s.programme, &s.organization, 1_500_001).await.expect_code("CONFLICT/ROUTED");
    allocate(&s.staff, &s.programme, &s.organization, 1_000_000).await.data();
    allocate(&s.staff, &s.programme, &s.organization, 999_999).await.data();
    allocate(&s.staff, &s.programme, &other, 1).await.expect_code("CONFLICT/ROUTED");
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=9000001", "GRANT=999999"]);
}

#[tokio::test]
async fn whoever_asks_for_their_money_is_not_held_up_by_a_route_that_nobody_fills() {
    let s = Scene::new().await;
    let id = s.decided().await;
    route_of(&s.town, "GRANT_PAYMENT_EXECUTE", false, one("監査の確認", "AUDITOR")).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let left = newest(&s).await;
    assert_eq!(left["state"], "VOID");
    assert!(has_task(&s.staff, "approvalRequest").await);
    let again = s.staff.run(REQUEST, json!({"id": left["id"]})).await.expect_code("CONFLICT/ROUTE_VACANT");
    assert!(again.text.contains("監査の確認"), "{}", again.text);
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    let auditor = s.town.staff(Role::Auditor).await;
    s.staff.run(REQUEST, json!({"id": left["id"]})).await.data();
    approve(&auditor).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
}

#[tokio::test]
async fn the_approvals_of_runs_that_are_superseded_end() {
    let o = Office::new().await;
    route_of(&o.town, "GRANT_RUN_APPROVE", false, one("企画の合議", "PLANNING_STAFF")).await;
    let agrees = o.town.staff(Role::PlanningStaff).await;
    let rule = o.enacted("4000").await;
    let runs = [o.run(&rule, "REAL").await, o.run(&rule, "REAL").await];
    assert_eq!(seats(&agrees).await.len(), 2);
    let of = async |run: &str| {
        let all = o.staff.run(APPROVALS, json!({})).await.data()["approvals"]["nodes"].clone();
        all.as_array().expect("approvals").iter().find(|one| one["objectId"] == json!(run)).expect("one").clone()
    };
    for seat in of(&runs[0]).await["seats"].as_array().expect("seats") {
        agrees.run(APPROVE, json!({"id": seat["id"], "comment": null})).await.data();
    }
    o.approver.run(RUN_APPROVE, json!({"id": runs[0]})).await.data();
    assert_eq!((&of(&runs[0]).await["state"], &of(&runs[1]).await["state"]), (&json!("DONE"), &json!("VOID")));
    assert_eq!(seats(&agrees).await, Vec::<String>::new());
    assert!(!has_task(&o.staff, "approvalRequest").await, "nobody is asked to");
    let late = o.staff.run(REQUEST, json!({"id": of(&runs[1]).await["id"]})).await;
    late.expect_code("CONFLICT/NOT_ROUTED");
}
