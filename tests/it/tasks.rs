//! Tasks (`viewer { tasks }`): exactly what somebody may do and what waits for them; and reminders of them.

use std::collections::{BTreeSet, HashMap};

use chrono::{Duration, TimeZone, Utc};
use entaku::api::schema::Nouns;
use entaku::kernel::id::encode;
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, ShapeDef};
use entaku::kernel::tasks::tasks;
use entaku::people::support::commands::{NewSupport, open};
use entaku::people::tasks::reminders;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::grants::Scene;
use crate::organizations::text;
use crate::support::town::{app, start};
use crate::support::{Client, SchemaView, Town, World};

mod begun;
mod due;

const TASKS: &str = include_str!("../../docs/stories/320-tasks-read.graphql");
const SUBMIT: &str = include_str!("../../docs/stories/15-grant-application-submit.graphql");
const TOLD: &str = "{ viewer { notifications(first: 100, filter: {kind: [TASK_DUE, TASK_OVERDUE]}) {
    nodes { kind objectId textJa textEasy textEn } } } }";

/// Somebody's tasks, `act object` in their order, read by pages.
async fn shown(who: &Client) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = who.run(TASKS, json!({"first": 7, "after": after})).await.data()["viewer"]["tasks"].clone();
        found.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], found.len(), "{found:?}");
            return found;
        }
    }
}

async fn acts(who: &Client) -> Vec<String> {
    shown(who).await.iter().map(|task| text(&task["act"])).collect()
}

/// Until when somebody's tasks of an act are due.
pub(crate) async fn due(who: &Client, act: &str) -> Vec<Value> {
    shown(who).await.iter().filter(|task| task["act"] == act).map(|task| task["dueOn"].clone()).collect()
}

fn shape(table: &str) -> &'static ShapeDef {
    Nouns::queries().shapes().iter().find(|shape| shape.table == table).expect("a shape")
}

/// The ids of the objects that wait for an act, whoever may do it.
async fn waiting(town: &Town, table: &str, prefix: &str, when: &str) -> Vec<String> {
    let tx = town.system();
    let rows = tx.rows(Sql::new(&format!("SELECT t.id FROM {table} t WHERE {when}"))).await.expect(when);
    rows.iter().map(|row| encode(prefix, row.get::<_, Uuid>("id"))).collect()
}

/// What `viewerCan` says of an act on objects of a type: those on which it is allowed.
async fn allowed(who: &Client, of: &str, act: &str, ids: &[String]) -> BTreeSet<String> {
    let query =
        format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on {of} {{ viewerCan {{ action allowed }} }} }} }}");
    let mut found = BTreeSet::new();
    for ids in ids.chunks(100) {
        let data = who.run(&query, json!({ "ids": ids })).await.data();
        let can = |node: &&Value| {
            let acts = node["viewerCan"].as_array();
            acts.is_some_and(|acts| acts.iter().any(|one| one["action"] == act && one["allowed"] == true))
        };
        found.extend(data["nodes"].as_array().expect("nodes").iter().filter(can).map(|node| text(&node["id"])));
    }
    found
}

/// For everybody of three towns' demo and one of each role: a task is there exactly where it is declared and `viewerCan`
/// allows its act. The few who are kept from it by more than the row tells see less, never more.
#[tokio::test]
async fn z1_a_task_is_what_waits_and_may_be_done_and_nothing_else() {
    let world = World::new(app()).await;
    let town = &world.town;
    begun::allocated_to_somebody(town).await;
    let tx = town.system();
    let rows =
        tx.rows(Sql::new("SELECT id FROM accounts WHERE suspended_at IS NULL AND NOT support")).await.expect("rows");
    drop(tx);
    let mut people = Vec::new();
    for row in rows {
        people.push(town.enter(AccountId(row.get("id"))).await);
    }
    for role in [Role::GrantStaff, Role::PlanningStaff, Role::Approver, Role::Payer, Role::Auditor, Role::Admin] {
        people.push(town.staff(role).await);
    }
    let mut objects = HashMap::new();
    for (n, (_, work)) in tasks().iter().enumerate() {
        objects.insert(n, waiting(town, work.table, work.prefix, work.when).await);
    }
    let mut seen_acts = BTreeSet::new();
    for who in &people {
        let shown = shown(who).await;
        let ids: BTreeSet<String> = shown.iter().map(|task| text(&task["id"])).collect();
        assert_eq!(ids.len(), shown.len(), "no task twice");
        let days: Vec<String> = shown.iter().map(|t| t["dueOn"].as_str().unwrap_or("9999").to_owned()).collect();
        assert!(days.is_sorted(), "{days:?}");
        let mut shown: BTreeSet<(String, String)> =
            shown.iter().map(|task| (text(&task["act"]), text(&task["objectId"]))).collect();
        seen_acts.extend(shown.iter().map(|(act, _)| act.clone()));
        for (n, (act, work)) in tasks().iter().enumerate() {
            let told = shape(work.table).acts.iter().any(|one| one.action == *act);
            let may = if told {
                allowed(who, shape(work.table).name, act.0, &objects[&n]).await
            } else {
                begun::possible(who, act.0, &objects[&n]).await
            };
            for id in may {
                let there = shown.remove(&(act.0.to_owned(), id.clone()));
                let told = |accounts: &&&str| shape(work.table).hands.iter().any(|hands| hands.accounts == **accounts);
                let known = work.except.iter().filter(told).count() == work.except.len();
                assert!(there || !known, "{} of {id} is not shown", act.0);
            }
        }
        assert!(shown.is_empty(), "shown and not allowed: {shown:?}");
    }
    assert!(seen_acts.contains("grantApplicationCreate"), "{seen_acts:?}");
    assert!(seen_acts.len() >= 7, "the demo has few tasks: {seen_acts:?}");
}

