//! Rows are changed and deleted in every way the database takes, whoever would be allowed to. Phones that only apply
//! what they are told must hold exactly what their owners may read, and must never hear of anything else.

use std::collections::{BTreeSet, HashMap};

use entaku::api::schema::Nouns;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::Catalogue;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::changes::{Phone, marker};
use crate::support::town::app;
use crate::support::{Client, World, database};

/// Tables whose rows make principals: with them everything changes at once.
const OF_PRINCIPALS: [&str; 3] = ["accounts", "appointments", "sessions"];
/// How many ids are read at once.
const AT_ONCE: usize = 100;

/// Somebody, and the ids they may read now, might ever have read, and hold.
struct Reader {
    client: Client,
    phone: Phone,
    held: BTreeSet<String>,
    ever: BTreeSet<String>,
}

impl Reader {
    async fn new(client: Client, world: &World, clerk: &Client) -> Self {
        let mut phone = Phone::new(&client).await;
        phone.until(&marker(clerk).await).await;
        phone.told.clear();
        let held = readable(&client, world).await;
        Self { client, phone, ever: held.clone(), held }
    }
}

/// The ids of a world that somebody may read.
async fn readable(client: &Client, world: &World) -> BTreeSet<String> {
    let told = Nouns::queries().shapes().iter().filter(|shape| shape.is_told());
    let ids: Vec<&String> = told.flat_map(|shape| &world.ids[shape.name]).collect();
    let mut found = BTreeSet::new();
    for some in ids.chunks(AT_ONCE * 10) {
        let mut variables = serde_json::Map::new();
        let (mut head, mut body) = (Vec::new(), String::new());
        for (n, chunk) in some.chunks(AT_ONCE).enumerate() {
            head.push(format!("$i{n}: [ID!]!"));
            body += &format!(" n{n}: nodes(ids: $i{n}) {{ id }}");
            variables.insert(format!("i{n}"), json!(chunk));
        }
        let query = format!("query({}) {{{body} }}", head.join(", "));
        let data = client.run(&query, Value::Object(variables)).await.data();
        let nodes = data.as_object().expect("fields").values().flat_map(|nodes| nodes.as_array().expect("nodes"));
        found.extend(nodes.filter_map(|node| Some(node["id"].as_str()?.to_owned())));
    }
    found
}

/// What is tried: the readers of a row are changed, or it is deleted.
fn attempts(judged: &HashMap<String, Vec<String>>) -> Vec<String> {
    let mut attempts = Vec::new();
    for shape in Nouns::queries().shapes().iter().filter(|s| s.is_told() && !OF_PRINCIPALS.contains(&s.table)) {
        let table = shape.table;
        for column in judged.get(table).into_iter().flatten() {
            for order in ["", " DESC"] {
                attempts.push(format!(
                    "UPDATE {table} t SET {column} = (SELECT o.{column} FROM {table} o WHERE o.municipality_id = t.municipality_id
                        AND o.{column} IS DISTINCT FROM t.{column} ORDER BY o.id{order} LIMIT 1)
                     WHERE t.municipality_id = $1 AND t.id = (SELECT id FROM {table} WHERE municipality_id = $1 ORDER BY id{order} LIMIT 1)"
                ));
            }
        }
    }
    for (table, change) in [
        ("organizations", "published = NOT published"),
        ("roundtables", "record_public = NOT record_public"),
        ("challenge_calls", "state = 'DRAFT'"),
        ("strategies", "state = 'DRAFT'"),
    ] {
        let row = format!("id IN (SELECT id FROM {table} WHERE municipality_id = $1 ORDER BY id LIMIT 4)");
        attempts.push(format!("UPDATE {table} SET {change} WHERE municipality_id = $1 AND {row}"));
    }
    for shape in Nouns::queries().shapes().iter().filter(|s| s.is_told() && !OF_PRINCIPALS.contains(&s.table)) {
        let table = shape.table;
        let row = format!("id = (SELECT id FROM {table} WHERE municipality_id = $1 ORDER BY id DESC LIMIT 1)");
        attempts.push(format!("DELETE FROM {table} WHERE municipality_id = $1 AND {row}"));
    }
    attempts
}

/// The marks are of this test, and everybody reads them.
fn is_mark(change: &Value, world: &World) -> bool {
    change["kind"] == "DISTRICT" && !world.ids["District"].iter().any(|id| change["objectId"] == *id)
}

async fn judged(superuser: &mut PgConnection) -> HashMap<String, Vec<String>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::text, coalesce((string_to_array(encode(t.tgargs, 'escape'), '\\000'))[3], '')
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'changed'",
    )
    .fetch_all(superuser)
    .await
    .expect("the catalogue");
    let words = |words: String| words.split(',').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    rows.into_iter().map(|(table, columns)| (table, words(columns))).collect()
}

#[tokio::test]
async fn w4_a_phone_holds_exactly_what_may_be_read_and_hears_of_nothing_else() {
    let world = World::new(app()).await;
    let town = &world.town;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (organization, district) = (&world.ids["CommunityOrganization"][0], &world.ids["District"][0]);
    let mut readers = Vec::new();
    for client in [
        town.public(),
        town.over(Role::OrgOfficer, ScopeKind::Organization, organization).await,
        town.over(Role::Liaison, ScopeKind::District, district).await,
        town.over(Role::Reviewer, ScopeKind::Proposal, &world.ids["ChallengeProposal"][0]).await,
        clerk.clone(),
    ] {
        readers.push(Reader::new(client, &world, &clerk).await);
    }
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let (mut taken, mut lost) = (0, 0);
    for attempt in attempts(&judged(&mut superuser).await) {
        // Many are against a rule of the database, which is as well.
        let done = sqlx::query(AssertSqlSafe(attempt)).bind(town.id.0).execute(&mut superuser).await;
        if done.is_ok_and(|done| done.rows_affected() > 0) {
            taken += 1;
            for reader in &mut readers {
                reader.ever.extend(readable(&reader.client, &world).await);
            }
        }
    }
    assert!(taken >= 30, "only {taken} changes were taken");
    let mark = marker(&clerk).await;
    for (n, reader) in readers.iter_mut().enumerate() {
        reader.phone.until(&mark).await;
        let before = reader.held.clone();
        for change in reader.phone.told.iter().filter(|change| !is_mark(change, &world)) {
            let id = change["objectId"].as_str().expect("an id").to_owned();
            assert!(reader.ever.contains(&id), "reader {n} hears of {change}");
            if change["operation"] == "GONE" {
                assert_eq!(change["node"], Value::Null);
                reader.held.remove(&id);
            } else {
                assert_eq!(change["node"]["id"], json!(id));
                reader.held.insert(id);
            }
        }
        let now = readable(&reader.client, &world).await;
        let differ: Vec<_> = reader.held.symmetric_difference(&now).collect();
        assert!(differ.is_empty(), "reader {n} holds what may not be read, or lacks what may: {differ:?}");
        lost += before.difference(&now).count();
    }
    assert!(lost >= 10, "only {lost} objects became unreadable");
}
