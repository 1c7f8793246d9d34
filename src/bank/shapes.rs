//! What can be read of the bank, and by whom.

mod notice;

pub use notice::BankNotice;

use async_graphql::{InputObject, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::bank::commands::{
    BANK_ACCOUNT_CONFIRM, BANK_ACCOUNT_REGISTER, BANK_ACCOUNT_REJECT, BANK_REPORT_IMPORT, BANK_TRANSFER_CANCEL,
    BANK_TRANSFER_OUTCOME_RECORD, BANK_TRANSFER_PREPARE, BANK_TRANSFER_PRODUCE, BANK_TRANSFER_RECONCILE,
    BANK_TRANSFER_REFUSAL_RECORD, TRANSFER_SOURCE_SET, open_file, open_number,
};
use crate::bank::entity::{
    BankAccountId, BankAccountState, BankReportFormat, BankReportId, BankReportLineId, BankTransferId,
    BankTransferLineId, BankTransferState, DepositKind, ReportOutcome, TransferLineState, TransferSourceId,
    bank_account, bank_report, bank_report_line, bank_transfer, bank_transfer_line, transfer_source,
};
use crate::bank::rules;
use crate::grants::shapes::GrantApplication;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::keys::Sealed;
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

const PAYER: &[Role] = &[Role::Payer];
const PREPARERS: &[Role] = &[Role::GrantStaff, Role::Payer];
const GRANT_STAFF: &[Role] = &[Role::GrantStaff];
/// Those of the town hall who have to do with payments.
const OFFICE: &[Role] = &[Role::GrantStaff, Role::Approver, Role::Payer, Role::Auditor];
/// Those of an organization who have to do with its money.
const ANSWERABLE: &[Role] = &[Role::OrgOfficer, Role::OrgAccountant, Role::OrgAuditor];
const KEEPERS: &[Role] = &[Role::OrgOfficer, Role::OrgAccountant];
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");
const PAYMENT_LAW: &str = "地方自治法第232条の4・第232条の5";
/// An account is needed for the first payment that waits for it.
const NEEDED_BY: &str = "(SELECT min(a.payment_due) FROM grant_applications a \
    WHERE a.municipality_id = t.municipality_id AND a.organization_id = t.organization_id \
    AND a.state = 'PAYMENT_REQUESTED')";
/// Before its day nothing is reported; after it, what is not is to be asked for.
const UNDER_WAY: &str = "t.state = 'PRODUCED' AND t.transfer_on >= entaku_today()";
const AWAITED: &str = "t.state = 'PRODUCED' AND t.transfer_on < entaku_today()";
/// Too late, and the bank has told of none of its payments.
const UNREPORTED: &str = "t.state = 'PRODUCED' AND t.report_due < entaku_today() \
    AND NOT EXISTS (SELECT FROM bank_transfer_lines l WHERE l.municipality_id = t.municipality_id \
    AND l.transfer_id = t.id AND (l.state <> 'WAITING' OR EXISTS (SELECT FROM bank_report_lines r \
    WHERE r.municipality_id = l.municipality_id AND r.line_id = l.id)))";
/// Whoever may not pay a payment of it (`grants::commands::payment::may_pay`).
const NO_PAYERS: &str = "SELECT w.id FROM bank_transfer_lines l CROSS JOIN LATERAL ( \
    SELECT entaku_doers(l.application_id, 'CHANGED') UNION SELECT entaku_doers(l.application_id, 'REVERSED') \
    UNION SELECT entaku_examiners(l.application_id) UNION SELECT entaku_recommenders(l.application_id) \
    UNION SELECT entaku_application_parties(l.application_id, l.organization_id)) w (id) \
    WHERE l.municipality_id = t.municipality_id AND l.transfer_id = t.id";
/// Payments of a file that was made whose results are not known.
const AWAITED_LINES: Children = Children {
    key: "transfer_id",
    when: "t.state = 'WAITING' AND EXISTS (SELECT FROM bank_transfers b WHERE b.municipality_id = t.municipality_id \
        AND b.id = t.transfer_id AND b.state = 'PRODUCED')",
    order: &[],
};
const ACCOUNT_RULES: &str = "財務規則(債権者の口座の登録)";

/// Numbers are for those who pay.
fn payers() -> Mask {
    let permits = vec![Permit { action: Action::READ, roles: PAYER, over: Over::Municipality }];
    Mask { permits, unless: None, personal: true, reason: "PAYERS" }
}

/// In whose name the account is may be somebody's name.
fn holders() -> Mask {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    let permits = vec![read(PREPARERS, Over::Municipality), read(ANSWERABLE, IN_ORGANIZATION)];
    Mask { permits, unless: None, personal: true, reason: "ACCOUNTS" }
}

/// 口座の絞り込み。
#[derive(InputObject)]
pub struct BankAccountFilterInput {
    /// 地域組織。
    pub organization_id: Option<OrganizationId>,
    /// 状態(いずれか)。
    pub state: Option<Vec<BankAccountState>>,
}

impl Filter for BankAccountFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("organization_id", self.organization_id.map(|id| Param::Uuid(Some(id.0))));
        to.among("state", self.state.map(|states| states.into_iter().map(BankAccountState::word).collect()));
    }
}

