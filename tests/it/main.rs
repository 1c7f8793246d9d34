//! Everything that needs a database, in one binary: one file a domain.

#![allow(unreachable_pub, missing_docs)]

mod audit;
mod challenges;
mod cli;
mod containers;
mod embedded_pg;
mod golden;
mod grants;
mod jobs;
mod ledger;
mod migrations;
mod organizations;
mod people;
mod roundtables;
mod standing;
mod support;
mod wire;
