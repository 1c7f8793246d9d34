//! What is done with files and exports: [`upload`] by who sends one, [`attach`](take) for the nouns, [`export`].

mod attach;
pub mod export;
pub mod personal;
pub mod upload;

pub(crate) use attach::key;
pub use attach::{Attached, discard, take};

use crate::kernel::error::{Error, Result};
use crate::kernel::hold::Hold;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::shapes::Account;

/// ファイルの送信を予告する。
pub const FILE_UPLOAD_CREATE: Action = Action("fileUploadCreate");
/// 書き出しを頼む。
pub const EXPORT_CREATE: Action = Action("exportCreate");
/// 書き出しを中止する。
pub const EXPORT_CANCEL: Action = Action("exportCancel");
/// 書き出しをやり直す。
pub const EXPORT_RETRY: Action = Action("exportRetry");

/// ある人の保有個人情報の書き出しを頼む。
pub const PERSONAL_DATA_EXPORT_CREATE: Action = Action("personalDataExportCreate");

/// How many rows of `these` are somebody's. Until the transaction ends nobody else counts for the same person, so that
/// two requests at once do not both find the last place free.
async fn count_of(tx: &Tx, account: AccountId, these: &str) -> Result<u64> {
    tx.hold::<Account>(account, Hold::InTurn).await?;
    let mut sql = Sql::new(&format!("SELECT count(*) AS n FROM {these} = "));
    sql.param(Param::Uuid(Some(account.0)));
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("nothing was counted"))?;
    u64::try_from(row.try_get::<_, i64>("n")?).map_err(Error::internal)
}
