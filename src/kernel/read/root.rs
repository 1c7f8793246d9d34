//! The query root: fields that read one object, a list, or whatever has an id.
//!
//! An error in one root field leaves that field null and the others whole.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::OnceLock;

use async_graphql::parser::types::Field as Selected;
use async_graphql::registry::{MetaField, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, InputType, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use indexmap::IndexMap;
use uuid::Uuid;

use crate::kernel::read::field::{ShapeFn, Source};
use crate::kernel::read::rights::{self, Rights};
use crate::kernel::read::shape::{Shape, ShapeDef};
use crate::kernel::read::streams::Streams;
use crate::kernel::read::{changes, register};
use crate::kernel::request::Request;

/// A field of the query root.
pub struct RootField {
    /// Its name in the schema.
    pub name: &'static str,
    doc: &'static str,
    pub(crate) what: What,
}

/// What a field of the root reads.
pub(crate) enum What {
    One(ShapeFn),
    List(ShapeFn),
    Own(ShapeFn, fn(&Request) -> Option<Uuid>),
    Node,
    Nodes,
    Changes,
}

/// The fields of the query root, and the shapes they lead to.
#[derive(Default)]
pub struct Queries {
    /// In the schema's order.
    pub fields: Vec<RootField>,
    shapes: OnceLock<Vec<&'static ShapeDef>>,
}

impl Queries {
    /// A root with `node`, `nodes` and `changesSince`.
    pub fn new() -> Self {
        let mut queries = Self::default();
        queries.add("node", "ID から対象を読む。見つからない・閲覧できない場合は null。", What::Node);
        queries.add("nodes", "複数の ID から対象を読む(最大100)。見つからないものは null。", What::Nodes);
        queries.add(
            "changesSince",
            "閲覧できる対象のうち、前回の同期より後に変わったもの。オフラインで使うアプリケーションのために。\
             カーソルを指定しなければ、最初のカーソルだけが返る。",
            What::Changes,
        );
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
    pub fn shapes(&self) -> &[&'static ShapeDef] {
        self.shapes.get_or_init(|| {
            let mut found: IndexMap<&'static str, &'static ShapeDef> = IndexMap::new();
            for field in &self.fields {
                if let What::One(shape) | What::List(shape) | What::Own(shape, _) = field.what {
                    reach(shape(), &mut found);
                }
            }
            found.into_values().collect()
        })
    }
}

fn reach(shape: &'static ShapeDef, found: &mut IndexMap<&'static str, &'static ShapeDef>) {
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
    /// Fields beside those that read: the engine answers them.
    type Beside: ObjectType + Default;

    /// They do not change while the program runs.
    fn queries() -> &'static Queries;
    /// They do not change either.
    fn streams() -> &'static Streams;
}

/// The query root over a catalogue.
pub struct QueryRoot<C>(pub PhantomData<fn() -> C>);

impl<C: Catalogue> OutputType for QueryRoot<C> {
    fn type_name() -> Cow<'static, str> {
        "Query".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            rights::register(registry);
            let fields = C::queries().fields.iter();
            let mut fields: IndexMap<_, _> =
                fields.map(|f| (f.name.to_owned(), meta_field::<C>(registry, f))).collect();
            if let MetaType::Object { fields: beside, .. } = registry.create_fake_output_type::<C::Beside>() {
                fields.extend(beside);
            }
            register::meta_object("Query", "読み取り。閲覧できるものだけが返る。", fields)
        })
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Selected>) -> ServerResult<Value> {
        async_graphql::resolver_utils::resolve_container(ctx, self).await
    }
}

fn meta_field<C: Catalogue>(registry: &mut Registry, field: &RootField) -> MetaField {
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
        What::Changes => (changes::set(registry, C::queries().shapes()), changes::arguments(registry)),
    };
    let mut meta = MetaField::new(field.name, ty);
    meta.description = Some(field.doc.to_owned());
    meta.args = args;
    if let What::One(shape) | What::List(shape) | What::Own(shape, _) = field.what
        && let Some(rights) = Rights::of_reading(shape())
    {
        rights.tell("閲覧できる人", &mut meta);
    }
    meta
}

fn ids_argument(registry: &mut Registry) -> (String, async_graphql::registry::MetaInputValue) {
    let ty = <Vec<async_graphql::ID> as InputType>::create_type_info(registry);
    let mut arg = async_graphql::registry::MetaInputValue::new("ids", ty);
    arg.description = Some("ID の並び。".to_owned());
    ("ids".to_owned(), arg)
}

/// The engine validates and introspects; what the fields read is [`Operation`](super::Operation)'s.
impl<C: Catalogue> ContainerType for QueryRoot<C> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        if C::queries().fields.iter().any(|f| f.name == name) {
            return Ok(Some(Value::Null));
        }
        C::Beside::default().resolve_field(ctx).await
    }
}

impl<C: Catalogue> ObjectType for QueryRoot<C> {}
