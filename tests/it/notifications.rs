//! Notifications: whom an act tells, in its own transaction, and who reads and marks them.

use std::collections::BTreeSet;

use chrono::Duration;
use entaku::demo::load_as;
use entaku::grants::entity::GrantApplicationId;
use entaku::kernel::date::Date;
use entaku::kernel::id::{TypedId, decode, encode};
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::{Param, Sql};
use entaku::people::entity::{AppointmentId, appointment};
use entaku::people::notifications::entity::NotificationKind;
use entaku::people::notifications::{Notice, notify};
use entaku::people::session;
use sea_orm::{ActiveModelTrait, Iterable, Set};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::organizations::text;
use crate::support::post::{PUBLIC_URL, PostOffice};
use crate::support::town::{app, start};
use crate::support::{Client, Town};

mod acts;
mod digest;

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!("../../docs/stories/", $file, ".graphql"));
    };
}

story!(READ, "90-notifications-read");
story!(MARK_READ, "91-notification-mark-read");
story!(MARK_ALL_READ, "92-notifications-mark-all-read");
story!(CHOICES, "93-notification-choices");
story!(CHOOSE, "94-notification-choice-set");
story!(GRANT_CREATE, "13-grant-application-create");
story!(GRANT_SUBMIT, "15-grant-application-submit");
story!(PROPOSAL_CREATE, "48-challenge-proposal-create");
story!(ASSIGN, "50-challenge-reviewer-assign");
story!(SCORE, "53-challenge-score-record");

/// The demo's Unnan under a fresh code.
struct Unnan {
    town: Town,
}

impl Unnan {
    async fn new() -> Self {
        let town = Town::beside(app()).await;
        load_as(&town.app, "322091", town.code.as_str(), "no password").await.expect("the demo");
        Self { town }
    }

    async fn account(&self, who: &str) -> AccountId {
        let mut sql = Sql::new("SELECT id FROM accounts WHERE email = ");
        sql.param(Param::text(format!("{who}@unnan.example.jp")));
        AccountId(self.town.system().rows(sql).await.expect("a row")[0].get("id"))
    }

    /// Somebody of the demo, signed in.
    async fn who(&self, who: &str) -> Client {
        let account = self.account(who).await;
        let tx = self.town.system();
        let tokens = session::open(&tx, &self.town.app.settings.issuer, account, "test").await.expect("a session");
        tx.commit().await.expect("committed");
        Client::new(self.town.app.clone()).with("authorization", &format!("Bearer {}", tokens.access_token))
    }

    /// What somebody's appointment is over.
    async fn scope_of(&self, who: &str) -> Uuid {
        let mut sql = Sql::new("SELECT scope_id FROM appointments WHERE scope_id IS NOT NULL AND account_id = ");
        sql.param(Param::Uuid(Some(self.account(who).await.0)));
        self.town.system().rows(sql).await.expect("a row")[0].get("scope_id")
    }

    /// Who was told of what so far, as `who KIND`; fails when somebody was told twice of one act.
    async fn told(&self) -> Vec<String> {
        let sql = "SELECT split_part(a.email, '@', 1) || ' ' || n.kind AS line FROM notifications n
            JOIN accounts a ON a.municipality_id = n.municipality_id AND a.id = n.account_id ORDER BY n.id";
        let rows = self.town.system().rows(Sql::new(sql)).await.expect("rows");
        rows.iter().map(|row| row.get("line")).collect()
    }

    /// Whom an act tells.
    async fn tells(&self, who: &str, document: &str, variables: Value) -> BTreeSet<String> {
        let before = self.told().await.len();
        self.who(who).await.run(document, variables).await.data();
        let told = self.told().await.split_off(before);
        let once: BTreeSet<String> = told.iter().cloned().collect();
        assert_eq!(once.len(), told.len(), "told twice: {told:?}");
        once
    }

