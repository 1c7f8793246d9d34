//! What must hold of every noun, present and to come: coverage, isolation, the matrix. They read the
//! schema and the policy, so that a new mutation or type is tested without being named here.

use std::sync::Arc;

use entaku::api::schema::Nouns;
use entaku::kernel::principal::{Principal, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, ShapeDef, faults};
use entaku::organizations::shapes::District;
use sea_orm::Iterable;
use serde_json::json;
use sqlx::{Connection, PgConnection, Row};

use crate::support::town::app;
use crate::support::{Client, SchemaView, Town, World, database};

/// Mutations of those who cannot be signed in, or prove it by what they bring: not acts on an object with a policy row.
/// This list may only grow by such.
const WITHOUT_POLICY: &[&str] = &[
    "sessionSignIn",
    "sessionRefresh",
    "passwordChange",
    "passwordResetRequest",
    "passwordResetConfirm",
    "invitationAccept",
    "accountRegister",
    "accountRegistrationConfirm",
    "emailChangeConfirm",
    "invitationAcceptWithIdentity",
];

#[tokio::test]
async fn every_mutation_has_a_policy_row_and_every_policy_row_a_mutation() {
    let schema = SchemaView::read(&Client::new(app())).await;
    let mutations: Vec<String> = schema.mutations().into_iter().map(|m| m.name).collect();
    let acts: Vec<&str> = Nouns::queries().shapes().iter().flat_map(|s| s.acts.iter().map(|a| a.action.0)).collect();
    for name in &mutations {
        let known = acts.contains(&name.as_str()) || WITHOUT_POLICY.contains(&name.as_str());
        assert!(known, "{name} has no row in the policy");
    }
    for act in acts {
        assert!(mutations.iter().any(|m| m == act), "the policy names {act}, which is no mutation");
    }
    for name in WITHOUT_POLICY {
        assert!(mutations.iter().any(|m| m == name), "{name} is gone: shorten the list");
    }
}

#[tokio::test]
async fn every_mutation_refuses_nobody() {
    let world = World::new(app()).await;
    let public = world.town.public();
    let schema = SchemaView::read(&public).await;
    for mutation in schema.mutations() {
        let (document, variables) = schema.document(&mutation, &|name| world.some(name, &mutation.payload));
        let code = public.run(&document, variables).await.code();
        let hidden = code == "NOT_FOUND";
        let refused = code == "UNAUTHENTICATED" || hidden || WITHOUT_POLICY.contains(&mutation.name.as_str());
        assert!(refused, "{} answers nobody with {code}", mutation.name);
    }
}

#[test]
fn no_two_types_share_a_prefix_or_a_table() {
    let shapes = Nouns::queries().shapes();
    for (i, one) in shapes.iter().enumerate() {
        for other in &shapes[i + 1..] {
            assert!(one.prefix != other.prefix, "{} and {} share the prefix {}", one.name, other.name, one.prefix);
            assert!(one.table != other.table, "{} and {} share a table", one.name, other.name);
        }
    }
}

/// The check that the server makes when it starts.
#[tokio::test]
async fn every_column_a_shape_names_is_there() {
    let town = Town::new().await;
    let request = Arc::new(town.app.request(Principal::public(), None));
    let faults = faults(Nouns::queries().shapes(), &town.app.database, &request).await.expect("the catalogue");
    assert_eq!(faults, Vec::<String>::new());
}

/// And it finds something.
#[tokio::test]
async fn a_shape_that_names_a_missing_column_is_a_fault() {
    let town = Town::new().await;
    let request = Arc::new(town.app.request(Principal::public(), None));
    let broken: &'static ShapeDef = Box::leak(Box::new(
        ShapeDef::new::<District>("District", "", "districts")
            .column::<String>("noSuchColumn", "")
            .column::<i32>("name", ""),
    ));
    let faults = faults(&[broken], &town.app.database, &request).await.expect("the catalogue");
    let expected = ["District: districts has no column no_such_column", "districts.name is text, not int4"];
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(expected.iter().all(|e| faults.iter().any(|f| f == e)), "{faults:?}");
}

