//! An application from its draft to its end, the files attached to it, and what was done with it.

use async_graphql::{InputObject, Value};
use chrono::{DateTime, NaiveDate, Utc};

use crate::books::shapes::GrantBooked;
use crate::files::shapes::attached;
use crate::grants::commands::{
    GRANT_AMOUNT_FIX, GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_CREATE, GRANT_APPLICATION_DECIDE,
    GRANT_APPLICATION_FILE_ATTACH, GRANT_APPLICATION_FILE_DETACH, GRANT_APPLICATION_RECOMMEND,
    GRANT_APPLICATION_REFUSE, GRANT_APPLICATION_RETURN, GRANT_APPLICATION_REVIEW_START, GRANT_APPLICATION_SUBMIT,
    GRANT_APPLICATION_WITHDRAW, GRANT_CHANGE_REQUEST, GRANT_COMPLETION_RECORD, GRANT_DECISION_REVOKE,
    GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST, GRANT_PAYMENT_REQUEST_RETURN, GRANT_PAYMENT_REQUEST_WITHDRAW,
    GRANT_PAYMENT_REVERSE, GRANT_REPAYMENT_RECORD, GRANT_REPAYMENT_REPORT, GRANT_REPORT_RETURN, GRANT_REPORT_REVIEW,
    GRANT_REPORT_SUBMIT, GRANT_SURPLUS_ORDER,
};
use crate::grants::entity::{
    GrantActId, GrantActKind, GrantApplicationFileId, GrantApplicationId, GrantApplicationState, GrantProgrammeId,
    GrantSurplusRule, grant_act, grant_application, grant_application_file,
};
use crate::grants::rules;
use crate::grants::shapes::{
    APPROVER, BACK_LAW, COMMITMENT_LAW, GRANT_RULES, GRANT_STAFF, GrantAllocation, GrantChange, GrantCost, GrantOffset,
    GrantPaper, GrantPayment, GrantProgramme, GrantReport, GrantSubgrant, IN_DISTRICT, IN_ORGANIZATION, INCOME_LAW,
    LIAISON, OFFICER, PAYER, PAYMENT_LAW, REPORTER, SUBSIDY_LAW, WITHDRAWAL, hands, inside, life, tasks,
};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Children, Filter, Key, Mask, Ty, Where};
use crate::kernel::request::Request;
use crate::ledger::shapes::LedgerJournal;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::shapes::Account;
use crate::shape;

fn instalments(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Value::from_json(life::listed(row, "instalments")?).map_err(Error::internal)
}

/// Is a day over on which something was due that is still open in these states?
fn overdue(row: &Cells<'_>, request: &Request, due: &str, open: &[GrantApplicationState]) -> Result<Value> {
    let state: &str = row.get("state")?;
    let over = row.get::<Option<NaiveDate>>(due)?.is_some_and(|day| day < request.today());
    Ok(Value::from(over && open.iter().any(|open| open.word() == state)))
}

fn report_overdue(row: &Cells<'_>, request: &Request) -> Result<Value> {
    use GrantApplicationState::{Decided, Paid, PartlyPaid, PaymentRequested};
    // A payment is also asked for once the amount is fixed; the report has come by then.
    if row.get::<Option<i64>>("fixed_yen")?.is_some() {
        return Ok(Value::from(false));
    }
    overdue(row, request, "report_due", &[Decided, PaymentRequested, PartlyPaid, Paid])
}

fn repayment_overdue(row: &Cells<'_>, request: &Request) -> Result<Value> {
    overdue(row, request, "repayment_due", &[GrantApplicationState::RepaymentOrdered])
}

/// 交付申請の絞り込み。
#[derive(InputObject)]
pub struct GrantApplicationFilterInput {
    /// 交付金制度。
    pub programme_id: Option<GrantProgrammeId>,
    /// 地域組織。
    pub organization_id: Option<OrganizationId>,
    /// 状態(いずれか)。
    pub state: Option<Vec<GrantApplicationState>>,
    /// 額が確定したか。
    pub fixed: Option<bool>,
}

impl Filter for GrantApplicationFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("programme_id", self.programme_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("organization_id", self.organization_id.map(|id| Param::Uuid(Some(id.0))));
        to.among("state", self.state.map(|states| states.into_iter().map(GrantApplicationState::word).collect()));
        if let Some(fixed) = self.fixed {
            to.also("(t.fixed_yen IS NOT NULL) = ?", vec![Param::Bool(fixed)]);
        }
    }
}

