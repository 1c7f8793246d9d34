//! The schema as a client sees it, and arguments made up from its types.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Client;

const INTROSPECTION: &str = "{ __schema { mutationType { name } queryType { name } types { kind name
    fields { name type { ...ref } args { name type { ...ref } } }
    inputFields { name type { ...ref } } enumValues { name } } } }
    fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// A type reference without its wrappers.
fn bare(reference: &Value) -> &Value {
    match &reference["ofType"] {
        Value::Null => reference,
        inner => bare(inner),
    }
}

/// The schema.
pub struct SchemaView {
    types: HashMap<String, Value>,
}

/// One mutation.
pub struct MutationView {
    pub name: String,
    pub payload: String,
    args: Vec<Value>,
}

impl SchemaView {
    /// Reads it by introspection.
    pub async fn read(client: &Client) -> Self {
        let data = client.run(INTROSPECTION, json!({})).await.data();
        let types = data["__schema"]["types"].as_array().expect("types").iter();
        Self { types: types.map(|t| (t["name"].as_str().expect("a name").to_owned(), t.clone())).collect() }
    }

    fn fields(&self, ty: &str) -> &Vec<Value> {
        self.types[ty]["fields"].as_array().expect("fields")
    }

    /// Every mutation.
    pub fn mutations(&self) -> Vec<MutationView> {
        let view = |f: &Value| MutationView {
            name: f["name"].as_str().expect("a name").into(),
            payload: bare(&f["type"])["name"].as_str().expect("a type").into(),
            args: f["args"].as_array().expect("args").clone(),
        };
        self.fields("Mutation").iter().map(view).collect()
    }

    /// The query fields that take just an id, with the type they give.
    pub fn lookups(&self) -> Vec<(String, String)> {
        let one = |f: &&Value| f["args"].as_array().is_some_and(|a| a.len() == 1 && a[0]["name"] == "id");
        let names = |f: &Value| (text(&f["name"]), text(&bare(&f["type"])["name"]));
        self.fields("Query").iter().filter(one).map(names).collect()
    }

    /// The query fields that are connections, with the type of their nodes.
    pub fn lists(&self) -> Vec<(String, String)> {
        let pairs = self.fields("Query").iter().filter_map(|f| {
            let ty = text(&bare(&f["type"])["name"]);
            Some((text(&f["name"]), ty.strip_suffix("Connection")?.to_owned()))
        });
        pairs.collect()
    }

    /// A document for a mutation and variables for it; `id` gives an id for an argument's name.
    pub fn document(&self, mutation: &MutationView, id: &dyn Fn(&str) -> Option<String>) -> (String, Value) {
        let mut variables = serde_json::Map::new();
        let (mut declared, mut given) = (Vec::new(), Vec::new());
        for arg in &mutation.args {
            let name = text(&arg["name"]);
            declared.push(format!("${name}: {}", written(&arg["type"])));
            given.push(format!("{name}: ${name}"));
            variables.insert(name.clone(), self.value(&name, &arg["type"], id));
        }
        let arguments = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
        let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
        let selection =
            if self.fields(&mutation.payload).iter().any(|f| f["name"] == "id") { "id" } else { "__typename" };
        (format!("mutation{declared} {{ {}{arguments} {{ {selection} }} }}", mutation.name), variables.into())
    }

    fn value(&self, name: &str, reference: &Value, id: &dyn Fn(&str) -> Option<String>) -> Value {
        match reference["kind"].as_str().expect("a kind") {
            "NON_NULL" => self.value(name, &reference["ofType"], id),
            "LIST" => json!([self.value(name, &reference["ofType"], id)]),
            "ENUM" => {
                let values = &self.types[reference["name"].as_str().expect("a name")]["enumValues"];
                values[0]["name"].clone()
            }
            "INPUT_OBJECT" => {
                let fields = &self.types[reference["name"].as_str().expect("a name")]["inputFields"];
                let field = |f: &Value| (text(&f["name"]), self.value(&text(&f["name"]), &f["type"], id));
                Value::Object(
                    fields.as_array().expect("fields").iter().map(field).filter(|(_, v)| !v.is_null()).collect(),
                )
            }
            _ => scalar(name, reference["name"].as_str().expect("a name"), id),
        }
    }
}

fn scalar(name: &str, ty: &str, id: &dyn Fn(&str) -> Option<String>) -> Value {
    match ty {
        "ID" => id(name).map_or(Value::Null, Value::from),
        "Int" => json!(1),
        "Yen" => json!(1000),
        "Boolean" => json!(true),
        "Date" => json!("2026-05-20"),
        "DateTime" => json!("2026-06-20T04:00:00Z"),
        "FiscalYear" => json!(2026),
        "Decimal" => json!("1"),
        "CorporateNumber" => json!("4000020242080"),
        "LocalGovernmentCode" => json!("322091"),
        _ if name.to_lowercase().contains("email") => json!("someone@example.jp"),
        _ => json!("文字"),
    }
}

fn written(reference: &Value) -> String {
    match reference["kind"].as_str().expect("a kind") {
        "NON_NULL" => format!("{}!", written(&reference["ofType"])),
        "LIST" => format!("[{}]", written(&reference["ofType"])),
        _ => text(&reference["name"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
