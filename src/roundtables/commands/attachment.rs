//! The files of the record: attached and detached until the minutes are submitted.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, ModelTrait, PaginatorTrait, QueryFilter, Set};

use super::{FILE_ATTACH, FILE_DETACH, begin};
use crate::files::commands::{Attached, discard, take};
use crate::files::entity::FileId;
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;
use crate::roundtables::entity::{RoundtableFileId, RoundtableId, roundtable_file};
use crate::roundtables::shapes::RoundtableFile;

/// Attaches a file that the caller has sent.
pub async fn attach_file(tx: &Tx, id: RoundtableId, file: FileId) -> Result<RoundtableId> {
    let meeting = begin(tx, id, FILE_ATTACH).await?;
    let of_meeting = roundtable_file::Column::RoundtableId.eq(id);
    let others = roundtable_file::Entity::find().filter(of_meeting).count(tx).await?;
    let Attached { name, media_type, size, sha256 } = take(tx, file, others).await?;
    let attached = roundtable_file::ActiveModel {
        id: Set(RoundtableFileId::new()),
        roundtable_id: Set(id),
        organization_id: Set(meeting.organization_id),
        district_id: Set(meeting.district_id),
        file_id: Set(file),
        attached_by: Set(tx.principal.account),
        name: Set(name),
        media_type: Set(media_type),
        size: Set(size),
        sha256: Set(sha256),
        ..Default::default()
    };
    attached.insert(tx).await?;
    Ok(id)
}

/// Detaches a file, whose content then goes.
pub async fn detach_file(tx: &Tx, id: RoundtableId, attached: RoundtableFileId) -> Result<RoundtableId> {
    begin(tx, id, FILE_DETACH).await?;
    let attached = tx.peek::<RoundtableFile>(attached, Action::READ).await?;
    if attached.roundtable_id != id {
        return Err(Error::invalid(
            "roundtableFileId",
            "FILE",
            "この会議に添付したファイルではありません。",
            "This file is not attached to this meeting.",
        ));
    }
    let file = attached.file_id;
    attached.delete(tx).await?;
    discard(tx, file).await?;
    Ok(id)
}
