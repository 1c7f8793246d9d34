//! What is refused before the engine walks a document: fragments that multiply. Counted once for each
//! fragment, so that the count itself is linear in the document.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use crate::api::response::bad_request;
use crate::kernel::error::{Error, Result};

/// The most selections an operation may have when its fragments are spread out.
const MOST_SELECTIONS: u64 = 2_000;

/// Refuses documents whose fragments go in circles or multiply beyond bounds.
///
/// # Errors
/// BAD_REQUEST/FRAGMENT_CYCLE, BAD_REQUEST/TOO_MANY_SELECTIONS.
pub fn check(document: &ExecutableDocument) -> Result<()> {
    let mut counter = Counter { document, known: HashMap::new() };
    for (_, operation) in document.operations.iter() {
        if counter.count(&operation.node.selection_set.node)? > MOST_SELECTIONS {
            return Err(too_many());
        }
    }
    Ok(())
}

struct Counter<'d> {
    document: &'d ExecutableDocument,
    /// Nothing while a fragment is being counted.
    known: HashMap<&'d Name, Option<u64>>,
}

impl<'d> Counter<'d> {
    fn count(&mut self, set: &'d SelectionSet) -> Result<u64> {
        let mut sum: u64 = 0;
        for item in &set.items {
            let more = match &item.node {
                Selection::Field(field) => self.count(&field.node.selection_set.node)?.saturating_add(1),
                Selection::InlineFragment(inline) => self.count(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum = sum.saturating_add(more);
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name) -> Result<u64> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return Ok(0) };
        match self.known.get(name) {
            Some(Some(count)) => return Ok(*count),
            Some(None) => return Err(cycle()),
            None => {}
        }
        self.known.insert(name, None);
        let count = self.count(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(count));
        Ok(count)
    }
}

fn too_many() -> Error {
    bad_request("TOO_MANY_SELECTIONS", "選択する項目が多すぎます。", "The document selects too much.")
}

fn cycle() -> Error {
    bad_request("FRAGMENT_CYCLE", "フラグメントが循環しています。", "The fragments go in a circle.")
}
