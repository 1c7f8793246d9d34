//! What is done with the ledger: [`posting`] by the nouns whose money it is, [`year`] by those who close the accounts,
//! [`verification`] by those who check them, and every night.

pub mod posting;
pub mod verification;
pub mod year;

use crate::kernel::policy::Action;

/// 年度の会計を閉じる。
pub const LEDGER_YEAR_CLOSE: Action = Action("ledgerYearClose");
/// 閉じた会計を開き直す。
pub const LEDGER_YEAR_REOPEN: Action = Action("ledgerYearReopen");
/// 元帳を検証する。
pub const LEDGER_VERIFY: Action = Action("ledgerVerify");
