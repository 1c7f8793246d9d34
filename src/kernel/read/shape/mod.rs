//! What a noun declares about a type, once: its fields, where they come from, who may see them, what
//! can be done to it. Everything else (the GraphQL type, SQL, masks, `viewerCan`) follows from it.
//! [`declare`] is how it is said, [`ask`] what follows.

mod ask;
mod declare;

use async_graphql::Value;
use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use crate::kernel::error::{Refusal, Result};
use crate::kernel::id::TypedId;
use crate::kernel::policy::{Action, Permit};
use crate::kernel::read::cells::Cells;
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::{Act, Duty, Field, Hands, MayFn, TypeFn};
use crate::kernel::read::list::{Key, Where};
use crate::kernel::read::sql::Sql;
use crate::kernel::tasks::Work;

/// A type that can be read.
pub trait Shape: Send + Sync + 'static {
    /// Its typed id.
    type Id: TypedId;
    /// Its row, as commands load it.
    type Row: Row;
    /// Its declaration.
    fn shape() -> &'static ShapeDef;
}

/// A row as commands load it.
pub trait Row: FromQueryResult + Send {
    /// The columns the row is made of.
    fn columns() -> Vec<(&'static str, Ty)>;

    /// The row of these columns, as the read path found them.
    fn from_cells(cells: &Cells<'_>) -> Result<Self>;

    /// May the action be done now, whoever does it? The command calls the same rule.
    fn may(&self, _action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// How a list argument is registered and read.
pub(crate) struct FilterDef {
    pub(crate) register: TypeFn,
    pub(crate) apply: fn(Value, &mut Where) -> Result<(), async_graphql::ServerError>,
}

pub(crate) struct OrderDef {
    pub(crate) register: TypeFn,
    pub(crate) keys: fn(Value) -> Result<&'static [Key], async_graphql::ServerError>,
}

/// The declaration of a type.
pub struct ShapeDef {
    /// The type's name in the schema.
    pub name: &'static str,
    /// Its Japanese description.
    pub doc: &'static str,
    /// Its table.
    pub table: &'static str,
    /// The prefix of its ids.
    pub prefix: &'static str,
    /// Is it behind the municipality's wall?
    pub tenant: bool,
    /// Have its rows no events? Then nobody is told of them.
    pub silent: bool,
    /// Its fields, in the schema's order.
    pub fields: Vec<Field>,
    /// Its rows of the policy.
    pub permits: Vec<Permit>,
    /// What can be done.
    pub acts: Vec<Act>,
    /// Which acts keep apart from which.
    pub duties: Vec<Duty>,
    /// The same for those whom the row does not name.
    pub hands: Vec<Hands>,
    /// Which acts need a fresh proof of who acts.
    pub stepped_up: Vec<Action>,
    /// Which rows wait for whom.
    pub work: Vec<Work>,
    /// Writes the rows, where they are no table's but gathered from others.
    pub gathered: Option<fn(&mut Sql)>,
    /// The by-law, law or setting behind the acts that name none of their own.
    pub policy_ref: &'static str,
    /// The condition over `t` under which everybody may read a row.
    pub published: Option<&'static str>,
    /// The order of its lists where none is asked for.
    pub order: &'static [Key],
    pub(crate) filter: Option<FilterDef>,
    pub(crate) orders: Option<OrderDef>,
    pub(crate) row_columns: Vec<(&'static str, Ty)>,
    pub(crate) may: MayFn,
}

/// Makes a marker type readable: its id, its row and its declaration.
///
/// ```text
/// shape! { District { id: DistrictId, row: district, rules: rules::district } => |shape| shape.column::<String>("name", "名称") }
/// ```
#[macro_export]
macro_rules! shape {
    (
        $(#[$meta:meta])* $marker:ident($name:literal, $doc:literal, $table:literal)
        { id: $id:ty, row: $row:path $(, may: $may:path)? $(,)? }
        |$shape:ident| $body:expr
    ) => {
        $(#[$meta])*
        #[doc = $doc]
        pub struct $marker;

        impl $crate::kernel::read::Shape for $marker {
            type Id = $id;
            type Row = <$row as sea_orm::EntityTrait>::Model;
            fn shape() -> &'static $crate::kernel::read::ShapeDef {
                static SHAPE: std::sync::LazyLock<$crate::kernel::read::ShapeDef> =
                    std::sync::LazyLock::new(|| {
                        let $shape = $crate::kernel::read::ShapeDef::new::<$marker>($name, $doc, $table);
                        $body.done()
                    });
                &SHAPE
            }
        }

        impl $crate::kernel::read::Row for <$row as sea_orm::EntityTrait>::Model {
            fn columns() -> Vec<(&'static str, $crate::kernel::read::Ty)> {
                $crate::kernel::read::entity_columns::<$row>()
            }

            fn from_cells(cells: &$crate::kernel::read::Cells<'_>) -> $crate::kernel::error::Result<Self> {
                $crate::kernel::read::model::<$row>(cells)
            }
            $(
            fn may(
                &self,
                action: $crate::kernel::policy::Action,
                now: chrono::DateTime<chrono::Utc>,
            ) -> std::result::Result<(), $crate::kernel::error::Refusal> {
                $may(self, action, now)
            }
            )?
        }
    };
}
