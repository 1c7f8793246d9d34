//! From a token to a principal: session, account and appointments in one statement.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, Appointment, AppointmentId, Principal, SessionId, Support};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::{FlatRow, Ty};
use crate::kernel::request::Request;
use crate::kernel::text_enum::from_word;
use crate::kernel::tx::{Database, Tx};
use crate::people::rules::Limits;

/// A session that holds.
pub struct Found {
    /// Who uses it.
    pub principal: Principal,
    /// When it was last written that it is in use.
    pub last_seen_at: DateTime<Utc>,
}

/// The principal of a session, inside the transaction's municipality.
///
/// # Errors
/// UNAUTHENTICATED when the session has ended or is over or the account is suspended.
pub async fn principal(tx: &Tx, session: SessionId, account: AccountId) -> Result<Principal> {
    let rows = tx.ask(query(tx, session, account)).await?;
    Ok(of_rows(session, account, &rows, tx.now)?.principal)
}

/// What an account is appointed to now, whether or not it is signed in; nothing for one that is suspended.
pub async fn appointed(tx: &Tx, account: AccountId) -> Result<Option<Principal>> {
    let mut sql = Sql::new(
        "SELECT p.role, p.scope, p.scope_id, p.id FROM accounts a \
         LEFT JOIN appointments p ON p.municipality_id = a.municipality_id AND p.account_id = a.id \
         AND p.ended_at IS NULL AND ",
    );
    let today = Param::Date(Some(tx.today()));
    sql.fill("p.starts_on <= ? AND (p.ends_on IS NULL OR p.ends_on >= ?) WHERE ", [today.clone(), today]);
    sql.fill("a.id = ? AND a.suspended_at IS NULL", [Param::Uuid(Some(account.0))]);
    let rows = tx.ask(sql).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(Principal { account: Some(account), appointments: appointments(&rows)?, ..Principal::default() }))
}

/// As [`principal`], read on its own.
pub async fn lookup(
    database: &Database,
    request: &Arc<Request>,
    session: SessionId,
    account: AccountId,
) -> Result<Found> {
    let rows = database.ask(request, query(request, session, account)).await?;
    of_rows(session, account, &rows, request.now)
}

fn query(request: &Request, session: SessionId, account: AccountId) -> Sql {
    let mut sql = Sql::new(
        "SELECT p.role, p.scope, p.scope_id, p.id, s.lasting, s.created_at, s.last_seen_at, s.authenticated_at, \
         w.id IS NULL AND a.second_factor_at IS NULL AND NOT s.provider_second_factor \
         AND (SELECT m.second_factor_required FROM municipality_settings m), \
         w.reason, w.lent_role IS NOT NULL \
         FROM sessions s JOIN accounts a ON a.municipality_id = s.municipality_id AND a.id = s.account_id \
         LEFT JOIN support_sessions w ON w.municipality_id = a.municipality_id AND w.account_id = a.id \
         LEFT JOIN appointments p ON p.municipality_id = a.municipality_id AND p.account_id = a.id \
         AND p.ended_at IS NULL AND ",
    );
    let today = Param::Date(Some(request.today()));
    sql.fill("p.starts_on <= ? AND (p.ends_on IS NULL OR p.ends_on >= ?) WHERE ", [today.clone(), today]);
    sql.fill("s.id = ? AND s.account_id = ?", [Param::Uuid(Some(session.0)), Param::Uuid(Some(account.0))]);
    sql.fill(" AND s.ended_at IS NULL AND s.expires_at > ?", [Param::Time(Some(request.now))]);
    sql.push(" AND a.suspended_at IS NULL");
    sql
}

fn of_rows(session: SessionId, account: AccountId, rows: &[FlatRow], now: DateTime<Utc>) -> Result<Found> {
    let first = rows.first().ok_or(Error::Unauthenticated)?;
    let mut appointments = appointments(rows)?;
    let acts_for_the_town = appointments.iter().any(|a| a.role.acts_for_the_town());
    let last_seen_at = first.get(6, Ty::Time)?;
    if !Limits::of(first.get(4, Ty::Bool)?, acts_for_the_town).hold(first.get(5, Ty::Time)?, last_seen_at, now) {
        return Err(Error::Unauthenticated);
    }
    let factor_missing = first.get::<Option<bool>>(8, Ty::Bool)?.unwrap_or(false);
    let must_enrol = acts_for_the_town && factor_missing;
    if must_enrol {
        // Until then they hold nothing, whatever they ask for.
        appointments.clear();
    }
    let proved_at = Some(first.get(7, Ty::Time)?);
    let reason = first.get::<Option<String>>(9, Ty::Text)?;
    let writes = first.get(10, Ty::Bool)?;
    let support = reason.map(|purpose| Support { purpose, writes });
    let (account, session) = (Some(account), Some(session));
    Ok(Found {
        principal: Principal { account, session, appointments, proved_at, must_enrol, support, system: None },
        last_seen_at,
    })
}

