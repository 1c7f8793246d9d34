//! What is done with the bank: [`account`] for those who are paid, [`transfer`] for files of payments, [`refusal`] for those
//! that it refuses whole, [`report`] for what it reports back (`told`: how that is read), [`reconcile`] for files of which
//! more is awaited, [`by_hand`] for payments of which it tells by a notice only.

pub mod account;
pub mod by_hand;
pub mod reconcile;
pub mod refusal;
pub mod report;
mod told;
pub mod transfer;

use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::keys::{KeyRing, Sealed};
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::people::sealed;

/// 口座を届け出る。
pub const BANK_ACCOUNT_REGISTER: Action = Action("bankAccountRegister");
/// 届け出られた口座を確認する。
pub const BANK_ACCOUNT_CONFIRM: Action = Action("bankAccountConfirm");
/// 届け出られた口座を返す。
pub const BANK_ACCOUNT_REJECT: Action = Action("bankAccountReject");
/// 振込依頼人を定める。
pub const TRANSFER_SOURCE_SET: Action = Action("transferSourceSet");
/// 総合振込を起案する。
pub const BANK_TRANSFER_PREPARE: Action = Action("bankTransferPrepare");
/// 総合振込のファイルを作る。
pub const BANK_TRANSFER_PRODUCE: Action = Action("bankTransferProduce");
/// 総合振込の起案を取り消す。
pub const BANK_TRANSFER_CANCEL: Action = Action("bankTransferCancel");
/// 銀行がファイルを受け付けなかったことを記録する。
pub const BANK_TRANSFER_REFUSAL_RECORD: Action = Action("bankTransferRefusalRecord");
/// 総合振込の残りの結果を取り込む。
pub const BANK_TRANSFER_RECONCILE: Action = Action("bankTransferReconcile");
/// 総合振込の一件の結果を、銀行の通知により記録する。
pub const BANK_TRANSFER_OUTCOME_RECORD: Action = Action("bankTransferOutcomeRecord");
/// 銀行からの報告を取り込む。
pub const BANK_REPORT_IMPORT: Action = Action("bankReportImport");

/// The table whose numbers are sealed for an organization each.
const ACCOUNTS: &str = "bank_accounts";
/// The table whose files are sealed for themselves.
const TRANSFERS: &str = "bank_transfers";

/// Opens the number of an organization's account.
pub fn open_number(keys: &KeyRing, organization: Uuid, sealed: &Sealed) -> Result<String> {
    let plain = keys.open(&sealed::context(ACCOUNTS, organization), sealed).map_err(Error::internal)?;
    String::from_utf8(plain).map_err(Error::internal)
}

/// Opens the content of a file of payments.
pub fn open_file(keys: &KeyRing, transfer: Uuid, sealed: &Sealed) -> Result<Vec<u8>> {
    keys.open(&sealed::context(TRANSFERS, transfer), sealed).map_err(Error::internal)
}

/// A text of digits of this length; full-width ones are read as half-width.
fn digits(checks: &mut Checks, path: &'static str, text: &str, length: usize) -> String {
    use unicode_normalization::UnicodeNormalization;
    let tidy: String = text.nfkc().collect::<String>().trim().to_owned();
    let sound = tidy.len() == length && tidy.bytes().all(|b| b.is_ascii_digit());
    checks.check(
        sound,
        path,
        "DIGITS",
        "決められた桁数の数字で入力してください(銀行4・支店3・口座7・依頼人10桁)。",
        "Digits: four of the bank, three of the branch, seven of the account, ten of the payer.",
    );
    tidy
}

/// A name as bank files write it.
fn kana(checks: &mut Checks, path: &'static str, text: &str, most: usize) -> String {
    let written = crate::bank::zengin::kana::half_width(text).filter(|name| !name.is_empty());
    let fits = written.as_ref().is_some_and(|name| name.chars().count() <= most);
    checks.check(
        fits,
        path,
        "BANK_KANA",
        "カタカナ・英数字・記号( ) . - / で、決められた長さまでで入力してください(濁点は1文字と数えます)。",
        "Katakana, letters, digits and ( ) . - / within the length; a voiced mark counts as one.",
    );
    written.unwrap_or_default()
}