/// A duty that names a column its row does not have would silently keep nobody apart.
#[test]
fn every_duty_names_columns_of_its_row_and_acts_of_its_shape() {
    for shape in Nouns::queries().shapes() {
        for duty in &shape.duties {
            assert!(shape.acts.iter().any(|a| a.action == duty.action), "{}: {}", shape.name, duty.action.0);
            for column in duty.columns {
                assert!(shape.row_columns().iter().any(|(name, _)| name == column), "{} has no {column}", shape.name);
            }
        }
        for hands in &shape.hands {
            assert!(shape.acts.iter().any(|a| a.action == hands.action), "{}: {}", shape.name, hands.action.0);
            assert!(hands.name.starts_with('_'), "{}: {} could be a column", shape.name, hands.name);
            let same = shape.hands.iter().filter(|other| other.name == hands.name);
            assert!(same.clone().all(|other| other.accounts == hands.accounts), "{}: {}", shape.name, hands.name);
        }
        for action in &shape.stepped_up {
            assert!(shape.acts.iter().any(|a| a.action == *action), "{}: {}", shape.name, action.0);
        }
    }
}

/// Z11, Z13: every table with a municipality is walled, led by it in its key, and not the application's own.
#[tokio::test]
async fn z11_z13_every_table_with_a_municipality_is_walled() {
    // Platform tables: ids, kinds and times, never content. This list may only shrink.
    const OPEN: [&str; 3] = ["events", "jobs", "municipalities"];
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let rows = sqlx::query(
        "SELECT c.relname::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS walled,
            pg_get_userbyid(c.relowner)::text AS owner,
            EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) AS both,
            (SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = c.oid AND i.indisprimary) AS led,
            has_table_privilege('entaku_app', c.oid, 'TRUNCATE') OR has_table_privilege('entaku_app', c.oid, 'REFERENCES') AS strong,
            ARRAY(SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = c.oid AND a.attname <> 'municipality_id') AS stray
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'municipality_id')
         ORDER BY 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue");
    assert!(rows.len() > 10);
    for row in rows {
        let name: String = row.get("name");
        assert_eq!(row.get::<String, _>("owner"), "entaku_owner", "{name}");
        assert!(!row.get::<bool, _>("strong"), "{name}");
        if !OPEN.contains(&name.as_str()) {
            assert!(row.get::<bool, _>("walled") && row.get::<bool, _>("both"), "{name} has no wall");
            assert_eq!(row.get::<String, _>("led"), "municipality_id", "{name}");
            assert!(row.get::<Vec<String>, _>("stray").is_empty(), "{name} has indexes not led by the municipality");
        }
    }
}

/// Z10, Z14: without a municipality nothing is seen, and nothing is written for another.
#[tokio::test]
async fn z10_z14_the_wall_holds_against_raw_sql() {
    let (here, there) = (Town::new().await, Town::new().await);
    let mut app = PgConnection::connect(&database::url("entaku_app")).await.expect("a connection");
    for setting in ["", "garbage"] {
        sqlx::query("SELECT set_config('entaku.municipality', $1, false)")
            .bind(setting)
            .execute(&mut app)
            .await
            .expect("set");
        let seen = sqlx::query("SELECT id FROM municipality_settings").fetch_all(&mut app).await;
        assert!(seen.map_or(true, |rows| rows.is_empty()), "{setting:?} sees rows");
    }
    let set = "SELECT set_config('entaku.municipality', $1, false)";
    sqlx::query(set).bind(here.id.0.to_string()).execute(&mut app).await.expect("set");
    let seen =
        sqlx::query("SELECT municipality_id FROM municipality_settings").fetch_all(&mut app).await.expect("rows");
    assert_eq!(seen.len(), 1);
    let move_row = "UPDATE municipality_settings SET municipality_id = $1";
    assert!(sqlx::query(move_row).bind(there.id.0).execute(&mut app).await.is_err());
    let insert =
        "INSERT INTO districts (municipality_id, id, name, area_unit) VALUES ($1, gen_random_uuid(), 'x', 'OAZA')";
    assert!(sqlx::query(insert).bind(there.id.0).execute(&mut app).await.is_err());
    let forge =
        "INSERT INTO audit_entries (municipality_id, at, act, kind, object_id, op) VALUES ($1, now(), '', '', $1, '')";
    assert!(sqlx::query(forge).bind(here.id.0).execute(&mut app).await.is_err());
}

