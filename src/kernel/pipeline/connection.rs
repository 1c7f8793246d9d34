//! A connection that one request holds, and what moves its bytes.

use std::future::{poll_fn, ready};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use futures_util::TryStreamExt;
use lru::LruCache;
use postgres_types::BorrowToSql;
use tokio_postgres::{Client, Row, Statement};
use uuid::Uuid;

use super::{Address, Failure, Outgoing};
use crate::kernel::lanes;
use crate::kernel::read::FlatRow;
use crate::kernel::read::sql::Param;
use crate::kernel::request::Request;
use crate::kernel::tx::Mode;

/// How many statements a connection keeps prepared.
const PREPARED: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// One text serves everybody, so its plan must not depend on one caller's parameters; and one request is
/// one process's work, whose rows keep their order. Nor may it depend on how few rows there were when it was made: a table
/// that is read whole because it was empty is read whole when it has grown. A statement of many branches is estimated dear
/// and answered in milliseconds; compiling it (`jit`) takes hundreds. Nothing is written outside a transaction that says so.
const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather = 0; \
     SET enable_seqscan = off; SET jit = off; \
     SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on";
const WALL: &str = "SELECT set_config('entaku.municipality', $1, true), set_config('entaku.now', $2, true), \
     set_config('entaku.actor', $3, true), set_config('entaku.request', $4, true), set_config('entaku.act', $5, true), \
     set_config('entaku.purpose', $6, true), set_config('entaku.post', $7, true)";
/// On behalf of which post the statements that follow are sent.
const POST: &str = "SELECT set_config('entaku.post', $1, true)";

/// Makes the connections of a lane.
pub(super) struct Connector {
    pub(super) address: Address,
    pub(super) lane: usize,
}

impl Manager for Connector {
    type Type = Connection;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Connection, tokio_postgres::Error> {
        // Apart, so that the future of a request that finds a connection ready stays small.
        Box::pin(self.connect()).await
    }

    /// What a request left behind that was dropped in the middle is nobody's. A connection that another lane made while
    /// it had borrowed from this one hears of its answers there: it is made anew.
    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        let astray = lanes::own() == self.lane && connection.made_in != self.lane;
        if connection.unsettled || connection.way.client.is_closed() || astray {
            return Err(RecycleError::message("closed"));
        }
        Ok(())
    }
}

impl Connector {
    async fn connect(&self) -> Result<Connection, tokio_postgres::Error> {
        let (client, driver) = self.address.config.connect(self.address.tls.clone()).await?;
        let mut driver = Driver(Box::pin(async { drop(driver.await) }));
        let way = driver.drive(pin!(Way::new(client))).await?;
        let made_in = lanes::own();
        Ok(Connection { way, driver, prepared: LruCache::new(PREPARED), unsettled: false, made_in })
    }
}

/// What moves bytes. It is polled by the request that holds the connection, in the same task, so that a
/// whole pipeline is one write and nobody is woken in between.
pub(super) struct Driver(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Driver {
    async fn drive<T>(&mut self, mut work: Pin<&mut impl Future<Output = T>>) -> T {
        let mut driving = Driving { driver: self, done: false };
        let mut open = true;
        let answer = poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if open && driving.driver.0.as_mut().poll(context).is_ready() {
                open = false;
            }
            // What was moved may have answered; a connection that has ended answers everything.
            work.as_mut().poll(context)
        });
        let answer = answer.await;
        driving.done = true;
        answer
    }
}

/// Work that waits for PostgreSQL. Whoever gives it up cuts the connection: nobody would read the answer, and PostgreSQL
/// holds the locks of what was begun until it knows.
struct Driving<'d> {
    driver: &'d mut Driver,
    done: bool,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.driver.0 = Box::pin(ready(()));
        }
    }
}

/// A connection and what it has prepared.
pub(super) struct Connection {
    way: Way,
    driver: Driver,
    prepared: LruCache<Arc<str>, Statement>,
    /// Has something been begun here that is not over?
    pub(super) unsettled: bool,
    /// The lane whose runtime it hears by.
    made_in: usize,
}

impl Connection {
    /// The text as PostgreSQL has it prepared.
    pub(super) async fn prepare(&mut self, text: &str) -> Result<Statement, Failure> {
        if let Some(known) = self.prepared.get(text) {
            return Ok(known.clone());
        }
        // Apart, because it is rare.
        let statement = self.driver.drive(Box::pin(self.way.client.prepare(text)).as_mut()).await?;
        self.prepared.put(text.into(), statement.clone());
        Ok(statement)
    }

