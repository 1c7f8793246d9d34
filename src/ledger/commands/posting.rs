//! Posting and undoing. Called by the nouns whose money it is; they have authorized the act.

use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::ledger::entity::{LedgerJournalId, ledger_journal};
use crate::ledger::rules::{Leg, is_journal, year_closed};

/// A journal to be posted.
#[derive(Debug)]
pub struct Journal {
    /// What it stands for, `SCREAMING_SNAKE_CASE`.
    pub kind: &'static str,
    /// What it is about: the id of an allocation, an application …
    pub subject: Uuid,
    /// Whose year it belongs to; all its accounts are of this year.
    pub fiscal_year: FiscalYear,
    /// For the reader.
    pub memo: String,
    /// May there be only one journal of this kind about this subject, ever?
    pub once: bool,
    /// Its entries.
    pub legs: Vec<Leg>,
    /// What to answer where an account has too little.
    pub when_short: Refusal,
}

/// Posts a journal.
///
/// # Errors
/// CONFLICT with [`Journal::when_short`]; CONFLICT/YEAR_CLOSED; CONFLICT/DUPLICATE for a second journal
/// that is posted once.
pub async fn post(tx: &Tx, journal: Journal) -> Result<LedgerJournalId> {
    let Journal { kind, subject, fiscal_year, memo, once, legs, when_short } = journal;
    if !is_journal(&legs) {
        return Err(Error::internal(format!("{kind} is no journal: {legs:?}")));
    }
    let id = LedgerJournalId::new();
    let amounts = legs.iter().map(|leg| leg.amount.0.to_string()).collect();
    let mut sql = Sql::new("SELECT ");
    sql.fill(
        "ledger_post(?, ?, ?, ?::int, ?, ?, NULL, ?, ?, ?::bigint[])",
        [
            Param::Uuid(Some(id.0)),
            Param::text(kind),
            Param::Uuid(Some(subject)),
            Param::Int(Some(fiscal_year.0.into())),
            Param::text(memo),
            Param::Bool(once),
            Param::Texts(legs.iter().map(|leg| leg.kind.word()).collect()),
            Param::Uuids(legs.iter().map(|leg| leg.owner).collect()),
            Param::Texts(amounts),
        ],
    );
    run(tx, sql, when_short).await?;
    Ok(id)
}

/// Undoes a journal whole. A journal is reversed once; a reversal is not reversed.
///
/// # Errors
/// NOT_FOUND; CONFLICT/DUPLICATE where it was reversed before; CONFLICT/RULE where it is a reversal;
/// CONFLICT/BALANCE_SHORT where what it gave has gone on; CONFLICT/YEAR_CLOSED.
pub async fn reverse(tx: &Tx, id: LedgerJournalId, kind: &'static str, memo: &str) -> Result<LedgerJournalId> {
    let original = ledger_journal::Entity::find_by_id(id).one(tx).await?.ok_or(Error::NotFound)?;
    let reversal = LedgerJournalId::new();
    let mut sql = Sql::new("SELECT ");
    sql.fill(
        "ledger_post(?, ?, ?, ?::int, ?, false, ?, '{}', '{}', '{}')",
        [
            Param::Uuid(Some(reversal.0)),
            Param::text(kind),
            Param::Uuid(Some(original.subject_id)),
            Param::Int(Some(original.fiscal_year.0.into())),
            Param::text(memo),
            Param::Uuid(Some(id.0)),
        ],
    );
    let short = Refusal::new(
        "BALANCE_SHORT",
        "すでに使われているため、取り消せません。",
        "It cannot be undone, because the money has gone on.",
    );
    run(tx, sql, short).await?;
    Ok(reversal)
}

async fn run(tx: &Tx, mut sql: Sql, when_short: Refusal) -> Result<()> {
    sql.push(" AS outcome");
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("ledger_post answered nothing"))?;
    let outcome: String = row.try_get("outcome")?;
    match outcome.as_str() {
        "POSTED" => Ok(()),
        "SHORT" => Err(when_short.into()),
        "CLOSED" => Err(year_closed().into()),
        other => Err(Error::internal(format!("ledger_post answered {other}"))),
    }
}
