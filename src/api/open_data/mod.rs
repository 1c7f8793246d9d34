//! `/open-data/{団体コード}/{file}`: what the public may read of grants, as files for people and machines that do not speak
//! GraphQL. Whoever asks is nobody here, whatever they show of themselves, so that a cache may answer for the server.
//!
//! ```text
//! programmes.csv    how much there is
//! allocations.csv   who may have how much of it, and what became of it
//! terms.csv         how each yen of it arose
//! awards.csv        what was decided, paid, fixed, kept and returned
//! payments.csv      on which day how much went, or came back
//! grants.json       awards, in the shape of the 360Giving Data Standard 1.1
//! methodology.md    the rules in plain Japanese
//! methodology.pdf   the same
//! ```
//!
//! Each is of one fiscal year (`?fiscalYear=2026`; without it the newest). Where there is nothing public, and where there
//! is no such town or file, the answer is one.

mod giving;
mod shelf;
mod tables;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request as Asked, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::shelf::{Key, Made};
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::negotiation::Media;
use crate::api::rates::{ASKING, Payer, Spent};
use crate::api::response::refuse;
use crate::api::status::{End, plain};
use crate::grants::open_data::{
    Allocation, Award, Budget, Content, Payment, allocations, awards, budgets, extent, methods, payments,
};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::files::Store;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::keys::sha256;
use crate::kernel::paper::{Paper, markdown, pdf};
use crate::kernel::policy::Action;
use crate::kernel::principal::Principal;
use crate::kernel::tx::{Mode, Tx};
use crate::people::entity::municipality;
use crate::people::shapes::Municipality;

pub use self::shelf::Shelf;

/// What it costs to have a file made …
const MAKING: u64 = 200;
/// … and each row of it.
const ROW: u64 = 1;

/// The routes of open data.
pub fn router() -> Router<Arc<App>> {
    Router::new().route("/open-data/{code}/{file}", get(send))
}

/// What is in a file.
enum Found {
    Budgets(Vec<Budget>),
    Package(Vec<Award>),
    Awards(Vec<Award>),
    Payments(Vec<Payment>),
    Allocations(Vec<Allocation>),
    Terms(Vec<Allocation>),
    Method(Paper),
}

/// Of which town and year.
struct Of {
    town: municipality::Model,
    year: FiscalYear,
}

async fn send(State(app): State<Arc<App>>, Path((code, file)): Path<(String, String)>, asked: Asked) -> Response {
    let (parts, _) = asked.into_parts();
    let caller = Caller::of(app, &parts);
    let payer: Payer = caller.stranger();
    if let Err(spent) = caller.pay(payer, ASKING) {
        return caller.too_many(&spent, Media::Json);
    }
    match answer(&caller, payer, (&code, &file), &parts).await {
        Ok(response) => response,
        Err(error) => {
            let mut response = refuse(End::of(&error), &error, caller.locale, Media::Json);
            *response.status_mut() = plain(&error);
            response
        }
    }
}

async fn answer(caller: &Caller, payer: Payer, (code, name): (&str, &str), parts: &Parts) -> Result<Response> {
    let file = FILES.into_iter().find(|file| *file == name).ok_or(Error::NotFound)?;
    let town = LocalGovernmentCode::parse(code).ok_or(Error::NotFound)?;
    let key = Key { town, file, year: wanted(parts)? };
    let (app, max_age) = (&caller.app, caller.app.settings.wire.max_age);
    let kept = || app.open_data.find(&key, app.clock.now(), max_age);
    let send = |made: &Made| sending(made, &parts.headers, made.fresh_for(app.clock.now(), max_age));
    if let Some(made) = kept() {
        return Ok(send(&made));
    }
    if let Err(spent) = caller.pay(payer, MAKING) {
        return Ok(caller.too_many(&spent, Media::Json));
    }
    let place = app.workshop.place().await?;
    // Who waited finds what the one before them made.
    if let Some(made) = kept() {
        return Ok(send(&made));
    }
    // What is withdrawn while we read is not sent for longer than the time it may be kept.
    let at = app.clock.now();
    let (of, found) = match gather(caller, payer, &key).await? {
        Ok(gathered) => gathered,
        Err(spent) => return Ok(caller.too_many(&spent, Media::Json)),
    };
    let files = app.files.clone();
    let made = Arc::new(place.work(move || write(&files, &of, found, at, file)).await?);
    app.open_data.keep(key, made.clone(), max_age);
    Ok(send(&made))
}

