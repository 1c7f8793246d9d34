//! Everything that needs a database, in one binary: one file a domain.

#![allow(unreachable_pub, missing_docs)]

mod challenges;
mod containers;
mod embedded_pg;
mod golden;
mod organizations;
mod people;
mod roundtables;
mod support;
