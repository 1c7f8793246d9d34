//! A person's data: all of it is exported, forgotten on request, kept as long as the municipality says; and nothing else
//! gets past what is locked.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use chrono::Duration;
use entaku::demo::load_as;
use entaku::kernel::audit::{seal, verify};
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::privacy::entity::RetentionKind;
use entaku::people::privacy::retention;
use sea_orm::Iterable;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::exports::Alone;
use crate::support::town::app;
use crate::support::{Client, Town, database};

mod erasure;
mod keeping;

const EXPORT: &str = include_str!("../../docs/stories/120-personal-data-export.graphql");
const REQUEST: &str = include_str!("../../docs/stories/121-erasure-request-create.graphql");
const APPROVE: &str = include_str!("../../docs/stories/122-erasure-request-approve.graphql");
const REFUSE: &str = include_str!("../../docs/stories/123-erasure-request-refuse.graphql");
const RULES: &str = include_str!("../../docs/stories/125-retention-rules-read.graphql");
const RULE: &str = include_str!("../../docs/stories/126-retention-rule-change.graphql");
const HOLD: &str = include_str!("../../docs/stories/127-legal-hold-place.graphql");
const LIFT: &str = include_str!("../../docs/stories/128-legal-hold-lift.graphql");
const OWN_ENTRIES: &str = include_str!("../../docs/stories/129-own-audit-read.graphql");
const WITHDRAW: &str = "mutation($id: ID!) { erasureRequestWithdraw(id: $id) { state } }";
const COUNT: &str = "mutation($id: ID!) { retentionRuleCount(id: $id) { due dueSoon countedAt revision } }";

/// Runs a statement of a test inside the town.
async fn sql(town: &Town, text: &str) {
    let tx = town.system();
    tx.run(Sql::new(text)).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    tx.commit().await.expect("committed");
}

/// The first column of what a statement finds.
async fn texts(town: &Town, text: &str) -> Vec<Option<String>> {
    let rows = town.system().rows(Sql::new(text)).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

async fn resident(town: &Town) -> (AccountId, Client) {
    town.person(Role::Resident, ScopeKind::Municipality, None).await
}

async fn request(who: &Client, input: Value) -> Value {
    who.run(REQUEST, json!({ "input": input })).await.data()["erasureRequestCreate"]["id"].clone()
}

/// The files of a ZIP by their names.
fn unpacked(zip: Vec<u8>) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).expect("an archive");
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        files.push((file.name().expect("a name").into_owned(), text));
    }
    files
}

/// A table that says something about people and is not declared would be left out of what people are shown, and stay
/// when they are forgotten.
#[tokio::test]
async fn every_table_that_names_an_account_or_has_personal_columns_is_declared() {
    // Bodies and places, not people; what requests and the whole installation count by keyed hashes.
    const OF_NOBODY: [&str; 7] =
        ["districts", "facilities", "ledger_entries", "municipalities", "organizations", "sections", "personal_tables"];
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let rows = sqlx::query(
        "SELECT c.relname::text AS name, a.attname::text AS column,
            EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = c.oid
                AND k.confrelid = 'accounts'::regclass AND a.attnum = ANY(k.conkey) AND a.attname <> 'municipality_id') AS names,
            a.attname = ANY(entaku_personal_columns(c.relname)) OR a.attname IN ('email', 'recipient', 'name_kana',
                'phone', 'staff_name', 'proposer_name', 'actor_id', 'account_id') AS personal,
            d.name IS NOT NULL AS declared, coalesce(d.about LIKE '%t.' || a.attname || ' = %', false)
                OR coalesce(a.attname = ANY(d.acted), false) AS belongs,
            coalesce(a.attname = ANY(d.personal), false) OR NOT a.attname = ANY(entaku_personal_columns(c.relname)) AS listed
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN personal_tables d ON d.name = c.relname
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue");
    let mut found = 0;
    for row in rows {
        let (name, column): (String, String) = (row.get("name"), row.get("column"));
        let (names, personal): (bool, bool) = (row.get("names"), row.get("personal"));
        if !names && (!personal || OF_NOBODY.contains(&name.as_str())) {
            continue;
        }
        found += 1;
        assert!(row.get::<bool, _>("declared"), "{name}.{column}: {name} is not declared in personal_tables");
        assert!(!names || row.get::<bool, _>("belongs"), "{name}.{column} names an account: in `about` or `acted`?");
        assert!(row.get::<bool, _>("listed"), "{name}.{column} is personal for the audit and not where it is declared");
    }
    assert!(found > 60, "{found}");
}

