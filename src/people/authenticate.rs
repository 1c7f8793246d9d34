//! From a token to a principal: session, account and appointments in one statement, every time, so that
//! sign-out, suspension and removal take effect at the next request.

use sqlx::Row;

use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, Appointment, Principal, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text_enum::from_word;
use crate::kernel::tx::Tx;

/// The principal of a session, inside the transaction's municipality.
///
/// # Errors
/// UNAUTHENTICATED when the session has ended or expired or the account is suspended.
pub async fn principal(tx: &Tx, session: SessionId, account: AccountId) -> Result<Principal> {
    let mut sql = Sql::new(
        "SELECT p.role, p.scope, p.scope_id FROM sessions s \
         JOIN accounts a ON a.municipality_id = s.municipality_id AND a.id = s.account_id \
         LEFT JOIN appointments p ON p.municipality_id = a.municipality_id AND p.account_id = a.id \
         AND p.ended_at IS NULL AND ",
    );
    let today = Param::Date(Some(tx.today()));
    sql.fill("p.starts_on <= ? AND (p.ends_on IS NULL OR p.ends_on >= ?) WHERE ", [today.clone(), today]);
    sql.fill("s.id = ? AND s.account_id = ?", [Param::Uuid(Some(session.0)), Param::Uuid(Some(account.0))]);
    sql.fill(" AND s.ended_at IS NULL AND s.expires_at > ?", [Param::Time(Some(tx.now))]);
    sql.push(" AND a.suspended_at IS NULL ORDER BY p.id");
    let rows = tx.rows(sql).await?;
    if rows.is_empty() {
        return Err(Error::Unauthenticated);
    }
    let mut appointments = Vec::new();
    for row in rows {
        if let Some(role) = row.try_get::<Option<String>, _>("role")? {
            appointments.push(Appointment {
                role: from_word(&role)?,
                scope: from_word(&row.try_get::<String, _>("scope")?)?,
                scope_id: row.try_get("scope_id")?,
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
