//! What a municipality holds, read table by table as the system, with what PostgreSQL alone can say of a
//! row: is it published, does it fulfil a relation's condition, where does it stand in an order.

use std::collections::{HashMap, HashSet};

use entaku::api::schema::Nouns;
use entaku::kernel::policy::{Action, Over};
use entaku::kernel::principal::Principal;
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, Key, ShapeDef, Source};
use entaku::kernel::tx::Tx;
use serde_json::Value;
use uuid::Uuid;

use super::lists::ORDERS;
use super::stage::shape;
use crate::support::Town;

/// A row.
pub struct Record {
    pub id: Uuid,
    /// Everybody may read it.
    pub open: bool,
    row: Value,
}

impl Record {
    /// A column's value.
    pub fn column(&self, name: &str) -> &Value {
        self.row.get(name).unwrap_or_else(|| panic!("no column {name}"))
    }

    /// A column that names something.
    pub fn names(&self, name: &str) -> Option<Uuid> {
        self.column(name).as_str().map(|text| text.parse().expect("an id"))
    }
}

/// The rows of a shape.
#[derive(Default)]
pub struct Table {
    pub records: HashMap<Uuid, Record>,
    orders: HashMap<&'static [Key], Vec<Uuid>>,
    whens: HashMap<&'static str, HashSet<Uuid>>,
}

impl Table {
    /// All rows in an order.
    pub fn ordered(&self, keys: &[Key]) -> impl Iterator<Item = &Record> {
        self.orders[keys].iter().map(|id| &self.records[id])
    }

    /// Does the row fulfil a relation's condition?
    pub fn fulfils(&self, when: &str, record: &Record) -> bool {
        when.is_empty() || self.whens[when].contains(&record.id)
    }
}

/// What a municipality holds.
pub struct Facts {
    tables: HashMap<&'static str, Table>,
    /// Ids by kind, of here and of elsewhere.
    pub known_ids: HashMap<&'static str, Vec<Uuid>>,
}

impl Facts {
    /// Reads them all.
    pub async fn of(town: &Town) -> Self {
        let tx = town.system();
        let mut tables = HashMap::new();
        for shape in Nouns::queries().shapes().iter().filter(|shape| shape.gathered.is_none()) {
            tables.insert(shape.name, table(&tx, shape, town).await);
        }
        let ids = |(name, table): (&&'static str, &Table)| {
            let mut ids: Vec<Uuid> = table.records.keys().copied().collect();
            ids.sort_unstable();
            (*name, ids)
        };
        let known_ids = tables.iter().map(ids).collect();
        Self { tables, known_ids }
    }

    /// Ids of another municipality become known here.
    pub fn hear_of(&mut self, other: &Self) {
        for (name, ids) in &mut self.known_ids {
            ids.extend(other.tables[name].records.keys().copied().take(3));
        }
    }

    /// Reads the record anew if it has grown.
    pub async fn hear_of_looks(&mut self, town: &Town) {
        let (tx, record) = (town.system(), shape("AuditEntry").expect("the record"));
        let sql = format!("SELECT count(*) FROM {}", record.table);
        let rows: i64 = tx.rows(Sql::new(&sql)).await.expect("a number").remove(0).get(0);
        if usize::try_from(rows).expect("a number") > self.table(record).records.len() {
            self.tables.insert(record.name, table(&tx, record, town).await);
        }
    }

    /// May somebody read a row before everybody does, under a condition that the database alone can judge?
    pub fn is_told(&self, shape: &ShapeDef, who: &Principal, record: &Record) -> bool {
        let reading = shape.permits.iter().filter(|permit| permit.action == Action::READ);
        let mut told = reading.filter_map(|permit| match permit.over {
            Over::ScopeWhere(kind, column, when) => Some((permit.roles, kind, column, when)),
            _ => None,
        });
        told.any(|(roles, kind, column, when)| {
            let theirs = record.names(column).is_some_and(|id| who.scopes(roles, kind).contains(&id));
            theirs && self.table(shape).fulfils(when, record)
        })
    }

    /// The rows of a shape.
    pub fn table(&self, shape: &ShapeDef) -> &Table {
        &self.tables[shape.name]
    }
}

async fn table(tx: &Tx, shape: &ShapeDef, town: &Town) -> Table {
    let here = if shape.tenant { String::new() } else { format!(" WHERE t.id = '{}'", town.id.0) };
    let open = shape.published.unwrap_or("false");
    let of = shape.table;
    let mut table = Table::default();
    let sql = format!("SELECT t.id, to_jsonb(t) AS row, coalesce(({open}), false) AS open FROM {of} t{here}");
    for row in tx.rows(Sql::new(&sql)).await.expect(of) {
        let record = Record { id: row.get("id"), open: row.get("open"), row: row.get("row") };
        table.records.insert(record.id, record);
    }
    for keys in orders(shape) {
        let by: String = keys.iter().map(|k| format!("t.{}{}, ", k.column, direction(k.descending))).collect();
        let last = direction(keys.iter().any(|k| k.descending));
        let sql = format!("SELECT t.id FROM {of} t{here} ORDER BY {by}t.id{last}");
        table.orders.insert(keys, ids(tx, &sql).await);
    }
    for when in conditions(shape) {
        let sql = format!("SELECT t.id FROM {of} t WHERE {when}");
        table.whens.insert(when, ids(tx, &sql).await.into_iter().collect());
    }
    table
}

fn direction(descending: bool) -> &'static str {
    if descending { " DESC" } else { "" }
}

async fn ids(tx: &Tx, sql: &str) -> Vec<Uuid> {
    tx.rows(Sql::new(sql)).await.expect(sql).iter().map(|row| row.get("id")).collect()
}

/// The relations that lead to a shape: their conditions and orders.
fn leading_to(shape: &ShapeDef) -> impl Iterator<Item = (&'static str, &'static [Key])> {
    let fields = Nouns::queries().shapes().iter().flat_map(|s| &s.fields);
    fields.filter_map(|field| match field.source {
        Source::First(child, by) | Source::Many(child, by) | Source::Connection(child, by)
            if child().name == shape.name =>
        {
            Some((by.when, by.order))
        }
        _ => None,
    })
}

fn orders(shape: &ShapeDef) -> HashSet<&'static [Key]> {
    let asked = ORDERS.iter().filter(|(name, ..)| *name == shape.name).map(|(.., keys)| *keys);
    leading_to(shape).map(|(_, order)| order).chain(asked).chain([shape.order]).collect()
}

fn conditions(shape: &ShapeDef) -> HashSet<&'static str> {
    let told = shape.permits.iter().filter_map(|permit| match permit.over {
        Over::ScopeWhere(_, _, when) => Some(when),
        _ => None,
    });
    leading_to(shape).map(|(when, _)| when).filter(|when| !when.is_empty()).chain(told).collect()
}
