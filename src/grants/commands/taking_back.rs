//! Taking back what was asked for, before it is paid: by who asked, or by who is to pay. It can be asked for again.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::{
    GRANT_PAYMENT_REQUEST_RETURN, GRANT_PAYMENT_REQUEST_WITHDRAW, MOST_REASON, begin, record,
};
use crate::grants::entity::{GrantActKind, GrantApplicationId};
use crate::grants::rules::settlement;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// The organization withdraws what it asked for.
///
/// # Errors
/// CONFLICT/IN_TRANSFER once it is in a file for the bank.
pub async fn withdraw_request(tx: &Tx, id: GrantApplicationId) -> Result<GrantApplicationId> {
    take_back(tx, id, GRANT_PAYMENT_REQUEST_WITHDRAW, GrantActKind::PaymentRequestWithdraw, None).await
}

/// 支払の請求の返却。
#[derive(InputObject)]
pub struct GrantPaymentRequestReturnInput {
    /// 理由。
    pub reason: String,
}

/// The town hall returns what was asked for.
///
/// # Errors
/// CONFLICT/IN_TRANSFER once it is in a file for the bank.
pub async fn return_request(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantPaymentRequestReturnInput,
) -> Result<GrantApplicationId> {
    let GrantPaymentRequestReturnInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    take_back(tx, id, GRANT_PAYMENT_REQUEST_RETURN, GrantActKind::PaymentRequestReturn, Some(reason)).await
}

/// Nothing waits any more; the application stands where it stood before. Who asked stays known. What was approved of the
/// payment is void by that.
async fn take_back(
    tx: &Tx,
    id: GrantApplicationId,
    action: Action,
    act: GrantActKind,
    reason: Option<String>,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, action).await?;
    in_no_file(tx, id).await?;
    next.state = Set(settlement::after_payment(&row, row.paid_yen));
    next.pending_yen = Set(None);
    next.payment_due = Set(None);
    next.update(tx).await?;
    record(tx, &row, act, reason, row.pending_yen).await?;
    Ok(id)
}

/// What was put into a file, though that is not made yet, is not taken out of it behind the backs of those who make it. The
/// database refuses it, too.
async fn in_no_file(tx: &Tx, id: GrantApplicationId) -> Result<()> {
    let mut sql = Sql::new(
        "SELECT 1 FROM bank_transfer_lines l
         JOIN bank_transfers t ON t.municipality_id = l.municipality_id AND t.id = l.transfer_id
         WHERE l.state = 'WAITING' AND t.state IN ('PREPARED', 'PRODUCED') AND l.application_id = ",
    );
    sql.param(Param::Uuid(Some(id.0)));
    if tx.rows(sql).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "IN_TRANSFER",
        "総合振込に入っています。総合振込の起案が取り消されるか、銀行から報告があるまで、取り下げることも返すこともできません。",
        "It is in a bank transfer. It is taken back once that is cancelled, or the bank has reported.",
    )))
}
