//! What a reviewer's successor in a post takes over: the sheets that are not filled yet. A sheet of a proposal in which
//! the successor has a part stays where it is; the office assigns somebody else.

use futures_util::future::BoxFuture;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::challenges::commands::may_review;
use crate::challenges::entity::{proposal, review};
use crate::challenges::notices;
use crate::kernel::error::Result;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::people::posts::taking_over::Relay;

/// Passes the predecessor's open sheets to the successor.
pub fn take_over<'t>(tx: &'t Tx, relay: &'t Relay) -> BoxFuture<'t, Result<()>> {
    Box::pin(pass(tx, relay))
}

async fn pass(tx: &Tx, relay: &Relay) -> Result<()> {
    let (Role::Reviewer, Some(from), Some(to)) = (relay.role, relay.from, relay.to) else { return Ok(()) };
    let open = review::Entity::find()
        .filter(review::Column::ReviewerId.eq(from))
        .filter(review::Column::ScoredAt.is_null())
        .lock(LockType::NoKeyUpdate);
    for row in open.all(tx).await? {
        let Some(proposal) = proposal::Entity::find_by_id(row.proposal_id).one(tx).await? else { continue };
        let of_post = match relay.scope {
            ScopeKind::Municipality => true,
            ScopeKind::Call => relay.scope_id == Some(proposal.call_id.0),
            ScopeKind::Proposal => relay.scope_id == Some(proposal.id.0),
            _ => false,
        };
        let twice = review::Entity::find()
            .filter(review::Column::ProposalId.eq(row.proposal_id))
            .filter(review::Column::ReviewerId.eq(to));
        if !of_post || twice.one(tx).await?.is_some() || !may_review(tx, &proposal, to).await? {
            continue;
        }
        let mut row: review::ActiveModel = row.into();
        row.reviewer_id = Set(to);
        row.update(tx).await?;
        notices::assigned(tx, proposal.id, &proposal.title, to).await?;
    }
    Ok(())
}
