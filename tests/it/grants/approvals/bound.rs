//! To what an approval is bound: a payment to the application as it is, an order against the organization to what the town
//! did, whatever the organization does meanwhile.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::files::sent;
use crate::grants::life::{of, plan, quarters};

story!(ATTACH, "81-grant-application-file-attach");
story!(COMPLETION, "261-grant-completion-record");
story!(CHANGE_REQUEST, "267-grant-change-request");
story!(REVOKE, "270-grant-decision-revoke");
story!(REVERSE, "279-grant-payment-reverse");
const SEEN: &str = "{ approvals(first: 10) { nodes { id act state organizationActedAt } } }";
const PAYMENTS: &str = "query($id: ID!) { grantApplication(id: $id) { payments { id } } }";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n";

fn begin(act: &str, id: &str) -> Value {
    json!({"input": {"act": act, "objectId": id}})
}

/// The state of the newest approval of an act, and whether the organization did something since.
async fn of_act(s: &Scene, act: &str) -> (String, bool) {
    let all = s.staff.run(SEEN, json!({})).await.data()["approvals"]["nodes"].clone();
    let one = all.as_array().expect("approvals").iter().find(|one| one["act"] == act).expect("an approval").clone();
    (text(&one["state"]), !one["organizationActedAt"].is_null())
}

#[tokio::test]
async fn m14_an_organization_does_not_void_the_approval_of_its_own_revocation() {
    let s = Scene::with_terms(&quarters()).await;
    let other = s.town.staff(Role::Approver).await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    route_of(&s.town, "GRANT_DECISION_REVOKE", false, two_approvers()).await;
    lay(&s.town, "GRANT_REPAYMENT_ORDER", 100_000, (false, one("会計の確認", "PLANNING_STAFF"))).await.data();
    for act in ["GRANT_DECISION_REVOKE", "GRANT_REPAYMENT_ORDER"] {
        s.staff.run(BEGIN, begin(act, &id)).await.data();
    }
    approve(&other).await.data();
    approve(&planner).await.data();
    assert_eq!(of_act(&s, "GRANT_DECISION_REVOKE").await, ("OPEN".into(), false));
    let file = sent(&s.officer, "領収書.pdf", PDF).await;
    s.officer.run(ATTACH, json!({"id": id, "fileId": file})).await.data();
    assert_eq!(of_act(&s, "GRANT_DECISION_REVOKE").await, ("OPEN".into(), true), "the approvers see it");
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    let change = of(&id, json!({"reason": "規模の変更", "costs": plan(), "decidedYen": 900_000}));
    s.officer.run(CHANGE_REQUEST, change).await.data();
    assert_eq!(of_act(&s, "GRANT_REPAYMENT_ORDER").await, ("APPROVED".into(), true));
    approve(&s.approver).await.data();
    assert_eq!(of_act(&s, "GRANT_DECISION_REVOKE").await.0, "APPROVED");
    assert_eq!(s.approver.run(REVOKE, because(&id)).await.data()["grantDecisionRevoke"]["orderedYen"], 400_000);
    for act in ["GRANT_DECISION_REVOKE", "GRANT_REPAYMENT_ORDER"] {
        assert_eq!(of_act(&s, act).await.0, "DONE");
    }
    s.is_sound().await;
}

/// Nor by what sets a day: what is asked for is due by one, and the approval stands.
#[tokio::test]
async fn m14_a_day_that_an_organization_sets_voids_no_order_against_it() {
    let mut terms = quarters();
    terms["conditions"] = json!({"deadlines": {"payment": {"days": 30}, "fixing": {"days": 30}}});
    let s = Scene::with_terms(&terms).await;
    let other = s.town.staff(Role::Approver).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    route_of(&s.town, "GRANT_DECISION_REVOKE", false, two_approvers()).await;
    s.staff.run(BEGIN, begin("GRANT_DECISION_REVOKE", &id)).await.data();
    approve(&other).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(of_act(&s, "GRANT_DECISION_REVOKE").await, ("OPEN".into(), true));
}

#[tokio::test]
async fn m14_what_the_town_does_is_another_matter_and_what_became_void_is_somebodys_task() {
    let s = Scene::with_terms(&quarters()).await;
    let other = s.town.staff(Role::Approver).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    route_of(&s.town, "GRANT_DECISION_REVOKE", false, two_approvers()).await;
    s.staff.run(BEGIN, begin("GRANT_DECISION_REVOKE", &id)).await.data();
    approve(&other).await.data();
    assert!(!has_task(&s.staff, "approvalRequest").await);
    s.pay(&id, Some(100_000)).await;
    assert_eq!(of_act(&s, "GRANT_DECISION_REVOKE").await.0, "VOID", "more was paid than what was to be asked back");
    assert!(has_task(&s.staff, "approvalRequest").await, "who asked for it got no answer");
    s.staff.run(REQUEST, json!({"id": newest(&s).await["id"]})).await.data();
    assert!(!has_task(&s.staff, "approvalRequest").await);
    // What was decided and is withdrawn is revoked by nobody.
    let s = Scene::new().await;
    route_of(&s.town, "GRANT_DECISION_REVOKE", false, one_approver()).await;
    let id = s.decided().await;
    s.staff.run(BEGIN, begin("GRANT_DECISION_REVOKE", &id)).await.data();
    s.officer.run(WITHDRAW, json!({"id": id})).await.data();
    assert_eq!(of_act(&s, "GRANT_DECISION_REVOKE").await.0, "VOID");
    assert!(!has_task(&s.staff, "approvalRequest").await);
}

/// Paying again what came back is another payment: it is approved by itself.
#[tokio::test]
async fn m14_what_came_back_is_approved_again_before_it_is_paid_again() {
    let s = Scene::with_terms(&quarters()).await;
    let (boss, second) = (s.town.staff(Role::Approver).await, s.town.staff(Role::Payer).await);
    route_of(&s.town, "GRANT_PAYMENT_EXECUTE", false, one_approver()).await;
    let id = s.granted(1_234_567).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    approve(&boss).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let payment =
        s.staff.run(PAYMENTS, json!({"id": id})).await.data()["grantApplication"]["payments"][0]["id"].clone();
    let back =
        json!({"paymentId": payment, "kind": "RETURNED_BY_BANK", "returnedOn": "2026-05-20", "reason": "口座の解約"});
    second.run(REVERSE, of(&id, back)).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(!has_task(&s.payer, "grantPaymentExecute").await);
    approve(&boss).await.data();
    assert!(has_task(&s.payer, "grantPaymentExecute").await && !has_task(&second, "grantPaymentExecute").await);
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.is_sound().await;
}
