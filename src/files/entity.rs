//! Rows, ids and words of files and exports.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::principal::AccountId;
use crate::{entity, id_type, text_enum};

id_type!(/// ファイル
    FileId = "fil");
id_type!(/// 書き出し
    ExportId = "exp");

text_enum! {
    /// ファイルの状態。
    FileState {
        /// 内容の送信待ち
        Waiting,
        /// 受け取り済み(添付待ち)
        Stored,
        /// 添付済み
        Attached,
        /// 取り外し済み(まもなく消える)
        Discarded,
    }
}

text_enum! {
    /// 書き出しの形式。
    ExportFormat {
        /// CSV(UTF-8、BOM 付き)
        Csv,
        /// Excel ブック
        Xlsx,
        /// ZIP(保有個人情報の書き出しだけ)
        Zip,
    }
}

text_enum! {
    /// 書き出しの状態。
    ExportState {
        /// 順番待ち(失敗して再試行を待つ間も)
        Queued,
        /// 書き出し中
        Running,
        /// 完了
        Done,
        /// 失敗
        Failed,
        /// 中止
        Cancelled,
        /// 期限切れ(内容は消去済み)
        Expired,
    }
}

entity! {
    /// Files.
    file in "files" {
        id: FileId,
        uploader_id: AccountId,
        name: String,
        media_type: String,
        size: i32,
        sha256: String,
        state: FileState,
        object_key: Uuid,
    }
}

entity! {
    /// Exports.
    export in "exports" {
        id: ExportId,
        account_id: AccountId,
        subject_id: Option<AccountId>,
        name: String,
        format: ExportFormat,
        document: String,
        operation_name: Option<String>,
        variables: String,
        path: Option<String>,
        purpose: Option<String>,
        state: ExportState,
        rows_done: i32,
        rows_total: Option<i32>,
        attempts: i32,
        failure_code: Option<String>,
        failure_ja: Option<String>,
        failure_en: Option<String>,
        rights: Option<String>,
        object_key: Option<Uuid>,
        size: Option<i32>,
        sha256: Option<String>,
        finished_at: Option<DateTime<Utc>>,
        expires_at: Option<DateTime<Utc>>,
    }
}
