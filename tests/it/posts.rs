//! Posts: one after the other, on the day, with what is open; never without an administrator; duties apart.

mod administrators;
mod duties;
mod orders;
mod personal;

use chrono::{Duration, TimeZone, Utc};
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::organizations::organization;
use crate::support::database;
use crate::support::{Client, Town};

const POST: &str = "mutation($input: PostCreateInput!) { postCreate(input: $input) { id } }";
const HAND_OVER: &str = "mutation($id: ID!, $input: PostHandOverInput!) { postHandOver(id: $id, input: $input) {
    holder { id account { id } startsOn endsOn } next { id account { id } startsOn endsOn }
    handovers(first: 1) { nodes { id state termEndsOn } } } }";
const HOLDER: &str =
    "query($id: ID!) { post(id: $id) { holder { account { id } endsOn } next { account { id } startsOn endsOn } } }";
const CANCEL: &str = "mutation($id: ID!) { handoverCancel(id: $id) { state } }";
const NOTE: &str =
    "mutation($id: ID!, $input: HandoverNoteInput!) { handoverNote(id: $id, input: $input) { notes contacts } }";
const SUMMARY: &str =
    "query($id: ID!) { handover(id: $id) { state notes post { name } predecessor { id } successor { id }
    openItems { title day objectId } deadlines { title day } recentActs { title act } } }";
const TRANSFER: &str = "mutation($input: PersonnelTransferOrderInput!) { personnelTransferOrder(input: $input) {
    title handovers { nodes { post { name } } } } }";
const APPOINT: &str = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
const DISTRICT: &str =
    "mutation($name: String!) { districtCreate(input: {name: $name, nameKana: \"さと\", areaUnit: OAZA}) { id } }";

struct Hall {
    town: Town,
    admin: Client,
    admin_id: AccountId,
}

impl Hall {
    async fn new() -> Self {
        Self::of(Town::new().await).await
    }

    async fn of(town: Town) -> Self {
        let (admin_id, admin) = town.person(Role::Admin, ScopeKind::Municipality, None).await;
        Self { town, admin, admin_id }
    }

    async fn somebody(&self) -> (AccountId, Client) {
        self.town.person(Role::Resident, ScopeKind::Municipality, None).await
    }

    async fn post(&self, name: &str, role: &str, over: Value) -> Value {
        let input = json!({"name": name, "role": role, "scopeId": over, "establishedOn": "2024-04-01"});
        self.admin.run(POST, json!({ "input": input })).await.data()["postCreate"]["id"].clone()
    }

    async fn hand_over(&self, post: &Value, to: Option<AccountId>, on: &str) -> crate::support::client::Answer {
        let input = json!({"successorAccountId": to.map(|a| a.to_string()), "takesEffectOn": on});
        self.admin.run(HAND_OVER, json!({"id": post, "input": input})).await
    }

    /// Hands it over and gives the id of the hand-over.
    async fn handed(&self, post: &Value, to: Option<AccountId>, on: &str) -> Value {
        let data = self.hand_over(post, to, on).await.data();
        data["postHandOver"]["handovers"]["nodes"][0]["id"].clone()
    }

    /// Puts the clock to a moment; everybody signs in anew.
    async fn at(&mut self, to: chrono::DateTime<Utc>) {
        self.town.app.clock.advance(to - self.town.app.clock.now());
        self.admin = self.town.enter(self.admin_id).await;
    }

    async fn appointment(&self, account: AccountId, role: Role) -> String {
        let tx = self.town.system();
        let mut sql = Sql::new("SELECT id FROM appointments WHERE account_id = ");
        sql.param(entaku::kernel::read::sql::Param::Uuid(Some(account.0)));
        sql.push(&format!(" AND role = '{}' ORDER BY id DESC", role.word()));
        let id: uuid::Uuid = tx.rows(sql).await.expect("rows")[0].get("id");
        entaku::kernel::id::encode("apt", id)
    }

    async fn raw(&self, sql: &str) -> Result<(), String> {
        let mut app = PgConnection::connect(&database::url("entaku_app")).await.expect("a connection");
        let mut tx = app.begin().await.expect("a transaction");
        let set = "SELECT set_config('entaku.municipality', $1, true), set_config('entaku.now', $2, true)";
        let now = self.town.app.clock.now().to_rfc3339();
        sqlx::query(set).bind(self.town.id.0.to_string()).bind(now).execute(&mut *tx).await.expect("inside");
        let said = |e: sqlx::Error| {
            e.as_database_error().and_then(sqlx::error::DatabaseError::code).map_or(e.to_string(), |c| c.to_string())
        };
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await.map_err(said)?;
        tx.commit().await.map_err(said)
    }
}