    /// The id of the first object in a state.
    async fn some(&self, prefix: &str, table: &str, state: &str) -> String {
        let mut sql = Sql::new(&format!("SELECT id FROM {table} WHERE state = "));
        sql.param(Param::text(state));
        sql.push(" ORDER BY id LIMIT 1");
        let rows = self.town.system().rows(sql).await.expect("a row");
        encode(prefix, rows[0].get("id"))
    }
}

fn set<const N: usize>(lines: [&str; N]) -> BTreeSet<String> {
    lines.into_iter().map(str::to_owned).collect()
}

fn because(id: &str) -> Value {
    json!({"id": id, "input": {"reason": "内訳を追記してください。"}})
}

fn opinion(id: &str) -> Value {
    json!({"id": id, "input": {"amountYen": 1_000_000, "reason": "要綱に合う。"}})
}

/// A mutation that takes an id and more.
fn mutation(name: &str, more: &str) -> String {
    format!("mutation($id: ID!) {{ {name}(id: $id{more}) {{ id }} }}")
}

/// A town with an organization of nobody knows which noun, and a notice to its people.
struct Hall {
    town: Town,
    organization: Uuid,
    object: GrantApplicationId,
}

impl Hall {
    async fn new() -> Self {
        Self { town: Town::new().await, organization: Uuid::now_v7(), object: GrantApplicationId::new() }
    }

    async fn officer(&self) -> (AccountId, Client) {
        self.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(self.organization)).await
    }

    fn notice(&self, kind: NotificationKind) -> Notice<'_> {
        let roles = &[Role::OrgOfficer, Role::OrgAccountant];
        Notice::of(kind, self.object, "居場所づくり").to_holders(
            roles,
            ScopeKind::Organization,
            Some(self.organization),
        )
    }

    async fn tell(&self, kind: NotificationKind) {
        let tx = self.town.system();
        notify(&tx, self.notice(kind)).await.expect("told");
        tx.commit().await.expect("committed");
    }

    async fn appoint_with(&self, account: AccountId, row: appointment::ActiveModel) {
        let tx = self.town.system();
        let row = appointment::ActiveModel {
            id: Set(AppointmentId::new()),
            account_id: Set(account),
            role: Set(Role::OrgOfficer),
            scope: Set(ScopeKind::Organization),
            scope_id: Set(Some(self.organization)),
            ..row
        };
        row.insert(&tx).await.expect("an appointment");
        tx.commit().await.expect("committed");
    }
}

/// The unread notifications of somebody, as the story reads them.
async fn unread(client: &Client) -> Value {
    client.run(READ, json!({})).await.data()["viewer"]["notifications"].clone()
}

async fn count(client: &Client) -> Value {
    unread(client).await["totalCount"].clone()
}

#[tokio::test]
async fn one_statement_tells_each_once_and_those_it_leaves_out_never() {
    let hall = Hall::new().await;
    let (both, client) = hall.officer().await;
    hall.town.appoint(both, Role::OrgAccountant, ScopeKind::Organization, Some(hall.organization)).await;
    hall.town.appoint(both, Role::Payer, ScopeKind::Municipality, None).await;
    let (left_out, outsider) = hall.officer().await;
    let (_, member) = hall.town.person(Role::OrgMember, ScopeKind::Organization, Some(hall.organization)).await;
    let (_, elsewhere) = hall.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(Uuid::now_v7())).await;
    let tx = hall.town.system();
    let notice = hall.notice(NotificationKind::GrantPaid).to(Some(both)).to_hall(&[Role::Payer]);
    notify(&tx, notice.except([Some(left_out), None])).await.expect("told");
    assert_eq!(tx.statements(), 1);
    notify(&tx, Notice::of(NotificationKind::GrantPaid, hall.object, "").to(None)).await.expect("nobody");
    assert_eq!(tx.statements(), 1, "telling nobody takes no statement");
    tx.commit().await.expect("committed");
    let told = unread(&client).await;
    assert_eq!(told["totalCount"], 1);
    let one = &told["nodes"][0];
    assert_eq!(one["objectId"], hall.object.to_string());
    assert_eq!(one["textJa"], "交付申請「居場所づくり」の交付金が支払われました。入金を確認してください。");
    assert_eq!((&one["readAt"], &one["createdAt"]), (&json!(null), &json!("2026-05-20T01:00:00Z")));
    let id = decode(one["id"].as_str().expect("an id")).expect("an id").1;
    assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
    for other in [&outsider, &member, &elsewhere] {
        assert_eq!(count(other).await, 0);
    }
}

