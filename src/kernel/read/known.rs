//! What has been declared so far: the names of the types over tables.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use crate::kernel::read::shape::ShapeDef;

/// The types declared so far, by their tables.
static NAMES: RwLock<BTreeMap<&'static str, (&'static str, &'static str)>> = RwLock::new(BTreeMap::new());

/// The name and the prefix of the type over a table; nothing where no type is.
pub fn named(table: &str) -> Option<(&'static str, &'static str)> {
    NAMES.read().unwrap_or_else(PoisonError::into_inner).get(table).copied()
}

/// The table of the type whose ids begin with a prefix; nothing where no type's do.
pub fn table_of(prefix: &str) -> Option<&'static str> {
    let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    names.iter().find(|(_, (_, of))| *of == prefix).map(|(table, _)| *table)
}

/// Remembers a declaration. Rows that are gathered are no table's.
pub(super) fn remember(shape: &ShapeDef) {
    if shape.gathered.is_some() {
        return;
    }
    NAMES.write().unwrap_or_else(PoisonError::into_inner).insert(shape.table, (shape.name, shape.prefix));
}
