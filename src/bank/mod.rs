//! The bank: the accounts of organizations, files of payments for the bank, and what it reports back.
//!
//! ```text
//! account    PROPOSED -> CONFIRMED (somebody else of the town hall) -> REPLACED (by the next one); REJECTED
//! transfer   PREPARED -> PRODUCED (somebody else, the file) -> DONE (everything was reported); CANCELLED
//!            PRODUCED -> REFUSED (by the bank, whole: who made it does not say so)
//! line       WAITING -> PAID | FAILED; CANCELLED; REFUSED with its file
//! ```
//!
//! Invariants: numbers are sealed with the key ring and shown to payers alone; an account is used after a second person of
//! the municipality has typed its number again; a payment is in one file that counts; a payment is executed in the ledger
//! when the bank tells it of its own, in a report or by a notice that is kept, by the act that pays (`grantPaymentExecute`),
//! once; what was sent to it tells nothing; what fits no payment is listed; of a file that the bank refused nothing is ever
//! reconciled, and its payments can go into another; as long as results of a file are awaited after its day, they are a task
//! of those who import reports.

pub mod commands;
pub mod entity;
pub mod graphql;
mod notices;
pub mod rules;
pub mod shapes;
pub mod zengin;
