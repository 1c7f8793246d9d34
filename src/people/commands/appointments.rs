//! Appointments: by an administrator, or as part of another noun's act.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, EntityTrait, QuerySelect, Set, sea_query::LockType};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::seating;
use crate::people::entity::{AppointmentId, account, appointment};
use crate::people::posts::personnel;
use crate::people::shapes::{Account, Appointment};
use crate::people::sso::mandatory;
use crate::people::{rules, scope as scopes};

/// 任命する。
pub const APPOINTMENT_CREATE: Action = Action("appointmentCreate");
/// 任命を終える。
pub const APPOINTMENT_END: Action = Action("appointmentEnd");

/// 任命の内容。
#[derive(InputObject)]
pub struct AppointmentCreateInput {
    /// 任命される人。
    pub account_id: AccountId,
    /// 役割。
    pub role: Role,
    /// 対象の種類。
    pub scope: ScopeKind,
    /// 対象の ID。自治体全体なら指定しない。
    pub scope_id: Option<async_graphql::ID>,
    /// 任期の始まり。
    pub starts_on: Date,
    /// 任期の終わり。定めがなければ指定しない。
    pub ends_on: Option<Date>,
}

/// Appoints somebody. Nobody appoints themselves.
pub async fn create_appointment(tx: &Tx, input: AppointmentCreateInput) -> Result<AppointmentId> {
    tx.may_create::<Appointment>(APPOINTMENT_CREATE, &[])?;
    let AppointmentCreateInput { account_id, role, scope, scope_id, starts_on, ends_on } = input;
    refuse_oneself(tx, account_id)?;
    tx.peek::<Account>(account_id, Action::READ).await?;
    let scope_id = scopes::find(tx, scope, scope_id.as_ref().map(|id| id.as_str())).await?;
    let mut checks = Checks::new();
    let ordered = ends_on.is_none_or(|end| end >= starts_on);
    checks.check(
        ordered,
        "input.endsOn",
        "ORDER",
        "任期の終わりが始まりより前です。",
        "The term ends before it starts.",
    );
    checks.done()?;
    appoint(tx, NewAppointment { account_id, role, scope, scope_id, starts_on, ends_on }).await
}

/// Nobody appoints themselves.
///
/// # Errors
/// FORBIDDEN/SELF_APPOINTMENT.
pub fn refuse_oneself(tx: &Tx, account: AccountId) -> Result<()> {
    if tx.principal.account == Some(account) { Err(Error::Forbidden("SELF_APPOINTMENT")) } else { Ok(()) }
}

/// An appointment that an act of a noun brings with it.
pub struct NewAppointment {
    /// Who is appointed.
    pub account_id: AccountId,
    /// As what.
    pub role: Role,
    /// Over which kind of thing.
    pub scope: ScopeKind,
    /// Over which one.
    pub scope_id: Option<Uuid>,
    /// The first day.
    pub starts_on: Date,
    /// The last day.
    pub ends_on: Option<Date>,
}

/// Makes the appointment that an act of a noun brings with it. The noun has authorized its act and
/// checked its input; that nobody appoints themselves, and that support gives no roles, holds here too.
pub async fn appoint(tx: &Tx, new: NewAppointment) -> Result<AppointmentId> {
    let NewAppointment { account_id, role, scope, scope_id, starts_on, ends_on } = new;
    refuse_oneself(tx, account_id)?;
    if tx.principal.support.is_some() {
        return Err(Error::Forbidden("ROLE_ABOVE"));
    }
    let who = account::Entity::find_by_id(account_id).one(tx).await?.ok_or(Error::NotFound)?;
    if who.support {
        let (ja, en) = ("運用サポートのアカウントには任命できません。", "Support holds no appointment but its own.");
        return Err(Refusal::new("SUPPORT_ACCOUNT", ja, en).into());
    }
    mandatory::comes_in(tx, account_id, role).await?;
    let row = appointment::ActiveModel {
        id: Set(AppointmentId::new()),
        account_id: Set(account_id),
        role: Set(role),
        scope: Set(scope),
        scope_id: Set(scope_id),
        starts_on: Set(starts_on),
        ends_on: Set(ends_on),
        appointed_by: Set(tx.principal.account),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    personnel::keeps_apart(tx, account_id).await?;
    seating::seat_anew(tx).await?;
    Ok(id)
}

/// Ends an appointment at once.
pub async fn end_appointment(tx: &Tx, id: AppointmentId) -> Result<AppointmentId> {
    let row = tx.load::<Appointment>(id, APPOINTMENT_END).await?;
    rules::appointment(&row, APPOINTMENT_END, tx.now)?;
    refuse_oneself(tx, row.account_id)?;
    relieve(tx, row).await?;
    Ok(id)
}

/// Ends the appointment that an act of a noun brought with it, where it has not ended already. The noun
/// has authorized its act.
pub async fn end_office(tx: &Tx, id: AppointmentId) -> Result<()> {
    let row = appointment::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?.ok_or(Error::NotFound)?;
    if rules::appointment(&row, APPOINTMENT_END, tx.now).is_err() {
        return Ok(());
    }
    refuse_oneself(tx, row.account_id)?;
    relieve(tx, row).await
}

async fn relieve(tx: &Tx, row: appointment::Model) -> Result<()> {
    let turn = if row.role == Role::Admin { Some(personnel::turn(tx).await?) } else { None };
    if row.role == Role::Admin {
        mandatory::keeps_emergency(tx, row.account_id).await?;
    }
    let mut row: appointment::ActiveModel = row.into();
    row.ended_at = Set(Some(tx.now));
    row.update(tx).await?;
    match turn {
        Some(turn) => turn.keeps_administrator(tx).await,
        None => Ok(()),
    }
}
