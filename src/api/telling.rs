//! One operation over a channel that stays open (WebSocket, SSE): a subscription tells until it ends, a
//! query or mutation answers once, exactly as over HTTP.

use std::collections::HashMap;
use std::pin::pin;

use async_graphql::ServerError;
use async_graphql::parser::types::OperationType;
use axum::http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, interval_at, sleep, timeout};

use crate::api::caller::Caller;
use crate::api::intake::{GraphQlRequest, checked};
use crate::api::lifecycle::{self, Call};
use crate::api::negotiation::Media;
use crate::api::rates::{ASKING, Payer, REFUSED};
use crate::api::response::{self, bad_request, server_error};
use crate::api::subscribing::{Subscription, Told};
use crate::kernel::error::Error;

/// How often it is looked whether the session still holds.
const WATCH: Duration = Duration::from_secs(2);

/// How long a client may leave an event unread.
const UNREAD: Duration = Duration::from_secs(30);

/// What is sent of an operation.
pub enum Sent {
    /// An answer, `{data, errors, extensions}` as JSON.
    Next {
        /// The answer.
        json: String,
        /// Where a subscription can be taken up again.
        cursor: Option<String>,
    },
    /// The errors because of which nothing was executed, a JSON array. It is the last.
    Refused(String),
}

/// Runs an operation and sends what comes of it until it ends or nobody listens.
pub async fn operate(caller: Caller, gql: GraphQlRequest, to: mpsc::Sender<Sent>) {
    let mut gql = match checked(gql) {
        Ok(gql) => gql,
        Err(error) => {
            let errors = errors_json(&caller, vec![server_error(error)]);
            return drop(to.send(Sent::Refused(errors)).await);
        }
    };
    match subscription(&caller, &mut gql).await {
        Ok(Some(subscription)) => Box::pin(tell(caller, subscription, to)).await,
        Ok(None) => drop(to.send(Box::pin(once(caller, gql)).await).await),
        Err(errors) => drop(to.send(Sent::Refused(errors_json(&caller, errors))).await),
    }
}

/// The subscription that is asked for; nothing for a query or a mutation, which pay for themselves.
async fn subscription(caller: &Caller, gql: &mut GraphQlRequest) -> Result<Option<Subscription>, Vec<ServerError>> {
    let one = |error| vec![server_error(error)];
    let pay = |payer| caller.pay(payer, ASKING + REFUSED).err().map(|spent| one(spent.error()));
    let request = match caller.listening().await {
        Ok(request) => request,
        Err(error) => return Err(pay(caller.stranger()).unwrap_or_else(|| one(error))),
    };
    let payer = Payer::of(&request);
    let by_size = |points| caller.pay(payer, points).map(|_| ());
    let document = match lifecycle::document(&caller.app, gql, &request, by_size) {
        Ok(Ok(document)) => document,
        Ok(Err(outcome)) => return Err(pay(payer).unwrap_or_else(|| outcome.errors())),
        Err(spent) => return Err(one(spent.error())),
    };
    if document.kind != OperationType::Subscription {
        return Ok(None);
    }
    if let Some(refused) = pay(payer) {
        return Err(refused);
    }
    Subscription::begin(caller.clone(), request, document, gql.take_variables()).await.map(Some)
}

async fn tell(caller: Caller, mut subscription: Subscription, to: mpsc::Sender<Sent>) {
    let mut watch = interval_at(Instant::now() + WATCH, WATCH);
    loop {
        let sent = {
            // What is under way is not dropped when the session is looked at: its event would be lost.
            let mut next = pin!(subscription.next());
            loop {
                tokio::select! {
                    () = to.closed() => return,
                    told = &mut next => break told.map(|told| told.map(sent)),
                    _ = watch.tick() => {
                        if !caller.app.is_ready() {
                            return;
                        }
                        if let Err(error @ Error::Unauthenticated) = caller.listening().await {
                            break Err(server_error(error));
                        }
                    }
                }
            }
        };
        let (sent, goes_on) = match sent {
            Ok(Some(sent)) => (sent, true),
            Ok(None) => return,
            Err(error) if is_passing(&error) => {
                sleep(WATCH).await;
                continue;
            }
            Err(error) => (failed(&caller, error), false),
        };
        // Whoever does not read is not waited for.
        if !matches!(timeout(UNREAD, to.send(sent)).await, Ok(Ok(()))) || !goes_on {
            return;
        }
    }
}

/// Is it only that the database is busy or away?
fn is_passing(error: &ServerError) -> bool {
    matches!(error.source::<Error>(), Some(Error::Unavailable | Error::Retry))
}

fn sent(told: Told) -> Sent {
    let data = String::from_utf8_lossy(&told.data);
    Sent::Next { json: format!(r#"{{"data":{data}}}"#), cursor: Some(told.cursor) }
}

/// The last thing a subscription says when it cannot go on.
fn failed(caller: &Caller, error: ServerError) -> Sent {
    let errors = errors_json(caller, vec![error]);
    Sent::Next { json: format!(r#"{{"errors":{errors},"data":null}}"#), cursor: None }
}

fn errors_json(caller: &Caller, errors: Vec<ServerError>) -> String {
    response::errors_json(errors, caller.locale)
}

/// A query or a mutation. `idempotencyKey` and `dryRun` of the extensions stand for the headers that a
/// socket's messages do not have.
async fn once(mut caller: Caller, gql: GraphQlRequest) -> Sent {
    let locale = caller.locale;
    let extensions = gql.extensions.iter().flatten();
    let names = [("idempotencyKey", "idempotency-key"), ("dryRun", "entaku-dry-run")];
    for (name, value) in extensions {
        let Some((_, header)) = names.iter().find(|(extension, _)| extension == name) else { continue };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Ok(value) = HeaderValue::from_str(&text) else {
            let (ja, en) = ("extensions の値が正しくありません。", "A value of the extensions is not valid.");
            let error = server_error(bad_request("EXTENSIONS", ja, en));
            return Sent::Refused(response::errors_json(vec![error], locale));
        };
        caller.headers.insert(HeaderName::from_static(header), value);
    }
    let call = Call { caller: &caller, media: Media::GraphQl };
    let Ok(response) = timeout(caller.app.settings.wire.request_time, lifecycle::answer(call, gql)).await else {
        return Sent::Refused(response::errors_json(vec![server_error(Error::Unavailable)], locale));
    };
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let json = String::from_utf8_lossy(&body).into_owned();
    let refused = match serde_json::from_str::<HashMap<&str, &RawValue>>(&json) {
        Ok(answer) if answer.contains_key("data") => None,
        Ok(answer) => answer.get("errors").map(|errors| errors.get().to_owned()),
        Err(_) => Some(response::errors_json(vec![server_error(Error::Unavailable)], locale)),
    };
    refused.map_or(Sent::Next { json, cursor: None }, Sent::Refused)
}
