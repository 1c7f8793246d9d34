//! Posts: one after the other, on the day, with what is open; never without an administrator; duties apart.

use chrono::{Duration, TimeZone, Utc};
use entaku::kernel::id::decode;
use entaku::kernel::jobs::Runner;
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::posts::taking_over;
use entaku::{challenges, liaison};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::organizations::{organization, text};
use crate::support::database::{self, Own};
use crate::support::town::app_over;
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
const END: &str = "mutation($id: ID!) { appointmentEnd(id: $id) { id } }";
const SUSPEND: &str = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
const SEPARATE: &str = "mutation($one: Role!, $other: Role!) { dutySeparationCreate(input: {one: $one, other: $other, reason: \"規則\"}) { id } }";
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

/// Who is to go does not keep themselves in office.
#[tokio::test]
async fn z19_an_administrator_neither_appoints_nor_keeps_themselves() {
    let hall = Hall::new().await;
    let (other, colleague) = hall.town.person(Role::Admin, ScopeKind::Municipality, None).await;
    let (clerk, nobody) = hall.somebody().await;
    let post = hall.post("情報管理者", "ADMIN", json!(null)).await;
    hall.hand_over(&post, Some(hall.admin_id), "2026-05-20").await.expect_code("FORBIDDEN/SELF_APPOINTMENT");
    let input = json!({"successorAccountId": hall.admin_id.to_string(), "takesEffectOn": "2026-05-20"});
    colleague.run(HAND_OVER, json!({"id": post, "input": input})).await.data();
    let leave = json!({"successorAccountId": clerk.to_string(), "takesEffectOn": "2026-06-01"});
    nobody.run(HAND_OVER, json!({"id": post, "input": leave})).await.expect_code("FORBIDDEN");
    let planned = hall.town.enter(other).await.run(HAND_OVER, json!({"id": post, "input": leave})).await.data();
    let id = planned["postHandOver"]["handovers"]["nodes"][0]["id"].clone();
    hall.admin.run(CANCEL, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
    colleague.run(CANCEL, json!({"id": id})).await.data();
    // Nobody of another town is given anything here.
    let (stranger, _) =
        Town::beside(hall.town.app.clone()).await.person(Role::Admin, ScopeKind::Municipality, None).await;
    let foreign = json!({"successorAccountId": stranger.to_string(), "takesEffectOn": "2026-05-20"});
    let post = hall.post("交付金担当", "GRANT_STAFF", json!(null)).await;
    hall.admin.run(HAND_OVER, json!({"id": post, "input": foreign})).await.expect_code("NOT_FOUND");
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

#[tokio::test]
async fn z19_the_last_administrator_stays() {
    let hall = Hall::new().await;
    let (system, (clerk, _)) = (hall.town.system(), hall.somebody().await);
    drop(system);
    let own = hall.appointment(hall.admin_id, Role::Admin).await;
    // Somebody whose own term is over in a month is no successor for ever.
    let input = json!({"accountId": clerk.to_string(), "role": "ADMIN", "scope": "MUNICIPALITY", "startsOn": "2026-05-20", "endsOn": "2026-06-20"});
    hall.admin.run(APPOINT, json!({ "input": input })).await.data();
    let short = hall.town.enter(clerk).await;
    short.run(END, json!({"id": own})).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    short.run(SUSPEND, json!({"id": hall.admin_id.to_string()})).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let uuid = decode(&own).expect("an id").1;
    for sql in [
        format!("UPDATE appointments SET ended_at = entaku_now() WHERE id = '{uuid}'"),
        format!("UPDATE appointments SET ends_on = '2026-12-31' WHERE id = '{uuid}'"),
        format!("UPDATE appointments SET role = 'AUDITOR' WHERE id = '{uuid}'"),
        format!("UPDATE accounts SET suspended_at = entaku_now() WHERE id = '{}'", hall.admin_id.0),
        "UPDATE appointments SET ended_at = entaku_now() WHERE role = 'ADMIN'".into(),
    ] {
        assert_eq!(hall.raw(&sql).await, Err("23514".into()), "{sql}");
    }
    // A post of an administrator that is handed over in time leaves no gap; one that falls vacant does.
    let post = hall.post("情報管理者", "ADMIN", json!(null)).await;
    let (second, _) = hall.somebody().await;
    hall.hand_over(&post, Some(second), "2026-05-20").await.data();
    let second = hall.town.enter(second).await;
    second.run(END, json!({"id": own})).await.data();
    let vacate = json!({"id": post, "input": {"takesEffectOn": "2026-06-10"}});
    second.run(HAND_OVER, vacate.clone()).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    short.run(HAND_OVER, vacate).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let (third, _) = hall.somebody().await;
    let limited = json!({"id": post, "input": {"successorAccountId": third.to_string(), "takesEffectOn": "2026-06-10", "endsOn": "2027-03-31"}});
    second.run(HAND_OVER, limited).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let endless =
        json!({"id": post, "input": {"successorAccountId": third.to_string(), "takesEffectOn": "2026-06-10"}});
    second.run(HAND_OVER, endless).await.data();
}

/// Two administrators who relieve each other at the same time: one of them is too late.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn z19_two_who_relieve_each_other_leave_one() {
    for round in 0..6 {
        let hall = Hall::new().await;
        let (other_id, other) = hall.town.person(Role::Admin, ScopeKind::Municipality, None).await;
        let (mine, theirs) =
            (hall.appointment(hall.admin_id, Role::Admin).await, hall.appointment(other_id, Role::Admin).await);
        let (one, two) = if round % 2 == 0 {
            tokio::join!(hall.admin.run(END, json!({"id": theirs})), other.run(END, json!({"id": mine})))
        } else {
            let (me, them) = (json!({"id": hall.admin_id.to_string()}), json!({"id": other_id.to_string()}));
            tokio::join!(hall.admin.run(SUSPEND, them), other.run(SUSPEND, me))
        };
        let codes = [one.code(), two.code()];
        assert_eq!(codes.iter().filter(|code| *code == "(none)").count(), 1, "{codes:?}");
        let sql = "SELECT entaku_administered_until(entaku_municipality(), NULL, NULL, NULL) = 'infinity' AS kept";
        let rows = hall.town.system().rows(Sql::new(sql)).await.expect("rows");
        assert!(rows[0].get::<_, bool>("kept"), "{codes:?}");
    }
}

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

/// What was appointed by whom stands in the row, and the database takes no self-appointment.
#[tokio::test]
async fn z19_the_database_takes_no_self_appointment_and_no_second_holder() {
    let hall = Hall::new().await;
    let ((a, _), (b, _)) = (hall.somebody().await, hall.somebody().await);
    let post = hall.post("企画担当", "PLANNING_STAFF", json!(null)).await;
    hall.hand_over(&post, Some(a), "2026-05-20").await.data();
    let uuid = decode(post.as_str().expect("an id")).expect("an id").1;
    let insert = |columns: &str, values: String| {
        format!(
            "INSERT INTO appointments (id, account_id, role, scope, starts_on, {columns}) VALUES (gen_random_uuid(), '{}', {values})",
            b.0
        )
    };
    for sql in [
        insert("appointed_by", format!("'ADMIN', 'MUNICIPALITY', '2026-05-20', '{}'", b.0)),
        insert("post_id", format!("'PLANNING_STAFF', 'MUNICIPALITY', '2030-04-01', '{uuid}'")),
        insert("post_id", format!("'ADMIN', 'MUNICIPALITY', '2026-05-20', '{uuid}'")),
    ] {
        assert_eq!(hall.raw(&sql).await, Err("23514".into()), "{sql}");
    }
    let read = "query($id: ID!) { post(id: $id) { holder { appointedBy { id } } } }";
    let seen = hall.admin.run(read, json!({"id": post})).await.data();
    assert_eq!(seen["post"]["holder"]["appointedBy"]["id"], hall.admin_id.to_string());
}

/// On the day the assignment to the district passes on, for the remaining term, and only once.
#[tokio::test]
async fn what_belongs_to_the_person_passes_on_the_day() {
    let own = Own::migrated().await;
    let mut hall = Hall::of(Town::beside(app_over(&own.url("entaku_app"))).await).await;
    let planner = hall.town.staff(Role::PlanningStaff).await;
    let (district, _) = organization(&planner, "青葉の会").await;
    let ((a, _), (b, _)) = (hall.somebody().await, hall.somebody().await);
    let propose = "mutation($input: LiaisonAssignmentProposeInput!) { liaisonAssignmentPropose(input: $input) { id } }";
    let input = json!({"accountId": a.to_string(), "districtId": district, "role": "MAIN", "kind": "LIAISON_STAFF",
        "termStart": "2026-04-01", "termEnd": "2028-03-31"});
    let assignment =
        text(&planner.run(propose, json!({ "input": input })).await.data()["liaisonAssignmentPropose"]["id"]);
    let appoint = "mutation($id: ID!) { liaisonAssignmentAppoint(id: $id) { id } }";
    planner.run(appoint, json!({"id": assignment})).await.data();
    let post = hall.post("地区担当", "LIAISON", json!(district)).await;
    hall.hand_over(&post, Some(a), "2026-05-20").await.data();
    let id = hall.handed(&post, Some(b), "2026-06-01").await;
    let work = async |hall: &Hall| {
        let app = &hall.town.app;
        let kinds = vec![taking_over::kind(vec![liaison::taking_over::take_over, challenges::taking_over::take_over])];
        let url = own.url("entaku_worker");
        let runner =
            Runner::new(&url, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds).expect("a runner");
        while runner.run_due().await.expect("a round") > 0 {}
    };
    work(&hall).await;
    let state =
        async |hall: &Hall| hall.admin.run(SUMMARY, json!({"id": id})).await.data()["handover"]["state"].clone();
    assert_eq!(state(&hall).await, "PLANNED");
    hall.at(Utc.with_ymd_and_hms(2026, 5, 31, 15, 0, 0).single().expect("a time")).await;
    work(&hall).await;
    assert_eq!(state(&hall).await, "DONE");
    let list = "{ liaisonAssignments { nodes { state termStart termEnd account { id } predecessor { id } } } }";
    let present = hall.town.public().run(list, json!({})).await.data()["liaisonAssignments"]["nodes"].clone();
    assert_eq!(present.as_array().expect("nodes").len(), 1, "{present}");
    assert_eq!((&present[0]["termStart"], &present[0]["termEnd"]), (&json!("2026-06-01"), &json!("2028-03-31")));
    let log = "mutation($d: ID!) { liaisonVisitLog(input: {districtId: $d, visitedOn: \"2026-06-01\", minutes: 30, kind: VISIT, content: \"挨拶\"}) { id } }";
    hall.town.enter(b).await.run(log, json!({"d": district})).await.data();
    hall.town.enter(a).await.run(log, json!({"d": district})).await.expect_code("FORBIDDEN");
    hall.admin.run(CANCEL, json!({"id": id})).await.expect_code("CONFLICT/EFFECTIVE");
}

/// However hand-overs, endings, cancellations and days follow each other, each post has one holder a day, and there is
/// an administrator on every day to come.
#[tokio::test]
async fn posts_and_administrators_hold_in_every_order_of_acts() {
    let mut hall = Hall::new().await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(hall.somebody().await.0);
    }
    let posts = [
        hall.post("情報管理者", "ADMIN", json!(null)).await,
        hall.post("交付金担当", "GRANT_STAFF", json!(null)).await,
    ];
    let mut dice: u32 = 20_260_520;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) as usize % sides
    };
    let mut done = 0;
    for step in 0..60 {
        let post = &posts[roll(2)];
        let day = (hall.town.app.clock.now() + Duration::days(i64::try_from(roll(4)).expect("small")))
            .date_naive()
            .to_string();
        let answer = match roll(6) {
            0..=2 => hall.hand_over(post, Some(people[roll(4)]), &day).await,
            3 => hall.hand_over(post, None, &day).await,
            4 => {
                let planned = "{ handovers(first: 1) { nodes { id } } }";
                let id = hall.admin.run(planned, json!({})).await.data()["handovers"]["nodes"][0]["id"].clone();
                hall.admin.run(CANCEL, json!({"id": id})).await
            }
            _ => {
                let next = hall.town.app.clock.now() + Duration::hours(13);
                hall.at(next).await;
                // The day's hand-overs are done by the job elsewhere.
                let tx = hall.town.system();
                let sql =
                    "UPDATE handovers SET state = 'DONE' WHERE state = 'PLANNED' AND takes_effect_on <= entaku_today()";
                tx.run(Sql::new(sql)).await.expect("done");
                tx.commit().await.expect("committed");
                continue;
            }
        };
        let code = answer.code();
        done += usize::from(code == "(none)");
        assert!(
            ["(none)", "INVALID_INPUT"].contains(&code.as_str()) || code.starts_with("CONFLICT/"),
            "{step}: {}",
            answer.text
        );
        let sql = "SELECT entaku_administered_until(entaku_municipality(), NULL, NULL, NULL) = 'infinity' AS kept,
            NOT EXISTS (SELECT FROM appointments a JOIN appointments b ON b.post_id = a.post_id AND b.id > a.id
                AND greatest(a.starts_on, b.starts_on) <= least(entaku_last_day(a.ends_on, a.ended_at),
                    entaku_last_day(b.ends_on, b.ended_at))) AS one";
        let rows = hall.town.system().rows(Sql::new(sql)).await.expect("rows");
        assert!(rows[0].get::<_, bool>("kept") && rows[0].get::<_, bool>("one"), "after step {step}: {code}");
    }
    assert!(done >= 10, "{done} acts were done");
}