#[tokio::test]
async fn only_appointments_in_force_and_accounts_in_use_are_told() {
    let hall = Hall::new().await;
    let today = start().date_naive();
    let day = |n: i64| Date(today + Duration::days(n));
    let terms = [
        (appointment::ActiveModel { starts_on: Set(day(0)), ends_on: Set(Some(day(0))), ..Default::default() }, 1),
        (appointment::ActiveModel { starts_on: Set(day(1)), ..Default::default() }, 0),
        (appointment::ActiveModel { starts_on: Set(day(-9)), ends_on: Set(Some(day(-1))), ..Default::default() }, 0),
        (appointment::ActiveModel { starts_on: Set(day(-9)), ended_at: Set(Some(start())), ..Default::default() }, 0),
    ];
    let mut people = Vec::new();
    for (term, expected) in terms {
        let (account, client) = hall.town.person(Role::Resident, ScopeKind::Municipality, None).await;
        hall.appoint_with(account, term).await;
        people.push((client, expected));
    }
    let (suspended, _) = hall.officer().await;
    let admin = hall.town.staff(Role::Admin).await;
    admin.run(&mutation("accountSuspend", ""), json!({"id": suspended.to_string()})).await.data();
    hall.tell(NotificationKind::GrantDecided).await;
    for (n, (client, expected)) in people.iter().enumerate() {
        assert_eq!(count(client).await, *expected, "term {n}");
    }
    let mut sql = Sql::new("SELECT FROM notifications WHERE account_id = ");
    sql.param(Param::Uuid(Some(suspended.uuid())));
    assert!(hall.town.system().rows(sql).await.expect("rows").is_empty());
}

