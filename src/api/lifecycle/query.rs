//! A query, from its variables to its answer.

use std::sync::Arc;

use async_graphql::Variables;
use async_graphql::parser::types::OperationType;

use crate::api::app::App;
use crate::api::cost;
use crate::api::documents::Document;
use crate::api::explain::Asker;
use crate::api::lifecycle::task::Task;
use crate::api::rates::{REFUSED, Spent};
use crate::api::response::{Outcome, server_error};
use crate::api::schema::Nouns;
use crate::api::status::End;
use crate::api::tab::Tab;
use crate::kernel::read::Catalogue;
use crate::kernel::request::Request;

/// Answers a query. The engine judges variables that do not plainly fit, and introspects; what is read is
/// read by the compiled operation.
pub(super) async fn query(
    app: &Arc<App>,
    request: &Arc<Request>,
    task: &Task,
    tab: &mut Tab<'_>,
) -> Result<Outcome, Spent> {
    let Task { document, variables, .. } = task;
    let asked = || {
        engine_request(&task.document, task.variables.clone())
            .data(Asker { app: app.clone(), request: request.clone() })
    };
    let mut engine = None;
    if !task.fits(app) {
        tab.settle(REFUSED)?;
        let response = Box::pin(app.schema.execute(asked())).await;
        if is_refused(&response) {
            return Ok(Outcome::Refused(End::Invalid, response.errors));
        }
        engine = Some(response);
    }
    let compiled = match document.compiled(variables, &app.input_types) {
        Ok(compiled) => compiled,
        Err(error) => return Ok(Outcome::Refused(End::Malformed, vec![error])),
    };
    let env = document.env(variables);
    let mut prepared = compiled.prepare(env, Nouns::queries(), request, &async_graphql::Value::Null);
    let cost = cost::total(OperationType::Query, &prepared);
    if let Err(error) = cost::affordable(cost, request) {
        tab.settle(REFUSED)?;
        return Ok(Outcome::Refused(End::Invalid, vec![server_error(error)]));
    }
    tab.settle(cost)?;
    let mut errors = Vec::new();
    if compiled.introspects() {
        let response = match engine {
            Some(response) => response,
            None => Box::pin(app.schema.execute(asked())).await,
        };
        errors = response.errors;
        prepared = compiled.prepare(env, Nouns::queries(), request, &response.data);
    }
    let answered = prepared.answer(&app.database, request).await;
    errors.extend(answered.errors);
    Ok(Outcome::Answered(answered.data.into_bytes(), errors))
}

/// Did the engine refuse the document (validation, variables) before executing anything?
pub(super) fn is_refused(response: &async_graphql::Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|e| e.path.is_empty() && e.source.is_none())
}

/// A document that has been parsed, for the engine.
pub(in crate::api) fn engine_request(document: &Document, variables: Variables) -> async_graphql::Request {
    let mut engine = async_graphql::Request::new("").variables(variables);
    engine.set_parsed_query(document.parsed());
    engine.operation_name = document.name().map(str::to_owned);
    engine
}
