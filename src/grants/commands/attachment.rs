//! The files of an application and of its report: attached and detached while either may be changed.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, ModelTrait, PaginatorTrait, QueryFilter, Set};

use crate::files::commands::{Attached, discard, take};
use crate::files::entity::FileId;
use crate::grants::commands::{GRANT_APPLICATION_FILE_ATTACH, GRANT_APPLICATION_FILE_DETACH, begin, papers, record};
use crate::grants::entity::{GrantActKind, GrantApplicationFileId, GrantApplicationId, grant_application_file};
use crate::grants::rules::papers::{attachable, detachable, not_asked};
use crate::grants::shapes::GrantApplicationFile;
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;

/// Attaches a file that the caller has sent: to the application, after the decision to its report. It may be one of the
/// papers that the terms ask for.
///
/// # Errors
/// INVALID_INPUT (rule PAPER) where no paper of this name is asked for now.
pub async fn attach(
    tx: &Tx,
    id: GrantApplicationId,
    file: FileId,
    paper: Option<String>,
) -> Result<GrantApplicationId> {
    let (row, _) = begin(tx, id, GRANT_APPLICATION_FILE_ATTACH).await?;
    let step = papers::step_of(tx, &row, paper.as_deref()).await?;
    if paper.is_some() && step.is_none() {
        return Err(not_asked());
    }
    attachable(&row, step)?;
    let of_application = grant_application_file::Column::ApplicationId.eq(id);
    let others = grant_application_file::Entity::find().filter(of_application).count(tx).await?;
    let Attached { name, media_type, size, sha256 } = take(tx, file, others).await?;
    let attached = grant_application_file::ActiveModel {
        id: Set(GrantApplicationFileId::new()),
        application_id: Set(id),
        organization_id: Set(row.organization_id),
        district_id: Set(row.district_id),
        file_id: Set(file),
        attached_by: Set(tx.principal.account),
        name: Set(name),
        media_type: Set(media_type),
        size: Set(size),
        sha256: Set(sha256),
        report: Set(row.decided_on.is_some()),
        paper: Set(paper),
        ..Default::default()
    };
    attached.insert(tx).await?;
    record(tx, &row, GrantActKind::Change, None, row.requested_yen).await?;
    Ok(id)
}

/// Detaches a file, whose content then goes.
pub async fn detach(tx: &Tx, id: GrantApplicationId, attached: GrantApplicationFileId) -> Result<GrantApplicationId> {
    let (row, _) = begin(tx, id, GRANT_APPLICATION_FILE_DETACH).await?;
    let attached = tx.peek::<GrantApplicationFile>(attached, Action::READ).await?;
    if attached.application_id != id || attached.report != row.decided_on.is_some() {
        return Err(Error::invalid(
            "grantApplicationFileId",
            "FILE",
            "この申請に添付したファイルではないか、交付決定の前に添付したファイルです。",
            "This file is not attached to this application, or was before its decision.",
        ));
    }
    // A paper that nobody asks for any more is as any other file.
    detachable(&row, papers::step_of(tx, &row, attached.paper.as_deref()).await?)?;
    let file = attached.file_id;
    attached.delete(tx).await?;
    discard(tx, file).await?;
    record(tx, &row, GrantActKind::Change, None, row.requested_yen).await?;
    Ok(id)
}
