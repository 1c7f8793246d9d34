//! `changesSince`: what somebody who was away is told, and what they are not.

mod oracle;

use chrono::Duration;
use entaku::api::schema::Nouns;
use entaku::kernel::jobs::Runner;
use entaku::kernel::policy::Action;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::{Catalogue, ShapeDef};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::organizations::{DISTRICT, organization, text};
use crate::roundtables::{Hall, PASSAGE, passage};
use crate::support::database::{self, Own};
use crate::support::town::app_over;
use crate::support::{Client, Town};

const SINCE: &str = "query($cursor: String, $kinds: [ObjectKind!], $first: Int) {
    changesSince(cursor: $cursor, kinds: $kinds, first: $first) {
        changes { cursor kind objectId operation
            node { id ... on CommunityOrganization { phone } ... on RoundtablePassage { text } ... on District { name } } }
        cursor hasMore resync reason } }";
const PHONE: &str =
    "mutation($id: ID!, $phone: String!) { organizationChange(id: $id, input: {phone: $phone}) { revision } }";
const UNPUBLISH: &str = "mutation($id: ID!) { organizationUnpublish(id: $id) { id } }";

/// Somebody's phone: what it was told, in order.
pub(crate) struct Phone {
    client: Client,
    kinds: Value,
    first: i64,
    cursor: String,
    pub(crate) told: Vec<Value>,
}

impl Phone {
    pub(crate) async fn new(client: &Client) -> Self {
        Self::of(client, Value::Null, 100).await
    }

    async fn of(client: &Client, kinds: Value, first: i64) -> Self {
        let mut phone = Self { client: client.clone(), kinds, first, cursor: String::new(), told: Vec::new() };
        let begun = phone.client.run(SINCE, json!({ "kinds": phone.kinds })).await.data()["changesSince"].clone();
        assert_eq!(
            (&begun["changes"], &begun["hasMore"], &begun["resync"]),
            (&json!([]), &json!(false), &json!(false))
        );
        phone.cursor = text(&begun["cursor"]);
        phone
    }

    fn variables(&self) -> Value {
        json!({ "cursor": self.cursor, "kinds": self.kinds, "first": self.first })
    }

    /// One answer, from where the last one ended.
    async fn next(&mut self) -> Value {
        let set = self.client.run(SINCE, self.variables()).await.data()["changesSince"].clone();
        self.cursor = text(&set["cursor"]);
        let changes = set["changes"].as_array().expect("changes");
        assert!(i64::try_from(changes.len()).expect("a few") <= self.first, "{set}");
        self.told.extend(changes.clone());
        set
    }

    /// Asks from where it stands until the answer tells of an object. Events wait for every transaction that runs,
    /// those of other tests too: an answer that came too early is forgotten, so that what is told is told at once.
    pub(crate) async fn until(&mut self, id: &str) {
        let (begun, before) = (self.cursor.clone(), self.told.len());
        for _ in 0..400 {
            while self.next().await["hasMore"] == true {}
            if self.told[before..].iter().any(|change| change["objectId"] == id) {
                return;
            }
            self.cursor.clone_from(&begun);
            self.told.truncate(before);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("never told of {id} since {begun}");
    }

    /// What it was told of an object, the last.
    fn of_object(&self, id: &str) -> Option<&Value> {
        self.told.iter().rev().find(|change| change["objectId"] == id)
    }

    pub(crate) fn operation(&self, id: &str) -> Option<&str> {
        self.of_object(id).and_then(|change| change["operation"].as_str())
    }
}

/// Something that everybody is told of, after all that was done before.
pub(crate) async fn marker(clerk: &Client) -> String {
    text(
        &clerk.run(DISTRICT, json!({ "name": format!("しるし {}", uuid::Uuid::now_v7()) })).await.data()["districtCreate"]
            ["id"],
    )
}

#[tokio::test]
async fn several_changes_of_one_object_are_one_and_show_it_as_it_is() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let mut phone = Phone::new(&town.public()).await;
    let (district, id) = organization(&clerk, "青葉の会").await;
    for number in ["1", "2", "3"] {
        clerk.run(PHONE, json!({ "id": id, "phone": number })).await.data();
    }
    phone.until(&marker(&clerk).await).await;
    let of: Vec<_> = phone.told.iter().filter(|change| change["objectId"] == id).collect();
    assert_eq!(of.len(), 1, "{of:?}");
    assert_eq!(of[0]["operation"], "CREATED");
    assert_eq!(of[0]["kind"], "COMMUNITY_ORGANIZATION");
    assert_eq!(of[0]["node"], json!({ "id": id, "phone": "3" }));
    assert_eq!(phone.operation(&district), Some("CREATED"));
    phone.told.clear();
    clerk.run(PHONE, json!({ "id": id, "phone": "4" })).await.data();
    phone.until(&marker(&clerk).await).await;
    assert_eq!(phone.operation(&id), Some("UPDATED"));
    assert_eq!(phone.told.len(), 2, "the organization and the mark: {:?}", phone.told);
}

