//! What can be read of grants, and by whom.

mod allocation;
mod application;
pub mod calculation;
mod hands;
pub mod life;
pub mod papers;
mod predecessor;
mod programme;
mod tasks;

use uuid::Uuid;

use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Principal, Role, ScopeKind};
use crate::kernel::read::Mask;

pub use allocation::GrantAllocation;
pub use application::{GrantAct, GrantApplication, GrantApplicationFile, GrantApplicationFilterInput};
pub use calculation::{GrantComparison, GrantDeclaration, GrantRule, GrantRun, GrantRunLine};
pub use life::{GrantChange, GrantCost, GrantOffset, GrantPayment, GrantReport, GrantSubgrant};
pub use papers::GrantPaper;
pub use programme::{GrantProgramme, GrantProgrammeFilterInput};

const GRANT_STAFF: &[Role] = &[Role::GrantStaff];
const APPROVER: &[Role] = &[Role::Approver];
/// Who makes public what somebody else made.
const PUBLISHERS: &[Role] = &[Role::GrantStaff, Role::Approver];
const PAYER: &[Role] = &[Role::Payer];
const OFFICER: &[Role] = &[Role::OrgOfficer];
const REPORTER: &[Role] = &[Role::OrgOfficer, Role::OrgAccountant];
const LIAISON: &[Role] = &[Role::Liaison];
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");
const IN_DISTRICT: Over = Over::Scope(ScopeKind::District, "district_id");

const SUBSIDY_LAW: &str = "地方自治法第232条の2";
const BUDGET_LAW: &str = "地方自治法第218条";
const COMMITMENT_LAW: &str = "地方自治法第232条の3";
const PAYMENT_LAW: &str = "地方自治法第232条の4";
/// What was paid by mistake, or too much, goes back to where it was taken from (戻入).
const BACK_LAW: &str = "地方自治法施行令第159条";
const INCOME_LAW: &str = "地方自治法第231条";
/// What a municipality lays down for its grants.
const GRANT_RULES: &str = "補助金等交付規則・交付金交付要綱";
/// On what the publication of results rests: who decides on a grant accounts for it.
const PUBLICATION: &str = "補助金等交付規則・情報公開条例";
/// The accounts of a fiscal year close on 31 May (地方自治法235条の5); whatever is left of a programme is done by then.
const ACCOUNTS_CLOSE: &str = "make_date(t.fiscal_year + 1, 5, 31)";
const WITHDRAWAL: &str = "自治体の設定 grantWithdrawalDays";

/// Before everybody reads of a decision: the organization, its district's liaison staff, the town hall.
fn insiders() -> Vec<Permit> {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    vec![read(Role::STAFF, Over::Municipality), read(Role::ORGANIZATION, IN_ORGANIZATION), read(LIAISON, IN_DISTRICT)]
}

/// Is somebody one of them? `column` finds the row's organization and district.
pub(crate) fn is_insider(who: &Principal, column: impl Fn(&'static str) -> Option<Uuid>) -> bool {
    who.system.is_some() || insiders().iter().any(|permit| permit.covers(who, &column))
}

fn inside() -> Mask {
    Mask { permits: insiders(), unless: None, personal: false, reason: "NOT_PUBLIC" }
}
