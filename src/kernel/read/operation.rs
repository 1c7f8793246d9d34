//! A query, compiled once and answered often: its root fields' plans, and for each form of their lists'
//! arguments one statement. It holds nothing of any principal or request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{Field as Selected, SelectionSet};
use async_graphql::{Name, PathSegment, Positioned, ServerError, Value};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::pipeline::Query;
use crate::kernel::read::answer::Answer;
use crate::kernel::read::cells::FlatRow;
use crate::kernel::read::changes::{Asking, Changes};
use crate::kernel::read::json::Json;
use crate::kernel::read::list::{Form, ListArgs, server_error};
use crate::kernel::read::plan::{Plan, bounded};
use crate::kernel::read::root::{Queries, RootField, What};
use crate::kernel::read::select::{Env, Written, below};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::statement::Statement;
use crate::kernel::request::Request;
use crate::kernel::tx::Database;

/// The most statements that are kept for one plan, one for each form of its lists' arguments.
const FORMS: usize = 32;

/// How many objects a field is taken to be worth that the engine answers.
const DESCRIBED: u64 = 1_000;

/// A compiled query.
pub struct Operation {
    fields: Vec<(Name, async_graphql::Pos, Root)>,
}

/// What was answered.
pub struct Answered {
    /// The JSON of `data`.
    pub data: Json,
    /// What went wrong in single fields, which are null.
    pub errors: Vec<ServerError>,
}

/// A field of the root.
enum Root {
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

/// A plan and its statements.
pub(crate) struct Compiled {
    shape: &'static ShapeDef,
    pub(crate) plan: Plan,
    statements: Mutex<HashMap<Vec<Form>, Arc<Statement>>>,
}

impl Compiled {
    pub(crate) fn new(shape: &'static ShapeDef, plan: Plan) -> Arc<Self> {
        Arc::new(Self { shape, plan, statements: Mutex::default() })
    }

