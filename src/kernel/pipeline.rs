//! The executor of reads: one request is one pipeline on a connection that it alone holds, so a page costs
//! one round trip. One statement that puts up the wall itself is a transaction of its own; several are sent
//! together between BEGIN, the wall and COMMIT. Either way it is one read-only snapshot.
#![allow(clippy::disallowed_types)] // with `tx` this is the door

use std::future::poll_fn;
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::str::FromStr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Pool, PoolError, QueueMode, RecycleResult, Timeouts};
use futures_util::TryStreamExt;
use futures_util::future::{join_all, join4};
use lru::LruCache;
use tokio_postgres::config::Host;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, NoTls, Socket, Statement};

use crate::kernel::error::{Error, Result};
use crate::kernel::read::FlatRow;
use crate::kernel::read::sql::Param;
use crate::kernel::request::Request;

/// How many statements a connection keeps prepared.
const PREPARED: NonZeroUsize = NonZeroUsize::new(500).unwrap();
/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// One text serves everybody, so its plan must not depend on one caller's parameters; and one request is
/// one process's work, whose rows keep their order.
const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather = 0; \
     SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on";
const BEGIN: &str = "BEGIN READ ONLY";
const WALL: &str = "SELECT set_config('entaku.municipality', $1, true), set_config('entaku.now', $2, true)";

/// One statement of a request and its parameters.
pub(crate) struct Query {
    pub(crate) text: Arc<str>,
    pub(crate) params: Vec<Param>,
    /// Does the statement put up the wall itself?
    pub(crate) walled: bool,
}

/// Connections that read.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pool: Pool<Connector>,
}

