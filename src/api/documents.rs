//! Documents that have been guarded, parsed and judged, so that the next request finds them ready.
//! What is kept depends on the text and the operation's name alone, never on who asks or on variables.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::Value as Literal;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use crate::api::response::bad_request;
use crate::api::schema::Nouns;
use crate::api::variables::InputTypes;
use crate::api::{guard, judge};
use crate::kernel::error::Result;
use crate::kernel::read::{Catalogue, Env, Operation};

/// How many bytes the documents may take that are kept, parsed and compiled.
const KEPT: u64 = 16 * 1024 * 1024;
/// How many bytes a byte of text takes once it is parsed, by and large.
const PARSED: u64 = 10;
/// How many bytes a selection takes in a plan, by and large. Fragments are spread out there.
const PLANNED: u64 = 300;
/// How many documents are expected to be kept.
const USUAL: usize = 500;
/// How many settings of one document's switches are kept.
const SWITCHED: usize = 16;

/// A document and the operation of it that is meant.
pub struct Document {
    parsed: ExecutableDocument,
    name: Option<String>,
    /// What kind of operation it is.
    pub kind: OperationType,
    /// The names of its root fields.
    pub fields: Vec<String>,
    /// The variables that switch selections on and off.
    switches: Vec<Name>,
    /// Does it ask for the schema itself?
    pub introspects: bool,
    /// Is it one of the trusted documents?
    pub trusted: bool,
    /// How many selections its operation has, fragments spread out.
    selections: u64,
    validated: AtomicBool,
    compiled: Switched<Operation>,
}

/// Something made once for each setting of a document's switches.
struct Switched<T>(Mutex<HashMap<Vec<bool>, Arc<T>>>);

impl<T> Default for Switched<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Switched<T> {
    fn find<E>(&self, setting: Vec<bool>, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = known.get(&setting) {
            return Ok(made.clone());
        }
        let new = Arc::new(make()?);
        if known.len() >= SWITCHED {
            known.clear();
        }
        known.insert(setting, new.clone());
        Ok(new)
    }
}

impl Document {
    /// Chooses the operation of a guarded document.
    ///
    /// # Errors
    /// BAD_REQUEST/OPERATION when none or several are meant.
    fn new(parsed: ExecutableDocument, name: Option<&str>, trusted: bool) -> Result<Self> {
        let Some(operation) = operation(&parsed, name) else {
            return Err(bad_request(
                "OPERATION",
                "実行する操作を一つ指定してください。",
                "Name exactly one operation of the document.",
            ));
        };
        let kind = operation.ty;
        let mut fields = Vec::new();
        root_fields(&parsed, &operation.selection_set.node, &mut HashSet::new(), &mut fields);
        let mut switches = Vec::new();
        find_switches(&operation.selection_set.node, &mut switches);
        for fragment in parsed.fragments.values() {
            find_switches(&fragment.node.selection_set.node, &mut switches);
        }
        let extent = guard::extent(&parsed, operation);
        let (introspects, selections) = (extent.introspects(), extent.selections);
        let (name, validated) = (name.map(str::to_owned), AtomicBool::new(false));
        Ok(Self {
            parsed,
            name,
            kind,
            fields,
            switches,
            introspects,
            trusted,
            selections,
            validated,
            compiled: Switched::default(),
        })
    }

    /// The document as the engine takes it.
    pub fn parsed(&self) -> ExecutableDocument {
        self.parsed.clone()
    }

    /// The name of the operation that is meant, where several could be.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The operation that is meant.
    ///
    /// # Panics
    /// Never: it was found when the document was made.
    #[allow(clippy::expect_used)]
    pub fn operation(&self) -> &OperationDefinition {
        operation(&self.parsed, self.name.as_deref()).expect("chosen before")
    }

    /// The document with the variables of a request.
    pub fn env<'a>(&'a self, variables: &'a Variables) -> Env<'a> {
        let definitions = &self.operation().variable_definitions;
        Env { fragments: &self.parsed.fragments, variables, definitions }
    }

    /// The compiled operation for the switches as the variables set them: a query's reading, or what a
    /// mutation's payloads read.
    pub fn compiled(&self, variables: &Variables, types: &InputTypes) -> Result<Arc<Operation>, ServerError> {
        let env = self.env(variables);
        let set = &self.operation().selection_set.node;
        self.compiled.find(self.setting(env), || match self.kind {
            OperationType::Mutation => Operation::payloads(env, Nouns::queries(), |field| types.payload(field), set),
            _ => Operation::compile(env, Nouns::queries(), set),
        })
    }

    /// Has the engine found nothing wrong with it, too?
    pub fn is_validated(&self) -> bool {
        self.validated.load(Ordering::Acquire)
    }

    /// The engine has found nothing wrong with it.
    pub fn found_good(&self) {
        self.validated.store(true, Ordering::Release);
    }

