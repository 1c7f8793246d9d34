//! Transactions on connections that break, and the way to a database that wants TLS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use entaku::kernel::error::Error;
use entaku::kernel::principal::Principal;
use entaku::kernel::read::sql::{Param, Sql};
use entaku::kernel::tx::{Database, Mode, Tx};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::database::Own;
use crate::support::town::app_over;

const KEEP: &str = "INSERT INTO municipalities (id, code, name) VALUES (";

fn begin(database: &Database, url: &str, mode: Mode) -> Tx {
    let request = app_over(url).request(Principal::system("test"), None);
    database.begin(Arc::new(request), mode)
}

fn keep(code: &str) -> Sql {
    let mut sql = Sql::new(KEEP);
    sql.fill("?, ?, ?)", [Param::Uuid(Some(uuid::Uuid::now_v7())), Param::text(code), Param::text("試験町")]);
    sql
}

async fn count(tx: &Tx) -> usize {
    tx.rows(Sql::new("SELECT id FROM municipalities")).await.expect("rows").len()
}

/// Cuts the application's connections to a database.
async fn cut(own: &Own) {
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'entaku_app'";
    sqlx::query(AssertSqlSafe(sql)).execute(&mut superuser).await.expect("cut");
}

async fn scene() -> (Own, String, Database) {
    let own = Own::migrated().await;
    let url = own.url("entaku_app");
    let database = Database::connect(&url, 1, 0).expect("a pool");
    (own, url, database)
}

#[tokio::test]
async fn r8_a_connection_that_was_cut_while_idle_is_replaced_unseen() {
    let (own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    tx.commit().await.expect("committed");
    cut(&own).await;
    let tx = begin(&database, &url, Mode::Write);
    assert_eq!(count(&tx).await, 1);
    tx.run(keep("131024")).await.expect("kept");
    tx.commit().await.expect("committed");
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 2);
}