#[tokio::test]
async fn pages_miss_nothing_and_each_change_is_a_place_to_go_on_from() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let public = town.public();
    let mut phone = Phone::of(&public, json!(["COMMUNITY_ORGANIZATION", "DISTRICT"]), 2).await;
    let (first, before) = (phone.cursor.clone(), phone.kinds.clone());
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(organization(&clerk, &format!("会{n}")).await.1);
    }
    // Changed again: it stands where its first change does.
    clerk.run(PHONE, json!({ "id": ids[0], "phone": "1" })).await.data();
    let mark = marker(&clerk).await;
    phone.until(&mark).await;
    assert!(ids.iter().all(|id| phone.operation(id).is_some()), "{:?}", phone.told);
    let mut again = Phone { client: public, kinds: before, first: 2, cursor: first, told: Vec::new() };
    let page = again.next().await;
    assert_eq!(page["hasMore"], true);
    again.cursor = text(&page["changes"][0]["cursor"]);
    again.told.truncate(1);
    again.until(&mark).await;
    assert!(ids.iter().all(|id| again.operation(id).is_some()), "{:?}", again.told);
}

#[tokio::test]
async fn w4_what_was_readable_is_told_to_be_gone_and_what_never_was_is_not_told() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, open) = organization(&clerk, "公開の会").await;
    let (_, hidden) = organization(&clerk, "非公開の会").await;
    let officer = "mutation($id: ID!) { officerAppoint(input: {organizationId: $id, role: DIRECTOR, name: \"公 一郎\", nameKana: \"な\", namePublic: true, termStart: \"2026-04-01\"}) { id } }";
    let chair = town.over(Role::OrgOfficer, ScopeKind::Organization, &open).await;
    let officer = text(&chair.run(officer, json!({ "id": open })).await.data()["officerAppoint"]["id"]);
    clerk.run(UNPUBLISH, json!({ "id": hidden })).await.data();
    let mut before = Phone::new(&town.public()).await;
    before.until(&marker(&clerk).await).await;
    before.told.clear();
    clerk.run(PHONE, json!({ "id": hidden, "phone": "1" })).await.data();
    clerk.run(UNPUBLISH, json!({ "id": open })).await.data();
    clerk.run(PHONE, json!({ "id": open, "phone": "2" })).await.data();
    let (mut staff, mark) = (Phone::new(&clerk).await, marker(&clerk).await);
    before.until(&mark).await;
    assert_eq!(before.operation(&open), Some("GONE"));
    assert_eq!(before.of_object(&open).expect("told")["node"], Value::Null);
    assert_eq!(before.operation(&officer), Some("GONE"), "it is read by whoever reads the organization");
    assert_eq!(before.operation(&hidden), None, "nobody of the public could read it");
    assert_eq!(before.told.len(), 3, "{:?}", before.told);
    clerk.run("mutation($id: ID!) { organizationPublish(id: $id) { id } }", json!({ "id": open })).await.data();
    let mark = marker(&clerk).await;
    before.until(&mark).await;
    staff.until(&mark).await;
    assert_eq!(before.operation(&open), Some("UPDATED"));
    assert_eq!(before.operation(&officer), Some("UPDATED"), "they can be read again");
    assert_eq!(staff.operation(&open), Some("UPDATED"));
}

