//! The parts of a declaration: where a field comes from, who sees it, what can be done and by whom not.

use async_graphql::Value;
use async_graphql::registry::Registry;
use chrono::{DateTime, Utc};

use crate::kernel::error::{Refusal, Result};
use crate::kernel::policy::{Action, Permit};
use crate::kernel::read::cells::Cells;
use crate::kernel::read::column::Ty;
use crate::kernel::read::json::Json;
use crate::kernel::read::list::Key;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Sql, Viewer};
use crate::kernel::request::Request;

/// The declaration of another shape, fetched when needed: shapes refer to each other in circles.
pub type ShapeFn = fn() -> &'static ShapeDef;
/// Registers a GraphQL type and returns its name as a field's type.
pub(crate) type TypeFn = fn(&mut Registry) -> String;

/// Whether an act is possible on a row now; the outer error is a row that cannot be read.
pub(crate) type MayFn = fn(&Cells<'_>, Action, DateTime<Utc>) -> Result<Result<(), Refusal>>;

/// Writes a cell as JSON.
pub(crate) type WriteFn = fn(Option<&[u8]>, &mut Json) -> Result<()>;

/// A pure function of some columns of a row.
pub(crate) type Compute = fn(&Cells<'_>, &Request) -> Result<Value>;

/// Where a field comes from.
#[derive(Clone, Copy)]
pub enum Source {
    /// The prefixed id.
    Id,
    /// A column of the same row.
    Column(&'static str, Ty, WriteFn),
    /// A pure function of some columns of the same row, and the name of its type.
    Computed(&'static [&'static str], Compute, fn() -> std::borrow::Cow<'static, str>),
    /// The row a column of this row names.
    One(ShapeFn, &'static str),
    /// The first row whose column names this row.
    First(ShapeFn, Children),
    /// All rows (at most [`MANY`]) whose column names this row.
    Many(ShapeFn, Children),
    /// A connection over the rows whose column names this row.
    Connection(ShapeFn, Children),
    /// What the viewer can do.
    ViewerCan,
    /// Which fields are masked, and why.
    Redacted,
}

/// The most rows a plain list shows for one parent. Longer lists are connections.
pub(super) const MANY: i64 = 500;

/// Rows that point to a parent.
#[derive(Clone, Copy)]
pub struct Children {
    /// The column of the child that names the parent.
    pub key: &'static str,
    /// Which of them, a condition over `t`; empty for all.
    pub when: &'static str,
    /// In which order; empty for the child's own.
    pub order: &'static [Key],
}

/// Who sees a field that not everybody sees.
pub struct Mask {
    /// Who sees it; [`Permit::action`] is READ.
    pub permits: Vec<Permit>,
    /// A boolean column that opens the field to everybody.
    pub unless: Option<&'static str>,
    /// Does a look at it go into the audit?
    pub personal: bool,
    /// The stable word shown in `redacted`.
    pub reason: &'static str,
}

impl Mask {
    /// The columns it looks at.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'static str, Ty)> {
        let permits = self.permits.iter().filter_map(Permit::column).map(|column| (column, Ty::Uuid));
        permits.chain(self.unless.map(|column| (column, Ty::Bool)))
    }
}

/// A field of a type.
pub struct Field {
    /// In the schema.
    pub name: &'static str,
    /// Its Japanese description.
    pub doc: &'static str,
    /// Its type.
    pub ty: TypeFn,
    /// Where it comes from.
    pub source: Source,
    /// Who sees it.
    pub mask: Option<Mask>,
    /// Of a relation: from whom its rows are withheld, by their own policy.
    pub withheld: Option<Mask>,
    /// The words of a closed list; nothing for other types.
    pub words: fn() -> Vec<(String, &'static str)>,
}

impl Field {
    /// By which mask a reader may miss something of it, whatever it is.
    pub fn kept(&self) -> Option<&Mask> {
        self.mask.as_ref().or(self.withheld.as_ref())
    }
}

/// Something one can do to the object (or, for `creates`, with its kind).
#[derive(Clone, Copy)]
pub struct Act {
    /// The mutation's name.
    pub action: Action,
    /// Does it make a new object? Then it is no part of `viewerCan`.
    pub creates: bool,
    /// The by-law, law or setting behind it.
    pub policy_ref: &'static str,
}

/// A separation of duties: who did one thing to the object does not do the other.
#[derive(Clone, Copy)]
pub struct Duty {
    /// What is refused.
    pub action: Action,
    /// To the accounts in these columns, whatever roles they hold.
    pub columns: &'static [&'static str],
}

/// A separation of duties from more people than the row names.
#[derive(Clone, Copy)]
pub struct Hands {
    /// What is refused.
    pub action: Action,
    /// What they are called: the name under which a row tells whether whoever asks is one of them. It begins with `_`,
    /// as no column does.
    pub name: &'static str,
    /// To the accounts that this query over `t` finds, whatever roles they hold.
    pub accounts: &'static str,
}

impl Hands {
    /// Writes whether whoever asks is one of them; `t` is the row.
    pub(crate) fn write(&self, sql: &mut Sql) {
        sql.push("coalesce(");
        sql.viewer(Viewer::AccountOrNil);
        sql.push(&format!(" = ANY(ARRAY({})), false)", self.accounts));
    }
}
