//! A surplus that waits in vain for a later allocation is ordered back (返還命令).

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::deadlines::repayment_due;
use crate::grants::commands::fixing::{order_settled, tell_of_repayment};
use crate::grants::commands::terms::terms_of;
use crate::grants::commands::{GRANT_SURPLUS_ORDER, MOST_REASON, begin, record};
use crate::grants::entity::{GrantActKind, GrantApplicationId};
use crate::grants::rules;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 差引きを待つ剰余金の返還命令。
#[derive(InputObject)]
pub struct GrantSurplusOrderInput {
    /// 理由。
    pub reason: String,
}

/// Orders back what waits to be deducted. Whatever else is owed of the grant is due on the same day from now on.
///
/// # Errors
/// CONFLICT/NOTHING_WAITS; CONFLICT/OFFSET_TO_COME while a later allocation may still bear it;
/// CONFLICT/APPROVAL_REQUIRED where a route covers what is ordered back.
pub async fn order_surplus(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantSurplusOrderInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_SURPLUS_ORDER).await?;
    let GrantSurplusOrderInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    in_vain(tx, id).await?;
    let waits = Yen(row.offset_yen.0 - row.offset_done_yen.0);
    let ordered = Yen(row.ordered_yen.0 + waits.0);
    order_settled(tx, &row, ordered).await?;
    let (programme, _) = terms_of(tx, row.programme_id).await?;
    next.offset_yen = Set(row.offset_done_yen);
    next.ordered_yen = Set(ordered);
    next.repayment_due = Set(repayment_due(tx, &programme, waits).await?);
    next.surplus_ordered_on = Set(Some(Date(tx.today())));
    next.surplus_ordered_by = Set(tx.principal.account);
    if row.ordered_yen == row.repaid_yen {
        // Nothing was owed: what comes from now on is of this order.
        next.owed_since = Set(Some(Date(tx.today())));
    }
    next.update(tx).await?;
    record(tx, &row, GrantActKind::SurplusOrder, Some(reason), Some(waits)).await?;
    tell_of_repayment(tx, &row, waits).await?;
    Ok(id)
}

/// Is it clear that no later allocation bears it?
async fn in_vain(tx: &Tx, id: GrantApplicationId) -> Result<()> {
    let mut sql = Sql::new("SELECT entaku_waits_in_vain(");
    sql.fill("?) AS vain", [Param::Uuid(Some(id.0))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    if row.try_get("vain")? { Ok(()) } else { Err(rules::offset_to_come().into()) }
}
