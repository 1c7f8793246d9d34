//! The schema as a client sees it, and arguments made up from its types.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{BaseType, ExecutableDocument, Type, VariableDefinition};
use serde_json::{Value, json};

use super::Client;

const INTROSPECTION: &str = "{ __schema { mutationType { name } queryType { name } types { kind name isOneOf
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

/// An argument's or a field's name, and its type.
fn named(field: &Value) -> (String, String) {
    (text(&field["name"]), text(&bare(&field["type"])["name"]))
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

    /// The names of the query root's fields.
    pub fn queries(&self) -> Vec<String> {
        self.fields("Query").iter().map(|field| text(&field["name"])).collect()
    }

    /// The names of the subscription root's fields.
    pub fn streams(&self) -> Vec<String> {
        self.fields("Subscription").iter().map(|field| text(&field["name"])).collect()
    }

    /// Every query field that can be filtered, with the type of its filter, for each id that the filter takes.
    pub fn filters(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for field in self.fields("Query") {
            let args = field["args"].as_array().expect("args");
            let Some(filter) = args.iter().find(|arg| arg["name"] == "filter") else { continue };
            let filter = text(&bare(&filter["type"])["name"]);
            for input in self.types[&filter]["inputFields"].as_array().expect("fields") {
                if input["type"]["name"] == "ID" {
                    found.push((text(&field["name"]), filter.clone(), text(&input["name"])));
                }
            }
        }
        found
    }

    /// The name of a field's type, without what wraps it.
    pub fn type_of(&self, ty: &str, field: &str) -> String {
        let field = self.fields(ty).iter().find(|f| f["name"] == field).expect("a field");
        text(&bare(&field["type"])["name"])
    }

    /// Has a type a field of this name?
    pub fn has_field(&self, ty: &str, name: &str) -> bool {
        self.fields(ty).iter().any(|field| field["name"] == name)
    }

    /// What a mutation cannot do without, of its arguments and of its input: names and types.
    pub fn required(&self, mutation: &MutationView) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for arg in mutation.args.iter().filter(|arg| arg["type"]["kind"] == "NON_NULL") {
            let ty = &self.types[&text(&bare(&arg["type"])["name"])];
            match ty["inputFields"].as_array() {
                Some(fields) => found.extend(fields.iter().filter(|f| f["type"]["kind"] == "NON_NULL").map(named)),
                None => found.push(named(arg)),
            }
        }
        found
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

    /// Variables for a document, made up from their types.
    pub fn variables(&self, document: &ExecutableDocument) -> Value {
        let nothing = |_: &str| Some("org_00000000000000000000000000000000".to_owned());
        let definitions = document.operations.iter().flat_map(|(_, o)| &o.node.variable_definitions);
        let one = |d: &Positioned<VariableDefinition>| {
            let name = d.node.name.node.to_string();
            let value = self.value(&name, &self.reference(&d.node.var_type.node), &nothing);
            (name, value)
        };
        Value::Object(definitions.map(one).collect())
    }

    /// The variables that a document cannot do without; `id` gives an id for an argument's name.
    pub fn needed(&self, document: &ExecutableDocument, id: &dyn Fn(&str) -> Option<String>) -> Value {
        let definitions = document.operations.iter().flat_map(|(_, o)| &o.node.variable_definitions);
        let needed = definitions.filter(|d| !d.node.var_type.node.nullable).map(|d| {
            let name = d.node.name.node.to_string();
            let value = self.value(&name, &self.reference(&d.node.var_type.node), id);
            (name, value)
        });
        Value::Object(needed.collect())
    }

    fn reference(&self, ty: &Type) -> Value {
        let inner = match &ty.base {
            BaseType::Named(name) => json!({"kind": self.types[name.as_str()]["kind"], "name": name.as_str()}),
            BaseType::List(of) => json!({"kind": "LIST", "ofType": self.reference(of)}),
        };
        if ty.nullable { inner } else { json!({"kind": "NON_NULL", "ofType": inner}) }
    }

    /// The fields that are filled in: of a one-of input the first that is not of its own type again.
    fn given(ty: &Value) -> Vec<&Value> {
        let fields = ty["inputFields"].as_array().expect("fields").iter();
        if ty["isOneOf"] == true {
            fields.filter(|f| bare(&f["type"])["name"] != ty["name"]).take(1).collect()
        } else {
            fields.collect()
        }
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
                let ty = &self.types[reference["name"].as_str().expect("a name")];
                let fields = Self::given(ty);
                let field = |f: &Value| (text(&f["name"]), self.value(&text(&f["name"]), &f["type"], id));
                Value::Object(fields.into_iter().map(field).filter(|(_, v)| !v.is_null()).collect())
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
        "Decimal" | "ExactNumber" => json!("1"),
        "VariableValues" => json!({}),
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
