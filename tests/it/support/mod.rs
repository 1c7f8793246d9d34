//! What tests stand on: a real PostgreSQL, a fresh municipality each, and clients that are somebody.

pub mod client;
pub mod database;
pub mod town;

pub use client::Client;
pub use town::Town;
