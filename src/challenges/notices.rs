//! Who is told of which act on a proposal. Everybody named here reads it: the office, the reviewers
//! appointed over it, its proposer, the organization it is made for.

use crate::challenges::entity::{ProposalId, proposal};
use crate::kernel::error::Result;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};

const REVIEWERS: &[Role] = &[Role::Reviewer];

/// Tells the planning staff that a proposal waits for its reviewers.
pub(super) async fn submitted(tx: &Tx, row: &proposal::Model) -> Result<()> {
    let notice = Notice::of(NotificationKind::ProposalSubmitted, row.id, &row.title);
    notify(tx, notice.to_hall(&[Role::PlanningStaff])).await
}

/// Tells those who were at work on a proposal that it is no more; nobody was at work on a draft.
pub(super) async fn withdrawn(tx: &Tx, row: &proposal::Model) -> Result<()> {
    if row.submitted_at.is_none() {
        return Ok(());
    }
    let notice = Notice::of(NotificationKind::ProposalWithdrawn, row.id, &row.title);
    let reviewed = notice.to_holders(REVIEWERS, ScopeKind::Proposal, Some(row.id.0));
    notify(tx, reviewed.to_hall(&[Role::PlanningStaff])).await
}

/// Tells somebody that they are a reviewer now.
pub(super) async fn assigned(tx: &Tx, id: ProposalId, title: &str, reviewer: AccountId) -> Result<()> {
    notify(tx, Notice::of(NotificationKind::ReviewAssigned, id, title).to(Some(reviewer))).await
}

/// Tells the reviewers that they can score.
pub(super) async fn screening(tx: &Tx, row: &proposal::Model) -> Result<()> {
    let notice = Notice::of(NotificationKind::ReviewStarted, row.id, &row.title);
    notify(tx, notice.to_holders(REVIEWERS, ScopeKind::Proposal, Some(row.id.0))).await
}

/// Tells the proposer, and the officers of the organization that proposes.
pub(super) async fn answered(tx: &Tx, row: &proposal::Model, kind: NotificationKind) -> Result<()> {
    let organization = row.organization_id.map(|id| id.0);
    let notice = Notice::of(kind, row.id, &row.title).to(Some(row.proposer_id));
    notify(tx, notice.to_holders(&[Role::OrgOfficer], ScopeKind::Organization, organization)).await
}
