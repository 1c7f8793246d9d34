//! What is written of each act, each denial and each look at personal data.

use entaku::api::schema::Nouns;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, Source};
use serde_json::json;

use crate::organizations::organization;
use crate::support::Town;

async fn notes(town: &Town) -> Vec<(String, String, String)> {
    let tx = town.system();
    let sql = Sql::new(
        "SELECT op, kind, detail FROM audit_entries WHERE op NOT IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY xid, seq",
    );
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
    assert_eq!(notes(&town).await, [("DENIED".into(), "organizations".into(), "organizationChange".into())]);
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
    assert_eq!(notes(&town).await, [("PERSONAL_READ".into(), "accounts".into(), "email".into())]);
    let auditor = town.staff(Role::Auditor).await;
    let seen = auditor.run(query, json!({"id": account.to_string()})).await.data();
    assert_eq!(seen["account"]["email"], json!(null));
    assert_eq!(notes(&town).await.len(), 1);
}

#[tokio::test]
async fn an_act_is_written_with_its_name_its_post_and_its_purpose() {
    let town = Town::new().await;
    let (account, clerk) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let (_, id) = organization(&clerk, "職務の会").await;
    let document = "mutation($id: ID!) { organizationChange(id: $id, input: {phone: \"0000\"}) { id } }";
    let body = json!({"query": document, "variables": {"id": id}, "extensions": {"purpose": "連絡先の確認"}});
    clerk.send(body.to_string(), "application/json").await.data();
    let sql = "SELECT e.act, e.purpose, p.account_id FROM audit_entries e JOIN appointments p ON p.id = e.appointment_id \
         WHERE e.kind = 'organizations' ORDER BY e.xid DESC, e.seq DESC LIMIT 1";
    let row = town.system().rows(Sql::new(sql)).await.expect("rows").remove(0);
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("organizationChange", "連絡先の確認"));
    assert_eq!(row.get::<_, uuid::Uuid>(2), account.0);
}

#[tokio::test]
async fn what_one_does_for_oneself_has_no_post() {
    let town = Town::new().await;
    let (account, clerk) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    // First an act of the post, then one of the person, in one transaction.
    let both = "mutation { a: sectionCreate(input: {name: \"課\", establishedOn: \"2026-04-01\"}) { id } }";
    let admin_post = (Role::Admin, ScopeKind::Municipality);
    town.appoint(account, admin_post.0, admin_post.1, None).await;
    clerk.run(both, json!({})).await.data();
    clerk.run("mutation { notificationsMarkAllRead { id } }", json!({})).await.data();
    let choose =
        "mutation { notificationChoiceSet(input: {kind: GRANT_DECIDED, inApp: true, mailDigest: false}) { id } }";
    clerk.run(choose, json!({})).await.data();
    let sql =
        "SELECT kind, appointment_id IS NULL FROM audit_entries WHERE kind IN ('sections', 'notification_choices')";
    let rows = town.system().rows(Sql::new(sql)).await.expect("rows");
    let mut found: Vec<(String, bool)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    found.sort();
    assert_eq!(found, [("notification_choices".to_owned(), true), ("sections".to_owned(), false)]);
}

#[tokio::test]
async fn a_purpose_that_says_nothing_is_refused() {
    let town = Town::new().await;
    let clerk = town.staff(Role::Admin).await;
    for purpose in [json!(""), json!("  "), json!(1), json!("一".repeat(201)), json!("二\n行")] {
        let body = json!({"query": "{ viewer { id } }", "extensions": {"purpose": purpose}});
        clerk.send(body.to_string(), "application/json").await.expect_code("BAD_REQUEST/PURPOSE");
    }
}

#[tokio::test]
async fn personal_data_never_enter_the_audit_but_that_they_changed_does() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let create = "mutation { accountCreate(input: {email: \"hidden@example.jp\", name: \"隠 名子\", nameKana: \"かくし なこ\", initialPassword: \"とても長い秘密の言葉です\"}) { id } }";
    admin.run(create, json!({})).await.data();
    let sql = "SELECT after->>'email', after->>'name', after::text FROM audit_entries WHERE kind = 'accounts' AND op = 'INSERT'";
    let rows = town.system().rows(Sql::new(sql)).await.expect("rows");
    assert!(rows.len() >= 2);
    for row in rows {
        assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("***", "***"));
        assert!(!row.get::<_, &str>(2).contains("example.jp"));
    }
}

/// Every column that a shape masks as personal is one whose values the audit leaves out; what is opened from a seal is
/// left out with the seal.
#[tokio::test]
async fn every_personal_column_is_left_out_of_the_audit() {
    let town = Town::new().await;
    let tx = town.system();
    for shape in Nouns::queries().shapes() {
        for field in shape.fields.iter().filter(|field| field.mask.as_ref().is_some_and(|mask| mask.personal)) {
            let column = match field.source {
                Source::Column(column, ..) => column,
                Source::Computed(of, ..) if of.contains(&"secret") => "secret",
                _ => panic!("{}.{}: not a column", shape.name, field.name),
            };
            let text = format!(
                "SELECT '{column}' = ANY(entaku_personal_columns('{0}') || string_to_array(
                    split_part(encode(tgargs, 'escape'), '\\000', 1), ','))
                 FROM pg_trigger WHERE tgrelid = '{0}'::regclass AND tgname = 'changed'",
                shape.table
            );
            let row = tx.rows(Sql::new(&text)).await.expect("rows").remove(0);
            assert!(row.get::<_, bool>(0), "{}.{column} is personal; the audit would keep it", shape.table);
        }
    }
}

#[tokio::test]
async fn an_auditor_reads_all_of_it_and_others_what_concerns_them() {
    let town = Town::new().await;
    let (account, clerk) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let (_, id) = organization(&clerk, "閲覧の会").await;
    let admin = town.staff(Role::Admin).await;
    admin.run("query($id: ID!) { account(id: $id) { email } }", json!({"id": account.to_string()})).await.data();
    let auditor = town.staff(Role::Auditor).await;
    let of_object = "query($id: ID!) { auditEntries(filter: {object: $id}, first: 5) { totalCount nodes {
        operation objectType objectId act appointment { role } changes { __typename field before after } } } }";
    let found = auditor.run(of_object, json!({"id": id})).await.data();
    let first = &found["auditEntries"]["nodes"][0];
    assert_eq!((&first["objectType"], &first["objectId"]), (&json!("CommunityOrganization"), &json!(id)));
    assert_eq!(first["appointment"]["role"], json!("PLANNING_STAFF"));
    let named = |change: &serde_json::Value| change["field"] == json!("published") || change["field"] == json!("name");
    assert!(first["changes"].as_array().expect("changes").iter().any(named), "{first}");
    assert_eq!(first["changes"][0]["__typename"], json!("AuditChange"));
    let resident = town.resident().await;
    let none = resident.run(of_object, json!({"id": id})).await.data();
    assert_eq!(none["auditEntries"]["totalCount"], json!(0));
    let own =
        "{ viewer { auditEntries(filter: {operation: [\"PERSONAL_READ\"]}) { nodes { detail act actor { id } } } } }";
    let looked = clerk.run(own, json!({})).await.data();
    let look = &looked["viewer"]["auditEntries"]["nodes"][0];
    assert_eq!((&look["detail"], &look["act"]), (&json!("email"), &json!("account")));
    town.public().run("{ auditEntries { totalCount } auditHeads { totalCount } }", json!({})).await.data();
}