#[tokio::test]
async fn a_notification_is_there_exactly_when_its_act_is() {
    let unnan = Unnan::new().await;
    let id = unnan.some("gap", "grant_applications", "SUBMITTED").await;
    let (clerk, officer) = (unnan.who("grant-staff").await, unnan.who("org-officer-2").await);
    clerk.run(&mutation("grantApplicationReviewStart", ""), json!({"id": id})).await.data();
    let input = "input: {reason: \"補正\"}";
    clerk.run(&mutation("grantApplicationReturn", &format!(", {input}")), json!({"id": id})).await.data();
    let before = unnan.told().await;
    officer.with("entaku-dry-run", "true").run(GRANT_SUBMIT, json!({"id": id})).await.data();
    let twice =
        "mutation($id: ID!) { a: grantApplicationSubmit(id: $id) { id } b: grantApplicationSubmit(id: $id) { id } }";
    officer.run(twice, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    assert_eq!(unnan.told().await, before, "neither a dry run nor what was undone tells anybody");
    let keyed = officer.with("idempotency-key", "submit");
    for _ in 0..2 {
        keyed.run(GRANT_SUBMIT, json!({"id": id})).await.data();
    }
    assert_eq!(unnan.told().await.len(), before.len() + 1, "a repeated key tells nobody again");
}

#[tokio::test]
async fn who_acts_is_not_told_and_duties_that_stay_apart_are_not_asked_for() {
    let unnan = Unnan::new().await;
    let officer = unnan.account("org-officer-2").await;
    for role in [Role::GrantStaff, Role::Approver, Role::Payer] {
        unnan.town.appoint(officer, role, ScopeKind::Municipality, None).await;
    }
    let id = unnan.some("gap", "grant_applications", "SUBMITTED").await;
    let clerk = unnan.who("grant-staff").await;
    clerk.run(&mutation("grantApplicationReviewStart", ""), json!({"id": id})).await.data();
    let input = ", input: {amountYen: 1000000, reason: \"要綱に合う。\"}";
    let recommended =
        unnan.tells("grant-staff", &mutation("grantApplicationRecommend", input), json!({"id": id})).await;
    assert_eq!(recommended, set(["approver GRANT_RECOMMENDED"]), "who submitted cannot decide");
    unnan.tells("approver", &mutation("grantApplicationDecide", input), json!({"id": id})).await;
    let requested = unnan.tells("org-officer-2", &mutation("grantPaymentRequest", ""), json!({"id": id})).await;
    assert_eq!(requested, set(["payer GRANT_PAYMENT_REQUESTED"]), "who asks is a payer, too");
}

#[tokio::test]
async fn what_one_chose_not_to_be_told_of_is_not_told() {
    let hall = Hall::new().await;
    let ((_, quiet), (_, other)) = (hall.officer().await, hall.officer().await);
    let choice =
        |in_app: bool, digest: bool| json!({"input": {"kind": "GRANT_PAID", "inApp": in_app, "mailDigest": digest}});
    let first = quiet.run(CHOOSE, choice(false, true)).await.data()["notificationChoiceSet"].clone();
    assert_eq!(
        (&first["kind"], &first["inApp"], &first["mailDigest"]),
        (&json!("GRANT_PAID"), &json!(false), &json!(true))
    );
    hall.tell(NotificationKind::GrantPaid).await;
    hall.tell(NotificationKind::GrantDecided).await;
    assert_eq!(unread(&quiet).await["nodes"][0]["kind"], "GRANT_DECIDED");
    assert_eq!((count(&quiet).await, count(&other).await), (json!(1), json!(2)));
    let again = quiet.run(CHOOSE, choice(true, false)).await.data()["notificationChoiceSet"].clone();
    assert_eq!(again["id"], first["id"], "the last choice counts");
    hall.tell(NotificationKind::GrantPaid).await;
    assert_eq!(count(&quiet).await, 2);
    let chosen = quiet.run(CHOICES, json!({})).await.data()["viewer"]["notificationChoices"].clone();
    assert_eq!(chosen, json!([again]));
    assert_eq!(other.run(CHOICES, json!({})).await.data()["viewer"]["notificationChoices"], json!([]));
    hall.town.public().run(CHOOSE, choice(true, true)).await.expect_code("UNAUTHENTICATED");
    let bad = json!({"input": {"kind": "NO_SUCH_KIND", "inApp": true, "mailDigest": true}});
    quiet.run(CHOOSE, bad).await.expect_code("GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn every_kind_can_be_told_and_chosen_and_is_told_in_three_languages() {
    let hall = Hall::new().await;
    let (_, client) = hall.officer().await;
    for kind in NotificationKind::iter() {
        hall.tell(kind).await;
        let newest = unread(&client).await["nodes"][0].clone();
        assert_eq!(newest["kind"], kind.word());
        for text in ["textJa", "textEasy", "textEn"] {
            assert!(newest[text].as_str().is_some_and(|t| t.contains("居場所づくり")), "{newest}");
        }
        client.run(MARK_READ, json!({"id": newest["id"]})).await.data();
        let input = json!({"kind": kind.word(), "inApp": true, "mailDigest": true});
        client.run(CHOOSE, json!({ "input": input })).await.data();
    }
}

#[tokio::test]
async fn notifications_are_read_newest_first_and_marked_once() {
    let hall = Hall::new().await;
    let (_, client) = hall.officer().await;
    let kinds = [NotificationKind::GrantReturned, NotificationKind::GrantDecided, NotificationKind::GrantPaid];
    for kind in kinds {
        hall.tell(kind).await;
        hall.town.app.clock.advance(Duration::minutes(1));
    }
    let page = unread(&client).await;
    let shown: Vec<&Value> = page["nodes"].as_array().expect("nodes").iter().map(|n| &n["kind"]).collect();
    assert_eq!(shown, ["GRANT_PAID", "GRANT_DECIDED", "GRANT_RETURNED"]);
    let can = "query($id: ID!) { node(id: $id) { ... on Notification { readAt viewerCan { action allowed } } } }";
    let id = json!({"id": page["nodes"][0]["id"]});
    let seen = client.run(can, id.clone()).await.data()["node"].clone();
    assert_eq!(seen["viewerCan"], json!([{"action": "notificationMarkRead", "allowed": true}]));
    let first = client.run(MARK_READ, id.clone()).await.data()["notificationMarkRead"]["readAt"].clone();
    assert!(first.is_string());
    hall.town.app.clock.advance(Duration::minutes(1));
    assert_eq!(
        client.run(MARK_READ, id).await.data()["notificationMarkRead"]["readAt"],
        first,
        "the first time counts"
    );
    assert_eq!(count(&client).await, 2);
    let by = "query($filter: NotificationFilterInput) { viewer { notifications(filter: $filter) { totalCount } } }";
    for (filter, expected) in [
        (json!(null), 3),
        (json!({"unread": false}), 1),
        (json!({"unread": true, "kind": ["GRANT_PAID"]}), 0),
        (json!({"kind": ["GRANT_PAID", "GRANT_DECIDED"]}), 2),
    ] {
        let data = client.run(by, json!({ "filter": filter })).await.data();
        assert_eq!(data["viewer"]["notifications"]["totalCount"], expected, "{filter}");
    }
    let all = client.run(MARK_ALL_READ, json!({})).await.data()["notificationsMarkAllRead"].clone();
    assert_eq!(all["notifications"]["totalCount"], 0);
    hall.town.public().run(MARK_ALL_READ, json!({})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn nobody_else_reads_or_marks_a_notification() {
    let hall = Hall::new().await;
    let ((account, client), (_, colleague)) = (hall.officer().await, hall.officer().await);
    hall.tell(NotificationKind::GrantDecided).await;
    let id = text(&unread(&client).await["nodes"][0]["id"]);
    let neighbour = Town::beside(hall.town.app.clone()).await;
    let (everybody, stranger) =
        (crate::standing::everybody(&hall.town).await, crate::standing::everybody(&neighbour).await);
    let look = "query($id: ID!, $account: ID!) { node(id: $id) { id } account(id: $account) { id
        notifications { totalCount nodes { id } } notificationChoices { id } } }";
    for other in [&colleague, &everybody, &stranger, &hall.town.public()] {
        let data = other.run(look, json!({"id": id, "account": account.to_string()})).await.data();
        assert_eq!(data["node"], json!(null));
        if let Some(seen) = data["account"].as_object() {
            assert_eq!(seen["notifications"], json!({"totalCount": 0, "nodes": []}));
        }
        other.run(MARK_READ, json!({"id": id})).await.expect_code("NOT_FOUND");
    }
    for other in [&colleague, &everybody, &stranger] {
        other.run(MARK_ALL_READ, json!({})).await.data();
    }
    assert_eq!(count(&client).await, 1, "still unread");
}

/// The texts repeat a title and stay out of the audit; that somebody was told stands in it.
#[tokio::test]
async fn the_audit_knows_of_a_notification_but_not_its_text() {
    let hall = Hall::new().await;
    hall.officer().await;
    hall.tell(NotificationKind::GrantDecided).await;
    let sql = "SELECT after::text AS after FROM audit_entries WHERE kind = 'notifications'";
    let rows = hall.town.system().rows(Sql::new(sql)).await.expect("rows");
    assert_eq!(rows.len(), 1);
    let after: String = rows[0].get("after");
    assert!(after.contains("GRANT_DECIDED") && !after.contains("居場所づくり"), "{after}");
}