    /// How many plans it may have.
    fn settings(&self) -> u64 {
        let switches = u32::try_from(self.switches.len()).unwrap_or(u32::MAX);
        1_u64.checked_shl(switches).unwrap_or(u64::MAX).min(SWITCHED as u64)
    }

    fn setting(&self, env: Env<'_>) -> Vec<bool> {
        self.switches.iter().map(|name| env.is_true(name)).collect()
    }
}

/// The documents that are kept.
pub struct Documents {
    kept: Cache<Key, Arc<Document>, ByBytes>,
}

type Key = (String, Option<String>);

/// A key that is only looked up; it hashes as the pair does.
#[derive(Hash)]
struct Borrowed<'a>(&'a str, Option<&'a str>);

impl Equivalent<Key> for Borrowed<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.0, self.1) == (key.0.as_str(), key.1.as_deref())
    }
}

/// What a document takes once all its plans are made.
#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<Document>> for ByBytes {
    fn weight(&self, (text, _): &Key, document: &Arc<Document>) -> u64 {
        PARSED * text.len() as u64 + PLANNED * document.selections * document.settings()
    }
}

/// What is wrong with a document.
pub enum Unfit {
    /// It cannot be parsed.
    Parse(async_graphql::parser::Error),
    /// It is not valid for the schema.
    Invalid(Vec<ServerError>),
    /// It is refused.
    Refused(crate::kernel::error::Error),
}

impl From<crate::kernel::error::Error> for Unfit {
    fn from(refused: crate::kernel::error::Error) -> Self {
        Self::Refused(refused)
    }
}

impl Default for Documents {
    fn default() -> Self {
        Self { kept: Cache::with_weighter(USUAL, KEPT, ByBytes) }
    }
}

impl Documents {
    /// A document that is kept.
    pub fn kept(&self, query: &str, name: Option<&str>) -> Option<Arc<Document>> {
        self.kept.get(&Borrowed(query, name))
    }

    /// A new document: it is guarded, parsed and judged now.
    pub fn read(&self, query: &str, name: Option<&str>, trusted: bool) -> Result<Arc<Document>, Unfit> {
        guard::scan(query)?;
        let parsed = async_graphql::parser::parse_query(query).map_err(Unfit::Parse)?;
        guard::check(&parsed)?;
        judge::judge(query).map_err(Unfit::Invalid)?;
        let document = Arc::new(Document::new(parsed, name, trusted)?);
        self.kept.insert((query.to_owned(), document.name.clone()), document.clone());
        Ok(document)
    }
}

/// The operation a request means.
fn operation<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => operation,
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name)?,
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next()?,
        _ => return None,
    };
    Some(&found.node)
}

/// Collects the names of the root fields; a fragment is entered once, however often it is spread.
fn root_fields(document: &ExecutableDocument, set: &SelectionSet, seen: &mut HashSet<Name>, to: &mut Vec<String>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => to.push(field.node.name.node.to_string()),
            Selection::InlineFragment(inline) => {
                root_fields(document, &inline.node.selection_set.node, seen, to);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let (Some(fragment), true) = (document.fragments.get(name), seen.insert(name.clone())) {
                    root_fields(document, &fragment.node.selection_set.node, seen, to);
                }
            }
        }
    }
}

/// Collects the variables of `@skip` and `@include`, each once.
fn find_switches(set: &SelectionSet, to: &mut Vec<Name>) {
    for item in &set.items {
        let (directives, below): (&[Positioned<Directive>], Option<&SelectionSet>) = match &item.node {
            Selection::Field(field) => (&field.node.directives, Some(&field.node.selection_set.node)),
            Selection::InlineFragment(inline) => (&inline.node.directives, Some(&inline.node.selection_set.node)),
            Selection::FragmentSpread(spread) => (&spread.node.directives, None),
        };
        for (_, value) in directives.iter().flat_map(|d| &d.node.arguments) {
            match &value.node {
                Literal::Variable(name) if !to.contains(name) => to.push(name.clone()),
                _ => {}
            }
        }
        if let Some(below) = below {
            find_switches(below, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_by_what_its_plans_take() {
        let documents = Documents::default();
        let switched = |n| {
            format!(
                "query Q{n}($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {{ viewer {{ \
                 id @skip(if: $a) name @skip(if: $b) nameKana @skip(if: $c) email @skip(if: $d) }} }}"
            )
        };
        for n in 0..1_000 {
            documents.read(&switched(n), None, false).ok().expect("a good document");
        }
        assert!(documents.kept.weight() <= KEPT, "{} bytes", documents.kept.weight());
        assert!((100..800).contains(&documents.kept.len()), "{} documents", documents.kept.len());
        assert!(documents.kept(&switched(999), None).is_some(), "the last is kept");
    }
}
