//! The executor of reads: one request is one pipeline. BEGIN, the wall, the statements and COMMIT are sent
//! together and answered together, on a connection that one request holds; so a page costs one round trip
//! and never shares a transaction with anybody.
#![allow(clippy::disallowed_types)] // with `tx` this is the door

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleResult, Timeouts};
use futures_util::future::{join_all, join4};
use futures_util::{TryStreamExt, pin_mut};
use lru::LruCache;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::kernel::error::{Error, Result};
use crate::kernel::read::FlatRow;
use crate::kernel::read::sql::Param;
use crate::kernel::request::Request;

/// How many statements a connection keeps prepared.
const PREPARED: NonZeroUsize = NonZeroUsize::new(500).unwrap();
/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const WALL: &str = "SELECT set_config('entaku.municipality', $1, true), set_config('entaku.now', $2, true)";

/// One statement of a request and its parameters.
pub(crate) struct Query {
    pub(crate) text: Arc<str>,
    pub(crate) params: Vec<Param>,
}

/// Connections that read.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pool: Pool<Connector>,
}

impl Pipeline {
    /// A lazy pool; nothing where the URL wants TLS, which this executor does not speak.
    pub(crate) fn connect(url: &str, connections: u32) -> Result<Option<Self>> {
        let Ok(mut config) = Config::from_str(url) else { return Ok(None) };
        if !is_plain(url, &config) {
            return Ok(None);
        }
        config.application_name("entaku-read");
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
        let mut connection = self.pool.get().await?;
        let done = connection.run(request, queries).await;
        if matches!(done, Err(Failure::Closed)) {
            drop(Object::take(connection));
        }
        done
    }

    /// Closes the pool.
    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// Is the way to the database one that needs no TLS: this host's socket, or an operator who says so?
fn is_plain(url: &str, config: &Config) -> bool {
    let socket = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
    socket || url.contains("sslmode=disable")
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
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a reading connection ended");
            }
        });
        // One text serves everybody, so its plan must not depend on one caller's parameters.
        client.batch_execute("SET plan_cache_mode = force_generic_plan").await?;
        let wall = client.prepare(WALL).await?;
        let begin = client.prepare(BEGIN).await?;
        let commit = client.prepare("COMMIT").await?;
        Ok(Connection { client, begin, wall, commit, prepared: LruCache::new(PREPARED) })
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        if connection.client.is_closed() {
            return Err(deadpool::managed::RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// A connection and what it has prepared.
struct Connection {
    client: Client,
    begin: Statement,
    wall: Statement,
    commit: Statement,
    prepared: LruCache<Text, Statement>,
}

impl Connection {
    async fn run(&mut self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>, Failure> {
        let mut statements = Vec::with_capacity(queries.len());
        for query in queries {
            statements.push(self.prepare(&query.text).await?);
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
        for _ in queries {
            request.count_statement();
        }
        Ok(rows)
    }

    async fn rows(&self, statement: &Statement, params: &[Param]) -> Result<Vec<FlatRow>, Failure> {
        let stream = self.client.query_raw(statement, params.iter()).await?;
        pin_mut!(stream);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(FlatRow::Piped(row));
        }
        Ok(rows)
    }

    async fn prepare(&mut self, text: &Arc<str>) -> Result<Statement, Failure> {
        let key = Text(text.clone());
        if let Some(known) = self.prepared.get(&key) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(text).await?;
        self.prepared.put(key, statement.clone());
        Ok(statement)
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
