//! Grants to community organizations: a programme per fiscal year, what each organization may have of it,
//! and the application that turns the allocation into a decision and a payment.
//!
//! ```text
//! programme    DRAFT -> PUBLISHED -> CLOSED; a DRAFT that is discarded stays one, and nothing is done with it
//! application  DRAFT -> SUBMITTED -> UNDER_REVIEW -> REVIEWED -> DECIDED -> PAYMENT_REQUESTED -> PAID
//!                 ^        ^             |              |          |
//!              change      +- RETURNED <-+------------- +-> REFUSED  |
//!              WITHDRAWN from every state up to DECIDED, then until the last day of withdrawal
//! payment      DECIDED | PARTLY_PAID -> PAYMENT_REQUESTED -> PARTLY_PAID | PAID; and back, while nothing is at the bank
//! settlement   DECIDED | PARTLY_PAID | PAID -> REPORTED -> REPORT_REVIEWED -> SETTLED | REPAYMENT_ORDERED -> REPAID
//!                 ^---------- returned --------+                 +-> AMOUNT_FIXED -> PAYMENT_REQUESTED -> SETTLED
//! revocation   from DECIDED and every state after it: REPAYMENT_ORDERED, or REVOKED where nothing is to come back; from
//!              there REPAYMENT_ORDERED again, where a return among what had come was a mistake
//! change       REQUESTED -> APPROVED | REFUSED; MINOR needs nobody's approval
//! surplus      what was paid beyond the fixed amount is returned, kept, or deducted from the next year's allocation; what
//!              of that no grant bore is given back and waits: SETTLED | REPAID | REVOKED -> REPAYMENT_ORDERED, if in vain
//! ledger       APPROPRIATION -> BUDGET (create) -> GRANT (allocate) -> COMMITTED (decide) -> PAID (pay) -> RETURNED
//! ```
//!
//! Invariants: allocations never exceed the budget, decisions never the allocation, payments never the
//! decision, repayments never the order (no ledger account falls below zero); who allocates by hand does not publish; a
//! payment happens once; the
//! applicant, the staff member who recommends, the approver (of the grant or of a change) and the payer are
//! different people, as are who reports, who examines, who fixes the amount and who pays the rest or receives a
//! return; nobody who holds an office of the applying organization acts for the town hall; every act is kept with its actor,
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
