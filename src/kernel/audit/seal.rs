//! Sealing: each second, every municipality in which something was done since the last time.

use std::sync::Arc;
use std::time::Duration;

use crate::kernel::clock::Clock;
use crate::kernel::error::Result;
use crate::kernel::jobs::Runner;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::Principal;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tx::{Database, Mode, Tx};

/// How many entries one transaction seals at most.
const BATCH: i64 = 2000;
/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Seals at most [`BATCH`] entries of the transaction's municipality, and says how many. None where another process is
/// sealing it.
pub async fn seal(tx: &Tx) -> Result<i64> {
    let mut sql = Sql::new("SELECT entaku_audit_seal(");
    sql.fill("?::int)", [Param::Int(Some(BATCH))]);
    let sealed: i32 = tx.rows(sql).await?.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(i64::from(sealed))
}

/// Seals all that is settled in one municipality.
pub async fn seal_all(tx: &Tx) -> Result<()> {
    while seal(tx).await? == BATCH {}
    Ok(())
}

/// Seals what happens while the server runs.
pub struct Sealer<'r> {
    runner: &'r Runner,
    app: Database,
    keys: Arc<KeyRing>,
    clock: Clock,
    /// Transactions older than this have been looked at; at first, none.
    since: Option<String>,
}

impl<'r> Sealer<'r> {
    /// A sealer that learns from the worker where something was done.
    pub fn new(runner: &'r Runner, app: Database, keys: Arc<KeyRing>, clock: Clock) -> Self {
        Self { runner, app, keys, clock, since: None }
    }

    /// Seals until it is dropped.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "sealing waits for the database");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Seals once, wherever something was done since the last round.
    ///
    /// # Errors
    /// UNAVAILABLE when the database is away; the next round seals what this one has not.
    pub async fn round(&mut self) -> Result<()> {
        let (horizon, towns) = self.runner.active_since(self.since.as_deref()).await?;
        for town in towns {
            loop {
                let request =
                    Request::new(Principal::system("audit.seal"), Some(town), self.clock.now(), self.keys.clone());
                let tx = self.app.begin(Arc::new(request), Mode::Write);
                let sealed = seal(&tx).await?;
                tx.commit().await?;
                if sealed < BATCH {
                    break;
                }
            }
        }
        self.since = Some(horizon);
        Ok(())
    }
}