#[tokio::test]
async fn z18_rights_pass_at_midnight_in_japan_and_wait_for_no_job() {
    let mut hall = Hall::new().await;
    let ((before, _), (after, _)) = (hall.somebody().await, hall.somebody().await);
    let post = hall.post("交付金担当", "GRANT_STAFF", json!(null)).await;
    hall.hand_over(&post, Some(before), "2026-05-20").await.data();
    hall.hand_over(&post, Some(after), "2026-05-22").await.data();
    let night = Utc.with_ymd_and_hms(2026, 5, 21, 14, 59, 59).single().expect("a time");
    hall.at(night).await;
    hall.town.enter(before).await.run(DISTRICT, json!({"name": "一"})).await.data();
    hall.town.enter(after).await.run(DISTRICT, json!({"name": "二"})).await.expect_code("FORBIDDEN");
    let late = hall.town.enter(before).await;
    hall.at(night + Duration::seconds(1)).await;
    hall.town.enter(after).await.run(DISTRICT, json!({"name": "三"})).await.data();
    hall.town.enter(before).await.run(DISTRICT, json!({"name": "四"})).await.expect_code("FORBIDDEN");
    // A principal that was read a second before is believed for five seconds, but not for what it writes.
    let code = late.run(DISTRICT, json!({"name": "五"})).await.code();
    assert!(code.starts_with("FORBIDDEN"), "{code}");
    let seen = hall.admin.run(HOLDER, json!({"id": post})).await.data()["post"].clone();
    assert_eq!(seen["holder"]["account"]["id"], after.to_string());
    assert_eq!(seen["next"], json!(null));
}

#[tokio::test]
async fn a_successor_serves_the_remaining_term_and_a_post_may_be_vacant() {
    let hall = Hall::new().await;
    let ((a, _), (b, _), (c, _)) = (hall.somebody().await, hall.somebody().await, hall.somebody().await);
    let post = hall.post("企画係長", "PLANNING_STAFF", json!(null)).await;
    let input = json!({"successorAccountId": a.to_string(), "takesEffectOn": "2026-05-20", "endsOn": "2028-03-31"});
    hall.admin.run(HAND_OVER, json!({"id": post, "input": input})).await.data();
    let beyond = json!({"successorAccountId": b.to_string(), "takesEffectOn": "2027-04-01", "endsOn": "2028-04-01"});
    let refused = hall.admin.run(HAND_OVER, json!({"id": post, "input": beyond})).await;
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "TERM");
    let handed = hall.hand_over(&post, Some(b), "2027-04-01").await.data()["postHandOver"].clone();
    assert_eq!((&handed["holder"]["endsOn"], &handed["next"]["endsOn"]), (&json!("2027-03-31"), &json!("2028-03-31")));
    assert_eq!(handed["handovers"]["nodes"][0]["termEndsOn"], "2028-03-31");
    hall.hand_over(&post, Some(c), "2027-10-01").await.expect_code("CONFLICT/HANDOVER_PLANNED");
    let other = hall.post("企画係", "PLANNING_STAFF", json!(null)).await;
    hall.hand_over(&other, None, "2026-05-20").await.expect_code("CONFLICT/VACANT");
    hall.hand_over(&other, Some(c), "2026-05-19").await.expect_code("INVALID_INPUT");
    hall.hand_over(&other, Some(c), "2026-05-20").await.data();
    hall.hand_over(&other, Some(c), "2026-06-01").await.expect_code("INVALID_INPUT");
    let vacated = hall.hand_over(&other, None, "2026-05-20").await.data()["postHandOver"].clone();
    assert_eq!((&vacated["holder"], &vacated["next"]), (&json!(null), &json!(null)));
    let vacant = "{ posts(filter: {vacant: true}) { nodes { name } } }";
    assert_eq!(hall.admin.run(vacant, json!({})).await.data()["posts"]["nodes"], json!([{"name": "企画係"}]));
    hall.town.enter(c).await.run(DISTRICT, json!({"name": "里"})).await.expect_code("FORBIDDEN");
}

#[tokio::test]
async fn a_cancelled_hand_over_leaves_everything_as_it_was() {
    let hall = Hall::new().await;
    let ((a, before), (b, after)) = (hall.somebody().await, hall.somebody().await);
    let post = hall.post("交付金担当", "GRANT_STAFF", json!(null)).await;
    hall.hand_over(&post, Some(a), "2026-05-20").await.data();
    let id = hall.handed(&post, Some(b), "2026-06-01").await;
    let told = |kind: &str| {
        format!("{{ viewer {{ notifications(filter: {{kind: [{kind}]}}) {{ nodes {{ textJa objectId }} }} }} }}")
    };
    for who in [&before, &after] {
        let data = who.run(&told("HANDOVER_PLANNED"), json!({})).await.data();
        assert_eq!(data["viewer"]["notifications"]["nodes"][0]["objectId"], id);
    }
    hall.admin.run(CANCEL, json!({"id": id})).await.data();
    hall.admin.run(CANCEL, json!({"id": id})).await.expect_code("CONFLICT/CANCELLED");
    let seen = hall.admin.run(HOLDER, json!({"id": post})).await.data()["post"].clone();
    assert_eq!(seen, json!({"holder": {"account": {"id": a.to_string()}, "endsOn": null}, "next": null}));
    let data = after.run(&told("HANDOVER_CANCELLED"), json!({})).await.data();
    assert_eq!(data["viewer"]["notifications"]["nodes"].as_array().expect("nodes").len(), 1);
    hall.hand_over(&post, Some(b), "2026-07-01").await.data();
}

