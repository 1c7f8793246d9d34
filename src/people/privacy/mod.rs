//! A person's data: what there is of it, how it is forgotten, how long what is kept
//! (docs/adr/0027-a-persons-data.md).
//!
//! ```text
//! request  REQUESTED --approve, carried out at once--> APPROVED        REQUESTED --refuse, withdraw--> REFUSED, WITHDRAWN
//! hold     placed -> lifted
//! rule     how long a kind of records is kept; each night what is due goes or becomes anonymous
//! ```
//!
//! Which tables hold what is declared in the database (`personal_tables`, `retention_kinds`), and only its functions get
//! past what is locked (`entaku_forget`, `entaku_dispose`).
//!
//! Invariants: nobody decides on their own request or on one they made for somebody; who has still something to do is
//! not forgotten; what is under a hold is neither forgotten nor disposed of; ids stay, so decisions, ledger and record
//! hold together.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod record;
pub mod retention;
pub mod rules;
pub mod shapes;