/// What is declared fits the tables: each condition, each change, each kind is planned by PostgreSQL.
#[tokio::test]
async fn every_declaration_fits_its_table() {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let declared = sqlx::query("SELECT name, about, fate, change, changed FROM personal_tables");
    for row in declared.fetch_all(&mut superuser).await.expect("declarations") {
        let (name, about): (String, String) = (row.get("name"), row.get("about"));
        let what = match row.get::<String, _>("fate").as_str() {
            "CHANGE" => format!(
                "UPDATE {name} t SET {} WHERE ({about}) AND ({})",
                row.get::<String, _>("change"),
                row.get::<String, _>("changed")
            ),
            "DELETE" => format!("DELETE FROM {name} t WHERE {about}"),
            _ => format!("SELECT FROM {name} t WHERE {about}"),
        };
        let nobody = what.replace("$1", "'00000000-0000-0000-0000-000000000000'");
        let planned = sqlx::query(AssertSqlSafe(format!("EXPLAIN {nobody}"))).fetch_all(&mut superuser).await;
        assert!(planned.is_ok(), "{name}: {:?}", planned.err());
    }
    let kinds: Vec<String> = sqlx::query_scalar("SELECT name FROM retention_kinds ORDER BY place")
        .fetch_all(&mut superuser)
        .await
        .expect("kinds");
    assert_eq!(kinds, RetentionKind::iter().map(RetentionKind::word).collect::<Vec<_>>());
    let town = Town::new().await;
    let tx = town.system();
    for kind in RetentionKind::iter() {
        assert_eq!(retention::due(&tx, kind, tx.today()).await.expect("a number"), 0, "{}", kind.word());
    }
}

#[tokio::test]
async fn a_person_gets_all_that_is_kept_about_them_and_nothing_of_others() {
    let alone = Alone::new().await;
    let town = &alone.town;
    let (own, who) = resident(town).await;
    let (other, _) = resident(town).await;
    let id = who.run(EXPORT, json!({})).await.data()["personalDataExportCreate"]["id"].clone();
    alone.work().await;
    let read = "query($id: ID!) { export(id: $id) { state name format downloadUrl failureMessage subject { id } } }";
    let done = who.run(read, json!({ "id": id })).await.data()["export"].clone();
    assert_eq!((&done["state"], &done["format"]), (&json!("DONE"), &json!("ZIP")), "{done}");
    let file = who.get(done["downloadUrl"].as_str().expect("a path")).await;
    assert_eq!((file.status.as_u16(), file.header("content-type").as_str()), (200, "application/zip"));
    let files = unpacked(file.bytes);
    let all: Value =
        serde_json::from_str(&files.iter().find(|(name, _)| name == "data.json").expect("data").1).expect("JSON");
    let account = &all["accounts"]["about"][0];
    assert_eq!(account["id"], json!(own.0));
    assert!(account["email"].is_string() && account.get("password_hash").is_none());
    assert_eq!(all["appointments"]["about"][0]["role"], "RESIDENT");
    assert_eq!(all["sessions"]["about"].as_array().map(Vec::len), Some(1));
    assert!(all["audit_entries"]["about"].as_array().is_some_and(|entries| entries.len() > 2));
    assert!(all.get("refresh_tokens").is_none(), "secrets are nobody's to see");
    let whole: String = files.iter().map(|(_, text)| text.as_str()).collect();
    assert!(!whole.contains(&other.0.to_string()), "nothing of somebody else");
    let csv = &files.iter().find(|(name, _)| name == "csv/accounts.csv").expect("a CSV").1;
    assert!(csv.starts_with('\u{FEFF}') && csv.contains("試験 太郎"));
    town.app.clock.advance(Duration::days(8));
    let gone = "SELECT state FROM exports";
    alone.work().await;
    assert_eq!(texts(town, gone).await, [Some("EXPIRED".to_owned())], "the content is for seven days");
}

#[tokio::test]
async fn an_administrator_exports_for_somebody_with_a_purpose_and_they_see_it() {
    let alone = Alone::new().await;
    let town = &alone.town;
    let (person, who) = resident(town).await;
    let (clerk, admin) = (town.staff(Role::GrantStaff).await, town.staff(Role::Admin).await);
    let of = json!({ "accountId": person.to_string() });
    town.public().run(EXPORT, json!({})).await.expect_code("UNAUTHENTICATED");
    clerk.run(EXPORT, of.clone()).await.expect_code("FORBIDDEN");
    resident(town).await.1.run(EXPORT, of.clone()).await.expect_code("NOT_FOUND");
    admin.run(EXPORT, of.clone()).await.expect_code("INVALID_INPUT");
    let body = json!({"query": EXPORT, "variables": of, "extensions": {"purpose": "本人からの開示請求 第12号"}});
    let id = admin.send(body.to_string(), "application/json").await.data()["personalDataExportCreate"]["id"].clone();
    alone.work().await;
    let read = "query($id: ID!) { export(id: $id) { state downloadUrl } }";
    let done = admin.run(read, json!({ "id": id })).await.data()["export"].clone();
    assert_eq!(done["state"], "DONE");
    let url = done["downloadUrl"].as_str().expect("a path").to_owned();
    assert_eq!(who.run(read, json!({ "id": id })).await.data()["export"], json!(null), "it is the administrator's");
    assert_eq!((who.get(&url).await.status.as_u16(), admin.get(&url).await.status.as_u16()), (404, 200));
    let seen = who.run(OWN_ENTRIES, json!({})).await.data()["viewer"]["auditEntries"]["nodes"][0].clone();
    assert_eq!((&seen["purpose"], &seen["detail"]), (&json!("本人からの開示請求 第12号"), &id));
}

