//! Sessions that a browser keeps in a cookie: an opaque secret, of which only the hash is stored. It is good for a
//! short time and replaced while somebody works, so a terminal left alone signs itself out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::error::{Error, Result};
use crate::kernel::keys::sha256;
use crate::kernel::principal::{AccountId, SessionId};
use crate::kernel::read::Ty;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tx::{Database, Tx};
use crate::people::entity::{SessionCookieId, session_cookie};
use crate::people::rules::{COOKIE_GRACE, Limits};
use crate::people::session::{Device, Proved};
use crate::people::{session, token};

/// The kind of bearer secret the cookie is.
pub const COOKIE: &str = "ecs";

/// A cookie that was found.
pub struct Kept {
    /// Whose session it is.
    pub account: AccountId,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session for an account that has proved who it is; gives its cookie. Terminals are shared: the browser is
/// nobody's own.
pub async fn open(tx: &Tx, account: AccountId, browser: &str, proved: Proved) -> Result<String> {
    let row = session::begin(tx, account, Device { name: browser, own: false }, proved).await?;
    bake(tx, row.id).await
}

/// A new cookie for a session; the ones before it end.
pub async fn renew(tx: &Tx, session: SessionId) -> Result<String> {
    let of_session = Param::Uuid(Some(session.0));
    let mut sql = Sql::new("DELETE FROM session_cookies WHERE session_id = ");
    sql.fill("? AND expires_at <= ?", [of_session.clone(), Param::Time(Some(tx.now))]);
    tx.run(sql).await?;
    let mut sql = Sql::new("UPDATE session_cookies SET expires_at = least(expires_at, ");
    sql.fill("?) WHERE session_id = ?", [Param::Time(Some(tx.now + COOKIE_GRACE)), of_session]);
    tx.run(sql).await?;
    bake(tx, session).await
}

/// A new cookie for a session that has just been given a proof: whoever had the one before has it no more.
pub async fn replace(tx: &Tx, session: SessionId) -> Result<String> {
    let mut sql = Sql::new("DELETE FROM session_cookies WHERE session_id = ");
    sql.param(Param::Uuid(Some(session.0)));
    tx.run(sql).await?;
    bake(tx, session).await
}

async fn bake(tx: &Tx, session: SessionId) -> Result<String> {
    let secret = token::bearer(COOKIE, &session::code(tx).await?, session.0)?;
    let row = session_cookie::ActiveModel {
        id: Set(SessionCookieId::new()),
        session_id: Set(session),
        hash: Set(sha256(secret.as_bytes())),
        expires_at: Set(tx.now + Limits::SHORT.idle),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(secret)
}

/// The cookie of a session that is good for longest. Whether the session holds is another question.
///
/// # Errors
/// UNAUTHENTICATED when none is good any more.
pub async fn newest(database: &Database, request: &Arc<Request>, session: SessionId) -> Result<Kept> {
    found(database, request, session, None).await
}

/// The cookie with this hash. Whether its session holds is another question ([`crate::people::authenticate`]).
///
/// # Errors
/// UNAUTHENTICATED when there is none or its time is over.
pub async fn lookup(database: &Database, request: &Arc<Request>, session: SessionId, hash: &str) -> Result<Kept> {
    found(database, request, session, Some(hash)).await
}

async fn found(database: &Database, request: &Arc<Request>, session: SessionId, hash: Option<&str>) -> Result<Kept> {
    let mut sql = Sql::new(
        "SELECT s.account_id, c.expires_at FROM session_cookies c \
         JOIN sessions s ON s.municipality_id = c.municipality_id AND s.id = c.session_id WHERE ",
    );
    sql.fill("c.session_id = ?", [Param::Uuid(Some(session.0))]);
    if let Some(hash) = hash {
        sql.fill(" AND c.hash = ?", [Param::text(hash)]);
    }
    sql.fill(" AND c.expires_at > ? ORDER BY c.expires_at DESC LIMIT 1", [Param::Time(Some(request.now))]);
    let rows = database.ask(request, sql).await?;
    let row = rows.first().ok_or(Error::Unauthenticated)?;
    Ok(Kept { account: AccountId(row.get(0, Ty::Uuid)?), expires_at: row.get(1, Ty::Time)? })
}
