//! A transaction that is held over several statements.

use std::sync::Arc;

use deadpool::managed::Object;
use futures_util::future::{join, join_all};
use postgres_types::ToSql;
use tokio_postgres::Statement;
use uuid::Uuid;

use super::connection::{Connection, Connector, Post, Told, Way};
use super::{Failure, Pipeline, Query};
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

/// A statement to be sent.
pub(crate) struct Outgoing {
    /// On behalf of which appointment.
    pub(crate) post: Option<Uuid>,
    text: Arc<str>,
    params: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl From<Query> for Outgoing {
    fn from(Query { text, params, .. }: Query) -> Self {
        Self::new(text, params)
    }
}

impl Outgoing {
    pub(crate) fn new<P: ToSql + Sync + Send + 'static>(text: Arc<str>, params: impl IntoIterator<Item = P>) -> Self {
        let params = params.into_iter().map(|param| Box::new(param) as Box<_>).collect();
        Self { post: None, text, params }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How many parameters it is sent with.
    pub(crate) fn parameters(&self) -> usize {
        self.params.len()
    }

    fn params(&self) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
        self.params.iter().map(|param| &**param as &(dyn ToSql + Sync))
    }
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

    /// Runs statements in one write, one after the other. The first that is refused is the cause of what is told.
    pub(crate) async fn run(&mut self, sent: &[Outgoing]) -> Result<Vec<Told>, Failure> {
        // Whoever drops this in the middle has lost the transaction.
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Fresh => match self.open(sent).await {
                // The connection had been cut while nobody used it, and nothing was committed.
                Err(Failure::Closed) => {
                    self.pipeline.forget_idle();
                    Box::pin(self.open(sent)).await
                }
                done => done,
            },
            State::Open(mut connection) => {
                let done = self.go_on(&mut connection, sent).await;
                self.settle(connection, done)
            }
            State::Failed(connection) => self.settle(connection, Err(Failure::Over)),
            State::Lost => Err(Failure::Closed),
        }
    }

    /// BEGIN, the wall and the first statements.
    async fn open(&mut self, sent: &[Outgoing]) -> Result<Vec<Told>, Failure> {
        // Without a connection it is lost: what was to be sent is not sent again.
        let mut connection = self.pipeline.connection().await?;
        let post = sent.first().and_then(|first| first.post);
        self.post = post;
        let posts = self.posts(sent);
        let opening = Opening { request: &self.request, mode: self.mode, post };
        let done = begin(&mut connection, opening, sent, &posts).await;
        self.settle(connection, done)
    }

    async fn go_on(&mut self, connection: &mut Connection, sent: &[Outgoing]) -> Result<Vec<Told>, Failure> {
        let posts = self.posts(sent);
        let statements = connection.prepare_all(sent).await?;
        connection.run(true, |way| all(way, &statements, sent, &posts)).await
    }

    fn settle<T>(&mut self, connection: Object<Connector>, done: Result<T, Failure>) -> Result<T, Failure> {
        match &done {
            Ok(_) => self.state = State::Open(connection),
            Err(Failure::Closed) => {}
            Err(_) => self.state = State::Failed(connection),
        }
        done
    }

    /// Where the appointment changes.
    fn posts(&mut self, sent: &[Outgoing]) -> Vec<Post> {
        let change = |Outgoing { post, .. }: &Outgoing| {
            let before = std::mem::replace(&mut self.post, *post);
            if before == *post { Post::Same } else { Post::Now(*post) }
        };
        sent.iter().map(change).collect()
    }

    /// Commits, after what is still to be sent.
    pub(crate) async fn commit(mut self, last: &[Outgoing]) -> Result<(), Failure> {
        if matches!(self.state, State::Fresh) && !last.is_empty() {
            self.run(last).await?;
            return Box::pin(self.commit(&[])).await;
        }
        match std::mem::replace(&mut self.state, State::Fresh) {
            State::Fresh => Ok(()),
            State::Open(mut connection) => match connection.prepare_all(last).await {
                Ok(statements) => {
                    let posts = self.posts(last);
                    connection.run(false, |way| committing(way, &statements, last, &posts)).await
                }
                Err(failure) => self.settle(connection, Err(failure)),
            },
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

/// What a transaction begins with.
struct Opening<'r> {
    request: &'r Request,
    mode: Mode,
    post: Option<Uuid>,
}

async fn begin(
    connection: &mut Connection,
    opening: Opening<'_>,
    sent: &[Outgoing],
    posts: &[Post],
) -> Result<Vec<Told>, Failure> {
    let statements = connection.prepare_all(sent).await?;
    connection.run(true, |way| open(way, opening, &statements, sent, posts)).await
}

// In what follows futures are polled in the order they stand in, and each is sent at its first poll.

async fn open(
    way: &Way,
    Opening { request, mode, post }: Opening<'_>,
    statements: &[Statement],
    sent: &[Outgoing],
    posts: &[Post],
) -> Result<Vec<Told>, Failure> {
    let opened = join(way.begin(mode), way.wall(request, post));
    let ((begun, walled), told) = join(opened, all(way, statements, sent, posts)).await;
    begun?;
    walled?;
    told
}

async fn all(way: &Way, statements: &[Statement], sent: &[Outgoing], posts: &[Post]) -> Result<Vec<Told>, Failure> {
    let each = statements.iter().zip(sent).zip(posts).map(|((statement, sent), post)| async move {
        let (named, told) = join(way.post(*post), way.send(statement, sent.params())).await;
        named.and(told)
    });
    join_all(each).await.into_iter().collect()
}

/// COMMIT of what was refused is answered as if all were well; so what was refused is looked at first.
async fn committing(way: &Way, statements: &[Statement], sent: &[Outgoing], posts: &[Post]) -> Result<(), Failure> {
    let (told, committed) = join(all(way, statements, sent, posts), way.commit()).await;
    told?;
    committed
}
