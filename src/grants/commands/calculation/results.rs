//! Publishing what a run found, and withdrawing that again. What was approved decides what organizations get; what is
//! published, what everybody reads of it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::calculation::freeze;
use crate::grants::commands::calculation::run::take_time;
use crate::grants::commands::{GRANT_RUN_PUBLISH, GRANT_RUN_WITHDRAW, MOST_REASON, not_among};
use crate::grants::entity::{GrantProgrammeState, GrantResultsState, GrantRunId, grant_run};
use crate::grants::rules;
use crate::grants::shapes::GrantRun;
use crate::kernel::error::Result;
use crate::kernel::read::sql::Param;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// Publishes the results of an approved run. Somebody else than all who approved it does. The allocations that it made
/// become everybody's with it.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART for whoever approved it, by itself or in its route; CONFLICT/NOT_APPROVED, CONFLICT/PUBLISHED,
/// CONFLICT/SUPERSEDED where a correction was approved since, and CONFLICT/PROGRAMME_DRAFT where nobody could read them
/// anyway, and CONFLICT/DISCARDED where nobody ever will.
pub async fn publish_run(tx: &Tx, id: GrantRunId) -> Result<GrantRunId> {
    let row = tx.load::<GrantRun>(id, GRANT_RUN_PUBLISH).await?;
    if row.programme_state == GrantProgrammeState::Draft {
        rules::wanted(&freeze::programme_of(tx, &row).await?)?;
    }
    rules::grant_run(&row, GRANT_RUN_PUBLISH, tx.now)?;
    not_among(tx, "entaku_run_approvers(?)", [Param::Uuid(Some(id.0))]).await?;
    take_time(tx).await?;
    let mut next: grant_run::ActiveModel = row.into();
    next.results_state = Set(GrantResultsState::Published);
    next.results_published_at = Set(Some(tx.now));
    next.results_published_by = Set(tx.principal.account);
    next.update(tx).await?;
    Ok(id)
}

/// 公表の取下げ。
#[derive(InputObject)]
pub struct GrantRunWithdrawInput {
    /// 理由。職員が読み、記録に残る。
    pub reason: String,
}

/// Withdraws published results: the public reads nothing of them any more. They stay approved, and may be published
/// again.
///
/// # Errors
/// CONFLICT/NOT_PUBLISHED.
pub async fn withdraw_run(tx: &Tx, id: GrantRunId, input: GrantRunWithdrawInput) -> Result<GrantRunId> {
    let row = tx.load::<GrantRun>(id, GRANT_RUN_WITHDRAW).await?;
    rules::grant_run(&row, GRANT_RUN_WITHDRAW, tx.now)?;
    let GrantRunWithdrawInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    take_time(tx).await?;
    let mut next: grant_run::ActiveModel = row.into();
    next.results_state = Set(GrantResultsState::Withdrawn);
    next.results_withdrawn_at = Set(Some(tx.now));
    next.results_withdrawn_by = Set(tx.principal.account);
    next.results_withdrawn_reason = Set(Some(reason));
    next.update(tx).await?;
    Ok(id)
}
