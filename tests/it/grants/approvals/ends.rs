//! What ends a grant, or asks for money back, goes by routes as well: refusals, fixings, repayments, revocations.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::grants::life::{of, quarters};

story!(AMOUNT_FIX, "265-grant-amount-fix");
story!(REVOKE, "270-grant-decision-revoke");

fn begin(act: &str, id: &str, yen: Option<i64>) -> Value {
    json!({"input": {"act": act, "objectId": id, "amountYen": yen}})
}

fn update(id: &str, set: &str) -> String {
    format!("UPDATE grant_applications SET {set} WHERE id = '{}'", decode(id).expect("an id").1)
}

#[tokio::test]
async fn m14_the_fixing_of_a_large_grant_is_approved() {
    let s = Scene::with_terms(&quarters()).await;
    route_of(&s.town, "GRANT_AMOUNT_FIX", false, two_approvers()).await;
    let (fixer, one) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.granted(1_200_000).await;
    s.pay(&id, Some(1_200_000)).await;
    s.examined(&id, 1_200_000).await;
    let begun = newest(&s).await;
    assert_eq!((&begun["act"], &begun["amountYen"]), (&json!("GRANT_AMOUNT_FIX"), &json!(1_200_000)));
    assert!(!has_task(&one, "grantAmountFix").await);
    let fix = async || s.approver.run(AMOUNT_FIX, because(&id)).await;
    let refused = fix().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(refused.text.contains("部長決裁 0/2"), "{}", refused.text);
    let settled = update(
        &id,
        &format!(
            "state = 'SETTLED', fixed_yen = 1200000, fixed_on = entaku_today(), surplus_rule = 'RETURN', fixed_by = '{}'",
            fixer.0
        ),
    );
    refused_by("approval_route", &s.town, fixer, "SELECT 1", &settled).await;
    approve(&one).await.data();
    fix().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    approve(&s.approver).await.data();
    assert!(has_task(&one, "grantAmountFix").await);
    assert_eq!(forged(&s.town, fixer, Guards::On, "SELECT 1", &settled).await, Ok(1));
    fix().await.data();
    assert_eq!(newest(&s).await["state"], "DONE");
    let small = s.granted(250_000).await;
    s.fixed(&small, 100_000).await;
    s.is_sound().await;
}