#[tokio::test]
async fn every_task_is_an_act_on_an_id_and_says_why() {
    let town = Town::new().await;
    let schema = SchemaView::read(&town.public()).await;
    for (act, work) in tasks() {
        let mutation = schema.mutations().into_iter().find(|m| m.name == act.0);
        let mutation = mutation.unwrap_or_else(|| panic!("{} is no mutation", act.0));
        let (document, _) =
            schema.document(&mutation, &|_: &str| Some("org_00000000000000000000000000000000".to_owned()));
        let of = shape(work.table).name;
        let told = |(name, ty): &(String, String)| match ty.as_str() {
            "ID" | "FiscalYear" => schema.has_field(of, name.strip_suffix("Id").unwrap_or(name)),
            // What whoever does it says themself.
            _ => true,
        };
        let takes = schema.required(&mutation);
        let by_object = takes.iter().any(|(_, ty)| ty == "ID" || ty == "FiscalYear") && takes.iter().all(told);
        assert!(document.contains("(id: ") || by_object, "{of} does not tell what {document} takes: {takes:?}");
        let [ja, en] = work.why;
        assert!(ja.ends_with('。') && en.ends_with('.') && !work.policy_ref.is_empty(), "{}: {ja} {en}", act.0);
        assert!(!work.permits.is_empty(), "{}: nobody may", act.0);
    }
}

#[tokio::test]
async fn a_grant_is_always_somebodys_task_until_it_is_paid() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let mine = shown(&s.officer).await;
    assert_eq!(mine.len(), 1, "{mine:?}");
    let task = &mine[0];
    assert_eq!((&task["act"], &task["objectId"]), (&json!("grantApplicationSubmit"), &json!(id)));
    assert_eq!((&task["dueOn"], &task["overdue"]), (&json!("2026-06-30"), &json!(false)));
    assert_eq!(task["policyRef"], "補助金等交付規則・交付金交付要綱");
    assert!(text(&task["whyJa"]).contains("申請してください") && text(&task["whyEn"]).contains("submit"));
    assert_eq!(acts(&s.staff).await, Vec::<String>::new());
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    assert_eq!(acts(&s.officer).await, Vec::<String>::new());
    assert_eq!(acts(&s.staff).await, ["grantApplicationReviewStart"]);
    // After the closing day nobody can submit a draft any more: it is no task.
    let late = s.draft().await;
    s.town.app.clock.advance(Duration::days(60));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    assert_eq!(acts(&officer).await, Vec::<String>::new(), "{late}");
}

#[tokio::test]
async fn z2_nobody_reads_the_tasks_of_another() {
    let s = Scene::new().await;
    s.draft().await;
    let task = shown(&s.officer).await[0].clone();
    let me = text(&s.officer.run("{ viewer { id } }", json!({})).await.data()["viewer"]["id"]);
    let node = "query($id: ID!) { node(id: $id) { id ... on Task { act } } }";
    let id = json!({"id": task["id"]});
    assert_eq!(s.officer.run(node, id.clone()).await.data()["node"]["act"], "grantApplicationSubmit");
    let admin = s.town.staff(Role::Admin).await;
    for other in [&admin, &s.staff, &s.town.public()] {
        assert_eq!(other.run(node, id.clone()).await.data()["node"], Value::Null);
    }
    let of = "query($id: ID!) { account(id: $id) { tasks { totalCount nodes { id } } redacted { field } } }";
    let seen = admin.run(of, json!({"id": me})).await.data()["account"].clone();
    assert_eq!(seen["tasks"], json!({"totalCount": 0, "nodes": []}));
    assert!(seen["redacted"].as_array().expect("a list").contains(&json!({"field": "tasks"})), "{seen}");
}

