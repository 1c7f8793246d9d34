//! What the other side changed: for somebody whose change was refused because another was first (CONFLICT/STALE).
//!
//! It comes from the audit, as far as the reader may see the object and its fields now. Of fields that are not
//! everybody's, of personal ones, and of those made of other things, only the name is told, and that only to those who see them.

use async_graphql::Value;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Map;
use uuid::Uuid;

use crate::kernel::error::{Error, Result, Stale};
use crate::kernel::id::{TypedId, encode};
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::principal::AccountId;
use crate::kernel::read::cells::{Cells, FlatRow};
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::{Field, Source};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::viewer::{is_masked, object};
use crate::kernel::request::Request;
use crate::kernel::tx::Database;

/// What stands in the record for somebody's personal data.
const PERSONAL: &str = "***";
/// The most revisions that are told, the newest.
const MOST: usize = 20;

/// What was changed since the revision that was seen; nothing when the reader may not see the object.
///
/// # Errors
/// UNAVAILABLE without the database.
pub async fn other_side(
    stale: &Stale,
    shapes: &[&'static ShapeDef],
    database: &Database,
    request: &Request,
) -> Result<Option<Value>> {
    let Some(shape) = shapes.iter().find(|shape| shape.table == stale.table) else { return Ok(None) };
    let columns: Vec<(&'static str, Ty)> = [("revision", Ty::Int)].into_iter().chain(shape.scope_columns()).collect();
    let queries = [row(shape, &columns, stale), entries(stale), people(shapes, stale)];
    let queries = queries.into_iter().map(|sql| sql.into_query(request)).collect::<Result<Vec<_>>>()?;
    let found = database.read(request, &queries).await?;
    let [rows, entries, people] = found.as_slice() else { return Err(Error::internal("an answer is missing")) };
    let Some(row) = rows.first() else { return Ok(None) };
    let places: Vec<usize> = (0..columns.len()).collect();
    let cells = Cells::new(row, &columns, &places);
    let entries = entries.iter().rev().map(|entry| {
        let entry = Entry::of(entry)?;
        let fields = shape.fields.iter().filter_map(|field| entry.field(field, &cells, request)).collect();
        Ok(object([
            ("revision", Value::from(entry.revision)),
            ("at", Value::from(time(entry.at))),
            ("by", person(entry.actor, people)?),
            ("fields", Value::List(fields)),
        ]))
    });
    let changes = entries.collect::<Result<Vec<_>>>()?;
    Ok(Some(object([("revision", Value::from(cells.get::<i32>("revision")?)), ("changes", Value::List(changes))])))
}

/// The object itself, if it may be seen: what masks look at.
fn row(shape: &ShapeDef, columns: &[(&str, Ty)], stale: &Stale) -> Sql {
    let columns: Vec<_> = columns.iter().map(|(column, _)| format!("t.{column}")).collect();
    let mut sql = Sql::new(&format!("SELECT {} FROM {} t WHERE t.id = ", columns.join(", "), shape.table));
    sql.param(Param::Uuid(Some(stale.object)));
    sql.push(" AND ");
    write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql);
    sql
}

/// What the audit has of it, the newest first.
fn entries(stale: &Stale) -> Sql {
    let mut sql = Sql::new(
        "SELECT (a.after ->> 'revision')::int4, a.at, a.actor_id, coalesce(a.before, '{}')::text, a.after::text ",
    );
    write_entries(stale, &mut sql);
    sql.push(&format!(" ORDER BY 1 DESC LIMIT {MOST}"));
    sql
}

fn write_entries(stale: &Stale, sql: &mut Sql) {
    sql.fill(
        "FROM audit_entries a WHERE a.kind = ? AND a.object_id = ? AND a.op IN ('INSERT', 'UPDATE') \
         AND (a.after ->> 'revision')::int4 > ?::int4",
        [Param::text(stale.table), Param::Uuid(Some(stale.object)), Param::Int(Some(stale.seen.into()))],
    );
}

/// Those who changed it, as far as the reader may know them.
fn people(shapes: &[&'static ShapeDef], stale: &Stale) -> Sql {
    let mut sql = Sql::new("SELECT t.id, t.name FROM accounts t WHERE t.id IN (SELECT a.actor_id ");
    write_entries(stale, &mut sql);
    sql.push(") AND ");
    match shapes.iter().find(|shape| shape.prefix == AccountId::PREFIX) {
        Some(shape) => write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql),
        None => sql.push("false"),
    }
    sql
}

/// An entry of the audit.
struct Entry {
    revision: i32,
    at: DateTime<Utc>,
    actor: Option<Uuid>,
    before: Map<String, serde_json::Value>,
    after: Map<String, serde_json::Value>,
}

impl Entry {
    fn of(row: &FlatRow) -> Result<Self> {
        let map = |at| serde_json::from_str(row.get::<&str>(at, Ty::Text)?).map_err(Error::internal);
        Ok(Self {
            revision: row.get(0, Ty::Int)?,
            at: row.get(1, Ty::Time)?,
            actor: row.get(2, Ty::Uuid)?,
            before: map(3)?,
            after: map(4)?,
        })
    }

    /// The record does not keep the values of personal columns.
    fn is_personal(&self, column: &str) -> bool {
        [&self.before, &self.after].iter().any(|side| side.get(column).is_some_and(|kept| kept == PERSONAL))
    }

    /// What changed of a field; nothing where it did not or is not the reader's business.
    fn field(&self, field: &Field, cells: &Cells<'_>, request: &Request) -> Option<Value> {
        let columns = match field.source {
            Source::Column("revision", ..) => return None,
            Source::Column(column, ..) | Source::One(_, column) => vec![column],
            Source::Computed(columns, ..) => columns.to_vec(),
            _ => return None,
        };
        if !columns.iter().any(|column| self.after.contains_key(*column)) || is_masked(field, cells, request) {
            return None;
        }
        let name = ("name", Value::from(field.name));
        Some(match field.source {
            Source::Column(column, ty, _) if field.mask.is_none() && !self.is_personal(column) => object([
                name,
                ("before", value(self.before.get(column), ty)),
                ("after", value(self.after.get(column), ty)),
            ]),
            _ => object([name]),
        })
    }
}

/// A value as the field itself would show it.
fn value(kept: Option<&serde_json::Value>, ty: Ty) -> Value {
    let text = kept.and_then(serde_json::Value::as_str);
    match (ty, text.map(DateTime::parse_from_rfc3339)) {
        (Ty::Time, Some(Ok(at))) => Value::from(time(at.with_timezone(&Utc))),
        _ => kept.cloned().and_then(|kept| Value::from_json(kept).ok()).unwrap_or_default(),
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Somebody the reader may know, or null.
fn person(actor: Option<Uuid>, people: &[FlatRow]) -> Result<Value> {
    for row in people {
        let id: Uuid = row.get(0, Ty::Uuid)?;
        if Some(id) == actor {
            let name = ("name", Value::from(row.get::<&str>(1, Ty::Text)?));
            let id = ("id", Value::from(encode(AccountId::PREFIX, id)));
            return Ok(object([id, name]));
        }
    }
    Ok(Value::Null)
}
