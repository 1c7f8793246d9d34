//! PUT: the bytes of a file that was announced. They are taken whole or not at all: of the size, the SHA-256 and the
//! type that were announced. A repeat after a fault begins anew.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request as Asked, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::timeout;

use super::{admitted, refused};
use crate::api::app::App;
use crate::api::intake::{linger, throw_away};
use crate::api::playground::answer;
use crate::api::response::bad_request;
use crate::files::commands::upload;
use crate::files::entity::{FileId, file};
use crate::kernel::error::{Error, Result};
use crate::kernel::files::{Media, Spooled, Unfit};
use crate::kernel::id::TypedId;
use crate::kernel::id::decode_as;
use crate::kernel::request::Request;
use crate::kernel::tx::Mode;
use crate::people::authenticate;

/// How long a whole upload may take …
const PATIENCE: Duration = Duration::from_mins(15);
/// … and how long the next bytes of it.
const SILENCE: Duration = Duration::from_secs(30);

/// Takes a file's content.
pub(super) async fn receive(State(app): State<Arc<App>>, Path(id): Path<String>, asked: Asked) -> Response {
    let (parts, body) = asked.into_parts();
    let (caller, request) = match admitted(app, &parts).await {
        Ok(admitted) => admitted,
        Err(refusal) => {
            linger(body);
            return *refusal;
        }
    };
    let taken = timeout(PATIENCE, take(&caller.app, &request, &id, &parts.headers, body)).await;
    match taken.unwrap_or(Err(Error::Unavailable)) {
        Ok(file) => answer::json(&json!({ "id": file.id.to_string(), "state": "STORED", "size": file.size })),
        Err(error) => refused(&error, caller.locale),
    }
}

async fn take(
    app: &Arc<App>,
    request: &Arc<Request>,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<file::Model> {
    let file = match expected(app, request, id, headers).await {
        Ok(file) => file,
        Err(refusal) => {
            linger(body);
            return Err(refusal);
        }
    };
    let place = app.files.receive()?;
    let spooled = read(app, &file, body).await?;
    let checked = check(&file, spooled).await?;
    // In a task of its own: a client that hangs up now must not leave half of it.
    let (app, request, kept) = (app.clone(), request.clone(), file.clone());
    let running = app.running.clone();
    let done = running.spawn(async move { keep(&app, &request, &kept, checked).await }).await;
    drop(place);
    done.map_err(Error::internal)?.map(|()| file)
}

/// The file whose bytes may come now, judged before any of them is read.
async fn expected(app: &App, request: &Arc<Request>, id: &str, headers: &HeaderMap) -> Result<file::Model> {
    if !request.principal.is_signed_in() {
        return Err(Error::Unauthenticated);
    }
    let id = FileId(decode_as(FileId::PREFIX, id).map_err(|_| Error::NotFound)?);
    let tx = app.database.begin(request.clone(), Mode::Write);
    let file = upload::announced(&tx, id).await?;
    tx.commit().await?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = text(header::CONTENT_TYPE).to_ascii_lowercase();
    let plain = ["", "identity"].contains(&text(header::CONTENT_ENCODING));
    if kind.starts_with("multipart/") || kind.starts_with("application/x-www-form-urlencoded") || !plain {
        return Err(bad_request(
            "MEDIA_TYPE",
            "ファイルの内容そのものを送ってください(フォームや圧縮ではなく)。",
            "Send the bytes of the file themselves, in no form and not compressed.",
        ));
    }
    let length = text(header::CONTENT_LENGTH).parse::<u64>();
    if length.is_ok_and(|length| length > size(&file)) { Err(too_large()) } else { Ok(file) }
}

fn size(file: &file::Model) -> u64 {
    u64::from(file.size.unsigned_abs())
}

fn too_large() -> Error {
    let (ja, en) = ("予告した大きさを超えています。", "There are more bytes than were announced.");
    bad_request("TOO_LARGE", ja, en)
}

/// Reads the body; what is more than announced is thrown away.
async fn read(app: &App, file: &file::Model, body: Body) -> Result<Spooled> {
    let broken = || bad_request("BODY", "内容が途中で途切れました。", "The content broke off.");
    let (mut chunks, mut spool) = (body.into_data_stream(), app.files.spool()?);
    while let Some(chunk) = timeout(SILENCE, chunks.next()).await.map_err(|_| broken())? {
        if spool.write(&chunk.map_err(|_| broken())?).await? > size(file) {
            throw_away(chunks);
            return Err(too_large());
        }
    }
    spool.done().await
}

/// Is it what was announced?
async fn check(file: &file::Model, mut spooled: Spooled) -> Result<Spooled> {
    if spooled.size != size(file) || spooled.sha256 != file.sha256 {
        let (ja, en) = ("予告した大きさかSHA-256と一致しません。", "Size or SHA-256 are not what was announced.");
        return Err(Error::invalid("body", "CHECKSUM", ja, en));
    }
    let media = Media::of_name(&file.name).ok_or_else(|| Error::internal("a file of no type"))?;
    let looked = tokio::task::spawn_blocking(move || (media.fits(&mut spooled.file), spooled)).await;
    let (fits, spooled) = looked.map_err(Error::internal)?;
    fits.map_err(Error::internal)?.map_err(unfit)?;
    Ok(spooled)
}

fn unfit(why: Unfit) -> Error {
    let (ja, en) = match why {
        Unfit::Other => ("内容がファイルの種類と異なります。", "The content is not what the file's name says."),
        Unfit::Polyglot => ("別の種類のファイルとしても読めます。", "The content is two things at once."),
        Unfit::Macros => ("マクロを含むファイルは受け取りません。", "Files with macros are not taken."),
        Unfit::Bomb => ("展開すると大きすぎます。", "It would be far too large when it is opened."),
    };
    Error::invalid("body", "CONTENT", ja, en)
}

/// Keeps the content, then says so. Of two at once one says so; both have kept the same bytes.
async fn keep(app: &App, request: &Arc<Request>, file: &file::Model, content: Spooled) -> Result<()> {
    let town = request.municipality()?;
    app.files.keep(town, file.object_key, content).await?;
    let tx = app.database.begin(request.clone(), Mode::Write);
    let said = match upload::stored(&tx, file.id).await {
        Ok(()) => authenticate::still_holds(&tx).await,
        Err(error) => Err(error),
    };
    match said {
        Ok(()) => tx.commit().await,
        Err(Error::NotFound) => {
            // It was thrown away meanwhile, so nothing would lead to the content.
            app.files.remove(town, file.object_key).await.and(Err(Error::NotFound))
        }
        Err(error) => Err(error),
    }
}
