//! Changing the budget of a programme (補正予算): the difference moves in the ledger, and what is allocated stays covered.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::calculation::freeze::outdated;
use crate::grants::commands::programme::positive;
use crate::grants::commands::{GRANT_PROGRAMME_BUDGET_CHANGE, MOST_REASON};
use crate::grants::entity::{GrantProgrammeId, grant_programme};
use crate::grants::rules;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, transfer};

/// 予算額の変更。
#[derive(InputObject)]
pub struct GrantProgrammeBudgetChangeInput {
    /// 変更後の予算額(円)。配分した額の合計以上。
    pub budget_yen: Yen,
    /// 理由(議決した補正予算など)。仕訳の摘要となり、職員が閲覧できる。
    pub reason: String,
}

/// Changes a budget. The journal of the difference says who did it, when and why. Runs that divided another budget can be
/// approved no more.
///
/// # Errors
/// CONFLICT/BUDGET_ALLOCATED below what is allocated; CONFLICT/UNCHANGED; CONFLICT/YEAR_CLOSED.
pub async fn change_budget(
    tx: &Tx,
    id: GrantProgrammeId,
    input: GrantProgrammeBudgetChangeInput,
) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_BUDGET_CHANGE).await?;
    rules::programme(&row, GRANT_PROGRAMME_BUDGET_CHANGE, tx.now)?;
    let GrantProgrammeBudgetChangeInput { budget_yen, reason } = input;
    let mut checks = Checks::new();
    positive(&mut checks, "input.budgetYen", budget_yen);
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    let more = budget_yen.0 - row.budget_yen.0;
    if more == 0 {
        let (ja, en) = ("予算額が変わりません。", "The budget stays the same.");
        return Err(Error::Conflict(Refusal::new("UNCHANGED", ja, en)));
    }
    post(tx, &row, more, reason).await?;
    let mut next: grant_programme::ActiveModel = row.into();
    next.budget_yen = Set(budget_yen);
    next.update(tx).await?;
    outdated(tx).await?;
    Ok(id)
}

/// Moves the difference from the source of the money, or back to it.
async fn post(tx: &Tx, row: &grant_programme::Model, more: i64, reason: String) -> Result<()> {
    let when_short = if more > 0 {
        Refusal::new(
            "BUDGET_EXCEEDED",
            "予算の合計が扱える額を超えています。",
            "The budgets together are beyond range.",
        )
    } else {
        Refusal::new("BUDGET_ALLOCATED", "すでに配分した額を下回ります。", "More than this is allocated already.")
    };
    let journal = Journal {
        kind: "GRANT_BUDGET_CHANGED",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: reason,
        once: false,
        legs: transfer((AccountKind::Appropriation, tx.municipality()?.0), (AccountKind::Budget, row.id.0), Yen(more)),
        when_short,
    };
    ledger::post(tx, journal).await?;
    Ok(())
}
