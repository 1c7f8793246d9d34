//! Lists: how many, from where, which ones, in which order.

use async_graphql::{InputType, ServerError, Value};
use indexmap::IndexMap;

use crate::kernel::error::{Error, Result};
use crate::kernel::read::cursor;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;

/// One column of an order. The column is never null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The column.
    pub column: &'static str,
    /// Its PostgreSQL type, for the cursor's cast.
    pub ty: &'static str,
    /// Greatest first? All keys of one order go the same way.
    pub descending: bool,
}

impl Key {
    /// Smallest first.
    pub const fn up(column: &'static str, ty: &'static str) -> Self {
        Self { column, ty, descending: false }
    }

    /// Greatest first.
    pub const fn down(column: &'static str, ty: &'static str) -> Self {
        Self { column, ty, descending: true }
    }
}

/// An input object that narrows a list.
pub trait Filter: InputType {
    /// Adds its conditions.
    fn conditions(self, to: &mut Where);
}

/// An enum of orders.
pub trait Order: InputType {
    /// The columns it sorts by; the id follows by itself.
    fn keys(self) -> &'static [Key];
}

/// Conditions over `t`.
#[derive(Default)]
pub struct Where(Vec<(String, Vec<Param>)>);

impl Where {
    /// The column equals the value, where one is given.
    pub fn eq(&mut self, column: &'static str, value: Option<Param>) {
        if let Some(value) = value {
            self.0.push((format!("t.{column} = ?"), vec![value]));
        }
    }

    /// The column is one of the words, where a list is given.
    pub fn among(&mut self, column: &'static str, words: Option<Vec<String>>) {
        if let Some(words) = words {
            self.0.push((format!("t.{column} = ANY(?)"), vec![Param::Texts(words)]));
        }
    }

    /// A condition of our own text; each `?` is the next parameter.
    pub fn also(&mut self, condition: &'static str, params: Vec<Param>) {
        self.0.push((condition.to_owned(), params));
    }

    pub(crate) fn write(&self, sql: &mut Sql) {
        for (condition, params) in &self.0 {
            sql.push(" AND ");
            sql.fill(condition, params.iter().cloned());
        }
    }
}

/// The arguments of one list, checked.
pub(crate) struct ListArgs {
    pub(crate) first: i64,
    pub(crate) conditions: Where,
    pub(crate) keys: &'static [Key],
    after: Option<Vec<String>>,
    binding: String,
}

impl ListArgs {
    const DEFAULT: i64 = 20;
    const MOST: i64 = 100;

    /// Reads the arguments of a list of `shape`; `field` names the list for its cursors.
    pub(crate) fn read(
        shape: &ShapeDef,
        field: &str,
        args: &IndexMap<String, Value>,
        request: &Request,
    ) -> Result<Self, ServerError> {
        let given = |name: &str| args.get(name).filter(|v| !matches!(v, Value::Null));
        let first = first(given("first"))?;
        let mut conditions = Where::default();
        if let (Some(filter), Some(value)) = (&shape.filter, given("filter")) {
            (filter.apply)(value.clone(), &mut conditions)?;
        }
        let keys = match (&shape.orders, given("orderBy")) {
            (Some(orders), Some(value)) => (orders.keys)(value.clone())?,
            _ => shape.order,
        };
        let narrowed = given("filter").map(ToString::to_string).unwrap_or_default();
        let order: Vec<_> = keys.iter().map(|k| k.column).collect();
        let binding = format!("{field}|{}|{narrowed}|{}", shape.name, order.join(","));
        let after = match given("after") {
            Some(Value::String(text)) => {
                Some(cursor::open(text, &binding, keys.len() + 1, request).map_err(server_error)?)
            }
            _ => None,
        };
        Ok(Self { first, conditions, keys, after, binding })
    }

    /// Was the list asked for from the middle?
    pub(crate) fn resumed(&self) -> bool {
        self.after.is_some()
    }

    /// The cursor of a row whose key columns and id have these texts.
    pub(crate) fn cursor(&self, keys: &[String], request: &Request) -> String {
        cursor::seal(keys, &self.binding, request)
    }

    /// ` AND (keys, id) > (…)` where the list was asked for from the middle.
    pub(crate) fn write_after(&self, sql: &mut Sql) {
        let Some(after) = &self.after else { return };
        let columns: Vec<_> = self.keys.iter().map(|k| format!("t.{}", k.column)).collect();
        let compare = if self.descending() { "<" } else { ">" };
        sql.push(&format!(
            " AND ({}) {compare} (",
            columns.iter().map(String::as_str).chain(["t.id"]).collect::<Vec<_>>().join(", ")
        ));
        let types = self.keys.iter().map(|k| k.ty).chain(["uuid"]);
        for (i, (text, ty)) in after.iter().zip(types).enumerate() {
            sql.push(if i > 0 { ", " } else { "" });
            sql.param(Param::text(text));
            sql.push(&format!("::{ty}"));
        }
        sql.push(")");
    }

    fn descending(&self) -> bool {
        self.keys.iter().any(|k| k.descending)
    }
}

/// ` ORDER BY keys, id`, all in one direction.
pub(crate) fn write_order(keys: &[Key], sql: &mut Sql) {
    sql.push(" ORDER BY ");
    for key in keys {
        sql.push(&format!("t.{}{}, ", key.column, if key.descending { " DESC" } else { "" }));
    }
    sql.push(if keys.iter().any(|k| k.descending) { "t.id DESC" } else { "t.id" });
}

fn first(given: Option<&Value>) -> Result<i64, ServerError> {
    let Some(value) = given else { return Ok(ListArgs::DEFAULT) };
    let number = match value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    };
    number.filter(|n| (1..=ListArgs::MOST).contains(n)).ok_or_else(|| {
        server_error(Error::invalid("first", "RANGE", "件数は1から100までで指定してください。", "first is 1 to 100."))
    })
}

pub(crate) fn server_error(error: Error) -> ServerError {
    async_graphql::Error::from(error).into_server_error(async_graphql::Pos::default())
}
