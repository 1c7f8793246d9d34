//! Who is told of which act on the minutes. Their title is public since the meeting was announced.

use crate::kernel::error::Result;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};
use crate::roundtables::entity::roundtable;

/// Tells those who may publish that minutes wait for them.
pub(super) async fn submitted(tx: &Tx, row: &roundtable::Model) -> Result<()> {
    let notice = Notice::of(NotificationKind::MinutesSubmitted, row.id, &row.title);
    notify(tx, notice.to_hall(&[Role::PlanningStaff])).await
}

/// Tells who submitted the minutes, and the officers of the organization that held the meeting.
pub(super) async fn answered(tx: &Tx, row: &roundtable::Model, kind: NotificationKind) -> Result<()> {
    let organization = row.organization_id.map(|id| id.0);
    let notice = Notice::of(kind, row.id, &row.title).to(row.submitted_by);
    notify(tx, notice.to_holders(&[Role::OrgOfficer], ScopeKind::Organization, organization)).await
}
