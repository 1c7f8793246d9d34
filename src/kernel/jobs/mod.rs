//! Work for later: due jobs, claimed with a lease by the worker's role, run inside the municipality's
//! wall as the system. A crash loses nothing: the lease ends and another process takes over.

mod runner;

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::kernel::clock::Clock;
use crate::kernel::error::Result;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tx::{Database, Mode, Tx};
pub use runner::Runner;

/// What a job does, in a transaction of the system; the subject is what [`enqueue`] was given.
type Run = dyn for<'t> Fn(&'t Tx, Option<Uuid>) -> BoxFuture<'t, Result<()>> + Send + Sync;

/// A kind of job.
#[derive(Clone)]
pub struct Kind {
    /// Its stable name.
    pub name: &'static str,
    run: Arc<Run>,
    every: Option<Duration>,
    long: bool,
}

impl Kind {
    /// A kind that runs when it is asked for. It brings with it what it needs besides the transaction.
    pub fn new<F>(name: &'static str, run: F) -> Self
    where
        F: for<'t> Fn(&'t Tx, Option<Uuid>) -> BoxFuture<'t, Result<()>> + Send + Sync + 'static,
    {
        Self { name, run: Arc::new(run), every: None, long: false }
    }

    /// It runs again so long after it is done.
    #[must_use]
    pub fn every(mut self, period: Duration) -> Self {
        self.every = Some(period);
        self
    }

    /// It may take minutes. Long jobs wait for one another and let the others pass.
    #[must_use]
    pub fn long(mut self) -> Self {
        self.long = true;
        self
    }
}

/// Work that reaches outside the house. It opens transactions of its own, so that none is open while it waits for
/// others, and has a runner of its own, so that nothing else waits for them.
pub trait Courier: Send + Sync {
    /// The kind of its jobs, one of [`OUTSIDE`].
    fn kind(&self) -> &'static str;

    /// Does it, within the time of a lease; the subject is what [`enqueue`] was given.
    fn run<'r>(&'r self, place: &'r Place, subject: Option<Uuid>) -> BoxFuture<'r, Result<Ended>>;
}

/// The kinds of jobs that couriers do.
pub const OUTSIDE: &[&str] = &[crate::kernel::outbox::MAIL];

/// How a job ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is done.
    Done,
    /// It is to be done again then.
    Again(DateTime<Utc>),
}

/// Inside which wall a courier is run.
pub struct Place {
    app: Database,
    keys: Arc<KeyRing>,
    clock: Clock,
    municipality: MunicipalityId,
}

impl Place {
    /// A transaction of the system; `act` is what the audit shows.
    pub fn begin(&self, act: &'static str) -> Tx {
        let principal = Principal::system(act);
        let request = Request::new(principal, Some(self.municipality), self.now(), self.keys.clone());
        self.app.begin(Arc::new(request), Mode::Write)
    }

    /// The key ring.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

/// Puts a job into the queue of the transaction's municipality. A job of the same kind and subject that
/// is already waiting is left as it is.
pub async fn enqueue(tx: &Tx, kind: &str, subject: Option<Uuid>, run_at: DateTime<Utc>) -> Result<()> {
    let mut sql = Sql::new("INSERT INTO jobs (id, municipality_id, kind, subject_id, run_at) VALUES (");
    let municipality = tx.municipality()?;
    sql.fill(
        "?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            Param::Uuid(Some(Uuid::now_v7())),
            Param::Uuid(Some(municipality.0)),
            Param::text(kind),
            Param::Uuid(subject),
            Param::Time(Some(run_at)),
        ],
    );
    tx.run(sql).await?;
    Ok(())
}
