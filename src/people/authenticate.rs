//! From a token to a principal: session, account and appointments in one statement.

use std::sync::Arc;

use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, Appointment, AppointmentId, Principal, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::{FlatRow, Ty};
use crate::kernel::request::Request;
use crate::kernel::text_enum::from_word;
use crate::kernel::tx::{Database, Tx};

/// The principal of a session, inside the transaction's municipality.
///
/// # Errors
/// UNAUTHENTICATED when the session has ended or expired or the account is suspended.
pub async fn principal(tx: &Tx, session: SessionId, account: AccountId) -> Result<Principal> {
    let rows = tx.ask(query(tx, session, account)).await?;
    of_rows(session, account, &rows)
}

/// As [`principal`], read on its own.
pub async fn lookup(
    database: &Database,
    request: &Arc<Request>,
    session: SessionId,
    account: AccountId,
) -> Result<Principal> {
    let rows = database.ask(request, query(request, session, account)).await?;
    of_rows(session, account, &rows)
}

fn query(request: &Request, session: SessionId, account: AccountId) -> Sql {
    let mut sql = Sql::new(
        "SELECT p.role, p.scope, p.scope_id, p.id FROM sessions s \
         JOIN accounts a ON a.municipality_id = s.municipality_id AND a.id = s.account_id \
         LEFT JOIN appointments p ON p.municipality_id = a.municipality_id AND p.account_id = a.id \
         AND p.ended_at IS NULL AND ",
    );
    let today = Param::Date(Some(request.today()));
    sql.fill("p.starts_on <= ? AND (p.ends_on IS NULL OR p.ends_on >= ?) WHERE ", [today.clone(), today]);
    sql.fill("s.id = ? AND s.account_id = ?", [Param::Uuid(Some(session.0)), Param::Uuid(Some(account.0))]);
    sql.fill(" AND s.ended_at IS NULL AND s.expires_at > ?", [Param::Time(Some(request.now))]);
    sql.push(" AND a.suspended_at IS NULL ORDER BY p.id");
    sql
}

fn of_rows(session: SessionId, account: AccountId, rows: &[FlatRow]) -> Result<Principal> {
    if rows.is_empty() {
        return Err(Error::Unauthenticated);
    }
    let mut appointments = Vec::new();
    for row in rows {
        if let Some(role) = row.get::<Option<&str>>(0, Ty::Text)? {
            appointments.push(Appointment {
                id: AppointmentId(row.get(3, Ty::Uuid)?),
                role: from_word(role)?,
                scope: from_word(row.get(1, Ty::Text)?)?,
                scope_id: row.get(2, Ty::Uuid)?,
            });
        }
    }
    Ok(Principal { account: Some(account), session: Some(session), appointments, system: None })
}

/// Do the appointments the request began with still hold, now that it is about to be committed?
///
/// # Errors
/// UNAUTHENTICATED or FORBIDDEN when they do not.
pub async fn still_holds(tx: &Tx) -> Result<()> {
    let (Some(session), Some(account)) = (tx.principal.session, tx.principal.account) else { return Ok(()) };
    let now = principal(tx, session, account).await?;
    if now.appointments == tx.principal.appointments { Ok(()) } else { Err(Error::Forbidden("APPOINTMENT_CHANGED")) }
}
