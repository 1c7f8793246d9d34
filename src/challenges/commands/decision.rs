//! The screening of a proposal and its decision, by the town hall.

use async_graphql::InputObject;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::{PROPOSAL_ADOPT, PROPOSAL_PUBLISH, PROPOSAL_REJECT, PROPOSAL_SCREEN, begin, write};
use crate::challenges::commands::review::keep_apart;
use crate::challenges::entity::{ProposalId, ProposalState, review};
use crate::challenges::{notices, rules};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::read::DUTIES_APART;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::NotificationKind;

/// Begins the screening: the assigned reviewers can score.
pub async fn screen(tx: &Tx, id: ProposalId) -> Result<ProposalId> {
    let row = begin(tx, id, PROPOSAL_SCREEN).await?;
    keep_apart(tx, &row).await?;
    notices::screening(tx, &row).await?;
    write(tx, row, |row| row.state = Set(ProposalState::Screening)).await
}

/// 採択の内容。
#[derive(InputObject)]
pub struct ChallengeProposalAdoptInput {
    /// 採択する額。希望額まで。
    pub amount: Yen,
    /// 採択の理由。
    pub reason: String,
}

/// Adopts a proposal that all assigned reviewers have scored.
pub async fn adopt(tx: &Tx, id: ProposalId, input: ChallengeProposalAdoptInput) -> Result<ProposalId> {
    let row = begin(tx, id, PROPOSAL_ADOPT).await?;
    keep_apart(tx, &row).await?;
    let ChallengeProposalAdoptInput { amount, reason } = input;
    let average = rules::average(&totals(tx, id).await?);
    let mut checks = Checks::new();
    let (ja, en) = ("1円から希望額までで入力してください。", "1 yen to the requested amount.");
    checks.check(amount > Yen(0) && amount <= row.requested_yen, "input.amount", "RANGE", ja, en);
    let reason = checks.text("input.reason", &reason, 2000);
    checks.done()?;
    notices::answered(tx, &row, NotificationKind::ProposalAdopted).await?;
    let (by, now) = (tx.principal.account, tx.now);
    write(tx, row, move |row| {
        row.state = Set(ProposalState::Adopted);
        row.adopted_yen = Set(Some(amount));
        row.average_score = Set(average);
        row.decided_by = Set(by);
        row.decided_at = Set(Some(now));
        row.decision_reason = Set(Some(reason));
    })
    .await
}

/// Rejects a proposal that all assigned reviewers have scored.
pub async fn reject(tx: &Tx, id: ProposalId, reason: String) -> Result<ProposalId> {
    let row = begin(tx, id, PROPOSAL_REJECT).await?;
    keep_apart(tx, &row).await?;
    totals(tx, id).await?;
    let mut checks = Checks::new();
    let reason = checks.text("reason", &reason, 2000);
    checks.done()?;
    notices::answered(tx, &row, NotificationKind::ProposalRejected).await?;
    let (by, now) = (tx.principal.account, tx.now);
    write(tx, row, move |row| {
        row.state = Set(ProposalState::Rejected);
        row.decided_by = Set(by);
        row.decided_at = Set(Some(now));
        row.decision_reason = Set(Some(reason));
    })
    .await
}

/// The totals of all sheets; who filled one of them does not decide.
async fn totals(tx: &Tx, id: ProposalId) -> Result<Vec<i32>> {
    let reviews = review::Entity::find().filter(review::Column::ProposalId.eq(id)).all(tx).await?;
    if reviews.iter().any(|r| Some(r.reviewer_id) == tx.principal.account) {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    Ok(rules::all_scored(&reviews)?)
}

/// Shows an adopted proposal to everybody.
pub async fn publish(tx: &Tx, id: ProposalId) -> Result<ProposalId> {
    let row = begin(tx, id, PROPOSAL_PUBLISH).await?;
    keep_apart(tx, &row).await?;
    notices::answered(tx, &row, NotificationKind::ProposalPublished).await?;
    let now = tx.now;
    write(tx, row, move |row| {
        row.state = Set(ProposalState::Published);
        row.published_at = Set(Some(now));
    })
    .await
}
