//! A report that is examined again has another amount to be fixed: it is approved anew.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::grants::life::{of, quarters};

story!(REPORT_REVIEW, "264-grant-report-review");
story!(AMOUNT_FIX, "265-grant-amount-fix");

#[tokio::test]
async fn m14_what_was_approved_of_a_former_examination_is_void() {
    let s = Scene::with_terms(&quarters()).await;
    route_of(&s.town, "GRANT_AMOUNT_FIX", false, one("会計の確認", "PLANNING_STAFF")).await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    let (both, _) = s.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    s.town.appoint(both, Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let former = s.town.as_account(both).await;
    let id = s.granted(1_200_000).await;
    s.pay(&id, Some(1_200_000)).await;
    s.examined(&id, 1_200_000).await;
    approve(&planner).await.data();
    let approved = newest(&s).await;
    assert_eq!(approved["state"], "APPROVED");
    let again = |yen: i64| of(&id, json!({"eligibleYen": yen, "reason": "領収書を見直した。"}));
    former.run(REPORT_REVIEW, again(1_100_000)).await.data();
    let begun = newest(&s).await;
    assert_ne!(begun["id"], approved["id"]);
    assert_eq!(begun["state"], "OPEN");
    s.approver.run(AMOUNT_FIX, because(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.staff.run(REPORT_REVIEW, again(1_000_000)).await.data();
    assert_eq!(seats(&former).await, Vec::<String>::new(), "whoever examined it does not approve it");
    approve(&planner).await.data();
    assert_eq!(s.approver.run(AMOUNT_FIX, because(&id)).await.data()["grantAmountFix"]["fixedYen"], 1_000_000);
    s.is_sound().await;
}
