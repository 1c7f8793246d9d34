//! What can be read of grants, and by whom.

pub mod calculation;
mod hands;
pub mod life;
pub mod papers;
mod predecessor;
mod tasks;

use async_graphql::{InputObject, Value};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::books::shapes::GrantBooked;
use crate::files::shapes::attached;
use crate::grants::commands::{
    GRANT_ALLOCATION_SET, GRANT_AMOUNT_FIX, GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_CREATE,
    GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_FILE_ATTACH, GRANT_APPLICATION_FILE_DETACH,
    GRANT_APPLICATION_RECOMMEND, GRANT_APPLICATION_REFUSE, GRANT_APPLICATION_RETURN, GRANT_APPLICATION_REVIEW_START,
    GRANT_APPLICATION_SUBMIT, GRANT_APPLICATION_WITHDRAW, GRANT_CHANGE_REQUEST, GRANT_COMPLETION_RECORD,
    GRANT_DECISION_REVOKE, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST, GRANT_PAYMENT_REQUEST_RETURN,
    GRANT_PAYMENT_REQUEST_WITHDRAW, GRANT_PAYMENT_REVERSE, GRANT_PROGRAMME_BUDGET_CHANGE, GRANT_PROGRAMME_CLOSE,
    GRANT_PROGRAMME_CREATE, GRANT_PROGRAMME_PUBLISH, GRANT_PROGRAMME_TERMS_SET, GRANT_REPAYMENT_RECORD,
    GRANT_REPAYMENT_REPORT, GRANT_REPORT_RETURN, GRANT_REPORT_REVIEW, GRANT_REPORT_SUBMIT,
};
use crate::grants::entity::{
    GrantActId, GrantActKind, GrantAllocationId, GrantApplicationFileId, GrantApplicationId, GrantApplicationState,
    GrantBookRule, GrantProgrammeId, GrantProgrammeState, GrantSurplusRule, grant_act, grant_allocation,
    grant_application, grant_application_file, grant_programme,
};
use crate::grants::rules;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Principal, Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Children, Filter, Key, Mask, Ty, Where};
use crate::kernel::request::Request;
use crate::ledger::shapes::{LedgerAccount, LedgerJournal};
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::shapes::{Account, Section};
use crate::shape;

pub use life::{GrantChange, GrantCost, GrantOffset, GrantPayment, GrantReport, GrantSubgrant};
pub use papers::GrantPaper;

pub use calculation::{GrantComparison, GrantDeclaration, GrantRule, GrantRun, GrantRunLine};

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

/// 交付金制度の絞り込み。
#[derive(InputObject)]
pub struct GrantProgrammeFilterInput {
    /// 年度。
    pub fiscal_year: Option<FiscalYear>,
    /// 状態(いずれか)。
    pub state: Option<Vec<GrantProgrammeState>>,
}

impl Filter for GrantProgrammeFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("fiscal_year", self.fiscal_year.map(|year| Param::Int(Some(year.0.into()))));
        to.among("state", self.state.map(|states| states.into_iter().map(GrantProgrammeState::word).collect()));
    }
}

/// What is left of an allocation after what is deducted.
fn payable(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(row.get::<i64>("amount_yen")? - row.get::<i64>("offset_yen")?))
}

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

fn year_label(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(FiscalYear(row.get("fiscal_year")?).label()))
}

