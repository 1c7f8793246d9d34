//! Fixing the amount (額の確定): who examined the report does not.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::deadlines::repayment_due;
use crate::grants::commands::subgrant::end_open_subgrants;
use crate::grants::commands::terms::terms_of;
use crate::grants::commands::{Did, GRANT_AMOUNT_FIX, MOST_REASON, apart_from, begin, booked, offset, record, release};
use crate::grants::entity::{GrantActKind, GrantAllocationId, GrantApplicationId, grant_application};
use crate::grants::notices;
use crate::grants::rules::booked::fixable;
use crate::grants::rules::settlement::{self, Surplus};
use crate::grants::shapes::GrantAllocation;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::hold::Hold;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 額の確定。
#[derive(InputObject)]
pub struct GrantAmountFixInput {
    /// 理由。
    pub reason: String,
    /// 剰余金のうち、返還せずに繰り越すか、積み立てるか、翌年度に差し引く額(円)。指定しなければ、できるだけ多く。残りは返還となる。
    pub keep_yen: Option<Yen>,
    /// 積立てについて事前の協議があったか。
    pub consulted: Option<bool>,
}

/// Fixes the amount: the lesser of what was decided and what is eligible. What is promised beyond it is released; what
/// was paid beyond it goes by the programme's rule. A route of fixings goes by what was decided, one of repayments by what
/// is ordered back.
///
/// # Errors
/// CONFLICT of [`fixable`] and [`settlement::outcome`]; CONFLICT/APPROVAL_REQUIRED; FORBIDDEN/DUTIES_APART for whoever paid
/// a part of it, or examined its report.
pub async fn fix_amount(tx: &Tx, id: GrantApplicationId, input: GrantAmountFixInput) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_AMOUNT_FIX).await?;
    apart_from(tx, id, Did::Paid).await?;
    let GrantAmountFixInput { reason, keep_yen, consulted } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    let some = keep_yen.is_none_or(|yen| yen.0 >= 0);
    checks.check(some, "input.keepYen", "RANGE", "0円以上で入力してください。", "0 yen or more.");
    checks.done()?;
    let (Some(decided), Some(eligible)) = (row.decided_yen, row.eligible_yen) else {
        return Err(Error::internal("an amount is fixed that nobody examined"));
    };
    let fixed = settlement::fixed(decided, eligible);
    let (programme, terms) = terms_of(tx, row.programme_id).await?;
    fixable(eligible, booked::booked(tx, id).await?.as_ref(), programme.book_rule)?;
    let surplus = Surplus {
        rule: programme.surplus_rule,
        reserve: terms.conditions.as_ref().and_then(|of| of.reserve),
        reserved: reserved(tx, row.allocation_id).await?,
        keep: keep_yen,
        consulted: consulted.unwrap_or_default(),
    };
    let outcome = settlement::outcome(row.paid_yen, fixed, surplus)?;
    routing::settled(tx, RoutedAct::GrantAmountFix, id.0, decided).await?;
    order_settled(tx, &row, outcome.ordered).await?;
    next.state = Set(outcome.state);
    next.fixed_yen = Set(Some(fixed));
    next.fixed_on = Set(Some(Date(tx.today())));
    next.fixed_by = Set(tx.principal.account);
    next.surplus_rule = Set(Some(programme.surplus_rule));
    next.kept_yen = Set(outcome.kept);
    next.offset_yen = Set(outcome.offset);
    next.ordered_yen = Set(outcome.ordered);
    next.repayment_due = Set(repayment_due(tx, &programme, outcome.ordered).await?);
    end_open_subgrants(tx, &row).await?;
    next.update(tx).await?;
    release(tx, &row, Yen(decided.0 - fixed.0.max(row.paid_yen.0))).await?;
    if outcome.offset.0 > 0 {
        offset::deduct_from_successors(tx, row.programme_id).await?;
    }
    record(tx, &row, GrantActKind::AmountFix, Some(reason), Some(fixed)).await?;
    tell_of_repayment(tx, &row, outcome.ordered).await?;
    Ok(id)
}

/// Is what is ordered back approved by its route, where more is ordered than before?
pub(super) async fn order_settled(tx: &Tx, row: &grant_application::Model, ordered: Yen) -> Result<()> {
    if ordered <= row.ordered_yen {
        return Ok(());
    }
    routing::settled(tx, RoutedAct::GrantRepaymentOrder, row.id.0, ordered).await
}

/// Tells the organization of what it has to return.
pub(super) async fn tell_of_repayment(tx: &Tx, row: &grant_application::Model, ordered: Yen) -> Result<()> {
    if ordered.0 > 0 { notices::tell_of_repayment(tx, row).await } else { Ok(()) }
}

/// What of an allocation has been kept before. The allocation is locked, so that two fixings take turns.
async fn reserved(tx: &Tx, allocation: GrantAllocationId) -> Result<Yen> {
    tx.hold::<GrantAllocation>(allocation, Hold::InTurn).await?;
    let mut sql =
        Sql::new("SELECT coalesce(sum(kept_yen), 0)::bigint AS kept FROM grant_applications WHERE allocation_id = ");
    sql.param(Param::Uuid(Some(allocation.0)));
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a sum of nothing"))?;
    Ok(Yen(row.try_get("kept")?))
}
