//! Double entry: what money was set aside, promised and paid. Knows no grant.
//!
//! ```text
//! account = kind x owner x fiscal year, opened at its first posting
//! APPROPRIATION (the only one below zero) -> BUDGET -> GRANT -> COMMITTED -> PAID -> RETURNED
//!                                                      GRANT -> OFFSET (what an earlier surplus lowers it by)
//! ```
//!
//! Invariants, all held by the database: no balance below the account's floor; a journal has two or more
//! entries with the sum zero and never changes; a correction is a reversal, and a journal is reversed once;
//! a closed fiscal year takes no journal. What may not happen twice is posted with [`Journal::once`].
//!
//! ```text
//! fiscal year: its first budget --> open
//!              open -- close: what was not promised returns to APPROPRIATION --> closed
//!                   <-- reopen: the journal of the closing is reversed, by somebody else --
//! ```
//!
//! Whether all that holds is gone over every night and whenever somebody asks ([`commands::verification`]).

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod rules;
pub mod shapes;

pub use commands::posting::{Journal, post, reverse};
pub use commands::year::open_year;
pub use rules::{Leg, transfer};
