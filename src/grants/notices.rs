//! Who is told of which act on an application.

use crate::grants::entity::{GrantActKind, grant_application, grant_declaration, grant_subgrant};
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
    let notice = match act {
        // What was asked for and taken back again leaves nobody anything to do.
        GrantActKind::Create
        | GrantActKind::Change
        | GrantActKind::ChangeWithdraw
        | GrantActKind::ReviewStart
        | GrantActKind::CompletionRecord
        // [`tell_of_repayment`] tells of it, as of every order.
        | GrantActKind::SurplusOrder => return Ok(()),
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
        GrantActKind::PaymentRequest => of(NotificationKind::GrantPaymentRequested).to_hall(&[Role::Payer]).except([
            row.submitted_by,
            row.recommended_by,
            row.decided_by,
        ]),
        GrantActKind::PaymentRequestWithdraw => {
            of(NotificationKind::GrantPaymentRequestWithdrawn).to_hall(&[Role::Payer])
        }
        GrantActKind::PaymentRequestReturn => organization(NotificationKind::GrantPaymentRequestReturned),
        GrantActKind::RepaymentReport => of(NotificationKind::GrantRepaymentReported).to_hall(&[Role::Payer]),
        GrantActKind::PaymentExecute => organization(NotificationKind::GrantPaid),
        GrantActKind::ReportSubmit => of(NotificationKind::GrantReported).to_hall(&[Role::GrantStaff]),
        GrantActKind::ReportReturn => organization(NotificationKind::GrantReportReturned),
        GrantActKind::ReportReview => of(NotificationKind::GrantReportReviewed)
            .to_hall(&[Role::Approver])
            .except([row.submitted_by, row.reported_by]),
        GrantActKind::AmountFix => organization(NotificationKind::GrantFixed),
        GrantActKind::RepaymentRecord => of(NotificationKind::GrantRepaid).to_hall(&[Role::GrantStaff]),
        GrantActKind::ChangeRequest => of(NotificationKind::GrantChangeRequested)
            .to_hall(&[Role::Approver])
            .except([row.submitted_by, tx.principal.account]),
        GrantActKind::ChangeApprove | GrantActKind::ChangeRefuse => organization(NotificationKind::GrantChangeDecided),
        GrantActKind::DecisionRevoke => organization(NotificationKind::GrantRevoked),
        GrantActKind::PaymentReverse => organization(NotificationKind::GrantPaymentReversed).to_hall(&[Role::Payer]),
    };
    notify(tx, notice).await
}

/// Tells the organization of what it has to return.
pub(super) async fn tell_of_repayment(tx: &Tx, row: &grant_application::Model) -> Result<()> {
    let notice = Notice::of(NotificationKind::GrantRepaymentOrdered, row.id, &row.title);
    notify(tx, notice.to_holders(ANSWERABLE, ScopeKind::Organization, Some(row.organization_id.0))).await
}

/// Tells the organization's officers of a sub-application.
pub(super) async fn tell_of_subgrant(tx: &Tx, row: &grant_subgrant::Model) -> Result<()> {
    let notice = Notice::of(NotificationKind::SubgrantSubmitted, row.id, &row.title);
    let officers = notice.to_holders(&[Role::OrgOfficer], ScopeKind::Organization, Some(row.organization_id.0));
    notify(tx, officers.except([row.submitted_by])).await
}

/// Tells who submitted a sub-application that it ended with its grant.
pub(super) async fn tell_of_ended_subgrant(tx: &Tx, row: &grant_subgrant::Model) -> Result<()> {
    let notice = Notice::of(NotificationKind::SubgrantEnded, row.id, &row.title);
    notify(tx, notice.to(row.submitted_by)).await
}

/// Tells the town hall of what an organization has declared, and the organization that it was confirmed.
pub(super) async fn tell_of_declaration(tx: &Tx, row: &grant_declaration::Model, kind: NotificationKind) -> Result<()> {
    let notice = Notice::of(kind, row.id, &row.item);
    let notice = if kind == NotificationKind::GrantDeclared {
        notice.to_hall(&[Role::GrantStaff]).except([row.declared_by])
    } else {
        let organization = row.organization_id.map(|id| id.0);
        notice.to_holders(&[Role::OrgOfficer], ScopeKind::Organization, organization)
    };
    notify(tx, notice).await
}
