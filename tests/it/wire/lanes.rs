//! A server whose requests are answered in lanes.

use std::sync::Arc;

use entaku::cli::serve::STACK;
use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::lanes::Lanes;
use entaku::kernel::tx::Database;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::database::Own;
use crate::support::town::{app_on, start};

/// Asks by a connection of its own.
async fn asks(address: std::net::SocketAddr) -> Value {
    let body = json!({"query": "{ municipalities(first: 3) { nodes { lgCode } } }"});
    let request = reqwest::Client::new().post(format!("http://{address}/graphql")).json(&body);
    let answer = request.send().await.expect("an answer").error_for_status().expect("a good one");
    answer.json().await.expect("JSON")
}

/// Many more ask than there are connections: all are answered, each lane by its own connections and no more than were
/// allowed, and the server ends in good order.
#[tokio::test]
async fn lanes_answer_by_connections_of_their_own() {
    let own = Own::migrated().await;
    let database = Database::connect(&own.url("entaku_app"), 6, 2).expect("pools");
    let keys = Arc::new(KeyRing::ephemeral().expect("keys"));
    let app = app_on(database, WireConfig::default(), keys, Clock::fixed(start()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let lanes = Lanes::open(2, STACK).expect("threads");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(entaku::api::serve::serve(app, listener, lanes, async {
        let _ = stopped.await;
    }));
    for _ in 0..3 {
        for heard in join_all((0..24).map(|_| asks(address))).await {
            assert_eq!(heard, json!({"data": {"municipalities": {"nodes": []}}}));
        }
    }
    let held = own.connections().await;
    assert!((2..=6).contains(&held), "{held}");
    stop.send(()).expect("running");
    serving.await.expect("a server").expect("in good order");
}
