//! Is the ledger what it must be? Asked every night, and by whoever wants to know now.

use chrono::Duration;
use futures_util::future::BoxFuture;
use sea_orm::{ActiveEnum, ActiveModelTrait, Set};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::encode;
use crate::kernel::jobs::Kind;
use crate::kernel::read::named;
use crate::kernel::read::sql::Sql;
use crate::kernel::tx::Tx;
use crate::ledger::commands::LEDGER_VERIFY;
use crate::ledger::entity::{LedgerFaultKind, LedgerVerificationId, ledger_verification};
use crate::ledger::shapes::LedgerVerification;

/// How many faults are kept of one verification; all are counted.
const KEPT: usize = 100;

/// Verifies every municipality's ledger once a day. What is wrong is an error in the log, and what `entaku doctor` finds.
pub fn kind() -> Kind {
    Kind::new("ledger.verify", |tx, _| nightly(tx)).every(Duration::days(1)).long()
}

fn nightly(tx: &Tx) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        patiently(tx).await?;
        let found = examine(tx).await?;
        for Fault { kind, table, subject, detail } in found.faults.iter().take(KEPT) {
            tracing::error!(municipality = %tx.municipality()?.0, ?kind, table, %subject, detail, "the ledger is not sound");
        }
        keep(tx, found).await?;
        Ok(())
    })
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule is broken.
    pub kind: LedgerFaultKind,
    /// The table of what breaks it: a journal, an account, an application …
    pub table: String,
    /// Its id there.
    pub subject: Uuid,
    /// The figures that do not fit.
    pub detail: String,
}

impl Fault {
    /// What breaks it, by the id that readers know.
    fn id(&self) -> String {
        named(&self.table).map_or_else(|| self.subject.to_string(), |(_, prefix)| encode(prefix, self.subject))
    }
}

/// What was gone over, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many accounts.
    pub accounts: i64,
    /// How many journals.
    pub journals: i64,
    /// How many entries.
    pub entries: i64,
    /// What is wrong, the worst first.
    pub faults: Vec<Fault>,
}

/// Lets the statements of a transaction that nobody waits for take as long as a ledger of millions of entries needs.
pub async fn patiently(tx: &Tx) -> Result<()> {
    tx.run(Sql::new("SET LOCAL statement_timeout = '10min'")).await.map(|_| ())
}

/// Verifies the ledger now, and keeps what was found.
pub async fn verify(tx: &Tx) -> Result<LedgerVerificationId> {
    tx.may_create::<LedgerVerification>(LEDGER_VERIFY, &[])?;
    let found = examine(tx).await?;
    keep(tx, found).await
}

/// Goes over the municipality's ledger as one statement sees it. The rules stand in the database (`ledger_faults`),
/// where those stand that must hold.
pub async fn examine(tx: &Tx) -> Result<Found> {
    let counts = "SELECT (SELECT count(*) FROM ledger_accounts), (SELECT count(*) FROM ledger_journals),
        (SELECT count(*) FROM ledger_entries)";
    let row = tx.rows(Sql::new(counts)).await?.pop().ok_or_else(|| Error::internal("no counts"))?;
    let (accounts, journals, entries) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let mut faults = Vec::new();
    for row in tx.rows(Sql::new("SELECT kind, of, subject, detail FROM ledger_faults()")).await? {
        faults.push(Fault {
            kind: LedgerFaultKind::try_from_value(&row.try_get("kind")?)?,
            table: row.try_get("of")?,
            subject: row.try_get("subject")?,
            detail: row.try_get("detail")?,
        });
    }
    faults.sort_by_key(|fault| fault.kind);
    Ok(Found { accounts, journals, entries, faults })
}

async fn keep(tx: &Tx, found: Found) -> Result<LedgerVerificationId> {
    let Found { accounts, journals, entries, faults } = found;
    let told: Vec<_> = faults
        .iter()
        .take(KEPT)
        .map(|f| serde_json::json!({ "kind": f.kind.word(), "subjectId": f.id(), "detail": f.detail }))
        .collect();
    let row = ledger_verification::ActiveModel {
        id: Set(LedgerVerificationId::new()),
        accounts: Set(bounded(accounts)),
        journals: Set(bounded(journals)),
        entries: Set(bounded(entries)),
        fault_count: Set(i32::try_from(faults.len()).unwrap_or(i32::MAX)),
        faults: Set(serde_json::Value::from(told).to_string()),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

fn bounded(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
