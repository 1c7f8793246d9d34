//! What can be read of files and exports, and by whom.

use async_graphql::Value;
use chrono::{DateTime, Utc};

use crate::files::commands::{
    EXPORT_CANCEL, EXPORT_CREATE, EXPORT_RETRY, FILE_UPLOAD_CREATE, PERSONAL_DATA_EXPORT_CREATE,
};
use crate::files::entity::{ExportFormat, ExportId, ExportState, FileId, FileState, export, file};
use crate::files::rules;
use crate::kernel::error::Result;
use crate::kernel::id::{TypedId, encode};
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, ShapeDef, Ty};
use crate::kernel::request::{Locale, Request};
use crate::kernel::text_enum::from_word;
use crate::people::shapes::Account;
use crate::shape;

const SENT: Over = Over::Own("uploader_id");
const OWN: Over = Over::Own("account_id");

/// Where a file is sent to and fetched from, on this server.
fn url(prefix: &str, row: &Cells<'_>) -> Result<Value> {
    Ok(Value::from(format!("/files/{}", encode(prefix, row.get("id")?))))
}

/// Where a paper about a row is fetched from, on this server: its id, and which kind of file it is.
pub(crate) fn paper<I: TypedId>(row: &Cells<'_>, end: &str) -> Result<Value> {
    Ok(Value::from(format!("/files/{}.{end}", encode(I::PREFIX, row.get("id")?))))
}

shape! {
    File("File", "送ったファイル。添付するまでは送った本人だけが読める。24時間のうちに添付しないと消える。", "files") { id: FileId, row: file::Entity }
    |shape| shape
        .column::<String>("name", "名前。")
        .column::<String>("mediaType", "種類(メディアタイプ)。")
        .column::<i32>("size", "大きさ(バイト)。")
        .column_named::<String>("checksum", "sha256", "内容の SHA-256(16進)。")
        .column::<FileState>("state", "状態。")
        .computed::<Option<String>>("uploadUrl", "内容を PUT で送る先(このサーバーのパス)。送信待ちのときだけ。", &["id", "state"], upload_url)
        .column::<DateTime<Utc>>("createdAt", "予告した日時。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(&[], SENT)
        .ruled_by("文書取扱規程")
        .create(FILE_UPLOAD_CREATE, "", &[], SENT)
}

fn upload_url(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let state: FileState = from_word(&row.get::<String>("state")?)?;
    if state == FileState::Waiting { url(FileId::PREFIX, row) } else { Ok(Value::Null) }
}

/// The fields of a file that is attached to something: a row of the noun's, with what is kept of the file.
pub(crate) fn attached<I: TypedId>(shape: ShapeDef) -> ShapeDef {
    shape
        .column::<String>("name", "名前。")
        .column::<String>("mediaType", "種類(メディアタイプ)。")
        .column::<i32>("size", "大きさ(バイト)。")
        .column_named::<String>("checksum", "sha256", "内容の SHA-256(16進)。")
        .computed::<String>("downloadUrl", "内容を GET で受け取る先(このサーバーのパス)。サインインしていなければ `?municipality=団体コード` を付ける。", &["id"], |row, _| url(I::PREFIX, row))
        .one::<Account>("attachedBy", "attached_by", "添付した人。")
        .column_named::<DateTime<Utc>>("attachedAt", "created_at", "添付した日時。")
        .ordered([Key::up("created_at", Ty::Time)])
}

shape! {
    Export("Export", "書き出し。一覧の全件を CSV か Excel にする。頼んだ本人だけが読め、7日のあいだ受け取れる。", "exports") { id: ExportId, row: export::Entity, may: rules::export }
    |shape| shape
        .column::<String>("name", "ファイルの名前。")
        .column::<ExportFormat>("format", "形式。")
        .one::<Account>("subject", "subject_id", "誰の保有個人情報か。一覧の書き出しでは null。")
        .column::<ExportState>("state", "状態。")
        .column::<i32>("rowsDone", "書き出した件数。")
        .column::<Option<i32>>("rowsTotal", "全体の件数。まだ分からなければ null。")
        .column::<i32>("attempts", "試みた回数。")
        .column::<Option<String>>("failureCode", "失敗したときのコード(再試行を待つ間も)。")
        .computed::<Option<String>>("failureMessage", "失敗した理由。", &["failure_ja", "failure_en"], failure)
        .column::<Option<i32>>("size", "大きさ(バイト)。")
        .column_named::<Option<String>>("checksum", "sha256", "内容の SHA-256(16進)。")
        .computed::<Option<String>>("downloadUrl", "内容を GET で受け取る先(このサーバーのパス)。完了しているときだけ。", &["id", "state"], export_url)
        .column::<DateTime<Utc>>("createdAt", "頼んだ日時。")
        .column::<Option<DateTime<Utc>>>("finishedAt", "終わった日時。")
        .column::<Option<DateTime<Utc>>>("expiresAt", "受け取れる期限。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(&[], OWN)
        .ruled_by("個人情報の保護に関する法律第66条・情報セキュリティ対策基準")
        .create(EXPORT_CREATE, "", &[], OWN)
        .step_up(EXPORT_CREATE)
        .create(PERSONAL_DATA_EXPORT_CREATE, "", &[], Over::Own("subject_id"))
        .create(PERSONAL_DATA_EXPORT_CREATE, "", &[Role::Admin], Over::Municipality)
        .step_up(PERSONAL_DATA_EXPORT_CREATE)
        .act(EXPORT_CANCEL, "", &[], OWN)
        .act(EXPORT_RETRY, "", &[], OWN)
        .step_up(EXPORT_RETRY)
}

fn failure(row: &Cells<'_>, request: &Request) -> Result<Value> {
    let column = if request.locale == Locale::En { "failure_en" } else { "failure_ja" };
    Ok(row.get::<Option<String>>(column)?.map_or(Value::Null, Value::from))
}

fn export_url(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let state: ExportState = from_word(&row.get::<String>("state")?)?;
    if state == ExportState::Done { url(ExportId::PREFIX, row) } else { Ok(Value::Null) }
}
