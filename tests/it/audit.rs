//! What is written of each act, each denial and each look at personal data.

use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::organizations::organization;
use crate::support::Town;

async fn notes(town: &Town) -> Vec<(String, String, String)> {
    let tx = town.system();
    let sql = Sql::new("SELECT what, kind, detail FROM access_notes ORDER BY seq");
    let rows = tx.rows(sql).await.expect("rows");
    rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect()
}

#[tokio::test]
async fn o5_a_change_is_written_with_actor_request_and_difference() {
    let town = Town::new().await;
    let (account, clerk) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let (_, id) = organization(&clerk, "記録の会").await;
    let change = "mutation($id: ID!) { organizationChange(id: $id, input: {phone: \"0000\"}) { id } }";
    clerk.run(change, json!({"id": id})).await.data();
    let tx = town.system();
    let sql = Sql::new(
        "SELECT actor_id, request_id, before::text, after::text FROM audit_entries WHERE kind = 'organizations' ORDER BY seq DESC LIMIT 1",
    );
    let row = tx.rows(sql).await.expect("rows").remove(0);
    assert_eq!(row.get::<_, uuid::Uuid>(0), account.0);
    assert!(row.get::<_, Option<uuid::Uuid>>(1).is_some());
    assert_eq!(row.get::<_, String>(2), "{\"phone\": null, \"revision\": 2}");
    assert_eq!(row.get::<_, String>(3), "{\"phone\": \"0000\", \"revision\": 3}");
    let events = tx
        .rows(Sql::new(
            "SELECT op FROM events WHERE kind = 'organizations' AND municipality_id = entaku_municipality()",
        ))
        .await;
    assert_eq!(events.expect("rows").len(), 3);
}

#[tokio::test]
async fn secrets_never_enter_the_audit() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let create = "mutation { accountCreate(input: {email: \"s@example.jp\", name: \"秘 密\", nameKana: \"ひ みつ\", initialPassword: \"とても長い秘密の言葉です\"}) { id } }";
    admin.run(create, json!({})).await.data();
    let tx = town.system();
    let rows = tx
        .rows(Sql::new("SELECT coalesce(before::text, '') || coalesce(after::text, '') FROM audit_entries"))
        .await
        .expect("rows");
    assert!(rows.len() > 2);
    for row in rows {
        let text: String = row.get(0);
        assert!(!text.contains("argon2") && !text.contains("\"hash\"") && !text.contains("password_hash"), "{text}");
    }
}

#[tokio::test]
async fn a_denial_is_written_once_and_changes_nothing() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, id) = organization(&clerk, "拒みの会").await;
    let resident = town.resident().await;
    let change = "mutation($id: ID!) { organizationChange(id: $id, input: {phone: \"1\"}) { id } }";
    resident.run(change, json!({"id": id})).await.expect_code("FORBIDDEN");
    assert_eq!(notes(&town).await, [("DENIED".into(), "CommunityOrganization".into(), "organizationChange".into())]);
    let phone = clerk.run("query($id: ID!) { organization(id: $id) { phone } }", json!({"id": id})).await.data();
    assert_eq!(phone["organization"]["phone"], json!(null));
}

#[tokio::test]
async fn a_look_at_personal_data_is_written_but_not_at_what_is_public_or_ones_own() {
    let town = Town::new().await;
    let (account, _) = town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    let query = "query($id: ID!) { account(id: $id) { email } viewer { email } }";
    let admin = town.staff(Role::Admin).await;
    admin.run(query, json!({"id": account.to_string()})).await.data();
    assert_eq!(notes(&town).await, [("PERSONAL_READ".into(), "Account".into(), "email".into())]);
    let auditor = town.staff(Role::Auditor).await;
    let seen = auditor.run(query, json!({"id": account.to_string()})).await.data();
    assert_eq!(seen["account"]["email"], json!(null));
    assert_eq!(notes(&town).await.len(), 1);
}
