//! Exports: all pages as the person reads them, in a file; told, cancelled, tried again, over.

use std::io::{Cursor, Read};

use chrono::Duration;
use entaku::api::exports;
use entaku::files::housekeeping;
use entaku::kernel::jobs::Runner;
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use serde_json::{Value, json};

use crate::organizations::{DISTRICT, text};
use crate::support::database::Own;
use crate::support::town::app_over;
use crate::support::{Client, Town};

const CREATE: &str = include_str!("../../docs/stories/85-export-create.graphql");
const READ: &str = include_str!("../../docs/stories/86-exports-read.graphql");
const CANCEL: &str = include_str!("../../docs/stories/87-export-cancel.graphql");
const RETRY: &str = include_str!("../../docs/stories/88-export-retry.graphql");
const DISTRICTS: &str = "query Q($first: Int = 3) { districts(first: $first) { nodes { name nameKana } } }";

/// A town in a database of its own, with the runner of its jobs.
pub(crate) struct Alone {
    pub(crate) own: Own,
    pub(crate) town: Town,
    runner: Runner,
}

impl Alone {
    pub(crate) async fn new() -> Self {
        let own = Own::migrated().await;
        let town = Town::beside(app_over(&own.url("entaku_app"))).await;
        let app = town.app.clone();
        let mut kinds = vec![exports::kind(&app)];
        kinds.extend(housekeeping::kinds(&app.files));
        let worker = own.url("entaku_worker");
        let runner = Runner::new(&worker, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds);
        Self { own, town, runner: runner.expect("a runner") }
    }

    pub(crate) async fn work(&self) {
        self.runner.schedule().await.expect("scheduled");
        // The jobs of other rooms are in the queue as well.
        for _ in 0..12 {
            self.runner.run_due().await.expect("a round");
        }
    }

    /// So many districts, by somebody who may.
    async fn districts(&self, many: usize) {
        let clerk = self.town.staff(Role::PlanningStaff).await;
        for n in 0..many {
            clerk.run(DISTRICT, json!({"name": format!("地区{n:03}")})).await.data();
        }
    }
}

async fn create(who: &Client, input: Value) -> Value {
    who.run(CREATE, json!({ "input": input })).await.data()["exportCreate"]["id"].clone()
}

async fn export(who: &Client, id: &Value) -> Value {
    let query = "query($id: ID!) { export(id: $id) { state rowsDone rowsTotal attempts failureCode failureMessage downloadUrl name
        checksum size viewerCan { action allowed } } }";
    who.run(query, json!({ "id": id })).await.data()["export"].clone()
}

fn lines(csv: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(csv).expect("UTF-8").strip_prefix('\u{FEFF}').expect("the mark of UTF-8");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "lines end as RFC 4180 says");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// What the sheet of an XLSX says, tags taken away.
fn sheet(xlsx: Vec<u8>) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(xlsx)).expect("an archive");
    let mut text = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").expect("a sheet").read_to_string(&mut text).expect("XML");
    text
}

#[tokio::test]
async fn all_pages_are_written_as_csv_and_as_xlsx() {
    let alone = Alone::new().await;
    alone.districts(103).await;
    alone.town.staff(Role::PlanningStaff).await.run(DISTRICT, json!({"name": "=1+1"})).await.data();
    let who = alone.town.resident().await;
    let csv = create(&who, json!({"format": "CSV", "document": DISTRICTS, "variables": {"first": 2}})).await;
    let xlsx = create(&who, json!({"format": "XLSX", "document": DISTRICTS})).await;
    assert_eq!(export(&who, &csv).await["state"], "QUEUED");
    alone.work().await;
    let done = export(&who, &csv).await;
    assert_eq!((&done["state"], &done["rowsDone"], &done["rowsTotal"]), (&json!("DONE"), &json!(104), &json!(104)));
    assert_eq!(done["name"], "地区の一覧_20260520.csv");
    let file = who.get(&text(&done["downloadUrl"])).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; "));
    assert_eq!(done["checksum"], sha256(&file.bytes));
    let lines = lines(&file.bytes);
    assert_eq!(lines.len(), 105);
    assert_eq!(lines[0], ["名称", "名称のふりがな"]);
    assert!(lines.iter().any(|line| line[0] == "'=1+1"), "v6: no formula");
    let file = who.get(&text(&export(&who, &xlsx).await["downloadUrl"])).await;
    let sheet = sheet(file.bytes);
    assert_eq!(sheet.matches("<row ").count(), 105);
    assert!(sheet.contains("=1+1") && !sheet.contains("<f>"), "a text is no formula");
    let mine = who.run(READ, json!({})).await.data()["viewer"]["exports"].clone();
    assert_eq!((&mine["totalCount"], &mine["nodes"][0]["state"]), (&json!(2), &json!("DONE")));
}

