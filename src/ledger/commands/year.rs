//! Opening the accounts of a fiscal year, closing them and opening them again. What is left returns to the source of the
//! money; a closed year takes no journal, so that closing is undone by reversal only.

use async_graphql::InputObject;
use uuid::Uuid;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::commands::{LEDGER_YEAR_CLOSE, LEDGER_YEAR_REOPEN};
use crate::ledger::entity::{LedgerJournalId, LedgerYearId};
use crate::ledger::rules;
use crate::ledger::shapes::LedgerYear;

/// Opens the accounts of a fiscal year with its first budget; those that are there, open or closed, stay as they are. Called
/// by the nouns that budget: they have authorized the act.
///
/// # Errors
/// None of its own.
pub async fn open_year(tx: &Tx, fiscal_year: FiscalYear) -> Result<()> {
    let mut sql = Sql::new("SELECT ");
    let params = [Param::Uuid(Some(LedgerYearId::new().0)), Param::Int(Some(fiscal_year.0.into()))];
    sql.fill("ledger_open(?, ?::int)", params);
    tx.rows(sql).await?;
    Ok(())
}

/// Closes a fiscal year (出納閉鎖): what of its budgets and allocations was not promised returns to the source of the
/// money in one journal, and no journal of the year is taken from now on.
///
/// # Errors
/// CONFLICT/NOT_YET before the day on which a municipality closes its accounts; CONFLICT/COMMITMENTS_OPEN where something
/// is promised and not paid; CONFLICT/DRAFTS_OPEN where a programme of it is in preparation; CONFLICT/DEDUCTIONS_OPEN where it is not clear yet
/// what of a deduction was borne, or something is to be given back still;
/// CONFLICT/YEAR_CLOSED.
pub async fn close_year(tx: &Tx, fiscal_year: FiscalYear) -> Result<LedgerYearId> {
    tx.may_create::<LedgerYear>(LEDGER_YEAR_CLOSE, &[])?;
    rules::closable(fiscal_year, tx.today())?;
    let mut sql = Sql::new("SELECT ");
    sql.fill(
        "ledger_close(?, ?, ?::int, ?)",
        [
            Param::Uuid(Some(LedgerYearId::new().0)),
            Param::Uuid(Some(LedgerJournalId::new().0)),
            Param::Int(Some(fiscal_year.0.into())),
            Param::text(format!("{}の会計の閉鎖(不用額)", fiscal_year.label())),
        ],
    );
    settle(tx, sql).await?;
    let mut sql = Sql::new("SELECT id FROM ledger_years WHERE fiscal_year = ");
    sql.param(Param::Int(Some(fiscal_year.0.into())));
    sql.push("::int");
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a closed year is not there"))?;
    Ok(LedgerYearId(row.try_get::<_, Uuid>("id")?))
}

/// 会計を開き直す理由。
#[derive(InputObject)]
pub struct LedgerYearReopenInput {
    /// 理由。
    pub reason: String,
}

/// Opens a closed year again: the journal that closed it is reversed. Somebody else than who closed it does.
///
/// # Errors
/// CONFLICT/STATE where it is open.
pub async fn reopen_year(tx: &Tx, id: LedgerYearId, input: LedgerYearReopenInput) -> Result<LedgerYearId> {
    // Nobody writes the row but the function, which locks the year and looks again.
    let row = tx.peek::<LedgerYear>(id, LEDGER_YEAR_REOPEN).await?;
    rules::year(&row, LEDGER_YEAR_REOPEN, tx.now)?;
    let LedgerYearReopenInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.done()?;
    let mut sql = Sql::new("SELECT ");
    sql.fill(
        "ledger_reopen(?::int, ?, ?)",
        [Param::Int(Some(row.fiscal_year.0.into())), Param::Uuid(Some(LedgerJournalId::new().0)), Param::text(reason)],
    );
    settle(tx, sql).await?;
    Ok(id)
}

async fn settle(tx: &Tx, mut sql: Sql) -> Result<()> {
    sql.push(" AS outcome");
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("the ledger answered nothing"))?;
    let refusal = match row.try_get::<_, &str>("outcome")? {
        "DONE" => return Ok(()),
        "CLOSED" => rules::year_closed(),
        "OPEN" => rules::year_open(),
        "COMMITTED" => Refusal::new(
            "COMMITMENTS_OPEN",
            "交付決定済みで支払われていない額があります。支払うか取り下げてから閉じてください。",
            "Something is promised and not paid. Pay or withdraw it first.",
        ),
        "DRAFTS" => Refusal::new(
            "DRAFTS_OPEN",
            "この年度に、準備中の交付金制度があります。公開するか、取りやめてから閉じてください。",
            "A programme of this year is in preparation. Publish or discard it first.",
        ),
        "DEDUCTED" => Refusal::new(
            "DEDUCTIONS_OPEN",
            "前年度の剰余金を差し引いた交付金制度が終わっていないか、その申請の審査が残っています。申請を決定し、制度を終えてから閉じてください。すべて終わっていれば、残る差引きは夜間に戻され、翌日に閉じられます。",
            "A programme from which surpluses were deducted is not closed, or something of it is still to be decided. Decide \
             and close it first. Where that is done, what is left is given back at night: close the year tomorrow.",
        ),
        other => return Err(Error::internal(format!("the ledger answered {other}"))),
    };
    Err(refusal.into())
}
