//! Sessions of one's own.

use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::principal::SessionId;
use crate::kernel::tx::Tx;
use crate::people::session;
use crate::people::shapes::Session;

/// サインアウトする。
pub const SESSION_END: Action = Action("sessionEnd");

/// Ends a session of one's own.
pub async fn end_session(tx: &Tx, id: SessionId) -> Result<SessionId> {
    tx.load::<Session>(id, SESSION_END).await?;
    session::end(tx, id, "SIGNED_OUT").await?;
    Ok(id)
}
