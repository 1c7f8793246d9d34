//! A server whose requests are answered in lanes.

use std::sync::Arc;

use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::lanes::Lanes;
use entaku::kernel::tx::Database;
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::database::Own;
use crate::support::town::{app_on, start};

const BODY: &str = r#"{"query":"{ municipalities(first: 3) { nodes { lgCode } } }"}"#;

async fn asks(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.expect("an answer");
    heard
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
    let lanes = Lanes::open(2, 8 << 20).expect("threads");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(entaku::api::serve::serve(app, listener, lanes, async {
        let _ = stopped.await;
    }));
    for _ in 0..3 {
        for heard in join_all((0..24).map(|_| asks(address))).await {
            assert!(heard.starts_with("HTTP/1.1 200") && heard.contains(r#""nodes":[]"#), "{heard}");
        }
    }
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'entaku_app'";
    let held: i64 = sqlx::query_scalar(held).fetch_one(&mut superuser).await.expect("a number");
    assert!((2..=6).contains(&held), "{held}");
    stop.send(()).expect("running");
    serving.await.expect("a server").expect("in good order");
}
