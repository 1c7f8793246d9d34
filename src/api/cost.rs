//! What an operation costs: known before it runs, from the document and the sizes of its lists.
//!
//! A field of the root costs a point, an act ten, and every ten objects that may be shown another one.

use async_graphql::parser::types::OperationType;
use async_graphql::{ServerError, Variables};

use crate::api::documents::Document;
use crate::api::limits;
use crate::api::response::bad_request;
use crate::api::schema::Nouns;
use crate::api::variables::InputTypes;
use crate::kernel::error::{Error, Result};
use crate::kernel::read::{Catalogue, Prepared};
use crate::kernel::request::Request;

/// What a field of a query costs, besides what it shows.
const READING: u64 = 1;
/// What an act costs.
pub const ACTING: u64 = 10;
/// How many objects make a point.
const OBJECTS: u64 = 10;

/// How many bytes of a document that is looked at for the first time make a point.
const TEXT: usize = 512;

/// What it costs to look at a document that is not known yet.
pub fn of_text(document: &str) -> u64 {
    (document.len() / TEXT) as u64
}

/// What each field of the root costs.
pub fn by_field(kind: OperationType, prepared: &Prepared<'_>) -> impl Iterator<Item = (String, u64)> {
    prepared.weights().map(move |(key, weight)| (key.to_string(), points(kind, weight)))
}

/// What an operation costs.
pub fn total(kind: OperationType, prepared: &Prepared<'_>) -> u64 {
    prepared.weights().map(|(_, weight)| points(kind, weight)).fold(0, u64::saturating_add)
}

fn points(kind: OperationType, weight: u64) -> u64 {
    let once = if kind == OperationType::Mutation { ACTING } else { READING };
    once.saturating_add(weight / OBJECTS)
}

/// What showing so many objects costs.
pub fn of_objects(weight: u64) -> u64 {
    points(OperationType::Query, weight)
}

/// The most that a request of such a caller may cost.
pub fn most(signed_in: bool) -> u64 {
    if signed_in { limits::COST_SIGNED_IN } else { limits::COST_PUBLIC }
}

/// Refuses what costs more than the caller may spend on one request.
///
/// # Errors
/// BAD_REQUEST/TOO_COMPLEX.
pub fn affordable(cost: u64, request: &Request) -> Result<()> {
    if cost <= most(request.principal.is_signed_in()) { Ok(()) } else { Err(too_complex()) }
}

fn too_complex() -> Error {
    bad_request(
        "TOO_COMPLEX",
        "一度に読む量が多すぎます。件数か入れ子を減らしてください。",
        "This asks for too much at once. Ask for fewer items or less nesting.",
    )
}

/// What a mutation costs. Its plans are compiled once for the document.
pub fn of_mutation(
    document: &Document,
    variables: &Variables,
    types: &InputTypes,
    request: &Request,
) -> Result<u64, ServerError> {
    let compiled = document.compiled(variables, types)?;
    let prepared = compiled.prepare(document.env(variables), Nouns::queries(), request, &async_graphql::Value::Null);
    Ok(total(OperationType::Mutation, &prepared))
}
