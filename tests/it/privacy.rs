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

#[tokio::test]
async fn a_person_is_forgotten_all_or_nothing_and_the_record_still_holds() {
    let alone = Alone::new().await;
    let town = &alone.town;
    let (person, who) = resident(town).await;
    let admin = town.staff(Role::Admin).await;
    sql(
        town,
        &format!(
            "INSERT INTO notification_choices (id, account_id, kind) VALUES (gen_random_uuid(), '{}', 'GRANT_PAID')",
            person.0
        ),
    )
    .await;
    sql(
        town,
        &format!(
            "INSERT INTO mails (id, kind, recipient, subject, body, deadline)
        SELECT gen_random_uuid(), 'TEST', email, '件名', '本文', now() FROM accounts WHERE id = '{}'",
            person.0
        ),
    )
    .await;
    // What was sent to an address they had before is theirs, unless the address is somebody else's today.
    let (other, _) = resident(town).await;
    sql(
        town,
        &format!(
            "WITH had AS (INSERT INTO former_addresses (id, account_id, email)
            SELECT gen_random_uuid(), '{}', email FROM
                (SELECT 'before@example.jp' UNION SELECT email FROM accounts WHERE id = '{}') f(email) RETURNING email)
        INSERT INTO mails (id, kind, recipient, subject, body, deadline)
        SELECT gen_random_uuid(), 'TEST', email, '件名', '本文', now() FROM had",
            person.0, other.0
        ),
    )
    .await;
    let address =
        texts(town, &format!("SELECT email FROM accounts WHERE id = '{}'", person.0)).await[0].clone().expect("one");
    let id = request(&who, json!({"reason": "退会したい"})).await;
    who.run(REQUEST, json!({"input": {"reason": "もう一度"}})).await.expect_code("CONFLICT/REQUESTED");
    who.run(APPROVE, json!({"id": id, "reason": "自分で"})).await.expect_code("FORBIDDEN");
    let approve = json!({"id": id, "reason": "法98条による請求を認める"});

    let tried =
        admin.with("entaku-dry-run", "true").run(APPROVE, approve.clone()).await.data()["erasureRequestApprove"]
            .clone();
    let counted: Vec<_> =
        tried["counts"].as_array().expect("counts").iter().map(|c| c["table"].as_str().expect("a name")).collect();
    for table in [
        "accounts",
        "sessions",
        "refresh_tokens",
        "notification_choices",
        "mails",
        "former_addresses",
        "erasure_requests",
    ] {
        assert!(counted.contains(&table), "{counted:?}");
    }
    let still = texts(town, &format!("SELECT email FROM accounts WHERE id = '{}'", person.0)).await;
    assert_eq!(still, [Some(address.clone())], "a dry run changes nothing");
    who.run("{ viewer { id } }", json!({})).await.data();

    let done = admin.run(APPROVE, approve.clone()).await.data()["erasureRequestApprove"].clone();
    assert_eq!((&done["state"], &done["counts"]), (&json!("APPROVED"), &tried["counts"]));
    assert_eq!(done["counts"][0]["__typename"], "ErasureCount");
    admin.run(APPROVE, approve).await.expect_code("CONFLICT/STATE");
    assert_eq!(who.run("{ viewer { id } }", json!({})).await.status, 401, "at once");
    let left = texts(
        town,
        &format!(
            "SELECT concat_ws('|', name, name_kana, email, password_hash) FROM accounts WHERE id = '{}'",
            person.0
        ),
    )
    .await;
    assert_eq!(left, [Some(format!("(削除済み)||{}@deleted.invalid", person.0))]);
    for table in ["sessions", "notification_choices"] {
        assert_eq!(texts(town, &format!("SELECT id::text FROM {table} WHERE account_id = '{}'", person.0)).await, []);
    }
    assert_eq!(
        texts(town, "SELECT recipient FROM mails").await,
        texts(town, &format!("SELECT email FROM accounts WHERE id = '{}'", other.0)).await
    );
    assert_eq!(texts(town, "SELECT email FROM former_addresses").await, []);
    assert_eq!(texts(town, "SELECT reason FROM erasure_requests").await, [Some("(削除済み)".to_owned())]);
    let kept = texts(town, "SELECT string_agg(e::text, '') FROM audit_entries e").await[0].clone().expect("the record");
    assert!(!kept.contains(&address) && !kept.contains("退会したい"), "the record never had it");
    admin
        .run(REQUEST, json!({"input": {"accountId": person.to_string(), "reason": "再び"}}))
        .await
        .expect_code("CONFLICT/ERASED");

    let tx = town.system();
    seal::seal_all(&tx).await.expect("sealed");
    tx.commit().await.expect("committed");
    let report = verify::verify(&town.system(), &[]).await.expect("verified");
    assert!(report.faults.is_empty() && report.links > 10);
}

