//! What the database refuses by itself, whoever writes. Each statement is tried without the guards, too: there it works.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

fn decide(id: &str, yen: i64) -> String {
    let uuid = decode(id).expect("an id").1;
    format!(
        "UPDATE grant_applications SET state = 'DECIDED', decided_yen = {yen}, decided_on = entaku_today(),
            commitment_id = (SELECT j.id FROM ledger_journals j WHERE j.municipality_id = entaku_municipality()
                ORDER BY j.id LIMIT 1)
            WHERE id = '{uuid}'"
    )
}

#[tokio::test]
async fn m14_the_database_counts_the_approvals_whatever_is_said_of_them() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let (first, one) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.reviewed().await;
    approve(&one).await.data();
    refused_by("approval_route", &s.town, first, "SELECT 1", &decide(&id, 1_100_000)).await;
    let said =
        "UPDATE approvals SET state = 'APPROVED' WHERE municipality_id = entaku_municipality() AND state = 'OPEN'";
    refused_by("approval_route", &s.town, first, said, &decide(&id, 1_100_000)).await;
    // With both, the same statement goes through; for another amount it does not.
    approve(&s.approver).await.data();
    let done = forged(&s.town, first, Guards::On, "SELECT 1", &decide(&id, 1_100_000)).await;
    assert_eq!(done, Ok(1));
    refused_by("approval_route", &s.town, first, "SELECT 1", &decide(&id, 1_000_000)).await;
}

#[tokio::test]
async fn m14_the_database_lets_nobody_take_a_seat_that_is_not_theirs() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let (first, _) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let (stranger, _) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    s.reviewed().await;
    assert_eq!(forged(&s.town, first, Guards::On, "SELECT 1", &take(first)).await, Ok(1), "their own they may");
    refused_by("approval_seat", &s.town, stranger, "SELECT 1", &take(first)).await;
    let sit = |state: &str, acted: &str| {
        format!(
            "INSERT INTO approval_seats (municipality_id, id, approval_id, step, step_name, account_id, for_id, state, acted_at)
             SELECT municipality_id, gen_random_uuid(), id, 1, '部長決裁', '{who}', '{who}', '{state}', {acted}
             FROM approvals WHERE municipality_id = entaku_municipality() AND state = 'OPEN'",
            who = stranger.0
        )
    };
    refused_by("approval_seat", &s.town, stranger, "SELECT 1", &sit("APPROVED", "entaku_now()")).await;
    refused_by("approval_seat", &s.town, stranger, &sit("OPEN", "NULL"), &take(stranger)).await;
}

#[tokio::test]
async fn m14_the_database_lets_nobody_approve_twice() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let (absent, boss) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let (deputy, deputies) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let away = json!({"input": {"accountId": absent.to_string(), "delegateAccountId": deputy.to_string(),
        "startsOn": "2026-05-20", "endsOn": "2026-05-25", "reason": "出張"}});
    boss.run(DELEGATE, away).await.data();
    s.reviewed().await;
    // Before the deputy has approved, the absent may; after it, they would count twice.
    assert_eq!(forged(&s.town, absent, Guards::On, "SELECT 1", &take(absent)).await, Ok(1));
    approve(&deputies).await.data();
    let open_again = format!(
        "UPDATE approval_seats SET state = 'OPEN' WHERE state = 'CLOSED' AND account_id = '{}'
            AND municipality_id = entaku_municipality()",
        absent.0
    );
    let twice = forged(&s.town, absent, Guards::On, &open_again, &take(absent)).await;
    assert!(
        ["approval_seat", "approval_seats_for"].contains(&twice.clone().expect_err("refused").as_str()),
        "{twice:?}"
    );
}

#[tokio::test]
async fn m14_the_database_asks_for_both_approvals_of_a_payment_with_its_decision() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let (planner, _) = s.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    route_of(&s.town, "GRANT_PAYMENT_EXECUTE", false, one("会計の確認", "PLANNING_STAFF")).await;
    let id = s.reviewed().await;
    approve(&s.approver).await.data();
    let both = decide(&id, 1_100_000).replace(
        "SET state = 'DECIDED'",
        "SET state = 'PAID', paid_yen = 1100000, paid_on = entaku_today(), payment_id = (SELECT j.id FROM ledger_journals j
            WHERE j.municipality_id = entaku_municipality() ORDER BY j.id LIMIT 1)",
    );
    refused_by("approval_route", &s.town, planner, "SELECT 1", &both).await;
}

#[tokio::test]
async fn m14_the_database_keeps_the_order_of_steps() {
    let s = Scene::new().await;
    let steps = json!([{"name": "企画の合議", "role": "PLANNING_STAFF", "needed": 1},
        {"name": "部長決裁", "role": "APPROVER", "needed": 1}]);
    route(&s, true, steps).await;
    let (later, _) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let (_, first) = s.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    s.reviewed().await;
    assert_eq!(forged(&s.town, later, Guards::On, "SELECT 1", &take(later)).await, Ok(0), "it waits");
    // Whatever is said of the seat, its turn has not come.
    let open = format!(
        "UPDATE approval_seats SET state = 'OPEN' WHERE state = 'WAITING' AND account_id = '{}'
            AND municipality_id = entaku_municipality()",
        later.0
    );
    refused_by("approval_seat", &s.town, later, &open, &take(later)).await;
    approve(&first).await.data();
    assert_eq!(forged(&s.town, later, Guards::On, "SELECT 1", &take(later)).await, Ok(1), "now it has");
}
