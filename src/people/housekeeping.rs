//! What is thrown away after its time: idempotency keys, used refresh tokens, cookies, notifications, mails and what
//! they proved, failed sign-ins.

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

/// How long a notification is kept, read or not.
const NOTIFICATION_LIFE: Duration = Duration::days(365);
/// How long it is kept of a mail that it was sent, or why it was not, and of a proof that it was asked for.
const MAIL_LIFE: Duration = Duration::days(30);
/// How long failures to sign in are remembered after the last.
const FAILURES_LIFE: Duration = Duration::days(30);
/// How many rows are thrown away in one night; the rest goes in the next.
const MOST: i64 = 5_000;

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
        old(tx, "notifications", "", NOTIFICATION_LIFE).await?;
        old(tx, "mails", " AND state <> 'QUEUED'", MAIL_LIFE).await?;
        old(tx, "address_proofs", "", MAIL_LIFE).await?;
        Ok(())
    })
}

/// Throws away the rows of a table that are older than `life`.
async fn old(tx: &Tx, table: &str, and: &str, life: Duration) -> Result<()> {
    let mut sql = Sql::new(&format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE created_at < "));
    sql.param(Param::Time(Some(tx.now - life)));
    sql.push(&format!("{and} LIMIT {MOST})"));
    tx.run(sql).await?;
    Ok(())
}