#[tokio::test]
async fn a_request_is_decided_by_who_has_no_part_in_it() {
    let town = Town::new().await;
    let ((person, who), admin, second) =
        (resident(&town).await, town.staff(Role::Admin).await, town.staff(Role::Admin).await);
    let id = request(&admin, json!({"accountId": person.to_string(), "reason": "書面による請求"})).await;
    admin.run(APPROVE, json!({"id": id, "reason": "可"})).await.expect_code("FORBIDDEN/DUTIES_APART");
    admin.run(REFUSE, json!({"id": id, "reason": "否"})).await.expect_code("FORBIDDEN/DUTIES_APART");
    second.run(REFUSE, json!({"id": id, "reason": " "})).await.expect_code("INVALID_INPUT");
    second.run(REFUSE, json!({"id": id, "reason": "保存義務がある"})).await.data();
    who.run(WITHDRAW, json!({ "id": id })).await.expect_code("CONFLICT/STATE");
    let again = request(&who, json!({"reason": "退会"})).await;
    let stranger = resident(&town).await.1;
    stranger.run(WITHDRAW, json!({ "id": again })).await.expect_code("NOT_FOUND");
    stranger
        .run(REQUEST, json!({"input": {"accountId": person.to_string(), "reason": "他人"}}))
        .await
        .expect_code("NOT_FOUND");
    town.staff(Role::Auditor).await.run(APPROVE, json!({"id": again, "reason": "x"})).await.expect_code("FORBIDDEN");
    assert_eq!(who.run(WITHDRAW, json!({ "id": again })).await.data()["erasureRequestWithdraw"]["state"], "WITHDRAWN");
}

#[tokio::test]
async fn nobody_is_forgotten_who_has_still_something_to_do() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let (clerk, in_office) = town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    let id = request(&in_office, json!({"reason": "退職"})).await;
    let approve = json!({"id": id, "reason": "可"});
    admin.run(APPROVE, approve.clone()).await.expect_code("CONFLICT/OPEN_DUTIES");
    town.dismiss(clerk).await;
    let hold = admin.run(HOLD, json!({"input": {"objectId": clerk.to_string(), "reason": "訴訟"}})).await.data()["legalHoldPlace"].clone();
    assert_eq!(hold["objectId"], json!(clerk.to_string()));
    admin.run(APPROVE, approve.clone()).await.expect_code("CONFLICT/LEGAL_HOLD");
    let lift = json!({"id": hold["id"], "reason": "終結"});
    admin.run(LIFT, lift.clone()).await.data();
    admin.run(LIFT, lift).await.expect_code("CONFLICT/ENDED");
    admin.run(APPROVE, approve).await.data();
    let name = texts(&town, &format!("SELECT name FROM accounts WHERE id = '{}'", clerk.0)).await;
    assert_eq!(name, [Some("試験 太郎".to_owned())], "who acted for the town did so by name");
    let unknown = entaku::kernel::id::encode("org", uuid::Uuid::now_v7());
    for missing in [unknown.as_str(), "mun_0192f0c1d2e37a4b8c5d6e7f8091a2b3"] {
        admin.run(HOLD, json!({"input": {"objectId": missing, "reason": "x"}})).await.expect_code("NOT_FOUND");
    }
}

