//! The protocol of sockets: what is said wrong, who floods, who never reads, who pays.

use std::time::Duration;

use entaku::kernel::principal::Role;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::roundtables::{Hall, PASSAGE, passage};
use crate::streams::{PATIENCE, RECORD, Server};
use crate::support::Town;

#[tokio::test]
async fn g35_a_socket_is_paid_for_before_it_is_known_whose_it_is() {
    let rate =
        entaku::kernel::config::Rate { points: 25.try_into().expect("some"), seconds: 60.try_into().expect("some") };
    let wire = entaku::kernel::config::WireConfig { address_rate: Some(rate), ..Default::default() };
    let town = Town::beside(crate::support::town::app_with(wire)).await;
    let server = Server::start(&town).await;
    let mut known = server.socket(&town.staff(Role::Auditor).await).await;
    let mut wrong = server.bare().await;
    let payload = json!({ "authorization": "Bearer x" });
    wrong.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(wrong.closed().await, 1013, "5 points are left, and 9 are wanted");
    let mut request = format!("ws://{}/graphql", server.host).into_client_request().expect("a request");
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
    let refused = connect_async(request).await.expect_err("refused");
    assert!(
        matches!(&refused, tokio_tungstenite::tungstenite::Error::Http(answer) if answer.status() == 429),
        "{refused}"
    );
    known.subscribe("v", "{ viewer { name } }", json!({})).await;
    assert_eq!(known.hear().await["type"], "next", "who is known pays for themselves");
}

#[tokio::test]
async fn w8_a_mutation_over_a_socket_is_the_same_act() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    let mut public = server.socket(&hall.town.public()).await;
    public.subscribe("x", PASSAGE, passage(&id, 1, None, "だれか")).await;
    assert_eq!(public.hear().await["payload"]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let mut officer = server.socket(&hall.officer).await;
    let act = |number| json!({ "query": PASSAGE, "variables": passage(&id, number, None, "試し"), "extensions": { "dryRun": true } });
    officer.say(json!({ "type": "subscribe", "id": "dry", "payload": act(1) })).await;
    let tried = officer.hear().await;
    assert_eq!(tried["payload"]["extensions"]["dryRun"], true, "{tried}");
    assert_eq!(officer.hear().await, json!({ "type": "complete", "id": "dry" }));
    officer.subscribe("real", PASSAGE, passage(&id, 1, None, "本番")).await;
    assert_eq!(officer.hear().await["payload"]["data"]["roundtablePassageRecord"]["number"], 1);
}

#[tokio::test]
async fn w2_w6_the_protocol_is_kept() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    let closed = async |messages: Vec<Value>| {
        let mut socket = server.bare().await;
        for message in messages {
            socket.say(message).await;
        }
        socket.closed().await
    };
    let (init, query) = (json!({ "type": "connection_init" }), json!({ "query": "{ __typename }" }));
    assert_eq!(closed(vec![init.clone(), init.clone()]).await, 4429);
    assert_eq!(closed(vec![json!({ "type": "subscribe", "id": "1", "payload": query })]).await, 4401);
    assert_eq!(
        closed(vec![json!({ "type": "connection_init", "payload": { "Authorization": "Bearer x" } })]).await,
        4403
    );
    assert_eq!(closed(vec![init.clone(), json!({ "type": "start", "id": "1", "payload": query })]).await, 4400);
    assert_eq!(closed(vec![init.clone(), json!({ "type": "subscribe", "id": "", "payload": query })]).await, 4400);
    assert_eq!(closed(vec![init, json!("x".repeat(300_000))]).await, 1009);
    let mut socket = server.socket(&hall.planner).await;
    for n in 0..20 {
        socket.subscribe(&n.to_string(), RECORD, json!({ "id": id })).await;
    }
    socket.subscribe("one too many", RECORD, json!({ "id": id })).await;
    let mut refused = socket.hear().await;
    while refused["id"] != "one too many" {
        refused = socket.hear().await;
    }
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    socket.subscribe("3", RECORD, json!({ "id": id })).await;
    assert_eq!(socket.closed().await, 4409);
}

#[tokio::test]
async fn g1_what_is_wrong_with_a_subscription_is_said_and_the_socket_lives() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let mut socket = server.socket(&hall.planner).await;
    let two = "subscription($id: ID!) { a: objectChanged(id: $id) { cursor } b: objectChanged(id: $id) { cursor } }";
    for (query, code) in [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { objectChanged(id: \"no id\") { cursor } }", "INVALID_INPUT"),
        (two, "GRAPHQL_VALIDATION_FAILED"),
    ] {
        socket.subscribe("s", query, json!({ "id": "x" })).await;
        let refused = socket.hear().await;
        assert_eq!(refused["type"], "error", "{query}: {refused}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], code, "{query}: {refused}");
    }
}

/// Waits until the server has nothing left of any socket.
async fn forgotten(town: &Town) {
    let gone = async {
        while !town.app.running.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("nothing is kept of it");
}

#[tokio::test]
async fn w6_who_floods_is_sent_away() {
    let town = Town::new().await;
    let server = Server::start(&town).await;
    for frame in [Message::Ping(Vec::new().into()), Message::text(r#"{"type":"ping"}"#)] {
        let (mut to, mut from) = server.socket(&town.public()).await.0.split();
        let flood = async {
            for _ in 0..10_000 {
                if to.send(frame.clone()).await.is_err() {
                    return;
                }
            }
        };
        let closed = async {
            loop {
                match from.next().await {
                    Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
                    Some(Ok(_)) => {}
                    // What was still on its way is thrown back, and the word of it may be lost with that.
                    _ => return 1006,
                }
            }
        };
        let (code, ()) = timeout(PATIENCE, futures_util::future::join(closed, flood)).await.expect("closed");
        assert!([1008, 1006].contains(&code), "{code}");
        forgotten(&town).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w7_who_never_reads_is_cut_off_and_costs_no_memory() {
    const ALL: &str =
        "{ __schema { types { name description fields { name description args { name description } } } } }";
    let town = Town::new().await;
    let server = Server::start(&town).await;
    let answer = town.public().run(ALL, json!({})).await.text.len();
    let mut socket = server.socket(&town.public()).await;
    // More than the buffers of both ends take, each asked for when the one before may have been answered.
    let wanted = 64 * 1024 * 1024 / answer;
    for n in 0..wanted {
        let payload = json!({ "query": ALL });
        let asked = json!({ "type": "subscribe", "id": n.to_string(), "payload": payload }).to_string();
        if socket.0.send(Message::text(asked)).await.is_err() || town.app.running.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    forgotten(&town).await;
    drop(socket);
}
