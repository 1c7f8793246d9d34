//! Each night what is due is disposed of, a bounded number of each kind; what is left goes the next night. What is due,
//! and how, is the database's (`retention_kinds`, `entaku_dispose`).

use chrono::{Duration, NaiveDate};
use futures_util::future::BoxFuture;
use sea_orm::Iterable;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::jobs::Kind;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::privacy::entity::RetentionKind;

/// The name of the nightly job of every municipality.
pub const RETENTION: &str = "people.retention";
/// How many of a kind are disposed of in one night.
const MOST: i64 = 2_000;
/// Of whole accounts fewer: each is a dozen tables.
const MOST_ACCOUNTS: i64 = 100;
/// How far ahead the preview looks.
const SOON: Duration = Duration::days(90);

/// The kind of this job.
pub fn kind() -> Kind {
    Kind::new(RETENTION, run).every(Duration::days(1)).long()
}

fn run(tx: &Tx, _subject: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(dispose(tx))
}

/// Disposes of what is due, and counts what is left.
pub async fn dispose(tx: &Tx) -> Result<()> {
    ensure(tx).await?;
    for kind in RetentionKind::iter() {
        let most = if kind == RetentionKind::Accounts { MOST_ACCOUNTS } else { MOST };
        let mut sql = Sql::new("SELECT entaku_dispose(");
        sql.fill("?, ?::int4)", [Param::text(kind.word()), Param::Int(Some(most))]);
        tx.run(sql).await?;
    }
    for kind in RetentionKind::iter() {
        count(tx, kind).await?;
    }
    Ok(())
}

/// Makes the rules that a municipality lacks, as they are by default.
pub async fn ensure(tx: &Tx) -> Result<()> {
    tx.run(Sql::new(
        "INSERT INTO retention_rules (id, kind, place, unit, period, least) \
         SELECT gen_random_uuid(), k.name, k.place, k.unit, k.period, k.least FROM retention_kinds k \
         ON CONFLICT (municipality_id, kind) DO NOTHING",
    ))
    .await?;
    Ok(())
}

/// Counts what is due of a kind, and what will be soon, for the preview.
pub async fn count(tx: &Tx, kind: RetentionKind) -> Result<()> {
    let today = tx.today();
    let mut sql = Sql::new("UPDATE retention_rules SET due = ");
    sql.fill(
        "?::int4, due_soon = ?::int4, counted_at = ? WHERE kind = ?",
        [
            Param::Int(Some(due(tx, kind, today).await?)),
            Param::Int(Some(due(tx, kind, today + SOON).await?)),
            Param::Time(Some(tx.now)),
            Param::text(kind.word()),
        ],
    );
    tx.run(sql).await?;
    Ok(())
}

/// How many of a kind are due on a day.
pub async fn due(tx: &Tx, kind: RetentionKind, day: NaiveDate) -> Result<i64> {
    let mut sql = Sql::new("SELECT least(entaku_due(");
    sql.fill("?, ?), 2147483647) AS n", [Param::text(kind.word()), Param::Date(Some(day))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("nothing was counted"))?;
    Ok(row.try_get("n")?)
}
