//! Roles that a municipality keeps apart are in no one hand, whoever changes places when.

use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use serde_json::{Value, json};

use crate::organizations::organization;
use crate::posts::{APPOINT, HOLDER, Hall, TRANSFER};

const SEPARATE: &str = "mutation($one: Role!, $other: Role!) { dutySeparationCreate(input: {one: $one, other: $other, reason: \"規則\"}) { id } }";

#[tokio::test]
async fn z20_two_who_hold_what_is_kept_apart_change_places() {
    let hall = Hall::new().await;
    let ((a, _), (b, _)) = (hall.somebody().await, hall.somebody().await);
    hall.admin.run(SEPARATE, json!({"one": "PAYER", "other": "APPROVER"})).await.data();
    let pays = hall.post("会計係", "PAYER", json!(null)).await;
    let decides = hall.post("課長", "APPROVER", json!(null)).await;
    hall.hand_over(&pays, Some(a), "2026-05-20").await.data();
    hall.hand_over(&decides, Some(b), "2026-05-20").await.data();
    let order = |first: AccountId, second: AccountId| {
        json!({"input": {"title": "入替え", "takesEffectOn": "2027-04-01", "moves": [
            {"postId": pays, "successorAccountId": first.to_string()},
            {"postId": decides, "successorAccountId": second.to_string()}]}})
    };
    let (c, _) = hall.somebody().await;
    hall.town.appoint(c, Role::Approver, ScopeKind::Municipality, None).await;
    hall.admin.run(TRANSFER, order(c, a)).await.expect_code("CONFLICT/DUTIES_TOGETHER");
    hall.admin.run(TRANSFER, order(b, a)).await.data();
    let next = async |post: &Value| {
        let data = hall.admin.run(HOLDER, json!({ "id": post })).await.data();
        data["post"]["next"]["account"]["id"].clone()
    };
    assert_eq!((next(&pays).await, next(&decides).await), (json!(b.to_string()), json!(a.to_string())));
}

#[tokio::test]
async fn z20_roles_that_are_kept_apart_are_in_no_one_hand() {
    let hall = Hall::new().await;
    let (clerk, _) = hall.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    hall.admin.run(SEPARATE, json!({"one": "PAYER", "other": "PAYER"})).await.expect_code("INVALID_INPUT");
    hall.admin.run(SEPARATE, json!({"one": "PAYER", "other": "APPROVER"})).await.data();
    hall.admin.run(SEPARATE, json!({"one": "APPROVER", "other": "PAYER"})).await.expect_code("CONFLICT/DUPLICATE");
    let input = |from: &str, scope: Value| json!({"input": {"accountId": clerk.to_string(), "role": "PAYER", "scope": "MUNICIPALITY", "scopeId": scope, "startsOn": from}});
    for from in ["2026-05-20", "2030-04-01"] {
        hall.admin.run(APPOINT, input(from, json!(null))).await.expect_code("CONFLICT/DUTIES_TOGETHER");
    }
    let post = hall.post("会計係", "PAYER", json!(null)).await;
    hall.hand_over(&post, Some(clerk), "2027-04-01").await.expect_code("CONFLICT/DUTIES_TOGETHER");
    let insert = format!(
        "INSERT INTO appointments (id, account_id, role, scope, starts_on) VALUES (gen_random_uuid(), '{}', 'PAYER', 'MUNICIPALITY', '2026-05-20')",
        clerk.0
    );
    assert_eq!(hall.raw(&insert).await, Err("23514".into()));
    // Whoever holds both already keeps the rule from being made.
    let (both, _) = hall.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    hall.town.appoint(both, Role::Reviewer, ScopeKind::Municipality, None).await;
    hall.admin
        .run(SEPARATE, json!({"one": "GRANT_STAFF", "other": "REVIEWER"}))
        .await
        .expect_code("CONFLICT/DUTIES_TOGETHER");
    // Over different organizations they are different duties.
    let planner = hall.town.staff(Role::PlanningStaff).await;
    let (first, second) = (organization(&planner, "一の会").await.1, organization(&planner, "二の会").await.1);
    hall.admin.run(SEPARATE, json!({"one": "ORG_ACCOUNTANT", "other": "ORG_AUDITOR"})).await.data();
    let over = |role: &str, id: &str| json!({"input": {"accountId": clerk.to_string(), "role": role, "scope": "ORGANIZATION", "scopeId": id, "startsOn": "2026-05-20"}});
    hall.admin.run(APPOINT, over("ORG_ACCOUNTANT", &first)).await.data();
    hall.admin.run(APPOINT, over("ORG_AUDITOR", &second)).await.data();
    hall.admin.run(APPOINT, over("ORG_AUDITOR", &first)).await.expect_code("CONFLICT/DUTIES_TOGETHER");
}

/// Two administrators give one person both at the same time: one of them is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn z20_two_appointments_at_once_do_not_slip_through() {
    let hall = Hall::new().await;
    let other = hall.town.staff(Role::Admin).await;
    hall.admin.run(SEPARATE, json!({"one": "PAYER", "other": "APPROVER"})).await.data();
    for _ in 0..6 {
        let (clerk, _) = hall.somebody().await;
        let input = |role: &str| json!({"input": {"accountId": clerk.to_string(), "role": role, "scope": "MUNICIPALITY", "startsOn": "2026-05-20"}});
        let (one, two) = tokio::join!(hall.admin.run(APPOINT, input("PAYER")), other.run(APPOINT, input("APPROVER")));
        let mut codes = [one.code(), two.code()];
        codes.sort();
        assert_eq!(codes[0], "(none)", "{codes:?}");
        assert!(codes[1].starts_with("CONFLICT/"), "{codes:?}");
    }
}
