//! Everything that needs a database, in one binary: one file a domain.

#![allow(unreachable_pub, missing_docs)]

mod containers;
mod embedded_pg;
mod golden;
mod liaison;
mod organizations;
mod people;
mod strategy;
mod strategy_documents;
mod support;