#[tokio::test]
async fn m14_what_is_ordered_back_is_approved_from_its_amount_on() {
    let s = Scene::with_terms(&quarters()).await;
    let checks = one("会計の確認", "PLANNING_STAFF");
    lay(&s.town, "GRANT_REPAYMENT_ORDER", 200_000, (false, checks)).await.data();
    let (fixer, _) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.examined(&id, 700_000).await;
    let begun = newest(&s).await;
    assert_eq!((&begun["act"], &begun["amountYen"]), (&json!("GRANT_REPAYMENT_ORDER"), &json!(300_000)));
    assert!(!has_task(&s.approver, "grantAmountFix").await);
    s.approver.run(AMOUNT_FIX, because(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    let ordered = update(
        &id,
        &format!(
            "state = 'REPAYMENT_ORDERED', fixed_yen = 700000, fixed_on = entaku_today(), surplus_rule = 'RETURN',
             ordered_yen = 300000, repayment_due = '2026-06-30', fixed_by = '{}'",
            fixer.0
        ),
    );
    refused_by("approval_route", &s.town, fixer, "SELECT 1", &ordered).await;
    approve(&planner).await.data();
    assert!(has_task(&s.approver, "grantAmountFix").await);
    let outcome = s.approver.run(AMOUNT_FIX, because(&id)).await.data()["grantAmountFix"].clone();
    assert_eq!(outcome["orderedYen"], 300_000);
    assert_eq!(newest(&s).await["state"], "DONE");
    let small = s.granted(300_000).await;
    s.pay(&small, Some(300_000)).await;
    assert_eq!(s.fixed(&small, 150_000).await["orderedYen"], 150_000);
    s.is_sound().await;
}

#[tokio::test]
async fn m14_to_keep_a_part_of_the_surplus_does_not_lead_around_the_route() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("CARRY_OVER");
    let s = Scene::with_terms(&terms).await;
    let checks = one("会計の確認", "PLANNING_STAFF");
    let planner = s.town.staff(Role::PlanningStaff).await;
    lay(&s.town, "GRANT_REPAYMENT_ORDER", 200_000, (false, checks)).await.data();
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.examined(&id, 700_000).await;
    assert_eq!(newest(&s).await, Value::Null, "whether anything is ordered back is not said yet");
    assert!(has_task(&s.approver, "grantAmountFix").await);
    let keep = |yen: i64| of(&id, json!({"reason": "繰越し", "keepYen": yen}));
    s.approver.run(AMOUNT_FIX, keep(150_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.staff.run(BEGIN, begin("GRANT_REPAYMENT_ORDER", &id, Some(1_000_001))).await.expect_code("INVALID_INPUT");
    s.staff.run(BEGIN, begin("GRANT_REPAYMENT_ORDER", &id, Some(150_000))).await.data();
    approve(&planner).await.data();
    s.approver.run(AMOUNT_FIX, keep(100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    let fixed = s.approver.run(AMOUNT_FIX, keep(150_000)).await.data()["grantAmountFix"].clone();
    assert_eq!((&fixed["keptYen"], &fixed["orderedYen"]), (&json!(150_000), &json!(150_000)));
    // Where nothing is ordered back, nobody is asked.
    let other = s.granted(300_000).await;
    s.pay(&other, Some(300_000)).await;
    s.fixed(&other, 50_000).await;
    s.is_sound().await;
}

#[tokio::test]
async fn m14_a_revocation_is_approved_where_somebody_asks_for_it_and_so_is_what_it_orders_back() {
    let s = Scene::with_terms(&quarters()).await;
    let (revoker, one_of) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    route_of(&s.town, "GRANT_DECISION_REVOKE", false, two_approvers()).await;
    lay(&s.town, "GRANT_REPAYMENT_ORDER", 100_000, (false, one("会計の確認", "PLANNING_STAFF"))).await.data();
    assert_eq!(newest(&s).await, Value::Null, "nobody has asked for it");
    let revoke = async || s.approver.run(REVOKE, because(&id)).await;
    revoke().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.staff.run(BEGIN, begin("GRANT_DECISION_REVOKE", &id, None)).await.data();
    send_back(&one_of).await.data();
    assert!(!has_task(&s.staff, "approvalRequest").await, "what was not agreed to need not be asked for again");
    s.staff.run(BEGIN, begin("GRANT_DECISION_REVOKE", &id, None)).await.data();
    approve(&one_of).await.data();
    assert!(!has_task(&s.approver, "grantDecisionRevoke").await);
    approve(&s.approver).await.data();
    assert!(has_task(&s.approver, "grantDecisionRevoke").await);
    let refused = revoke().await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(refused.text.contains("会計の確認 0/1"), "{}", refused.text);
    let forge = update(
        &id,
        &format!(
            "state = 'REPAYMENT_ORDERED', revoked_on = entaku_today(), revoked_by = '{}', ordered_yen = paid_yen,
             repayment_due = '2026-06-30'",
            revoker.0
        ),
    );
    refused_by("approval_route", &s.town, revoker, "SELECT 1", &forge).await;
    s.staff.run(BEGIN, begin("GRANT_REPAYMENT_ORDER", &id, None)).await.data();
    approve(&planner).await.data();
    assert_eq!(forged(&s.town, revoker, Guards::On, "SELECT 1", &forge).await, Ok(1));
    assert_eq!(revoke().await.data()["grantDecisionRevoke"]["orderedYen"], 400_000);
    let all = s.staff.run(APPROVALS, json!({})).await.data()["approvals"]["nodes"].clone();
    let done = all.as_array().expect("approvals").iter().filter(|one| one["state"] == "DONE").count();
    assert_eq!(done, 2, "{all}");
    s.is_sound().await;
}

#[tokio::test]
async fn m14_the_refusal_of_a_large_application_is_approved() {
    let s = Scene::new().await;
    route_of(&s.town, "GRANT_APPLICATION_REFUSE", false, one("企画の合議", "PLANNING_STAFF")).await;
    let (planner, agrees) = s.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let id = s.reviewed().await;
    assert_eq!(newest(&s).await, Value::Null, "the opinion is to grant it");
    let refuse = async |id: &str| s.approver.run(REFUSE, because(id)).await;
    refuse(&id).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    let forge = update(&id, &format!("state = 'REFUSED', decided_on = entaku_today(), decided_by = '{}'", planner.0));
    refused_by("approval_route", &s.town, planner, "SELECT 1", &forge).await;
    s.staff.run(BEGIN, begin("GRANT_APPLICATION_REFUSE", &id, None)).await.data();
    approve(&agrees).await.data();
    assert!(has_task(&s.approver, "grantApplicationRefuse").await);
    refuse(&id).await.data();
    assert_eq!(newest(&s).await["state"], "DONE");
    // Where the opinion is to refuse it, its approval begins by itself, and goes by what was requested.
    let id = s.draft().await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 0)).await.data();
    let begun = s.staff.run(APPROVALS, json!({})).await.data()["approvals"]["nodes"].clone();
    let open = begun.as_array().expect("approvals").iter().find(|one| one["state"] == "OPEN").expect("one").clone();
    assert_eq!((&open["act"], &open["amountYen"]), (&json!("GRANT_APPLICATION_REFUSE"), &json!(1_200_000)));
    // To grant it all the same is another act.
    s.approver.run(DECIDE, opinion(&id, 100_000)).await.data();
    assert!(seats(&agrees).await.is_empty(), "what is decided is not refused any more");
}
