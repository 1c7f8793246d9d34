//! A selection compiled over shapes: which columns, which relations, in which order of the response.
//! Pure: it touches no database and depends on no principal but through list cursors.

use std::collections::{BTreeSet, HashMap};

use async_graphql::parser::types::{
    Field as Selected, FragmentDefinition, Selection, SelectionSet, VariableDefinition,
};
use async_graphql::{ContextBase, Name, Positioned, ServerError, Value, Variables};
use async_graphql_value::Value as Literal;
use indexmap::IndexMap;
use sea_orm::prelude::Uuid;
use sqlx::postgres::PgRow;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::read::list::{ListArgs, server_error};
use crate::kernel::read::register::NODE;
use crate::kernel::read::shape::{Children, Field, ShapeDef, ShapeFn, Source};
use crate::kernel::request::Request;

/// What a selection needs from its document.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    definitions: &'a [Positioned<VariableDefinition>],
    pub(crate) request: &'a Request,
}

/// Selected fields by response key; one key may be selected in several places.
pub(crate) type Keys<'a> = IndexMap<&'a Name, Vec<&'a Selected>>;

impl<'a> Env<'a> {
    pub(crate) fn of<T>(ctx: &ContextBase<'a, T>, request: &'a Request) -> Self {
        Self {
            fragments: &ctx.query_env.fragments,
            variables: &ctx.query_env.variables,
            definitions: &ctx.query_env.operation.node.variable_definitions,
            request,
        }
    }

    /// The fields of some selection sets on a type, fragments spread out (GraphQL spec, CollectFields).
    pub(crate) fn collect(&self, sets: &[&'a SelectionSet], ty: &str) -> Keys<'a> {
        let mut keys = Keys::new();
        for set in sets {
            self.collect_into(set, ty, &mut keys);
        }
        keys
    }

    fn collect_into(&self, set: &'a SelectionSet, ty: &str, keys: &mut Keys<'a>) {
        let applies = |on: &Name| on == ty || on == NODE;
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    keys.entry(&field.node.response_key().node).or_default().push(&field.node);
                }
                Selection::InlineFragment(inline) => {
                    if inline.node.type_condition.as_ref().is_none_or(|c| applies(&c.node.on.node)) {
                        self.collect_into(&inline.node.selection_set.node, ty, keys);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let named = self.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = named.filter(|f| applies(&f.node.type_condition.node.on.node)) {
                        self.collect_into(&fragment.node.selection_set.node, ty, keys);
                    }
                }
            }
        }
    }

    /// The arguments of a field with variables put in; an absent variable is an absent argument.
    pub(crate) fn arguments(&self, field: &Selected) -> Result<IndexMap<String, Value>, ServerError> {
        let mut args = IndexMap::new();
        for (name, value) in &field.arguments {
            let absent = matches!(&value.node, Literal::Variable(v) if self.variable(v).is_none());
            if !absent {
                let known = self.bound(&value.node).into_const_with(|v| {
                    self.variable(&v).ok_or_else(|| server_error(Error::internal("unbound variable")))
                })?;
                args.insert(name.node.to_string(), known);
            }
        }
        Ok(args)
    }

    /// The value without what stands for absent variables: fields of objects go, items of lists are null.
    fn bound(&self, value: &Literal) -> Literal {
        let absent = |v: &Literal| matches!(v, Literal::Variable(name) if self.variable(name).is_none());
        match value {
            Literal::Object(fields) => {
                let there = fields.iter().filter(|(_, v)| !absent(v));
                Literal::Object(there.map(|(name, v)| (name.clone(), self.bound(v))).collect())
            }
            Literal::List(items) => {
                Literal::List(items.iter().map(|v| if absent(v) { Literal::Null } else { self.bound(v) }).collect())
            }
            other => other.clone(),
        }
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        let default = || {
            let definition = self.definitions.iter().find(|d| d.node.name.node == *name)?;
            definition.node.default_value().cloned()
        };
        self.variables.get(name).cloned().or_else(default)
    }
}

/// The selection sets below the fields of one response key.
pub(crate) fn below<'a>(fields: &[&'a Selected]) -> Vec<&'a SelectionSet> {
    fields.iter().map(|f| &f.selection_set.node).collect()
}

/// What to read of rows of one shape, and what to make of them.
pub(crate) struct Plan {
    pub(crate) shape: &'static ShapeDef,
    pub(crate) columns: BTreeSet<String>,
    pub(crate) steps: Vec<(Name, Step)>,
}

pub(crate) type Compute = fn(&PgRow, &Request) -> Result<Value>;

