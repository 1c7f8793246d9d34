//! What is thrown away after its time: uploads that nobody attached, files that were detached, what exports wrote.
//! Content goes before its row, so that nothing is kept without one; a repeat finds the rest.

use std::sync::Arc;

use chrono::Duration;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::files::rules;
use crate::kernel::error::Result;
use crate::kernel::files::Store;
use crate::kernel::jobs::Kind;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// The name of the job of every municipality.
const HOUSEKEEPING: &str = "files.housekeeping";
/// The name of the job that throws one file away.
pub(super) const DISCARD: &str = "files.discard";
/// How often it is looked for what is over.
const EVERY: Duration = Duration::hours(1);
/// How many are thrown away in one transaction.
const AT_ONCE: i64 = 200;

/// The kinds of job that throw files away.
pub fn kinds(store: &Arc<Store>) -> [Kind; 2] {
    let (all, one) = (store.clone(), store.clone());
    [
        Kind::new(HOUSEKEEPING, move |tx, _| clear(all.clone(), tx)).every(EVERY),
        Kind::new(DISCARD, move |tx, file| discard(one.clone(), tx, file)),
    ]
}

fn clear(store: Arc<Store>, tx: &Tx) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let mut stale = Sql::new(
            "SELECT id, object_key FROM files WHERE (state = 'DISCARDED' OR state IN ('WAITING', 'STORED') AND created_at < ",
        );
        stale.param(Param::Time(Some(tx.now - rules::UNATTACHED)));
        stale.push(&format!(") ORDER BY created_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED"));
        remove(&store, tx, stale).await?;
        let mut over = Sql::new("SELECT id, object_key FROM exports WHERE state = 'DONE' AND expires_at <= ");
        over.param(Param::Time(Some(tx.now)));
        over.push(&format!(" ORDER BY expires_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED"));
        for row in tx.rows(over).await? {
            store.remove(tx.municipality()?, row.try_get("object_key")?).await?;
            let mut expire = Sql::new("UPDATE exports SET state = 'EXPIRED', object_key = NULL WHERE id = ");
            expire.param(Param::Uuid(Some(row.try_get("id")?)));
            tx.run(expire).await?;
        }
        Ok(())
    })
}

fn discard(store: Arc<Store>, tx: &Tx, file: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let mut sql = Sql::new("SELECT id, object_key FROM files WHERE state = 'DISCARDED' AND id = ");
        sql.param(Param::Uuid(file));
        sql.push(" FOR UPDATE");
        remove(&store, tx, sql).await
    })
}

async fn remove(store: &Store, tx: &Tx, found: Sql) -> Result<()> {
    for row in tx.rows(found).await? {
        store.remove(tx.municipality()?, row.try_get("object_key")?).await?;
        let mut sql = Sql::new("DELETE FROM files WHERE id = ");
        sql.param(Param::Uuid(Some(row.try_get("id")?)));
        tx.run(sql).await?;
    }
    Ok(())
}
