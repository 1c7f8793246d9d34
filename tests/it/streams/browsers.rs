//! What browsers do: server-sent events, and a cookie that is renewed while a stream goes on.

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::json;
use tokio::time::timeout;

use crate::roundtables::{Hall, PASSAGE, passage};
use crate::streams::{PATIENCE, RECORD, Server, numbers};
use crate::support::Client;

#[tokio::test]
async fn sse_tells_the_same_and_goes_on_after_the_last_id() {
    let hall = Hall::new().await;
    let server = Server::start(&hall.town).await;
    let id = hall.held().await;
    let ask = |after: Option<String>| {
        let mut request = reqwest::Client::new()
            .post(format!("http://{}/graphql", server.host))
            .header("accept", "text/event-stream")
            .header("content-type", "application/json")
            .header("authorization", hall.planner.header("authorization").expect("a token"))
            .body(json!({ "query": RECORD, "variables": { "id": id } }).to_string());
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        request.send()
    };
    let mut first = ask(None).await.expect("an answer");
    assert!(first.headers()["content-type"].to_str().expect("text").starts_with("text/event-stream"));
    hall.officer.run(PASSAGE, passage(&id, 1, None, "はじめ")).await.data();
    let last = until(&mut first, "はじめ").await;
    drop(first);
    hall.officer.run(PASSAGE, passage(&id, 2, None, "つぎ")).await.data();
    let mut again = ask(Some(last)).await.expect("an answer");
    until(&mut again, "つぎ").await;
}

/// Reads a stream until an event has a text; returns that event's id.
async fn until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut heard = String::new();
    loop {
        let chunk = timeout(PATIENCE, stream.chunk()).await.expect("in time").expect("readable").expect("still open");
        heard += &String::from_utf8_lossy(&chunk);
        let event = heard.split("\n\n").find(|event| event.contains(text) && event.contains("id:"));
        if let Some(id) = event.and_then(|event| event.lines().find_map(|line| line.strip_prefix("id:"))) {
            return id.trim().to_owned();
        }
    }
}

#[tokio::test]
async fn a_stream_goes_on_while_its_browser_renews_the_cookie() {
    let hall = Hall::new().await;
    let (town, server) = (&hall.town, Server::start(&hall.town).await);
    let id = hall.held().await;
    let password = "最初の長いパスワードです。";
    let create = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { id } }";
    let input = json!({"email": "tab@example.jp", "name": "例山", "nameKana": "れいやま", "initialPassword": password});
    let made = town.staff(Role::Admin).await.run(create, json!({ "input": input })).await.data();
    let account = entaku::kernel::id::decode(made["accountCreate"]["id"].as_str().expect("an id")).expect("an id").1;
    let account = entaku::kernel::principal::AccountId(account);
    town.appoint(account, Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let browser =
        Client::new(town.app.clone()).with("origin", "http://127.0.0.1:8000").with("content-type", "application/json");
    let cookie = |answer: &crate::support::client::Answer| {
        let set = answer.headers.get("set-cookie").expect("a cookie").to_str().expect("text");
        set.split(';').next().expect("a pair").to_owned()
    };
    let credentials = json!({"municipality": town.code.as_str(), "email": "tab@example.jp", "password": password});
    let first = cookie(&browser.by("POST", "/playground/session", credentials.to_string()).await);
    let mut socket = server.with(&[("origin", "http://127.0.0.1:8000"), ("cookie", &first)]).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    socket.subscribe("m", RECORD, json!({ "id": id })).await;
    assert_eq!(numbers(&socket.hear().await), Vec::<i64>::new());
    town.app.clock.advance(chrono::Duration::minutes(20));
    let second = cookie(&browser.with("cookie", &first).by("PUT", "/playground/session", "").await);
    town.app.clock.advance(chrono::Duration::minutes(15));
    let old = browser.with("cookie", &first).run("{ viewer { id } }", json!({})).await;
    assert_eq!(old.status, 401, "the first cookie is no longer good");
    // Their tokens live five minutes.
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &hall.organization).await;
    officer.run(PASSAGE, passage(&id, 1, None, "はじめ")).await.data();
    let mut told = socket.hear().await;
    while numbers(&told) != [1] {
        told = socket.hear().await;
    }
    let out = browser.with("cookie", &second).by("DELETE", "/playground/session", "").await;
    assert_eq!(out.status, 200);
    assert_eq!(socket.closed().await, 4401, "it ends with its session");
}
