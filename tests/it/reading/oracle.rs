//! A slow reader of the same declarations. It knows no plan and no statement: it goes from object to object
//! over facts that were read table by table, asks the policy of each, and writes the JSON it expects.

use chrono::{DateTime, Utc};
use entaku::api::schema::Nouns;
use entaku::kernel::id::{decode, encode};
use entaku::kernel::policy::Action;
use entaku::kernel::principal::Principal;
use entaku::kernel::read::{Catalogue, Children, Field as Declared, Key, Mask, ShapeDef, Source};
use serde_json::Value;
use uuid::Uuid;

use super::ask::{Field, Item, Of, Root, Vars};
use super::facts::{Facts, Record};
use super::lists::Page;
use crate::support::SchemaView;

/// The most rows of a plain list.
const MANY: usize = 500;

/// A reader of some facts as somebody.
pub struct Oracle<'a> {
    pub facts: &'a Facts,
    pub schema: &'a SchemaView,
    pub who: &'a Principal,
    pub vars: Vars,
    /// Does it forget the masks?
    pub careless: bool,
}

/// The fields under each key, and what is selected below them together.
type Keys<'q> = Vec<(&'q str, &'q Field, Vec<&'q Item>)>;

fn collect<'q>(items: impl IntoIterator<Item = &'q Item>, ty: &str, vars: Vars, keys: &mut Keys<'q>) {
    for item in items {
        match item {
            Item::Field(field) if field.when.1(vars) => match keys.iter_mut().find(|(key, ..)| *key == field.key) {
                Some((.., below)) => below.extend(&field.items),
                None => keys.push((&field.key, field, field.items.iter().collect())),
            },
            Item::Fragment { on, when, items, .. } if when.1(vars) && fits(on.as_deref(), ty) => {
                collect(items, ty, vars, keys);
            }
            _ => {}
        }
    }
}

/// Does a fragment apply to a type?
fn fits(on: Option<&str>, ty: &str) -> bool {
    on.is_none_or(|on| on == ty || on == "Node")
}

fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn or_null(value: Option<String>) -> String {
    value.unwrap_or_else(|| "null".to_owned())
}

