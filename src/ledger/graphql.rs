//! Root fields of the ledger: it is read here, and written by the nouns whose money it is.

use crate::kernel::read::Queries;
use crate::ledger::shapes::{LedgerAccount, LedgerJournal};

/// Queries of the ledger.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<LedgerAccount>("ledgerAccounts", "勘定の一覧。")
        .one::<LedgerAccount>("ledgerAccount", "勘定を一つ読む。")
        .list::<LedgerJournal>("ledgerJournals", "仕訳の一覧。新しい順。")
        .one::<LedgerJournal>("ledgerJournal", "仕訳を一つ読む。")
}
