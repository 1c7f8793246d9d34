//! What is applied for and decided stays within the allocation, and that within the budget.

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::json;

use crate::grants::{CREATE, DECIDE, Scene, allocate, another, opinion};

#[tokio::test]
async fn an_organization_without_an_allocation_does_not_apply() {
    let s = Scene::new().await;
    let other = another(&s).await;
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    let input = json!({"input": {"programmeId": s.programme, "organizationId": other, "title": "申請"}});
    officer.run(CREATE, input).await.expect_code("CONFLICT/ALLOCATION_MISSING");
}

#[tokio::test]
async fn an_allocation_follows_the_budget_and_what_was_decided() {
    let s = Scene::new().await;
    s.decided().await;
    allocate(&s.staff, &s.programme, &s.organization, 1_099_999).await.expect_code("CONFLICT/ALLOCATION_COMMITTED");
    allocate(&s.staff, &s.programme, &s.organization, 10_000_001).await.expect_code("CONFLICT/BUDGET_EXCEEDED");
    allocate(&s.staff, &s.programme, &s.organization, 1_100_000).await.data();
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=8900000", "COMMITTED=1100000", "GRANT=0"]);
    allocate(&s.staff, &s.programme, &s.organization, 1_100_000).await.data();
    allocate(&s.staff, &s.programme, &s.organization, 10_000_000).await.data();
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=0", "COMMITTED=1100000", "GRANT=8900000"]);
}

#[tokio::test]
async fn decisions_together_stay_within_the_allocation() {
    let s = Scene::new().await;
    s.decided().await;
    let second = s.reviewed().await;
    s.approver.run(DECIDE, opinion(&second, 400_001)).await.expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.approver.run(DECIDE, opinion(&second, 400_000)).await.data();
}
