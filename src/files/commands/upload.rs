//! Sending a file: it is announced, its bytes come by PUT, and it is kept.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};
use uuid::Uuid;

use super::{FILE_UPLOAD_CREATE, count_of};
use crate::files::entity::{FileId, FileState, file};
use crate::files::rules;
use crate::files::shapes::File;
use crate::kernel::error::{Error, Result};
use crate::kernel::files::{Media, is_plain};
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 送るファイル。
#[derive(InputObject)]
pub struct FileUploadCreateInput {
    /// 名前(拡張子まで)。PDF・JPEG・PNG・WEBP・XLSX・DOCX・PPTX・ODS・ODT・ODP・CSV・TXT を受け取る。
    pub name: String,
    /// 大きさ(バイト)。
    pub size: i32,
    /// 種類(メディアタイプ)。省略すると名前の拡張子から決まる。
    pub media_type: Option<String>,
    /// 内容の SHA-256(16進64桁)。
    pub sha256: String,
}

/// Announces a file of at most `limit` bytes.
pub async fn create(tx: &Tx, input: FileUploadCreateInput, limit: u32) -> Result<FileId> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    tx.may_create::<File>(FILE_UPLOAD_CREATE, &[("uploader_id", account.0)])?;
    let FileUploadCreateInput { name, size, media_type, sha256 } = input;
    let mut checks = Checks::new();
    let name = checks.text("input.name", &name, 200);
    checks.check(is_plain(&name), "input.name", "FILE_NAME", "この名前は使えません。", "This name cannot be used.");
    let media = Media::of_name(&name);
    let said = media_type.as_deref().map(|said| said.split(';').next().unwrap_or("").trim().to_ascii_lowercase());
    let agreed = media.is_some_and(|media| said.is_none_or(|said| said == media.name));
    checks.check(
        agreed,
        "input.name",
        "FILE_TYPE",
        "この種類のファイルは受け取りません。",
        "Files of this type are not taken.",
    );
    within(&mut checks, size, limit);
    let digits = sha256.to_ascii_lowercase();
    let whole = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    checks.check(whole, "input.sha256", "FORMAT", "SHA-256は16進64桁です。", "A SHA-256 has 64 hexadecimal digits.");
    checks.done()?;
    let unattached = "files WHERE state IN ('WAITING', 'STORED') AND uploader_id";
    rules::may_upload(count_of(tx, account, unattached).await?)?;
    let row = file::ActiveModel {
        id: Set(FileId::new()),
        uploader_id: Set(account),
        name: Set(name),
        media_type: Set(media.map(|media| media.name.to_owned()).unwrap_or_default()),
        size: Set(size),
        sha256: Set(digits),
        state: Set(FileState::Waiting),
        object_key: Set(Uuid::new_v4()),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

fn within(checks: &mut Checks, size: i32, limit: u32) {
    let fits = size >= 1 && size.unsigned_abs() <= limit;
    checks.check(
        fits,
        "input.size",
        "FILE_SIZE",
        "空のファイルと大きすぎるファイルは受け取りません。",
        "Empty files and files that are too large are not taken.",
    );
}

/// The file whose bytes are to be sent now by who announced it.
///
/// # Errors
/// NOT_FOUND for everybody else, CONFLICT/STATE when they are here already.
pub async fn announced(tx: &Tx, id: FileId) -> Result<file::Model> {
    let row = tx.peek::<File>(id, Action::READ).await?;
    rules::receivable(row.state)?;
    Ok(row)
}

/// The bytes are kept.
pub async fn stored(tx: &Tx, id: FileId) -> Result<()> {
    let row = tx.load::<File>(id, Action::READ).await?;
    rules::receivable(row.state)?;
    let mut row: file::ActiveModel = row.into();
    row.state = Set(FileState::Stored);
    row.update(tx).await?;
    Ok(())
}

/// A file that is kept and not attached, for who sent it.
///
/// # Errors
/// NOT_FOUND for everybody and everything else.
pub async fn own(tx: &Tx, id: FileId) -> Result<file::Model> {
    let row = tx.peek::<File>(id, Action::READ).await?;
    if row.state == FileState::Stored { Ok(row) } else { Err(Error::NotFound) }
}
