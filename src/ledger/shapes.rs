//! What can be read of the ledger: all of it, by staff. Years are closed and opened again, and it is verified.

use async_graphql::{ID, InputObject, SimpleObject, Value};
use chrono::{DateTime, Utc};

use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Ty, Where, told};
use crate::kernel::request::Request;
use crate::ledger::commands::{LEDGER_VERIFY, LEDGER_YEAR_CLOSE, LEDGER_YEAR_REOPEN};
use crate::ledger::entity::{
    AccountKind, LedgerAccountId, LedgerEntryId, LedgerFaultKind, LedgerJournalId, LedgerVerificationId, LedgerYearId,
    ledger_account, ledger_entry, ledger_journal, ledger_verification, ledger_year,
};
use crate::ledger::rules;
use crate::people::shapes::Account;
use crate::shape;

const TREASURER: &[Role] = &[Role::Payer];
const APPROVER: &[Role] = &[Role::Approver];
const CLOSING_LAW: &str = "地方自治法第235条の5";
const AUDIT_LAW: &str = "地方自治法第235条の2";

/// A year whose accounts nothing keeps from being closed (`ledger_close`): the day has come (地方自治法235条の5), there was a
/// budget that was wanted, no programme is in preparation, nothing is promised and not paid, and nothing is deducted from
/// what can still be granted.
const CLOSABLE: &str = "t.closed_at IS NULL AND entaku_today() >= make_date(t.fiscal_year + 1, 5, 31) \
    AND EXISTS (SELECT FROM grant_programmes p WHERE p.municipality_id = t.municipality_id \
    AND p.fiscal_year = t.fiscal_year AND p.discarded_on IS NULL) AND NOT entaku_drafts_open(t.fiscal_year) \
    AND NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.municipality_id = t.municipality_id \
    AND a.kind = 'COMMITTED' AND a.fiscal_year = t.fiscal_year AND a.balance > 0) \
    AND NOT entaku_deductions_open(t.fiscal_year)";
/// The statement of accounts (決算) is drawn up within three months of the closing (地方自治法233条1項).
const ACCOUNTS_DUE: &str = "make_date(t.fiscal_year + 1, 8, 31)";

/// 勘定の絞り込み。
#[derive(InputObject)]
pub struct LedgerAccountFilterInput {
    /// 年度。
    pub fiscal_year: Option<FiscalYear>,
    /// 種類。
    pub kind: Option<AccountKind>,
}

impl Filter for LedgerAccountFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("fiscal_year", self.fiscal_year.map(|year| Param::Int(Some(year.0.into()))));
        to.eq("kind", self.kind.map(|kind| Param::text(kind.word())));
    }
}

shape! {
    LedgerAccount("LedgerAccount", "勘定。種類・持ち主・年度ごとに一つ。残高は仕訳によってのみ動く。", "ledger_accounts") { id: LedgerAccountId, row: ledger_account::Entity }
    |shape| shape
        .column::<AccountKind>("kind", "種類。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column_named::<Yen>("balanceYen", "balance", "残高(円)。")
        .column::<i32>("version", "これまでの明細の数。")
        .connection::<LedgerEntry>("entries", "account_id", "明細。新しい順。")
        .ordered([Key::up("created_at", Ty::Time)])
        .filtered::<LedgerAccountFilterInput>()
        .readable(Role::STAFF, Over::Municipality)
}

/// 仕訳の絞り込み。
#[derive(InputObject)]
pub struct LedgerJournalFilterInput {
    /// 年度。
    pub fiscal_year: Option<FiscalYear>,
}

impl Filter for LedgerJournalFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("fiscal_year", self.fiscal_year.map(|year| Param::Int(Some(year.0.into()))));
    }
}

shape! {
    LedgerJournal("LedgerJournal", "仕訳。明細の合計は常に0円。変更されることはなく、誤りは反対仕訳で正す。", "ledger_journals") { id: LedgerJournalId, row: ledger_journal::Entity }
    |shape| shape
        .column::<String>("kind", "何の仕訳か。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<DateTime<Utc>>("postedAt", "記帳日時。")
        .one::<Account>("actor", "actor_id", "記帳の操作をした人。")
        .column::<String>("memo", "摘要。")
        .one::<LedgerJournal>("reversed", "reverses", "この仕訳が取り消した仕訳。")
        .many::<LedgerEntry>("entries", "journal_id", "明細。")
        .ordered([Key::down("posted_at", Ty::Time)])
        .filtered::<LedgerJournalFilterInput>()
        .readable(Role::STAFF, Over::Municipality)
}

shape! {
    LedgerEntry("LedgerEntry", "仕訳の明細。", "ledger_entries") { id: LedgerEntryId, row: ledger_entry::Entity }
    |shape| shape
        .one::<LedgerJournal>("journal", "journal_id", "仕訳。")
        .one::<LedgerAccount>("account", "account_id", "勘定。")
        .column_named::<Yen>("amountYen", "amount", "残高に加えた額(円)。負は減らした額。")
        .column_named::<Yen>("balanceAfterYen", "balance_after", "加えた後の残高(円)。")
        .column::<i32>("accountVersion", "勘定の何番目の明細か。")
        .ordered([Key::down("account_version", Ty::Int)])
        .readable(Role::STAFF, Over::Municipality)
}

fn year_label(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(FiscalYear(row.get("fiscal_year")?).label()))
}

