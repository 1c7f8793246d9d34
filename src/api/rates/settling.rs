//! What this process's callers have spent is added to the table all processes share, and what they have left in all is
//! learnt from it: one statement a second for everybody, and one at once when somebody spends much. Between two of
//! them several processes may give more than there is; it is owed, and nothing is given until it is paid back. Without
//! the database each process goes on with what it knows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::purse::{Purse, nanoseconds};
use super::{Payer, Rates};
use crate::api::app::App;
use crate::kernel::error::Result;
use crate::kernel::principal::Principal;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Mode;

/// How often it is settled.
const EACH: Duration = Duration::from_secs(1);
/// After how many settlements those who have all their points back are forgotten.
const FORGET_EACH: u32 = 60;

/// Who has spent something, since when.
#[derive(Default)]
pub(super) struct Unsettled {
    since: i64,
    purses: Vec<(Payer, Arc<Purse>)>,
}

impl Unsettled {
    pub(super) fn add(&mut self, payer: Payer, purse: Arc<Purse>, now: i64) {
        if self.purses.is_empty() {
            self.since = now;
        }
        self.purses.push((payer, purse));
    }
}

impl Rates {
    /// Settles until it is dropped.
    pub async fn run(&self, app: &App) {
        for round in 1_u32.. {
            tokio::select! {
                () = self.soon.notified() => {}
                () = tokio::time::sleep(EACH) => {}
            }
            let settled = self.settle(app).await;
            let forgotten = if round.is_multiple_of(FORGET_EACH) { forget(app).await } else { Ok(()) };
            if let Err(error) = settled.and(forgotten) {
                tracing::warn!(%error, "rates are not shared just now");
                tokio::time::sleep(EACH).await;
            }
        }
    }

    /// Tells the shared table what was spent, and learns what is left.
    ///
    /// # Errors
    /// UNAVAILABLE without the database; then it is all still to be settled.
    pub async fn settle(&self, app: &App) -> Result<()> {
        let Unsettled { since, purses } =
            std::mem::take(&mut *self.unsettled.lock().unwrap_or_else(PoisonError::into_inner));
        if purses.is_empty() {
            return Ok(());
        }
        let mut owing: HashMap<Uuid, (Payer, Arc<Purse>, i64)> = HashMap::with_capacity(purses.len());
        for (payer, purse) in purses {
            let spent = purse.settle();
            // Who was forgotten and came back has two purses.
            owing.entry(payer.key(&app.keys)).and_modify(|(_, _, sum)| *sum += spent).or_insert((payer, purse, spent));
        }
        let told = share(app, since, &owing).await;
        let Ok(standings) = &told else {
            let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
            for (payer, purse, spent) in owing.into_values() {
                if purse.owe(spent) == spent {
                    unsettled.add(payer, purse, since);
                }
            }
            return told.map(|_| ());
        };
        for (who, until) in standings {
            if let Some((_, purse, _)) = owing.get(who) {
                purse.learn(nanoseconds(*until));
            }
        }
        Ok(())
    }
}

/// Adds what was spent since then; returns when all points of each are back.
async fn share(
    app: &App,
    since: i64,
    owing: &HashMap<Uuid, (Payer, Arc<Purse>, i64)>,
) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    let since = Param::Time(Some(DateTime::from_timestamp_nanos(since)));
    let who = Param::Uuids(owing.keys().copied().collect());
    let spent = Param::Texts(owing.values().map(|(_, _, spent)| (spent / 1_000).to_string()).collect());
    // In one order, so that two processes cannot wait for each other.
    let mut sql = Sql::new("INSERT INTO rate_tabs AS t (who, spent_until) SELECT who, ");
    sql.fill(
        "? + spent::bigint * interval '1 microsecond' FROM unnest(?, ?) AS o (who, spent)",
        [since.clone(), who, spent],
    );
    sql.push(" ORDER BY who ON CONFLICT (who) DO UPDATE SET spent_until = ");
    sql.fill("greatest(t.spent_until, ?) + (excluded.spent_until - ?)", [since.clone(), since]);
    sql.push(" RETURNING who, spent_until");
    let tx = quiet(app);
    let rows = tx.rows(sql).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.try_get("who")?, row.try_get("spent_until")?))).collect()
}

/// Forgets those who have all their points back.
async fn forget(app: &App) -> Result<()> {
    let tx = quiet(app);
    let mut sql = Sql::new("DELETE FROM rate_tabs WHERE spent_until < ");
    sql.param(Param::Time(Some(tx.now)));
    tx.run(sql).await?;
    tx.commit().await
}

fn quiet(app: &App) -> crate::kernel::tx::Tx {
    let request = app.request(Principal::system("rates"), None);
    app.database.begin(Arc::new(request), Mode::Write).quietly()
}
