//! A transaction that is held over several statements.

use std::sync::Arc;

use deadpool::managed::Object;
use futures_util::future::{join, join4};
use postgres_types::ToSql;
use tokio_postgres::Statement;
use uuid::Uuid;

use super::connection::{Connection, Connector, Post, Told, Way};
use super::{Failure, Pipeline};
use crate::kernel::request::Request;
use crate::kernel::tx::Mode;

/// A transaction of one request. It takes a connection with its first statement; dropping it closes that
/// connection, whereby PostgreSQL undoes what it had begun.
pub(crate) struct Transaction {
    pipeline: Pipeline,
    request: Arc<Request>,
    mode: Mode,
    state: State,
    /// The appointment on whose behalf the last statement was sent.
    post: Option<Uuid>,
}

enum State {
    /// Nothing was sent yet.
    Fresh,
    Open(Object<Connector>),
    /// A statement was refused: PostgreSQL takes nothing more but the end.
    Failed(Object<Connector>),
    /// The connection is gone, and with it what was done.
    Lost,
}

impl Transaction {
    /// A transaction that has not begun.
    pub(crate) fn new(pipeline: Pipeline, request: Arc<Request>, mode: Mode) -> Self {
        Self { pipeline, request, mode, state: State::Fresh, post: None }
    }

    /// Runs a statement on behalf of an appointment.
    pub(crate) async fn run<P: ToSql>(
        &mut self,
        post: Option<Uuid>,
        text: &str,
        params: &[P],
    ) -> Result<Told, Failure> {
        let same = self.post == post;
        self.post = post;
        let post = if same { Post::Same } else { Post::Now(post) };
        // Whoever drops this in the middle has lost the transaction.
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Fresh => match self.open(post, text, params).await {
                // The connection had been cut while nobody used it, and nothing was committed.
                Err(Failure::Closed) => {
                    self.pipeline.forget_idle();
                    Box::pin(self.open(post, text, params)).await
                }
                done => done,
            },
            State::Open(mut connection) => {
                let done = go_on(&mut connection, post, text, params).await;
                self.settle(connection, done)
            }
            State::Failed(connection) => self.settle(connection, Err(Failure::Over)),
            State::Lost => Err(Failure::Closed),
        }
    }

    /// BEGIN, the wall and the first statement.
    async fn open<P: ToSql>(&mut self, post: Post, text: &str, params: &[P]) -> Result<Told, Failure> {
        let mut connection = match self.pipeline.connection().await {
            Ok(connection) => connection,
            Err(failure) => {
                self.state = State::Fresh;
                return Err(failure);
            }
        };
        let (request, mode) = (self.request.clone(), self.mode);
        let done = begin(&mut connection, &request, (mode, post), text, params).await;
        self.settle(connection, done)
    }

    fn settle<T>(&mut self, connection: Object<Connector>, done: Result<T, Failure>) -> Result<T, Failure> {
        match &done {
            Ok(_) => self.state = State::Open(connection),
            Err(Failure::Closed) => {}
            Err(_) => self.state = State::Failed(connection),
        }
        done
    }

    /// Commits.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        match std::mem::replace(&mut self.state, State::Fresh) {
            State::Fresh => Ok(()),
            State::Open(mut connection) => connection.run(false, Way::commit).await,
            State::Failed(mut connection) => {
                connection.run(false, Way::rollback).await?;
                Err(Failure::Over)
            }
            State::Lost => Err(Failure::Closed),
        }
    }

    /// Undoes everything.
    pub(crate) async fn rollback(mut self) -> Result<(), Failure> {
        match std::mem::replace(&mut self.state, State::Fresh) {
            State::Fresh | State::Lost => Ok(()),
            State::Open(mut connection) | State::Failed(mut connection) => connection.run(false, Way::rollback).await,
        }
    }
}

impl Drop for Transaction {
    /// Nothing that is open goes back to the pool: its locks would wait for whoever takes it next.
    fn drop(&mut self) {
        if let State::Open(connection) | State::Failed(connection) = std::mem::replace(&mut self.state, State::Lost) {
            drop(Object::take(connection));
        }
    }
}

async fn begin<P: ToSql>(
    connection: &mut Connection,
    request: &Request,
    how: (Mode, Post),
    text: &str,
    params: &[P],
) -> Result<Told, Failure> {
    let statement = connection.prepare(text).await?;
    let first = |way| opening(way, request, how, &statement, params);
    connection.run(true, first).await
}

async fn opening<P: ToSql>(
    way: &Way,
    request: &Request,
    (mode, post): (Mode, Post),
    statement: &Statement,
    params: &[P],
) -> Result<Told, Failure> {
    // Polled in this order, each is sent at its first poll.
    let sent = join4(way.begin(mode), way.wall(request), way.post(post), way.send(statement, params));
    let (begun, walled, named, told) = sent.await;
    begun?;
    walled?;
    named?;
    told
}

async fn go_on<P: ToSql>(connection: &mut Connection, post: Post, text: &str, params: &[P]) -> Result<Told, Failure> {
    let statement = connection.prepare(text).await?;
    let both = |way| named(way, post, &statement, params);
    connection.run(true, both).await
}

async fn named<P: ToSql>(way: &Way, post: Post, statement: &Statement, params: &[P]) -> Result<Told, Failure> {
    let (named, told) = join(way.post(post), way.send(statement, params)).await;
    named?;
    told
}