#[tokio::test]
async fn an_export_is_read_and_fetched_by_who_asked_for_it_alone() {
    let alone = Alone::new().await;
    alone.districts(1).await;
    let who = alone.town.staff(Role::GrantStaff).await;
    let id = create(&who, json!({"format": "CSV", "document": DISTRICTS})).await;
    alone.work().await;
    let url = text(&export(&who, &id).await["downloadUrl"]);
    let admin = alone.town.staff(Role::Admin).await;
    let stranger = Town::beside(alone.town.app.clone()).await.staff(Role::Admin).await;
    for other in [&admin, &stranger, &alone.town.public()] {
        assert_eq!(export(other, &id).await, Value::Null);
        assert_eq!(other.get(&url).await.status, 404);
        other.run(CANCEL, json!({ "id": id })).await.expect_code("NOT_FOUND");
        other.run(RETRY, json!({ "id": id })).await.expect_code("NOT_FOUND");
    }
    alone
        .town
        .public()
        .run(CREATE, json!({"input": {"format": "CSV", "document": DISTRICTS}}))
        .await
        .expect_code("UNAUTHENTICATED");
    assert_eq!(who.get(&url).await.status, 200);
    let tx = alone.town.system();
    let noted = tx.rows(Sql::new("SELECT FROM audit_entries WHERE op = 'DOWNLOADED' AND kind = 'exports'")).await;
    assert_eq!(noted.expect("rows").len(), 1);
    let asked = tx
        .rows(Sql::new("SELECT after->>'document' FROM audit_entries WHERE kind = 'exports' AND op = 'INSERT'"))
        .await;
    assert_eq!(asked.expect("rows")[0].get::<_, String>(0), DISTRICTS);
}

async fn officer(alone: &Alone) -> (AccountId, Client) {
    alone.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await
}

#[tokio::test]
async fn z22_the_rights_of_the_moment_count_when_it_is_written_and_when_it_is_fetched() {
    let alone = Alone::new().await;
    let (account, who) = officer(&alone).await;
    let accounts = json!({"format": "CSV", "document": "{ accounts { nodes { id } } }"});
    let before = create(&who, accounts.clone()).await;
    alone.work().await;
    let before = export(&who, &before).await;
    assert!(before["rowsDone"].as_i64() > Some(0));
    let url = text(&before["downloadUrl"]);
    let after = create(&who, accounts).await;
    alone.town.dismiss(account).await;
    alone.work().await;
    assert_eq!(export(&who, &after).await["rowsDone"], 1, "who holds nothing sees oneself");
    assert_eq!(who.get(&url).await.status, 404, "what was held is held no more");
    assert_eq!(who.get(&text(&export(&who, &after).await["downloadUrl"])).await.status, 200);
}

