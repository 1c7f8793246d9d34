//! Taking back what was asked for, before it is paid: by who asked, or by who is to pay. It can be asked for again.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::payment::not_at_the_bank;
use crate::grants::commands::{
    GRANT_PAYMENT_REQUEST_RETURN, GRANT_PAYMENT_REQUEST_WITHDRAW, MOST_REASON, begin, record,
};
use crate::grants::entity::{GrantActKind, GrantApplicationId};
use crate::grants::rules::settlement;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
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
    not_at_the_bank(tx, id).await?;
    next.state = Set(settlement::after_payment(&row, row.paid_yen));
    next.pending_yen = Set(None);
    next.payment_due = Set(None);
    next.update(tx).await?;
    record(tx, &row, act, reason, row.pending_yen).await?;
    Ok(id)
}
