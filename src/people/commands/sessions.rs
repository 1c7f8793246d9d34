//! Sessions of one's own.

use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, SessionId};
use crate::kernel::tx::Tx;
use crate::people::session;
use crate::people::shapes::{Account, Session};

/// サインアウトする。
pub const SESSION_END: Action = Action("sessionEnd");
/// ほかのサインインをすべて終える。
pub const SESSIONS_END_OTHERS: Action = Action("sessionsEndOthers");
/// もう一度本人であることを確かめる。
pub const SESSION_ELEVATE: Action = Action("sessionElevate");

/// Ends a session of one's own.
pub async fn end_session(tx: &Tx, id: SessionId) -> Result<SessionId> {
    tx.load::<Session>(id, SESSION_END).await?;
    session::end(tx, id, "SIGNED_OUT").await?;
    Ok(id)
}

/// Ends every session of one's own but this one.
pub async fn end_other_sessions(tx: &Tx) -> Result<AccountId> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    tx.load::<Account>(account, SESSIONS_END_OTHERS).await?;
    session::end_others(tx, account, tx.principal.session, "SIGNED_OUT").await?;
    Ok(account)
}
