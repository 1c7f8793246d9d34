//! The second look: how far a parsed document reaches when its fragments are spread out. Each fragment is
//! counted once, so that the count itself is linear in the document.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet};

use crate::api::guard;
use crate::api::limits;
use crate::kernel::error::Result;

/// How far a selection set reaches.
#[derive(Clone, Copy, Default)]
pub struct Extent {
    /// Fields and fragments.
    pub selections: u64,
    /// Fields at its own level.
    fields: u64,
    aliases: u64,
    /// How deep its fields of data stand in one another.
    depth: u32,
    /// The same below `__schema` and `__type`; nothing where they are not asked for.
    introspection: u32,
    /// How deep selection sets stand in one another, fragments included.
    nesting: u32,
    /// The most directives at one place.
    directives: usize,
}

impl Extent {
    /// Both in one set.
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            depth: self.depth.max(other.depth),
            introspection: self.introspection.max(other.introspection),
            nesting: self.nesting.max(other.nesting),
            directives: self.directives.max(other.directives),
        }
    }

    /// One field with this below it.
    fn below_a_field(self, name: &str, renamed: bool) -> Self {
        let (depth, introspection) = match name {
            "__schema" | "__type" => (1, self.depth + 1),
            _ => (self.depth + 1, self.introspection + u32::from(self.introspection > 0)),
        };
        let (selections, aliases) = (self.selections.saturating_add(1), self.aliases.saturating_add(renamed.into()));
        Self { selections, fields: 1, aliases, depth, introspection, ..self }
    }

    /// Refuses what reaches too far.
    pub(super) fn check(self) -> Result<()> {
        if self.selections > limits::SELECTIONS {
            return Err(guard::too_many(
                "TOO_MANY_SELECTIONS",
                "選択する項目が多すぎます(フラグメントを展開して最大2,000)。",
                "The document selects more than 2,000 fields, fragments spread out.",
            ));
        }
        let too_deep = self.depth > limits::DEPTH
            || self.introspection > limits::INTROSPECTION_DEPTH
            || self.nesting > limits::NESTING;
        if too_deep {
            return Err(guard::too_deep());
        }
        if self.aliases > limits::ALIASES {
            return Err(guard::too_many("TOO_MANY_ALIASES", "別名が多すぎます(最大30)。", "More than 30 aliases."));
        }
        if self.fields > limits::ROOT_FIELDS {
            return Err(guard::too_many(
                "TOO_MANY_ROOT_FIELDS",
                "最上位の項目が多すぎます(最大20)。",
                "More than 20 fields at the root.",
            ));
        }
        if self.directives > limits::DIRECTIVES_AT_ONCE {
            return Err(guard::too_many_directives());
        }
        Ok(())
    }

    /// Does it ask for the schema itself?
    pub fn introspects(self) -> bool {
        self.introspection > 0
    }
}

/// Counts the selection sets of one document.
pub(super) struct Walk<'d> {
    document: &'d ExecutableDocument,
    /// Nothing while a fragment is being counted.
    known: HashMap<&'d Name, Option<Extent>>,
    /// How often a selection was looked at.
    pub(super) steps: u64,
}

impl<'d> Walk<'d> {
    pub(super) fn new(document: &'d ExecutableDocument) -> Self {
        Self { document, known: HashMap::new(), steps: 0 }
    }

    /// # Errors
    /// BAD_REQUEST/FRAGMENT_CYCLE.
    pub(super) fn operation(&mut self, operation: &'d OperationDefinition) -> Result<Extent> {
        self.set(&operation.selection_set.node)
    }

    fn set(&mut self, set: &'d SelectionSet) -> Result<Extent> {
        let mut sum = Extent::default();
        for item in &set.items {
            self.steps += 1;
            let directives = item.node.directives().len();
            let extent = match &item.node {
                Selection::Field(field) => {
                    let below = self.set(&field.node.selection_set.node)?;
                    below.below_a_field(&field.node.name.node, field.node.alias.is_some())
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum = sum.beside(Extent { directives: directives.max(extent.directives), ..extent });
        }
        sum.nesting += u32::from(!set.items.is_empty());
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name) -> Result<Extent> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return Ok(Extent::default()) };
        match self.known.get(name) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => return Err(guard::cycle()),
            None => {}
        }
        self.known.insert(name, None);
        let mut extent = self.set(&fragment.node.selection_set.node)?;
        extent.selections = extent.selections.saturating_add(1);
        self.known.insert(name, Some(extent));
        Ok(extent)
    }
}
