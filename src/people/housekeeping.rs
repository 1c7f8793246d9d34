//! What is thrown away after its time because nobody needs it any more: idempotency keys, used refresh tokens, cookies,
//! failed sign-ins. How long records are kept is the municipality's to say (`privacy::retention`).

use chrono::Duration;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::kernel::error::Result;
use crate::kernel::jobs::{self, Kind};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// The name of the daily job of every municipality.
pub const HOUSEKEEPING: &str = "people.housekeeping";

/// How long an idempotency key is kept.
const KEY_LIFE: Duration = Duration::hours(48);

/// How long failures to sign in are remembered after the last.
const FAILURES_LIFE: Duration = Duration::days(30);

/// Puts the job of a new municipality into the queue.
pub async fn schedule(tx: &Tx) -> Result<()> {
    jobs::enqueue(tx, HOUSEKEEPING, None, tx.now).await
}

/// The kind of this job.
pub fn kind() -> Kind {
    Kind::new(HOUSEKEEPING, run).every(Duration::days(1))
}

fn run(tx: &Tx, _subject: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let mut sql = Sql::new("DELETE FROM idempotency_keys WHERE created_at < ");
        sql.param(Param::Time(Some(tx.now - KEY_LIFE)));
        tx.run(sql).await?;
        let mut sql = Sql::new(
            "DELETE FROM refresh_tokens r USING sessions s WHERE s.municipality_id = r.municipality_id \
             AND s.id = r.session_id AND least(s.expires_at, s.ended_at) < ",
        );
        sql.param(Param::Time(Some(tx.now - Duration::days(30))));
        tx.run(sql).await?;
        let mut sql = Sql::new("DELETE FROM session_cookies WHERE expires_at < ");
        sql.param(Param::Time(Some(tx.now)));
        tx.run(sql).await?;
        let mut sql = Sql::new("DELETE FROM sign_in_tries WHERE last_at < ");
        sql.param(Param::Time(Some(tx.now - FAILURES_LIFE)));
        tx.run(sql).await?;
        let mut sql = Sql::new("DELETE FROM sign_in_attempts WHERE expires_at < ");
        sql.param(Param::Time(Some(tx.now - Duration::days(1))));
        tx.run(sql).await?;
        Ok(())
    })
}
