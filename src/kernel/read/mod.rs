//! One way to read. A noun declares each type once with [`shape!`](crate::shape): its fields, where they
//! come from and who may see them. From the declaration follow the GraphQL type ([`register`]), the
//! compiled selection ([`plan`]), its SQL and its response ([`execute`]), `viewerCan` and masks
//! ([`viewer`]).
//!
//! ```text
//! shape! {
//!     District("District", "地区", "districts") { id: DistrictId, row: district::Entity }
//!     |shape| shape
//!         .column::<String>("name", "地区の名称")
//!         .many::<DistrictStatistic>("statistics", "district_id", "人口などの統計")
//!         .published("true")
//!         .act(RENAME, "…規則第3条", &[Role::Admin], Over::Municipality)
//! }
//! ```
//!
//! The number of statements depends on the selection only, never on the number of rows: one for each
//! relation, one for each count asked for. Every level carries its own visibility condition, whose text
//! does not depend on the principal.

mod column;
mod cursor;
mod execute;
mod list;
mod payload;
mod plan;
mod register;
mod root;
mod shape;
pub mod sql;
mod viewer;

pub use column::ColumnValue;
pub use list::{Filter, Key, Order, Where};
pub use payload::Read;
pub use root::{Catalogue, Queries, QueryRoot, RootField};
pub use shape::{Act, Children, Duty, Field, Mask, Row, Shape, ShapeDef, ShapeFn, Source};
pub(crate) use viewer::{DUTIES_APART, scope_column};
pub use viewer::{Permission, Redaction};
