//! The query root: fields that read one object, a list, or whatever has an id.
//!
//! An error in one root field leaves that field null and the others whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::marker::PhantomData;

use async_graphql::parser::types::Field as Selected;
use async_graphql::registry::{MetaField, MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, InputType, ObjectType, OutputType, Positioned, ServerError,
    ServerResult, Value,
};
use indexmap::IndexMap;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::read::execute;
use crate::kernel::read::list::{ListArgs, server_error};
use crate::kernel::read::plan::{ConnectionPlan, Env, Plan, below, bounded};
use crate::kernel::read::register;
use crate::kernel::read::shape::{Shape, ShapeDef, ShapeFn};
use crate::kernel::request::Request;
use crate::kernel::work::Work;

/// A field of the query root.
pub struct RootField {
    /// Its name in the schema.
    pub name: &'static str,
    doc: &'static str,
    what: What,
}

enum What {
    One(ShapeFn),
    List(ShapeFn),
    Own(ShapeFn, fn(&Request) -> Option<Uuid>),
    Node,
    Nodes,
}

/// The fields of the query root, and the shapes they lead to.
#[derive(Default)]
pub struct Queries {
    /// In the schema's order.
    pub fields: Vec<RootField>,
}

impl Queries {
    /// A root with `node` and `nodes`.
    pub fn new() -> Self {
        let mut queries = Self::default();
        queries.add("node", "ID から対象を読む。見つからない・閲覧できない場合は null。", What::Node);
        queries.add("nodes", "複数の ID から対象を読む(最大100)。見つからないものは null。", What::Nodes);
        queries
    }

    fn add(&mut self, name: &'static str, doc: &'static str, what: What) {
        self.fields.push(RootField { name, doc, what });
    }

    /// A field that reads one object by id.
    #[must_use]
    pub fn one<S: Shape>(mut self, name: &'static str, doc: &'static str) -> Self {
        self.add(name, doc, What::One(S::shape));
        self
    }

    /// A field that reads a list.
    #[must_use]
    pub fn list<S: Shape>(mut self, name: &'static str, doc: &'static str) -> Self {
        self.add(name, doc, What::List(S::shape));
        self
    }

    /// A field that reads the object that belongs to the request.
    #[must_use]
    pub fn own<S: Shape>(mut self, name: &'static str, id: fn(&Request) -> Option<Uuid>, doc: &'static str) -> Self {
        self.add(name, doc, What::Own(S::shape, id));
        self
    }

    /// Every shape the root leads to, directly or through others.
    pub fn shapes(&self) -> Vec<&'static ShapeDef> {
        let mut found: IndexMap<&'static str, &'static ShapeDef> = IndexMap::new();
        for field in &self.fields {
            if let What::One(shape) | What::List(shape) | What::Own(shape, _) = field.what {
                reach(shape(), &mut found);
            }
        }
        found.into_values().collect()
    }
}

fn reach(shape: &'static ShapeDef, found: &mut IndexMap<&'static str, &'static ShapeDef>) {
    use crate::kernel::read::shape::Source;
    if found.insert(shape.name, shape).is_some() {
        return;
    }
    for field in &shape.fields {
        if let Source::One(to, _) | Source::First(to, _) | Source::Many(to, _) | Source::Connection(to, _) =
            field.source
        {
            reach(to(), found);
        }
    }
}

/// Where the root's fields are declared.
pub trait Catalogue: Send + Sync + 'static {
    /// They do not change while the program runs.
    fn queries() -> &'static Queries;
}

/// The query root over a catalogue.
pub struct QueryRoot<C>(pub PhantomData<fn() -> C>);

impl<C: Catalogue> OutputType for QueryRoot<C> {
    fn type_name() -> Cow<'static, str> {
        "Query".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let fields = C::queries().fields.iter();
            let fields = fields.map(|f| (f.name.to_owned(), meta_field(registry, f))).collect();
            register::meta_object("Query", "読み取り。閲覧できるものだけが返る。", fields)
        })
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Selected>) -> ServerResult<Value> {
        async_graphql::resolver_utils::resolve_container(ctx, self).await
    }
}

fn meta_field(registry: &mut Registry, field: &RootField) -> MetaField {
    let (ty, args) = match field.what {
        What::One(shape) => (register::nullable(registry, shape()), IndexMap::from([register::id_argument(registry)])),
        What::List(shape) => {
            let ty = register::connection(registry, shape());
            (ty.trim_end_matches('!').to_owned(), register::list_arguments(registry, shape()))
        }
        What::Own(shape, _) => (register::nullable(registry, shape()), IndexMap::new()),
        What::Node => {
            register::node_interface(registry);
            (register::NODE.to_owned(), IndexMap::from([register::id_argument(registry)]))
        }
        What::Nodes => (format!("[{}]", register::NODE), IndexMap::from([ids_argument(registry)])),
    };
    let mut meta = MetaField::new(field.name, ty);
    meta.description = Some(field.doc.to_owned());
    meta.args = args;
    meta
}