#[tokio::test]
async fn w4_the_minutes_are_told_with_their_publication_and_not_before() {
    let hall = Hall::new().await;
    let mut phone = Phone::new(&hall.town.public()).await;
    let id = hall.submitted().await;
    phone.until(&marker(&hall.planner).await).await;
    assert!(phone.operation(&id).is_some());
    assert!(phone.told.iter().all(|change| change["kind"] != "ROUNDTABLE_PASSAGE"), "{:?}", phone.told);
    let publish = include_str!("../../docs/stories/39-roundtable-minutes-publish.graphql");
    hall.planner.run(publish, json!({ "id": id })).await.data();
    phone.until(&marker(&hall.planner).await).await;
    let passage = phone.told.iter().find(|change| change["kind"] == "ROUNDTABLE_PASSAGE").expect("told");
    assert_eq!(passage["node"]["text"], "論点提供");
}

#[tokio::test]
async fn what_is_deleted_is_gone_for_those_who_could_read_it() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, open) = organization(&clerk, "公開の会").await;
    let (_, hidden) = organization(&clerk, "非公開の会").await;
    clerk.run(UNPUBLISH, json!({ "id": hidden })).await.data();
    let (mut public, mut staff) = (Phone::new(&town.public()).await, Phone::new(&clerk).await);
    let mark = marker(&clerk).await;
    public.until(&mark).await;
    public.told.clear();
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    for id in [&open, &hidden] {
        let id = entaku::kernel::id::decode(id).expect("an id").1;
        let gone = sqlx::query("DELETE FROM organizations WHERE municipality_id = $1 AND id = $2");
        gone.bind(town.id.0).bind(id).execute(&mut superuser).await.expect("deleted");
    }
    let mark = marker(&clerk).await;
    public.until(&mark).await;
    staff.until(&mark).await;
    assert_eq!((public.operation(&open), public.operation(&hidden)), (Some("GONE"), None));
    assert_eq!((staff.operation(&open), staff.operation(&hidden)), (Some("GONE"), Some("GONE")));
}

#[tokio::test]
async fn another_appointment_means_to_start_anew() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, id) = organization(&clerk, "非公開の会").await;
    clerk.run(UNPUBLISH, json!({ "id": id })).await.data();
    let (account, member) = town.person(Role::Resident, ScopeKind::Municipality, None).await;
    let mut phone = Phone::new(&member).await;
    assert_eq!(phone.next().await["resync"], false);
    let organization = entaku::kernel::id::decode(&id).expect("an id").1;
    town.appoint(account, Role::OrgMember, ScopeKind::Organization, Some(organization)).await;
    let anew = phone.next().await;
    assert_eq!((&anew["resync"], &anew["reason"]), (&json!(true), &json!("APPOINTMENTS_CHANGED")));
    assert_eq!((&anew["changes"], &anew["hasMore"]), (&json!([]), &json!(false)));
    clerk.run(PHONE, json!({ "id": id, "phone": "1" })).await.data();
    phone.until(&marker(&clerk).await).await;
    assert_eq!(phone.operation(&id), Some("UPDATED"));
    town.dismiss(account).await;
    clerk.run(PHONE, json!({ "id": id, "phone": "2" })).await.data();
    assert_eq!(phone.next().await["resync"], true);
}

