//! What can be read of the ledger: all of it, by staff; nothing is done to it directly.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};

use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Filter, Key, Ty, Where};
use crate::ledger::entity::{
    AccountKind, LedgerAccountId, LedgerEntryId, LedgerJournalId, ledger_account, ledger_entry, ledger_journal,
};
use crate::people::shapes::Account;
use crate::shape;

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