/// Support that was lent a role may do it, but has nothing to do of its own.
#[tokio::test]
async fn z21_support_has_no_tasks() {
    let s = Scene::new().await;
    let id = s.draft().await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    let tx = s.town.system();
    let new = NewSupport { operator: "運用 太郎", reason: "調査", duration: Duration::hours(1) };
    let (session, tokens) = open(&tx, &s.town.app.settings.issuer, new).await.expect("support");
    tx.commit().await.expect("committed");
    let support = Client::new(s.town.app.clone()).with("authorization", &format!("Bearer {}", tokens.access_token));
    let admin = s.town.staff(Role::Admin).await;
    let lend = "mutation($id: ID!) { supportSessionLend(id: $id, input: {role: GRANT_STAFF}) { lentRole } }";
    admin.run(lend, json!({"id": session.to_string()})).await.data();
    assert_eq!(acts(&support).await, Vec::<String>::new());
    assert_eq!(acts(&s.staff).await, ["grantApplicationReviewStart"]);
}

#[tokio::test]
async fn one_task_and_many_take_one_statement_and_are_paid_for() {
    let s = Scene::new().await;
    s.draft().await;
    let cost = |answer: &Value| answer["extensions"]["cost"]["requested"].clone();
    let one = s.officer.run(TASKS, json!({"first": 100, "after": null})).await;
    assert_eq!(one.statements, 1);
    for _ in 0..5 {
        s.draft().await;
    }
    let many = s.officer.run(TASKS, json!({"first": 100, "after": null})).await;
    assert_eq!((many.statements, cost(&many.body)), (1, cost(&one.body)));
    let plain = s.officer.run("{ viewer { notifications(first: 1) { nodes { id } } } }", json!({})).await;
    let gathered = s.officer.run("{ viewer { tasks(first: 1) { nodes { id } } } }", json!({})).await;
    assert_ne!(cost(&plain.body), cost(&gathered.body), "gathering costs more than reading one table");
    let id = gathered.data()["viewer"]["tasks"]["nodes"][0]["id"].clone();
    let node = "query($id: ID!) { node(id: $id) { id } }";
    let (task, object) = (json!({ "id": id }), json!({"id": s.organization}));
    let (task, object) = (s.officer.run(node, task).await, s.officer.run(node, object).await);
    assert_eq!(task.body["data"]["node"]["id"], id);
    assert_ne!(cost(&task.body), cost(&object.body), "also where one of them is asked for by its id");
    let hold = "mutation($id: ID!) { legalHoldPlace(input: {objectId: $id, reason: \"x\"}) { id } }";
    s.town.staff(Role::Admin).await.run(hold, json!({ "id": id })).await.expect_code("NOT_FOUND");
}

#[tokio::test]
async fn tasks_are_filtered_by_day_and_act() {
    let s = Scene::new().await;
    s.draft().await;
    let query = "query($filter: TaskFilterInput) { viewer { tasks(filter: $filter) { nodes { act } } } }";
    for (filter, count) in [
        (json!({"dueUntil": "2026-06-29"}), 0),
        (json!({"dueUntil": "2026-06-30"}), 1),
        (json!({"act": ["grantApplicationSubmit"]}), 1),
        (json!({"act": ["grantPaymentExecute"]}), 0),
    ] {
        let data = s.officer.run(query, json!({ "filter": filter })).await.data();
        assert_eq!(data["viewer"]["tasks"]["nodes"].as_array().expect("nodes").len(), count, "{filter}");
    }
}

pub(crate) async fn night(town: &Town) {
    let tx = town.system();
    reminders::remind(&tx).await.expect("reminded");
    tx.commit().await.expect("committed");
}