#[tokio::test]
async fn r8_a_transaction_that_was_cut_is_lost_whole() {
    let (own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    cut(&own).await;
    let refused = tx.run(keep("131024")).await.expect_err("the connection is gone");
    assert!(matches!(refused, Error::Unavailable), "{refused}");
    assert!(tx.run(keep("131032")).await.is_err(), "nothing begins anew in the middle");
    assert!(tx.commit().await.is_err());
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
}

#[tokio::test]
async fn what_failed_is_not_committed() {
    let (_own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    let twice = tx.run(keep("131016")).await.expect_err("the same code");
    assert!(matches!(twice, Error::Conflict(_)), "{twice}");
    assert!(tx.commit().await.is_err(), "a failed transaction does not pretend");
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
}

/// What waits goes out before whatever comes next: a statement, or the end.
#[tokio::test]
async fn what_is_run_later_is_seen_by_the_next_statement_and_by_the_end() {
    let (_own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Write);
    tx.run_later(keep("131016")).expect("kept");
    assert_eq!(count(&tx).await, 1);
    tx.run_later(keep("131024")).expect("kept");
    tx.commit().await.expect("committed");
    let alone = begin(&database, &url, Mode::Write);
    alone.run_later(keep("131032")).expect("kept");
    alone.commit().await.expect("committed");
    let undone = begin(&database, &url, Mode::Write);
    undone.run_later(keep("131041")).expect("kept");
    undone.rollback().await.expect("undone");
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 3);
}

/// Two lanes and what runs beside them have a connection each. Whoever finds their own taken by a slow statement takes
/// another's, and there are no more of them than were allowed.
#[tokio::test]
async fn a_lane_whose_connections_are_taken_borrows_one() {
    let own = Own::migrated().await;
    let url = own.url("entaku_app");
    let database = Database::connect(&url, 3, 2).expect("pools");
    let all: Vec<_> = (0..3).map(|_| begin(&database, &url, Mode::Read)).collect();
    for tx in &all {
        assert_eq!(count(tx).await, 0);
    }
    assert_eq!(own.connections().await, 3);
    let refused = begin(&database, &url, Mode::Read).rows(Sql::new("SELECT")).await.expect_err("none is left");
    assert!(matches!(refused, Error::Unavailable), "{refused}");
}

/// What waits is not forgotten because the statement that was to take it along found no connection.
#[tokio::test]
async fn what_is_run_later_and_never_sent_is_not_committed_in_silence() {
    let (_own, url, database) = scene().await;
    let holding = begin(&database, &url, Mode::Write);
    assert_eq!(count(&holding).await, 0);
    let tx = begin(&database, &url, Mode::Write);
    tx.run_later(keep("131016")).expect("sent later");
    assert!(tx.rows(Sql::new("SELECT id FROM municipalities")).await.is_err(), "the only connection is held");
    holding.rollback().await.expect("let go");
    assert!(tx.commit().await.is_err());
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
}

/// A statement that is not sent at all is nothing PostgreSQL could refuse.
#[tokio::test]
async fn what_cannot_be_sent_keeps_what_was_sent_from_being_committed() {
    let (_own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    tx.run_later(Sql::new("SELECT $1::int4")).expect("sent later");
    assert!(tx.commit().await.is_err());
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
}

/// PostgreSQL answers COMMIT after a refusal as if all were well.
#[tokio::test]
async fn what_is_run_later_and_refused_is_told_and_nothing_is_kept() {
    let (_own, url, database) = scene().await;
    for with_a_statement in [true, false] {
        let tx = begin(&database, &url, Mode::Write);
        tx.run(keep("131016")).await.expect("kept");
        tx.run_later(keep("131016")).expect("sent later");
        if with_a_statement {
            let refused = tx.rows(Sql::new("SELECT id FROM municipalities")).await.expect_err("the same code");
            assert!(matches!(refused, Error::Conflict(_)), "{refused}");
            assert!(tx.commit().await.is_err(), "a failed transaction does not pretend");
        } else {
            let refused = tx.commit().await.expect_err("the same code");
            assert!(matches!(refused, Error::Conflict(_)), "{refused}");
        }
        assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
    }
}

#[tokio::test]
async fn r6_a_transaction_that_is_dropped_is_undone_and_holds_no_connection() {
    let (own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    drop(tx);
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND usename = 'entaku_app' AND state = 'idle in transaction' AND query NOT LIKE 'SELECT id%'";
    let open: i64 = sqlx::query_scalar(open).fetch_one(&mut superuser).await.expect("a number");
    assert_eq!(open, 0);
}

/// Whoever hangs up while PostgreSQL works has no answer to read: what was begun is undone when PostgreSQL is done, not
/// when somebody else takes the connection or the session has been idle for too long.
#[tokio::test]
async fn r6_a_statement_that_is_given_up_is_undone_though_nobody_takes_its_connection() {
    let (own, url, database) = scene().await;
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut superuser).await.expect("a name");
    let patient = format!("ALTER ROLE entaku_app IN DATABASE {name} SET idle_in_transaction_session_timeout = 0");
    sqlx::query(AssertSqlSafe(patient)).execute(&mut superuser).await.expect("set");
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    let asked = tx.run(Sql::new("SELECT pg_sleep(0.5)"));
    assert!(tokio::time::timeout(Duration::from_millis(100), asked).await.is_err(), "given up");
    drop(tx);
    for tries in 0.. {
        if own.connections().await == 0 {
            break;
        }
        assert!(tries < 600, "the transaction is still open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 0);
}

/// A migration adds columns while servers run: what they have prepared is prepared anew.
#[tokio::test]
async fn a_table_that_was_changed_is_read_anew_unseen() {
    let (own, url, database) = scene().await;
    let all = || Sql::new("SELECT * FROM municipalities");
    // Ended well, so that the next one finds the same connection.
    let read = async || {
        let tx = begin(&database, &url, Mode::Read);
        let columns = tx.rows(all()).await.expect("rows").first().map_or(0, tokio_postgres::Row::len);
        tx.commit().await.expect("ended");
        columns
    };
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131016")).await.expect("kept");
    tx.commit().await.expect("committed");
    let before = read().await;
    sqlx::query("ALTER TABLE municipalities ADD COLUMN later text").execute(&mut superuser).await.expect("altered");
    assert_eq!(read().await, before + 1);
    sqlx::query("ALTER TABLE municipalities ADD COLUMN latest text").execute(&mut superuser).await.expect("altered");
    let tx = begin(&database, &url, Mode::Write);
    tx.run(keep("131024")).await.expect("kept");
    assert_eq!(tx.rows(all()).await.expect_err("in the middle").code(), "UNAVAILABLE");
    assert_eq!(tx.commit().await.expect_err("lost").code(), "UNAVAILABLE");
    assert_eq!(count(&begin(&database, &url, Mode::Read)).await, 1, "nothing of the second");
}

#[tokio::test]
async fn what_only_reads_cannot_write() {
    let (_own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Read);
    assert!(tx.run(keep("131016")).await.is_err());
}

/// What a request asks is answered sooner than PostgreSQL would have compiled it.
#[tokio::test]
async fn what_is_asked_is_planned_for_everybody_and_not_compiled() {
    let (_own, url, database) = scene().await;
    let tx = begin(&database, &url, Mode::Read);
    let asked = "SELECT current_setting('jit') AS jit, current_setting('plan_cache_mode') AS plans";
    let row = tx.rows(Sql::new(asked)).await.expect("rows").remove(0);
    assert_eq!((row.get("jit"), row.get("plans")), ("off", "force_generic_plan"));
}

/// The TLS end of a database: decrypts and passes on to the server's socket.
struct Tls {
    port: u16,
    certificate: tempfile::NamedTempFile,
}

impl Tls {
    async fn open(url: &str) -> Self {
        let (_, rest) = url.split_once("?host=").expect("a socket");
        let host = rest.split('&').next().expect("a host").replace("%2F", "/").replace("%2f", "/");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let mut certificate = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut certificate, made.cert.pem().as_bytes()).expect("written");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a configuration");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let socket = PathBuf::from(host).join(".s.PGSQL.5432");
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (acceptor, socket) = (TlsAcceptor::from(Arc::new(config.clone())), socket.clone());
                tokio::spawn(async move {
                    // SSLRequest of the protocol: eight bytes, answered with one.
                    let mut asked = [0; 8];
                    client.read_exact(&mut asked).await?;
                    client.write_all(b"S").await?;
                    let mut client = acceptor.accept(client).await?;
                    let mut server = UnixStream::connect(socket).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        Self { port, certificate }
    }
}

#[tokio::test]
async fn a_database_is_reached_by_tls_and_its_certificate_is_checked() {
    let own = Own::migrated().await;
    let url = own.url("entaku_app");
    let name = url.split("5432/").nth(1).and_then(|rest| rest.split('?').next()).expect("a name");
    let tls = Tls::open(&url).await;
    let over = |host: &str, options: &str| format!("postgres://entaku_app@{host}:{}/{name}?{options}", tls.port);
    let root = format!("sslrootcert={}", tls.certificate.path().display());
    let asks = async |over: String| {
        let database = Database::connect(&over, 1, 0).expect("a pool");
        begin(&database, &url, Mode::Read).rows(Sql::new("SELECT id FROM municipalities")).await
    };
    for good in ["sslmode=require".to_owned(), "sslmode=prefer".to_owned(), format!("sslmode=verify-full&{root}")] {
        asks(over("localhost", &good)).await.unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    assert!(asks(over("localhost", "sslmode=verify-full")).await.is_err(), "nobody known has signed it");
    assert!(asks(over("127.0.0.1", &format!("sslmode=verify-full&{root}"))).await.is_err(), "another name");
}
