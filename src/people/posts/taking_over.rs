//! The job of a hand-over's day: what belongs to the person and not to the role passes to the successor. Rights need no
//! job; they pass with the dates of the appointments.

use futures_util::future::BoxFuture;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, EntityTrait, QuerySelect, Set};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::jobs::Kind;
use crate::kernel::principal::{AccountId, AppointmentId, Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::people::approvals::seating;
use crate::people::entity::appointment;
use crate::people::posts::entity::{HandoverId, HandoverState, handover, post};
use crate::people::posts::summary;

/// The name of the job; its subject is a hand-over.
pub const HANDOVER: &str = "people.handover";

/// A post that has passed on.
#[derive(Clone, Debug)]
pub struct Relay {
    /// What it is called.
    pub post: String,
    /// What its holder is.
    pub role: Role,
    /// Over which kind of thing.
    pub scope: ScopeKind,
    /// Over which one.
    pub scope_id: Option<Uuid>,
    /// Who held it.
    pub from: Option<AccountId>,
    /// Who holds it now.
    pub to: Option<AccountId>,
    /// By which appointment.
    pub appointment: Option<AppointmentId>,
    /// From which day on.
    pub on: Date,
    /// Until which day.
    pub ends_on: Option<Date>,
}

/// What a noun does with what the predecessor had in person.
pub type TakeOver = for<'t> fn(&'t Tx, &'t Relay) -> BoxFuture<'t, Result<()>>;

/// The kind of this job, with what the nouns do in it.
pub fn kind(nouns: Vec<TakeOver>) -> Kind {
    Kind::new(HANDOVER, move |tx, id| {
        let nouns = nouns.clone();
        Box::pin(async move { run(tx, id, &nouns).await })
    })
}

/// The appointment of the successor, unless it was ended before it began.
async fn serving(tx: &Tx, row: &handover::Model) -> Result<Option<AppointmentId>> {
    let Some(id) = row.successor_appointment_id else { return Ok(None) };
    let found = appointment::Entity::find_by_id(id).one(tx).await?;
    Ok(found.filter(|held| held.ended_at.is_none()).map(|held| held.id))
}

/// May run twice: what is done is left.
async fn run(tx: &Tx, id: Option<Uuid>, nouns: &[TakeOver]) -> Result<()> {
    let id = HandoverId(id.unwrap_or_default());
    let Some(row) = handover::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await? else { return Ok(()) };
    if row.state != HandoverState::Planned || row.takes_effect_on.0 > tx.today() {
        return Ok(());
    }
    summary::renew(tx, &row).await?;
    let appointment = serving(tx, &row).await?;
    let post = post::Entity::find_by_id(row.post_id).one(tx).await?.ok_or(Error::NotFound)?;
    let relay = Relay {
        post: post.name,
        role: post.role,
        scope: post.scope,
        scope_id: post.scope_id,
        from: row.predecessor_id,
        to: appointment.and(row.successor_id),
        appointment,
        on: row.takes_effect_on,
        ends_on: row.term_ends_on,
    };
    for take_over in nouns {
        take_over(tx, &relay).await?;
    }
    seating::seat_anew(tx).await?;
    let mut row: handover::ActiveModel = row.into();
    row.state = Set(HandoverState::Done);
    row.update(tx).await?;
    Ok(())
}
