//! What is done with books: [`book`] opens, closes and confirms them, [`line`] lays down the budget, [`entry`] writes them,
//! [`voucher`] attaches receipts,
//! [`eligibility`] says what grants are not for, `carried` what was kept of last year's.

pub mod book;
mod carried;
pub mod eligibility;
pub mod entry;
pub mod line;
pub mod voucher;

use crate::books::entity::{AccountBookId, account_book};
use crate::books::shapes::AccountBook;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;

/// 会計を開く。
pub const ACCOUNT_BOOK_OPEN: Action = Action("accountBookOpen");
/// 事業計画を変える。
pub const ACCOUNT_BOOK_CHANGE: Action = Action("accountBookChange");
/// 会計を締める。
pub const ACCOUNT_BOOK_CLOSE: Action = Action("accountBookClose");
/// 監事が会計を確認する。
pub const ACCOUNT_BOOK_CONFIRM: Action = Action("accountBookConfirm");
/// 予算の科目を定める。
pub const BUDGET_LINE_SET: Action = Action("budgetLineSet");
/// 出納を記帳する。
pub const BOOK_TRANSACTION_RECORD: Action = Action("bookTransactionRecord");
/// 出納を取り消す。
pub const BOOK_TRANSACTION_REVERSE: Action = Action("bookTransactionReverse");
/// 出納を対象外とする。
pub const BOOK_TRANSACTION_JUDGE: Action = Action("bookTransactionJudge");
/// 対象外の判定を取り消す。
pub const BOOK_TRANSACTION_FINDING_LIFT: Action = Action("bookTransactionFindingLift");
/// 証拠書類を添付する。
pub const BOOK_TRANSACTION_FILE_ATTACH: Action = Action("bookTransactionFileAttach");
/// 対象外の使途を定める。
pub const INELIGIBLE_USE_SET: Action = Action("ineligibleUseSet");

/// The book of something, locked: whoever writes in it waits for whoever does.
async fn locked(tx: &Tx, id: AccountBookId) -> Result<account_book::Model> {
    tx.load::<AccountBook>(id, Action::READ).await
}