impl Pipeline {
    /// A lazy pool; nothing where the URL wants TLS, which this executor does not speak.
    pub(crate) fn connect(url: &str, connections: u32) -> Result<Option<Self>> {
        let Some(config) = Config::from_str(url).ok().as_ref().and_then(one_host) else { return Ok(None) };
        if !is_plain(url, &config) {
            return Ok(None);
        }
        let size = usize::try_from(connections).unwrap_or(1);
        let timeouts = Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: None };
        let pool = Pool::builder(Connector { config })
            .max_size(size)
            .timeouts(timeouts)
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(Error::internal)?;
        Ok(Some(Self { pool }))
    }

    /// Runs the statements of a request in one read-only snapshot inside its municipality's wall.
    ///
    /// # Errors
    /// UNAVAILABLE when the database cannot be reached, INTERNAL for what PostgreSQL does not take.
    pub(crate) async fn read(&self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>> {
        match self.attempt(request, queries).await {
            // The connection had been cut while nobody used it: reading again is safe.
            Err(Failure::Closed) => self.attempt(request, queries).await.map_err(Into::into),
            done => done.map_err(Into::into),
        }
    }

    async fn attempt(&self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>, Failure> {
        self.pool.get().await?.run(request, queries).await
    }

    /// Closes the pool.
    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// Is the way to the database one that needs no TLS: this host's socket, or an operator who says so?
fn is_plain(url: &str, config: &Config) -> bool {
    matches!(config.get_hosts(), [Host::Unix(_)]) || url.contains("sslmode=disable")
}

/// The address as sqlx reads it: the parameter `host` outranks the one before the path. Trying both would
/// ask whatever else listens there.
fn one_host(named: &Config) -> Option<Config> {
    let mut config = Config::new();
    match named.get_hosts().last()? {
        Host::Unix(directory) => config.host_path(directory),
        Host::Tcp(name) => config.host(name),
    };
    if let Some(port) = named.get_ports().last() {
        config.port(*port);
    }
    if let Some(password) = named.get_password() {
        config.password(password);
    }
    config.user(named.get_user()?).dbname(named.get_dbname()?).application_name("entaku-read");
    Some(config)
}

/// What can go wrong on the way.
enum Failure {
    /// The connection is gone.
    Closed,
    Said(Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.is_closed() { Self::Closed } else { Self::Said(error.into()) }
    }
}

impl From<PoolError<tokio_postgres::Error>> for Failure {
    fn from(error: PoolError<tokio_postgres::Error>) -> Self {
        tracing::warn!(%error, "no connection to read with");
        Self::Said(Error::Unavailable)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Closed => Self::Unavailable,
            Failure::Said(error) => error,
        }
    }
}

struct Connector {
    config: Config,
}

impl Manager for Connector {
    type Type = Connection;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Connection, tokio_postgres::Error> {
        let (client, driver) = self.config.connect(NoTls).await?;
        let mut driver = Driver(Box::pin(driver));
        let prepared = driver
            .drive(async {
                client.batch_execute(SETTINGS).await?;
                let (begin, wall) = (client.prepare(BEGIN).await?, client.prepare(WALL).await?);
                Ok((begin, wall, client.prepare("COMMIT").await?))
            })
            .await;
        let (begin, wall, commit) = prepared?;
        let way = Way { client, begin, wall, commit };
        Ok(Connection { way, driver, prepared: LruCache::new(PREPARED), busy: false })
    }

    /// A request that was dropped in the middle leaves answers behind that are nobody's.
    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        if connection.busy || connection.way.client.is_closed() {
            return Err(deadpool::managed::RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// What moves bytes. It is polled by the request that holds the connection, in the same task, so that a
/// whole pipeline is one write and nobody is woken in between.
struct Driver(Pin<Box<tokio_postgres::Connection<Socket, NoTlsStream>>>);

impl Driver {
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut open = true;
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if open && self.0.as_mut().poll(context).is_ready() {
                open = false;
            }
            // What was moved may have answered; a connection that has ended answers everything.
            work.as_mut().poll(context)
        })
        .await
    }
}

/// A connection and what it has prepared.
struct Connection {
    way: Way,
    driver: Driver,
    prepared: LruCache<Text, Statement>,
    /// Has a request been begun and not ended?
    busy: bool,
}

impl Connection {
    async fn run(&mut self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>, Failure> {
        self.busy = true;
        let mut statements = Vec::with_capacity(queries.len());
        for query in queries {
            statements.push(self.prepare(&query.text).await?);
        }
        let done = self.driver.drive(self.way.pipeline(request, &statements, queries)).await;
        self.busy = matches!(done, Err(Failure::Closed));
        done
    }

    async fn prepare(&mut self, text: &Arc<str>) -> Result<Statement, Failure> {
        let key = Text(text.clone());
        if let Some(known) = self.prepared.get(&key) {
            return Ok(known.clone());
        }
        let statement = self.driver.drive(self.way.client.prepare(text)).await?;
        self.prepared.put(key, statement.clone());
        Ok(statement)
    }
}

/// What a request is sent by.
struct Way {
    client: Client,
    begin: Statement,
    wall: Statement,
    commit: Statement,
}

impl Way {
    async fn pipeline(
        &self,
        request: &Request,
        statements: &[Statement],
        queries: &[Query],
    ) -> Result<Vec<Vec<FlatRow>>, Failure> {
        for _ in queries {
            request.count_statement();
        }
        if let ([statement], [Query { walled: true, params, .. }]) = (statements, queries) {
            return Ok(vec![self.rows(statement, params).await?]);
        }
        let town = request.municipality.map(|m| m.0.to_string()).unwrap_or_default();
        let wall = [Param::text(town), Param::text(request.now.to_rfc3339())];
        // Polled in this order, each is sent at its first poll: one pipeline.
        let asked = statements.iter().zip(queries).map(|(statement, query)| self.rows(statement, &query.params));
        let (begun, walled, rows, committed) = join4(
            self.rows(&self.begin, &[]),
            self.rows(&self.wall, &wall),
            join_all(asked),
            self.rows(&self.commit, &[]),
        )
        .await;
        begun?;
        walled?;
        // The first failure is the cause; the others only say that the transaction is over.
        let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
        committed?;
        Ok(rows)
    }

    async fn rows(&self, statement: &Statement, params: &[Param]) -> Result<Vec<FlatRow>, Failure> {
        let mut stream = pin!(self.client.query_raw(statement, params.iter()).await?);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(FlatRow::Piped(row));
        }
        Ok(rows)
    }
}

/// A statement's text as a key: the same text is nearly always the same memory.
struct Text(Arc<str>);

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Text {}

impl Hash for Text {
    /// The end tells texts apart as well as the whole; equality still compares everything.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let bytes = self.0.as_bytes();
        state.write_usize(bytes.len());
        state.write(&bytes[bytes.len().saturating_sub(256)..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &str) -> Vec<Host> {
        let config = one_host(&Config::from_str(url).expect("a URL")).expect("an address");
        config.get_hosts().to_vec()
    }

    #[test]
    fn the_socket_is_asked_and_nothing_else() {
        let url = "postgres://entaku_app@localhost:5432/entaku?host=%2Frun%2Fentaku&sslmode=disable";
        assert_eq!(hosts(url), [Host::Unix("/run/entaku".into())]);
        assert_eq!(hosts("postgres://entaku_app@db/entaku"), [Host::Tcp("db".into())]);
    }
}
