//! GraphQL over WebSocket, the subprotocol `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>). Queries and mutations take the same
//! way as over HTTP: the same rights, limits and audit.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::join;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use crate::api::caller::Caller;
use crate::api::intake::GraphQlRequest;
use crate::api::negotiation::Media;
use crate::api::origin;
use crate::api::outbox::{Behind, Outbox, Queue, outbox};
use crate::api::places::Place;
use crate::api::rates::{ASKING, Payer, REFUSED};
use crate::api::response::{bad_request, errors_json, server_error};
use crate::api::status::End;
use crate::api::telling::{Sent, operate};
use crate::kernel::error::Error;

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The largest message, in bytes.
const MESSAGE: usize = 256 * 1024;
/// How long a client may take for `connection_init`.
const INIT: Duration = Duration::from_secs(10);
/// How often the session is looked at, and the client is asked whether it is still there.
const WATCH: Duration = Duration::from_secs(2);
/// After how long a silent client is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(15);
/// After how long it is not.
const DEAD: Duration = Duration::from_secs(45);
/// How many operations one socket may have at once.
const OPERATIONS: usize = 20;
/// How many messages a client may send in a second.
const RATE: u32 = 100;

/// Why a socket is closed: code and reason of the protocol, or of RFC 6455.
struct Close(u16, &'static str);

const INVALID: Close = Close(4400, "Invalid message");
const UNAUTHORIZED: Close = Close(4401, "Unauthorized");
const FORBIDDEN: Close = Close(4403, "Forbidden");
const INIT_TIMEOUT: Close = Close(4408, "Connection initialisation timeout");
const TOO_MANY_INITS: Close = Close(4429, "Too many initialisation requests");
const TOO_SLOW: Close = Close(1013, "Too many messages wait for you");
const TOO_FAST: Close = Close(1008, "Too many messages");
const TOO_MANY: Close = Close(1013, "Too many connections of yours");
const TOO_BIG: Close = Close(1009, "Message too big");
const GOING_AWAY: Close = Close(1001, "Going away");

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit { payload: Option<Value> },
    Ping {},
    Pong {},
    Subscribe { id: String, payload: GraphQlRequest },
    Complete { id: String },
}

/// Serves a socket until it is closed.
async fn serve(socket: WebSocket, caller: Caller, place: Place) {
    let (to, from) = socket.split();
    let (sender, queue) = outbox();
    let mut writing = tokio::spawn(write(to, queue));
    let talk = Talk { caller, sender: sender.clone(), running: HashMap::new(), tasks: JoinSet::new(), count: 0, place };
    let close = talk.serve(from).await;
    if let Some(Close(code, reason)) = close {
        let frame = CloseFrame { code, reason: reason.into() };
        // A client that does not read is not waited for.
        let _ = timeout(WATCH, sender.end(Message::Close(Some(frame)))).await;
    }
    drop(sender);
    if timeout(WATCH, &mut writing).await.is_err() {
        writing.abort();
    }
}

async fn write(mut to: SplitSink<WebSocket, Message>, mut queue: Queue) {
    while let Some(message) = queue.next().await {
        let last = matches!(message, Message::Close(_));
        if to.send(message).await.is_err() || last {
            break;
        }
    }
    // A client that said goodbye is answered.
    let _ = to.close().await;
}

/// One client's conversation.
struct Talk {
    caller: Caller,
    sender: Outbox,
    /// The operations that run, by their ids; each run has a number, because ids are used again.
    running: HashMap<String, (u64, AbortHandle)>,
    tasks: JoinSet<(String, u64, bool)>,
    count: u64,
    /// Its place among the channels of the address, then of who it is.
    place: Place,
}

