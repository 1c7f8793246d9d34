//! What can be read of a grant's life after the decision: payments, reports, changes, offsets, sub-applications.

use async_graphql::{SimpleObject, Value};

use crate::grants::commands::{
    GRANT_CHANGE_APPROVE, GRANT_CHANGE_REFUSE, GRANT_CHANGE_WITHDRAW, GRANT_SUBGRANT_ADOPT, GRANT_SUBGRANT_REFUSE,
    GRANT_SUBGRANT_SUBMIT, GRANT_SUBGRANT_WITHDRAW,
};
use crate::grants::entity::{
    GrantChangeId, GrantChangeState, GrantOffsetId, GrantPaymentId, GrantPaymentKind, GrantReportId, GrantReversalKind,
    GrantSubgrantId, GrantSubgrantState, grant_change, grant_offset, grant_payment, grant_report, grant_subgrant,
};
use crate::grants::rules::change;
use crate::grants::shapes::{
    APPROVER, COMMITMENT_LAW, GRANT_RULES, GrantAllocation, GrantApplication, IN_DISTRICT, IN_ORGANIZATION, LIAISON,
    OFFICER, hands,
};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty, told};
use crate::kernel::request::Request;
use crate::ledger::shapes::LedgerJournal;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::shapes::Account;
use crate::shape;

/// 経費の一行。
#[derive(SimpleObject)]
pub struct GrantCost {
    /// 費目のコード。
    pub category: String,
    /// 額(円)。
    pub amount_yen: Yen,
}

/// 実績の経費の一行。
#[derive(SimpleObject)]
pub struct GrantReportCost {
    /// 費目のコード。
    pub category: String,
    /// 実際に要した額(円)。
    pub amount_yen: Yen,
    /// そのうち交付の対象となる額(円)。
    pub eligible_yen: Yen,
}

/// A change whose application still waits for it, and before which no route stands; or before which one does.
const OPEN_CHANGE: &str = "t.state = 'REQUESTED' AND EXISTS (SELECT FROM grant_applications a \
    WHERE a.municipality_id = t.municipality_id AND a.change_id = t.id) \
    AND entaku_may_proceed('GRANT_APPLICATION_DECIDE', t.id, NULL)";
const ROUTED_CHANGE: &str = "t.state = 'REQUESTED' AND EXISTS (SELECT FROM grant_applications a \
    WHERE a.municipality_id = t.municipality_id AND a.change_id = t.id) \
    AND NOT entaku_may_proceed('GRANT_APPLICATION_DECIDE', t.id, NULL)";

/// JSON that a row keeps; an empty list where it keeps none.
pub(super) fn listed(row: &Cells<'_>, column: &str) -> Result<serde_json::Value> {
    let kept = row.get::<Option<&str>>(column)?.unwrap_or("[]");
    serde_json::from_str(kept).map_err(Error::internal)
}

/// The planned costs of a row.
pub(super) fn costs(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(listed(row, "costs")?, "GrantCost", &[])
}

fn report_costs(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(listed(row, "costs")?, "GrantReportCost", &[])
}

shape! {
    GrantPayment("GrantPayment", "交付金の支払または返還。一回ごとに、仕訳とともに残る。取り消された支払も残るが、支払った額に数えない。", "grant_payments") { id: GrantPaymentId, row: grant_payment::Entity }
    |shape| shape
        .one::<GrantApplication>("application", "application_id", "交付申請。")
        .column::<i32>("number", "交付申請の中での番号。")
        .column::<GrantPaymentKind>("kind", "種類。")
        .column::<Yen>("amountYen", "額(円)。")
        .column::<Date>("paidOn", "支払った日、または受け入れた日。")
        .one::<LedgerJournal>("journal", "journal_id", "仕訳。")
        .one::<Account>("requestedBy", "requested_by", "請求した人。")
        .one::<Account>("paidBy", "paid_by", "支払った人、または受け入れた人。")
        .column::<Option<Date>>("reversedOn", "取り消した日。組戻しでは、銀行から戻った日。取り消されていなければ null。")
        .column::<Option<GrantReversalKind>>("reversalKind", "取消しの種類。")
        .one::<Account>("reversedBy", "reversed_by", "取り消した人。")
        .one::<LedgerJournal>("reversal", "reversal_id", "取消しの仕訳。")
        .ordered([Key::up("created_at", Ty::Time)])
        .published("true")
        .readable(Role::STAFF, Over::Municipality)
}

