//! What may be done to a closed day. Pure.

use chrono::{DateTime, Utc};

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::people::calendar::entity::closed_day;

/// It is cancelled once.
pub fn closed_day(row: &closed_day::Model, _action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if row.cancelled_on.is_none() {
        return Ok(());
    }
    Err(Refusal::new("STATE", "すでに取り消されています。", "It has been cancelled already."))
}