#[tokio::test]
async fn z9_a_cursor_is_for_its_reader_its_town_and_its_kinds() {
    let (town, other) = (Town::new().await, Town::new().await);
    let resident = town.resident().await;
    let cursor = Phone::new(&resident).await.cursor;
    let ask = async |client: &Client, kinds: Value| {
        client.run(SINCE, json!({ "cursor": cursor, "kinds": kinds })).await.code()
    };
    for client in [town.public(), town.resident().await, other.public()] {
        assert_eq!(ask(&client, Value::Null).await, "INVALID_INPUT/CURSOR");
    }
    assert_eq!(ask(&resident, json!(["DISTRICT"])).await, "INVALID_INPUT/CURSOR");
    let bad = json!({ "cursor": format!("{cursor}x") });
    resident.run(SINCE, bad).await.expect_code("INVALID_INPUT/CURSOR");
    for first in [0, 101, -1] {
        resident.run(SINCE, json!({ "cursor": cursor, "first": first })).await.expect_code("INVALID_INPUT");
    }
    resident.run(SINCE, json!({ "kinds": ["NOTHING"] })).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    Client::new(town.app.clone()).run(SINCE, json!({})).await.expect_code("BAD_REQUEST/MUNICIPALITY_REQUIRED");
}

#[tokio::test]
async fn another_town_is_told_nothing() {
    let here = Town::new().await;
    let there = Town::beside(here.app.clone()).await;
    let (clerk, abroad) = (here.staff(Role::PlanningStaff).await, there.staff(Role::PlanningStaff).await);
    let mut phone = Phone::new(&clerk).await;
    let (district, id) = organization(&abroad, "よその会").await;
    phone.until(&marker(&clerk).await).await;
    assert_eq!((phone.operation(&district), phone.operation(&id)), (None, None));
    assert_eq!(phone.told.len(), 1, "{:?}", phone.told);
}

#[tokio::test]
async fn old_events_are_cleared_and_old_cursors_refused() {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    let app = town.app.clone();
    let runner =
        Runner::new(&own.url("entaku_worker"), app.database.clone(), app.keys.clone(), app.clock.clone(), Vec::new());
    let runner = runner.expect("a runner");
    let public = town.public();
    let mut phone = Phone::new(&public).await;
    let count = async || {
        let mut worker = PgConnection::connect(&own.url("entaku_worker")).await.expect("a connection");
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM events").fetch_one(&mut worker).await.expect("a count")
    };
    let old = count().await;
    assert!(old > 0);
    app.clock.advance(Duration::days(89));
    assert_eq!(runner.clear_events().await.expect("cleared"), 0);
    phone.next().await;
    let (kept, clerk) = (phone.cursor.clone(), town.staff(Role::PlanningStaff).await);
    let mark = marker(&clerk).await;
    app.clock.advance(Duration::days(3));
    let cleared = runner.clear_events().await.expect("cleared");
    assert_eq!(i64::try_from(cleared).expect("a number"), old);
    assert!(count().await > 0, "the young ones are kept");
    phone.until(&mark).await;
    app.clock.advance(Duration::days(88));
    let refused = public.run(SINCE, json!({ "cursor": kept })).await.expect_code("INVALID_INPUT/CURSOR_EXPIRED");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["path"], "cursor");
    assert_eq!(phone.next().await["resync"], false, "its cursor is younger");
}

#[tokio::test]
async fn however_much_has_changed_it_takes_as_many_statements() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (mut one, mut many) = (Phone::new(&clerk).await, Phone::new(&clerk).await);
    let (_, id) = organization(&clerk, "一つ目の会").await;
    clerk.run(UNPUBLISH, json!({ "id": id })).await.data();
    one.until(&id).await;
    let before = one.cursor.clone();
    for n in 0..12 {
        let (_, id) = organization(&clerk, &format!("会{n}")).await;
        clerk.run(UNPUBLISH, json!({ "id": id })).await.data();
    }
    let mark = marker(&clerk).await;
    one.until(&mark).await;
    many.until(&mark).await;
    let public = town.public();
    let beginning = public.statements(SINCE, json!({})).await;
    assert_eq!(beginning, 1, "the cursor alone");
    // The events; districts; organizations, and who could read them.
    one.cursor = before;
    assert_eq!(clerk.statements(SINCE, one.variables()).await, 4 + identifying(&clerk).await);
}

/// How many statements it takes to know who asks.
async fn identifying(client: &Client) -> u64 {
    client.statements("{ __typename }", json!({})).await
}

