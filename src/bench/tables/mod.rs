//! The tables that are filled, each after those it points to.

mod challenges;
mod grants;
mod organizations;
mod people;
mod roundtables;

use super::rows::Rows;
use super::town::Town;

/// A table: its columns, how many rows a town has in it, and what they are.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// The columns that are written.
    pub(super) columns: String,
    /// How many rows a town has.
    pub(super) count: fn(&Town) -> u32,
    /// The rows of a town.
    pub(super) write: fn(&Town, &mut Rows),
}

impl Table {
    /// A table behind the municipality's wall; the four columns that all of them have come first.
    fn tenant(name: &'static str, columns: &str, count: fn(&Town) -> u32, write: fn(&Town, &mut Rows)) -> Self {
        Self { name, columns: format!("municipality_id, id, created_at, updated_at, {columns}"), count, write }
    }
}

/// All of them.
pub(super) fn all() -> Vec<Table> {
    let parts = [people::tables(), organizations::tables(), grants::tables(), roundtables::tables()];
    parts.into_iter().flatten().chain(challenges::tables()).collect()
}