impl Oracle<'_> {
    /// The JSON of `data`.
    pub fn data(&self, roots: &[Root]) -> String {
        let here = (self.vars.yes && !self.vars.no).then(|| "\"here\":null".to_owned());
        let asked = roots.iter().filter(|root| root.when.1(self.vars));
        let parts = asked.map(|root| format!("{}:{}", quoted(&root.key), self.root(root)));
        format!("{{{}}}", here.into_iter().chain(parts).collect::<Vec<_>>().join(","))
    }

    /// The JSON of an object of a type, part by part.
    fn composite(&self, items: &[&Item], ty: &str, part: impl Fn(&Field, &[&Item]) -> String) -> String {
        let mut keys = Keys::new();
        collect(items.iter().copied(), ty, self.vars, &mut keys);
        let parts = keys.into_iter().map(|(key, field, below)| {
            let value = if field.name == "__typename" { quoted(ty) } else { part(field, &below) };
            format!("{}:{value}", quoted(key))
        });
        format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
    }

    /// The ids of a list at the root.
    pub fn listed(&self, shape: &'static ShapeDef, page: &Page) -> Vec<String> {
        let all = self.seen(shape, page.keys(shape, shape.order), |_| true);
        all.into_iter().map(|record| encode(shape.prefix, record.id)).collect()
    }

    fn root(&self, root: &Root) -> String {
        let items: Vec<&Item> = root.items.iter().collect();
        match &root.of {
            Of::One(id) => or_null(self.by_text(id, &items)),
            Of::Many(ids) => list(ids.iter().map(|id| or_null(self.by_text(id, &items)))),
            Of::List(shape, page) => {
                let all = self.seen(shape, page.keys(shape, shape.order), |_| true);
                self.connection(shape, all, page, &items)
            }
        }
    }

    fn by_text(&self, id: &str, items: &[&Item]) -> Option<String> {
        let (prefix, id) = decode(id).expect("an id");
        let shape = Nouns::queries().shapes().iter().find(|s| s.prefix == prefix).expect("a kind");
        self.by_id(shape, id, items)
    }

    fn by_id(&self, shape: &'static ShapeDef, id: Uuid, items: &[&Item]) -> Option<String> {
        let record = self.facts.table(shape).records.get(&id).filter(|r| self.sees(shape, r))?;
        Some(self.object(shape, record, items))
    }

    fn sees(&self, shape: &ShapeDef, record: &Record) -> bool {
        record.open
            || shape.allows(Action::READ, self.who, |name| record.names(name))
            || self.facts.is_told(shape, self.who, record)
    }

    /// The rows in an order that are wanted and may be seen.
    fn seen(&self, shape: &'static ShapeDef, keys: &[Key], wanted: impl Fn(&Record) -> bool) -> Vec<&Record> {
        let all = self.facts.table(shape).ordered(keys);
        all.filter(|record| wanted(record) && self.sees(shape, record)).collect()
    }

    /// The rows that point to a parent.
    fn children(&self, shape: &'static ShapeDef, by: Children, parent: Uuid, page: Option<&Page>) -> Vec<&Record> {
        let own = if by.order.is_empty() { shape.order } else { by.order };
        let keys = page.map_or(own, |page| page.keys(shape, own));
        let table = self.facts.table(shape);
        self.seen(shape, keys, |r| r.names(by.key) == Some(parent) && table.fulfils(by.when, r))
    }

    fn object(&self, shape: &'static ShapeDef, record: &Record, items: &[&Item]) -> String {
        self.composite(items, shape.name, |field, below| {
            let declared = shape.fields.iter().find(|f| f.name == field.name).expect("a field");
            if !self.careless && self.masked(declared, record) {
                return "null".to_owned();
            }
            self.value(shape, declared, record, field, below)
        })
    }

    fn masked(&self, field: &Declared, record: &Record) -> bool {
        field.mask.as_ref().is_some_and(|mask| self.keeps(mask, record))
    }

    fn keeps(&self, mask: &Mask, record: &Record) -> bool {
        let open = mask.unless.is_some_and(|column| record.column(column) == true);
        !open && !mask.permits.iter().any(|p| p.covers(self.who, |name| record.names(name)))
    }

    fn value(
        &self,
        shape: &'static ShapeDef,
        declared: &Declared,
        record: &Record,
        field: &Field,
        below: &[&Item],
    ) -> String {
        match declared.source {
            Source::Id => quoted(&encode(shape.prefix, record.id)),
            Source::Column(column, ..) => {
                scalar(record.column(column), &self.schema.type_of(shape.name, declared.name))
            }
            Source::One(child, column) => or_null(record.names(column).and_then(|id| self.by_id(child(), id, below))),
            Source::First(child, by) => {
                let found = self.children(child(), by, record.id, None);
                or_null(found.first().map(|first| self.object(child(), first, below)))
            }
            Source::Many(child, by) => {
                let found = self.children(child(), by, record.id, None);
                list(found.into_iter().take(MANY).map(|one| self.object(child(), one, below)))
            }
            Source::Connection(child, by) => {
                let page = field.page.as_ref().expect("a page");
                self.connection(child(), self.children(child(), by, record.id, Some(page)), page, below)
            }
            Source::Redacted => self.redacted(shape, record, below),
            Source::Computed(..) | Source::ViewerCan => unreachable!("never asked for"),
        }
    }

    fn redacted(&self, shape: &ShapeDef, record: &Record, items: &[&Item]) -> String {
        let masked = shape.fields.iter().filter(|f| f.kept().is_some_and(|mask| self.keeps(mask, record)));
        list(masked.map(|masked| {
            self.composite(items, "Redaction", |part, _| match part.name {
                "field" => quoted(masked.name),
                _ => quoted(masked.kept().expect("a mask").reason),
            })
        }))
    }

    fn connection(&self, shape: &'static ShapeDef, mut all: Vec<&Record>, page: &Page, items: &[&Item]) -> String {
        all.retain(|record| page.filter.as_ref().is_none_or(|filter| filter.passes(record)));
        let shown = &all[..all.len().min(page.first)];
        self.composite(items, &format!("{}Connection", shape.name), |part, below| match part.name {
            "nodes" => list(shown.iter().map(|record| self.object(shape, record, below))),
            "edges" => list(shown.iter().map(|record| {
                self.composite(below, &format!("{}Edge", shape.name), |_, below| self.object(shape, record, below))
            })),
            "totalCount" => all.len().to_string(),
            _ => self.composite(below, "PageInfo", |part, _| {
                (part.name == "hasNextPage" && all.len() > page.first).to_string()
            }),
        })
    }
}

/// A value of PostgreSQL's JSON as the schema's type writes it.
fn scalar(value: &Value, ty: &str) -> String {
    match (ty, value) {
        ("DateTime", Value::String(text)) => {
            let at: DateTime<Utc> = text.parse().expect("a time");
            quoted(&at.naive_utc().format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())
        }
        ("Int" | "Yen" | "FiscalYear" | "Boolean", Value::String(text)) => panic!("{ty} is the text {text}"),
        _ => value.to_string(),
    }
}