/// How one response key is made.
pub(crate) enum Step {
    Typename,
    Id,
    Column(&'static Field, &'static str, fn(&PgRow, &str) -> Result<Value>),
    Computed(&'static Field, Compute, Project),
    One(&'static str, Plan),
    First(Children, Plan),
    Many(Children, Plan),
    Connection(Children, ConnectionPlan),
    ViewerCan(Project),
    Redacted(Project),
}

/// What to read of a list.
pub(crate) struct ConnectionPlan {
    pub(crate) args: ListArgs,
    pub(crate) shape: &'static ShapeDef,
    pub(crate) parts: Vec<(Name, Part)>,
}

/// How one response key of a connection is made.
pub(crate) enum Part {
    Typename,
    Edges(Vec<(Name, EdgePart)>),
    Nodes(Plan),
    PageInfo(Project),
    TotalCount,
}

/// How one response key of an edge is made.
pub(crate) enum EdgePart {
    Typename,
    Cursor,
    Node(Plan),
}

impl EdgePart {
    fn node(&self) -> Option<&Plan> {
        if let Self::Node(plan) = self { Some(plan) } else { None }
    }
}

impl Plan {
    /// Compiles a selection on a shape.
    pub(crate) fn of(env: Env<'_>, shape: &'static ShapeDef, sets: &[&SelectionSet]) -> Result<Self, ServerError> {
        let mut plan = Self { shape, columns: BTreeSet::from(["id".to_owned()]), steps: Vec::new() };
        let mut needs_scope = false;
        for (key, fields) in env.collect(sets, shape.name) {
            let name = fields[0].name.node.as_str();
            let step = if name == "__typename" {
                Step::Typename
            } else {
                let field = shape.fields.iter().find(|f| f.name == name);
                let field = field.ok_or_else(|| server_error(Error::internal(format!("no field {name}"))))?;
                needs_scope |= field.mask.is_some();
                plan.step(env, field, &fields)?
            };
            needs_scope |= matches!(step, Step::ViewerCan(_) | Step::Redacted(_));
            plan.steps.push((key.clone(), step));
        }
        if needs_scope {
            plan.columns.extend(shape.scope_columns().map(str::to_owned));
        }
        Ok(plan)
    }

    fn step(&mut self, env: Env<'_>, field: &'static Field, fields: &[&Selected]) -> Result<Step, ServerError> {
        let sets = below(fields);
        let child = |shape: ShapeFn| Plan::of(env, shape(), &sets);
        let mut need = |column: &str| {
            self.columns.insert(column.to_owned());
        };
        Ok(match field.source {
            Source::Id => Step::Id,
            Source::Column(column, read) => {
                need(column);
                Step::Column(field, column, read)
            }
            Source::Computed(columns, compute) => {
                columns.iter().copied().for_each(need);
                Step::Computed(field, compute, Project::of(env, &sets))
            }
            Source::One(shape, column) => {
                need(column);
                Step::One(column, child(shape)?)
            }
            Source::First(shape, children) => Step::First(children, child(shape)?),
            Source::Many(shape, children) => Step::Many(children, child(shape)?),
            Source::Connection(shape, children) => {
                let list = format!("{}.{}", self.shape.name, field.name);
                let args = ListArgs::read(shape(), &list, &env.arguments(fields[0])?, env.request)?;
                Step::Connection(children, ConnectionPlan::of(env, shape(), args, &sets)?)
            }
            Source::ViewerCan => {
                self.columns.extend((self.shape.row_columns)());
                Step::ViewerCan(Project::of(env, &sets))
            }
            Source::Redacted => Step::Redacted(Project::of(env, &sets)),
        })
    }
}

/// How many objects a plain list is taken to have when a selection is weighed.
const USUAL: u64 = 5;
/// The most objects one root field may ask for.
const MOST: u64 = 100_000;

/// Refuses a selection that could ask for more objects than a reader can use: each row names others, and
/// what is read once is shown as often as it is named.
pub(crate) fn bounded(weight: u64) -> Result<(), ServerError> {
    if weight <= MOST {
        return Ok(());
    }
    Err(server_error(Error::BadRequest(Refusal::new(
        "TOO_COMPLEX",
        "一度に読む量が多すぎます。件数か入れ子を減らしてください。",
        "This asks for too much at once. Ask for fewer items or less nesting.",
    ))))
}

impl Plan {
    /// How many objects the selection may show for `times` rows.
    pub(crate) fn weight(&self, times: u64) -> u64 {
        let below = self.steps.iter().map(|(_, step)| match step {
            Step::One(_, plan) | Step::First(_, plan) => plan.weight(times),
            Step::Many(_, plan) => plan.weight(times.saturating_mul(USUAL)),
            Step::Connection(_, plan) => plan.weight(times),
            _ => 0,
        });
        below.fold(times, u64::saturating_add)
    }
}

impl ConnectionPlan {
    /// How many objects the selection may show for `times` lists.
    pub(crate) fn weight(&self, times: u64) -> u64 {
        let rows = times.saturating_mul(self.args.first.unsigned_abs());
        let plans = self.parts.iter().flat_map(|(_, part)| match part {
            Part::Nodes(plan) => vec![plan],
            Part::Edges(edge) => edge.iter().filter_map(|(_, p)| p.node()).collect(),
            _ => Vec::new(),
        });
        plans.map(|plan| plan.weight(rows)).fold(times, u64::saturating_add)
    }

    /// Compiles a selection on a connection.
    pub(crate) fn of(
        env: Env<'_>,
        shape: &'static ShapeDef,
        args: ListArgs,
        sets: &[&SelectionSet],
    ) -> Result<Self, ServerError> {
        let mut parts = Vec::new();
        for (key, fields) in env.collect(sets, &format!("{}Connection", shape.name)) {
            let sets = below(&fields);
            let part = match fields[0].name.node.as_str() {
                "edges" => Part::Edges(edge(env, shape, &sets)?),
                "nodes" => Part::Nodes(Plan::of(env, shape, &sets)?),
                "pageInfo" => Part::PageInfo(Project::of(env, &sets)),
                "totalCount" => Part::TotalCount,
                _ => Part::Typename,
            };
            parts.push((key.clone(), part));
        }
        Ok(Self { args, shape, parts })
    }

    /// The columns all plans over the nodes need; nothing where only counts are asked for.
    pub(crate) fn columns(&self) -> Option<BTreeSet<String>> {
        let mut columns = BTreeSet::from(["id".to_owned()]);
        let mut any = false;
        for (_, part) in &self.parts {
            match part {
                Part::Nodes(plan) => columns.extend(plan.columns.iter().cloned()),
                Part::Edges(edge) => {
                    for (_, part) in edge {
                        if let EdgePart::Node(plan) = part {
                            columns.extend(plan.columns.iter().cloned());
                        }
                    }
                }
                Part::PageInfo(_) => {}
                Part::Typename | Part::TotalCount => continue,
            }
            any = true;
        }
        any.then_some(columns)
    }
}

fn edge(env: Env<'_>, shape: &'static ShapeDef, sets: &[&SelectionSet]) -> Result<Vec<(Name, EdgePart)>, ServerError> {
    let keys = env.collect(sets, &format!("{}Edge", shape.name));
    let part = |fields: &[&Selected]| -> Result<EdgePart, ServerError> {
        Ok(match fields[0].name.node.as_str() {
            "node" => EdgePart::Node(Plan::of(env, shape, &below(fields))?),
            "cursor" => EdgePart::Cursor,
            _ => EdgePart::Typename,
        })
    };
    keys.into_iter().map(|(key, fields)| Ok((key.clone(), part(&fields)?))).collect()
}

/// Which parts of a finished value the selection asks for, under which names.
pub(crate) struct Project(Vec<(Name, String, Project)>);

impl Project {
    pub(crate) fn of(env: Env<'_>, sets: &[&SelectionSet]) -> Self {
        let mut parts = Vec::new();
        let mut keys = Keys::new();
        for set in sets {
            env.collect_all(set, &mut keys);
        }
        for (key, fields) in keys {
            parts.push((key.clone(), fields[0].name.node.to_string(), Self::of(env, &below(&fields))));
        }
        Self(parts)
    }

    /// The value as it was asked for; `ty` answers `__typename`.
    pub(crate) fn apply(&self, value: Value, ty: &str) -> Value {
        match value {
            Value::List(items) => Value::List(items.into_iter().map(|v| self.apply(v, ty)).collect()),
            Value::Object(fields) if !self.0.is_empty() => {
                let part = |(key, name, below): &(Name, String, Project)| {
                    let value = match fields.get(name.as_str()) {
                        Some(value) => below.apply(value.clone(), ty),
                        None => Value::from(ty),
                    };
                    (key.clone(), value)
                };
                Value::Object(self.0.iter().map(part).collect())
            }
            other => other,
        }
    }
}

impl<'a> Env<'a> {
    /// As [`Env::collect`] where the type of the value is known to fit every fragment.
    fn collect_all(&self, set: &'a SelectionSet, keys: &mut Keys<'a>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    keys.entry(&field.node.response_key().node).or_default().push(&field.node);
                }
                Selection::InlineFragment(inline) => self.collect_all(&inline.node.selection_set.node, keys),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.collect_all(&fragment.node.selection_set.node, keys);
                    }
                }
            }
        }
    }
}

/// What a row is found by.
pub(crate) enum Origin<'a> {
    /// Rows with these ids.
    Ids(&'a [Uuid]),
    /// All rows the reader may see.
    All,
    /// Rows that point to these parents.
    Parents(&'a [Uuid], Children),
}