/// The obstacles one by one, where the demo has them; the last administrator cannot be reached by a second one.
#[tokio::test]
async fn open_payments_open_cases_and_the_last_administrator_are_obstacles() {
    let town = Town::beside(app()).await;
    load_as(&town.app, "322091", town.code.as_str(), "no password").await.expect("the demo");
    let obstacles = "SELECT entaku_forget_obstacle(entaku_municipality(), id) FROM accounts";
    let before: BTreeSet<_> = texts(&town, obstacles).await.into_iter().collect();
    assert!(
        before.contains(&Some("LAST_ADMINISTRATOR".into())) && before.contains(&Some("OPEN_DUTIES".into())),
        "{before:?}"
    );
    sql(&town, "UPDATE appointments SET ended_at = entaku_now() WHERE role <> 'ADMIN'").await;
    sql(&town, "UPDATE officers SET term_start = '2020-04-01', term_end = '2021-03-31'").await;
    sql(
        &town,
        "UPDATE liaison_assignments SET state = 'ENDED', ended_on = '2026-05-01',
        appointment_id = coalesce(appointment_id, (SELECT id FROM appointments LIMIT 1))",
    )
    .await;
    let after: BTreeSet<_> = texts(&town, obstacles).await.into_iter().collect();
    for word in ["OPEN_PAYMENTS", "OPEN_CASES"] {
        assert!(after.contains(&Some(word.into())), "{after:?}");
    }
    assert!(after.contains(&None) && !after.contains(&Some("OPEN_DUTIES".into())), "{after:?}");
    // The demo holds an organization, and with it what would be changed of its former officer.
    assert!(after.contains(&Some("LEGAL_HOLD".into())), "{after:?}");
    assert!(after.contains(&Some("LAST_ADMINISTRATOR".into())), "nobody takes the town's last one away: {after:?}");
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

async fn rule(who: &Client, kind: &str) -> Value {
    let rules = who.run(RULES, json!({})).await.data()["retentionRules"]["nodes"].clone();
    rules.as_array().expect("rules").iter().find(|rule| rule["kind"] == kind).expect("a rule").clone()
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

/// Moves the grants of a town back in time, past every trigger, as nobody but a superuser can.
async fn twenty_years_ago(town: &Town) {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let mut tx = superuser.begin().await.expect("begun");
    sqlx::query("SET LOCAL session_replication_role = replica").execute(&mut *tx).await.expect("set");
    for table in ["grant_programmes", "grant_allocations", "grant_applications", "grant_runs"] {
        let text = format!("UPDATE {table} SET fiscal_year = fiscal_year - 20 WHERE municipality_id = $1");
        sqlx::query(AssertSqlSafe(text)).bind(town.id.0).execute(&mut *tx).await.expect("moved");
    }
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn what_is_due_goes_at_night_decisions_and_the_ledger_stay_and_a_hold_keeps_it() {
    let town = Town::beside(app()).await;
    load_as(&town.app, "322091", town.code.as_str(), "no password").await.expect("the demo");
    let admin = town.staff(Role::Admin).await;
    sql(&town, "UPDATE legal_holds SET lifted_at = entaku_now(), lifted_by = placed_by, lift_reason = 'x'").await;
    twenty_years_ago(&town).await;
    let paid = "FROM grant_applications WHERE state IN ('PAID', 'SETTLED', 'REFUSED', 'WITHDRAWN')";
    let decided = format!(
        "SELECT concat_ws('|', id, title, decided_yen, decided_by, decided_on, paid_by, payment_id, state) {paid} ORDER BY id"
    );
    let (decisions, books) =
        (texts(&town, &decided).await, "SELECT (count(*), sum(abs(amount)))::text FROM ledger_entries");
    let ledger = texts(&town, books).await;
    assert!(!decisions.is_empty());
    let purposes = format!("SELECT DISTINCT purpose {paid} ORDER BY 1");
    let before = texts(&town, &purposes).await;

    let applications = rule(&admin, "GRANT_APPLICATIONS").await;
    assert_eq!(
        (&applications["period"], &applications["least"], &applications["due"]),
        (&json!(5), &json!(5), &json!(null))
    );
    let counted = admin.run(COUNT, json!({"id": applications["id"]})).await.data()["retentionRuleCount"].clone();
    assert_eq!(counted["due"].as_i64(), i64::try_from(decisions.len()).ok());
    let programmes = texts(&town, "SELECT id::text FROM grant_programmes").await;
    let mut holds = Vec::new();
    for id in programmes.iter().flatten() {
        let id = entaku::kernel::id::encode("gpr", id.parse().expect("a UUID"));
        let input = json!({"input": {"objectId": id, "reason": "会計検査"}});
        holds.push(admin.run(HOLD, input).await.data()["legalHoldPlace"]["id"].clone());
    }
    night(&town).await;
    assert_eq!(texts(&town, &purposes).await, before, "held");
    assert_eq!(rule(&admin, "GRANT_APPLICATIONS").await["due"], 0);
    for id in holds {
        admin.run(LIFT, json!({"id": id, "reason": "終了"})).await.data();
    }
    night(&town).await;
    assert_eq!(texts(&town, &purposes).await, [Some("(削除済み)".to_owned())]);
    assert_eq!(texts(&town, &decided).await, decisions, "what was decided stays");
    assert_eq!(texts(&town, books).await, ledger);
    let files = texts(
        &town,
        "SELECT id::text FROM grant_application_files f WHERE EXISTS (SELECT FROM grant_applications a
        WHERE a.id = f.application_id AND a.state IN ('PAID', 'SETTLED', 'REFUSED', 'WITHDRAWN'))",
    )
    .await;
    assert_eq!(files, []);
    let masked = texts(
        &town,
        "SELECT DISTINCT before ->> 'purpose' FROM audit_entries
        WHERE kind = 'grant_applications' AND op = 'UPDATE' AND after ->> 'purpose' = '***' AND actor_id IS NULL",
    )
    .await;
    assert_eq!(masked, [Some("***".to_owned())], "the record does not keep what was removed");
}

#[tokio::test]
async fn a_period_is_the_municipalitys_to_say_but_no_shorter_than_the_law() {
    let town = Town::new().await;
    let (admin, auditor) = (town.staff(Role::Admin).await, town.staff(Role::Auditor).await);
    let rule_of = rule(&auditor, "NOTIFICATIONS").await;
    let change = |period: i64, revision: Value| json!({"id": rule_of["id"], "input": {"period": period, "basis": "文書管理規程第20条", "revision": revision}});
    auditor.run(RULE, change(400, json!(null))).await.expect_code("FORBIDDEN");
    admin.run(RULE, change(0, json!(null))).await.expect_code("INVALID_INPUT");
    admin.run(RULE, change(36_501, json!(null))).await.expect_code("INVALID_INPUT");
    let (person, _) = resident(&town).await;
    for days in [100, 500] {
        sql(&town, &format!("INSERT INTO notifications (id, account_id, kind, object_kind, object_id, text_ja, text_easy, text_en, created_at)
            VALUES (gen_random_uuid(), '{}', 'GRANT_PAID', 'app', gen_random_uuid(), 'あ', 'あ', 'a', entaku_now() - interval '{days} days')", person.0)).await;
    }
    let changed = admin.run(RULE, change(600, json!(1))).await.data()["retentionRuleChange"].clone();
    assert_eq!((&changed["due"], &changed["dueSoon"], &changed["revision"]), (&json!(0), &json!(0), &json!(2)));
    night(&town).await;
    admin.run(RULE, change(99, json!(1))).await.expect_code("CONFLICT/STALE");
    let changed = admin.run(RULE, change(450, json!(2))).await.data()["retentionRuleChange"].clone();
    assert_eq!(changed["due"], 1, "counting is no change of the rule");
    night(&town).await;
    assert_eq!(texts(&town, "SELECT text_ja FROM notifications").await.len(), 1);
    let grants = rule(&admin, "GRANT_APPLICATIONS").await;
    admin
        .run(RULE, json!({"id": grants["id"], "input": {"period": 4, "basis": "x"}}))
        .await
        .expect_code("INVALID_INPUT");
    let visits = rule(&admin, "LIAISON_VISITS").await;
    assert_eq!((&visits["unit"], &visits["period"]), (&json!("FISCAL_YEARS"), &json!(3)));
}

/// 翌年度の4月1日から数える: what is of fiscal 2022 is kept until the end of fiscal 2025.
#[tokio::test]
async fn fiscal_years_are_counted_from_the_next_first_of_april() {
    let town = Town::new().await;
    let (staff, _) = town.person(Role::Liaison, ScopeKind::Municipality, None).await;
    sql(&town, "INSERT INTO districts (id, name, area_unit) VALUES (gen_random_uuid(), '里', 'OAZA')").await;
    for day in ["2022-04-01", "2023-03-31", "2023-04-01"] {
        sql(&town, &format!("INSERT INTO liaison_visits (id, account_id, staff_name, district_id, visited_on, minutes, kind, content)
            SELECT gen_random_uuid(), '{}', '担当 者', id, '{day}', 30, 'VISIT', '相談の内容' FROM districts", staff.0)).await;
    }
    let tx = town.system();
    for (day, due) in [("2026-03-31", 0), ("2026-04-01", 2), ("2027-03-31", 2), ("2027-04-01", 3)] {
        let found =
            retention::due(&tx, RetentionKind::LiaisonVisits, day.parse().expect("a day")).await.expect("a number");
        assert_eq!(found, due, "{day}");
    }
    drop(tx);
    night(&town).await;
    let left = texts(
        &town,
        "SELECT concat_ws('|', visited_on, staff_name, content, minutes) FROM liaison_visits ORDER BY visited_on",
    )
    .await;
    let gone = |day: &str| Some(format!("{day}|(削除済み)|(削除済み)|30"));
    assert_eq!(left, [gone("2022-04-01"), gone("2023-03-31"), Some("2023-04-01|担当 者|相談の内容|30".into())]);
    let record =
        texts(&town, "SELECT string_agg(e::text, '') FROM audit_entries e").await[0].clone().expect("the record");
    assert!(!record.contains("相談の内容"), "the record never had it");
}

/// An account that was suspended long ago is forgotten without a request, if nothing holds it.
#[tokio::test]
async fn an_account_suspended_long_ago_is_forgotten() {
    let town = Town::new().await;
    let (old, _) = resident(&town).await;
    let (recent, _) = resident(&town).await;
    let (clerk, _) = town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    for (id, day) in [(old, "2019-06-01"), (recent, "2025-06-01"), (clerk, "2019-06-01")] {
        sql(&town, &format!("UPDATE accounts SET suspended_at = '{day}' WHERE id = '{}'", id.0)).await;
    }
    night(&town).await;
    let names =
        format!("SELECT name FROM accounts WHERE id IN ('{}', '{}', '{}') ORDER BY id", old.0, recent.0, clerk.0);
    let kept = || Some("試験 太郎".to_owned());
    assert_eq!(
        texts(&town, &names).await,
        [Some("(削除済み)".to_owned()), kept(), kept()],
        "a post in force holds the last"
    );
    night(&town).await;
}
