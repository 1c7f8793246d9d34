//! Opening a session of support on the host, lending it a role, ending it.

use async_graphql::InputObject;
use chrono::{DateTime, Duration, Utc};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::jobs::{self, Kind};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role, ScopeKind, SessionId};
use crate::kernel::request::japan_day;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{AppointmentId, account, appointment, session as session_row};
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};
use crate::people::refresh;
use crate::people::session::{self, SessionTokens};
use crate::people::support::entity::{SupportRole, SupportSessionId, support_session};
use crate::people::support::rules::{self, LONGEST};
use crate::people::support::shapes::SupportSession;

/// 運用サポートに役割を貸す。
pub const SUPPORT_SESSION_LEND: Action = Action("supportSessionLend");
/// 運用サポートを終える。
pub const SUPPORT_SESSION_END: Action = Action("supportSessionEnd");

/// The name of the job that ends a session whose time is over; its subject is the session of support.
pub const SUPPORT_END: &str = "people.support_end";

/// Who comes, why, and for how long.
pub struct NewSupport<'n> {
    /// The person's name, as the municipality is to read it.
    pub operator: &'n str,
    /// Why.
    pub reason: &'n str,
    /// For how long, at most [`LONGEST`].
    pub duration: Duration,
}

/// Opens a session of support: an account of its own, which only looks, and its tokens.
///
/// # Errors
/// FORBIDDEN for everybody but the system; INVALID_INPUT for a time of none or more than four hours.
pub async fn open(tx: &Tx, issuer: &str, new: NewSupport<'_>) -> Result<(SupportSessionId, SessionTokens)> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    let mut checks = Checks::new();
    let operator = checks.text("operator", new.operator, 60);
    let reason = checks.text("reason", new.reason, 200);
    let (ja, en) = ("1分から4時間までにしてください。", "One minute to four hours.");
    checks.check((Duration::minutes(1)..=LONGEST).contains(&new.duration), "duration", "RANGE", ja, en);
    checks.done()?;
    let (id, until) = (SupportSessionId::new(), tx.now + new.duration);
    let account = account_of(tx, id, &operator).await?;
    appoint(tx, account, Role::Auditor, until).await?;
    let row = support_session::ActiveModel {
        id: Set(id),
        account_id: Set(account),
        operator: Set(operator),
        reason: Set(reason.clone()),
        opened_at: Set(tx.now),
        expires_at: Set(until),
        ..Default::default()
    };
    row.insert(tx).await?;
    let row = begin(tx, account, until).await?;
    let tokens = refresh::tokens(tx, issuer, &row, None).await?;
    jobs::enqueue(tx, SUPPORT_END, Some(id.0), until).await?;
    notify(tx, Notice::of(NotificationKind::SupportOpened, id, &reason).to_hall(&[Role::Admin])).await?;
    Ok((id, tokens))
}

/// Without a password: nobody signs in to it, nor proves anything with it.
async fn account_of(tx: &Tx, id: SupportSessionId, operator: &str) -> Result<AccountId> {
    let row = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(format!("{}@support.invalid", id.0.simple())),
        name: Set(format!("運用サポート({operator})")),
        name_kana: Set("うんようさぽーと".to_owned()),
        support: Set(true),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

async fn appoint(tx: &Tx, who: AccountId, role: Role, until: DateTime<Utc>) -> Result<()> {
    let row = appointment::ActiveModel {
        id: Set(AppointmentId::new()),
        account_id: Set(who),
        role: Set(role),
        scope: Set(ScopeKind::Municipality),
        starts_on: Set(Date(tx.today())),
        ends_on: Set(Some(Date(japan_day(until)))),
        appointed_by: Set(tx.principal.account),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// A session that ends with its time and has never proved anything.
async fn begin(tx: &Tx, account: AccountId, until: DateTime<Utc>) -> Result<session_row::Model> {
    let row = session_row::ActiveModel {
        id: Set(SessionId::new()),
        account_id: Set(account),
        device: Set("entaku support".to_owned()),
        lasting: Set(false),
        expires_at: Set(until),
        authenticated_at: Set(DateTime::UNIX_EPOCH),
        last_seen_at: Set(tx.now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// 貸す役割。
#[derive(InputObject)]
pub struct SupportSessionLendInput {
    /// 役割。
    pub role: SupportRole,
}

/// Lends support a role to write with, until it ends.
pub async fn lend(tx: &Tx, id: SupportSessionId, input: SupportSessionLendInput) -> Result<SupportSessionId> {
    let row = tx.load::<SupportSession>(id, SUPPORT_SESSION_LEND).await?;
    rules::support_session(&row, SUPPORT_SESSION_LEND, tx.now)?;
    let SupportSessionLendInput { role } = input;
    appoint(tx, row.account_id, role.into(), row.expires_at).await?;
    let mut row: support_session::ActiveModel = row.into();
    row.lent_role = Set(Some(role));
    row.lent_by = Set(tx.principal.account);
    row.lent_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(id)
}

/// Ends a session of support at once.
pub async fn end(tx: &Tx, id: SupportSessionId) -> Result<SupportSessionId> {
    let row = tx.load::<SupportSession>(id, SUPPORT_SESSION_END).await?;
    rules::support_session(&row, SUPPORT_SESSION_END, tx.now)?;
    close(tx, row).await?;
    Ok(id)
}

/// Nothing of it is left that opens anything: neither session nor role nor account.
async fn close(tx: &Tx, row: support_session::Model) -> Result<()> {
    session::end_others(tx, row.account_id, None, "SUPPORT_ENDED").await?;
    let held = appointment::Entity::find()
        .filter(appointment::Column::AccountId.eq(row.account_id))
        .filter(appointment::Column::EndedAt.is_null());
    for held in held.all(tx).await? {
        let mut held: appointment::ActiveModel = held.into();
        held.ended_at = Set(Some(tx.now));
        held.update(tx).await?;
    }
    let account =
        account::ActiveModel { id: Set(row.account_id), suspended_at: Set(Some(tx.now)), ..Default::default() };
    account.update(tx).await?;
    let mut row: support_session::ActiveModel = row.into();
    row.ended_at = Set(Some(tx.now));
    row.ended_by = Set(tx.principal.account);
    row.update(tx).await?;
    Ok(())
}

/// The newest sessions of support, for operators.
pub async fn newest(tx: &Tx) -> Result<Vec<support_session::Model>> {
    let found = support_session::Entity::find().order_by_desc(support_session::Column::OpenedAt).limit(50);
    Ok(found.all(tx).await?)
}

/// The job that ends sessions whose time is over. They can do nothing any more before it runs.
pub fn kind() -> Kind {
    Kind::new(SUPPORT_END, over)
}

fn over(tx: &Tx, id: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let found = support_session::Entity::find_by_id(SupportSessionId(id.unwrap_or_default()));
        match found.lock(LockType::NoKeyUpdate).one(tx).await? {
            Some(row) if row.ended_at.is_none() && row.expires_at <= tx.now => close(tx, row).await,
            _ => Ok(()),
        }
    })
}
