//! Selections: which fields of which type under which names, fragments and directives resolved
//! (GraphQL specification, 6.3.2, CollectFields).

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, Field as Selected, FragmentDefinition, Selection, SelectionSet, VariableDefinition,
};
use async_graphql::{ContextBase, Name, Positioned, ServerError, Value, Variables};
use async_graphql_value::Value as Literal;
use indexmap::IndexMap;

use crate::kernel::error::Error;
use crate::kernel::read::list::server_error;
use crate::kernel::read::register::NODE;

/// What a selection needs from its document.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The document's fragments.
    pub fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// The variables the client gave.
    pub variables: &'a Variables,
    /// The operation's variables and their defaults.
    pub definitions: &'a [Positioned<VariableDefinition>],
}

/// Selected fields by response key; one key may be selected in several places.
pub(crate) type Keys<'a> = IndexMap<&'a Name, Vec<&'a Positioned<Selected>>>;
/// The arguments of a field, as they are written.
pub(crate) type Written = Vec<(Positioned<Name>, Positioned<Literal>)>;

impl<'a> Env<'a> {
    /// The document that the engine executes.
    pub(crate) fn of<T>(ctx: &ContextBase<'a, T>) -> Self {
        Self {
            fragments: &ctx.query_env.fragments,
            variables: &ctx.query_env.variables,
            definitions: &ctx.query_env.operation.node.variable_definitions,
        }
    }

    /// The fields of some selection sets on a type.
    pub(crate) fn collect(&self, sets: &[&'a SelectionSet], ty: &str) -> Keys<'a> {
        let mut keys = Keys::new();
        for set in sets {
            self.collect_into(set, &|on| on == ty || on == NODE, &mut keys);
        }
        keys
    }

    /// As [`Env::collect`] where the type of the value is known to fit every fragment.
    pub(crate) fn collect_all(&self, sets: &[&'a SelectionSet]) -> Keys<'a> {
        let mut keys = Keys::new();
        for set in sets {
            self.collect_into(set, &|_| true, &mut keys);
        }
        keys
    }

    fn collect_into(&self, set: &'a SelectionSet, applies: &dyn Fn(&str) -> bool, keys: &mut Keys<'a>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) if self.included(&field.node.directives) => {
                    keys.entry(&field.node.response_key().node).or_default().push(field);
                }
                Selection::InlineFragment(inline) if self.included(&inline.node.directives) => {
                    let on = inline.node.type_condition.as_ref();
                    if on.is_none_or(|c| applies(&c.node.on.node)) {
                        self.collect_into(&inline.node.selection_set.node, applies, keys);
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.node.directives) => {
                    let named = self.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = named.filter(|f| applies(&f.node.type_condition.node.on.node)) {
                        self.collect_into(&fragment.node.selection_set.node, applies, keys);
                    }
                }
                _ => {}
            }
        }
    }

    /// `@skip(if: …)` and `@include(if: …)` (specification, 3.13).
    fn included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => return true,
            };
            let given = directive.node.get_argument("if").map(|value| self.known(&value.node));
            !matches!(given, Some(Ok(Value::Boolean(is))) if is != wanted)
        })
    }

    /// Arguments with variables put in; an absent variable is an absent argument.
    pub(crate) fn arguments(&self, written: &Written) -> Result<IndexMap<String, Value>, ServerError> {
        let mut args = IndexMap::with_capacity(written.len());
        for (name, value) in written {
            if !self.absent(&value.node) {
                args.insert(name.node.to_string(), self.known(&value.node)?);
            }
        }
        Ok(args)
    }

    fn known(&self, value: &Literal) -> Result<Value, ServerError> {
        let unbound = || server_error(Error::internal("unbound variable"));
        self.bound(value).into_const_with(|name| self.variable(&name).ok_or_else(unbound))
    }

    /// The value without what stands for absent variables: fields of objects go, items of lists are null.
    fn bound(&self, value: &Literal) -> Literal {
        match value {
            Literal::Object(fields) => {
                let there = fields.iter().filter(|(_, v)| !self.absent(v));
                Literal::Object(there.map(|(name, v)| (name.clone(), self.bound(v))).collect())
            }
            Literal::List(items) => {
                let item = |v| if self.absent(v) { Literal::Null } else { self.bound(v) };
                Literal::List(items.iter().map(item).collect())
            }
            other => other.clone(),
        }
    }

    fn absent(&self, value: &Literal) -> bool {
        matches!(value, Literal::Variable(name) if self.variable(name).is_none())
    }

    /// Is the variable true?
    pub fn is_true(&self, name: &Name) -> bool {
        self.variable(name) == Some(Value::Boolean(true))
    }

    /// The value of a variable: what was given, else the default.
    fn variable(&self, name: &Name) -> Option<Value> {
        let default = || {
            let definition = self.definitions.iter().find(|d| d.node.name.node == *name)?;
            definition.node.default_value().cloned()
        };
        self.variables.get(name).cloned().or_else(default)
    }
}

/// The selection sets below the fields of one response key.
pub(crate) fn below<'a>(fields: &[&'a Positioned<Selected>]) -> Vec<&'a SelectionSet> {
    fields.iter().map(|f| &f.node.selection_set.node).collect()
}

/// Which parts of a finished value the selection asks for, under which names; a leaf is shown whole.
pub(crate) struct Project {
    leaf: bool,
    parts: Vec<(Name, String, Project)>,
}

impl Project {
    pub(crate) fn of(env: Env<'_>, sets: &[&SelectionSet]) -> Self {
        let part = |(key, fields): (&Name, Vec<&Positioned<Selected>>)| {
            (key.clone(), fields[0].node.name.node.to_string(), Self::of(env, &below(&fields)))
        };
        let parts = env.collect_all(sets).into_iter().map(part).collect();
        Self { leaf: sets.iter().all(|set| set.items.is_empty()), parts }
    }

    /// Is this part of the value asked for?
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.parts.iter().any(|(_, name, _)| name == part)
    }

    /// The value as it was asked for; `ty` answers `__typename`.
    pub(crate) fn apply(&self, value: Value, ty: &str) -> Value {
        match value {
            Value::List(items) => Value::List(items.into_iter().map(|v| self.apply(v, ty)).collect()),
            Value::Object(fields) if !self.leaf => {
                let part = |(key, name, below): &(Name, String, Project)| {
                    let value = match fields.get(name.as_str()) {
                        Some(value) => below.apply(value.clone(), ty),
                        None => Value::from(ty),
                    };
                    (key.clone(), value)
                };
                Value::Object(self.parts.iter().map(part).collect())
            }
            other => other,
        }
    }
}
