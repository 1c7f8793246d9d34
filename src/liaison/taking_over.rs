//! What a liaison's successor in a post takes over besides the role: the assignment to the district, for the remaining
//! term. Requests belong to the district and need no passing on.

use futures_util::future::BoxFuture;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::liaison::entity::{LiaisonAssignmentId, LiaisonAssignmentState, assignment};
use crate::liaison::rules;
use crate::organizations::entity::DistrictId;
use crate::people::commands::end_office;
use crate::people::entity::account;
use crate::people::posts::taking_over::Relay;

/// Passes the predecessor's assignments to the successor.
pub fn take_over<'t>(tx: &'t Tx, relay: &'t Relay) -> BoxFuture<'t, Result<()>> {
    Box::pin(pass(tx, relay))
}

async fn pass(tx: &Tx, relay: &Relay) -> Result<()> {
    let (Some(from), Some(district)) = (relay.from, relay.scope_id) else { return Ok(()) };
    if relay.scope != ScopeKind::District || ![Role::Liaison, Role::Coordinator].contains(&relay.role) {
        return Ok(());
    }
    let held = assignment::Entity::find()
        .filter(assignment::Column::AccountId.eq(from))
        .filter(assignment::Column::DistrictId.eq(DistrictId(district)))
        .filter(assignment::Column::State.eq(LiaisonAssignmentState::Appointed))
        .lock(LockType::NoKeyUpdate);
    let twice = assignment::Entity::find()
        .filter(assignment::Column::DistrictId.eq(DistrictId(district)))
        .filter(assignment::Column::State.is_in([LiaisonAssignmentState::Proposed, LiaisonAssignmentState::Appointed]));
    let others = twice.all(tx).await?;
    for row in held.all(tx).await?.into_iter().filter(|row| rules::role_of(row.kind) == relay.role) {
        relieve(tx, &row, relay).await?;
        if !others.iter().any(|other| Some(other.account_id) == relay.to && other.kind == row.kind) {
            succeed(tx, &row, relay).await?;
        }
    }
    Ok(())
}

async fn relieve(tx: &Tx, row: &assignment::Model, relay: &Relay) -> Result<()> {
    if let Some(office) = row.appointment_id {
        end_office(tx, office).await?;
    }
    let mut row: assignment::ActiveModel = row.clone().into();
    row.state = Set(LiaisonAssignmentState::Relieved);
    row.ended_on = Set(Some(relay.on));
    row.relief_reason = Set(Some(format!("「{}」の引継ぎ", relay.post)));
    row.update(tx).await?;
    Ok(())
}

/// The successor's assignment stands on the appointment to the post.
async fn succeed(tx: &Tx, before: &assignment::Model, relay: &Relay) -> Result<()> {
    let (Some(to), Some(office)) = (relay.to, relay.appointment) else { return Ok(()) };
    let Some(account) = account::Entity::find_by_id(to).one(tx).await? else { return Ok(()) };
    let earliest = |one: Option<Date>, other: Option<Date>| one.into_iter().chain(other).min();
    let row = assignment::ActiveModel {
        id: Set(LiaisonAssignmentId::new()),
        account_id: Set(to),
        staff_name: Set(account.name),
        district_id: Set(before.district_id),
        role: Set(before.role),
        kind: Set(before.kind),
        state: Set(LiaisonAssignmentState::Appointed),
        term_start: Set(relay.on),
        term_end: Set(earliest(before.term_end.filter(|end| *end >= relay.on), relay.ends_on)),
        appointment_id: Set(Some(office)),
        predecessor_id: Set(Some(before.id)),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}
