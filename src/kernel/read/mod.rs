//! One way to read. A noun declares each type once with [`shape!`](crate::shape): its fields, where they
//! come from and who may see them. Everything else follows from the declaration:
//!
//! | step | what happens | where |
//! |---|---|---|
//! | declare | fields, relations, permits, masks | [`shape`], [`column`], [`list`] |
//! | register | the GraphQL types, their descriptions and arguments | [`register`], [`root`] |
//! | select | fragments, directives and arguments of a document | [`select`] |
//! | plan | which rows, and what the response makes of them | [`plan`] |
//! | state | the plan as one SQL statement | [`statement`], [`sql`] |
//! | fetch | one pipeline, or inside a mutation's transaction | `kernel::pipeline`, `kernel::tx` |
//! | answer | flat rows as JSON, in the response's order | [`cells`], [`answer`], [`viewer`], [`json`] |
//! | catch up | what has changed since, for those who were away | [`changes`] |
//! | tell | an object that has changed, to whoever subscribed | [`streams`] |
//!
//! An example. A noun says
//!
//! ```text
//! shape! {
//!     District("District", "地区。", "districts") { id: DistrictId, row: district::Entity }
//!     |shape| shape
//!         .column::<String>("name", "名称。")
//!         .many::<DistrictStatistic>("statistics", "district_id", "統計。")
//!         .ordered([Key::up("name_kana", Ty::Text)])
//!         .published("true")
//! }
//! ```
//!
//! and somebody asks `{ districts(first: 2) { nodes { name statistics { population } } } }`. The plan has
//! two branches, and PostgreSQL is asked once:
//!
//! ```text
//! WITH n0 AS (SELECT t.id, t.name FROM districts t WHERE (… OR (true)) ORDER BY t.name_kana, t.id LIMIT $2::int8),
//!      n1 AS (SELECT p.id AS _parent, c.* FROM n0 p CROSS JOIN LATERAL
//!             (SELECT t.id, t.population FROM district_statistics t WHERE (…) AND t.district_id = p.id
//!              ORDER BY t.as_of DESC, t.id DESC LIMIT 500) c)
//! SELECT 0::int4, NULL::uuid, id, name, NULL::int4 FROM n0
//! UNION ALL SELECT 1::int4, _parent, id, NULL::text, population FROM n1
//! ```
//!
//! The number of statements is the number of root fields, whatever is selected below them and however many
//! rows there are. Every level carries its own visibility condition; its text does not depend on who asks,
//! so plans and prepared statements are shared by everybody.

mod answer;
mod cells;
mod changes;
mod check;
mod column;
pub(crate) mod cursor;
mod field;
mod json;
mod known;
mod list;
mod operation;
mod other_side;
mod payload;
mod plan;
mod register;
mod rights;
mod root;
mod select;
mod shape;
pub mod sql;
mod statement;
pub mod streams;
mod told;
mod viewer;

pub(crate) use cells::FlatRow;
pub use cells::{Cells, entity_columns, model};
pub use check::faults;
pub use column::{ColumnValue, Ty};
pub use field::{Act, Children, Duty, Field, Hands, Mask, ShapeFn, Source};
pub use json::Json;
pub use known::{named, table_of};
pub use list::{Filter, Key, Order, Where};
pub use operation::{Answered, Operation, Prepared};
pub use other_side::other_side;
pub use payload::{Payloads, Read};
pub use rights::{described, tell_of_acts};
pub use root::{Catalogue, Queries, QueryRoot, RootField};
pub use select::Env;
pub use shape::{Row, Shape, ShapeDef};
pub use told::told;
pub(crate) use viewer::{DUTIES_APART, STEP_UP};
pub use viewer::{Permission, Redaction};