#[tokio::test]
async fn the_summary_is_for_predecessor_successor_and_administrator_alone() {
    let hall = Hall::new().await;
    let planner = hall.town.staff(Role::PlanningStaff).await;
    let (district, organization) = organization(&planner, "青葉の会").await;
    let ((a, _), (b, _), (_, third)) = (hall.somebody().await, hall.somebody().await, hall.somebody().await);
    let post = hall.post("地区担当", "LIAISON", json!(district)).await;
    hall.hand_over(&post, Some(a), "2026-05-20").await.data();
    let (before, after) = (hall.town.enter(a).await, hall.town.enter(b).await);
    let receive = "mutation($d: ID!, $o: ID!) { liaisonRequestReceive(input: {districtId: $d, organizationId: $o, subject: \"街灯\", content: \"消えている\"}) { id } }";
    let request = before.run(receive, json!({"d": district, "o": organization})).await.data();
    let request = request["liaisonRequestReceive"]["id"].clone();
    let id = hall.handed(&post, Some(b), "2027-04-01").await;
    let note = json!({"id": id, "input": {"notes": "毎月第2火曜に会議", "contacts": "交流センター"}});
    before.run(NOTE, note.clone()).await.data();
    after.run(NOTE, note).await.expect_code("FORBIDDEN");
    for who in [&before, &after, &hall.admin] {
        let seen = who.run(SUMMARY, json!({"id": id})).await.data()["handover"].clone();
        assert_eq!(seen["notes"], "毎月第2火曜に会議");
        assert_eq!(seen["openItems"], json!([{"title": "街灯", "day": null, "objectId": request}]));
        assert_eq!(seen["recentActs"], json!([{"title": "街灯", "act": "liaisonRequestReceive"}]));
    }
    for who in [&third, &planner, &hall.town.public()] {
        assert_eq!(who.run(SUMMARY, json!({"id": id})).await.data()["handover"], json!(null));
    }
    // Before the day the successor knows of the request and cannot read it.
    let read = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(after.run(read, json!({"id": request})).await.data()["node"], json!(null));
    // The predecessor's own words stay out of the record.
    let tx = hall.town.system();
    let rows = tx.rows(Sql::new("SELECT count(*) AS n FROM audit_entries WHERE after::text LIKE '%第2火曜%'"));
    assert_eq!(rows.await.expect("rows")[0].get::<_, i64>("n"), 0);
}

#[tokio::test]
async fn a_transfer_is_all_or_nothing_and_can_be_tried() {
    let hall = Hall::new().await;
    let ((a, _), (b, _)) = (hall.somebody().await, hall.somebody().await);
    let one = hall.post("交付金担当", "GRANT_STAFF", json!(null)).await;
    let other = hall.post("企画担当", "PLANNING_STAFF", json!(null)).await;
    hall.hand_over(&one, Some(a), "2026-05-20").await.data();
    hall.hand_over(&other, Some(b), "2026-05-20").await.data();
    let order = |first: Value, second: Value| {
        json!({"input": {"title": "令和9年4月1日付け人事異動", "takesEffectOn": "2027-04-01",
        "moves": [{"postId": one, "successorAccountId": first}, {"postId": other, "successorAccountId": second}]}})
    };
    let swap = order(json!(b.to_string()), json!(a.to_string()));
    let count = async || {
        let tx = hall.town.system();
        let rows = tx.rows(Sql::new("SELECT (SELECT count(*) FROM handovers WHERE state = 'PLANNED') + (SELECT count(*) FROM personnel_transfers) AS n"));
        rows.await.expect("rows")[0].get::<_, i64>("n")
    };
    hall.admin.run(TRANSFER, order(json!(b.to_string()), json!(b.to_string()))).await.expect_code("INVALID_INPUT");
    assert_eq!(count().await, 0, "one that cannot be done undoes the other");
    hall.admin.with("entaku-dry-run", "true").run(TRANSFER, swap.clone()).await.data();
    assert_eq!(count().await, 0, "a trial leaves nothing");
    hall.admin.run(TRANSFER, swap.clone()).await.data();
    assert_eq!(count().await, 3);
    hall.admin.run(TRANSFER, swap).await.expect_code("CONFLICT/HANDOVER_PLANNED");
    let next = hall.admin.run(HOLDER, json!({"id": one})).await.data()["post"]["next"].clone();
    assert_eq!((&next["account"]["id"], &next["startsOn"]), (&json!(b.to_string()), &json!("2027-04-01")));
    let empty = json!({"input": {"title": "x", "takesEffectOn": "2027-04-01", "moves": []}});
    hall.admin.run(TRANSFER, empty).await.expect_code("INVALID_INPUT");
}
