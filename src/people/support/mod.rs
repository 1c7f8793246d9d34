//! Sessions of support: somebody who runs the installation enters one municipality to help, for a while.
//!
//! ```text
//! entaku support open --> open (looks only) --an administrator lends a role--> open (writes)
//!                         --its time (at most 4 hours), an administrator, the host--> ended
//! ```
//!
//! Invariants: it is opened on the host, with the keys of the installation, and never over the network; it has an
//! account of its own inside one municipality's wall, so that every look and every act bears its name and its reason;
//! its administrators are told at once and can end it at any time; it proves nothing to the municipality, so that no act
//! which asks for a fresh proof is open to it; it holds no role of decisions, payments or reviews.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod rules;
pub mod shapes;