impl Talk {
    /// Listens until there is a reason to close, or nobody is there any more.
    async fn serve(mut self, mut from: SplitStream<WebSocket>) -> Option<Close> {
        let (mut ready, begun) = (false, Instant::now());
        let mut watch = interval_at(begun + WATCH, WATCH);
        let (mut heard, mut last) = ((begun, 0), begun);
        loop {
            tokio::select! {
                // What has ended frees its id before the next message is heard.
                biased;
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok((_, _, false)) => return Some(TOO_SLOW),
                    Ok((id, number, true)) => {
                        if self.running.get(&id).is_some_and(|(n, _)| *n == number) {
                            self.running.remove(&id);
                        }
                    }
                    Err(failed) => self.running.retain(|_, (_, task)| task.id() != failed.id()),
                },
                () = sleep_until(begun + INIT), if !ready => return Some(INIT_TIMEOUT),
                _ = watch.tick() => {
                    if !self.caller.app.is_ready() {
                        return Some(GOING_AWAY);
                    }
                    if last.elapsed() > DEAD {
                        return None;
                    }
                    if last.elapsed() > QUIET {
                        let _ = self.sender.put(Message::Ping(Bytes::new()));
                    }
                    if ready && matches!(self.caller.listening().await, Err(Error::Unauthenticated)) {
                        return Some(UNAUTHORIZED);
                    }
                }
                message = from.next() => {
                    last = Instant::now();
                    // A frame is a frame: who floods with pings is no better.
                    if too_fast(&mut heard) {
                        return Some(TOO_FAST);
                    }
                    let text = match message? {
                        Ok(Message::Text(text)) => text,
                        Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                        Ok(Message::Binary(_)) => return Some(INVALID),
                        Ok(Message::Close(_)) => return None,
                        Err(_) => return Some(TOO_BIG),
                    };
                    if let Err(close) = self.hear(&text, &mut ready).await {
                        return Some(close);
                    }
                }
            }
        }
    }

    async fn hear(&mut self, text: &str, ready: &mut bool) -> Result<(), Close> {
        match serde_json::from_str(text).map_err(|_| INVALID)? {
            Said::ConnectionInit { .. } if *ready => Err(TOO_MANY_INITS),
            Said::ConnectionInit { payload } => {
                self.initialize(payload).await?;
                *ready = true;
                self.say(&json!({ "type": "connection_ack" }))
            }
            Said::Ping {} => self.say(&json!({ "type": "pong" })),
            Said::Pong {} => Ok(()),
            Said::Complete { id } => {
                if let Some((_, task)) = self.running.remove(&id) {
                    task.abort();
                }
                Ok(())
            }
            Said::Subscribe { .. } if !*ready => Err(UNAUTHORIZED),
            Said::Subscribe { id, .. } if id.is_empty() => Err(INVALID),
            Said::Subscribe { id, .. } if self.running.contains_key(&id) => {
                Err(Close(4409, "Subscriber already exists"))
            }
            Said::Subscribe { id, payload } => self.begin(id, payload),
        }
    }

    /// Who it is: `authorization` and `municipality` of the payload, as the headers of a request.
    async fn initialize(&mut self, payload: Option<Value>) -> Result<(), Close> {
        let payload = match payload {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(payload)) => payload,
            Some(_) => return Err(INVALID),
        };
        let names = [("authorization", header::AUTHORIZATION), ("municipality", MUNICIPALITY)];
        for (key, value) in &payload {
            let name = names.iter().find(|(name, _)| key.eq_ignore_ascii_case(name));
            if let (Some((_, name)), Some(text)) = (name, value.as_str()) {
                let value = HeaderValue::from_str(text).map_err(|_| FORBIDDEN)?;
                self.caller.headers.insert(name.clone(), value);
            }
        }
        let known = match self.caller.stay().await {
            Ok(()) => self.caller.listening().await,
            Err(error) => Err(error),
        };
        if let Ok(request) = known {
            return self.place.give_to(Payer::of(&request)).map_err(|_| TOO_MANY);
        }
        let paid = self.caller.pay(self.caller.stranger(), REFUSED);
        Err(if paid.is_ok() { FORBIDDEN } else { TOO_MANY })
    }

    fn begin(&mut self, id: String, gql: GraphQlRequest) -> Result<(), Close> {
        if self.running.len() >= OPERATIONS {
            let errors = errors_json(vec![server_error(Error::RateLimited(1))], self.caller.locale);
            return self.send(format!(r#"{{"type":"error","id":{},"payload":{errors}}}"#, Value::from(id)));
        }
        self.count += 1;
        let (number, name) = (self.count, id.clone());
        let (caller, sender) = (self.caller.clone(), self.sender.clone());
        let task = self.tasks.spawn(async move {
            let kept_up = run(&name, gql, caller, &sender).await.is_ok();
            (name, number, kept_up)
        });
        self.running.insert(id, (number, task));
        Ok(())
    }

    fn say(&self, message: &Value) -> Result<(), Close> {
        self.send(message.to_string())
    }

    fn send(&self, text: String) -> Result<(), Close> {
        self.sender.put(Message::text(text)).map_err(|Behind| TOO_SLOW)
    }
}

/// The municipality's header.
const MUNICIPALITY: HeaderName = HeaderName::from_static("entaku-municipality");

fn too_fast((since, count): &mut (Instant, u32)) -> bool {
    if since.elapsed() > Duration::from_secs(1) {
        (*since, *count) = (Instant::now(), 0);
    }
    *count += 1;
    *count > RATE
}

/// Runs an operation to its end.
async fn run(id: &str, gql: GraphQlRequest, caller: Caller, to: &Outbox) -> Result<(), Behind> {
    let (events, told) = mpsc::channel(1);
    join(operate(caller, gql, events), pass_on(&Value::from(id), told, to)).await.1
}

async fn pass_on(id: &Value, mut told: mpsc::Receiver<Sent>, to: &Outbox) -> Result<(), Behind> {
    let say = |text: String| to.put(Message::text(text));
    while let Some(sent) = told.recv().await {
        match sent {
            Sent::Next { json, .. } => say(format!(r#"{{"type":"next","id":{id},"payload":{json}}}"#))?,
            Sent::Refused(errors) => return say(format!(r#"{{"type":"error","id":{id},"payload":{errors}}}"#)),
        }
    }
    say(format!(r#"{{"type":"complete","id":{id}}}"#))
}

/// Takes the handshake. Until it is said who comes, the socket is one of its address.
pub async fn upgrade(mut caller: Caller, mut parts: Parts) -> Response {
    if parts.headers.contains_key(header::COOKIE)
        && let Err(error) = origin::require_own(&caller.app, &parts.headers)
    {
        return caller.refuse(End::Forbidden, &error, Media::Json).await;
    }
    let handshake = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let handshake = match handshake {
        Ok(handshake) => handshake.max_message_size(MESSAGE).max_frame_size(MESSAGE).protocols([PROTOCOL]),
        Err(refused) => return refused.into_response(),
    };
    if handshake.selected_protocol().is_none() {
        let (ja, en) = ("graphql-transport-ws だけを受け付けます。", "Only graphql-transport-ws is spoken.");
        return caller.refuse(End::Malformed, &bad_request("SUBPROTOCOL", ja, en), Media::Json).await;
    }
    caller.headers = headers_of(&parts);
    let stranger = caller.stranger();
    if let Err(spent) = caller.pay(stranger, ASKING + REFUSED) {
        return caller.too_many(&spent, Media::Json);
    }
    let place = match caller.app.places.take(stranger) {
        Ok(place) => place,
        Err(error) => return caller.refuse_to(stranger, 0, (End::TooMany, &error), Media::Json),
    };
    let running = caller.app.running.clone();
    handshake.on_upgrade(move |socket| running.track_future(serve(socket, caller, place)))
}

/// What of the handshake every operation has: language, municipality, the page's own session.
fn headers_of(parts: &Parts) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [header::ACCEPT_LANGUAGE, header::COOKIE, header::ORIGIN, header::HOST, MUNICIPALITY] {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes());
    let named = query.into_iter().find(|(name, _)| name == "municipality");
    if let Some(value) = named.and_then(|(_, code)| HeaderValue::from_str(&code).ok()) {
        headers.insert(MUNICIPALITY, value);
    }
    headers
}