#[tokio::test]
async fn its_cost_is_known_before() {
    let town = Town::new().await;
    let explain = "query($document: String!) { explainCost(document: $document) { requested } }";
    let cost = async |document: &str| {
        let data = town.public().run(explain, json!({ "document": document })).await.data();
        data["explainCost"]["requested"].as_i64().expect("points")
    };
    let little = cost("{ changesSince(first: 1) { cursor } }").await;
    let much =
        cost("{ changesSince { changes { node { ... on District { organizations(first: 10) { nodes { id } } } } } } }")
            .await;
    assert!(little >= 10 && much >= little + 100, "{little} {much}");
    let endless = "{ changesSince { changes { node { ... on District { organizations(first: 100) { nodes {
        officers { organization { district { organizations(first: 100) { nodes { id } } } } } } } } } } } }";
    town.public().run(endless, json!({})).await.expect_code("BAD_REQUEST/TOO_COMPLEX");
}

/// Events must remember all that reading depends on, or somebody who was away would not be told what is gone.
#[tokio::test]
async fn events_remember_what_every_shape_is_read_by() {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let triggers: Vec<(String, String, Vec<String>)> = sqlx::query_as(
        "SELECT c.relname::text, t.tgname::text, string_to_array(encode(t.tgargs, 'escape'), '\\000')
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'changed' OR t.tgname LIKE 'opens\\_%'",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue");
    let arg = |table: &str, trigger: &str, n: usize| {
        let found = triggers.iter().find(|(t, name, _)| t == table && name == trigger);
        let words = found.and_then(|(_, _, args)| args.get(n)).map_or("", String::as_str);
        words.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
        let told = triggers.iter().any(|(table, name, _)| table == shape.table && name == "changed");
        let told = told && arg(shape.table, "changed", 4).is_empty();
        assert_eq!(told, shape.is_told(), "{}: events, or none? The shape and the trigger must agree", shape.table);
        if !told {
            continue;
        }
        let judged = arg(shape.table, "changed", 2);
        for column in read_by(shape) {
            assert!(judged.contains(&column), "{} is read by {column}: judged_by", shape.table);
        }
        for (other, columns) in looked_at(shape) {
            let opens = arg(&other, &format!("opens_{}", shape.table), 3);
            let parent = arg(shape.table, "changed", 1);
            assert!(parent.iter().any(|p| p.starts_with(&format!("{other}."))), "{}: part_of {other}", shape.table);
            for column in columns {
                assert!(opens.contains(&column), "{} is read by {other}.{column}: opened_by", shape.table);
                assert!(arg(shape.table, "changed", 3).contains(&column), "{}: {other}.{column}", shape.table);
            }
        }
    }
}

/// The columns of a shape on which it depends who reads it; id and municipality never change.
fn read_by(shape: &ShapeDef) -> Vec<String> {
    use entaku::kernel::policy::Over;
    let permits = shape.permits.iter().filter(|permit| permit.action == Action::READ);
    let columns = permits.filter_map(|permit| match permit.over {
        Over::Scope(_, column) | Over::ScopeWhere(_, column, _) | Over::Own(column) | Over::Others(column) => {
            Some(column.to_owned())
        }
        Over::Municipality | Over::SignedIn => None,
    });
    columns.chain(named("t", &conditions(shape))).filter(|column| column != "id").collect()
}

/// Under which everybody reads, and those who read something before everybody does.
fn conditions(shape: &ShapeDef) -> String {
    use entaku::kernel::policy::Over;
    let before = shape.permits.iter().filter_map(|permit| match permit.over {
        Over::ScopeWhere(_, _, condition) => Some(condition),
        _ => None,
    });
    before.chain(shape.published).collect::<Vec<_>>().join(" ; ")
}

/// The other tables a shape's conditions look at, with their columns.
fn looked_at(shape: &ShapeDef) -> Vec<(String, Vec<String>)> {
    let condition = conditions(shape);
    let condition = condition.as_str();
    let tables = condition.split(" FROM ").skip(1).map(|rest| {
        let mut words = rest.split(' ');
        let (table, alias) = (words.next().expect("a table"), words.next().expect("an alias"));
        (table.to_owned(), named(alias, condition).into_iter().filter(|column| column != "id").collect())
    });
    tables.collect()
}

