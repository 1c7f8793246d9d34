//! How one post passes from one person to the next: the terms, the hand-over with its summary, the notices, and the job
//! of its day.

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::jobs;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::seating;
use crate::people::commands::{NewAppointment, appoint};
use crate::people::entity::{AppointmentId, appointment};
use crate::people::invitations::rules::may_give;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};
use crate::people::posts::commands::planned;
use crate::people::posts::entity::{HandoverId, HandoverState, PersonnelTransferId, PostId, handover, post};
use crate::people::posts::rules::{self, Terms};
use crate::people::posts::summary;
use crate::people::posts::taking_over::HANDOVER;
use crate::people::shapes::Account;
use crate::people::sso::mandatory;

/// What becomes of a post.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Who is next; nobody leaves it vacant.
    pub(super) successor: Option<AccountId>,
    /// From which day on.
    pub(super) takes_effect_on: Date,
    /// Until when, where that is not the remaining term.
    pub(super) ends_on: Option<Date>,
    /// Of which transfer it is a part.
    pub(super) transfer: Option<PersonnelTransferId>,
}

/// The appointment by which a post is held today or will be, locked.
pub(super) async fn holder(tx: &Tx, post: PostId) -> Result<Option<appointment::Model>> {
    let open = Condition::any()
        .add(appointment::Column::EndsOn.is_null())
        .add(appointment::Column::EndsOn.gte(Date(tx.today())));
    let found = appointment::Entity::find()
        .filter(appointment::Column::PostId.eq(post))
        .filter(appointment::Column::EndedAt.is_null())
        .filter(open)
        .order_by_desc(appointment::Column::StartsOn)
        .lock(LockType::NoKeyUpdate);
    Ok(found.one(tx).await?)
}

/// A post whose holder has been told to leave it.
pub(super) struct Vacated {
    post: post::Model,
    step: Step,
    terms: Terms,
    former_end: Option<Date>,
    predecessor: Option<(AccountId, AppointmentId)>,
}

/// Plans the hand-over of a post that was loaded for it; the caller has a turn. Where several pass on together, all are
/// left before the first is taken: else two who change places would hold both for a moment.
pub(super) async fn vacate(tx: &Tx, post: post::Model, step: Step) -> Result<Vacated> {
    if !may_give(&tx.principal, post.role, post.scope, post.scope_id) {
        return Err(Error::Forbidden("ROLE_ABOVE"));
    }
    if tx.principal.account.is_some() && tx.principal.account == step.successor {
        return Err(Error::Forbidden("SELF_APPOINTMENT"));
    }
    if let Some(successor) = step.successor {
        able(tx, successor).await?;
    }
    let holder = holder(tx, post.id).await?;
    if planned(tx, post.id).await?.is_some() || holder.as_ref().is_some_and(|h| h.starts_on.0 > tx.today()) {
        let (ja, en) = ("この役職にはすでに引継ぎの予定があります。", "A hand-over of the post is planned already.");
        return Err(Refusal::new("HANDOVER_PLANNED", ja, en).into());
    }
    if holder.is_none() && step.successor.is_none() {
        return Err(Refusal::new("VACANT", "この役職は欠員です。", "The post is vacant.").into());
    }
    let terms = check(tx, &post, holder.as_ref(), step)?;
    let former_end = holder.as_ref().and_then(|h| h.ends_on);
    let predecessor = holder.as_ref().map(|h| (h.account_id, h.id));
    if let Some(held) = holder {
        leave(tx, held, terms, step.takes_effect_on).await?;
    }
    Ok(Vacated { post, step, terms, former_end, predecessor })
}