pub(crate) async fn told(who: &Client) -> Vec<String> {
    let nodes = who.run(TOLD, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
    nodes.as_array().expect("nodes").iter().map(|one| text(&one["textJa"])).collect()
}

#[tokio::test]
async fn a_reminder_comes_once_for_each_threshold_to_whoever_can_do_it() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let (account, _) = s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization_of(&s))).await;
    let until = |day| Utc.with_ymd_and_hms(2026, 6, day, 1, 0, 0).single().expect("a time") - start();
    let clock = &s.town.app.clock;
    night(&s.town).await;
    clock.advance(until(23));
    // The 23rd is seven days before the 30th. A night that is missed is made up for; two at once write one.
    for _ in 0..2 {
        tokio::join!(night(&s.town), night(&s.town));
    }
    clock.advance(Duration::days(2));
    night(&s.town).await;
    let other = s.town.enter(account).await;
    let first = told(&other).await;
    assert_eq!(first, ["「居場所づくり (2026-06-30)」の期限が近づいています。やることの一覧を確認してください。"]);
    for _ in 0..6 {
        clock.advance(Duration::days(1));
        night(&s.town).await;
    }
    let other = s.town.enter(account).await;
    assert_eq!(told(&other).await.len(), 2, "seven days before, one day before, and no more");
    let nodes = other.run(TOLD, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
    assert_eq!(nodes[0]["objectId"], json!(id));
    for language in ["textJa", "textEasy", "textEn"] {
        assert!(text(&nodes[0][language]).contains("居場所づくり (2026-06-30)"), "{nodes}");
    }
    let staff = s.town.staff(Role::GrantStaff).await;
    night(&s.town).await;
    assert_eq!(told(&staff).await, Vec::<String>::new(), "it is not theirs to do");
}

fn organization_of(s: &Scene) -> Uuid {
    entaku::kernel::id::decode(&s.organization).expect("an id").1
}

#[tokio::test]
async fn what_is_overdue_is_told_once_and_a_suspended_account_is_not_told() {
    let town = Town::new().await;
    let (_, clerk) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let (gone, _) = town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    town.staff(Role::Admin).await.run(suspend, json!({"id": gone.to_string()})).await.data();
    let plan = "mutation($input: RoundtablePlanInput!) { roundtablePlan(input: $input) { id } }";
    let input = json!({"title": "駅前を考える会", "theme": "駅前", "purpose": "話し合う", "startsAt": "2026-05-28T01:00:00Z",
        "venue": "交流センター", "audience": "PUBLIC"});
    clerk.run(plan, json!({ "input": input })).await.data();
    for _ in 0..3 {
        night(&town).await;
    }
    assert_eq!(told(&clerk).await, Vec::<String>::new());
    town.app.clock.advance(Duration::days(10));
    for _ in 0..3 {
        night(&town).await;
    }
    let clerk = town.staff(Role::PlanningStaff).await;
    night(&town).await;
    let late = told(&clerk).await;
    assert_eq!(late, ["「駅前を考える会 (2026-05-28)」の期限が過ぎています。やることの一覧を確認してください。"]);
    let tx = town.system();
    let sql = format!("SELECT count(*) AS n FROM notifications WHERE account_id = '{}'", gone.0);
    assert_eq!(tx.rows(Sql::new(&sql)).await.expect("rows")[0].get::<_, i64>("n"), 0);
    let overdue = shown(&clerk).await;
    assert_eq!((&overdue[0]["act"], &overdue[0]["overdue"]), (&json!("roundtableAnnounce"), &json!(true)));
    // Where notifications are kept for a day, nobody is told again of what is late for longer.
    let tx = town.system();
    tx.run(Sql::new("UPDATE retention_rules SET period = 1 WHERE kind = 'NOTIFICATIONS'")).await.expect("set");
    tx.run(Sql::new("UPDATE notifications SET once = NULL")).await.expect("gone");
    tx.commit().await.expect("committed");
    night(&town).await;
    assert_eq!(told(&clerk).await.len(), 1);
}

#[tokio::test]
async fn a_municipality_says_how_many_days_before() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let read = "{ municipalitySettings { nodes { id taskReminderDays } } }";
    let settings = admin.run(read, json!({})).await.data()["municipalitySettings"]["nodes"][0].clone();
    assert_eq!(settings["taskReminderDays"], json!([7, 1]));
    let change = "mutation($id: ID!, $days: [Int!]) {
        municipalitySettingsChange(id: $id, input: {taskReminderDays: $days}) { taskReminderDays } }";
    let set = async |days: Value| admin.run(change, json!({"id": settings["id"], "days": days})).await;
    let changed = set(json!([3, 30, 3])).await.data();
    assert_eq!(changed["municipalitySettingsChange"]["taskReminderDays"], json!([30, 3]));
    for bad in [json!([-1]), json!([181]), json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])] {
        set(bad).await.expect_code("INVALID_INPUT");
    }
    set(json!([])).await.data();
    night(&town).await;
}