fn ids_argument(registry: &mut Registry) -> (String, async_graphql::registry::MetaInputValue) {
    let ty = <Vec<async_graphql::ID> as InputType>::create_type_info(registry);
    let mut arg = async_graphql::registry::MetaInputValue::new("ids", ty);
    arg.description = Some("ID の並び。".to_owned());
    ("ids".to_owned(), arg)
}

impl<C: Catalogue> ContainerType for QueryRoot<C> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        let Some(field) = C::queries().fields.iter().find(|f| f.name == name) else { return Ok(None) };
        Ok(Some(match resolve(ctx, C::queries(), field).await {
            Ok(value) => value,
            Err(mut error) => {
                error.locations = vec![ctx.item.pos];
                ctx.add_error(ctx.set_error_path(error));
                Value::Null
            }
        }))
    }
}

impl<C: Catalogue> ObjectType for QueryRoot<C> {}

async fn resolve(ctx: &Context<'_>, queries: &Queries, field: &RootField) -> Result<Value, ServerError> {
    let work = ctx.data_unchecked::<Work>();
    let request = work.request.clone();
    let env = Env::of(ctx, &request);
    let args = env.arguments(&ctx.item.node)?;
    let sets = below(&[&ctx.item.node]);
    let text = |name: &str| match args.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    match field.what {
        What::One(shape) => {
            let id = id::decode_as(shape().prefix, &text("id")).map_err(server_error)?;
            one(work, env, shape(), id, &sets).await
        }
        What::Own(shape, own) => match own(&request) {
            Some(id) => one(work, env, shape(), id, &sets).await,
            None => Ok(Value::Null),
        },
        What::List(shape) => {
            behind_the_wall(&request, shape()).map_err(server_error)?;
            let args = ListArgs::read(shape(), field.name, &args, &request)?;
            let plan = ConnectionPlan::of(env, shape(), args, &sets)?;
            bounded(plan.weight(1))?;
            let mut turn = work.turn().await;
            let read = async { execute::root_list(turn.tx().await?, &plan).await }.await;
            turn.settle(read).map_err(server_error)
        }
        What::Node => {
            let ids = vec![text("id")];
            Ok(nodes(work, env, queries, &ids, &sets).await?.pop().unwrap_or_default())
        }
        What::Nodes => {
            let ids: Vec<String> = match args.get("ids") {
                Some(Value::List(items)) => items.iter().map(plain_text).collect(),
                Some(single) => vec![plain_text(single)],
                None => Vec::new(),
            };
            if ids.len() > 100 {
                let (ja, en) = ("一度に読めるのは100件までです。", "At most 100 ids at once.");
                return Err(server_error(Error::invalid("ids", "RANGE", ja, en)));
            }
            Ok(Value::List(nodes(work, env, queries, &ids, &sets).await?))
        }
    }
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn behind_the_wall(request: &Request, shape: &ShapeDef) -> Result<()> {
    if shape.tenant { request.municipality().map(|_| ()) } else { Ok(()) }
}

async fn one(
    work: &Work,
    env: Env<'_>,
    shape: &'static ShapeDef,
    id: Uuid,
    sets: &[&async_graphql::parser::types::SelectionSet],
) -> Result<Value, ServerError> {
    behind_the_wall(&work.request, shape).map_err(server_error)?;
    let plan = Plan::of(env, shape, sets)?;
    bounded(plan.weight(1))?;
    let mut turn = work.turn().await;
    let read = async { execute::by_ids(turn.tx().await?, &plan, &[id]).await }.await;
    let mut found = turn.settle(read).map_err(server_error)?;
    Ok(found.remove(&id).unwrap_or_default())
}

/// Objects of any kind by id; null for what is foreign, hidden, deleted or unknown.
async fn nodes(
    work: &Work,
    env: Env<'_>,
    queries: &Queries,
    ids: &[String],
    sets: &[&async_graphql::parser::types::SelectionSet],
) -> Result<Vec<Value>, ServerError> {
    let decoded: Vec<(&str, Uuid)> =
        ids.iter().map(|text| id::decode(text)).collect::<Result<_>>().map_err(server_error)?;
    let mut found: HashMap<(&str, Uuid), Value> = HashMap::new();
    for shape in queries.shapes() {
        let of_kind: Vec<Uuid> = decoded.iter().filter(|(p, _)| *p == shape.prefix).map(|(_, u)| *u).collect();
        if of_kind.is_empty() || (shape.tenant && work.request.municipality.is_none()) {
            continue;
        }
        let plan = Plan::of(env, shape, sets)?;
        bounded(plan.weight(of_kind.len() as u64))?;
        let mut turn = work.turn().await;
        let read = async { execute::by_ids(turn.tx().await?, &plan, &of_kind).await }.await;
        let read = turn.settle(read).map_err(server_error)?;
        found.extend(read.into_iter().map(|(id, value)| ((shape.prefix, id), value)));
    }
    Ok(decoded.iter().map(|named| found.get(named).cloned().unwrap_or_default()).collect())
}
