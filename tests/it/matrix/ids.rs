//! Every id argument, with ids that mean nothing to whoever asks (Z3): of another municipality, deleted, never given,
//! of another kind, malformed.

use serde_json::{Value, json};
use uuid::Uuid;

use entaku::api::schema::Nouns;
use entaku::kernel::id::{decode, encode};
use entaku::kernel::read::Catalogue;

use super::Table;
use crate::support::{Town, World};

/// Where ids stand in variables, as JSON pointers.
pub fn places(variables: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(text) if decode(text).is_ok() => found.push(at.to_owned()),
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, value)| walk(value, &format!("{at}/{n}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(variables, "", &mut found);
    found
}

/// Whoever succeeded in an act tries it again with each id replaced: one answer, whatever the id was.
pub async fn every_id_is_tried(table: &mut Table) {
    let strangers = Strangers::of(table).await;
    for (name, (actor, document, variables)) in table.done.clone() {
        let client = actor.client.with("entaku-dry-run", "true");
        for at in places(&variables) {
            let id = variables.pointer(&at).and_then(Value::as_str).expect("an id").to_owned();
            let mut answers = Vec::new();
            for stranger in strangers.instead_of(&id) {
                let mut variables = variables.clone();
                *variables.pointer_mut(&at).expect("a place") = json!(stranger);
                answers.push((stranger, client.run(&document, variables).await));
            }
            let exempt = table.exempt.has("id", &format!("{name}{at}"));
            let (id, first) = &answers[0];
            table.check(exempt || first.code() == "NOT_FOUND", || format!("{name}{at} with {id}: {}", first.text));
            for (id, answer) in &answers[1..] {
                table.check(answer.text == first.text, || format!("{name}{at} with {id}: {}", answer.text));
            }
            for malformed in ["x", "org_1", "'; DROP TABLE accounts; --", &id.to_uppercase()] {
                let mut variables = variables.clone();
                *variables.pointer_mut(&at).expect("a place") = json!(malformed);
                let answer = client.run(&document, variables).await;
                let told = answer.code().starts_with("INVALID_INPUT");
                table.check(told, || format!("{name}{at} with {malformed}: {}", answer.text));
            }
        }
    }
    queries(table, &strangers).await;
}

/// The same of what is read: nothing is found, and no answer tells from which municipality it was.
async fn queries(table: &mut Table, strangers: &Strangers) {
    let reader = crate::standing::everybody(&table.world.town).await;
    for (field, kind) in table.schema.lookups() {
        let id = table.world.ids.get(kind.as_str()).or(table.world.ids.get("Account")).expect("ids")[0].clone();
        let query = format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}");
        for stranger in strangers.instead_of(&id) {
            let data = reader.run(&query, json!({ "id": stranger })).await.data();
            assert_eq!(data[&field], json!(null), "{field} of {stranger}");
        }
        for malformed in ["x", "org_1", "'; --"] {
            let answer = reader.run(&query, json!({ "id": malformed })).await;
            assert!(answer.code().starts_with("INVALID_INPUT"), "{field} of {malformed}: {}", answer.text);
        }
    }
    let (there, ours) = (strangers.foreign["Account"].clone(), table.world.ids["Account"][0].clone());
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let data = reader.run(nodes, json!({ "ids": [there, ours] })).await.data();
    assert_eq!(data["nodes"], json!([null, { "id": ours }]), "mixed");
    for (field, filter, argument) in table.schema.filters() {
        let Some(some) = table.some(&argument, "").filter(|_| argument.ends_with("Id")) else { continue };
        // What was deleted here past every key is still named by others.
        for stranger in strangers.instead_of(&some).into_iter().take(3) {
            let query = format!("query($filter: {filter}) {{ {field}(first: 1, filter: $filter) {{ totalCount }} }}");
            let answer = reader.run(&query, json!({ "filter": { argument.as_str(): stranger } })).await;
            let nothing = answer.body["data"][&field]["totalCount"] == 0;
            table.check(nothing, || format!("{field} of {argument} {stranger}: {}", answer.text));
        }
    }
}

/// Ids that mean nothing here.
struct Strangers {
    foreign: std::collections::HashMap<&'static str, String>,
    deleted: std::collections::HashMap<&'static str, String>,
}

impl Strangers {
    /// Those of another municipality, and of objects that were there and are deleted now.
    async fn of(table: &mut Table) -> Self {
        let there = Town::beside(table.world.town.app.clone()).await;
        entaku::demo::load_as(&there.app, "322091", there.code.as_str(), "no password").await.expect("a demo");
        let (mut foreign, mut deleted) = (std::collections::HashMap::new(), std::collections::HashMap::new());
        let used: Vec<Value> = table.done.values().map(|(_, _, variables)| variables.clone()).collect();
        let used: String = used.iter().map(Value::to_string).collect();
        for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
            if let Some(id) = World::ids_of(&there, shape).await.into_iter().next() {
                foreign.insert(shape.name, id);
            }
            // Accounts sign in, and the town's own settings are one.
            let keep = ["Account", "Session", "Appointment", "MunicipalitySettings"].contains(&shape.name);
            let last = table.world.ids[shape.name].iter().rev().find(|id| !used.contains(id.as_str()));
            if let Some(id) = last.filter(|_| !keep) {
                let sql = format!("DELETE FROM {} WHERE id = '{}'", shape.table, super::uuid(id));
                if table.keeper.force(&sql).await == 1 {
                    deleted.insert(shape.name, id.clone());
                }
            }
        }
        Self { foreign, deleted }
    }

    /// What is tried instead of an id: the first was never given to anything.
    fn instead_of(&self, id: &str) -> Vec<String> {
        let (prefix, own) = decode(id).expect("an id");
        let kind = Nouns::queries().shapes().iter().find(|shape| shape.prefix == prefix).expect("a kind").name;
        let other = if prefix == "org" { "dst" } else { "org" };
        let mut ids = vec![encode(prefix, Uuid::now_v7()), encode(prefix, Uuid::nil()), encode(other, own)];
        ids.extend(self.foreign.get(kind).cloned());
        ids.extend(self.deleted.get(kind).cloned());
        ids
    }
}
