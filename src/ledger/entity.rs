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
id_type!(/// 年度の会計
    LedgerYearId = "lyr");
id_type!(/// 元帳の検証
    LedgerVerificationId = "lvf");

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
        /// 返還された額
        Returned,
        /// 前年度の剰余金として配分から差し引いた額
        Offset,
    }
}

text_enum! {
    /// 元帳で成り立っていない規則。
    LedgerFaultKind {
        /// 仕訳の明細がそろっていないか、合計が0円でない
        JournalUnbalanced,
        /// 明細に、仕訳か、同じ年度の勘定がない
        EntryOrphaned,
        /// 勘定の残高が、明細の合計と合わない
        Balance,
        /// 明細の番号か、明細の後の残高が続いていない
        Sequence,
        /// 残高が下限を下回った
        BelowFloor,
        /// 反対仕訳が元の仕訳を打ち消していない
        Reversal,
        /// 閉じた年度に仕訳がある
        ClosedYear,
        /// 交付決定の額が元帳に負担行為として記帳されていない
        Commitment,
        /// 支払が、それを決めた交付決定に結び付かない
        Payment,
        /// 返還が、それを命じた額か仕訳に結び付かない
        Repayment,
        /// 配分の額が元帳と合わない
        Allocation,
        /// 予算の額が元帳と合わない
        Budget,
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

entity! {
    /// Fiscal years with a budget, open or closed.
    ledger_year in "ledger_years" {
        id: LedgerYearId,
        fiscal_year: FiscalYear,
        closed_at: Option<DateTime<Utc>>,
        closed_by: Option<AccountId>,
        closing_id: Option<LedgerJournalId>,
        unspent_yen: Yen,
        reopened_at: Option<DateTime<Utc>>,
        reopened_by: Option<AccountId>,
        reopen_reason: Option<String>,
    }
}

entity! {
    /// Verifications. Time and who are filled in by the database; nobody, where it was the nightly job.
    ledger_verification in "ledger_verifications" {
        id: LedgerVerificationId,
        checked_at: DateTime<Utc>,
        checked_by: Option<AccountId>,
        accounts: i32,
        journals: i32,
        entries: i32,
        fault_count: i32,
        faults: String,
    }
}
