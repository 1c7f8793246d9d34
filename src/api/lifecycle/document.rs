//! The document of a request, and whether its caller may send it.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;

use crate::api::app::App;
use crate::api::cost;
use crate::api::documents::{Document, Unfit};
use crate::api::intake::GraphQlRequest;
use crate::api::lifecycle::refused;
use crate::api::rates::Spent;
use crate::api::response::{Outcome, bad_request, server_error};
use crate::api::status::End;
use crate::kernel::error::{Error, Result, SECOND_FACTOR_REQUIRED};
use crate::kernel::request::Request;
use crate::people::graphql::{OPEN_BEFORE_ENROLMENT, OPEN_TO_SUPPORT};

/// The document of a request, which this caller may send. To look at a new one is paid for by its size.
pub(in crate::api) fn document(
    app: &App,
    gql: &mut GraphQlRequest,
    request: &Request,
    pay: impl FnOnce(u64) -> Result<(), Spent>,
) -> Result<Result<Arc<Document>, Box<Outcome>>, Spent> {
    if let Err(unknown) = app.trusted.resolve(gql) {
        return Ok(Err(Box::new(Outcome::Refused(End::Invalid, vec![server_error(unknown)]))));
    }
    let (text, name) = (gql.text(), gql.operation_name.as_deref());
    if let Some(known) = app.documents.kept(text, name) {
        return Ok(permitted(app, known, request).map_err(refused));
    }
    let trusted = gql.trusted.is_some() || app.trusted.contains(text);
    if !trusted {
        pay(cost::of_text(text))?;
    }
    let found = app.documents.read(text, name, trusted).map_err(|unfit| match unfit {
        Unfit::Parse(error) => Box::new(parse_failed(&error)),
        Unfit::Invalid(errors) => Box::new(Outcome::Refused(End::Invalid, errors)),
        Unfit::Refused(error) => refused(error),
    });
    Ok(found.and_then(|document| permitted(app, document, request).map_err(refused)))
}

/// Refuses a document that this caller may not send.
fn permitted(app: &App, document: Arc<Document>, request: &Request) -> Result<Arc<Document>> {
    let signed_in = request.principal.is_signed_in();
    let wire = &app.settings.wire;
    let open = |field: &String| field.starts_with("__") || OPEN_BEFORE_ENROLMENT.contains(&field.as_str());
    if request.principal.must_enrol && !document.fields.iter().all(open) {
        return Err(Error::Forbidden(SECOND_FACTOR_REQUIRED));
    }
    let ends = |field: &String| OPEN_TO_SUPPORT.contains(&field.as_str());
    let looks_only = request.principal.support.as_ref().is_some_and(|support| !support.writes);
    if looks_only && document.kind == OperationType::Mutation && !document.fields.iter().all(ends) {
        return Err(Error::Forbidden("SUPPORT_READ_ONLY"));
    }
    if !document.trusted && !wire.free_documents.includes(signed_in) {
        return Err(Error::Forbidden("TRUSTED_DOCUMENT"));
    }
    if document.introspects && !wire.introspection.includes(signed_in) {
        return Err(bad_request(
            "INTROSPECTION_DISABLED",
            "スキーマの照会にはサインインが必要です。",
            "Asking for the schema is not open to this caller.",
        ));
    }
    Ok(document)
}

fn parse_failed(error: &async_graphql::parser::Error) -> Outcome {
    let mut failed = server_error(Error::Parse);
    failed.locations = error.positions().collect();
    Outcome::Refused(End::Invalid, vec![failed])
}