    /// The statement for these arguments.
    pub(crate) fn statement(&self, args: &[ListArgs]) -> Arc<Statement> {
        let form: Vec<Form> = args.iter().map(|a| a.form.clone()).collect();
        let mut known = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = known.get(&form) {
            return statement.clone();
        }
        if known.len() >= FORMS {
            known.clear();
        }
        known.entry(form).or_insert_with(|| Arc::new(Statement::of(&self.plan, args))).clone()
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
    compiled: Arc<Compiled>,
    statement: Arc<Statement>,
    args: Vec<ListArgs>,
    ids: Vec<Uuid>,
    /// How many objects it may show.
    weight: u64,
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
    fn needs_rows(&self) -> bool {
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

/// What a root field asks for, and how its answer is shown.
enum Part {
    /// It is known without asking.
    Known(Value),
    /// The one object.
    Object(Asked),
    List(Asked),
    Nodes {
        single: bool,
        named: Vec<(String, Uuid)>,
        asked: Vec<Asked>,
    },
    /// It asks by itself, because what it reads depends on what has changed.
    Changes(Asking),
}

impl Part {
    fn asked(&self) -> &[Asked] {
        match self {
            Self::Known(_) | Self::Changes(_) => &[],
            Self::Object(asked) | Self::List(asked) => std::slice::from_ref(asked),
            Self::Nodes { asked, .. } => asked,
        }
    }

    /// How many objects it may show.
    fn weight(&self) -> u64 {
        match self {
            Self::Changes(asking) => asking.weight(),
            _ => self.asked().iter().map(|asked| asked.weight).sum(),
        }
    }

    fn write(&self, request: &Request, rows: &[Vec<FlatRow>], to: &mut Json) -> Result<()> {
        let answers = self.asked().iter().zip(rows).map(|(asked, rows)| asked.answer(request, rows));
        let answers = answers.collect::<Result<Vec<_>>>()?;
        match self {
            Self::Known(value) => to.value(value),
            Self::Changes(_) => return Err(Error::internal("changes are answered by themselves")),
            Self::List(_) => answers[0].list(to)?,
            Self::Object(asked) => write_or_null(&answers, asked.ids[0], to)?,
            Self::Nodes { single: true, named, .. } => write_or_null(&answers, named[0].1, to)?,
            Self::Nodes { named, asked, .. } => {
                to.raw("[");
                for (prefix, id) in named {
                    to.comma();
                    let of_kind = asked.iter().position(|a| a.compiled.shape.prefix == *prefix);
                    write_or_null(of_kind.map_or(&[], |n| &answers[n..=n]), *id, to)?;
                }
                to.raw("]");
            }
        }
        answers.into_iter().for_each(Answer::note_looks);
        Ok(())
    }
}

fn write_or_null(answers: &[Answer<'_>], id: Uuid, to: &mut Json) -> Result<()> {
    let written = match answers.first() {
        Some(answer) => answer.object_by_id(id, to)?,
        None => false,
    };
    if !written {
        to.null();
    }
    Ok(())
}

impl Operation {
    /// Compiles a query that has been validated.
    pub fn compile(env: Env<'_>, queries: &Queries, set: &SelectionSet) -> Result<Self, ServerError> {
        let mut fields = Vec::new();
        for (key, selected) in env.collect(&[set], "Query") {
            let root = compile_field(env, queries, &selected)?;
            fields.push((key.clone(), selected[0].pos, root));
        }
        Ok(Self { fields })
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
        Ok(Self { fields })
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
        let part = |(key, _, root): &(Name, _, Root)| prepare(root, key, env, queries, request, introspected);
        Prepared { operation: self, parts: self.fields.iter().map(part).collect() }
    }
}

/// An operation with the arguments of a request.
pub struct Prepared<'o> {
    operation: &'o Operation,
    parts: Vec<Result<Part, ServerError>>,
}

impl Prepared<'_> {
    /// How many objects each field of the root may show. A field whose arguments are wrong shows none.
    pub fn weights(&self) -> impl Iterator<Item = (&Name, u64)> {
        self.operation.fields.iter().zip(&self.parts).map(|((key, _, root), part)| match (root, part) {
            (Root::Introspection, _) => (key, DESCRIBED),
            (_, Ok(part)) => (key, part.weight()),
            (_, Err(_)) => (key, 0),
        })
    }

    /// Reads what the query asks for, all in one snapshot. After a fault of the database each root field is
    /// asked alone, so that the others keep their answers.
    pub async fn answer(self, database: &Database, request: &Arc<Request>) -> Answered {
        let Self { operation: Operation { fields }, parts } = self;
        let found = fetch(&parts.iter().flatten().collect::<Vec<_>>(), database, request).await;
        let mut found = found.map(Vec::into_iter);
        let mut answered = Answered { data: Json::new(), errors: Vec::new() };
        answered.data.raw("{");
        for ((key, pos, _), part) in fields.iter().zip(parts) {
            answered.data.key(key);
            let written = answered.data.mark();
            let done = match part {
                Err(error) => Err(error),
                Ok(Part::Changes(asking)) => {
                    asking.answer(database, request, &mut answered.data).await.map_err(server_error)
                }
                Ok(part) => {
                    let rows = match &mut found {
                        Ok(found) => Ok(found.by_ref().take(part.asked().len()).collect()),
                        Err(error) => alone(&part, error, fields.len(), database, request).await,
                    };
                    rows.and_then(|rows: Vec<_>| part.write(request, &rows, &mut answered.data)).map_err(server_error)
                }
            };
            if let Err(mut error) = done {
                answered.data.back_to(written);
                answered.data.null();
                error.locations = vec![*pos];
                error.path = vec![PathSegment::Field(key.to_string())];
                answered.errors.push(error);
            }
        }
        answered.data.raw("}");
        answered
    }
}

/// The rows of one root field after all of them together have failed: what asks for nothing needs none, and of a field
/// that was alone it is known.
async fn alone(
    part: &Part,
    failed: &Error,
    fields: usize,
    database: &Database,
    request: &Arc<Request>,
) -> Result<Vec<Vec<FlatRow>>> {
    match (part.asked().is_empty(), fields) {
        (true, _) => Ok(Vec::new()),
        (false, 1) => Err(failed.clone()),
        (false, _) => fetch(&[part], database, request).await,
    }
}

/// The rows of everything that the parts ask for; a plan that needs none is not asked.
async fn fetch(parts: &[&Part], database: &Database, request: &Arc<Request>) -> Result<Vec<Vec<FlatRow>>> {
    let asked: Vec<&Asked> = parts.iter().flat_map(|part| part.asked()).collect();
    let needed = asked.iter().filter(|asked| asked.needs_rows());
    let queries = needed.map(|asked| asked.query(request)).collect::<Result<Vec<_>>>()?;
    let found = if queries.is_empty() { Vec::new() } else { database.read(request, &queries).await? };
    let mut found = found.into_iter();
    let rows = |asked: &&Asked| if asked.needs_rows() { found.next().unwrap_or_default() } else { Vec::new() };
    Ok(asked.iter().map(rows).collect())
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

fn prepare(
    root: &Root,
    key: &Name,
    env: Env<'_>,
    queries: &Queries,
    request: &Request,
    introspected: &Value,
) -> Result<Part, ServerError> {
    Ok(match root {
        Root::Typename => Part::Known(Value::from("Query")),
        Root::Introspection => Part::Known(match introspected {
            Value::Object(fields) => fields.get(key).cloned().unwrap_or_default(),
            _ => Value::Null,
        }),
        Root::One(written, compiled) => {
            let text = text(&env.arguments(written)?, "id");
            let id = id::decode_as(compiled.shape.prefix, &text).map_err(server_error)?;
            behind_the_wall(request, compiled.shape).map_err(server_error)?;
            Part::Object(Asked::new(compiled.clone(), vec![id], env, request)?)
        }
        Root::Own(own, compiled) => match own(request) {
            Some(id) => {
                behind_the_wall(request, compiled.shape).map_err(server_error)?;
                Part::Object(Asked::new(compiled.clone(), vec![id], env, request)?)
            }
            None => Part::Known(Value::Null),
        },
        Root::List(compiled) => {
            behind_the_wall(request, compiled.shape).map_err(server_error)?;
            Part::List(Asked::new(compiled.clone(), Vec::new(), env, request)?)
        }
        Root::Changes(changes) => Part::Changes(changes.clone().ask(env, request)?),
        Root::Payload(None) => Part::Known(Value::Null),
        Root::Payload(Some(compiled)) => Part::Object(Asked::new(compiled.clone(), vec![Uuid::nil()], env, request)?),
        Root::Nodes { single, written, sets, kinds } => {
            let named = named(&env.arguments(written)?, *single).map_err(server_error)?;
            let mut asked = Vec::new();
            for shape in queries.shapes() {
                let ids: Vec<Uuid> = named.iter().filter(|(p, _)| p == shape.prefix).map(|(_, id)| *id).collect();
                if ids.is_empty() || (shape.tenant && request.municipality.is_none()) {
                    continue;
                }
                let compiled = kinds.find(shape, || Plan::objects(env, shape, &sets.iter().collect::<Vec<_>>()))?;
                asked.push(Asked::new(compiled, ids, env, request)?);
            }
            Part::Nodes { single: *single, named, asked }
        }
    })
}

type Arguments = indexmap::IndexMap<String, Value>;

/// The ids that `node` or `nodes` names, taken apart.
fn named(args: &Arguments, single: bool) -> Result<Vec<(String, Uuid)>> {
    let texts = match args.get("ids") {
        _ if single => vec![text(args, "id")],
        Some(Value::List(items)) => items.iter().map(plain_text).collect(),
        Some(single) => vec![plain_text(single)],
        None => Vec::new(),
    };
    if texts.len() > 100 {
        return Err(Error::invalid("ids", "RANGE", "一度に読めるのは100件までです。", "At most 100 ids at once."));
    }
    let decoded = texts.iter().map(|text| id::decode(text).map(|(prefix, id)| (prefix.to_owned(), id)));
    if single {
        return decoded.collect();
    }
    // In a list each id stands for itself: what is no id at all is not found, like any other.
    Ok(decoded.map(|id| id.unwrap_or_else(|_| (String::new(), Uuid::nil()))).collect())
}

fn text(args: &Arguments, name: &str) -> String {
    args.get(name).map(plain_text).unwrap_or_default()
}

pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn behind_the_wall(request: &Request, shape: &ShapeDef) -> Result<()> {
    if shape.tenant { request.municipality().map(|_| ()) } else { Ok(()) }
}
