//! Who is told of an organization's account: its people, so that nobody redirects their money unseen; and who confirms it.

use crate::bank::entity::{BankAccountId, bank_account};
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};

const ANSWERABLE: &[Role] = &[Role::OrgOfficer, Role::OrgAccountant, Role::OrgAuditor];

/// An account was proposed.
pub(super) async fn proposed(tx: &Tx, id: BankAccountId, row: &bank_account::Model) -> Result<()> {
    let title = title(tx, row).await?;
    let notice = Notice::of(NotificationKind::BankAccountProposed, id, &title);
    let notice = notice.to_hall(&[Role::GrantStaff]);
    notify(tx, notice.to_holders(ANSWERABLE, ScopeKind::Organization, Some(row.organization_id.0))).await
}

/// An account was confirmed: payments go there from now on.
pub(super) async fn confirmed(tx: &Tx, id: BankAccountId, row: &bank_account::Model) -> Result<()> {
    let title = title(tx, row).await?;
    let notice = Notice::of(NotificationKind::BankAccountConfirmed, id, &title).to(row.registered_by);
    notify(tx, notice.to_holders(ANSWERABLE, ScopeKind::Organization, Some(row.organization_id.0))).await
}

async fn title(tx: &Tx, row: &bank_account::Model) -> Result<String> {
    let organization = tx.peek::<CommunityOrganization>(row.organization_id, Action::READ).await?;
    Ok(format!("{} {}", organization.name, crate::bank::rules::masked(&row.tail)))
}
