//! The columns of an export: the fields of a row and those of the single objects below it, labelled by the first
//! sentence of their descriptions. The page's own tables are made alike (`playground/src/result`).

use apollo_compiler::ast::{FragmentDefinition, Selection};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};
use chrono::NaiveDate;
use indexmap::IndexMap;
use serde_json::Value;

type Fragments = [Node<FragmentDefinition>];

/// A column.
#[derive(Debug)]
pub(in crate::api) struct Column {
    pub(super) label: String,
    path: Vec<String>,
    kind: Kind,
}

/// What stands in a column.
#[derive(Debug)]
enum Kind {
    Number,
    Day,
    Text,
    /// Words of a closed list, and how people say them.
    Words(IndexMap<String, String>),
    /// A list of objects, whose own columns stand in one cell.
    Objects(Vec<Column>),
}

/// What stands in one cell.
#[derive(Debug, PartialEq)]
pub(in crate::api) enum Cell {
    Empty,
    /// A number as it is written, so that nothing of it is lost.
    Number(String),
    Day(NaiveDate),
    Text(String),
}

/// The first sentence of a description, without its full stop.
pub(super) fn label(description: Option<&str>, otherwise: &str) -> String {
    let sentence = description.and_then(|text| text.split(['。', '\n']).next()).map_or("", str::trim);
    if sentence.is_empty() { otherwise.to_owned() } else { sentence.to_owned() }
}

/// The columns of the objects that a selection shows.
pub(super) fn columns(schema: &Schema, fragments: &Fragments, on: &str, set: &[Selection]) -> Vec<Column> {
    let mut found: Vec<Column> = Vec::new();
    for column in set.iter().flat_map(|selection| selected(schema, fragments, on, selection)) {
        // A key that is selected twice is shown once.
        if !found.iter().any(|known| known.path == column.path) {
            found.push(column);
        }
    }
    found
}

fn selected(schema: &Schema, fragments: &Fragments, on: &str, selection: &Selection) -> Vec<Column> {
    let field = match selection {
        Selection::Field(field) => field,
        Selection::InlineFragment(inline) => return columns(schema, fragments, on, &inline.selection_set),
        Selection::FragmentSpread(spread) => {
            let named = fragments.iter().find(|f| f.name == spread.fragment_name);
            return named.map_or_else(Vec::new, |f| columns(schema, fragments, on, &f.selection_set));
        }
    };
    let Ok(declared) = schema.type_field(on, &field.name) else { return Vec::new() };
    let key = field.response_name().to_string();
    let own = label(declared.description.as_deref(), &key);
    let below = declared.ty.inner_named_type();
    if field.selection_set.is_empty() {
        return vec![Column { label: own, path: vec![key], kind: kind(schema, below) }];
    }
    let inner = columns(schema, fragments, below, &field.selection_set);
    if declared.ty.is_list() {
        return vec![Column { label: own, path: vec![key], kind: Kind::Objects(inner) }];
    }
    inner.into_iter().map(|column| column.below(&key, &own)).collect()
}

fn kind(schema: &Schema, name: &str) -> Kind {
    match (name, schema.types.get(name)) {
        ("Int" | "Float" | "Yen" | "Decimal", _) => Kind::Number,
        ("Date", _) => Kind::Day,
        (_, Some(ExtendedType::Enum(words))) => {
            let said = |description: Option<&str>, word: &str| description.map_or(word, str::trim).to_owned();
            let words = words.values.iter();
            Kind::Words(words.map(|(w, v)| (w.to_string(), said(v.description.as_deref(), w))).collect())
        }
        _ => Kind::Text,
    }
}

impl Column {
    /// A column of texts or numbers that no document names.
    pub(in crate::api) fn named(label: &str) -> Self {
        Self { label: label.to_owned(), path: Vec::new(), kind: Kind::Text }
    }

    fn below(mut self, key: &str, outer: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self.label = if self.label == "ID" { format!("{outer}(ID)") } else { format!("{outer} › {}", self.label) };
        self
    }

    /// The cell of a row.
    pub(super) fn cell(&self, row: &Value) -> Cell {
        let value = self.path.iter().try_fold(row, |value, key| value.get(key)).unwrap_or(&Value::Null);
        match (value, &self.kind) {
            (Value::Null, _) => Cell::Empty,
            (Value::Number(number), _) => Cell::Number(number.to_string()),
            (Value::String(text), Kind::Number) => Cell::Number(text.clone()),
            (Value::String(text), Kind::Day) => text.parse().map_or_else(|_| Cell::Text(text.clone()), Cell::Day),
            _ => Cell::Text(self.said(value)),
        }
    }

    /// A value in words.
    fn said(&self, value: &Value) -> String {
        match (value, &self.kind) {
            (Value::Null, _) => String::new(),
            (Value::Array(items), _) => items.iter().map(|item| self.said(item)).collect::<Vec<_>>().join("; "),
            (Value::Bool(yes), _) => if *yes { "はい" } else { "いいえ" }.to_owned(),
            (Value::String(word), Kind::Words(words)) => words.get(word).unwrap_or(word).clone(),
            (Value::String(text), _) => text.clone(),
            (Value::Object(_), Kind::Objects(inner)) => {
                let parts = inner.iter().map(|column| column.within(value)).filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join(" ")
            }
            (other, _) => other.to_string(),
        }
    }

    fn within(&self, object: &Value) -> String {
        let value = self.path.iter().try_fold(object, |value, key| value.get(key));
        value.map_or_else(String::new, |value| self.said(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(kind: Kind) -> Column {
        Column { label: String::new(), path: vec!["a".into(), "b".into()], kind }
    }

    #[test]
    fn a_cell_is_what_people_read() {
        let words = IndexMap::from([("DRAFT".to_owned(), "下書き".to_owned())]);
        let cell = |kind, value: Value| column(kind).cell(&json!({"a": {"b": value}}));
        assert_eq!(cell(Kind::Words(words), json!("DRAFT")), Cell::Text("下書き".into()));
        assert_eq!(cell(Kind::Number, json!(9_007_199_254_740_993_i64)), Cell::Number("9007199254740993".into()));
        assert_eq!(cell(Kind::Number, json!("-1.50")), Cell::Number("-1.50".into()));
        assert_eq!(cell(Kind::Text, json!(true)), Cell::Text("はい".into()));
        assert_eq!(cell(Kind::Day, json!("2026-05-20")), Cell::Day("2026-05-20".parse().expect("a day")));
        let inner = vec![Column { label: String::new(), path: vec!["x".into()], kind: Kind::Text }];
        assert_eq!(
            cell(Kind::Objects(inner), json!([{"x": "一"}, {"x": null}, {"x": "二"}])),
            Cell::Text("一; ; 二".into())
        );
        assert_eq!(column(Kind::Text).cell(&json!({"a": null})), Cell::Empty);
    }
}
