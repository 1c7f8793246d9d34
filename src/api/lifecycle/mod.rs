//! One request from who and where to commit: ARCHITECTURE.md walks through it. What it asks for ([`task`], with its
//! [`document`] and its [`key`]) is paid and executed as a [`query`] or a [`mutation`].

mod document;
mod key;
mod mutation;
mod query;
mod task;

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::response::Response;

pub(super) use document::document;
pub(super) use query::engine_request;
use task::Task;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::cost;
use crate::api::http::refuse_method;
use crate::api::intake::GraphQlRequest;
use crate::api::negotiation::Media;
use crate::api::rates::{ASKING, Payer, REFUSED, Spent};
use crate::api::response::{self, Extensions, Outcome, bad_request, server_error};
use crate::api::status::End;
use crate::api::tab::Tab;
use crate::kernel::error::{Error, Result};
use crate::kernel::request::Request;
use crate::kernel::tx::Mode;

/// Who sent a request, and how they want to be answered.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// Who.
    pub caller: &'c Caller,
    /// How.
    pub media: Media,
}

/// Answers a request.
pub async fn answer(call: Call<'_>, gql: GraphQlRequest) -> Response {
    let Call { caller, media } = call;
    let request = match caller.request().await {
        Ok(request) => request,
        // Nobody knows who asks: the address pays for it.
        Err(error) => return caller.refuse_to(caller.stranger(), ASKING + REFUSED, (End::of(&error), &error), media),
    };
    let answered = async {
        let mut tab = Tab::open(&caller.app.rates, Payer::of(&request))?;
        reply(&request, gql, call, &mut tab).await
    };
    answered.await.unwrap_or_else(|spent| caller.too_many(&spent, media))
}

/// Answers somebody's request while the caller has points.
async fn reply(
    request: &Arc<Request>,
    mut gql: GraphQlRequest,
    call: Call<'_>,
    tab: &mut Tab<'_>,
) -> Result<Response, Spent> {
    let Call { caller, media } = call;
    let app = &caller.app;
    let mut extensions = Extensions::default();
    let outcome = match Task::read(app, &mut gql, &caller.headers, request, tab)? {
        Ok(task) if gql.by_get && task.document.kind != OperationType::Query => {
            let error = bad_request("METHOD", "GETでは読み取りだけができます。", "Only queries may be sent by GET.");
            return Ok(refuse_method(caller, "POST", &error, media).await);
        }
        Ok(task) => {
            extensions.dry_run = task.dry_run;
            execute(app, request, task, tab).await?
        }
        Err(refused) => {
            tab.spend(REFUSED)?;
            with_afterwards(app, request, *refused).await
        }
    };
    extensions.cost = request.principal.is_signed_in().then(|| tab.cost());
    let mut response = response::answer(outcome, request, media, &extensions);
    tab.write(response.headers_mut());
    Ok(response)
}

/// Executes what was asked for, once it is paid.
async fn execute(app: &Arc<App>, request: &Arc<Request>, task: Task, tab: &mut Tab<'_>) -> Result<Outcome, Spent> {
    if task.document.kind == OperationType::Query {
        let outcome = query::query(app, request, &task, tab).await?;
        return Ok(with_afterwards(app, request, outcome).await);
    }
    match cost::of_mutation(&task.document, &task.variables, &app.input_types, request) {
        Ok(cost) => match cost::affordable(cost, request) {
            Ok(()) => tab.settle(cost)?,
            Err(error) => return Ok(Outcome::Refused(End::Invalid, vec![server_error(error)])),
        },
        // What is wrong with its arguments is said by the execution.
        Err(_) => tab.settle(REFUSED)?,
    }
    Ok(mutation::whole(app.clone(), request.clone(), task).await)
}

/// The outcome, once what must be written besides has been written; nothing leaves before.
async fn with_afterwards(app: &App, request: &Arc<Request>, outcome: Outcome) -> Outcome {
    match write_afterwards(app, request).await {
        Ok(()) => outcome,
        Err(error) => Outcome::Refused(End::Unavailable, vec![server_error(error)]),
    }
}

/// Writes what must outlive the request's own transaction, in one short transaction.
pub(crate) async fn write_afterwards(app: &App, request: &Arc<Request>) -> Result<()> {
    let effects = request.take_afterwards();
    if effects.is_empty() {
        return Ok(());
    }
    let tx = app.database.begin(request.clone(), Mode::Write);
    for effect in effects {
        effect(&tx).await?;
    }
    tx.commit().await
}

fn refused(error: Error) -> Box<Outcome> {
    Box::new(Outcome::Refused(End::of(&error), vec![server_error(error)]))
}
