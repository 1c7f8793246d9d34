//! What can be read of the books of organizations, and by whom.

mod gathered;

use async_graphql::{InputObject, Value};
use chrono::{DateTime, Utc};

use crate::books::commands::{
    ACCOUNT_BOOK_CHANGE, ACCOUNT_BOOK_CLOSE, ACCOUNT_BOOK_CONFIRM, ACCOUNT_BOOK_OPEN, BOOK_TRANSACTION_FILE_ATTACH,
    BOOK_TRANSACTION_FINDING_LIFT, BOOK_TRANSACTION_JUDGE, BOOK_TRANSACTION_RECORD, BOOK_TRANSACTION_REVERSE,
    BUDGET_LINE_SET, INELIGIBLE_USE_SET,
};
use crate::books::entity::{
    AccountBookId, BookCategory, BookFileId, BookJudgementId, BookKeeperId, BookSide, BookState, BookTransactionId,
    BudgetLineId, IneligibleUseId, account_book, book_file, book_judgement, book_keeper, book_transaction, budget_line,
    ineligible_use,
};
use crate::books::rules;
use crate::files::shapes::attached;
use crate::grants::shapes::{GrantApplication, GrantProgramme};
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Children, Filter, Key, Mask, Ty, Where};
use crate::kernel::request::Request;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::shapes::Account;
use crate::shape;

pub use gathered::{BookCarriedOver, GrantBooked, GrantBookedCost};

/// Who keeps an organization's books.
pub(super) const KEEPERS: &[Role] = &[Role::OrgOfficer, Role::OrgAccountant];
/// Who judges for the town hall.
pub(super) const GRANT_STAFF: &[Role] = &[Role::GrantStaff];
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");
/// What an organization lays down for its accounts, and what a municipality asks of whoever has its grants.
const BOOK_RULES: &str = "団体の規約・交付金交付要綱(帳簿及び証拠書類の整備)";
const AUDIT_RULES: &str = "団体の規約(監事による監査)";
const ELIGIBILITY: &str = "交付金交付要綱(交付対象経費)";

/// 会計の絞り込み。
#[derive(InputObject)]
pub struct AccountBookFilterInput {
    /// 地域組織。
    pub organization_id: Option<OrganizationId>,
    /// 年度。
    pub fiscal_year: Option<FiscalYear>,
    /// 状態(いずれか)。
    pub state: Option<Vec<BookState>>,
}

impl Filter for AccountBookFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("organization_id", self.organization_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("fiscal_year", self.fiscal_year.map(|year| Param::Int(Some(year.0.into()))));
        to.among("state", self.state.map(|states| states.into_iter().map(BookState::word).collect()));
    }
}

fn difference(row: &Cells<'_>, of: &str, less: &str) -> Result<Value> {
    Ok(Value::from(rules::remaining(Yen(row.get(of)?), Yen(row.get(less)?)).0))
}

fn balance(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    difference(row, "income_yen", "expense_yen")
}

fn remaining(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    difference(row, "budget_yen", "actual_yen")
}

/// Open though its year is over.
const OVER: &str = "t.state = 'OPEN' AND entaku_today() >= make_date(t.fiscal_year + 1, 4, 1)";
/// As long after the year as the municipality says, and as long after the closing.
const CLOSING_DUE: &str = "make_date(t.fiscal_year + 1, 3, 31) + (SELECT s.book_closing_days \
    FROM municipality_settings s WHERE s.municipality_id = t.municipality_id)";
const AUDIT_DUE: &str = "t.closed_on + (SELECT s.book_audit_days FROM municipality_settings s \
    WHERE s.municipality_id = t.municipality_id)";
const BOOK_TITLE: &str = "t.fiscal_year || '年度 ' || (SELECT o.name FROM organizations o \
    WHERE o.municipality_id = t.municipality_id AND o.id = t.organization_id)";
/// Whoever had a hand in the book (`commands::book::confirm`).
const HANDS: &str = "SELECT k.account_id FROM book_keepers k WHERE k.municipality_id = t.municipality_id \
    AND k.book_id = t.id";

