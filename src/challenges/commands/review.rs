//! Reviewers and their sheets.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter, Set};

use super::{REVIEWER_ASSIGN, SCORE_RECORD, begin};
use crate::challenges::entity::{
    CallId, CriterionId, ProposalId, ReviewId, ScoreId, criterion, proposal, review, score,
};
use crate::challenges::shapes::{ChallengeProposal, ChallengeReview};
use crate::challenges::{notices, rules};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::read::DUTIES_APART;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::commands::{NewAppointment, appoint, refuse_oneself};
use crate::people::entity::{AppointmentId, appointment};
use crate::people::shapes::Account;

/// 審査員の割り当て。
#[derive(InputObject)]
pub struct ChallengeReviewerAssignInput {
    /// 提案。
    pub proposal_id: ProposalId,
    /// 審査員。自治体または公募の審査員に任命されている人。
    pub account_id: AccountId,
}

/// Assigns a reviewer to a proposal and so appoints them over it, which lets them read it.
pub async fn assign_reviewer(tx: &Tx, input: ChallengeReviewerAssignInput) -> Result<ReviewId> {
    let ChallengeReviewerAssignInput { proposal_id, account_id } = input;
    let proposal = begin(tx, proposal_id, REVIEWER_ASSIGN).await?;
    keep_apart(tx, &proposal).await?;
    refuse_oneself(tx, account_id)?;
    tx.peek::<Account>(account_id, Action::READ).await?;
    let held = appointments(tx, account_id).await?;
    if is_party(&proposal, account_id, &held) {
        return Err(conflict_of_interest());
    }
    let mut checks = Checks::new();
    let (ja, en) = ("審査員に任命されていません。", "Not appointed as a reviewer.");
    checks.check(is_reviewer(&held, proposal.call_id), "input.accountId", "NOT_A_REVIEWER", ja, en);
    checks.done()?;
    let row = review::ActiveModel {
        id: Set(ReviewId::new()),
        proposal_id: Set(proposal_id),
        proposer_id: Set(proposal.proposer_id),
        reviewer_id: Set(account_id),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    appoint_over(tx, account_id, proposal_id).await?;
    notices::assigned(tx, proposal_id, &proposal.title, account_id).await?;
    Ok(id)
}

/// The appointments of an account that are in force.
async fn appointments(tx: &Tx, account: AccountId) -> Result<Vec<appointment::Model>> {
    let today = Date(tx.today());
    let open = Condition::any().add(appointment::Column::EndsOn.is_null()).add(appointment::Column::EndsOn.gte(today));
    let found = appointment::Entity::find()
        .filter(appointment::Column::AccountId.eq(account))
        .filter(appointment::Column::EndedAt.is_null())
        .filter(appointment::Column::StartsOn.lte(today))
        .filter(open);
    Ok(found.all(tx).await?)
}

fn is_reviewer(held: &[appointment::Model], call: CallId) -> bool {
    held.iter().filter(|a| a.role == Role::Reviewer).any(|a| match a.scope {
        ScopeKind::Municipality => true,
        ScopeKind::Call => a.scope_id == Some(call.0),
        _ => false,
    })
}

/// Who proposed, or holds anything over the organization that proposes, is no reviewer of it.
fn is_party(proposal: &proposal::Model, account: AccountId, held: &[appointment::Model]) -> bool {
    let of_organization = |a: &appointment::Model| {
        a.scope == ScopeKind::Organization
            && a.scope_id.is_some()
            && a.scope_id == proposal.organization_id.map(|o| o.0)
    };
    proposal.proposer_id == account || held.iter().any(of_organization)
}

/// Refuses an act on a proposal to those who belong to what proposes it.
pub(super) async fn keep_apart(tx: &Tx, proposal: &proposal::Model) -> Result<()> {
    let Some(own) = tx.principal.account else { return Ok(()) };
    if is_party(proposal, own, &appointments(tx, own).await?) {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    Ok(())
}

/// May somebody who takes over a sheet read the proposal and score it? Then they are appointed over it.
pub(in crate::challenges) async fn may_review(tx: &Tx, proposal: &proposal::Model, account: AccountId) -> Result<bool> {
    if is_party(proposal, account, &appointments(tx, account).await?) {
        return Ok(false);
    }
    appoint_over(tx, account, proposal.id).await?;
    Ok(true)
}

fn conflict_of_interest() -> Error {
    Error::Conflict(Refusal::new(
        "CONFLICT_OF_INTEREST",
        "提案者または提案した組織の関係者は審査できません。",
        "Who proposed, or belongs to the proposing organization, cannot review.",
    ))
}

async fn appoint_over(tx: &Tx, account: AccountId, proposal: ProposalId) -> Result<AppointmentId> {
    let new = NewAppointment {
        account_id: account,
        role: Role::Reviewer,
        scope: ScopeKind::Proposal,
        scope_id: Some(proposal.0),
        starts_on: Date(tx.today()),
        ends_on: None,
    };
    appoint(tx, new).await
}

/// 審査基準一つの採点。
#[derive(InputObject)]
pub struct ChallengeCriterionScoreInput {
    /// 審査基準。
    pub criterion_id: CriterionId,
    /// 点数(0から配点まで)。
    pub score: i32,
}

/// 採点表。
#[derive(InputObject)]
pub struct ChallengeScoreRecordInput {
    /// すべての審査基準の点数。
    pub scores: Vec<ChallengeCriterionScoreInput>,
    /// 講評。
    pub comment: Option<String>,
}

/// Fills the sheet of the reviewer who asks, once.
pub async fn record_score(tx: &Tx, id: ReviewId, input: ChallengeScoreRecordInput) -> Result<ReviewId> {
    let row = tx.load::<ChallengeReview>(id, SCORE_RECORD).await?;
    rules::review(&row, SCORE_RECORD, tx.now)?;
    let proposal = tx.load::<ChallengeProposal>(row.proposal_id, Action::READ).await?;
    rules::proposal(&proposal, SCORE_RECORD, tx.now)?;
    let held = appointments(tx, row.reviewer_id).await?;
    if is_party(&proposal, row.reviewer_id, &held) {
        return Err(conflict_of_interest());
    }
    if !is_reviewer(&held, proposal.call_id) {
        return Err(Error::Forbidden("NOT_A_REVIEWER"));
    }
    let ChallengeScoreRecordInput { scores, comment } = input;
    let scores: Vec<_> = scores.into_iter().map(|s| (s.criterion_id, s.score)).collect();
    let criteria = criterion::Entity::find().filter(criterion::Column::CallId.eq(proposal.call_id)).all(tx).await?;
    let mut checks = Checks::new();
    let comment = checks.optional("input.comment", comment.as_deref(), 2000);
    let total = rules::sheet(&criteria, &scores)?;
    checks.done()?;
    for criterion in &criteria {
        let given = scores.iter().find(|(id, _)| *id == criterion.id).map_or(0, |(_, score)| *score);
        write_score(tx, &row, criterion, given).await?;
    }
    let mut row: review::ActiveModel = row.into();
    row.scored_at = Set(Some(tx.now));
    row.total = Set(Some(total));
    row.comment = Set(comment);
    row.update(tx).await?;
    Ok(id)
}

async fn write_score(tx: &Tx, sheet: &review::Model, criterion: &criterion::Model, points: i32) -> Result<()> {
    let row = score::ActiveModel {
        id: Set(ScoreId::new()),
        review_id: Set(sheet.id),
        proposer_id: Set(sheet.proposer_id),
        reviewer_id: Set(sheet.reviewer_id),
        criterion_id: Set(criterion.id),
        max_score: Set(criterion.max_score),
        score: Set(points),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}
