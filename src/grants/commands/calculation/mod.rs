//! What is done to find out what each organization may have: [`rule`]s are drafted and put in force, numbers are
//! [`declaration`]s, a [`run`] calculates, [`freeze`] approves and allocates, a [`comparison`] shows the difference,
//! [`results`] are published.

pub(super) mod by_law;
pub mod comparison;
pub mod declaration;
pub mod freeze;
mod gather;
mod last_year;
pub mod results;
pub mod rule;
pub mod run;
mod suppose;
mod whole;
