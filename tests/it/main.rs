//! Everything that needs a database, in one binary: one file a domain.

#![allow(unreachable_pub, missing_docs)]

mod audit;
mod audit_chain;
mod bench;
mod challenges;
mod cli;
mod containers;
mod demo;
mod embedded_pg;
mod factor;
mod golden;
mod grants;
mod jobs;
mod ledger;
mod liaison;
mod migrations;
mod notifications;
mod organizations;
mod people;
mod playground;
mod reading;
mod readme;
mod roundtables;
mod sessions;
mod standing;
mod story;
mod strategy;
mod strategy_documents;
mod streams;
mod support;
mod throttle;
mod transactions;
mod wire;
