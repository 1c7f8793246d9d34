//! Entaku (円卓): the backend through which a municipality and its community organizations work together.
//!
//! Rings, from the inside out; each knows only those before it (tests/architecture.rs):
//! - [`kernel`]: the foundation; it knows no noun.
//! - [`people`]: accounts, sessions, sections, appointments.
//! - [`organizations`]: districts and community organizations.
//! - [`liaison`]: who looks after a district, their visits, the requests they relay.
//! - [`strategy`]: strategies, their goals, measures and indicators.
//! - [`api`]: the wire.
//! - [`cli`]: the commands of `entaku`.

pub mod api;
pub mod cli;
pub mod kernel;
pub mod liaison;
pub mod organizations;
pub mod people;
pub mod strategy;
