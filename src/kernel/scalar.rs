//! What our scalars share: a refusal that already bears its code and both languages.

use async_graphql::{InputType, InputValueError};

/// INVALID_INPUT from inside an input's parsing. `rule` is the violation's stable word.
pub fn refuse<T: InputType>(rule: &str, ja: &str, en: &str) -> InputValueError<T> {
    InputValueError::custom(en).with_extension("rule", rule).with_extension("ja", ja).with_extension("en", en)
}

/// Declares a scalar from a Rust value: how it is read from and written to a GraphQL value.
/// The doc comment becomes its description; `specified_by` is where its format is laid down.
#[macro_export]
macro_rules! scalar_type {
    ($(#[$doc:meta])* $name:ident as $graphql:literal, specified_by $url:literal, $parse:expr, $write:expr) => {
        $(#[$doc])*
        #[async_graphql::Scalar(name = $graphql, specified_by_url = $url)]
        impl async_graphql::ScalarType for $name {
            fn parse(value: async_graphql::Value) -> async_graphql::InputValueResult<Self> {
                $parse(value)
            }
            fn to_value(&self) -> async_graphql::Value {
                $write(self)
            }
        }
    };
}
