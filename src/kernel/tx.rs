//! `Tx`, the only door to the database, and the pools behind it.
//!
//! A `Tx` opens inside one municipality's wall: the municipality, the actor, the request and its time
//! are set in the same round trip as BEGIN. Only UUIDs and words of ours enter that text, never a
//! client's. It is a SeaORM connection and the place where finding, locking and authorizing a row are
//! one motion ([`Tx::load`]).
#![allow(clippy::disallowed_types)] // this is the door

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, FromQueryResult, QueryResult, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};
use tokio::sync::Mutex;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::TypedId;
use crate::kernel::pipeline::{Pipeline, Query};
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::principal::{Identities, changes_identities};
use crate::kernel::read::sql::{Param, Sql, arguments};
use crate::kernel::read::{DUTIES_APART, FlatRow, Shape};
use crate::kernel::request::Request;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One snapshot, nothing written.
    Read,
    /// READ COMMITTED with row locks.
    Write,
}

/// The application's pool, as the role `entaku_app`.
#[derive(Clone)]
pub struct Database {
    pool: PgPool,
    pipeline: Option<Pipeline>,
    identities: Arc<Identities>,
}

impl Database {
    /// A lazy pool: the first transaction connects.
    ///
    /// # Errors
    /// INTERNAL when the URL cannot be read.
    pub fn connect(url: &str, connections: u32) -> Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(2))
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                // Statements serve everybody: planning them anew for each caller costs more than running them.
                Box::pin(async move {
                    sqlx::Executor::execute(connection, "SET plan_cache_mode = force_generic_plan").await.map(|_| ())
                })
            })
            .connect_lazy_with(options.statement_cache_capacity(500).application_name("entaku"));
        Ok(Self { pool, pipeline: Pipeline::connect(url, connections)?, identities: Arc::default() })
    }

    /// Runs statements that read, all in one snapshot inside the request's municipality.
    pub(crate) async fn read(&self, request: &Arc<Request>, queries: Vec<Query>) -> Result<Vec<Vec<FlatRow>>> {
        if let Some(pipeline) = &self.pipeline {
            return pipeline.read(request, &queries).await;
        }
        let tx = self.begin(request.clone(), Mode::Read).await?;
        let mut found = Vec::with_capacity(queries.len());
        for query in queries {
            found.push(tx.fetch(&query.text, query.params).await?);
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Runs one statement that reads, on its own.
    pub(crate) async fn ask(&self, request: &Arc<Request>, sql: Sql) -> Result<Vec<FlatRow>> {
        let found = self.read(request, vec![sql.into_query(request)?]).await?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// How often what principals are made of was changed through this pool.
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Opens a transaction for a request.
    pub async fn begin(&self, request: Arc<Request>, mode: Mode) -> Result<Tx> {
        let inner = self.pool.begin_with(AssertSqlSafe(begin_text(&request, mode))).await?;
        let identities = self.identities.clone();
        Ok(Tx { request, inner: Mutex::new(inner), identities, of_people: AtomicBool::new(false) })
    }

    /// Does the database answer?
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes the pool after the transactions in flight.
    pub async fn close(&self) {
        if let Some(pipeline) = &self.pipeline {
            pipeline.close();
        }
        self.pool.close().await;
    }
}

fn begin_text(request: &Request, mode: Mode) -> String {
    let begin = match mode {
        Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    };
    let uuid = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let municipality = uuid(request.municipality.map(|m| m.0));
    let actor = uuid(request.principal.account.map(|a| a.0));
    let id = request.id;
    let act = request.principal.system.unwrap_or("");
    let now = request.now.to_rfc3339();
    format!(
        "{begin}; SELECT set_config('entaku.municipality', '{municipality}', true), \
         set_config('entaku.actor', '{actor}', true), set_config('entaku.request', '{id}', true), \
         set_config('entaku.act', '{act}', true), set_config('entaku.now', '{now}', true)"
    )
}

/// A transaction of one request. Dropping it rolls it back.
pub struct Tx {
    request: Arc<Request>,
    inner: Mutex<Transaction<'static, Postgres>>,
    identities: Arc<Identities>,
    /// Has it written to the tables that principals are made of?
    of_people: AtomicBool,
}

impl Deref for Tx {
    type Target = Request;
    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Tx {
    /// Checks what is deferred, so that COMMIT has nothing left to refuse.
    pub async fn check(&self) -> Result<()> {
        sqlx::query("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut **self.inner.lock().await).await?;
        Ok(())
    }

    /// Commits.
    pub async fn commit(self) -> Result<()> {
        let done = self.inner.into_inner().commit().await;
        // Also after a failure: it may have been committed all the same.
        if self.of_people.into_inner() {
            self.identities.changed(self.request.municipality);
        }
        Ok(done?)
    }

    /// Remembers that a statement is about to write what principals are made of.
    fn watch(&self, text: &str) {
        if changes_identities(text) {
            self.of_people.store(true, Ordering::Relaxed);
        }
    }

    /// Undoes everything.
    pub async fn rollback(self) -> Result<()> {
        Ok(self.inner.into_inner().rollback().await?)
    }

    /// Runs a statement of the read path or of a command and returns its rows.
    pub async fn rows(&self, sql: Sql) -> Result<Vec<PgRow>> {
        self.count_statement();
        let Query { text, params, .. } = sql.into_query(self)?;
        self.watch(&text);
        let query = sqlx::query_with(AssertSqlSafe(&*text), arguments(params)?);
        Ok(query.fetch_all(&mut **self.inner.lock().await).await?)
    }

    /// Runs a statement of a plan inside this transaction.
    pub(crate) async fn fetch(&self, text: &str, params: Vec<Param>) -> Result<Vec<FlatRow>> {
        self.count_statement();
        let query = sqlx::query_with(AssertSqlSafe(text), arguments(params)?);
        let rows = query.fetch_all(&mut **self.inner.lock().await).await?;
        Ok(rows.into_iter().map(FlatRow::Held).collect())
    }

    /// Runs a statement that reads.
    pub(crate) async fn ask(&self, sql: Sql) -> Result<Vec<FlatRow>> {
        let query = sql.into_query(self)?;
        self.fetch(&query.text, query.params).await
    }

    /// Runs a statement and returns how many rows it touched.
    pub async fn run(&self, sql: Sql) -> Result<u64> {
        self.count_statement();
        let Query { text, params, .. } = sql.into_query(self)?;
        self.watch(&text);
        let query = sqlx::query_with(AssertSqlSafe(&*text), arguments(params)?);
        Ok(query.execute(&mut **self.inner.lock().await).await?.rows_affected())
    }

    /// Finds, locks and authorizes a row in one motion.
    ///
    /// # Errors
    /// NOT_FOUND when it is not there or may not be seen; FORBIDDEN (UNAUTHENTICATED for nobody) when
    /// it may be seen but the action is refused (FORBIDDEN/DUTIES_APART: somebody else has to do it).
    pub async fn load<S: Shape>(&self, id: S::Id, action: Action) -> Result<S::Row> {
        self.find::<S>(id, action, " FOR NO KEY UPDATE OF t").await
    }

    /// As [`Tx::load`] without the lock, for rows that are only looked at.
    pub async fn peek<S: Shape>(&self, id: S::Id, action: Action) -> Result<S::Row> {
        self.find::<S>(id, action, "").await
    }

    async fn find<S: Shape>(&self, id: S::Id, action: Action, lock: &str) -> Result<S::Row> {
        self.municipality()?;
        let shape = S::shape();
        let mut sql = Sql::new("SELECT t.*, ");
        write_condition(&shape.permits, shape.published, action, "t", &mut sql);
        sql.push(&format!(" AS _allowed FROM {} t WHERE t.id = ", shape.table));
        sql.param(Param::Uuid(Some(id.uuid())));
        sql.push(" AND ");
        write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql);
        sql.push(lock);
        let row = self.rows(sql).await?.pop().ok_or(Error::NotFound)?;
        let allowed: bool = sqlx::Row::try_get(&row, "_allowed")?;
        if !allowed {
            return Err(self.denied(shape.name, id.uuid(), action));
        }
        let column = |name| sqlx::Row::try_get::<Option<uuid::Uuid>, _>(&row, name).ok().flatten();
        if shape.keeps_apart(action, &self.principal, column) {
            self.denied(shape.name, id.uuid(), action);
            return Err(Error::Forbidden(DUTIES_APART));
        }
        Ok(S::Row::from_query_result(&QueryResult::from(row), "")?)
    }

    /// May the caller do `action` on a row that is to be made? `scope` tells its scope columns.
    ///
    /// # Errors
    /// FORBIDDEN, or UNAUTHENTICATED for nobody.
    pub fn may_create<S: Shape>(&self, action: Action, scope: &[(&'static str, uuid::Uuid)]) -> Result<()> {
        self.municipality()?;
        let shape = S::shape();
        let column = |name| scope.iter().find(|(column, _)| *column == name).map(|(_, id)| *id);
        if shape.allows(action, &self.principal, column) {
            Ok(())
        } else {
            Err(self.denied(shape.name, uuid::Uuid::nil(), action))
        }
    }

    /// Refuses, and remembers the denial of a signed-in caller for the audit.
    fn denied(&self, kind: &'static str, object: uuid::Uuid, action: Action) -> Error {
        if self.principal.is_signed_in() {
            self.afterwards(Box::new(move |tx| Box::pin(crate::kernel::audit::denial(tx, kind, object, action))));
        }
        self.refused()
    }
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(sea_orm::RuntimeErr::SqlxError(Arc::new(error)))
}

fn values(statement: &Statement) -> SqlxValues {
    SqlxValues(statement.values.clone().unwrap_or_else(|| sea_orm::Values(Vec::new())))
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.count_statement();
        self.watch(&statement.sql);
        let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), values(&statement));
        query.execute(&mut **self.inner.lock().await).await.map(Into::into).map_err(failed)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.count_statement();
        self.watch(text);
        let mut inner = self.inner.lock().await;
        sqlx::Executor::execute(&mut **inner, AssertSqlSafe(text)).await.map(Into::into).map_err(failed)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.count_statement();
        self.watch(&statement.sql);
        let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), values(&statement));
        let row = query.fetch_optional(&mut **self.inner.lock().await).await.map_err(failed)?;
        Ok(row.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.count_statement();
        self.watch(&statement.sql);
        let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), values(&statement));
        let rows = query.fetch_all(&mut **self.inner.lock().await).await.map_err(failed)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
