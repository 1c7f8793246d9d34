//! Is a document valid for this schema? Judged by `apollo-compiler`, which follows the specification's
//! validation rules as graphql-js does; the engine's own rules let some of what is invalid through.

use std::sync::LazyLock;

use apollo_compiler::ast::{DirectiveList, FieldDefinition};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema, name, ty};
use async_graphql::{Pos, ServerError};

use crate::api::limits;
use crate::api::schema::sdl;

/// The schema as the judge knows it; none where its SDL is not valid, which a test excludes.
static SCHEMA: LazyLock<Option<Valid<Schema>>> = LazyLock::new(|| {
    // A directive of the specification (September 2025) that this version of the judge does not know yet.
    let text = format!("{}\ndirective @oneOf on INPUT_OBJECT\n", sdl());
    let judged = Schema::parse_and_validate(text, "schema.graphql");
    let judged = judged.map_err(|invalid| tracing::error!(%invalid, "the schema is not valid")).ok()?;
    Some(Valid::assume_valid(with_one_of(judged.into_inner())))
});

/// The schema with `__Type.isOneOf`, which tools ask for and this version of the judge does not know yet.
fn with_one_of(mut schema: Schema) -> Schema {
    if let Some(ExtendedType::Object(object)) = schema.types.get_mut("__Type") {
        let (description, arguments, directives) = (None, Vec::new(), DirectiveList::new());
        let field = FieldDefinition { description, name: name!("isOneOf"), arguments, ty: ty!(Boolean), directives };
        object.make_mut().fields.insert(name!("isOneOf"), field.into());
    }
    schema
}

/// The schema as the judge knows it.
pub fn schema() -> Option<&'static Valid<Schema>> {
    SCHEMA.as_ref()
}

/// What is wrong with a document, as much as an answer shows.
///
/// # Errors
/// What is wrong, by place.
pub fn judge(document: &str) -> Result<(), Vec<ServerError>> {
    let schema = SCHEMA.as_ref().ok_or_else(|| vec![ServerError::new("no schema", None)])?;
    let Err(invalid) = ExecutableDocument::parse_and_validate(schema, document, "document") else { return Ok(()) };
    let shown = invalid.errors.iter().take(limits::ERRORS).map(|fault| {
        let place = fault.line_column_range().map(|range| Pos { line: range.start.line, column: range.start.column });
        ServerError::new(fault.error.to_string(), place)
    });
    Err(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_valid() {
        assert!(SCHEMA.is_some());
        assert!(judge("{ __typename }").is_ok());
        assert!(judge("{ __schema { types { name isOneOf } } }").is_ok());
    }

    #[test]
    fn what_the_engine_lets_through_is_refused() {
        for document in [
            "{ __typename @nope }",
            "{ __typename { a } }",
            "{ districts(first: 9999999999) { totalCount } }",
            "query($v: [Boolean]) { districts(first: $v) { totalCount } }",
            "{ districts { a: totalCount } districts { a: __typename } }",
        ] {
            assert!(judge(document).is_err(), "{document}");
        }
    }
}