/// The successor takes the post, today or on its day.
pub(super) async fn fill(tx: &Tx, vacated: Vacated) -> Result<HandoverId> {
    let Vacated { post, step, terms, former_end, predecessor } = vacated;
    let successor = match step.successor {
        Some(who) => Some((who, take(tx, &post, who, step.takes_effect_on, terms.ends_on).await?)),
        None => None,
    };
    // Where somebody takes a vacant post today, there is nothing left for the job to do.
    let done = predecessor.is_none() && step.takes_effect_on.0 == tx.today();
    let row = handover::ActiveModel {
        id: Set(HandoverId::new()),
        post_id: Set(post.id),
        transfer_id: Set(step.transfer),
        state: Set(if done { HandoverState::Done } else { HandoverState::Planned }),
        takes_effect_on: Set(step.takes_effect_on),
        predecessor_id: Set(predecessor.map(|p| p.0)),
        predecessor_appointment_id: Set(predecessor.map(|p| p.1)),
        former_end: Set(former_end),
        successor_id: Set(successor.map(|s| s.0)),
        successor_appointment_id: Set(successor.map(|s| s.1)),
        term_ends_on: Set(successor.and(terms.ends_on)),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    summary::renew(tx, &row).await?;
    if !done {
        jobs::enqueue(tx, HANDOVER, Some(row.id.0), rules::beginning(step.takes_effect_on).max(tx.now)).await?;
    }
    tell(tx, &row, NotificationKind::HandoverPlanned).await?;
    Ok(row.id)
}

/// Can the successor serve?
async fn able(tx: &Tx, successor: AccountId) -> Result<()> {
    let account = tx.peek::<Account>(successor, Action::READ).await?;
    if account.suspended_at.is_some() || account.support {
        let (ja, en) = ("このアカウントは停止されています。", "The account is suspended.");
        return Err(Refusal::new("SUSPENDED", ja, en).into());
    }
    Ok(())
}

fn check(tx: &Tx, post: &post::Model, holder: Option<&appointment::Model>, step: Step) -> Result<Terms> {
    let day = step.takes_effect_on;
    let mut checks = Checks::new();
    let (ja, en) = ("発令日は今日以後の日にしてください。", "The day is today or later.");
    checks.check(day.0 >= tx.today(), "input.takesEffectOn", "PAST", ja, en);
    let (ja, en) = ("役職が設けられる前の日です。", "The post is not there yet on that day.");
    checks.check(day >= post.established_on, "input.takesEffectOn", "ESTABLISHED", ja, en);
    let another = step.successor.is_none_or(|who| holder.is_none_or(|h| h.account_id != who));
    let (ja, en) = ("今就いている人を後任にすることはできません。", "Nobody succeeds themselves.");
    checks.check(another, "input.successorAccountId", "SELF", ja, en);
    let found = rules::terms(holder.map(|h| h.ends_on), day, step.ends_on);
    let (ja, en) = ("任期の終わりが始まりより前です。", "The term ends before it starts.");
    checks.check(found != Err("ORDER"), "input.endsOn", "ORDER", ja, en);
    let (ja, en) = ("前任の残任期間より後です。", "It is beyond the remaining term.");
    checks.check(found != Err("TERM"), "input.endsOn", "TERM", ja, en);
    checks.done()?;
    found.map_err(Error::internal)
}

/// The predecessor's rights end with the day before, or at once.
async fn leave(tx: &Tx, held: appointment::Model, terms: Terms, day: Date) -> Result<()> {
    if held.role == Role::Admin {
        mandatory::keeps_emergency(tx, held.account_id).await?;
    }
    let mut row: appointment::ActiveModel = held.into();
    if day.0 == tx.today() {
        row.ended_at = Set(Some(tx.now));
    } else if terms.last_day.is_some() {
        row.ends_on = Set(terms.last_day);
    } else {
        return Ok(());
    }
    row.update(tx).await?;
    Ok(())
}

async fn take(tx: &Tx, post: &post::Model, who: AccountId, from: Date, until: Option<Date>) -> Result<AppointmentId> {
    let new = NewAppointment {
        account_id: who,
        role: post.role,
        scope: post.scope,
        scope_id: post.scope_id,
        starts_on: from,
        ends_on: until,
    };
    appoint_to(tx, new, post.id).await
}

async fn appoint_to(tx: &Tx, new: NewAppointment, post: PostId) -> Result<AppointmentId> {
    let id = appoint(tx, new).await?;
    let held = appointment::ActiveModel { id: Set(id), post_id: Set(Some(post)), ..Default::default() };
    held.update(tx).await?;
    seating::seat_anew(tx).await?;
    Ok(id)
}

/// Tells both.
pub(super) async fn tell(tx: &Tx, row: &handover::Model, kind: NotificationKind) -> Result<()> {
    let post = post::Entity::find_by_id(row.post_id).one(tx).await?.ok_or(Error::NotFound)?;
    notify(tx, Notice::of(kind, row.id, &post.name).to(row.predecessor_id).to(row.successor_id)).await
}
