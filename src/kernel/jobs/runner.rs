//! What claims due jobs and runs them, and what it does between them.
#![allow(clippy::disallowed_types)] // the worker's own door: it claims and finishes, and reads no content

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use chrono::Duration;
use futures_util::FutureExt;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::kernel::clock::Clock;
use crate::kernel::error::{Error, Result};
use crate::kernel::feed;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::MunicipalityId;
use crate::kernel::tx::Database;

use super::{Courier, Ended, Kind, OUTSIDE, Place};

/// How long a claimed job belongs to its claimer, unless it says that it is still at it.
const LEASE: &str = "30 seconds";
/// How often it says so.
const BEAT: StdDuration = StdDuration::from_secs(10);
/// After how many rounds it looks for municipalities that lack a recurring job.
const ROUNDS: u64 = 60;
/// After how many rounds it clears old events.
const CLEARING: u64 = 3_600;
/// How much longer events are kept than their cursors can be used: they bear the time of their request.
const MARGIN: Duration = Duration::days(1);
/// How many are cleared at once.
const BATCH: i64 = 5_000;
/// How often a job is tried before it is left to the operators (`entaku doctor`).
const ATTEMPTS: i32 = 10;

/// Runs due jobs.
pub struct Runner {
    worker: PgPool,
    app: Database,
    keys: Arc<KeyRing>,
    clock: Clock,
    side: Side,
}

/// Which jobs a runner runs.
enum Side {
    /// All kinds that are done inside, in a transaction.
    Inside(Vec<Kind>),
    /// The jobs of one courier.
    Outside(Arc<dyn Courier>),
}

struct Claimed {
    id: Uuid,
    municipality: MunicipalityId,
    kind: String,
    subject: Option<Uuid>,
    attempts: i32,
}

impl Runner {
    /// A runner with a few connections of its own as `entaku_worker`.
    pub fn new(worker_url: &str, app: Database, keys: Arc<KeyRing>, clock: Clock, kinds: Vec<Kind>) -> Result<Self> {
        Self::on_side(worker_url, app, keys, clock, Side::Inside(kinds))
    }

    /// A runner of a courier's jobs, which the others leave.
    pub fn outside(
        worker_url: &str,
        app: Database,
        keys: Arc<KeyRing>,
        clock: Clock,
        courier: Arc<dyn Courier>,
    ) -> Result<Self> {
        Self::on_side(worker_url, app, keys, clock, Side::Outside(courier))
    }

    fn on_side(worker_url: &str, app: Database, keys: Arc<KeyRing>, clock: Clock, side: Side) -> Result<Self> {
        let worker = PgPoolOptions::new().max_connections(3).connect_lazy(worker_url)?;
        Ok(Self { worker, app, keys, clock, side })
    }

    /// Runs jobs as they fall due until it is dropped; looks every second. Between them it clears old events.
    pub async fn run(&self) {
        tokio::join!(self.run_queue(false), self.run_queue(true));
    }

