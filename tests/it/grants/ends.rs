//! How an application ends before it is paid: refused, withdrawn, too late.

use chrono::{Datelike, Duration};
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::json;

use crate::grants::{
    CHANGE, CREATE, DECIDE, JOURNALS, READ, RECOMMEND, REFUSE, REVIEW_START, SUBMIT, Scene, WITHDRAW, because, opinion,
};
use crate::support::town::start;

#[tokio::test]
async fn a_refusal_is_final_and_told_to_the_organization() {
    let s = Scene::new().await;
    let id = s.reviewed().await;
    let refused = s.approver.run(REFUSE, because(&id)).await.data()["grantApplicationRefuse"].clone();
    assert_eq!(refused["state"], "REFUSED");
    s.officer.run(WITHDRAW, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    let acts = s.officer.run(READ, json!({"id": id})).await.data()["grantApplication"]["acts"].clone();
    let last = acts.as_array().expect("acts").last().expect("an act").clone();
    assert_eq!((&last["act"], &last["reason"]), (&json!("REFUSE"), &json!("内訳を追記してください。")));
    assert_eq!(s.town.public().run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
}

#[tokio::test]
async fn a_withdrawal_within_15_days_gives_the_money_back() {
    let s = Scene::new().await;
    let (early, late) = (s.decided().await, s.draft().await);
    s.officer.run(CHANGE, json!({"id": late, "input": {"requestedYen": 300_000}})).await.data();
    s.officer.run(SUBMIT, json!({"id": late})).await.data();
    s.staff.run(REVIEW_START, json!({"id": late})).await.data();
    s.staff.run(RECOMMEND, opinion(&late, 300_000)).await.data();
    s.approver.run(DECIDE, opinion(&late, 300_000)).await.data();
    s.town.app.clock.advance(Duration::days(15));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    officer.run(WITHDRAW, json!({"id": early})).await.data();
    officer.run(WITHDRAW, json!({"id": early})).await.expect_code("CONFLICT/STATE");
    s.town.app.clock.advance(Duration::days(1));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    officer.run(WITHDRAW, json!({"id": late})).await.expect_code("CONFLICT/DEADLINE");
    let staff = s.town.staff(Role::GrantStaff).await;
    let journals = staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data()["ledgerJournals"]["nodes"].clone();
    assert_eq!(journals[0]["kind"], "GRANT_WITHDRAWN");
    assert_eq!(journals[0]["reversed"]["kind"], "GRANT_COMMITTED");
    let s = Scene { staff, ..s };
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=8500000", "COMMITTED=300000", "GRANT=1200000"]);
}

#[tokio::test]
async fn the_window_closes_after_its_last_day() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let days = 30 + 31 - i64::from(start().day());
    s.town.app.clock.advance(Duration::days(days + 1));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    let late = officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/DEADLINE");
    assert!(late.text.contains("2026-06-30"), "{}", late.text);
    let input = json!({"input": {"programmeId": s.programme, "organizationId": s.organization, "title": "遅い申請"}});
    officer.run(CREATE, input).await.expect_code("CONFLICT/DEADLINE");
}