fn masked(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(rules::masked(&row.get::<String>("tail")?)))
}

fn sealed(row: &Cells<'_>) -> Result<Sealed> {
    Ok(Sealed { key: row.get("key_id")?, text: row.get("secret")? })
}

fn number(row: &Cells<'_>, request: &Request) -> Result<Value> {
    Ok(Value::from(open_number(&request.keys, row.get("organization_id")?, &sealed(row)?)?))
}

shape! {
    BankAccount("BankAccount", "交付金の振込先の口座。番号は支出担当者だけに表示され、ほかの人には下3桁だけが見える。", "bank_accounts") { id: BankAccountId, row: bank_account::Entity, may: rules::account }
    |shape| shape
        .revision()
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<String>("bankCode", "銀行番号(4桁)。")
        .column::<String>("bankName", "銀行名(半角カナ)。")
        .column::<String>("branchCode", "支店番号(3桁)。")
        .column::<String>("branchName", "支店名(半角カナ)。")
        .column::<DepositKind>("kind", "預金種目。")
        .computed::<String>("maskedNumber", "口座番号の下3桁(****123)。", &["tail"], masked)
        .computed::<Option<String>>("number", "口座番号(7桁)。支払う人だけに表示される。", &["organization_id", "key_id", "secret"], number)
        .masked(payers())
        .column::<Option<String>>("holderKana", "口座名義(半角カナ)。")
        .masked(holders())
        .column::<BankAccountState>("state", "状態。")
        .one::<Account>("registeredBy", "registered_by", "届け出た人。")
        .one::<Account>("confirmedBy", "confirmed_by", "確認した人。")
        .column::<Option<Date>>("confirmedOn", "確認した日。")
        .column::<Option<String>>("rejectionReason", "返した理由。")
        .column::<i32>("mismatches", "確認のときに違う口座番号が入力された回数。5回で返される。")
        .ordered([Key::down("created_at", Ty::Time)])
        .filtered::<BankAccountFilterInput>()
        .readable(OFFICE, Over::Municipality)
        .readable(ANSWERABLE, IN_ORGANIZATION)
        .task(BANK_ACCOUNT_CONFIRM, ["t.state = 'PROPOSED'", "'口座 ****' || t.tail", NEEDED_BY], [
            "振込先の口座が届け出られました。届出書の口座番号を打ち直して確認するか、返してください。",
            "An account was registered for payments. Please type its number again from the paper, or reject it.",
        ])
        .ruled_by(ACCOUNT_RULES)
        .create(BANK_ACCOUNT_REGISTER, "", KEEPERS, IN_ORGANIZATION)
        .create(BANK_ACCOUNT_REGISTER, "", GRANT_STAFF, Over::Municipality)
        .step_up(BANK_ACCOUNT_REGISTER)
        .act(BANK_ACCOUNT_CONFIRM, "", GRANT_STAFF, Over::Municipality)
        .apart(BANK_ACCOUNT_CONFIRM, &["registered_by"])
        .step_up(BANK_ACCOUNT_CONFIRM)
        .act(BANK_ACCOUNT_REJECT, "", GRANT_STAFF, Over::Municipality)
}

