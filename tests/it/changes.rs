//! `changesSince`: what somebody who was away is told, and what they are not.

mod costs;
mod cursors;
mod oracle;
mod other_side;
mod remembered;

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::organizations::{DISTRICT, organization, text};
use crate::roundtables::Hall;
use crate::support::database;
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
