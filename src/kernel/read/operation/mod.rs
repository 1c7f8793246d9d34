//! A query, compiled once and answered often: its root fields' plans, and for each form of their lists'
//! arguments one statement. It holds nothing of any principal or request. With the arguments of a request
//! ([`arguments`]) it becomes parts ([`part`]) that are fetched and written ([`prepared`]).

mod arguments;
mod compiled;
mod part;
mod prepared;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use async_graphql::parser::types::{Field as Selected, SelectionSet};
use async_graphql::{Name, Positioned, ServerError, Value};
use uuid::Uuid;

pub(crate) use arguments::plain_text;
pub(crate) use compiled::{Asked, Compiled, Kinds};
pub use prepared::{Answered, Prepared};

use crate::kernel::read::changes::Changes;
use crate::kernel::read::plan::Plan;
use crate::kernel::read::root::{Queries, RootField, What};
use crate::kernel::read::select::{Env, Written, below};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::request::Request;

/// A compiled query.
pub struct Operation {
    pub(super) fields: Vec<(Name, async_graphql::Pos, Root)>,
    /// How many bytes it was answered with, by and large: the next answer has room for as many.
    pub(super) bytes: AtomicUsize,
}

/// A field of the root.
pub(super) enum Root {
    Typename,
    /// The engine answers it.
    Introspection,
    /// One object by id.
    One(Written, Arc<Compiled>),
    /// The object that belongs to the request.
    Own(fn(&Request) -> Option<Uuid>, Arc<Compiled>),
    List(Arc<Compiled>),
    /// What a mutation answers with, where that is an object of a shape. Its id is known when the act is done.
    Payload(Option<Arc<Compiled>>),
    /// Objects of any kind, compiled for the kinds that are asked for; alone or as a list.
    Nodes {
        single: bool,
        written: Written,
        /// What is selected below it.
        sets: Vec<SelectionSet>,
        kinds: Kinds,
    },
    /// What has changed.
    Changes(Arc<Changes>),
}

impl Operation {
    /// Compiles a query that has been validated.
    pub fn compile(env: Env<'_>, queries: &Queries, set: &SelectionSet) -> Result<Self, ServerError> {
        let mut fields = Vec::new();
        for (key, selected) in env.collect(&[set], "Query") {
            let root = compile_field(env, queries, &selected)?;
            fields.push((key.clone(), selected[0].pos, root));
        }
        Ok(Self { fields, bytes: AtomicUsize::default() })
    }

    /// Compiles what the payloads of a mutation that has been validated read; `kind` names the type that a
    /// field answers with.
    pub fn payloads<'t>(
        env: Env<'_>,
        queries: &Queries,
        kind: impl Fn(&str) -> Option<&'t str>,
        set: &SelectionSet,
    ) -> Result<Self, ServerError> {
        let mut fields = Vec::new();
        for (key, selected) in env.collect(&[set], "Mutation") {
            let kind = kind(selected[0].node.name.node.as_str());
            let shape = queries.shapes().iter().copied().find(|shape| kind == Some(shape.name));
            let plan = shape.map(|shape| Plan::objects(env, shape, &below(&selected)).map(|p| Compiled::new(shape, p)));
            fields.push((key.clone(), selected[0].pos, Root::Payload(plan.transpose()?)));
        }
        Ok(Self { fields, bytes: AtomicUsize::default() })
    }

    /// Does the engine have to answer a part of it?
    pub fn introspects(&self) -> bool {
        self.fields.iter().any(|(_, _, root)| matches!(root, Root::Introspection))
    }

    /// The plan of what a field of a mutation answers with.
    pub(crate) fn payload(&self, key: &Name) -> Option<Arc<Compiled>> {
        self.fields.iter().find(|(found, _, _)| found == key).and_then(|(_, _, root)| match root {
            Root::Payload(compiled) => compiled.clone(),
            _ => None,
        })
    }

    /// Puts the arguments of a request in; `introspected` is the engine's part.
    pub fn prepare<'o>(
        &'o self,
        env: Env<'_>,
        queries: &Queries,
        request: &Request,
        introspected: &Value,
    ) -> Prepared<'o> {
        let part =
            |(key, _, root): &(Name, _, Root)| arguments::prepare(root, key, env, queries, request, introspected);
        Prepared { operation: self, parts: self.fields.iter().map(part).collect() }
    }
}

fn compile_field(env: Env<'_>, queries: &Queries, selected: &[&Positioned<Selected>]) -> Result<Root, ServerError> {
    let name = selected[0].node.name.node.as_str();
    if name == "__typename" {
        return Ok(Root::Typename);
    }
    let Some(RootField { what, .. }) = queries.fields.iter().find(|f| f.name == name) else {
        return Ok(Root::Introspection);
    };
    let (sets, written) = (below(selected), &selected[0].node.arguments);
    let objects =
        |shape: &'static ShapeDef| Ok::<_, ServerError>(Compiled::new(shape, Plan::objects(env, shape, &sets)?));
    Ok(match what {
        What::One(shape) => Root::One(written.clone(), objects(shape())?),
        What::Own(shape, own) => Root::Own(*own, objects(shape())?),
        What::List(shape) => Root::List(Compiled::new(shape(), Plan::list(env, shape(), name, written, &sets)?)),
        What::Node | What::Nodes => Root::Nodes {
            single: matches!(what, What::Node),
            written: written.clone(),
            sets: sets.into_iter().cloned().collect(),
            kinds: Kinds::default(),
        },
        What::Changes => Root::Changes(Arc::new(Changes::compile(env, queries.shapes(), written, &sets)?)),
    })
}
