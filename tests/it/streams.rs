//! Changes as they are told: over WebSocket and SSE, to those who may see them, from where they left off.

mod browsers;
mod protocol;

use std::time::Duration;

use entaku::kernel::lanes::Lanes;
use entaku::kernel::principal::{Role, ScopeKind};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::roundtables::{Hall, PASSAGE, passage};
use crate::support::{Client, Town};

/// How long anything may take that is bound to come.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it takes to believe that nothing comes.
const SILENCE: Duration = Duration::from_millis(1_500);
const RECORD: &str = "subscription($id: ID!, $after: String) { roundtableRecordChanged(id: $id, after: $after) {
    cursor meeting: roundtable { id state passages { number text } } } }";
const OBJECT: &str =
    "subscription($id: ID!) { objectChanged(id: $id) { object { __typename ... on Roundtable { title } } } }";

/// A server on a port of its own, with its dispatcher of events.
struct Server {
    host: String,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Server {
    async fn start(town: &Town) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let app = town.app.clone();
        let serving = entaku::api::serve::serve(town.app.clone(), listener, Lanes::default(), std::future::pending());
        let serving = tokio::spawn(async move { serving.await.expect("served") });
        let url = crate::support::database::url("entaku_app");
        let telling = tokio::spawn(async move { app.feed.run(&url).await });
        Self { host, tasks: vec![serving, telling] }
    }

    async fn socket(&self, client: &Client) -> Socket {
        let mut socket = self.bare().await;
        let header = |name| client.header(name).map(Value::from).unwrap_or_default();
        let payload =
            json!({ "authorization": header("authorization"), "municipality": header("entaku-municipality") });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        socket
    }

    async fn bare(&self) -> Socket {
        self.with(&[]).await
    }

    /// A socket whose handshake has these headers, too.
    async fn with(&self, pairs: &[(&'static str, &str)]) -> Socket {
        let mut request = format!("ws://{}/graphql", self.host).into_client_request().expect("a request");
        let headers = request.headers_mut();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("a header"));
        }
        headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
        headers.insert("accept-language", "en".parse().expect("a header"));
        Socket(connect_async(request).await.expect("connected").0)
    }
}

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    async fn hear(&mut self) -> Value {
        self.within(PATIENCE).await.expect("something is said")
    }

    async fn within(&mut self, time: Duration) -> Option<Value> {
        let heard = timeout(time, self.0.next()).await.ok()?;
        match heard.expect("still open").expect("a message") {
            Message::Text(text) => Some(serde_json::from_str(&text).expect("JSON")),
            other => panic!("{other:?}"),
        }
    }

    /// The code with which it is closed, whatever is said before.
    async fn closed(&mut self) -> u16 {
        let end = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
                    Some(Ok(_)) => {}
                    _ => return 1006,
                }
            }
        };
        timeout(PATIENCE, end).await.expect("closed")
    }
}

/// The meeting's passage numbers as an event shows them.
fn numbers(event: &Value) -> Vec<i64> {
    let passages = &event["payload"]["data"]["roundtableRecordChanged"]["meeting"]["passages"];
    passages.as_array().expect("passages").iter().filter_map(|p| p["number"].as_i64()).collect()
}

fn cursor(event: &Value) -> String {
    event["payload"]["data"]["roundtableRecordChanged"]["cursor"].as_str().expect("a cursor").to_owned()
}

#[tokio::test]
async fn minutes_are_told_as_they_are_written_and_from_where_one_left_off() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    let mut socket = server.socket(&hall.planner).await;
    socket.subscribe("m", RECORD, json!({ "id": id })).await;
    assert_eq!(numbers(&socket.hear().await), Vec::<i64>::new(), "first the record as it is");
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await["type"], "pong");
    hall.officer.run(PASSAGE, passage(&id, 1, None, "はじめ")).await.data();
    let mut first = socket.hear().await;
    while numbers(&first) != [1] {
        first = socket.hear().await;
    }
    assert_eq!(first["id"], "m");
    assert_eq!(first["type"], "next");
    drop(socket);
    hall.officer.run(PASSAGE, passage(&id, 2, None, "つぎ")).await.data();
    let mut socket = server.socket(&hall.planner).await;
    socket.subscribe("again", RECORD, json!({ "id": id, "after": cursor(&first) })).await;
    let mut missed = socket.hear().await;
    while numbers(&missed) != [1, 2] {
        missed = socket.hear().await;
    }
    let other = server.socket(&hall.officer).await;
    let mut other = other;
    other.subscribe("theirs", RECORD, json!({ "id": id, "after": cursor(&first) })).await;
    let refused = other.hear().await;
    assert_eq!(refused["payload"][0]["extensions"]["reason"], "CURSOR", "a cursor is its reader's own: {refused}");
}

/// Its event says to what it belonged.
#[tokio::test]
async fn a_part_that_is_deleted_is_told() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    hall.officer.run(PASSAGE, passage(&id, 1, None, "消される")).await.data();
    let mut socket = server.socket(&hall.planner).await;
    socket.subscribe("m", RECORD, json!({ "id": id })).await;
    while numbers(&socket.hear().await) != [1] {}
    let mut superuser = PgConnection::connect(&crate::support::database::superuser_here()).await.expect("a connection");
    let gone = sqlx::query("DELETE FROM roundtable_passages WHERE municipality_id = $1").bind(hall.town.id.0);
    assert_eq!(gone.execute(&mut superuser).await.expect("deleted").rows_affected(), 1);
    while numbers(&socket.hear().await) != Vec::<i64>::new() {}
}

