//! `Tx`, the only door to the database, and the pools behind it.
//!
//! A `Tx` opens inside one municipality's wall: BEGIN, the municipality, the actor, the request and its
//! time travel with its first statement. It is a SeaORM connection (`kernel::orm`) and the place where
//! finding, locking and authorizing a row are one motion ([`Tx::load`]). What it waits for is in a box: a future is
//! moved by everything that awaits it, and this one by every command and query.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use sea_orm::{DbBackend, DbErr, EntityTrait, FromQueryResult, QueryTrait, Select};
use tokio::sync::{Mutex, Notify};
use tokio_postgres::Row;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::TypedId;
use crate::kernel::orm;
use crate::kernel::pipeline::{Failure, Outgoing, Pipeline, Query, Told, Transaction};
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::principal::{AppointmentId, Identities, changes_identities};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::{DUTIES_APART, FlatRow, Row as _, STEP_UP, Shape, ShapeDef};
use crate::kernel::request::Request;

/// How a row is held until the transaction ends.
const LOCKED: &str = " FOR NO KEY UPDATE OF t";

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One snapshot, nothing written.
    Read,
    /// READ COMMITTED with row locks.
    Write,
}

/// The application's connections, as the role `entaku_app`.
#[derive(Clone)]
pub struct Database {
    pipeline: Pipeline,
    identities: Arc<Identities>,
    /// Something was committed.
    commits: Arc<Notify>,
}

impl Database {
    /// Lazy pools of `connections` in all, one for each of the server's lanes and one for what runs beside them: the
    /// first statement connects.
    ///
    /// # Errors
    /// INTERNAL when the URL cannot be read.
    pub fn connect(url: &str, connections: usize, lanes: usize) -> Result<Self> {
        let pipeline = Pipeline::connect(url, connections, lanes)?;
        Ok(Self { pipeline, identities: Arc::default(), commits: Arc::default() })
    }

    /// Runs statements that read, all in one snapshot inside the request's municipality.
    pub(crate) async fn read(&self, request: &Request, queries: &[Query]) -> Result<Vec<Vec<FlatRow>>> {
        Box::pin(self.pipeline.read(request, queries)).await
    }

