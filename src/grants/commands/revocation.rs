//! Revoking a decision (交付決定の取消し): what was paid is to be returned.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::change::end_open_change;
use crate::grants::commands::deadlines::repayment_due;
use crate::grants::commands::fixing::{order_settled, tell_of_repayment};
use crate::grants::commands::offset::unborne::give_back_after;
use crate::grants::commands::payment::not_at_the_bank;
use crate::grants::commands::subgrant::end_open_subgrants;
use crate::grants::commands::terms::terms_of;
use crate::grants::commands::{GRANT_DECISION_REVOKE, MOST_REASON, begin, record, release};
use crate::grants::entity::{GrantActKind, GrantApplicationId};
use crate::grants::rules::settlement;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 交付決定の取消し。
#[derive(InputObject)]
pub struct GrantDecisionRevokeInput {
    /// 理由。
    pub reason: String,
}

/// Revokes a decision. What is not paid is released, what was paid is ordered back; what was deducted from a later
/// allocation already has come back by that.
///
/// # Errors
/// CONFLICT/IN_TRANSFER while money is on its way: the bank's report tells first what is to be returned.
/// CONFLICT/APPROVAL_REQUIRED where a route covers what was decided, or what is ordered back.
pub async fn revoke_decision(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantDecisionRevokeInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_DECISION_REVOKE).await?;
    not_at_the_bank(tx, id).await?;
    let GrantDecisionRevokeInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    let (programme, _) = terms_of(tx, row.programme_id).await?;
    let ordered = Yen(row.paid_yen.0 - row.offset_done_yen.0);
    let open = Yen(ordered.0 - row.repaid_yen.0);
    let decided = row.decided_yen.unwrap_or(Yen(0));
    routing::settled(tx, RoutedAct::GrantDecisionRevoke, id.0, decided).await?;
    order_settled(tx, &row, ordered).await?;
    next.state = Set(settlement::after_revocation(ordered, row.repaid_yen));
    next.revoked_on = Set(Some(Date(tx.today())));
    next.revoked_by = Set(tx.principal.account);
    next.pending_yen = Set(None);
    next.change_id = Set(None);
    next.kept_yen = Set(Yen(0));
    next.offset_yen = Set(row.offset_done_yen);
    next.ordered_yen = Set(ordered);
    next.repayment_reported_on = Set(None);
    next.repayment_due = Set(repayment_due(tx, &programme, open).await?);
    end_open_subgrants(tx, &row).await?;
    next.update(tx).await?;
    end_open_change(tx, &row).await?;
    release(tx, &row, Yen(settlement::payable(&row).0.max(row.paid_yen.0) - row.paid_yen.0)).await?;
    record(tx, &row, GrantActKind::DecisionRevoke, Some(reason), Some(ordered)).await?;
    tell_of_repayment(tx, &row, open).await?;
    give_back_after(tx, &row).await?;
    Ok(id)
}