/// Somebody who holds every role over a whole municipality, whatever it kept apart.
pub async fn everybody(town: &Town) -> Client {
    let tx = town.system();
    tx.run(Sql::new("UPDATE duty_separations SET ended_at = entaku_now() WHERE ended_at IS NULL"))
        .await
        .expect("ended");
    tx.commit().await.expect("committed");
    let (account, client) = town.person(Role::Admin, ScopeKind::Municipality, None).await;
    for role in Role::iter().filter(|r| *r != Role::Admin) {
        town.appoint(account, role, ScopeKind::Municipality, None).await;
    }
    client
}

/// Two towns: every root field and every id argument of one gets nothing of the other (Z3, Z4).
#[tokio::test]
async fn z3_z4_another_town_sees_none_of_it() {
    let world = World::new(app()).await;
    let stranger = everybody(&Town::beside(world.town.app.clone()).await).await;
    let schema = SchemaView::read(&stranger).await;
    for (kind, ids) in &world.ids {
        for id in ids {
            let data = stranger.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.data();
            assert_eq!(data["node"], json!(null), "{kind}");
        }
    }
    for (field, kind) in schema.lookups().into_iter().filter(|(name, _)| name != "node") {
        for id in world.ids.get(kind.as_str()).into_iter().flatten() {
            let query = format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}");
            assert_eq!(stranger.run(&query, json!({ "id": id })).await.data()[&field], json!(null));
        }
    }
    for (field, kind) in schema.lists() {
        let query = format!("{{ {field}(first: 100) {{ nodes {{ id }} }} }}");
        let data = stranger.run(&query, json!({})).await.data();
        for node in data[&field]["nodes"].as_array().expect("nodes") {
            let id = node["id"].as_str().expect("an id").to_owned();
            assert!(!world.ids.get(kind.as_str()).is_some_and(|ids| ids.contains(&id)), "{field} shows {id}");
        }
    }
    for mutation in schema.mutations().iter().filter(|m| !WITHOUT_POLICY.contains(&m.name.as_str())) {
        let (document, variables) = schema.document(mutation, &|name| world.some(name, &mutation.payload));
        let invented = replaced(&variables);
        if invented != variables {
            let answer = stranger.run(&document, variables.clone()).await;
            let random = stranger.run(&document, invented).await;
            assert_eq!(answer.code(), "NOT_FOUND", "{} with {variables}: {}", mutation.name, answer.text);
            assert_eq!(answer.text, random.text, "{}", mutation.name);
        }
    }
}

/// The same variables with ids that nothing has.
fn replaced(variables: &serde_json::Value) -> serde_json::Value {
    match variables {
        serde_json::Value::String(text) if entaku::kernel::id::decode(text).is_ok() => {
            let (prefix, _) = text.split_once('_').expect("an id");
            entaku::kernel::id::encode(prefix, uuid::Uuid::now_v7()).into()
        }
        serde_json::Value::Object(fields) => {
            serde_json::Value::Object(fields.iter().map(|(k, v)| (k.clone(), replaced(v))).collect())
        }
        serde_json::Value::Array(items) => items.iter().map(replaced).collect(),
        other => other.clone(),
    }
}

/// The number of statements depends on the selection, not on the number of rows.
#[tokio::test]
async fn one_parent_and_a_hundred_take_the_same_statements() {
    let world = World::new(app()).await;
    let query = "query($n: Int!) { organizations(first: $n) { totalCount nodes { name district { name latestStatistic { population } statistics { asOf } }
        facility { name } officers { name role account { name } viewerCan { action } } viewerCan { action } } } }";
    let reader = world.town.staff(Role::Admin).await;
    let mut counts = Vec::new();
    for n in [1, 100] {
        counts.push(reader.statements(query, json!({ "n": n })).await);
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0] <= 9, "{} statements", counts[0]);
}