shape! {
    GrantProgramme("GrantProgramme", "交付金制度。年度ごとに一つ。公開すると、手で定めた配分とともに誰でも閲覧できる。", "grant_programmes") { id: GrantProgrammeId, row: grant_programme::Entity, may: rules::programme }
    |shape| predecessor::of_programme(shape
        .revision()
        .column::<String>("title", "名称。")
        .column::<String>("summary", "概要。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .computed::<String>("fiscalYearLabel", "年度の和暦の表記。", &["fiscal_year"], year_label)
        .column::<String>("legalBasis", "根拠となる条例・要綱の名称。")
        .column::<Yen>("budgetYen", "予算額(円)。補正予算があれば、その後の額。")
        .column::<Date>("opensOn", "申請の受付を始める日。")
        .column::<Date>("closesOn", "申請の受付を終える日(この日を含む)。")
        .column::<GrantProgrammeState>("state", "状態。")
        .column::<Option<String>>("terms", "交付の条件(JSON)。分割払とその時期、実績報告の期限、軽微な変更、積立て、標準処理期間などの各段階の期限、求める書類。定めなければ null。")
        .column::<GrantSurplusRule>("surplusRule", "剰余金の扱い。")
        .column::<GrantBookRule>("bookRule", "額を確定するときに、帳簿に求めること。")
        .column::<i32>("repaymentDays", "返還を命じた日から期限までの日数。")
        .column::<Option<String>>("byLaw", "算定に用いる要綱(算定規則)の名称。その年度に施行されている版だけが配分になる。null なら、前年度の交付金制度のものによる。それもなければ、最初に承認された算定で定まる。")
        .one::<GrantProgramme>("previousProgramme", "previous_id", "前年度の交付金制度。その剰余金を、この制度の配分から差し引く。激変緩和などは、その確定した配分と比べる。")
        .column::<bool>("firstYear", "初年度の制度か。前年度の額に基づく項・調整を、前年度と比べずに算定する。")
        .one::<Section>("section", "section_id", "担当する部・課。")
        .one::<Account>("createdBy", "created_by", "制度を作った人。")
        .one::<Account>("publishedBy", "published_by", "公開した人。")
        .connection::<GrantAllocation>("allocations", "programme_id", "団体への配分。")
        .connection::<GrantApplication>("applications", "programme_id", "交付申請。新しい順。")
        .connection::<GrantRun>("runs", "programme_id", "配分の算定。新しい順。")
        .many::<LedgerAccount>("ledgerAccounts", "owner_id", "予算の残りの勘定。")
        .ordered([Key::down("fiscal_year", Ty::Int)])
        .waits_for(GRANT_STAFF, Over::Municipality, ["t.state = 'PUBLISHED' AND t.closes_on >= entaku_today()", "t.title", "t.closes_on"])
        .task(GRANT_PROGRAMME_PUBLISH, ["t.state = 'DRAFT'", "t.title", "t.opens_on"], [
            "準備中の交付金制度です。受付を始める日までに公開してください。",
            "The programme is in preparation. Please publish it before applications open.",
        ])
        .except("SELECT entaku_programme_makers(t.id)")
        .task(GRANT_PROGRAMME_CLOSE, ["t.state = 'PUBLISHED' AND t.closes_on < entaku_today()", "t.title", ACCOUNTS_CLOSE], [
            "申請の受付が終わりました。残る申請がなければ、交付金制度を終えてください。",
            "Applications have closed. Please close the programme when none is left to work on.",
        ])
        .filtered::<GrantProgrammeFilterInput>()
        .published("t.state <> 'DRAFT'")
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(GRANT_RULES)
        .create(GRANT_PROGRAMME_CREATE, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .act(GRANT_PROGRAMME_PUBLISH, "", PUBLISHERS, Over::Municipality)
        .apart(GRANT_PROGRAMME_PUBLISH, &["created_by"])
        .step_up(GRANT_PROGRAMME_PUBLISH)
        .act(GRANT_PROGRAMME_CLOSE, "", GRANT_STAFF, Over::Municipality)
        .act(GRANT_ALLOCATION_SET, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .apart(GRANT_ALLOCATION_SET, &["published_by"])
        .act(GRANT_PROGRAMME_TERMS_SET, "", GRANT_STAFF, Over::Municipality)
        .act(GRANT_PROGRAMME_BUDGET_CHANGE, BUDGET_LAW, APPROVER, Over::Municipality)
        .step_up(GRANT_PROGRAMME_BUDGET_CHANGE))
}

shape! {
    GrantAllocation("GrantAllocation", "交付金の配分。団体ごとの上限額とその根拠。合計は予算を超えない。算定による配分は、その結果が公表されると誰でも閲覧できる。", "grant_allocations") { id: GrantAllocationId, row: grant_allocation::Entity }
    |shape| shape
        .revision()
        .one::<GrantProgramme>("programme", "programme_id", "交付金制度。")
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<Yen>("amountYen", "配分額(円)。")
        .column::<Yen>("offsetYen", "前の年度の剰余金として差し引かれた額(円)。")
        .computed::<Yen>("payableYen", "差し引いた後の、交付を受けられる額(円)。", &["amount_yen", "offset_yen"], payable)
        .many::<GrantOffset>("offsets", "allocation_id", "差引き。古い順。")
        .column::<String>("basis", "配分額の根拠(算定の説明)。")
        .column::<Date>("decidedOn", "定めた日。")
        .one::<GrantRunLine>("calculation", "line_id", "承認された算定の明細。手で定めた配分ではなし。")
        .connection::<GrantApplication>("applications", "allocation_id", "この配分に対する交付申請。新しい順。")
        .many::<LedgerAccount>("ledgerAccounts", "owner_id", "残り・決定済み・支払済みの勘定。")
        .ordered([Key::up("created_at", Ty::Time)])
        .published("t.programme_state <> 'DRAFT' AND coalesce(t.results_state, 'PUBLISHED') = 'PUBLISHED'")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, Over::ScopeWhere(ScopeKind::Organization, "organization_id", OF_OPEN_PROGRAMMES))
        .readable(LIAISON, Over::ScopeWhere(ScopeKind::District, "district_id", OF_OPEN_PROGRAMMES))
}

/// Whose allocation it is, and the district's liaison staff, need not wait until everybody reads it.
const OF_OPEN_PROGRAMMES: &str = "t.programme_state <> 'DRAFT'";

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
        .many::<GrantOffset>("offsets", "application_id", "この剰余金の差引き。古い順。")
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