    /// The texts as PostgreSQL has them prepared. What the library would not send is refused before anything is sent
    /// beside it: PostgreSQL would not know that it was missing.
    pub(super) async fn prepare_all(&mut self, sent: &[Outgoing]) -> Result<Vec<Statement>, Failure> {
        let mut statements = Vec::with_capacity(sent.len());
        for outgoing in sent {
            let statement = self.prepare(outgoing.text()).await?;
            if statement.params().len() != outgoing.parameters() {
                return Err(Failure::Malformed);
            }
            statements.push(statement);
        }
        Ok(statements)
    }

    /// Does what is sent by `work`, until it is answered. `leaves_open` when a transaction goes on after it.
    pub(super) async fn run<'a, T, W>(
        &'a mut self,
        leaves_open: bool,
        work: impl FnOnce(&'a Way) -> W,
    ) -> Result<T, Failure>
    where
        W: Future<Output = Result<T, Failure>>,
    {
        let Self { way, driver, unsettled, .. } = self;
        *unsettled = true;
        let done = driver.drive(pin!(work(way))).await;
        *unsettled = leaves_open || matches!(done, Err(Failure::Closed));
        done
    }
}

/// What a statement answered.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) rows: Vec<Row>,
    /// How many rows it read or changed.
    pub(crate) touched: u64,
}

impl Told {
    /// The rows, as plans read them.
    pub(crate) fn flat(self) -> Vec<FlatRow> {
        self.rows.into_iter().map(FlatRow).collect()
    }
}

/// The appointment on whose behalf a statement is sent, beside the one before it.
#[derive(Clone, Copy)]
pub(super) enum Post {
    /// The same.
    Same,
    /// Another, or none any more.
    Now(Option<Uuid>),
}

/// What statements are sent by. Futures that are polled one after the other are sent in one write.
pub(super) struct Way {
    client: Client,
    reading: Statement,
    writing: Statement,
    wall: Statement,
    post: Statement,
    commit: Statement,
    rollback: Statement,
}

impl Way {
    async fn new(client: Client) -> Result<Self, tokio_postgres::Error> {
        client.batch_execute(SETTINGS).await?;
        Ok(Self {
            reading: client.prepare("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            writing: client.prepare("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?,
            wall: client.prepare(WALL).await?,
            post: client.prepare(POST).await?,
            commit: client.prepare("COMMIT").await?,
            rollback: client.prepare("ROLLBACK").await?,
            client,
        })
    }

    pub(super) async fn begin(&self, mode: Mode) -> Result<(), Failure> {
        let begin = match mode {
            Mode::Read => &self.reading,
            Mode::Write => &self.writing,
        };
        self.send(begin, &[] as &[Param]).await.map(drop)
    }

    /// Puts up the wall: which municipality, when, and for the audit who, by which request, as which act and on behalf of
    /// which post.
    pub(super) async fn wall(&self, request: &Request, post: Option<Uuid>) -> Result<(), Failure> {
        let uuid = |id: Option<Uuid>| Param::text(id.map(|id| id.to_string()).unwrap_or_default());
        let settings = [
            uuid(request.municipality.map(|m| m.0)),
            Param::text(request.now.to_rfc3339()),
            uuid(request.principal.account.map(|a| a.0)),
            uuid(Some(request.id)),
            Param::text(request.act()),
            Param::text(request.purpose().unwrap_or_default()),
            uuid(post),
        ];
        self.send(&self.wall, &settings).await.map(drop)
    }

    /// Names the appointment on whose behalf the next statements are sent, where that changes.
    pub(super) async fn post(&self, post: Post) -> Result<(), Failure> {
        let Post::Now(post) = post else { return Ok(()) };
        let post = post.map(|post| post.to_string()).unwrap_or_default();
        self.send(&self.post, &[Param::text(post)]).await.map(drop)
    }

    pub(super) async fn commit(&self) -> Result<(), Failure> {
        self.send(&self.commit, &[] as &[Param]).await.map(drop)
    }

    pub(super) async fn rollback(&self) -> Result<(), Failure> {
        self.send(&self.rollback, &[] as &[Param]).await.map(drop)
    }

    pub(super) async fn ping(&self) -> Result<(), Failure> {
        Ok(self.client.batch_execute("").await?)
    }

    pub(super) async fn send<P, I>(&self, statement: &Statement, params: I) -> Result<Told, Failure>
    where
        P: BorrowToSql,
        I: IntoIterator<Item = P>,
        I::IntoIter: ExactSizeIterator,
    {
        let mut stream = pin!(self.client.query_raw(statement, params).await?);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        Ok(Told { rows, touched: stream.rows_affected().unwrap_or(0) })
    }
}