shape! {
    TransferSource("TransferSource", "振込依頼人(自治体)と、支払う口座。", "transfer_sources") { id: TransferSourceId, row: transfer_source::Entity }
    |shape| shape
        .revision()
        .column::<String>("consignorCode", "振込依頼人コード(10桁)。")
        .column::<String>("consignorName", "振込依頼人名(半角カナ)。")
        .column::<String>("bankCode", "仕向銀行番号(4桁)。")
        .column::<String>("bankName", "仕向銀行名(半角カナ)。")
        .column::<String>("branchCode", "仕向支店番号(3桁)。")
        .column::<String>("branchName", "仕向支店名(半角カナ)。")
        .column::<DepositKind>("kind", "預金種目。")
        .column::<String>("number", "口座番号(7桁)。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(PAYER, Over::Municipality)
        .readable(&[Role::Admin, Role::Auditor], Over::Municipality)
        .ruled_by(PAYMENT_LAW)
        .create(TRANSFER_SOURCE_SET, "", &[Role::Admin], Over::Municipality)
        .step_up(TRANSFER_SOURCE_SET)
}

fn content(row: &Cells<'_>, request: &Request) -> Result<Value> {
    let sealed = sealed(row)?;
    if sealed.text.is_empty() {
        return Ok(Value::Null);
    }
    Ok(Value::from(STANDARD.encode(open_file(&request.keys, row.get("id")?, &sealed)?)))
}

shape! {
    BankTransfer("BankTransfer", "総合振込。請求された支払をまとめ、別の人が銀行へのファイルを作る。", "bank_transfers") { id: BankTransferId, row: bank_transfer::Entity, may: rules::transfer }
    |shape| shape
        .revision()
        .column::<Date>("transferOn", "振込指定日。")
        .column::<BankTransferState>("state", "状態。")
        .column::<i32>("count", "件数。")
        .column::<Yen>("totalYen", "合計(円)。")
        .many::<BankTransferLine>("lines", "transfer_id", "明細。番号の順。200件まで。")
        .one::<Account>("preparedBy", "prepared_by", "起案した人。")
        .one::<Account>("producedBy", "produced_by", "ファイルを作った人。")
        .column::<Option<DateTime<Utc>>>("producedAt", "ファイルを作った日時。")
        .column_named::<Option<String>>("checksum", "sha256", "ファイルの SHA-256(16進)。")
        .column::<Option<Date>>("reportDue", "銀行からの報告を取り込む期限。ファイルを作ったときに定まる。")
        .many_when::<BankTransferLine>("awaitedLines", AWAITED_LINES, "銀行からの結果がまだない明細。一部の結果だけが報告されたときは、その残り。")
        .column::<Option<Date>>("refusedOn", "銀行がファイル全体を受け付けなかった日。")
        .one::<Account>("refusedBy", "refused_by", "受け付けられなかったことを記録した人。")
        .column::<Option<String>>("refusalReason", "銀行が受け付けなかった理由。")
        .computed::<Option<String>>("content", "ファイルの内容(Base64)。全銀協規定形式(総合振込)、120バイトのレコード、Shift_JIS(JIS X 0201)、改行なし。支払う人だけに表示される。", &["id", "key_id", "secret"], content)
        .masked(payers())
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(OFFICE, Over::Municipality)
        .waits_for(PAYER, Over::Municipality, [UNDER_WAY, "'総合振込の結果の取込み'", "t.report_due"])
        .task(BANK_TRANSFER_PRODUCE, ["t.state = 'PREPARED' AND t.transfer_on >= entaku_today()", "'総合振込'", "t.transfer_on"], [
            "総合振込が起案されました。振込指定日までに確認し、銀行へのファイルを作ってください。",
            "A transfer was prepared. Please check it and make its file before its day.",
        ])
        .except(NO_PAYERS)
        .task(BANK_TRANSFER_CANCEL, ["t.state = 'PREPARED' AND t.transfer_on < entaku_today()", "'総合振込'", "t.transfer_on"], [
            "ファイルを作らないまま振込指定日が過ぎました。取り消し、起案し直してください。",
            "Its day has passed without a file. Please cancel it and prepare it again.",
        ])
        .task(BANK_TRANSFER_RECONCILE, [AWAITED, "'総合振込の結果の取込み'", "t.report_due"], [
            "振込指定日を過ぎ、結果の分からない支払があります。銀行からの報告を取り込んでください。",
            "The day of the transfer has passed, and results are awaited. Please import the bank's report.",
        ])
        .except(NO_PAYERS)
        .task(BANK_TRANSFER_REFUSAL_RECORD, [UNREPORTED, "'総合振込の結果の取込み'", "t.report_due"], [
            "期限を過ぎても、銀行からの報告がありません。銀行に確かめ、受け付けられなかったときは、そのことを記録してください。",
            "No report has come in time. Please ask the bank and, if it refused the file, record that.",
        ])
        .except(NO_PAYERS)
        .task(BANK_TRANSFER_OUTCOME_RECORD, [notice::LATE, "'総合振込の結果の記録'", "t.report_due"], [
            "期限を過ぎても、結果の分からない支払があります。銀行に確かめ、報告が得られないときは、通知により一件ずつ記録してください。",
            "Results are late. Please ask the bank and, if it reports no more, record each by its notice.",
        ])
        .except(NO_PAYERS)
        .ruled_by(PAYMENT_LAW)
        .create(BANK_TRANSFER_PREPARE, "", PREPARERS, Over::Municipality)
        .act(BANK_TRANSFER_PRODUCE, "", PAYER, Over::Municipality)
        .apart(BANK_TRANSFER_PRODUCE, &["prepared_by"])
        .step_up(BANK_TRANSFER_PRODUCE)
        .act(BANK_TRANSFER_CANCEL, "", PREPARERS, Over::Municipality)
        .act(BANK_TRANSFER_RECONCILE, "", PAYER, Over::Municipality)
        .step_up(BANK_TRANSFER_RECONCILE)
        .act(BANK_TRANSFER_REFUSAL_RECORD, "", PAYER, Over::Municipality)
        .apart(BANK_TRANSFER_REFUSAL_RECORD, &["produced_by"])
        .step_up(BANK_TRANSFER_REFUSAL_RECORD)
        .act(BANK_TRANSFER_OUTCOME_RECORD, "", PAYER, Over::Municipality)
        .apart(BANK_TRANSFER_OUTCOME_RECORD, &["produced_by"])
        .step_up(BANK_TRANSFER_OUTCOME_RECORD)
}

shape! {
    BankTransferLine("BankTransferLine", "総合振込の明細。支払一件。", "bank_transfer_lines") { id: BankTransferLineId, row: bank_transfer_line::Entity }
    |shape| shape
        .one::<BankTransfer>("transfer", "transfer_id", "総合振込。")
        .column::<i32>("number", "番号。")
        .one::<GrantApplication>("grantApplication", "application_id", "支払う交付申請。")
        .column::<i32>("paymentNumber", "交付申請の何番目の支払か(GrantPayment.number)。")
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .one::<BankAccount>("bankAccount", "bank_account_id", "振込先の口座。")
        .column::<Yen>("amountYen", "金額(円)。")
        .column::<TransferLineState>("state", "状態。")
        .column::<Option<Date>>("paidOn", "振り込まれた日。")
        .first::<BankNotice>("notice", notice::OF_LINE, "結果を記録した、銀行の通知。銀行の報告によるときは null。支払う人と監査の人だけに表示される。")
        .withheld(notice::readers())
        .ordered([Key::up("number", Ty::Int)])
        .readable(OFFICE, Over::Municipality)
}

shape! {
    BankReport("BankReport", "銀行からの報告。支払と照合し、一致したものは仕訳する。", "bank_reports") { id: BankReportId, row: bank_report::Entity }
    |shape| shape
        .column::<BankReportFormat>("format", "形式。")
        .column::<String>("name", "ファイルの名前。")
        .column_named::<String>("checksum", "sha256", "明細の SHA-256(16進)。同じ明細の報告は一度だけ取り込める。")
        .column::<i32>("count", "件数。")
        .column::<i32>("matched", "支払と一致した件数。")
        .column::<i32>("unmatched", "一致しなかった件数。")
        .connection::<BankReportLine>("lines", "report_id", "明細。番号の順。")
        .one::<Account>("importedBy", "imported_by", "取り込んだ人。")
        .column_named::<DateTime<Utc>>("importedAt", "created_at", "取り込んだ日時。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(OFFICE, Over::Municipality)
        .ruled_by(PAYMENT_LAW)
        .create(BANK_REPORT_IMPORT, "", PAYER, Over::Municipality)
        .step_up(BANK_REPORT_IMPORT)
}

shape! {
    BankReportLine("BankReportLine", "銀行からの報告の明細と、照合の結果。", "bank_report_lines") { id: BankReportLineId, row: bank_report_line::Entity }
    |shape| shape
        .one::<BankReport>("report", "report_id", "報告。")
        .column::<i32>("number", "番号。")
        .column::<Date>("reportedOn", "振込日。")
        .column::<Yen>("amountYen", "金額(円)。")
        .column::<String>("bankCode", "銀行番号。")
        .column::<String>("branchCode", "支店番号。")
        .computed::<String>("maskedNumber", "口座番号の下3桁(****123)。", &["tail"], masked)
        .column::<Option<String>>("holder", "受取人名。")
        .masked(Mask { permits: vec![Permit { action: Action::READ, roles: PREPARERS, over: Over::Municipality }], unless: None, personal: true, reason: "ACCOUNTS" })
        .column::<bool>("paid", "振り込まれたか。")
        .column::<ReportOutcome>("outcome", "照合の結果。")
        .one::<BankTransferLine>("transferLine", "line_id", "一致した支払。")
        .ordered([Key::up("number", Ty::Int)])
        .readable(OFFICE, Over::Municipality)
}