shape! {
    GrantReport("GrantReport", "実績報告。提出するたびに残る。", "grant_reports") { id: GrantReportId, row: grant_report::Entity }
    |shape| shape
        .one::<GrantApplication>("application", "application_id", "交付申請。")
        .column::<i32>("number", "何回目の提出か。")
        .column::<Date>("completedOn", "事業が完了した日。")
        .column::<String>("summary", "実施した内容と成果。")
        .computed::<Vec<GrantReportCost>>("costs", "経費の実績。", &["costs"], report_costs)
        .column::<Yen>("actualYen", "実際に要した額の合計(円)。")
        .column::<Yen>("eligibleYen", "そのうち交付の対象として報告された額の合計(円)。")
        .column::<Date>("reportedOn", "報告した日。")
        .one::<Account>("reportedBy", "reported_by", "報告した人。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
}

shape! {
    GrantChange("GrantChange", "変更承認申請。軽微な変更は承認を要せず、そのまま反映される。", "grant_changes") { id: GrantChangeId, row: grant_change::Entity, may: change::change }
    |shape| hands::of_change(shape
        .revision()
        .one::<GrantApplication>("application", "application_id", "交付申請。")
        .column::<String>("title", "事業の名称。")
        .column::<GrantChangeState>("state", "状態。")
        .computed::<Vec<GrantCost>>("costs", "変更後の経費。", &["costs"], costs)
        .column::<Yen>("decidedYen", "変更後の交付決定額(円)。")
        .column::<String>("reason", "変更の理由。")
        .column::<Date>("requestedOn", "申請した日。")
        .one::<Account>("requestedBy", "requested_by", "申請した人。")
        .column::<Option<Date>>("decidedOn", "承認または不承認を決定した日。")
        .one::<Account>("decidedBy", "decided_by", "決定した人。")
        .column::<Option<String>>("decisionReason", "決定の理由。")
        .column::<Option<Date>>("withdrawnOn", "取り下げた日、または交付申請が終わり、取り下げたものとされた日。")
        .column::<Option<Date>>("decisionDue", "決定の期限。交付の条件に定めがなければ null。")
        .ordered([Key::up("created_at", Ty::Time)])
        .task(GRANT_CHANGE_APPROVE, [OPEN_CHANGE, "t.title", "t.decision_due"], [
            "変更の承認が申請されました。承認するか、承認しないか決定してください。",
            "A change was requested. Please decide on it.",
        ])
        .waits_for(APPROVER, Over::Municipality, [ROUTED_CHANGE, "t.title", "t.decision_due"])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
        .ruled_by(GRANT_RULES)
        .act(GRANT_CHANGE_APPROVE, COMMITMENT_LAW, APPROVER, Over::Municipality)
        .apart(GRANT_CHANGE_APPROVE, &["requested_by"])
        .step_up(GRANT_CHANGE_APPROVE)
        .act(GRANT_CHANGE_REFUSE, "", APPROVER, Over::Municipality)
        .apart(GRANT_CHANGE_REFUSE, &["requested_by"])
        .act(GRANT_CHANGE_WITHDRAW, "", OFFICER, IN_ORGANIZATION))
}

shape! {
    GrantOffset("GrantOffset", "剰余金の差引き。前の年度の剰余金が、後の年度の配分をいくら減らしたか。交付決定されずに終わった配分からの差引きは、その分だけ戻される。", "grant_offsets") { id: GrantOffsetId, row: grant_offset::Entity }
    |shape| shape
        .one::<GrantApplication>("application", "application_id", "剰余金の生じた交付申請。")
        .one::<GrantAllocation>("allocation", "allocation_id", "差し引かれた配分。")
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<Yen>("amountYen", "差し引いた額(円)。戻したときは負。")
        .column::<Date>("deductedOn", "差し引いたか、戻した日。")
        .one::<GrantOffset>("reversed", "reverses", "戻された差引き。差引きであれば null。")
        .one::<LedgerJournal>("journal", "journal_id", "仕訳。")
        .ordered([Key::up("created_at", Ty::Time)])
        .published("true")
        .readable(Role::STAFF, Over::Municipality)
}

shape! {
    GrantSubgrant("GrantSubgrant", "地域内の申請。自治会などが、地域組織の受けた交付金の一部を申請する。", "grant_subgrants") { id: GrantSubgrantId, row: grant_subgrant::Entity, may: change::subgrant }
    |shape| shape
        .revision()
        .one::<GrantApplication>("application", "application_id", "地域組織の交付申請。")
        .column::<String>("association", "申請する自治会などの名称。")
        .column::<String>("title", "事業の名称。")
        .column::<String>("purpose", "目的と内容。")
        .column::<Yen>("requestedYen", "申請額(円)。")
        .column::<Option<Yen>>("adoptedYen", "採択額(円)。")
        .column::<GrantSubgrantState>("state", "状態。")
        .column::<Date>("submittedOn", "申請した日。")
        .one::<Account>("submittedBy", "submitted_by", "申請した人。")
        .column::<Option<Date>>("decidedOn", "採択または不採択を決定した日。")
        .one::<Account>("decidedBy", "decided_by", "決定した人。")
        .column::<Option<String>>("decisionReason", "決定の理由。")
        .column::<Option<Date>>("withdrawnOn", "取り下げた日、または交付申請が終わり、取り下げたものとされた日。")
        .column::<Option<Date>>("decisionDue", "採択または不採択の決定の期限。交付の条件に定めがなければ null。")
        .ordered([Key::up("created_at", Ty::Time)])
        .task(GRANT_SUBGRANT_ADOPT, ["t.state = 'SUBMITTED'", "t.title", "t.decision_due"], [
            "地域内の申請があります。採択するか、不採択とするか決めてください。",
            "There is a sub-application. Please adopt or refuse it.",
        ])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
        .ruled_by("地域組織の規約・交付金交付要綱")
        .create(GRANT_SUBGRANT_SUBMIT, "", &[Role::OrgMember, Role::OrgOfficer], IN_ORGANIZATION)
        .act(GRANT_SUBGRANT_ADOPT, "", OFFICER, IN_ORGANIZATION)
        .apart(GRANT_SUBGRANT_ADOPT, &["submitted_by"])
        .act(GRANT_SUBGRANT_REFUSE, "", OFFICER, IN_ORGANIZATION)
        .apart(GRANT_SUBGRANT_REFUSE, &["submitted_by"])
        .act(GRANT_SUBGRANT_WITHDRAW, "", &[], Over::Own("submitted_by"))
}
