//! A plan with its statements, and one of them as a request sends it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_graphql::ServerError;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::pipeline::Query;
use crate::kernel::read::answer::Answer;
use crate::kernel::read::cells::FlatRow;
use crate::kernel::read::list::{Form, ListArgs};
use crate::kernel::read::plan::{Plan, bounded};
use crate::kernel::read::select::Env;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::statement::Statement;
use crate::kernel::request::Request;

/// How many bytes of statements are kept.
const KEPT: u64 = 8 * 1024 * 1024;
/// How many statements are expected to be kept.
const USUAL: usize = 1_000;

/// By what a statement is found: a plan's number and the form of its lists' arguments.
type Key = (u64, Vec<Form>);

/// The statements of all plans. What is not used any more goes first.
static STATEMENTS: LazyLock<Cache<Key, Arc<Statement>, ByText>> =
    LazyLock::new(|| Cache::with_weighter(USUAL, KEPT, ByText));

#[derive(Clone)]
struct ByText;

impl Weighter<Key, Arc<Statement>> for ByText {
    fn weight(&self, _: &Key, statement: &Arc<Statement>) -> u64 {
        statement.text.len() as u64
    }
}

/// A plan and its statements.
pub(crate) struct Compiled {
    pub(super) shape: &'static ShapeDef,
    pub(crate) plan: Plan,
    /// By which number its statements are kept; no other plan ever has it.
    number: u64,
}

impl Compiled {
    pub(crate) fn new(shape: &'static ShapeDef, plan: Plan) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Arc::new(Self { shape, plan, number: NEXT.fetch_add(1, Ordering::Relaxed) })
    }

    /// The statement for these arguments.
    pub(crate) fn statement(&self, args: &[ListArgs]) -> Arc<Statement> {
        let key = (self.number, args.iter().map(|a| a.form.clone()).collect());
        let made =
            STATEMENTS.get_or_insert_with(&key, || Ok::<_, Infallible>(Arc::new(Statement::of(&self.plan, args))));
        made.unwrap_or_else(|never| match never {})
    }
}

/// The plans of a field that may show objects of any kind, one for each kind it has shown.
#[derive(Default)]
pub(crate) struct Kinds(Mutex<HashMap<&'static str, Arc<Compiled>>>);

impl Kinds {
    /// The plan for a kind, made at its first use.
    pub(crate) fn find(
        &self,
        shape: &'static ShapeDef,
        plan: impl FnOnce() -> Result<Plan, ServerError>,
    ) -> Result<Arc<Compiled>, ServerError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known.get(shape.prefix) {
            return Ok(compiled.clone());
        }
        let compiled = Compiled::new(shape, plan()?);
        known.insert(shape.prefix, compiled.clone());
        Ok(compiled)
    }
}

/// One statement that a request sends, and what is needed to make its answer.
pub(crate) struct Asked {
    pub(super) compiled: Arc<Compiled>,
    statement: Arc<Statement>,
    args: Vec<ListArgs>,
    pub(super) ids: Vec<Uuid>,
    /// How many objects it may show.
    pub(super) weight: u64,
}

impl Asked {
    /// A plan with this request's arguments.
    pub(crate) fn new(
        compiled: Arc<Compiled>,
        ids: Vec<Uuid>,
        env: Env<'_>,
        request: &Request,
    ) -> Result<Self, ServerError> {
        let lists = compiled.plan.lists.iter();
        let args = lists.map(|list| ListArgs::read(list, env, request)).collect::<Result<Vec<_>, _>>()?;
        let weight = compiled.plan.weight(&args, ids.len().max(1) as u64);
        bounded(weight)?;
        let statement = compiled.statement(&args);
        Ok(Self { compiled, statement, args, ids, weight })
    }

    /// A plan whose arguments were read before, for these ids. It was weighed before, too.
    pub(crate) fn of(compiled: Arc<Compiled>, args: Vec<ListArgs>, ids: Vec<Uuid>) -> Self {
        let statement = compiled.statement(&args);
        Self { compiled, statement, args, ids, weight: 0 }
    }

    /// Is there anything to fetch?
    pub(super) fn needs_rows(&self) -> bool {
        !self.compiled.plan.branches.is_empty()
    }

    pub(crate) fn query(&self, request: &Request) -> Result<Query> {
        let params = self.statement.bind(request, &self.ids, &self.args)?;
        Ok(Query { text: self.statement.text.clone(), params, walled: true })
    }

    pub(crate) fn answer<'a>(&'a self, request: &'a Request, rows: &'a [FlatRow]) -> Result<Answer<'a>> {
        Answer::new(&self.compiled.plan, &self.statement, &self.args, request, rows)
    }
}
