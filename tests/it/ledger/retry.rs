//! The server is killed between the database's commit and its answer (M16), and before the commit: the client asks again
//! with the same Idempotency-Key, and there is exactly one payment.
//!
//! The server is the real program. What it says to the database passes through a relay that knows when a posting was
//! done or committed, and holds the answer back until the server is dead.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::grants::Scene;
use crate::support::Client;
use crate::support::database::Own;
use crate::support::town::app_of;

const PAYMENT_EXECUTE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/23-grant-payment-execute.graphql"));

/// When the server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The journal is written, the transaction is open.
    Posted,
    /// The transaction is committed, and the server does not know it yet.
    Committed,
}

/// PostgreSQL says that a COMMIT is complete.
const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";
/// PostgreSQL says that a SELECT of one row is.
const SELECTED: &[u8] = b"C\0\0\0\x0dSELECT 1\0";

/// A way to the database that stops at a moment.
struct Relay {
    port: u16,
    reached: Arc<Notify>,
}

impl Relay {
    async fn start(socket: PathBuf, moment: Moment) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (port, reached) = (listener.local_addr().expect("an address").port(), Arc::new(Notify::new()));
        let told = reached.clone();
        tokio::spawn(async move {
            while let Ok((server, _)) = listener.accept().await {
                let database = UnixStream::connect(&socket).await.expect("the database");
                tokio::spawn(pass(server, database, moment, told.clone()));
            }
        });
        Self { port, reached }
    }
}