/// The appointments in the first columns of some rows, the oldest first.
fn appointments(rows: &[FlatRow]) -> Result<Vec<Appointment>> {
    let mut found = Vec::new();
    for row in rows {
        if let Some(role) = row.get::<Option<&str>>(0, Ty::Text)? {
            found.push(Appointment {
                role: from_word(role)?,
                scope: from_word(row.get(1, Ty::Text)?)?,
                scope_id: row.get(2, Ty::Uuid)?,
                id: AppointmentId(row.get(3, Ty::Uuid)?),
            });
        }
    }
    found.sort_unstable_by_key(|appointment| appointment.id);
    Ok(found)
}

/// The principal of an account that has no session here: what it asked for earlier is done with the rights of now.
/// They are those that a session would have.
///
/// # Errors
/// UNAUTHENTICATED when the account is suspended.
pub async fn of_account(tx: &Tx, account: AccountId) -> Result<Principal> {
    let mut sql = Sql::new(
        "SELECT p.role, p.scope, p.scope_id, p.id, \
         a.second_factor_at IS NULL AND (SELECT m.second_factor_required FROM municipality_settings m) \
         AND NOT EXISTS (SELECT FROM sessions s WHERE s.municipality_id = a.municipality_id AND s.account_id = a.id \
         AND s.ended_at IS NULL AND s.provider_second_factor) FROM accounts a \
         LEFT JOIN appointments p ON p.municipality_id = a.municipality_id AND p.account_id = a.id \
         AND p.ended_at IS NULL AND ",
    );
    let today = Param::Date(Some(tx.today()));
    sql.fill("p.starts_on <= ? AND (p.ends_on IS NULL OR p.ends_on >= ?) ", [today.clone(), today]);
    sql.fill("WHERE a.id = ? AND a.suspended_at IS NULL", [Param::Uuid(Some(account.0))]);
    let rows = tx.ask(sql).await?;
    let factor_missing = rows.first().ok_or(Error::Unauthenticated)?.get::<Option<bool>>(4, Ty::Bool)?.unwrap_or(false);
    let mut appointments = appointments(&rows)?;
    let must_enrol = factor_missing && appointments.iter().any(|a| a.role.acts_for_the_town());
    if must_enrol {
        appointments.clear();
    }
    Ok(Principal { account: Some(account), appointments, must_enrol, ..Principal::default() })
}

/// Does somebody act for the town today?
pub async fn acts_for_the_town(tx: &Tx, account: AccountId) -> Result<bool> {
    let mut sql = Sql::new("SELECT role FROM appointments WHERE ended_at IS NULL AND account_id = ");
    let today = Param::Date(Some(tx.today()));
    sql.fill(
        "? AND starts_on <= ? AND (ends_on IS NULL OR ends_on >= ?)",
        [Param::Uuid(Some(account.0)), today.clone(), today],
    );
    for row in tx.rows(sql).await? {
        if from_word::<crate::kernel::principal::Role>(row.try_get("role")?)?.acts_for_the_town() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks how the caller of a request stands by now; nothing for who has no session.
pub fn standing(request: &Request) -> Option<Sql> {
    Some(query(request, request.principal.session?, request.principal.account?))
}

/// Do the appointments the request began with still hold, as [`standing`] was told?
///
/// # Errors
/// UNAUTHENTICATED or FORBIDDEN when they do not.
pub(crate) fn holds(request: &Request, told: &[FlatRow]) -> Result<()> {
    let began = &request.principal;
    let (Some(session), Some(account)) = (began.session, began.account) else { return Ok(()) };
    let now = of_rows(session, account, told, request.now)?.principal;
    // More than before is no harm: somebody has just accepted an invitation.
    let held = began.appointments.iter().all(|held| now.appointments.contains(held));
    if held { Ok(()) } else { Err(Error::Forbidden("APPOINTMENT_CHANGED")) }
}

/// As [`holds`], asked now that a transaction is about to be committed.
pub async fn still_holds(tx: &Tx) -> Result<()> {
    match standing(tx) {
        Some(standing) => holds(tx, &tx.ask(standing).await?),
        None => Ok(()),
    }
}
