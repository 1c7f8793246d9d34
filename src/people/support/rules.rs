//! When a session of support is open. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::people::support::commands::SUPPORT_SESSION_LEND;
use crate::people::support::entity::support_session;

/// The longest session of support; the table says so, too.
pub const LONGEST: Duration = Duration::hours(4);

/// Is it open?
pub fn is_open(row: &support_session::Model, now: DateTime<Utc>) -> bool {
    row.ended_at.is_none() && now < row.expires_at
}

/// What may be done to a session of support now.
pub fn support_session(row: &support_session::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    if !is_open(row, now) {
        return Err(Refusal::new(
            "ENDED",
            "この運用サポートはすでに終わっています。",
            "The session has already ended.",
        ));
    }
    if action == SUPPORT_SESSION_LEND && row.lent_role.is_some() {
        return Err(Refusal::new("LENT", "すでに役割を貸しています。", "A role has been lent already."));
    }
    Ok(())
}