shape! {
    AccountBook("AccountBook", "団体の会計。年度ごとの事業計画・予算・出納。", "account_books") { id: AccountBookId, row: account_book::Entity, may: rules::book }
    |shape| shape
        .revision()
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<String>("plan", "事業計画。")
        .column::<Option<Date>>("adoptedOn", "総会などで議決した日。")
        .column::<BookState>("state", "状態。")
        .column::<Yen>("incomeYen", "収入の合計(円)。")
        .column::<Yen>("expenseYen", "支出の合計(円)。")
        .computed::<Yen>("balanceYen", "収入から支出を引いた額(円)。", &["income_yen", "expense_yen"], balance)
        .many::<BudgetLine>("lines", "book_id", "予算の科目。")
        .connection::<BookTransaction>("transactions", "book_id", "出納。番号の順。")
        .column::<Option<Date>>("completedOn", "事業が完了した日。")
        .column::<Option<Date>>("closedOn", "締めた日。")
        .one::<Account>("closedBy", "closed_by", "締めた人。")
        .column::<Option<Date>>("vouchersUntil", "証拠書類を保存する最後の日。締めたときに定まる。この日を過ぎるまでは廃棄できない。")
        .column::<Option<Date>>("confirmedOn", "監事が確認した日。")
        .one::<Account>("confirmedBy", "confirmed_by", "確認した監事。")
        .column::<Option<String>>("opinion", "監査の意見。")
        .many::<BookCarriedOver>("carriedOver", "book_id", "前の年度の交付金から繰り越した額。残された額と記帳された額が違えば、会計を締められない。")
        .many::<BookKeeper>("keepers", "book_id", "計画・予算・出納・証拠書類・判定に手を加えた人。この人たちは監事として確認できない。")
        .ordered([Key::down("fiscal_year", Ty::Int)])
        .task(ACCOUNT_BOOK_CLOSE, [OVER, BOOK_TITLE, CLOSING_DUE], [
            "年度が終わりました。証拠書類を確かめ、会計を締めてください。",
            "The fiscal year is over. Please see to the receipts and close the book.",
        ])
        .task(ACCOUNT_BOOK_CONFIRM, ["t.state = 'CLOSED'", BOOK_TITLE, AUDIT_DUE], [
            "会計が締められました。帳簿と証拠書類を確かめ、監査の意見を付けて確認してください。",
            "The book was closed. Please examine it with its receipts and confirm it with your opinion.",
        ])
        .filtered::<AccountBookFilterInput>()
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .ruled_by(BOOK_RULES)
        .create(ACCOUNT_BOOK_OPEN, "", KEEPERS, IN_ORGANIZATION)
        .act(ACCOUNT_BOOK_CHANGE, "", KEEPERS, IN_ORGANIZATION)
        .act(ACCOUNT_BOOK_CLOSE, "", &[Role::OrgOfficer], IN_ORGANIZATION)
        .act(ACCOUNT_BOOK_CONFIRM, AUDIT_RULES, &[Role::OrgAuditor], IN_ORGANIZATION)
        .apart(ACCOUNT_BOOK_CONFIRM, &["opened_by", "closed_by"])
        .apart_from(ACCOUNT_BOOK_CONFIRM, "_hands", HANDS)
        .step_up(ACCOUNT_BOOK_CONFIRM)
}

