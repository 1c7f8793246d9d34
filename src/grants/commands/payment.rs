//! Paying: asked for by the organization, done once by the payer.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::{GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST, begin, record};
use crate::grants::entity::{GrantActKind, GrantApplicationId, grant_application};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::{AccountKind, LedgerJournalId};
use crate::ledger::{self, Journal, transfer};

/// Asks for the payment of what was decided.
pub async fn request_payment(tx: &Tx, id: GrantApplicationId) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_PAYMENT_REQUEST).await?;
    next.payment_requested_by = Set(tx.principal.account);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::PaymentRequest, None, row.decided_yen).await?;
    Ok(id)
}

/// 支払。
#[derive(InputObject)]
pub struct GrantPaymentExecuteInput {
    /// 支払った日。
    pub paid_on: Date,
}

/// Pays what was decided, once, and posts it in the same transaction.
pub async fn execute_payment(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantPaymentExecuteInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_PAYMENT_EXECUTE).await?;
    let GrantPaymentExecuteInput { paid_on } = input;
    let mut checks = Checks::new();
    let since = row.decided_on.is_none_or(|decided| paid_on >= decided);
    checks.check(since, "input.paidOn", "ORDER", "交付決定の日より前です。", "Before the decision.");
    let until = paid_on.0 <= tx.today();
    checks.check(until, "input.paidOn", "FUTURE", "まだ来ていない日です。", "This day is yet to come.");
    checks.done()?;
    next.payment_id = Set(Some(pay(tx, &row).await?));
    next.paid_on = Set(Some(paid_on));
    next.paid_by = Set(tx.principal.account);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::PaymentExecute, None, row.decided_yen).await?;
    Ok(id)
}

async fn pay(tx: &Tx, row: &grant_application::Model) -> Result<LedgerJournalId> {
    let amount = row.decided_yen.ok_or_else(|| Error::internal("a payment without a decision"))?;
    let allocation = row.allocation_id.0;
    let journal = Journal {
        kind: "GRANT_PAID",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: row.title.clone(),
        once: true,
        legs: transfer((AccountKind::Committed, allocation), (AccountKind::Paid, allocation), amount),
        when_short: Refusal::new("COMMITMENT_EXCEEDED", "交付決定額を超えています。", "More than was decided."),
    };
    ledger::post(tx, journal).await
}
