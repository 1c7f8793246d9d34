//! Who is told of which act on an application.

use crate::grants::entity::{GrantActKind, grant_application};
use crate::kernel::error::Result;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};

/// Those of the organization who answer for its grants.
const ANSWERABLE: &[Role] = &[Role::OrgOfficer, Role::OrgAccountant];

/// Tells of an act: the town hall's next one in line, or the organization. `row` is as it was before.
pub(super) async fn tell(tx: &Tx, row: &grant_application::Model, act: GrantActKind) -> Result<()> {
    let of = |kind| Notice::of(kind, row.id, &row.title);
    let organization = |kind| of(kind).to_holders(ANSWERABLE, ScopeKind::Organization, Some(row.organization_id.0));
    let notice =
        match act {
            GrantActKind::Create | GrantActKind::Change | GrantActKind::ReviewStart => return Ok(()),
            GrantActKind::Submit => of(NotificationKind::GrantSubmitted).to_hall(&[Role::GrantStaff]),
            // The town hall has never heard of a draft.
            GrantActKind::Withdraw if row.submitted_on.is_none() => return Ok(()),
            GrantActKind::Withdraw => of(NotificationKind::GrantWithdrawn).to_hall(&[Role::GrantStaff]),
            GrantActKind::Return => organization(NotificationKind::GrantReturned),
            GrantActKind::Recommend => {
                of(NotificationKind::GrantRecommended).to_hall(&[Role::Approver]).except([row.submitted_by])
            }
            GrantActKind::Decide => organization(NotificationKind::GrantDecided),
            GrantActKind::Refuse => organization(NotificationKind::GrantRefused),
            GrantActKind::PaymentRequest => of(NotificationKind::GrantPaymentRequested)
                .to_hall(&[Role::Payer])
                .except([row.submitted_by, row.recommended_by, row.decided_by]),
            GrantActKind::PaymentExecute => organization(NotificationKind::GrantPaid),
        };
    notify(tx, notice).await
}
