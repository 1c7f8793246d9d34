//! The executor: statements travel to PostgreSQL without waiting for one another. A request's connection is
//! its alone, and what moves the bytes runs in the request's own task.
//!
//! Reads are one pipeline and one read-only snapshot: one statement that puts up the wall itself is a
//! transaction of its own; several are sent together between BEGIN, the wall and COMMIT. A [`Transaction`]
//! is held for what is written; its BEGIN and its wall travel with its first statements.
#![allow(clippy::disallowed_types)] // with `tx` this is the door

mod address;
mod connection;
mod transaction;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError, QueueMode, TimeoutType, Timeouts};
use futures_util::future::{join_all, join4};
use tokio::time::timeout;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;

use crate::kernel::error::{Error, Result};
use crate::kernel::lanes;
use crate::kernel::read::FlatRow;
use crate::kernel::read::sql::Param;
use crate::kernel::request::Request;
use crate::kernel::tx::Mode;
pub(crate) use address::Address;
pub(crate) use connection::Told;
use connection::{Connection, Connector, Way};
pub(crate) use transaction::{Outgoing, Transaction};

/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it waits for one of its own lane before it looks for another's, and again: far longer than a turn takes under
/// even load, so that only slow statements send a request elsewhere.
const LOYALTY: Duration = Duration::from_millis(200);

/// One statement of a request and its parameters.
pub(crate) struct Query {
    pub(crate) text: Arc<str>,
    pub(crate) params: Vec<Param>,
    /// Does the statement put up the wall itself?
    pub(crate) walled: bool,
}

/// The application's connections: those of what runs beside the lanes, then each lane's.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pools: Arc<[Pool<Connector>]>,
}

impl Pipeline {
    /// Lazy pools: the first statement connects. They share `connections`, of which each has at least one.
    ///
    /// # Errors
    /// INTERNAL when the URL cannot be read.
    pub(crate) fn connect(url: &str, connections: usize, lanes: usize) -> Result<Self> {
        let address: Address = url.parse()?;
        let pools = lanes + 1;
        let pools = (0..pools).map(|lane| {
            // What cannot be shared out goes to the lanes.
            let share = (connections + lane) / pools;
            pool(Connector { address: address.clone(), lane }, share.max(1))
        });
        Ok(Self { pools: pools.collect::<Result<_>>()? })
    }

    /// The pool of this thread's lane.
    fn own(&self) -> &Pool<Connector> {
        self.pools.get(lanes::own()).unwrap_or(&self.pools[0])
    }

    async fn connection(&self) -> Result<Object<Connector>, Failure> {
        let mut own = pin!(self.own().get());
        loop {
            if let Ok(got) = timeout(LOYALTY, &mut own).await {
                return Ok(got?);
            }
            if let Some(spare) = Box::pin(self.spare()).await? {
                return Ok(spare);
            }
        }
    }

    /// A connection that nobody uses; those of what runs beside the lanes come last.
    async fn spare(&self) -> Result<Option<Object<Connector>>, Failure> {
        for pool in self.pools.iter().rev() {
            match pool.timeout_get(&waiting(Duration::ZERO)).await {
                Err(PoolError::Timeout(TimeoutType::Wait)) => {}
                got => return Ok(Some(got?)),
            }
        }
        Ok(None)
    }

    /// Runs the statements of a request in one read-only snapshot inside its municipality's wall.
    ///
    /// # Errors
    /// UNAVAILABLE when the database cannot be reached, INTERNAL for what PostgreSQL does not take.
    pub(crate) async fn read(&self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>> {
        match self.attempt(request, queries).await {
            // The connection had been cut while nobody used it: reading again is safe.
            Err(Failure::Closed) => {
                self.forget_idle();
                self.attempt(request, queries).await.map_err(Into::into)
            }
            done => done.map_err(Into::into),
        }
    }

    /// Closes what nobody uses: where one connection was cut, the others were, too.
    fn forget_idle(&self) {
        self.pools.iter().for_each(|pool| drop(pool.retain(|_, _| false)));
    }

    async fn attempt(&self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>, Failure> {
        let mut connection = self.connection().await?;
        let connection: &mut Connection = &mut connection;
        let mut statements = Vec::with_capacity(queries.len());
        for query in queries {
            request.count_statement();
            statements.push(connection.prepare(&query.text).await?);
        }
        connection.run(false, |way| snapshot(way, request, &statements, queries)).await
    }

    /// Does the database answer?
    pub(crate) async fn ping(&self) -> Result<()> {
        let mut connection = self.connection().await?;
        connection.run(false, Way::ping).await?;
        Ok(())
    }

    /// Closes the pools.
    pub(crate) fn close(&self) {
        self.pools.iter().for_each(Pool::close);
    }
}

fn pool(connector: Connector, connections: usize) -> Result<Pool<Connector>> {
    Pool::builder(connector)
        .max_size(connections)
        .timeouts(waiting(PATIENCE))
        .queue_mode(QueueMode::Lifo)
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(Error::internal)
}

fn waiting(wait: Duration) -> Timeouts {
    Timeouts { wait: Some(wait), create: Some(PATIENCE), recycle: None }
}

async fn snapshot(
    way: &Way,
    request: &Request,
    statements: &[Statement],
    queries: &[Query],
) -> Result<Vec<Vec<FlatRow>>, Failure> {
    if let ([statement], [Query { walled: true, params, .. }]) = (statements, queries) {
        return Ok(vec![way.send(statement, params).await?.flat()]);
    }
    // Apart, so that the future of a request with one statement stays small.
    Box::pin(several(way, request, statements, queries)).await
}

async fn several(
    way: &Way,
    request: &Request,
    statements: &[Statement],
    queries: &[Query],
) -> Result<Vec<Vec<FlatRow>>, Failure> {
    // Polled in this order, each is sent at its first poll: one pipeline.
    let asked = statements.iter().zip(queries).map(|(statement, query)| way.send(statement, &query.params));
    let (begun, walled, told, committed) =
        join4(way.begin(Mode::Read), way.wall(request, None), join_all(asked), way.commit()).await;
    begun?;
    walled?;
    // The first failure is the cause; the others only say that the transaction is over.
    let rows = told.into_iter().map(|told| told.map(Told::flat)).collect::<Result<Vec<_>, _>>()?;
    committed?;
    Ok(rows)
}

/// What can go wrong on the way.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The connection is gone; or of no use, since the tables it has prepared statements for are others now.
    #[error("the connection is gone")]
    Closed,
    /// PostgreSQL, or what speaks with it, said so.
    #[error("{}", said(.0))]
    Said(tokio_postgres::Error),
    /// No connection is to be had.
    #[error("no connection is to be had")]
    NoConnection,
    /// A statement has not as many parameters as it is sent with.
    #[error("a statement was to be sent with too many or too few parameters")]
    Malformed,
    /// The transaction had failed before.
    #[error("a transaction was used after it had failed")]
    Over,
}

/// PostgreSQL's own words, which the library's error keeps to itself.
fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.is_closed() || is_outdated(&error) { Self::Closed } else { Self::Said(error) }
    }
}

/// Does a prepared statement find columns in its tables that were not there when it was prepared? The code alone says less.
fn is_outdated(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        *error.code() == SqlState::FEATURE_NOT_SUPPORTED && error.routine() == Some("RevalidateCachedQuery")
    })
}

impl From<PoolError<tokio_postgres::Error>> for Failure {
    fn from(error: PoolError<tokio_postgres::Error>) -> Self {
        tracing::warn!(%error, "no connection to the database");
        Self::NoConnection
    }
}
