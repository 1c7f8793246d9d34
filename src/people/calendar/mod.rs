//! The days on which a municipality closes besides those of the law (地方自治法4条の2): what its ordinance on holidays adds.
//!
//! Invariants: a day is added once, and only one on which the town hall would be open; what was added is not deleted but
//! cancelled. Deadlines that were told do not move with it: it counts for those that are computed afterwards.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod rules;
pub mod shapes;

pub use commands::of;
