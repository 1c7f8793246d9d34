//! GraphQL over Server-Sent Events, the "distinct connections mode"
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>), for proxies that pass only HTTP.
//! An event's `id` is its cursor: a browser that comes back with `Last-Event-ID` goes on after it.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc;

use crate::api::caller::Caller;
use crate::api::intake::GraphQlRequest;
use crate::api::negotiation::{Media, media};
use crate::api::places::Place;
use crate::api::rates::Payer;
use crate::api::status::End;
use crate::api::telling::{Sent, operate};
use crate::kernel::error::Result;

/// How often a proxy is shown that somebody is still there.
const ALIVE: Duration = Duration::from_secs(12);

/// Does the client want a stream?
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let named = accepted.flat_map(|text| text.split(',')).any(|media| media.trim().starts_with("text/event-stream"));
    // Who takes JSON as well gets JSON, with its status and its headers.
    named && media(headers).is_none()
}

/// Answers with a stream of what comes of the operation.
pub async fn answer(mut caller: Caller, gql: GraphQlRequest) -> Response {
    let place = match place(&mut caller).await {
        Ok(place) => place,
        Err(error) => return caller.refuse(End::of(&error), &error, Media::Json).await,
    };
    let (events, told) = mpsc::channel(1);
    tokio::spawn(operate(caller, gql, events));
    let sent = stream::unfold((told, place), async |(mut told, place)| Some((told.recv().await?, (told, place))));
    let end = stream::once(async { Event::default().event("complete").data("") });
    let events = sent.map(event).chain(end).map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would gather events into pages.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The stream's place among the caller's channels.
async fn place(caller: &mut Caller) -> Result<Place> {
    caller.stay().await?;
    let request = caller.listening().await?;
    caller.app.places.take(Payer::of(&request))
}

fn event(sent: Sent) -> Event {
    let event = Event::default().event("next");
    match sent {
        Sent::Next { json, cursor: Some(cursor) } => event.id(cursor).data(json),
        Sent::Next { json, cursor: None } => event.data(json),
        Sent::Refused(errors) => event.data(format!(r#"{{"errors":{errors}}}"#)),
    }
}