#[tokio::test]
async fn w4_what_may_not_be_seen_is_answered_as_what_is_not_there() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let planned = hall.planned().await;
    let elsewhere = Hall::new().await.planned().await;
    let unknown = entaku::kernel::id::encode("rtb", uuid::Uuid::now_v7());
    let prefix = planned.split('_').next().expect("a prefix");
    let unknown = format!("{prefix}_{}", unknown.split('_').nth(1).expect("an id"));
    let mut socket = server.socket(&hall.town.public()).await;
    let mut answers = Vec::new();
    for id in [planned, elsewhere, unknown] {
        socket.subscribe("s", OBJECT, json!({ "id": id })).await;
        answers.push(socket.hear().await);
    }
    assert_eq!(answers[0]["type"], "error");
    assert_eq!(answers[0]["payload"][0]["extensions"]["code"], "NOT_FOUND");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn w5_a_role_that_is_taken_away_ends_the_stream_before_the_next_event() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    let organization = entaku::kernel::id::decode(&hall.organization).expect("an id").1;
    let (account, member) = hall.town.person(Role::OrgMember, ScopeKind::Organization, Some(organization)).await;
    let mut socket = server.socket(&member).await;
    socket.subscribe("m", RECORD, json!({ "id": id })).await;
    let mut told = socket.hear().await;
    assert_eq!(numbers(&told), Vec::<i64>::new(), "first the record as it is");
    hall.officer.run(PASSAGE, passage(&id, 1, None, "はじめ")).await.data();
    while numbers(&told) != [1] {
        told = socket.hear().await;
    }
    hall.town.dismiss(account).await;
    hall.officer.run(PASSAGE, passage(&id, 2, None, "つぎ")).await.data();
    // The meeting itself was announced; its minutes are not published, so the passages are not there.
    while let Some(later) = socket.within(SILENCE).await {
        assert!(!numbers(&later).contains(&2), "{later}");
    }
}

#[tokio::test]
async fn w4_who_may_not_read_the_minutes_does_not_hear_that_they_are_written() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    hall.officer.run(PASSAGE, passage(&id, 1, None, "はじめ")).await.data();
    let (mut public, mut planner) = (server.socket(&hall.town.public()).await, server.socket(&hall.planner).await);
    let bare = "subscription($id: ID!) { roundtableRecordChanged(id: $id) { cursor } }";
    public.subscribe("all", RECORD, json!({ "id": id })).await;
    public.subscribe("bare", bare, json!({ "id": id })).await;
    planner.subscribe("all", RECORD, json!({ "id": id })).await;
    for _ in 0..2 {
        assert_eq!(public.hear().await["type"], "next", "the meeting itself was announced");
    }
    while public.within(SILENCE).await.is_some() {}
    hall.officer.run(PASSAGE, passage(&id, 2, None, "つぎ")).await.data();
    while numbers(&planner.hear().await) != [1, 2] {}
    assert_eq!(public.within(SILENCE).await, None);
}

#[tokio::test]
async fn w3_a_session_that_ends_closes_its_socket() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    let mut socket = server.socket(&hall.officer).await;
    socket.subscribe("m", RECORD, json!({ "id": id })).await;
    hall.officer.run("mutation { sessionEnd { id } }", json!({})).await.data();
    assert_eq!(socket.closed().await, 4401);
}

#[tokio::test]
async fn another_town_hears_nothing() {
    let (hall, other) = (Hall::new().await, Hall::new().await);
    let server = Server::start(&hall.town).await;
    let (here, there) = (hall.held().await, other.held().await);
    let mut socket = server.socket(&hall.planner).await;
    socket.subscribe("m", RECORD, json!({ "id": here })).await;
    other.officer.run(PASSAGE, passage(&there, 1, None, "よその町")).await.data();
    hall.officer.run(PASSAGE, passage(&here, 7, None, "この町")).await.data();
    let mut told = socket.hear().await;
    while numbers(&told) != [7] {
        assert_eq!(numbers(&told), Vec::<i64>::new());
        told = socket.hear().await;
    }
    assert_eq!(told["payload"]["data"]["roundtableRecordChanged"]["meeting"]["id"], json!(here));
}

#[tokio::test]
async fn notifications_reach_whom_they_are_for_and_nobody_else() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let own = "subscription { notificationChanged { cursor notification { kind objectId readAt } } }";
    let (mut planner, mut officer) = (server.socket(&hall.planner).await, server.socket(&hall.officer).await);
    let mut public = server.socket(&hall.town.public()).await;
    public.subscribe("n", own, json!({})).await;
    assert_eq!(public.hear().await["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
    for socket in [&mut planner, &mut officer] {
        socket.subscribe("n", own, json!({})).await;
        socket.say(json!({ "type": "ping" })).await;
        assert_eq!(socket.hear().await["type"], "pong");
    }
    // A subscription to one's own has no state to begin with: what was sent before it began is not told.
    let (mut id, mut told) = (hall.submitted().await, planner.within(SILENCE).await);
    while told.is_none() {
        (id, told) = (hall.submitted().await, planner.within(SILENCE).await);
    }
    let told = told.expect("told");
    let notification = &told["payload"]["data"]["notificationChanged"]["notification"];
    assert_eq!(*notification, json!({ "kind": "MINUTES_SUBMITTED", "objectId": id, "readAt": null }));
    assert_eq!(officer.within(SILENCE).await, None, "who acted is not told");
}