/// Passes on what both say, until the moment: from then on the server hears nothing on this connection.
async fn pass(server: TcpStream, database: UnixStream, moment: Moment, reached: Arc<Notify>) {
    let posting = AtomicBool::new(false);
    let (mut from_server, mut to_server) = server.into_split();
    let (mut from_database, mut to_database) = database.into_split();
    let asking = async {
        let mut heard = Heard::default();
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if heard.within(&buffer[..length], b"ledger_post(") {
                posting.store(true, Ordering::SeqCst);
            }
            if to_database.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let answering = async {
        let mut heard = Heard::default();
        let mut buffer = vec![0; 64 * 1024];
        let sign = if moment == Moment::Posted { SELECTED } else { COMMITTED };
        while let Ok(length @ 1..) = from_database.read(&mut buffer).await {
            if heard.within(&buffer[..length], sign) && posting.load(Ordering::SeqCst) {
                reached.notify_one();
                std::future::pending::<()>().await;
            }
            if to_server.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = asking => {}, () = answering => {} }
}

/// What was heard last, so that words are found that come in two pieces.
#[derive(Default)]
struct Heard(Vec<u8>);

impl Heard {
    fn within(&mut self, bytes: &[u8], words: &[u8]) -> bool {
        self.0.extend_from_slice(bytes);
        let found = self.0.windows(words.len()).any(|window| window == words);
        // What was found is not found again.
        let kept = if found { 0 } else { words.len() - 1 };
        self.0.drain(..self.0.len().saturating_sub(kept));
        found
    }
}

/// The program, serving.
pub(super) struct Server {
    process: Child,
    pub(super) address: String,
}

impl Server {
    pub(super) fn start(app: &str, worker: &str, keys: &std::path::Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entaku"));
        command.arg("serve").env("DATABASE_URL", app).env("ENTAKU_WORKER_DATABASE_URL", worker);
        command.env("ENTAKU_KEYS_FILE", keys).env("ENTAKU_DATA_DIR", env!("CARGO_TARGET_TMPDIR"));
        // On loopback, without the https:// of the real ones.
        command.env("ENTAKU_PROFILE", "demo").env("ENTAKU_ISSUER", ISSUER).env("ENTAKU_LISTEN", "127.0.0.1:0");
        command.env("RUST_LOG", "info").stderr(Stdio::piped());
        let mut process = command.spawn().expect("it runs");
        let mut log = BufReader::new(process.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let said = log.by_ref().find_map(|line| line.split_once("address=").map(|(_, address)| address.to_owned()));
        let address = said.expect("it is ready").split_whitespace().next().expect("an address").to_owned();
        std::thread::spawn(move || log.for_each(drop));
        Self { process, address }
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("a violent end");
    }

    async fn pay(&self, payer: &Client, id: &str) -> Result<Value, reqwest::Error> {
        pay(&self.address, payer, id).await
    }
}

/// Pays a grant under the key of its own.
pub(super) async fn pay(address: &str, payer: &Client, id: &str) -> Result<Value, reqwest::Error> {
    let body = json!({"query": PAYMENT_EXECUTE, "variables": {"id": id, "input": {"paidOn": "2026-05-20"}}});
    let request = reqwest::Client::new().post(format!("http://{address}/graphql")).json(&body);
    let request = request.header("authorization", payer.header("authorization").expect("a token"));
    request.header("idempotency-key", format!("pay-{id}")).send().await?.json().await
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// As the applications of tests have it.
const ISSUER: &str = "http://127.0.0.1:8000";

async fn killed_at(moment: Moment) {
    let own = Own::migrated().await;
    let folder = std::env::temp_dir().join(format!("entaku-test-retry-{}", Uuid::now_v7().simple()));
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("keys.json");
    let keys = Arc::new(KeyRing::read_or_create(&file).expect("keys"));
    let (app, wire) = (own.url("entaku_app"), WireConfig::default);
    let scene = Scene::over(app_of(&app, wire(), keys.clone(), Clock::fixed(crate::support::town::start()))).await;
    let id = scene.payable().await;
    // Whoever pays does it today, by the clock of the server.
    let today =
        Town { app: app_of(&app, wire(), keys, Clock::System), id: scene.town.id, code: scene.town.code.clone() };
    let (_, payer) = today.person(Role::Payer, ScopeKind::Municipality, None).await;

    let socket = url::Url::parse(&app).expect("a URL");
    let socket = socket.query_pairs().find(|(name, _)| name == "host").expect("a socket").1.into_owned();
    let relay = Relay::start(PathBuf::from(socket).join(".s.PGSQL.5432"), moment).await;
    let database = app.split_once("5432/").and_then(|(_, rest)| rest.split_once('?')).expect("a database").0;
    let through = format!("postgres://entaku_app@127.0.0.1:{}/{database}?sslmode=disable", relay.port);
    let worker = own.url("entaku_worker");
    let mut server = tokio::task::block_in_place(|| Server::start(&through, &worker, &file));
    let asked = server.pay(&payer, &id);
    tokio::select! {
        () = relay.reached.notified() => {}
        answer = asked => panic!("{moment:?}: answered before it: {answer:?}"),
    }
    server.kill();

    let server = tokio::task::block_in_place(|| Server::start(&app, &worker, &file));
    let before = payments(&own).await;
    assert_eq!(before, i64::from(moment == Moment::Committed), "{moment:?}");
    let answers =
        [server.pay(&payer, &id).await, server.pay(&payer, &id).await].map(|answer| answer.expect("an answer"));
    assert_eq!(answers[0]["data"]["grantPaymentExecute"]["state"], "PAID", "{moment:?}: {}", answers[0]);
    assert_eq!(answers[0]["data"], answers[1]["data"], "{moment:?}");
    assert_eq!(payments(&own).await, 1, "{moment:?}");
    assert_eq!(scene.balances().await[3..], ["GRANT=400000", "PAID=1100000"], "{moment:?}");
    let _ = std::fs::remove_dir_all(folder);
}

async fn payments(own: &Own) -> i64 {
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    number(&mut superuser, "SELECT count(*) FROM ledger_journals WHERE kind = 'GRANT_PAID'".into()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m16_a_server_killed_after_the_commit_has_paid_once() {
    killed_at(Moment::Committed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m16_a_server_killed_before_the_commit_has_not_paid_until_asked_again() {
    killed_at(Moment::Posted).await;
}