shape! {
    BookKeeper("BookKeeper", "会計に手を加えた人。", "book_keepers") { id: BookKeeperId, row: book_keeper::Entity }
    |shape| shape
        .one::<AccountBook>("book", "book_id", "会計。")
        .one::<Account>("account", "account_id", "その人。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
}

shape! {
    BudgetLine("BudgetLine", "予算の科目。予算額と実績、残り。", "budget_lines") { id: BudgetLineId, row: budget_line::Entity }
    |shape| shape
        .revision()
        .one::<AccountBook>("book", "book_id", "会計。")
        .column::<BookSide>("side", "収入か支出か。")
        .column::<BookCategory>("category", "科目。")
        .column::<String>("title", "内訳の名称。")
        .column::<Yen>("budgetYen", "予算額(円)。")
        .column::<Yen>("actualYen", "実績(円)。")
        .computed::<Yen>("remainingYen", "残り(円)。予算額から実績を引いた額で、超えたときは負になる。", &["budget_yen", "actual_yen"], remaining)
        .connection::<BookTransaction>("transactions", "line_id", "出納。番号の順。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .ruled_by(BOOK_RULES)
        .create(BUDGET_LINE_SET, "", KEEPERS, IN_ORGANIZATION)
}

/// With whom the organization dealt is for those who answer for its accounts, and those who examine them.
fn examiners() -> Mask {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    Mask {
        permits: vec![
            read(&[Role::OrgOfficer, Role::OrgAccountant, Role::OrgAuditor], IN_ORGANIZATION),
            read(&[Role::GrantStaff, Role::Auditor], Over::Municipality),
        ],
        unless: None,
        personal: true,
        reason: "ACCOUNTS",
    }
}

const REVERSED_BY: Children = Children { key: "reverses_id", when: "", order: &[] };
const REPLACED_BY: Children = Children { key: "replaces_id", when: "", order: &[] };

shape! {
    BookTransaction("BookTransaction", "出納。書いた後は変わらず、誤りは取消しとその訂正で直す。", "book_transactions") { id: BookTransactionId, row: book_transaction::Entity, may: rules::transaction }
    |shape| shape
        .revision()
        .one::<AccountBook>("book", "book_id", "会計。")
        .one::<BudgetLine>("line", "line_id", "予算の科目。残りも分かる。")
        .column::<i32>("number", "会計の中の番号。")
        .column::<BookSide>("side", "収入か支出か。")
        .column::<BookCategory>("category", "科目。")
        .column::<Date>("occurredOn", "入出金の日。")
        .column::<Yen>("amountYen", "金額(円)。取消しでは負。")
        .column::<String>("counterparty", "相手方。")
        .masked(examiners())
        .column::<String>("summary", "摘要。取消しではその理由。")
        .one::<GrantApplication>("grantApplication", "application_id", "交付金による場合は、その交付申請。")
        .one::<IneligibleUse>("ineligibleUse", "ineligible_use_id", "交付金の対象外とした使途。")
        .column::<Option<String>>("ineligibleReason", "対象外とした理由。")
        .one::<Account>("judgedBy", "judged_by", "対象外とした人。")
        .column::<bool>("foundByHall", "自治体の判定か。団体は変えられず、訂正にも引き継がれる。")
        .one::<BookTransaction>("reverses", "reverses_id", "取り消した出納。")
        .first::<BookTransaction>("reversedBy", REVERSED_BY, "この出納の取消し。")
        .first::<BookTransaction>("replacedBy", REPLACED_BY, "この出納に代わる訂正。")
        .many::<BookJudgement>("judgements", "transaction_id", "対象外の判定とその取消し。古い順。記帳と同時に示されたものは含まない。")
        .many::<BookFile>("files", "transaction_id", "証拠書類。")
        .one::<Account>("recordedBy", "recorded_by", "記帳した人。")
        .column_named::<DateTime<Utc>>("recordedAt", "created_at", "記帳した日時。")
        .ordered([Key::up("number", Ty::Int)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .ruled_by(BOOK_RULES)
        .create(BOOK_TRANSACTION_RECORD, "", KEEPERS, IN_ORGANIZATION)
        .act(BOOK_TRANSACTION_REVERSE, "", KEEPERS, IN_ORGANIZATION)
        .act(BOOK_TRANSACTION_FILE_ATTACH, "", KEEPERS, IN_ORGANIZATION)
        .act(BOOK_TRANSACTION_JUDGE, ELIGIBILITY, GRANT_STAFF, Over::Municipality)
        .act(BOOK_TRANSACTION_JUDGE, ELIGIBILITY, KEEPERS, IN_ORGANIZATION)
        .act(BOOK_TRANSACTION_FINDING_LIFT, ELIGIBILITY, GRANT_STAFF, Over::Municipality)
}

shape! {
    BookJudgement("BookJudgement", "出納が交付金の対象外であるという判定、またはその取消し。", "book_judgements") { id: BookJudgementId, row: book_judgement::Entity }
    |shape| shape
        .one::<BookTransaction>("transaction", "transaction_id", "出納。")
        .one::<IneligibleUse>("ineligibleUse", "ineligible_use_id", "対象外とした使途。判定の取消しでは null。")
        .column::<String>("reason", "理由。")
        .column::<bool>("byHall", "自治体によるか。")
        .one::<Account>("judgedBy", "judged_by", "判定した人、または取り消した人。")
        .column_named::<DateTime<Utc>>("judgedAt", "created_at", "日時。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
}

shape! {
    BookFile("BookFile", "出納の証拠書類(領収書など)。団体と職員だけが読める。", "book_files") { id: BookFileId, row: book_file::Entity }
    |shape| attached::<BookFileId>(shape.one::<BookTransaction>("transaction", "transaction_id", "出納。"))
        .readable(&[Role::GrantStaff, Role::Auditor], Over::Municipality)
        .readable(&[Role::OrgOfficer, Role::OrgAccountant, Role::OrgAuditor], IN_ORGANIZATION)
}

/// What a programme in preparation is not for is public with the programme.
const WITH_PROGRAMME: &str = "t.programme_id IS NULL OR coalesce((SELECT p.state <> 'DRAFT' FROM grant_programmes p \
    WHERE p.municipality_id = t.municipality_id AND p.id = t.programme_id), false)";

shape! {
    IneligibleUse("IneligibleUse", "交付金の対象外の使途。自治体の要綱による。一つの交付金制度だけのものは、その制度と同時に公開される。", "ineligible_uses") { id: IneligibleUseId, row: ineligible_use::Entity }
    |shape| shape
        .revision()
        .column::<String>("code", "符号。")
        .column::<String>("title", "名称。")
        .column::<String>("titleEn", "英語の名称。")
        .column::<String>("legalBasis", "根拠となる要綱の条。")
        .column::<Option<BookCategory>>("category", "科目の全体が対象外の場合は、その科目。")
        .column::<bool>("withoutReceipt", "領収書のない支出が対象外か。")
        .column::<bool>("inForce", "今も対象外か。")
        .one::<GrantProgramme>("programme", "programme_id", "一つの交付金制度だけの使途である場合は、その制度。後を継ぐ制度にも及ぶ。")
        .ordered([Key::up("title", Ty::Text)])
        .published(WITH_PROGRAMME)
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(ELIGIBILITY)
        .create(INELIGIBLE_USE_SET, "", GRANT_STAFF, Over::Municipality)
}
