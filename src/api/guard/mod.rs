//! The guard: what is refused before the engine sees a document, in one linear pass over its tokens and one
//! over what was parsed. What it finds is kept with the document.

mod tokens;
mod walk;

use std::collections::HashSet;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet};

use crate::api::bounded::too_many_variables;
use crate::api::limits;
use crate::api::response::bad_request;
use crate::kernel::error::{Error, Result};
pub use walk::Extent;
use walk::Walk;

/// Looks at a document's text before it is parsed.
///
/// # Errors
/// BAD_REQUEST with the limit's name.
pub fn scan(document: &str) -> Result<()> {
    tokens::scan(document)
}

/// Refuses a document that reaches too far or does something twice.
///
/// # Errors
/// BAD_REQUEST with the limit's name.
pub fn check(document: &ExecutableDocument) -> Result<()> {
    let mut walk = Walk::new(document);
    for (n, (_, operation)) in document.operations.iter().enumerate() {
        if n >= limits::OPERATIONS {
            return Err(too_many("TOO_MANY_OPERATIONS", "操作が多すぎます(最大5)。", "More than 5 operations."));
        }
        if operation.node.variable_definitions.len() > limits::VARIABLES {
            return Err(too_many_variables());
        }
        walk.operation(&operation.node)?.check()?;
        if operation.node.ty == OperationType::Mutation {
            Once { document, keys: HashSet::new() }.set(&operation.node.selection_set.node)?;
        }
    }
    Ok(())
}

/// How far an operation of a document reaches that was not refused.
pub fn extent(document: &ExecutableDocument, operation: &OperationDefinition) -> Extent {
    Walk::new(document).operation(operation).unwrap_or_default()
}

/// The response keys of a mutation. A key that stands twice would be one act for some readers and two for others.
struct Once<'d> {
    document: &'d ExecutableDocument,
    keys: HashSet<&'d Name>,
}

impl<'d> Once<'d> {
    /// The root has few fields, or it would have been refused before.
    fn set(&mut self, set: &'d SelectionSet) -> Result<()> {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    if !self.keys.insert(&field.node.response_key().node) {
                        return Err(bad_request(
                            "REPEATED_MUTATION",
                            "同じ応答名の操作が重複しています。",
                            "A mutation has the same response key twice.",
                        ));
                    }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.set(&fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Something exceeds a limit that its name tells.
fn too_many(reason: &'static str, ja: &'static str, en: &'static str) -> Error {
    bad_request(reason, ja, en)
}

fn too_deep() -> Error {
    bad_request("TOO_DEEP", "入れ子が深すぎます。", "The document is nested too deep.")
}

fn too_many_directives() -> Error {
    bad_request(
        "TOO_MANY_DIRECTIVES",
        "ディレクティブが多すぎます(文書に20、一か所に5まで)。",
        "More than 20 directives in the document or 5 at one place.",
    )
}

fn cycle() -> Error {
    bad_request("FRAGMENT_CYCLE", "フラグメントが循環しています。", "The fragments go in a circle.")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use async_graphql::parser::parse_query;

    use super::*;

    fn reason(document: &str) -> &'static str {
        check(&parse_query(document).expect("a document")).err().map_or("", |e| e.reason())
    }

    /// G16, G17: what doubles with each fragment is still looked at once.
    #[test]
    fn g16_g17_the_walk_is_linear() {
        for k in [10, 14, 20, 28] {
            let mut bomb = format!("{{ ...F0 }} fragment F{k} on Query {{ __typename }} ");
            for n in 0..k {
                let next = n + 1;
                let _ = write!(bomb, "fragment F{n} on Query {{ ...F{next} a: x {{ ...F{next} }} }} ");
            }
            let document = parse_query(&bomb).expect("a document");
            let mut walk = Walk::new(&document);
            let (_, operation) = document.operations.iter().next().expect("one");
            walk.operation(&operation.node).expect("no circle");
            assert!(walk.steps < 4 * k + 4, "{} steps for {k}", walk.steps);
            assert_ne!(reason(&bomb), "", "{k}");
        }
    }

    #[test]
    fn g10_data_may_be_twelve_deep_and_introspection_eighteen() {
        let deep = |n: usize| format!("{{ {}a{} }}", "a {".repeat(n - 1), "}".repeat(n - 1));
        assert_eq!((reason(&deep(12)), reason(&deep(13))), ("", "TOO_DEEP"));
        let schema = |n: usize| format!("{{ __schema {{ {}a{} }} }}", "a {".repeat(n - 2), "}".repeat(n - 2));
        assert_eq!((reason(&schema(18)), reason(&schema(19))), ("", "TOO_DEEP"));
    }

    /// G20: a name that looks like introspection buys nothing.
    #[test]
    fn g20_only_the_fields_themselves_are_introspection() {
        let below = format!("{}a{}", "a {".repeat(12), "}".repeat(12));
        for document in [
            format!("{{ __schema: a {{ {below} }} }}"),
            format!("{{ ...__schema }} fragment __schema on Query {{ {below} }}"),
            format!("query __schema {{ {below} }}"),
        ] {
            assert_eq!(reason(&document), "TOO_DEEP", "{document}");
        }
    }

    #[test]
    fn g11_g13_g15_g18_each_limit_has_its_word() {
        let many = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<Vec<_>>().join(" ");
        let spread = "fragment F on Query { a: x b: x c: x }";
        for (document, expected) in [
            (format!("{{ x {{ {} }} }}", many(30, &|n| format!("a{n}: b"))), ""),
            (format!("{{ x {{ {} }} }}", many(31, &|n| format!("a{n}: b"))), "TOO_MANY_ALIASES"),
            (format!("{{ y {{ {} }} }} {spread}", many(11, &|_| "...F".into())), "TOO_MANY_ALIASES"),
            (format!("{{ {} }}", many(21, &|n| format!("a{n}"))), "TOO_MANY_ROOT_FIELDS"),
            (many(6, &|n| format!("query A{n} {{ a }}")), "TOO_MANY_OPERATIONS"),
            (format!("query({}) {{ a }}", many(101, &|n| format!("$a{n}: Int"))), "TOO_MANY_VARIABLES"),
            ("{ a @b @b @b @b @b @b }".into(), "TOO_MANY_DIRECTIVES"),
            ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".into(), "FRAGMENT_CYCLE"),
            ("mutation { a b: a }".into(), ""),
            ("mutation { a a }".into(), "REPEATED_MUTATION"),
            ("mutation { ...F ...F } fragment F on Mutation { a }".into(), "REPEATED_MUTATION"),
        ] {
            assert_eq!(reason(&document), expected, "{document}");
        }
    }
}