#[tokio::test]
async fn an_export_of_personal_data_needs_a_fresh_proof() {
    let town = Town::new().await;
    let (_, who) = resident(&town).await;
    sql(&town, "UPDATE sessions SET authenticated_at = authenticated_at - interval '16 minutes'").await;
    who.run(EXPORT, json!({})).await.expect_code("FORBIDDEN/STEP_UP");
    who.run(REQUEST, json!({"input": {"reason": "退会"}})).await.expect_code("FORBIDDEN/STEP_UP");
    let document =
        "mutation { exportCreate(input: {document: \"{ districts { nodes { name } } }\", format: ZIP}) { id } }";
    let (_, fresh) = resident(&town).await;
    fresh.run(document, json!({})).await.expect_code("INVALID_INPUT");
}

/// Says that it forgets, as anybody can, and tries what only the owner's functions may.
#[tokio::test]
async fn nothing_else_gets_past_what_is_locked() {
    let town = Town::beside(app()).await;
    load_as(&town.app, "322091", town.code.as_str(), "no password").await.expect("the demo");
    let mut raw = PgConnection::connect(&database::url("entaku_app")).await.expect("a connection");
    for (name, value) in [
        ("entaku.municipality", town.id.0.to_string()),
        ("entaku.forgetting", "on".into()),
        ("entaku.now", "2099-01-01T00:00:00Z".into()),
    ] {
        sqlx::query("SELECT set_config($1, $2, false)").bind(name).bind(value).execute(&mut raw).await.expect("set");
    }
    for denied in [
        "INSERT INTO forgetting (xid) VALUES (pg_current_xact_id())",
        "UPDATE personal_tables SET about = 'true'",
        "UPDATE retention_kinds SET least = 1",
        "UPDATE retention_rules SET least = 1",
        "SELECT entaku_begin_forgetting()",
        "SELECT entaku_forget_person(entaku_municipality(), id) FROM accounts",
        "SELECT entaku_forget(id) FROM erasure_requests",
        "UPDATE erasure_requests SET executed_at = now()",
        "UPDATE erasure_requests SET account_id = requested_by",
        "UPDATE erasure_requests SET state = 'APPROVED', decided_by = account_id, decided_at = now(), decision_reason = 'x'",
        "UPDATE legal_holds SET object_id = gen_random_uuid()",
        "UPDATE grant_applications SET purpose = '(削除済み)' WHERE state = 'PAID'",
        "UPDATE roundtable_passages SET text = '(削除済み)' WHERE roundtable_id IN (SELECT id FROM roundtables WHERE state = 'PUBLISHED')",
        "DELETE FROM sessions",
        "DELETE FROM accounts",
        "DELETE FROM ledger_journals",
        "DELETE FROM audit_entries",
        "UPDATE audit_entries SET before = NULL",
    ] {
        let done = sqlx::query(AssertSqlSafe(denied.to_owned())).execute(&mut raw).await;
        assert!(done.is_err(), "{denied}");
    }
    let told = "INSERT INTO notifications (id, account_id, kind, object_kind, object_id, text_ja, text_easy, text_en, created_at)
        SELECT gen_random_uuid(), id, 'GRANT_PAID', 'app', gen_random_uuid(), 'いま', 'いま', 'now', now() FROM accounts LIMIT 1";
    sqlx::query(told).execute(&mut raw).await.expect("told");
    sqlx::query("SELECT entaku_dispose('NOTIFICATIONS', 1000)").execute(&mut raw).await.expect("disposed");
    let left = texts(&town, "SELECT text_ja FROM notifications WHERE text_ja = 'いま'").await;
    assert_eq!(left.len(), 1, "a clock told wrongly hastens nothing");
    let unmasked: Option<String> = {
        sqlx::query("UPDATE districts SET name = name || 'x'").execute(&mut raw).await.expect("changed");
        sqlx::query_scalar("SELECT after ->> 'name' FROM audit_entries WHERE kind = 'districts' AND op = 'UPDATE' ORDER BY seq DESC LIMIT 1")
            .fetch_one(&mut raw)
            .await
            .expect("an entry")
    };
    assert!(unmasked.is_some_and(|name| name.ends_with('x')), "nobody hides a change from the record by a setting");
}

/// The night after so many more days, for the rows of one table: no clock hastens what is disposed of.
pub(crate) async fn after(town: &Town, table: &str, days: u16) {
    sql(town, &format!("UPDATE {table} SET created_at = created_at - interval '{days} days'")).await;
    night(town).await;
}

async fn night(town: &Town) {
    let tx = town.system();
    retention::dispose(&tx).await.expect("disposed");
    tx.commit().await.expect("committed");
}