    async fn run_queue(&self, long: bool) {
        for round in 0_u64.. {
            if !long
                && round.is_multiple_of(ROUNDS)
                && let Err(error) = self.schedule().await
            {
                tracing::warn!(%error, "recurring jobs wait for the database");
            }
            if !long
                && round.is_multiple_of(CLEARING)
                && let Err(error) = self.clear_events().await
            {
                tracing::warn!(%error, "old events wait to be cleared");
            }
            match self.run_next(long).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "jobs wait for the database"),
            }
            tokio::time::sleep(StdDuration::from_secs(1)).await;
        }
    }

    /// Puts every recurring job that a municipality lacks into the queue.
    pub async fn schedule(&self) -> Result<()> {
        let Side::Inside(kinds) = &self.side else { return Ok(()) };
        let recurring: Vec<&str> = kinds.iter().filter(|kind| kind.every.is_some()).map(|kind| kind.name).collect();
        let text = "INSERT INTO jobs (id, municipality_id, kind, run_at)
            SELECT gen_random_uuid(), m.id, wanted.kind, $2
            FROM municipalities m CROSS JOIN unnest($1::text[]) AS wanted (kind)
            WHERE NOT EXISTS (SELECT FROM jobs j
                WHERE j.municipality_id = m.id AND j.kind = wanted.kind AND j.subject_id IS NULL AND j.state = 'READY')
            ON CONFLICT DO NOTHING";
        sqlx::query(text).bind(recurring).bind(self.clock.now()).execute(&self.worker).await?;
        Ok(())
    }

    /// The oldest transaction still running, and the municipalities with events that are not older than `since`, which
    /// is what this said before; all of them where it has not been asked before.
    pub async fn active_since(&self, since: Option<&str>) -> Result<(String, Vec<MunicipalityId>)> {
        let horizon =
            sqlx::query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text").fetch_one(&self.worker).await?;
        let text = "SELECT DISTINCT municipality_id FROM events WHERE xid >= $1::xid8";
        let towns = match since {
            Some(since) => sqlx::query(text).bind(since).fetch_all(&self.worker).await?,
            None => sqlx::query("SELECT id FROM municipalities").fetch_all(&self.worker).await?,
        };
        let town = |row: &PgRow| Ok(MunicipalityId(row.try_get(0)?));
        Ok((horizon.try_get(0)?, towns.iter().map(town).collect::<Result<_>>()?))
    }

    /// Clears the events, of all municipalities, that are too old to be asked for; returns how many. The oldest
    /// stand first in the key, so nothing else is looked at.
    pub async fn clear_events(&self) -> Result<u64> {
        const TEXT: &str = "DELETE FROM events WHERE at < $1
            AND (xid, seq) IN (SELECT xid, seq FROM events ORDER BY xid, seq LIMIT $2)";
        let before = self.clock.now() - feed::KEPT_FOR - MARGIN;
        let mut cleared = 0;
        loop {
            let query = sqlx::query(TEXT).bind(before).bind(BATCH);
            let batch = query.execute(&self.worker).await?.rows_affected();
            cleared += batch;
            if batch < BATCH.unsigned_abs() {
                return Ok(cleared);
            }
        }
    }

    /// Claims and runs the job that has been due longest, and the long one; returns how many it found.
    pub async fn run_due(&self) -> Result<usize> {
        Ok(self.run_next(false).await? + self.run_next(true).await?)
    }

    async fn run_next(&self, long: bool) -> Result<usize> {
        let claimed = self.claim(long).await?;
        for job in &claimed {
            let run = AssertUnwindSafe(self.run_one(job)).catch_unwind();
            let result = tokio::select! {
                done = run => done.unwrap_or_else(|_| Err(Error::internal("the job panicked"))),
                never = self.hold(job) => match never {},
            };
            self.finish(job, result).await?;
        }
        Ok(claimed.len())
    }

    /// Renews the lease as long as the job runs.
    async fn hold(&self, job: &Claimed) -> Infallible {
        loop {
            tokio::time::sleep(BEAT).await;
            let text = format!(
                "UPDATE jobs SET lease_until = $2 + interval '{LEASE}'
                 WHERE id = $1 AND state = 'READY' AND attempts = $3"
            );
            let query = sqlx::query(AssertSqlSafe(text)).bind(job.id).bind(self.clock.now()).bind(job.attempts);
            if let Err(error) = query.execute(&self.worker).await {
                tracing::warn!(job = %job.id, %error, "a lease could not be renewed");
            }
        }
    }

    /// The kinds of a queue of this runner: these, or all but these. Nothing where it has no such queue.
    fn share(&self, long: bool) -> Option<(Vec<&'static str>, bool)> {
        match &self.side {
            Side::Inside(kinds) => {
                let of_long = kinds.iter().filter(|kind| kind.long).map(|kind| kind.name);
                let named: Vec<_> =
                    if long { of_long.collect() } else { of_long.chain(OUTSIDE.iter().copied()).collect() };
                Some((named, long))
            }
            Side::Outside(courier) => (!long).then(|| (vec![courier.kind()], true)),
        }
    }

    async fn claim(&self, long: bool) -> Result<Vec<Claimed>> {
        let Some((kinds, these)) = self.share(long) else { return Ok(Vec::new()) };
        let text = format!(
            "UPDATE jobs SET attempts = attempts + 1, lease_until = $1 + interval '{LEASE}'
             WHERE id IN (
                SELECT id FROM jobs j WHERE state = 'READY' AND run_at <= $1 AND (kind = ANY($2)) = $3
                    AND (lease_until IS NULL OR lease_until < $1)
                ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id, municipality_id, kind, subject_id, attempts"
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(self.clock.now()).bind(kinds).bind(these);
        let rows = query.fetch_all(&self.worker).await?;
        let claimed = rows.iter().map(|row| {
            Ok(Claimed {
                id: row.try_get("id")?,
                municipality: MunicipalityId(row.try_get("municipality_id")?),
                kind: row.try_get("kind")?,
                subject: row.try_get("subject_id")?,
                attempts: row.try_get("attempts")?,
            })
        });
        claimed.collect()
    }

    async fn run_one(&self, job: &Claimed) -> Result<Ended> {
        let (app, keys, clock) = (self.app.clone(), self.keys.clone(), self.clock.clone());
        let place = Place { app, keys, clock, municipality: job.municipality };
        let kind = match &self.side {
            Side::Outside(courier) => return courier.run(&place, job.subject).await,
            Side::Inside(_) => self.kind(job).ok_or_else(|| Error::internal(format!("no job kind {}", job.kind)))?,
        };
        let tx = place.begin(kind.name);
        (kind.run)(&tx, job.subject).await?;
        tx.commit().await?;
        Ok(Ended::Done)
    }

    fn kind(&self, job: &Claimed) -> Option<&Kind> {
        match &self.side {
            Side::Inside(kinds) => kinds.iter().find(|k| k.name == job.kind),
            Side::Outside(_) => None,
        }
    }

    /// Done, due again, to be tried again later, or left to the operators.
    async fn finish(&self, job: &Claimed, result: Result<Ended>) -> Result<()> {
        let now = self.clock.now();
        let every = self.kind(job).and_then(|k| k.every);
        let (state, run_at, error) = match (&result, every) {
            (Ok(Ended::Again(at)), _) => ("READY", *at, None),
            (Ok(Ended::Done), None) => ("DONE", now, None),
            (Ok(Ended::Done), Some(every)) => ("READY", now + every, None),
            (Err(error), None) if job.attempts >= ATTEMPTS => ("FAILED", now, Some(error.code())),
            (Err(error), Some(every)) if job.attempts >= ATTEMPTS => ("READY", now + every, Some(error.code())),
            (Err(error), _) => ("READY", now + backoff(job.attempts), Some(error.code())),
        };
        if let Err(error) = &result {
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, %error, "job failed");
        }
        let text = "UPDATE jobs SET state = $2, run_at = $3, last_error = $4, lease_until = NULL,
                attempts = CASE WHEN $4 IS NULL THEN 0 ELSE attempts END,
                finished_at = CASE WHEN $2 = 'READY' THEN NULL ELSE $5 END
            WHERE id = $1 AND state = 'READY' AND attempts = $6";
        let query = sqlx::query(text).bind(job.id).bind(state).bind(run_at).bind(error).bind(now).bind(job.attempts);
        query.execute(&self.worker).await?;
        Ok(())
    }
}

/// 2, 4, 8 … seconds, at most an hour.
fn backoff(attempts: i32) -> Duration {
    let exponent = u32::try_from(attempts.clamp(1, 12)).unwrap_or(1);
    Duration::seconds(2_i64.pow(exponent).min(3600))
}
