//! Files for the nouns: taken when they are attached, discarded when they are detached.

use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use uuid::Uuid;

use crate::files::entity::{FileId, FileState, file};
use crate::files::housekeeping::DISCARD;
use crate::files::rules;
use crate::files::shapes::File;
use crate::kernel::error::{Error, Result};
use crate::kernel::jobs;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;

/// What is kept of a file where it is attached.
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: i32,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// Takes a file of the caller, which can be attached nowhere else from now on. `others` are attached there already.
///
/// # Errors
/// INVALID_INPUT (rule FILE) for what the caller has not sent, CONFLICT/FILE_NOT_STORED, CONFLICT/FILE_ATTACHED and
/// CONFLICT/TOO_MANY_FILES.
pub async fn take(tx: &Tx, id: FileId, others: u64) -> Result<Attached> {
    rules::room_for_one_more(others)?;
    let row = tx.load::<File>(id, Action::READ).await.map_err(|error| match error {
        Error::NotFound => Error::invalid(
            "fileId",
            "FILE",
            "あなたが送ったファイルではありません。",
            "This is no file that you have sent.",
        ),
        other => other,
    })?;
    rules::attachable(row.state)?;
    let attached = Attached {
        name: row.name.clone(),
        media_type: row.media_type.clone(),
        size: row.size,
        sha256: row.sha256.clone(),
    };
    let mut row: file::ActiveModel = row.into();
    row.state = Set(FileState::Attached);
    row.update(tx).await?;
    Ok(attached)
}

/// Nobody reads the file any more; its content goes as soon as this is committed. The noun's own row is gone before.
pub async fn discard(tx: &Tx, id: FileId) -> Result<()> {
    let row = file::Entity::find_by_id(id).one(tx).await?.ok_or(Error::NotFound)?;
    let mut row: file::ActiveModel = row.into();
    row.state = Set(FileState::Discarded);
    row.update(tx).await?;
    jobs::enqueue(tx, DISCARD, Some(id.0), tx.now).await
}

/// Where the content of an attached file is kept.
pub(crate) async fn key(tx: &Tx, id: FileId) -> Result<Uuid> {
    let row = file::Entity::find_by_id(id).one(tx).await?.ok_or(Error::NotFound)?;
    Ok(row.object_key)
}
