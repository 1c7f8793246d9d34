//! Returning (返還): what was ordered comes back, whole or in parts; the organization tells when it has sent it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::commands::payment::{Moved, keep, not_to_come};
use crate::grants::commands::programme::positive;
use crate::grants::commands::{GRANT_REPAYMENT_RECORD, GRANT_REPAYMENT_REPORT, begin, record};
use crate::grants::entity::{GrantActKind, GrantApplicationId, GrantPaymentKind, grant_application};
use crate::grants::rules::settlement;
use crate::kernel::date::Date;
use crate::kernel::error::{Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::{AccountKind, LedgerJournalId, ledger_year};
use crate::ledger::{self, Journal, transfer};

/// 返還の届出。
#[derive(InputObject)]
pub struct GrantRepaymentReportInput {
    /// 返還した額(円)。命じた額の残り以内。
    pub amount_yen: Yen,
    /// 返還した日。
    pub sent_on: Date,
}

/// The organization tells that it has returned something. What it owes stays as it is until the money has come.
///
/// # Errors
/// CONFLICT/REPAYMENT_EXCEEDED where it is more than is left of what was ordered.
pub async fn report_repayment(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantRepaymentReportInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_REPAYMENT_REPORT).await?;
    let GrantRepaymentReportInput { amount_yen, sent_on } = input;
    let mut checks = Checks::new();
    positive(&mut checks, "input.amountYen", amount_yen);
    since_the_order(&mut checks, tx, &row, ("input.sentOn", sent_on));
    checks.done()?;
    settlement::repayable(&row, amount_yen)?;
    next.repayment_reported_on = Set(Some(sent_on));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::RepaymentReport, None, Some(amount_yen)).await?;
    Ok(id)
}

/// 返還の受入れ。
#[derive(InputObject)]
pub struct GrantRepaymentRecordInput {
    /// 返還された額(円)。命じた額の残り以内。
    pub amount_yen: Yen,
    /// 受け入れた日。
    pub received_on: Date,
}

/// Records what came back and posts it in the same transaction.
///
/// # Errors
/// CONFLICT/REPAYMENT_EXCEEDED where it is more than is left of what was ordered.
pub async fn record_repayment(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantRepaymentRecordInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_REPAYMENT_RECORD).await?;
    let GrantRepaymentRecordInput { amount_yen, received_on } = input;
    let mut checks = Checks::new();
    positive(&mut checks, "input.amountYen", amount_yen);
    since_the_order(&mut checks, tx, &row, ("input.receivedOn", received_on));
    checks.done()?;
    settlement::repayable(&row, amount_yen)?;
    let journal = post(tx, &row, amount_yen, received_on).await?;
    let repaid = Yen(row.repaid_yen.0 + amount_yen.0);
    next.state = Set(settlement::after_repayment(row.ordered_yen, repaid));
    next.repaid_yen = Set(repaid);
    // What is left is owed still, whatever was told of what has come.
    next.repayment_reported_on = Set(None);
    next.update(tx).await?;
    let moved =
        Moved { kind: GrantPaymentKind::Return, amount: amount_yen, paid_on: received_on, journal, requested: false };
    keep(tx, &row, moved).await?;
    record(tx, &row, GrantActKind::RepaymentRecord, None, Some(amount_yen)).await?;
    Ok(id)
}

/// A day on which something could be returned: neither before it was ordered nor in the future.
fn since_the_order(checks: &mut Checks, tx: &Tx, row: &grant_application::Model, (path, day): (&'static str, Date)) {
    let since = row.fixed_on.max(row.revoked_on).max(row.owed_since).is_none_or(|ordered| day >= ordered);
    checks.check(since, path, "ORDER", "返還を命じた日より前です。", "Before it was ordered.");
    not_to_come(checks, tx, path, day);
}

/// In the grant's year as long as its accounts are open (戻入); after that it is income of the year in which it comes
/// (歳入, 地方自治法施行令160条), with the town's own source on the other side. Where that year is closed too by the time
/// it is recorded, it is this year's.
async fn post(tx: &Tx, row: &grant_application::Model, amount: Yen, received: Date) -> Result<LedgerJournalId> {
    let (allocation, town) = (row.allocation_id.0, tx.municipality()?.0);
    let (from, fiscal_year) = if is_closed(tx, row.fiscal_year).await? {
        let came = FiscalYear::of(received.0);
        let year = if is_closed(tx, came).await? { FiscalYear::of(tx.today()) } else { came };
        ((AccountKind::Appropriation, town), year)
    } else {
        ((AccountKind::Paid, allocation), row.fiscal_year)
    };
    let journal = Journal {
        kind: "GRANT_REPAID",
        subject: row.id.0,
        fiscal_year,
        memo: row.title.clone(),
        once: false,
        legs: transfer(from, (AccountKind::Returned, allocation), amount),
        when_short: Refusal::new("REPAYMENT_EXCEEDED", "支払った額を超えています。", "More than was paid."),
    };
    ledger::post(tx, journal).await
}

pub(super) async fn is_closed(tx: &Tx, year: FiscalYear) -> Result<bool> {
    let year = ledger_year::Entity::find().filter(ledger_year::Column::FiscalYear.eq(year)).one(tx).await?;
    Ok(year.is_some_and(|year| year.closed_at.is_some()))
}
