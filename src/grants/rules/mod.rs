//! Which act follows which, by when, and what is missing. Pure.

pub mod application;
pub mod booked;
pub mod by_law;
pub mod change;
pub mod costs;
pub mod deadlines;
mod joined;
pub mod papers;
pub mod programme;
pub mod settlement;
pub mod terms;

pub use application::{application, is_the_halls, next_state, offset_to_come, return_ordered, within_allocation};
pub use by_law::{by_law, other_by_law};
pub use programme::{
    declaration, grant_rule, grant_run, names_the_year_before, only_the_year_before, open_for_allocation, programme,
    wanted,
};
