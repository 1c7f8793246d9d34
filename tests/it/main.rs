//! Everything that needs a database, in one binary: one file a domain.

#![allow(unreachable_pub, missing_docs)]

mod audit;
mod cli;
mod containers;
mod embedded_pg;
mod golden;
mod jobs;
mod migrations;
mod grants;
mod ledger;
mod organizations;
mod people;
mod standing;
mod support;
mod wire;
