//! Who is told of which act on a request: whose turn it is next, and at the end those who asked.

use crate::kernel::error::Result;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::liaison::entity::request;
use crate::people::entity::SectionId;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};

fn of(kind: NotificationKind, row: &request::Model) -> Notice<'_> {
    Notice::of(kind, row.id, &row.subject)
}

/// Tells the district's liaison staff: of a request that a colleague received, or of its answer.
pub(super) async fn to_liaisons(tx: &Tx, row: &request::Model, kind: NotificationKind) -> Result<()> {
    let district = Some(row.district_id.0);
    notify(tx, of(kind, row).to_holders(&[Role::Liaison], ScopeKind::District, district)).await
}

/// Tells the staff of the section that is to answer.
pub(super) async fn forwarded(tx: &Tx, row: &request::Model, section: SectionId) -> Result<()> {
    let notice = of(NotificationKind::RequestForwarded, row);
    notify(tx, notice.to_holders(&[Role::SectionStaff], ScopeKind::Section, Some(section.0))).await
}

/// Tells the officers of the organization that asked, if one did.
pub(super) async fn reported_back(tx: &Tx, row: &request::Model) -> Result<()> {
    let organization = row.organization_id.map(|id| id.0);
    let notice = of(NotificationKind::RequestReportedBack, row);
    notify(tx, notice.to_holders(&[Role::OrgOfficer], ScopeKind::Organization, organization)).await
}
