//! Undoing a return that was recorded by mistake: what was ordered back waits again.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use super::{counts, in_open_year, mark, not_newest};
use crate::grants::commands::deadlines::repayment_due;
use crate::grants::commands::record;
use crate::grants::commands::terms::terms_of;
use crate::grants::entity::GrantApplicationState::RepaymentOrdered;
use crate::grants::entity::{
    GrantActKind, GrantApplicationId, GrantPaymentKind, GrantReversalKind, grant_application, grant_payment,
};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::tx::Tx;
use crate::ledger::entity::ledger_journal;
use crate::ledger::reverse;

/// Reverses the newest return, by somebody else than who recorded or ordered it (`begin` asks), in the year in which it was posted.
pub(super) async fn undo(
    tx: &Tx,
    row: &grant_application::Model,
    mut next: grant_application::ActiveModel,
    (payment, day, reason): (&grant_payment::Model, Date, String),
) -> Result<GrantApplicationId> {
    counts(payment)?;
    if newest(tx, row.id).await? != Some(payment.number) {
        return Err(Error::Conflict(not_newest()));
    }
    let posted = ledger_journal::Entity::find_by_id(payment.journal_id).one(tx).await?.ok_or(Error::NotFound)?;
    in_open_year(tx, posted.fiscal_year).await?;
    let journal = reverse(tx, payment.journal_id, "GRANT_REPAYMENT_REVERSED", &row.title).await?;
    mark(tx, payment, GrantReversalKind::RecordedByMistake, day, journal).await?;
    next.state = Set(RepaymentOrdered);
    next.repaid_yen = Set(Yen(row.repaid_yen.0 - payment.amount_yen.0));
    next.repayment_reported_on = Set(None);
    if row.repayment_due.is_none() {
        // Everything had come when the decision was revoked: nobody had to say until when.
        let (programme, _) = terms_of(tx, row.programme_id).await?;
        next.repayment_due = Set(repayment_due(tx, &programme, payment.amount_yen).await?);
    }
    next.update(tx).await?;
    record(tx, row, GrantActKind::PaymentReverse, Some(reason), Some(payment.amount_yen)).await?;
    Ok(row.id)
}

/// The number of the newest return that counts.
async fn newest(tx: &Tx, id: GrantApplicationId) -> Result<Option<i32>> {
    let counts = grant_payment::Entity::find()
        .filter(grant_payment::Column::ApplicationId.eq(id))
        .filter(grant_payment::Column::Kind.eq(GrantPaymentKind::Return))
        .filter(grant_payment::Column::ReversalId.is_null());
    Ok(counts.order_by_desc(grant_payment::Column::Number).one(tx).await?.map(|row| row.number))
}
