//! What is done with calls, proposals and reviews.

mod call;
mod decision;
mod proposal;
mod review;

pub use call::{
    ChallengeCallCreateInput, ChallengeCriterionAddInput, add_criterion, close_call, create_call, open_call,
};
pub use decision::{ChallengeProposalAdoptInput, adopt, publish, reject, screen};
pub use proposal::{
    ChallengeProposalChangeInput, ChallengeProposalCreateInput, change_proposal, create_proposal, submit, withdraw,
};
pub(super) use review::may_review;
pub use review::{
    ChallengeCriterionScoreInput, ChallengeReviewerAssignInput, ChallengeScoreRecordInput, assign_reviewer,
    record_score,
};

use sea_orm::ActiveModelTrait;

use crate::challenges::entity::{ProposalId, proposal as proposal_row};
use crate::challenges::rules;
use crate::challenges::shapes::ChallengeProposal;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;

/// 公募を作る。
pub const CALL_CREATE: Action = Action("challengeCallCreate");
/// 審査基準を加える。
pub const CRITERION_ADD: Action = Action("challengeCriterionAdd");
/// 公募を始める。
pub const CALL_OPEN: Action = Action("challengeCallOpen");
/// 公募を終える。
pub const CALL_CLOSE: Action = Action("challengeCallClose");
/// 提案の下書きを作る。
pub const PROPOSAL_CREATE: Action = Action("challengeProposalCreate");
/// 提案の下書きを変える。
pub const PROPOSAL_CHANGE: Action = Action("challengeProposalChange");
/// 提案を提出する。
pub const PROPOSAL_SUBMIT: Action = Action("challengeProposalSubmit");
/// 提案を取り下げる。
pub const PROPOSAL_WITHDRAW: Action = Action("challengeProposalWithdraw");
/// 審査員を割り当てる。
pub const REVIEWER_ASSIGN: Action = Action("challengeReviewerAssign");
/// 採点する。
pub const SCORE_RECORD: Action = Action("challengeScoreRecord");
/// 審査を始める。
pub const PROPOSAL_SCREEN: Action = Action("challengeProposalScreen");
/// 採択する。
pub const PROPOSAL_ADOPT: Action = Action("challengeProposalAdopt");
/// 不採択とする。
pub const PROPOSAL_REJECT: Action = Action("challengeProposalReject");
/// 採択を公開する。
pub const PROPOSAL_PUBLISH: Action = Action("challengeProposalPublish");

/// Finds, locks and authorizes a proposal, and asks the rules whether now is the time.
async fn begin(tx: &Tx, id: ProposalId, action: Action) -> Result<proposal_row::Model> {
    let row = tx.load::<ChallengeProposal>(id, action).await?;
    rules::proposal(&row, action, tx.now)?;
    Ok(row)
}

/// Writes a proposal whose columns `set` has changed.
async fn write(
    tx: &Tx,
    row: proposal_row::Model,
    set: impl FnOnce(&mut proposal_row::ActiveModel) + Send,
) -> Result<ProposalId> {
    let id = row.id;
    let mut row: proposal_row::ActiveModel = row.into();
    set(&mut row);
    row.update(tx).await?;
    Ok(id)
}
