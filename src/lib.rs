//! Entaku (円卓): the backend through which a municipality and its community organizations work together.
//!
//! Rings, from the inside out; each knows only those before it (tests/architecture.rs):
//! - [`kernel`]: the foundation; it knows no noun.
//! - [`people`]: accounts, sessions, sections, appointments.
//! - [`files`]: what people send, and exports; beside the ledger.
//! - [`ledger`]: accounts, journals, posting; it knows no grant.
//! - [`organizations`]: districts and community organizations.
//! - [`liaison`]: who looks after a district, their visits, the requests they relay.
//! - [`grants`]: programmes, allocations, applications from the draft to the payment.
//! - [`roundtables`]: round tables and their minutes.
//! - [`challenges`]: calls, proposals and their screening.
//! - [`strategy`]: strategies, their goals, measures and indicators.
//! - [`books`]: the books of organizations: budget, transactions, vouchers.
//! - [`bank`]: the accounts of organizations, files of payments, what the bank reports.
//! - [`api`]: the wire.
//! - [`demo`]: five municipalities to try it with.
//! - [`bench`]: invented municipalities to measure with.
//! - [`cli`]: the commands of `entaku`.

pub mod api;
pub mod bank;
pub mod bench;
pub mod books;
pub mod challenges;
pub mod cli;
pub mod demo;
pub mod files;
pub mod grants;
pub mod kernel;
pub mod ledger;
pub mod liaison;
pub mod organizations;
pub mod people;
pub mod roundtables;
pub mod strategy;
