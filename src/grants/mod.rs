//! Grants to community organizations: a programme per fiscal year, what each organization may have of it,
//! and the application that turns the allocation into a decision and a payment.
//!
//! ```text
//! programme    DRAFT -> PUBLISHED -> CLOSED
//! application  DRAFT -> SUBMITTED -> UNDER_REVIEW -> REVIEWED -> DECIDED -> PAYMENT_REQUESTED -> PAID
//!                 ^        ^             |              |          |
//!              change      +- RETURNED <-+           REFUSED       |
//!              WITHDRAWN from every state up to DECIDED, then until the last day of withdrawal
//! ledger       APPROPRIATION -> BUDGET (create) -> GRANT (allocate) -> COMMITTED (decide) -> PAID (pay)
//! ```
//!
//! Invariants: allocations never exceed the budget, decisions never the allocation, payments never the
//! decision (no ledger account falls below zero); a payment happens once; the applicant, the staff member
//! who recommends, the approver and the payer are different people; every act is kept with its actor,
//! time, reason and amount.

pub mod allocation;
pub mod commands;
pub mod entity;
pub mod graphql;
mod notices;
pub mod open_data;
pub mod papers;
pub mod rules;
pub mod shapes;
