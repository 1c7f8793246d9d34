//! A year of work on the stage: each scene is played by the people whose acts it shows, and only where
//! its first record is not there yet.

mod allocation;
pub(super) mod approvals;
mod bank;
pub(super) mod books;
pub(super) mod challenge;
pub(super) mod files;
mod grant_life;
pub(super) mod grants;
pub(super) mod liaison;
pub(super) mod notifications;
pub(super) mod people;
pub(super) mod posts;
pub(super) mod privacy;
pub(super) mod roundtable;
