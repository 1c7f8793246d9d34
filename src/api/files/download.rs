//! GET: the content of a file, for whoever may read what it belongs to.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request as Asked, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::{admitted, papers, refused};
use crate::api::app::App;
use crate::bank::entity::BankNoticeId;
use crate::bank::shapes::BankNotice;
use crate::books::entity::BookFileId;
use crate::books::shapes::BookFile;
use crate::files::commands::{export, key, upload};
use crate::files::entity::{ExportFormat, ExportId, FileId};
use crate::grants::entity::GrantApplicationFileId;
use crate::grants::shapes::GrantApplicationFile;
use crate::kernel::audit;
use crate::kernel::error::{Error, Result};
use crate::kernel::files::attachment;
use crate::kernel::id::{TypedId, decode};
use crate::kernel::policy::Action;
use crate::kernel::request::Request;
use crate::kernel::tx::{Mode, Tx};
use crate::roundtables::entity::RoundtableFileId;
use crate::roundtables::shapes::RoundtableFile;

/// What is sent, and where it is kept.
struct Kept {
    table: &'static str,
    name: String,
    media_type: String,
    key: Uuid,
}

/// Sends a file. Foreign, hidden, deleted and invented ids are one answer.
pub(super) async fn send(State(app): State<Arc<App>>, Path(id): Path<String>, asked: Asked) -> Response {
    let (parts, _) = asked.into_parts();
    let (caller, request) = match admitted(app, &parts).await {
        Ok(admitted) => admitted,
        Err(refusal) => return *refusal,
    };
    let sent = match papers::asked(&id) {
        Some(asked) => papers::content(&caller, &request, asked).await,
        None => content(&caller.app, &request, &id).await,
    };
    match sent {
        Ok(response) => response,
        Err(error) => refused(&error, caller.locale),
    }
}

async fn content(app: &App, request: &Arc<Request>, id: &str) -> Result<Response> {
    let (prefix, id) = decode(id).map_err(|_| Error::NotFound)?;
    let town = request.municipality()?;
    let tx = app.database.begin(request.clone(), Mode::Write);
    let kept = find(&tx, prefix, id).await?;
    if request.principal.is_signed_in() {
        audit::note(&tx, "DOWNLOADED", kept.table, &[id], &kept.name).await?;
    }
    tx.commit().await?;
    let (size, stream) = app.files.read(town, kept.key).await?;
    sending(Body::from_stream(stream), size, &kept.media_type, &kept.name)
}

/// A body that is kept as a file by who receives it.
pub(super) fn sending(body: Body, size: u64, media_type: &str, name: &str) -> Result<Response> {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).map_err(Error::internal)?);
    let disposition = HeaderValue::from_str(&attachment(name)).map_err(Error::internal)?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// What an id of any kind that has content names, to who may read it. A noun that files are attached to stands here.
async fn find(tx: &Tx, prefix: &str, id: Uuid) -> Result<Kept> {
    match prefix {
        FileId::PREFIX => {
            let row = upload::own(tx, FileId(id)).await?;
            Ok(Kept { table: "files", name: row.name, media_type: row.media_type, key: row.object_key })
        }
        ExportId::PREFIX => {
            let row = export::finished(tx, ExportId(id)).await?;
            let media_type = media_type(row.format).to_owned();
            let key = row.object_key.ok_or(Error::NotFound)?;
            Ok(Kept { table: "exports", name: row.name, media_type, key })
        }
        GrantApplicationFileId::PREFIX => {
            let row = tx.peek::<GrantApplicationFile>(GrantApplicationFileId(id), Action::READ).await?;
            let key = key(tx, row.file_id).await?;
            Ok(Kept { table: "grant_application_files", name: row.name, media_type: row.media_type, key })
        }
        BookFileId::PREFIX => {
            let row = tx.peek::<BookFile>(BookFileId(id), Action::READ).await?;
            let key = key(tx, row.file_id).await?;
            Ok(Kept { table: "book_files", name: row.name, media_type: row.media_type, key })
        }
        BankNoticeId::PREFIX => {
            let row = tx.peek::<BankNotice>(BankNoticeId(id), Action::READ).await?;
            let key = key(tx, row.file_id).await?;
            Ok(Kept { table: "bank_notices", name: row.name, media_type: row.media_type, key })
        }
        RoundtableFileId::PREFIX => {
            let row = tx.peek::<RoundtableFile>(RoundtableFileId(id), Action::READ).await?;
            let key = key(tx, row.file_id).await?;
            Ok(Kept { table: "roundtable_files", name: row.name, media_type: row.media_type, key })
        }
        _ => Err(Error::NotFound),
    }
}

pub(super) fn media_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Zip => "application/zip",
        ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
}