const FILES: [&str; 8] = [
    "programmes.csv",
    "allocations.csv",
    "terms.csv",
    "awards.csv",
    "payments.csv",
    "grants.json",
    "methodology.md",
    "methodology.pdf",
];

/// Reads what is in a file, and ends the transaction whatever comes of it.
async fn gather(caller: &Caller, payer: Payer, key: &Key) -> Result<Result<(Of, Found), Spent>> {
    let app = &caller.app;
    let town = app.municipality(&key.town).await.map_err(|error| match error {
        Error::BadRequest(_) => Error::NotFound,
        other => other,
    })?;
    let tx = app.database.begin(Arc::new(app.request(Principal::public(), Some(town))), Mode::Read);
    match read(caller, payer, &tx, key).await {
        Ok(found) => {
            tx.commit().await?;
            Ok(found)
        }
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

/// A file of nothing is none.
async fn read(caller: &Caller, payer: Payer, tx: &Tx, key: &Key) -> Result<Result<(Of, Found), Spent>> {
    let content = match key.file {
        "programmes.csv" => Content::Programmes,
        "grants.json" | "awards.csv" => Content::Awards,
        "payments.csv" => Content::Payments,
        "allocations.csv" | "terms.csv" => Content::Allocations,
        _ => Content::Methods,
    };
    let (year, rows) = extent(tx, content, key.year).await?.ok_or(Error::NotFound)?;
    if let Err(spent) = caller.pay(payer, rows * ROW) {
        return Ok(Err(spent));
    }
    let of = Of { town: tx.peek::<Municipality>(tx.municipality()?, Action::READ).await?, year };
    let found = match key.file {
        "programmes.csv" => Found::Budgets(budgets(tx, year).await?),
        "grants.json" => Found::Package(awards(tx, year).await?),
        "awards.csv" => Found::Awards(awards(tx, year).await?),
        "payments.csv" => Found::Payments(payments(tx, year).await?),
        "allocations.csv" => Found::Allocations(allocations(tx, year, false).await?),
        "terms.csv" => Found::Terms(allocations(tx, year, true).await?),
        _ => Found::Method(methods(tx, year, &of.town.name).await?.ok_or(Error::NotFound)?),
    };
    Ok(Ok((of, found)))
}

fn write(files: &Store, of: &Of, found: Found, at: chrono::DateTime<chrono::Utc>, file: &str) -> Result<Made> {
    let csv = "text/csv; charset=utf-8";
    let (media_type, bytes) = match found {
        Found::Package(all) => ("application/json", giving::package(of, &all)?),
        Found::Budgets(all) => (csv, tables::programmes(files, of, &all)?),
        Found::Awards(all) => (csv, tables::awards(files, of, &all)?),
        Found::Payments(all) => (csv, tables::payments(files, of, &all)?),
        Found::Allocations(all) => (csv, tables::allocations(files, of, &all)?),
        Found::Terms(all) => (csv, tables::terms(files, of, &all)?),
        Found::Method(paper) if file == "methodology.md" => {
            ("text/markdown; charset=utf-8", markdown(&paper).into_bytes())
        }
        Found::Method(paper) => ("application/pdf", pdf(&paper)?),
    };
    Ok(Made { media_type, tag: format!("\"{}\"", sha256(&bytes)), bytes: Bytes::from(bytes), at })
}

/// The fiscal year that is asked for.
fn wanted(parts: &Parts) -> Result<Option<FiscalYear>> {
    let query = parts.uri.query().unwrap_or("");
    let Some((_, year)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "fiscalYear") else {
        return Ok(None);
    };
    year.parse().map(|year| Some(FiscalYear(year))).map_err(|_| Error::NotFound)
}

/// The file, or 304 where the reader has it (RFC 9110, 13.1.2). Any site may read what is everybody's.
fn sending(made: &Made, asked: &HeaderMap, max_age: u32) -> Response {
    let tag = &made.tag;
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let unchanged = known.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == *tag
    });
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(made.bytes.clone()).into_response()
    };
    let headers = response.headers_mut();
    if !unchanged {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(made.media_type));
    }
    let kept = if max_age > 0 { format!("public, max-age={max_age}") } else { "no-store".to_owned() };
    for (name, value) in [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, kept)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let closed = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, closed);
    response
}
