//! What tests stand on: a real PostgreSQL, a fresh municipality each, and clients that are somebody.

pub mod client;
pub mod database;
pub mod post;
pub mod provider;
pub mod schema;
pub mod smtp;
pub mod town;
pub mod world;

pub use client::Client;
pub use schema::SchemaView;
pub use town::Town;
pub use world::World;