    /// Runs one statement that reads, on its own.
    pub(crate) async fn ask(&self, request: &Request, sql: Sql) -> Result<Vec<FlatRow>> {
        let found = self.read(request, &[sql.into_query(request)?]).await?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// How often what principals are made of was changed through these pools.
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// A transaction for a request. It begins with its first statement.
    pub fn begin(&self, request: Arc<Request>, mode: Mode) -> Tx {
        let inner = Mutex::new(Transaction::new(self.pipeline.clone(), request.clone(), mode));
        let (identities, of_people) = (self.identities.clone(), AtomicBool::new(false));
        let commits = (mode == Mode::Write).then(|| self.commits.clone());
        let (waiting, post) = Default::default();
        Tx { request, inner, waiting, post, identities, of_people, commits }
    }

    /// Waits until a transaction that may write was committed through these pools.
    pub async fn committed(&self) {
        self.commits.notified().await;
    }

    /// Does the database answer?
    pub async fn ping(&self) -> Result<()> {
        self.pipeline.ping().await
    }

    /// Closes the pools after the transactions in flight.
    pub fn close(&self) {
        self.pipeline.close();
    }
}

/// A transaction of one request. Dropping it rolls it back.
pub struct Tx {
    request: Arc<Request>,
    inner: Mutex<Transaction>,
    /// What goes out in one write with the next statement.
    waiting: std::sync::Mutex<Vec<Outgoing>>,
    /// The appointment by which the last act was allowed.
    post: std::sync::Mutex<Option<AppointmentId>>,
    identities: Arc<Identities>,
    /// Has it written to the tables that principals are made of?
    of_people: AtomicBool,
    /// Who is to know of the commit.
    commits: Option<Arc<Notify>>,
}

impl Deref for Tx {
    type Target = Request;
    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Tx {
    /// The same, but nobody is told of its commit: it changes nothing that anybody listens to.
    #[must_use]
    pub fn quietly(mut self) -> Self {
        self.commits = None;
        self
    }

    /// Checks what is deferred, so that COMMIT has nothing left to refuse.
    pub async fn check(&self) -> Result<()> {
        self.send_one(Outgoing::new::<Param>("SET CONSTRAINTS ALL IMMEDIATE".into(), [])).await?;
        Ok(())
    }

    /// Commits.
    pub async fn commit(self) -> Result<()> {
        let last = self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        let done = Box::pin(self.inner.into_inner().commit(&last)).await;
        // Also after a failure: it may have been committed all the same.
        if self.of_people.into_inner() {
            self.identities.changed(self.request.municipality);
        }
        if let Some(commits) = self.commits {
            commits.notify_one();
        }
        Ok(done?)
    }

    /// Undoes everything.
    pub async fn rollback(self) -> Result<()> {
        Ok(self.inner.into_inner().rollback().await?)
    }

    /// Sends statements in one write, after those that wait for them.
    ///
    /// # Returns
    /// What each was answered.
    pub(crate) async fn send(&self, statements: impl IntoIterator<Item = Outgoing>) -> Result<Vec<Told>, Failure> {
        // Signed before its turn comes, on behalf of whoever acts now; what waits then goes out before it.
        let signed: Vec<_> = statements.into_iter().map(|statement| self.signed(statement)).collect();
        let mut inner = self.inner.lock().await;
        let mut all = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let before = all.len();
        all.extend(signed);
        let told = Box::pin(inner.run(&all)).await?;
        Ok(told.into_iter().skip(before).collect())
    }

    /// Sends a statement.
    pub(crate) async fn send_one(&self, statement: Outgoing) -> Result<Told, Failure> {
        Ok(self.send([statement]).await?.pop().unwrap_or_default())
    }

    /// Sends a statement in one write with the next one, or with COMMIT: for what nobody waits to be answered. What
    /// PostgreSQL refuses of it is told there.
    pub(crate) fn send_later(&self, statement: Outgoing) {
        let statement = self.signed(statement);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
    }

    /// The statement on behalf of whoever acts now. Remembers whether it writes what principals are made of.
    fn signed(&self, mut statement: Outgoing) -> Outgoing {
        self.count_statement();
        if changes_identities(statement.text()) {
            self.of_people.store(true, Ordering::Relaxed);
        }
        statement.post = self.post().map(|post| post.0);
        statement
    }

    /// Runs a statement of a command and returns its rows.
    pub async fn rows(&self, sql: Sql) -> Result<Vec<Row>> {
        Ok(self.send_one(sql.into_query(self)?.into()).await?.rows)
    }

    /// Runs a statement that reads. What is asked `beside` it goes out in the same write.
    ///
    /// # Returns
    /// The rows of both.
    pub(crate) async fn fetch(&self, query: Query, beside: Option<Query>) -> Result<(Vec<FlatRow>, Vec<FlatRow>)> {
        let mut told = self.send([query].into_iter().chain(beside).map(Outgoing::from)).await?.into_iter();
        let mut rows = || told.next().map(Told::flat).unwrap_or_default();
        Ok((rows(), rows()))
    }

    /// Runs a statement that reads.
    pub(crate) async fn ask(&self, sql: Sql) -> Result<Vec<FlatRow>> {
        Ok(self.send_one(sql.into_query(self)?.into()).await?.flat())
    }

    /// Runs a statement and returns how many rows it touched.
    pub async fn run(&self, sql: Sql) -> Result<u64> {
        Ok(self.send_one(sql.into_query(self)?.into()).await?.touched)
    }

    /// Runs a statement with the next one, or with COMMIT. What PostgreSQL refuses of it is told there.
    pub fn run_later(&self, sql: Sql) -> Result<()> {
        self.send_later(sql.into_query(self)?.into());
        Ok(())
    }

    /// Finds, locks and authorizes a row in one motion.
    ///
    /// # Errors
    /// NOT_FOUND when it is not there or may not be seen; FORBIDDEN (UNAUTHENTICATED for nobody) when
    /// it may be seen but the action is refused (FORBIDDEN/DUTIES_APART: somebody else has to do it;
    /// FORBIDDEN/STEP_UP: a fresh proof of identity is needed first).
    pub async fn load<S: Shape>(&self, id: S::Id, action: Action) -> Result<S::Row> {
        self.find::<S>(id, action, LOCKED).await
    }

    /// As [`Tx::load`] without the lock, for rows that are only looked at.
    pub async fn peek<S: Shape>(&self, id: S::Id, action: Action) -> Result<S::Row> {
        self.find::<S>(id, action, "").await
    }

    /// As [`Tx::load`]; once the row is locked, `also` is looked up in the same write.
    pub async fn load_with<S: Shape, E: EntityTrait>(
        &self,
        id: S::Id,
        action: Action,
        also: Select<E>,
    ) -> Result<(S::Row, Vec<E::Model>)> {
        let sought = self.sought::<S>(id, action, LOCKED)?;
        let mut told =
            self.send([sought.into_query(self)?.into(), orm::outgoing(also.build(DbBackend::Postgres))]).await?;
        let beside = told.pop().unwrap_or_default().rows;
        let row = self.found::<S>(id, action, told.pop().unwrap_or_default())?;
        let model = |row| E::Model::from_query_result(&orm::result(row)?, "");
        Ok((row, beside.into_iter().map(model).collect::<Result<_, DbErr>>()?))
    }

    async fn find<S: Shape>(&self, id: S::Id, action: Action, lock: &str) -> Result<S::Row> {
        let sought = self.sought::<S>(id, action, lock)?;
        self.found::<S>(id, action, self.send_one(sought.into_query(self)?.into()).await?)
    }

    /// Asks for a row, as far as it may be seen, and whether the action is allowed on it.
    fn sought<S: Shape>(&self, id: S::Id, action: Action, lock: &str) -> Result<Sql> {
        self.municipality()?;
        let shape = S::shape();
        // Who may do it on every row stands for it before the row is found: that goes out with the wall.
        if action != Action::READ
            && let Some(post) = shape.post(action, &self.principal, |_| None)
        {
            self.act_by(Some(post));
        }
        let mut sql = Sql::new("SELECT t.*, ");
        write_condition(&shape.permits, shape.published, action, "t", &mut sql);
        sql.push(" AS _allowed, ");
        shape.write_apart(action, &mut sql);
        sql.push(&format!(" FROM {} t WHERE t.id = ", shape.table));
        sql.param(Param::Uuid(Some(id.uuid())));
        sql.push(" AND ");
        write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql);
        sql.push(lock);
        Ok(sql)
    }