#[tokio::test]
async fn a_suspended_account_gets_nothing_and_the_failure_is_told() {
    let alone = Alone::new().await;
    let (account, who) = officer(&alone).await;
    let id = create(&who, json!({"format": "XLSX", "document": DISTRICTS})).await;
    let tx = alone.town.system();
    tx.run(Sql::new(&format!("UPDATE accounts SET suspended_at = entaku_now() WHERE id = '{}'", account.0)))
        .await
        .expect("run");
    tx.commit().await.expect("committed");
    alone.work().await;
    let tx = alone.town.system();
    let sql = Sql::new("SELECT state, failure_code, failure_ja, failure_en FROM exports");
    let row = tx.rows(sql).await.expect("rows").remove(0);
    assert_eq!((row.get::<_, String>(0), row.get::<_, String>(1)), ("FAILED".into(), "UNAUTHENTICATED".into()), "{id}");
    assert_eq!(row.get::<_, String>(3), "Please sign in.");
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_when_it_is_asked_for() {
    let town = Town::new().await;
    let who = town.resident().await;
    let refused = async |input: Value| {
        let answer = who.run(CREATE, json!({ "input": input })).await.expect_code("INVALID_INPUT");
        text(&answer.body["errors"][0]["extensions"]["fields"][0]["rule"])
    };
    for document in [
        "{",
        "{ nothing }",
        "{ viewer { name } }",
        "{ districts { totalCount } }",
        "{ districts { edges { node { name } } } }",
        "{ __schema { types { name } } }",
        "mutation { notificationsMarkAllRead { id } }",
        "{ a: __typename } { b: __typename }",
    ] {
        assert_eq!(refused(json!({"format": "CSV", "document": document})).await, "DOCUMENT", "{document}");
    }
    let path = |path: Value| json!({"format": "CSV", "document": DISTRICTS, "path": path});
    assert_eq!(refused(path(json!(["nodes"]))).await, "DOCUMENT");
    assert_eq!(refused(path(json!([]))).await, "DOCUMENT");
    let filtered = "query($f: OrganizationFilterInput!) { organizations(filter: $f) { nodes { name } } }";
    assert_eq!(refused(json!({"format": "CSV", "document": filtered, "variables": {"f": 1}})).await, "DOCUMENT");
    assert_eq!(refused(json!({"format": "CSV"})).await, "REQUIRED");
    assert_eq!(refused(json!({"format": "CSV", "document": DISTRICTS, "documentId": "x"})).await, "REQUIRED");
    assert_eq!(refused(json!({"format": "CSV", "documentId": "0".repeat(64)})).await, "DOCUMENT");
}

#[tokio::test]
async fn an_export_is_cancelled_and_tried_again() {
    let alone = Alone::new().await;
    alone.districts(1).await;
    let who = alone.town.resident().await;
    let id = create(&who, json!({"format": "CSV", "document": DISTRICTS})).await;
    who.run(RETRY, json!({ "id": id })).await.expect_code("CONFLICT/STATE");
    who.run(CANCEL, json!({ "id": id })).await.data();
    who.run(CANCEL, json!({ "id": id })).await.expect_code("CONFLICT/STATE");
    alone.work().await;
    assert_eq!(export(&who, &id).await["state"], "CANCELLED");
    who.run(RETRY, json!({ "id": id })).await.data();
    alone.work().await;
    assert_eq!(export(&who, &id).await["state"], "DONE");
}

#[tokio::test]
async fn three_exports_at_a_time_are_enough() {
    let town = Town::new().await;
    let who = town.resident().await;
    let input = json!({"format": "CSV", "document": DISTRICTS});
    let asked = futures_util::future::join_all((0..5).map(|_| who.run(CREATE, json!({ "input": input })))).await;
    let refused = asked.iter().filter(|answer| answer.code() == "CONFLICT/TOO_MANY_EXPORTS").count();
    assert_eq!(refused, 2, "also at the same moment");
}

#[tokio::test]
async fn an_export_that_fails_is_tried_again_later_and_given_up_visibly() {
    let alone = Alone::new().await;
    alone.districts(1).await;
    let who = alone.town.resident().await;
    let id = create(&who, json!({"format": "CSV", "document": DISTRICTS})).await;
    // The table it reads is taken away, so that the database fails.
    let mut owner =
        <sqlx::PgConnection as sqlx::Connection>::connect(&alone.own.url("entaku_owner")).await.expect("a connection");
    sqlx::query("REVOKE SELECT ON districts FROM entaku_app").execute(&mut owner).await.expect("revoked");
    alone.work().await;
    let waiting = export(&who, &id).await;
    assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("QUEUED"), &json!(1)));
    assert_eq!(waiting["failureCode"], "INTERNAL");
    assert!(!text(&waiting["failureMessage"]).contains("districts"), "nothing of our inside is told");
    for _ in 0..6 {
        alone.town.app.clock.advance(Duration::seconds(20));
        alone.work().await;
    }
    let failed = export(&who, &id).await;
    assert_eq!((&failed["state"], &failed["attempts"]), (&json!("FAILED"), &json!(5)));
    sqlx::query("GRANT SELECT ON districts TO entaku_app").execute(&mut owner).await.expect("granted");
    who.run(RETRY, json!({ "id": id })).await.data();
    alone.work().await;
    let done = export(&who, &id).await;
    assert_eq!((&done["state"], &done["failureCode"]), (&json!("DONE"), &Value::Null));
}

#[tokio::test]
async fn an_export_is_over_after_a_week() {
    let alone = Alone::new().await;
    let who = alone.town.resident().await;
    let id = create(&who, json!({"format": "CSV", "document": DISTRICTS})).await;
    alone.work().await;
    let url = text(&export(&who, &id).await["downloadUrl"]);
    assert_eq!(who.get(&url).await.status, 200);
    alone.town.app.clock.advance(Duration::days(7));
    alone.work().await;
    let tx = alone.town.system();
    let row = tx.rows(Sql::new("SELECT state, object_key FROM exports")).await.expect("rows").remove(0);
    assert_eq!((row.get::<_, String>(0), row.get::<_, Option<uuid::Uuid>>(1)), ("EXPIRED".into(), None));
}

#[tokio::test]
async fn a28_an_export_needs_a_proof_of_the_last_quarter_of_an_hour() {
    let town = Town::new().await;
    let who = town.resident().await;
    let input = json!({"input": {"format": "CSV", "document": DISTRICTS}});
    let id = who.run(CREATE, input.clone()).await.data()["exportCreate"]["id"].clone();
    who.run(CANCEL, json!({ "id": id })).await.data();
    let tx = town.system();
    let sql = "UPDATE sessions SET authenticated_at = authenticated_at - interval '16 minutes'";
    tx.run(Sql::new(sql)).await.expect("run");
    tx.commit().await.expect("committed");
    who.run(CREATE, input).await.expect_code("FORBIDDEN/STEP_UP");
    who.run(RETRY, json!({ "id": id })).await.expect_code("FORBIDDEN/STEP_UP");
}
