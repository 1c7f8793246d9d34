//! Files: sent the way a browser sends them, without the wire; and an export.

use crate::demo::stage::Stage;
use crate::files::commands::export::{self, NewExport};
use crate::files::commands::upload::{self, FileUploadCreateInput};
use crate::files::entity::{ExportFormat, FileId};
use crate::files::shapes::File;
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;

const REPORT: &str = include_str!("../../../docs/reports/grant-applications.graphql");
const OPERATION: &str = "GrantApplicationReport";

/// Plays the scene: grant staff have a report written.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("exports", "operation_name", OPERATION).await? {
        return Ok(());
    }
    let new = NewExport {
        name: "交付申請の一覧.xlsx".into(),
        format: ExportFormat::Xlsx,
        document: REPORT.into(),
        operation_name: Some(OPERATION.into()),
        variables: "{}".into(),
        path: None,
    };
    stage.act("grant-staff", |tx| Box::pin(export::create(tx, new))).await?;
    Ok(())
}

/// Somebody sends a text file.
pub(super) async fn send(stage: &Stage<'_>, who: &str, name: &str, text: &str) -> Result<FileId> {
    let files = &stage.app.files;
    let mut spool = files.spool()?;
    spool.write(text.as_bytes()).await?;
    let content = spool.done().await?;
    let input = FileUploadCreateInput {
        name: name.into(),
        size: i32::try_from(content.size).map_err(Error::internal)?,
        media_type: None,
        sha256: content.sha256.clone(),
    };
    let limit = files.limit;
    let id = stage.act(who, move |tx| Box::pin(upload::create(tx, input, limit))).await?;
    let row = stage.act(who, move |tx| Box::pin(tx.peek::<File>(id, Action::READ))).await?;
    files.keep(stage.municipality, row.object_key, content).await?;
    stage.act(who, move |tx| Box::pin(upload::stored(tx, id))).await?;
    Ok(id)
}
