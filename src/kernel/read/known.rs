//! What has been declared so far: the names of the types over tables, and the work that waits in their rows.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::shape::ShapeDef;

/// The types declared so far, by their tables.
static NAMES: RwLock<BTreeMap<&'static str, (&'static str, &'static str)>> = RwLock::new(BTreeMap::new());

/// The name and the prefix of the type over a table; nothing where no type is.
pub fn named(table: &str) -> Option<(&'static str, &'static str)> {
    NAMES.read().unwrap_or_else(PoisonError::into_inner).get(table).copied()
}

/// The work of the types declared so far, by their tables.
static WORK: RwLock<BTreeMap<&'static str, Vec<Work>>> = RwLock::new(BTreeMap::new());

/// Work that waits for whoever holds a role: what is handed over with a post.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// The prefix of the object's ids.
    pub prefix: &'static str,
    /// For whom.
    pub roles: &'static [Role],
    /// Over which rows; [`Over::Own`] for what waits for the person.
    pub over: Over,
    /// Which of them, a condition over `t`.
    pub when: &'static str,
    /// What they are called, an expression over `t`.
    pub title: &'static str,
    /// By when, an expression over `t` that is a date; empty where there is no deadline.
    pub due: &'static str,
}

/// All work of all types, with their tables.
pub fn work() -> Vec<(&'static str, Work)> {
    let known = WORK.read().unwrap_or_else(PoisonError::into_inner);
    known.iter().flat_map(|(table, work)| work.iter().map(|one| (*table, *one))).collect()
}

/// The table of the type whose ids begin with a prefix; nothing where no type's do.
pub fn table_of(prefix: &str) -> Option<&'static str> {
    let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    names.iter().find(|(_, (_, of))| *of == prefix).map(|(table, _)| *table)
}

/// Remembers a declaration.
pub(super) fn remember(shape: &ShapeDef) {
    NAMES.write().unwrap_or_else(PoisonError::into_inner).insert(shape.table, (shape.name, shape.prefix));
    WORK.write().unwrap_or_else(PoisonError::into_inner).insert(shape.table, shape.work.clone());
}