/// The columns of an alias in a condition, the municipality apart.
fn named(alias: &str, condition: &str) -> Vec<String> {
    let words = condition.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    let columns = words.filter_map(|word| word.strip_prefix(&format!("{alias}.")));
    columns.filter(|column| *column != "municipality_id").map(str::to_owned).collect()
}

#[tokio::test]
async fn a_queue_that_is_sent_again_has_one_effect_and_who_was_late_is_told_the_other_side() {
    let town = Town::new().await;
    let (ours, theirs) = (town.staff(Role::PlanningStaff).await, town.staff(Role::PlanningStaff).await);
    let (_, id) = organization(&ours, "電波の届かない会").await;
    let change = "mutation($id: ID!, $revision: Int, $phone: String, $email: String) {
        organizationChange(id: $id, input: {revision: $revision, phone: $phone, email: $email}) { revision phone email } }";
    let queue = [
        ("a", json!({ "id": id, "revision": 2, "phone": "0854" })),
        ("b", json!({ "id": id, "revision": 3, "email": "sato@example.jp" })),
    ];
    let send = async |n: usize| ours.with("idempotency-key", queue[n].0).run(change, queue[n].1.clone()).await;
    // The answer to the first is lost: it is sent again, though its revision is no longer the newest.
    let first = send(0).await.data();
    assert_eq!(send(0).await.data(), first);
    assert_eq!(first["organizationChange"]["revision"], 3);
    theirs.run(change, json!({ "id": id, "phone": "0000" })).await.data();
    let late = send(1).await.expect_code("CONFLICT/STALE");
    let other_side = &late.body["errors"][0]["extensions"]["otherSide"];
    assert_eq!(other_side["revision"], 4);
    assert_eq!(
        other_side["changes"],
        json!([{ "revision": 4, "at": "2026-05-20T01:00:00Z", "by": { "id": other_side["changes"][0]["by"]["id"], "name": "試験 太郎" },
            "fields": [{ "name": "phone", "before": "0854", "after": "0000" }] }])
    );
    // It is merged by the client and sent under a new key; the old key still refuses.
    send(1).await.expect_code("CONFLICT/STALE");
    let merged = json!({ "id": id, "revision": 4, "email": "sato@example.jp" });
    let merged = ours.with("idempotency-key", "c").run(change, merged).await.data();
    assert_eq!(merged["organizationChange"], json!({ "revision": 5, "phone": "0000", "email": "sato@example.jp" }));
}

#[tokio::test]
async fn m3_the_other_side_shows_no_more_than_the_object_does() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let (account, first) = hall.town.person(Role::Liaison, ScopeKind::District, Some(hall.district())).await;
    first.run(PASSAGE, passage(&id, 1, None, "書記の記録")).await.data();
    let late = hall.officer.run(PASSAGE, passage(&id, 1, None, "私の記録")).await.expect_code("CONFLICT/STALE");
    let change = &late.body["errors"][0]["extensions"]["otherSide"]["changes"][0];
    assert_eq!(change["by"], Value::Null, "an officer does not know the accounts of the town hall");
    assert!(!late.text.contains("試験 太郎"), "{}", late.text);
    assert!(!late.text.contains(&account.0.simple().to_string()), "{}", late.text);
    let fields = change["fields"].as_array().expect("fields");
    assert!(fields.contains(&json!({ "name": "text", "before": null, "after": "書記の記録" })), "{change}");
    assert!(fields.contains(&json!({ "name": "roundtable" })), "of other objects only the name: {change}");
    let late = hall.planner.run(PASSAGE, passage(&id, 1, None, "私の記録")).await.expect_code("CONFLICT/STALE");
    assert_eq!(late.body["errors"][0]["extensions"]["otherSide"]["changes"][0]["by"]["name"], "試験 太郎");
}