    fn found<S: Shape>(&self, id: S::Id, action: Action, told: Told) -> Result<S::Row> {
        let shape = S::shape();
        let row = told.rows.into_iter().next_back().ok_or(Error::NotFound)?;
        let allowed: bool = row.try_get("_allowed")?;
        if !allowed {
            return Err(self.denied(shape.table, id.uuid(), action));
        }
        let column = |name| row.try_get::<_, Option<uuid::Uuid>>(name).ok().flatten();
        self.stand_for(shape, action, column);
        if shape.keeps_apart(action, &self.principal, column) || row.try_get("_apart")? {
            self.denied(shape.table, id.uuid(), action);
            return Err(Error::Forbidden(DUTIES_APART));
        }
        let row = S::Row::from_query_result(&orm::result(row)?, "")?;
        if shape.needs_proof(action, &self.principal, self.now) {
            // Nobody is asked for a proof of what is not possible anyway.
            row.may(action, self.now)?;
            return Err(Error::Forbidden(STEP_UP));
        }
        Ok(row)
    }

    /// May the caller do `action` on a row that is to be made? `scope` tells its scope columns.
    ///
    /// # Errors
    /// FORBIDDEN (FORBIDDEN/STEP_UP: a fresh proof of identity is needed first), or UNAUTHENTICATED for nobody.
    pub fn may_create<S: Shape>(&self, action: Action, scope: &[(&'static str, uuid::Uuid)]) -> Result<()> {
        self.municipality()?;
        let shape = S::shape();
        let column = |name| scope.iter().find(|(column, _)| *column == name).map(|(_, id)| *id);
        if !shape.allows(action, &self.principal, column) {
            return Err(self.denied(shape.table, uuid::Uuid::nil(), action));
        }
        if shape.needs_proof(action, &self.principal, self.now) {
            return Err(Error::Forbidden(STEP_UP));
        }
        self.stand_for(shape, action, column);
        Ok(())
    }

    /// Remembers which appointment allows the act: the audit shows it with what is written from now on.
    fn stand_for(&self, shape: &ShapeDef, action: Action, column: impl Fn(&'static str) -> Option<uuid::Uuid> + Copy) {
        if action != Action::READ {
            self.act_by(shape.post(action, &self.principal, column));
        }
    }

    fn act_by(&self, post: Option<AppointmentId>) {
        *self.post.lock().unwrap_or_else(PoisonError::into_inner) = post;
    }

    fn post(&self) -> Option<AppointmentId> {
        *self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses, and remembers the denial of a signed-in caller for the audit.
    fn denied(&self, table: &'static str, object: uuid::Uuid, action: Action) -> Error {
        if self.principal.is_signed_in() {
            self.afterwards(Box::new(move |tx| Box::pin(crate::kernel::audit::denial(tx, table, object, action))));
        }
        self.refused()
    }
}
