//! Exports: all pages of a connection, read as who asked for them reads, written row by row into a file.
//!
//! ```text
//! exportCreate: document -> paging (judged, what its pages are like) -> a row, a job
//! job: rights of now -> page -> rows -> sheet (CSV, XLSX) … -> store
//! ```
//!
//! An export is the caller's own query, asked again and again with `first` and `after`: it passes the guard, the judge,
//! the limits of cost and the policy as if it came over the wire, so it can show nothing that the page could not.

pub(super) mod columns;
pub(super) mod graphql;
mod paging;
mod personal;
mod run;
pub(super) mod sheet;

pub use graphql::ExportMutation;
pub use run::kind;