shape! {
    LedgerYear("LedgerYear", "年度の会計。その年度の予算が初めて積まれると開かれる。閉じると、その年度の仕訳はできない。開き直すと、閉じたときの仕訳は取り消される。", "ledger_years") { id: LedgerYearId, row: ledger_year::Entity, may: rules::year }
    |shape| shape
        .column::<FiscalYear>("fiscalYear", "年度。")
        .computed::<String>("fiscalYearLabel", "年度の和暦の表記。", &["fiscal_year"], year_label)
        .column::<Option<DateTime<Utc>>>("closedAt", "閉じた日時。開いていれば null。")
        .one::<Account>("closedBy", "closed_by", "閉じた人。")
        .one::<LedgerJournal>("closing", "closing_id", "閉じたときの仕訳。残りがなければ null。")
        .column::<Yen>("unspentYen", "閉じたときに財源へ戻った額(不用額、円)。")
        .column::<Option<DateTime<Utc>>>("reopenedAt", "開き直した日時。")
        .one::<Account>("reopenedBy", "reopened_by", "開き直した人。")
        .column::<Option<String>>("reopenReason", "開き直した理由。")
        .ordered([Key::down("fiscal_year", Ty::Int)])
        .readable(Role::STAFF, Over::Municipality)
        .act(LEDGER_YEAR_CLOSE, CLOSING_LAW, TREASURER, Over::Municipality)
        .task(LEDGER_YEAR_CLOSE, [CLOSABLE, "t.fiscal_year || '年度の会計'", ACCOUNTS_DUE], [
            "出納閉鎖の日を過ぎました。支払われていない額は残っていません。決算の調製までに、年度の会計を閉じてください。",
            "The accounts can be closed, and nothing is promised and not paid. Please close them before the statement of \
             accounts is drawn up.",
        ])
        .act(LEDGER_YEAR_REOPEN, CLOSING_LAW, APPROVER, Over::Municipality)
        .apart(LEDGER_YEAR_REOPEN, &["closed_by"])
        .step_up(LEDGER_YEAR_CLOSE)
        .step_up(LEDGER_YEAR_REOPEN)
}

/// 元帳で成り立っていない規則と、それを破っているもの。
#[derive(SimpleObject)]
pub struct LedgerFault {
    /// 規則。
    pub kind: LedgerFaultKind,
    /// 破っているもの(仕訳・勘定・申請・配分・制度)。`node(id)` で読める。
    pub subject_id: ID,
    /// 合わない数字。
    pub detail: String,
}

fn faults(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let kept = serde_json::from_str(row.get::<&str>("faults")?).map_err(Error::internal)?;
    told(kept, "LedgerFault", &[])
}

fn sound(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(row.get::<i32>("fault_count")? == 0))
}

shape! {
    LedgerVerification("LedgerVerification", "元帳の検証。ある時の元帳の全体が、成り立つべき規則をすべて守っているか。", "ledger_verifications") { id: LedgerVerificationId, row: ledger_verification::Entity }
    |shape| shape
        .column::<DateTime<Utc>>("checkedAt", "検証した日時。")
        .one::<Account>("checkedBy", "checked_by", "検証を求めた人。毎日の検証では null。")
        .computed::<bool>("ok", "すべての規則が守られているか。", &["fault_count"], sound)
        .column::<i32>("accounts", "調べた勘定の数。")
        .column::<i32>("journals", "調べた仕訳の数。")
        .column::<i32>("entries", "調べた明細の数。")
        .column::<i32>("faultCount", "守られていないところの数。")
        .computed::<Vec<LedgerFault>>("faults", "守られていないところ。はじめの100件。", &["faults"], faults)
        .ordered([Key::down("checked_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .create(LEDGER_VERIFY, AUDIT_LAW, Role::STAFF, Over::Municipality)
}
