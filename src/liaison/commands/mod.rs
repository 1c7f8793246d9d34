//! What is done with assignments, visits and requests.

mod assignment;
mod request;
mod visit;

pub use assignment::{
    LiaisonAssignmentProposeInput, LiaisonAssignmentRelieveInput, appoint_assignment, end_assignment,
    propose_assignment, relieve_assignment,
};
pub use request::{
    LiaisonRequestReceiveInput, answer_request, close_request, forward_request, receive_request, report_back,
};
pub use visit::{LiaisonVisitChangeInput, LiaisonVisitLogInput, change_visit, log_visit};

use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::CommunityOrganization;

/// 担当を内申する。
pub const LIAISON_ASSIGNMENT_PROPOSE: Action = Action("liaisonAssignmentPropose");
/// 担当を任命する。
pub const LIAISON_ASSIGNMENT_APPOINT: Action = Action("liaisonAssignmentAppoint");
/// 担当を解き、後任に引き継ぐ。
pub const LIAISON_ASSIGNMENT_RELIEVE: Action = Action("liaisonAssignmentRelieve");
/// 担当を任期満了とする。
pub const LIAISON_ASSIGNMENT_END: Action = Action("liaisonAssignmentEnd");
/// 活動を記録する。
pub const LIAISON_VISIT_LOG: Action = Action("liaisonVisitLog");
/// 活動記録を直す。
pub const LIAISON_VISIT_CHANGE: Action = Action("liaisonVisitChange");
/// 要望を受ける。
pub const LIAISON_REQUEST_RECEIVE: Action = Action("liaisonRequestReceive");
/// 要望を関係課に取り次ぐ。
pub const LIAISON_REQUEST_FORWARD: Action = Action("liaisonRequestForward");
/// 要望に回答する。
pub const LIAISON_REQUEST_ANSWER: Action = Action("liaisonRequestAnswer");
/// 回答を地域に伝えたことを記録する。
pub const LIAISON_REQUEST_REPORT_BACK: Action = Action("liaisonRequestReportBack");
/// 要望を完了する。
pub const LIAISON_REQUEST_CLOSE: Action = Action("liaisonRequestClose");

/// An organization that is named has to be of the district.
async fn check_organization(
    tx: &Tx,
    checks: &mut Checks,
    organization: Option<OrganizationId>,
    district: DistrictId,
) -> Result<()> {
    if let Some(id) = organization {
        let organization = tx.peek::<CommunityOrganization>(id, Action::READ).await?;
        checks.check(
            organization.district_id == district,
            "input.organizationId",
            "DISTRICT",
            "この地区の地域組織ではありません。",
            "The organization is of another district.",
        );
    }
    Ok(())
}
