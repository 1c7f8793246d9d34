//! The books of community organizations: an organization's fiscal year with its plan, its budget, what came in and went
//! out, and the vouchers of it.
//!
//! ```text
//! book         OPEN -> CLOSED (an officer) -> CONFIRMED (an auditor who did not keep it)
//! transaction  written once; undone whole by a reversal, which a replacement may follow
//! ```
//!
//! Invariants: sums and numbers follow the transactions, by a trigger; a closed book takes only reversals and what replaces
//! them, a confirmed one nothing; what is paid from a grant is none of the ineligible uses of the municipality's list, or
//! says which one and why, and then does not count as eligible; what a grant pays for has its receipt before the book is
//! closed, where the list asks for it; what was kept of last year's grants is what the book carries over of them, when it is
//! closed; vouchers are kept to the end of the fifth fiscal year (a setting) after the completion.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod rules;
pub mod shapes;
