//! By-laws as data: a rule, its validation, its evaluation, its explanation. Pure: no database, no clock, no
//! floating point, and the same answer for the same rule and inputs for ever.
//!
//! ```text
//! Rule   = metrics + pools + terms (each an article) + adjustments (over the sum, in the order written)
//! Inputs = fiscal year + budget + bodies, each number with its day and source
//! evaluate(Rule, Inputs) = for each body an amount and the lines it is the sum of
//! ```
//!
//! Invariants: a body's amount is the sum of its counted lines; a pool shared with the largest remainder is shared
//! to the last yen; the order of the bodies changes nothing; no number overflows, what leaves the range of yen is a
//! [`Fault`](outcome::Fault). A rule that [`validate`](validate::validate) accepts fails in an evaluation only for
//! what the inputs are.

mod asked;
pub mod bounds;
pub mod chart;
pub mod compare;
pub mod conditions;
pub mod deadlines;
mod evaluate;
pub mod exact;
mod graph;
pub mod inputs;
pub mod methodology;
pub mod metric;
pub mod outcome;
pub mod papers;
pub mod rounding;
pub mod rule;
mod share;
pub mod uses;
mod validate;
mod within;
mod words;

#[cfg(test)]
mod tests;

pub use evaluate::evaluate;
pub use validate::validate;
