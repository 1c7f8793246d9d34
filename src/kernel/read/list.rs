//! Lists: how many, from where, which ones, in which order.

use async_graphql::{InputType, ServerError, Value};

use crate::kernel::error::{Error, Result};
use crate::kernel::read::column::Ty;
use crate::kernel::read::cursor;
use crate::kernel::read::select::{Env, Written};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;

/// One column of an order. The column is never null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The column.
    pub column: &'static str,
    /// Its type.
    pub ty: Ty,
    /// Greatest first? All keys of one order go the same way.
    pub descending: bool,
}

impl Key {
    /// Smallest first.
    pub const fn up(column: &'static str, ty: Ty) -> Self {
        Self { column, ty, descending: false }
    }

    /// Greatest first.
    pub const fn down(column: &'static str, ty: Ty) -> Self {
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

/// A condition over `t`, its parameters apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Condition {
    Equals(&'static str),
    Among(&'static str),
    Own(&'static str),
}

/// Conditions over `t`.
#[derive(Default)]
pub struct Where {
    conditions: Vec<Condition>,
    params: Vec<Param>,
}

impl Where {
    /// The column equals the value, where one is given.
    pub fn eq(&mut self, column: &'static str, value: Option<Param>) {
        if let Some(value) = value {
            self.conditions.push(Condition::Equals(column));
            self.params.push(value);
        }
    }

    /// The column is one of the words, where a list is given.
    pub fn among(&mut self, column: &'static str, words: Option<Vec<String>>) {
        if let Some(words) = words {
            self.conditions.push(Condition::Among(column));
            self.params.push(Param::Texts(words));
        }
    }

    /// A condition of our own text; each `?` is the next parameter.
    pub fn also(&mut self, condition: &'static str, params: Vec<Param>) {
        self.conditions.push(Condition::Own(condition));
        self.params.extend(params);
    }
}

/// A list of a plan, before a request brings its arguments.
pub(crate) struct ListSource {
    /// Its name, for its cursors.
    pub(crate) field: String,
    pub(crate) shape: &'static ShapeDef,
    pub(crate) written: Written,
}

/// What of a list's arguments the text of a statement depends on. Lists of the same form differ in
/// parameters only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    conditions: Vec<Condition>,
    pub(crate) keys: &'static [Key],
    resumed: bool,
}

/// The arguments of one list, checked.
#[derive(Clone)]
pub(crate) struct ListArgs {
    pub(crate) first: i64,
    pub(crate) form: Form,
    /// How many, the conditions' parameters, the cursor's texts.
    params: Vec<Param>,
    binding: String,
}

impl ListArgs {
    const DEFAULT: i64 = 20;
    const MOST: i64 = 100;
    /// The place of the number of rows among the parameters.
    pub(crate) const FIRST: usize = 0;

    /// Reads the arguments of a list.
    pub(crate) fn read(source: &ListSource, env: Env<'_>, request: &Request) -> Result<Self, ServerError> {
        let ListSource { field, shape, written } = source;
        let args = env.arguments(written)?;
        let given = |name: &str| args.get(name).filter(|v| !matches!(v, Value::Null));
        let first = first(given("first"))?;
        let mut narrowed = Where::default();
        if let (Some(filter), Some(value)) = (&shape.filter, given("filter")) {
            (filter.apply)(value.clone(), &mut narrowed)?;
        }
        let keys = match (&shape.orders, given("orderBy")) {
            (Some(orders), Some(value)) => (orders.keys)(value.clone())?,
            _ => shape.order,
        };
        let filter = given("filter").map(ToString::to_string).unwrap_or_default();
        let mut binding = format!("{field}|{}|{filter}|", shape.name);
        for (i, key) in keys.iter().enumerate() {
            binding += if i > 0 { "," } else { "" };
            binding += key.column;
        }
        let mut params = vec![Param::Int(Some(first))];
        params.extend(narrowed.params);
        let after = match given("after") {
            Some(Value::String(text)) => {
                cursor::open(text, "after", &binding, keys.len() + 1, request).map_err(server_error)?
            }
            _ => Vec::new(),
        };
        let form = Form { conditions: narrowed.conditions, keys, resumed: !after.is_empty() };
        params.extend(after.into_iter().map(Param::text));
        Ok(Self { first, form, params, binding })
    }

    /// The nth parameter of the statement's text.
    pub(crate) fn param(&self, n: usize) -> Option<Param> {
        self.params.get(n).cloned()
    }

    /// Was the list asked for from the middle?
    pub(crate) fn resumed(&self) -> bool {
        self.form.resumed
    }

    /// The cursor of a row whose key columns and id have these texts.
    pub(crate) fn cursor(&self, keys: &[String], request: &Request) -> String {
        cursor::seal(keys, &self.binding, request)
    }

    /// The conditions, each with ` AND ` before it, of the plan's `list`; with `after` also where the
    /// list begins.
    pub(crate) fn write(&self, list: usize, after: bool, sql: &mut Sql) {
        let mut n = Self::FIRST + 1;
        let mut next = |sql: &mut Sql| {
            if let Some(like) = self.params.get(n) {
                sql.list(list, n, like);
            }
            n += 1;
        };
        for condition in &self.form.conditions {
            sql.push(" AND ");
            match condition {
                Condition::Equals(column) => sql.fill_with(&format!("t.{column} = ?"), &mut next),
                Condition::Among(column) => sql.fill_with(&format!("t.{column} = ANY(?)"), &mut next),
                Condition::Own(text) => sql.fill_with(text, &mut next),
            }
        }
        if after && self.form.resumed {
            write_after(self.form.keys, sql, &mut next);
        }
    }
}

/// ` AND (keys, id) > (…)`
fn write_after(keys: &[Key], sql: &mut Sql, next: &mut impl FnMut(&mut Sql)) {
    sql.push(" AND (");
    for key in keys {
        sql.push(&format!("t.{}, ", key.column));
    }
    sql.push(if keys.iter().any(|k| k.descending) { "t.id) < (" } else { "t.id) > (" });
    for (i, ty) in keys.iter().map(|k| k.ty).chain([Ty::Uuid]).enumerate() {
        sql.push(if i > 0 { ", " } else { "" });
        next(sql);
        sql.push(&format!("::{}", ty.name()));
    }
    sql.push(")");
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