/// Who reads the books.
fn books() -> Mask {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    let permits = vec![read(Role::STAFF, Over::Municipality), read(Role::ORGANIZATION, IN_ORGANIZATION)];
    Mask { permits, unless: None, personal: false, reason: "ACCOUNTS" }
}

const OF_BOOKS: Children = Children { key: "application_id", when: "", order: &[] };

shape! {
    GrantApplication("GrantApplication", "交付申請。交付決定の後は、名称・団体・決定額が公開される。", "grant_applications") { id: GrantApplicationId, row: grant_application::Entity, may: rules::application }
    |shape| hands::of_application(tasks::of_application(shape
        .revision()
        .one::<GrantProgramme>("programme", "programme_id", "交付金制度。")
        .one::<GrantAllocation>("allocation", "allocation_id", "配分。")
        .one::<CommunityOrganization>("organization", "organization_id", "申請した地域組織。")
        .column::<String>("title", "事業の名称。")
        .column::<GrantApplicationState>("state", "状態。")
        .column::<Option<String>>("purpose", "目的と内容。")
        .masked(inside())
        .column::<Option<Yen>>("requestedYen", "申請額(円)。")
        .masked(inside())
        .column::<Option<Yen>>("recommendedYen", "審査で適当と認めた額(円)。")
        .masked(inside())
        .column::<Option<Yen>>("decidedYen", "交付決定額(円)。")
        .column::<Option<Date>>("submittedOn", "申請した日。")
        .masked(inside())
        .column::<Option<Date>>("decisionDue", "交付または不交付の決定の期限(標準処理期間の末日)。交付の条件に定めがなければ null。")
        .masked(inside())
        .column::<Option<Date>>("correctionDue", "返された申請または実績報告の補正の期限。")
        .masked(inside())
        .column::<Option<Date>>("decidedOn", "交付または不交付を決定した日。")
        .column::<Option<Date>>("withdrawalUntil", "交付決定の後、取り下げることのできる最後の日。")
        .masked(inside())
        .column::<Option<Date>>("paidOn", "最後に支払った日。")
        .computed::<Vec<GrantCost>>("costs", "経費の計画。変更が反映される。", &["costs"], life::costs)
        .masked(inside())
        .computed::<Vec<Yen>>("instalments", "交付決定額を支払う各回の額(円)。", &["instalments"], instalments)
        .masked(inside())
        .column::<Yen>("paidYen", "これまでに支払った額(円)。")
        .column::<Option<Yen>>("pendingYen", "請求され、支払を待つ額(円)。")
        .masked(inside())
        .column::<Option<Date>>("requestFrom", "次の回を請求できる最初の日。定めがなければ null。")
        .masked(inside())
        .column::<Option<Date>>("requestDue", "次の回を請求し、支払う時期の末日。定めがなければ null。")
        .masked(inside())
        .column::<Option<Date>>("paymentDue", "最後に請求された額の支払の期限。定めがなければ null。")
        .masked(inside())
        .column::<Option<Date>>("completedOn", "事業が完了した日。")
        .masked(inside())
        .column::<Option<Date>>("reportDue", "実績報告の期限。完了の届出の前は、年度の末日。")
        .masked(inside())
        .computed::<bool>("reportOverdue", "実績報告の期限が過ぎているか。", &["report_due", "state", "fixed_yen"], report_overdue)
        .masked(inside())
        .column::<Option<Date>>("reportedOn", "実績を報告した日。")
        .masked(inside())
        .column::<Option<Yen>>("eligibleYen", "審査で交付の対象と認めた経費(円)。")
        .masked(inside())
        .column::<Option<Yen>>("bookedYen", "審査のときに帳簿で交付の対象となっていた経費(円)。帳簿がなければ null。")
        .masked(inside())
        .first::<GrantBooked>("booked", OF_BOOKS, "団体の帳簿が今示す、この交付金による支出。この交付金による支出が記帳されたことがなければ null。")
        .withheld(books())
        .column::<Option<Date>>("fixingDue", "額の確定の期限。交付の条件に定めがなければ null。")
        .masked(inside())
        .column::<Option<Yen>>("fixedYen", "確定した額(円)。交付決定額と、対象と認めた経費の、少ない方。")
        .column::<Option<Date>>("fixedOn", "額を確定した日。")
        .column::<Option<GrantSurplusRule>>("surplusRule", "額を確定したときの、剰余金の扱い。")
        .column::<Yen>("keptYen", "剰余金のうち、繰り越すか積み立てる額(円)。")
        .column::<Yen>("offsetYen", "剰余金のうち、後の年度の配分から差し引く額(円)。")
        .column::<Yen>("offsetDoneYen", "そのうち、すでに差し引いた額(円)。")
        .column::<Option<Date>>("surplusOrderedOn", "差引きを待っていた剰余金の返還を命じた日。命じていなければ null。")
        .column::<Yen>("orderedYen", "返還を命じた額(円)。")
        .column::<Option<Date>>("repaymentDue", "返還の期限。")
        .masked(inside())
        .computed::<bool>("repaymentOverdue", "返還の期限が過ぎているか。", &["repayment_due", "state"], repayment_overdue)
        .masked(inside())
        .column::<Yen>("repaidYen", "返還された額(円)。")
        .column::<Option<Date>>("repaymentReportedOn", "団体が返還したと届け出た日。受け入れると、null に戻る。")
        .masked(inside())
        .column::<Option<Date>>("revokedOn", "交付決定を取り消した日。")
        .column::<Yen>("subgrantedYen", "地域内の申請に採択した額の合計(円)。")
        .many::<GrantPayment>("payments", "application_id", "支払と返還。古い順。")
        .many::<GrantOffset>("offsets", "application_id", "この剰余金の差引きと、その戻し。古い順。")
        .many::<GrantReport>("reports", "application_id", "実績報告。古い順。")
        .withheld(inside())
        .many::<GrantChange>("changes", "application_id", "変更承認申請。古い順。")
        .withheld(inside())
        .connection::<GrantSubgrant>("subgrants", "application_id", "地域内の申請。古い順。")
        .many::<GrantAct>("acts", "application_id", "これまでの行為。古い順。")
        .withheld(inside())
        .many::<GrantApplicationFile>("files", "application_id", "添付したファイル。公開はされない。")
        .withheld(inside())
        .many::<GrantPaper>("papers", "application_id", "各段階で求められる書類。")
        .withheld(inside())
        .one::<LedgerJournal>("commitment", "commitment_id", "交付決定の仕訳。")
        .one::<LedgerJournal>("payment", "payment_id", "最後の支払の仕訳。")
        .ordered([Key::down("created_at", Ty::Time)])
        .filtered::<GrantApplicationFilterInput>()
        .published("t.state IN ('DECIDED', 'PAYMENT_REQUESTED', 'PARTLY_PAID', 'PAID', 'REPORTED', 'REPORT_REVIEWED', 'AMOUNT_FIXED', 'SETTLED', 'REPAYMENT_ORDERED', 'REPAID', 'REVOKED')")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
        .ruled_by(GRANT_RULES)
        .create(GRANT_APPLICATION_CREATE, "", OFFICER, IN_ORGANIZATION)
        .act(GRANT_APPLICATION_CHANGE, "", OFFICER, IN_ORGANIZATION)
        .act(GRANT_APPLICATION_FILE_ATTACH, "", OFFICER, IN_ORGANIZATION)
        .act(GRANT_APPLICATION_FILE_DETACH, "", OFFICER, IN_ORGANIZATION)
        .act(GRANT_APPLICATION_SUBMIT, "", OFFICER, IN_ORGANIZATION)
        .act(GRANT_APPLICATION_WITHDRAW, WITHDRAWAL, OFFICER, IN_ORGANIZATION)
        .act(GRANT_APPLICATION_REVIEW_START, "", GRANT_STAFF, Over::Municipality)
        .act(GRANT_APPLICATION_RETURN, "", GRANT_STAFF, Over::Municipality)
        .act(GRANT_APPLICATION_RECOMMEND, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .apart(GRANT_APPLICATION_RECOMMEND, &["submitted_by"])
        .act(GRANT_APPLICATION_DECIDE, COMMITMENT_LAW, APPROVER, Over::Municipality)
        .apart(GRANT_APPLICATION_DECIDE, &["submitted_by", "recommended_by"])
        .act(GRANT_APPLICATION_REFUSE, SUBSIDY_LAW, APPROVER, Over::Municipality)
        .apart(GRANT_APPLICATION_REFUSE, &["submitted_by", "recommended_by"])
        .step_up(GRANT_APPLICATION_REFUSE)
        .act(GRANT_PAYMENT_REQUEST, "", &[Role::OrgOfficer, Role::OrgAccountant], IN_ORGANIZATION)
        .apart(GRANT_PAYMENT_REQUEST, &["recommended_by", "decided_by", "changed_by"])
        .act(GRANT_PAYMENT_REQUEST_WITHDRAW, "", REPORTER, IN_ORGANIZATION)
        .act(GRANT_PAYMENT_REQUEST_RETURN, "", &[Role::GrantStaff, Role::Payer], Over::Municipality)
        .apart(GRANT_PAYMENT_REQUEST_RETURN, &["submitted_by", "payment_requested_by"])
        .act(GRANT_PAYMENT_EXECUTE, PAYMENT_LAW, PAYER, Over::Municipality)
        .step_up(GRANT_APPLICATION_DECIDE)
        .step_up(GRANT_PAYMENT_REQUEST)
        .step_up(GRANT_PAYMENT_EXECUTE)
        .apart(GRANT_APPLICATION_REVIEW_START, &["submitted_by"])
        .apart(GRANT_APPLICATION_RETURN, &["submitted_by"])
        .apart(GRANT_PAYMENT_EXECUTE, &["submitted_by", "recommended_by", "decided_by", "changed_by", "payment_requested_by", "examined_by", "fixed_by"])
        .act(GRANT_COMPLETION_RECORD, "", REPORTER, IN_ORGANIZATION)
        .act(GRANT_REPORT_SUBMIT, "", REPORTER, IN_ORGANIZATION)
        .apart(GRANT_REPORT_SUBMIT, &["examined_by"])
        .act(GRANT_REPAYMENT_REPORT, "", REPORTER, IN_ORGANIZATION)
        .act(GRANT_CHANGE_REQUEST, "", OFFICER, IN_ORGANIZATION)
        .act(GRANT_REPORT_RETURN, "", GRANT_STAFF, Over::Municipality)
        .apart(GRANT_REPORT_RETURN, &["submitted_by", "reported_by"])
        .act(GRANT_REPORT_REVIEW, "", GRANT_STAFF, Over::Municipality)
        .apart(GRANT_REPORT_REVIEW, &["submitted_by", "reported_by"])
        .act(GRANT_AMOUNT_FIX, "", APPROVER, Over::Municipality)
        .apart(GRANT_AMOUNT_FIX, &["submitted_by", "reported_by", "examined_by", "paid_by"])
        .step_up(GRANT_AMOUNT_FIX)
        .act(GRANT_REPAYMENT_RECORD, INCOME_LAW, PAYER, Over::Municipality)
        .apart(GRANT_REPAYMENT_RECORD, &["submitted_by", "examined_by", "fixed_by", "revoked_by"])
        .step_up(GRANT_REPAYMENT_RECORD)
        .act(GRANT_SURPLUS_ORDER, "", APPROVER, Over::Municipality)
        .apart(GRANT_SURPLUS_ORDER, &["submitted_by", "reported_by"])
        .step_up(GRANT_SURPLUS_ORDER)
        .act(GRANT_DECISION_REVOKE, "", APPROVER, Over::Municipality)
        .apart(GRANT_DECISION_REVOKE, &["submitted_by"])
        .step_up(GRANT_DECISION_REVOKE)
        .act(GRANT_PAYMENT_REVERSE, BACK_LAW, PAYER, Over::Municipality)
        .apart(GRANT_PAYMENT_REVERSE, &["submitted_by", "examined_by", "fixed_by"])
        .step_up(GRANT_PAYMENT_REVERSE)))
}

shape! {
    GrantApplicationFile("GrantApplicationFile", "交付申請か、その実績報告に添付したファイル。団体と職員だけが読め、公開はされない。", "grant_application_files") { id: GrantApplicationFileId, row: grant_application_file::Entity }
    |shape| attached::<GrantApplicationFileId>(shape.one::<GrantApplication>("application", "application_id", "交付申請。"))
        .column::<bool>("report", "実績報告に添付したものか。")
        .column::<Option<String>>("paper", "求められた書類のどれか。どれでもなければ null。")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
}

shape! {
    GrantAct("GrantAct", "交付申請に対する行為。誰が、いつ、どのような理由で行ったか。", "grant_acts") { id: GrantActId, row: grant_act::Entity }
    |shape| shape
        .one::<GrantApplication>("application", "application_id", "交付申請。")
        .column::<GrantActKind>("act", "行為の種類。")
        .one::<Account>("actor", "actor_id", "行った人。")
        .column::<DateTime<Utc>>("at", "日時。")
        .column::<Option<String>>("reason", "理由。")
        .column::<Option<Yen>>("amountYen", "額(円)。")
        .ordered([Key::up("at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
}
