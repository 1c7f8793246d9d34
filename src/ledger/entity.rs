//! Rows, ids and words of the ledger.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::{entity, id_type, text_enum};

id_type!(/// 勘定
    LedgerAccountId = "lac");
id_type!(/// 仕訳
    LedgerJournalId = "ljn");
id_type!(/// 仕訳の明細
    LedgerEntryId = "len");

text_enum! {
    /// 勘定の種類。
    AccountKind {
        /// 歳出予算(財源)。唯一、負になる勘定
        Appropriation,
        /// 交付金制度の予算の残り
        Budget,
        /// 団体への配分のうち、まだ交付決定していない額
        Grant,
        /// 交付決定済みで、まだ支払っていない額
        Committed,
        /// 支払済みの額
        Paid,
    }
}

entity! {
    /// Accounts.
    ledger_account in "ledger_accounts" {
        id: LedgerAccountId,
        kind: AccountKind,
        owner_id: Uuid,
        fiscal_year: FiscalYear,
        floor: Yen,
        balance: Yen,
        version: i32,
    }
}

entity! {
    /// Journals.
    ledger_journal in "ledger_journals" {
        id: LedgerJournalId,
        kind: String,
        subject_id: Uuid,
        fiscal_year: FiscalYear,
        legs: i32,
        once: bool,
        reverses: Option<LedgerJournalId>,
        posted_at: DateTime<Utc>,
        actor_id: Option<AccountId>,
        memo: String,
    }
}

entity! {
    /// Entries of journals.
    ledger_entry in "ledger_entries" {
        id: LedgerEntryId,
        journal_id: LedgerJournalId,
        account_id: LedgerAccountId,
        amount: Yen,
        balance_after: Yen,
        account_version: i32,
    }
}
