//! Variables against their types (GraphQL specification, 6.1.2, CoerceVariableValues), for documents that
//! need no further validation. It is strict: what it does not accept at once, the engine judges.

use async_graphql::parser::types::{BaseType, Type, VariableDefinition};
use async_graphql::registry::{MetaType, MetaTypeName, Registry};
use async_graphql::{OutputType, Positioned, Value, Variables};

use crate::api::schema::{Mutation, Nouns};
use crate::kernel::read::QueryRoot;

/// The input types of the schema.
pub struct InputTypes(Registry);

impl Default for InputTypes {
    fn default() -> Self {
        let mut registry = Registry::default();
        <QueryRoot<Nouns> as OutputType>::create_type_info(&mut registry);
        <Mutation as OutputType>::create_type_info(&mut registry);
        for built_in in [<bool as OutputType>::create_type_info, <f64 as OutputType>::create_type_info] {
            built_in(&mut registry);
        }
        Self(registry)
    }
}

impl InputTypes {
    /// Is every variable there that has to be, and each of its type?
    pub fn fit(&self, definitions: &[Positioned<VariableDefinition>], variables: &Variables) -> bool {
        definitions.iter().map(|d| &d.node).all(|definition| match variables.get(&definition.name.node) {
            Some(value) => self.fits(&definition.var_type.node, value),
            None => definition.var_type.node.nullable || definition.default_value.is_some(),
        })
    }

    /// The type that a mutation answers with.
    pub fn payload(&self, mutation: &str) -> Option<&str> {
        let field = self.0.types.get("Mutation")?.field_by_name(mutation)?;
        Some(MetaTypeName::concrete_typename(&field.ty))
    }

    fn fits(&self, ty: &Type, value: &Value) -> bool {
        match (&ty.base, value) {
            (_, Value::Null) => ty.nullable,
            (BaseType::Named(name), value) => self.fits_named(name, value),
            (BaseType::List(item), Value::List(items)) => items.iter().all(|value| self.fits(item, value)),
            (BaseType::List(_), _) => false,
        }
    }

    /// As [`InputTypes::fits`] for a type that is written out.
    fn fits_written(&self, ty: &str, value: &Value) -> bool {
        match (MetaTypeName::create(ty), value) {
            (MetaTypeName::NonNull(ty), value) => *value != Value::Null && self.fits_written(ty, value),
            (_, Value::Null) => true,
            (MetaTypeName::List(item), Value::List(items)) => items.iter().all(|v| self.fits_written(item, v)),
            (MetaTypeName::List(_), _) => false,
            (MetaTypeName::Named(name), value) => self.fits_named(name, value),
        }
    }

    fn fits_named(&self, name: &str, value: &Value) -> bool {
        match (self.0.types.get(name), value) {
            (Some(MetaType::Scalar { is_valid, .. }), value) => is_valid.as_ref().is_none_or(|valid| valid(value)),
            (Some(MetaType::Enum { enum_values, .. }), Value::String(word)) => enum_values.contains_key(word.as_str()),
            (Some(MetaType::InputObject { input_fields, oneof: false, .. }), Value::Object(fields)) => {
                let given = fields.iter().all(|(name, value)| {
                    input_fields.get(name.as_str()).is_some_and(|field| self.fits_written(&field.ty, value))
                });
                let complete = input_fields.values().all(|field| {
                    fields.contains_key(field.name.as_str())
                        || !field.ty.ends_with('!')
                        || field.default_value.is_some()
                });
                given && complete
            }
            _ => false,
        }
    }
}
