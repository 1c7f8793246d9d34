//! The minutes: submitted, returned, published.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use super::{MINUTES_PUBLISH, MINUTES_RETURN, MINUTES_SUBMIT, begin, write};
use crate::kernel::error::Result;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::NotificationKind;
use crate::roundtables::entity::{RoundtableId, RoundtableState, participant, passage};
use crate::roundtables::{notices, rules};

/// Submits the minutes for review.
pub async fn submit(tx: &Tx, id: RoundtableId) -> Result<RoundtableId> {
    let row = begin(tx, id, MINUTES_SUBMIT).await?;
    notices::submitted(tx, &row).await?;
    let (by, now) = (tx.principal.account, tx.now);
    write(tx, row, move |row| {
        row.state = Set(RoundtableState::MinutesReview);
        row.submitted_by = Set(by);
        row.submitted_at = Set(Some(now));
        row.return_reason = Set(None);
    })
    .await
}

/// Gives the minutes back to those who write them.
pub async fn return_minutes(tx: &Tx, id: RoundtableId, reason: String) -> Result<RoundtableId> {
    let row = begin(tx, id, MINUTES_RETURN).await?;
    let mut checks = Checks::new();
    let reason = checks.text("reason", &reason, 1000);
    checks.done()?;
    notices::answered(tx, &row, NotificationKind::MinutesReturned).await?;
    write(tx, row, move |row| {
        row.state = Set(RoundtableState::MinutesDraft);
        row.return_reason = Set(Some(reason));
    })
    .await
}

/// Publishes the minutes; the policy refuses who submitted them.
pub async fn publish(tx: &Tx, id: RoundtableId) -> Result<RoundtableId> {
    let row = begin(tx, id, MINUTES_PUBLISH).await?;
    let passages = passage::Entity::find().filter(passage::Column::RoundtableId.eq(id)).count(tx).await?;
    let participants = participant::Entity::find().filter(participant::Column::RoundtableId.eq(id)).count(tx).await?;
    rules::complete(passages, participants)?;
    notices::answered(tx, &row, NotificationKind::MinutesPublished).await?;
    let (by, now) = (tx.principal.account, tx.now);
    write(tx, row, move |row| {
        row.state = Set(RoundtableState::Published);
        row.published_by = Set(by);
        row.published_at = Set(Some(now));
    })
    .await
}
