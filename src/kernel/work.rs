//! The work of one mutation: its transaction, opened at the first statement, and what it changed.
//! Root fields take turns, because a transaction is one conversation with the database.

use std::sync::Arc;

use async_graphql::Context;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::TypedId;
use crate::kernel::pipeline::Query;
use crate::kernel::read::sql::Sql;
use crate::kernel::read::{FlatRow, Read, Shape};
use crate::kernel::request::Request;
use crate::kernel::tx::{Database, Mode, Tx};

/// The work of one mutation. Clones share it.
#[derive(Clone)]
pub struct Work {
    /// What is true of the request.
    pub request: Arc<Request>,
    state: Arc<Mutex<State>>,
}

struct State {
    database: Database,
    tx: Option<Tx>,
    changed: Vec<Uuid>,
    replay: Option<Vec<Uuid>>,
    /// What is asked beside every answer, and what it was told, if nothing was done after it.
    standing: Option<Sql>,
    stands: Option<Vec<FlatRow>>,
}

impl Work {
    /// Work that has not begun.
    pub fn new(database: Database, request: Arc<Request>) -> Self {
        Self::asking(database, request, None)
    }

    /// Work that has not begun; beside every answer, in the same write, is asked how the caller stands then.
    pub fn asking(database: Database, request: Arc<Request>, standing: Option<Sql>) -> Self {
        let state = State { database, tx: None, changed: Vec::new(), replay: None, standing, stands: None };
        Self { request, state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for the root fields before.
    pub async fn turn(&self) -> Turn<'_> {
        Turn { request: &self.request, state: self.state.lock().await }
    }

    /// Commits what was written.
    pub async fn commit(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        match state.tx.take() {
            Some(tx) => tx.commit().await,
            None => Ok(()),
        }
    }

    /// Undoes everything.
    pub async fn rollback(&self) -> Result<()> {
        match self.state.lock().await.tx.take() {
            Some(tx) => tx.rollback().await,
            None => Ok(()),
        }
    }
}

/// One root field's turn at the transaction.
pub struct Turn<'w> {
    request: &'w Arc<Request>,
    state: MutexGuard<'w, State>,
}

impl Turn<'_> {
    /// The transaction, opened if it is not.
    pub fn tx(&mut self) -> &Tx {
        let State { tx, database, stands, .. } = &mut *self.state;
        *stands = None;
        tx.get_or_insert_with(|| database.begin(self.request.clone(), Mode::Write))
    }

    /// Reads what is answered with.
    pub(crate) async fn answer(&mut self, query: Query) -> Result<Vec<FlatRow>> {
        let standing = self.state.standing.clone().map(|sql| sql.into_query(self.request)).transpose()?;
        let asked = standing.is_some();
        let (rows, stands) = self.tx().fetch(query, standing).await?;
        self.state.stands = asked.then_some(stands);
        Ok(rows)
    }

    /// How the caller stands now, as `standing` tells it.
    pub(crate) async fn stands(&mut self, standing: Sql) -> Result<Vec<FlatRow>> {
        match self.state.stands.take() {
            Some(told) => Ok(told),
            None => self.tx().ask(standing).await,
        }
    }

    /// Ends the transaction so far, so that slow work (hashing) holds no connection; the next statement
    /// opens another.
    pub async fn release(&mut self) -> Result<()> {
        if !self.state.changed.is_empty() {
            return Err(Error::internal("released in the middle of a mutation"));
        }
        self.state.stands = None;
        match self.state.tx.take() {
            Some(tx) => tx.commit().await,
            None => Ok(()),
        }
    }

    /// From now on acts answer with these ids and change nothing (a repeated idempotency key).
    pub fn replay(&mut self, mut ids: Vec<Uuid>) {
        ids.reverse();
        self.state.replay = Some(ids);
    }

    /// The ids of what was changed, in the order of the acts.
    pub fn changed(&self) -> &[Uuid] {
        &self.state.changed
    }
}

/// Runs one act of a mutation and answers with the object it changed.
pub async fn act<S: Shape>(
    ctx: &Context<'_>,
    command: impl for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<S::Id>> + Send,
) -> Result<Read<S>> {
    let work = ctx.data_unchecked::<Work>();
    let mut turn = work.turn().await;
    if let Some(replay) = &mut turn.state.replay {
        let id = replay.pop().ok_or_else(|| Error::internal("a replay shorter than its request"))?;
        return Ok(Read::by_id(S::Id::from_uuid(id)));
    }
    let id = command(turn.tx()).await?;
    turn.state.changed.push(id.uuid());
    Ok(Read::by_id(id))
}
