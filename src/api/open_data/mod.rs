//! `/open-data/{団体コード}/{file}`: what the public may read of grants, as files for people and machines that do not speak
//! GraphQL. Whoever asks is nobody here, whatever they show of themselves, so that a cache may answer for the server.
//!
//! ```text
//! grants.json       awards, in the shape of the 360Giving Data Standard 1.1
//! allocations.csv   who may have how much
//! terms.csv         how each yen of it arose
//! methodology.md    the rules in plain Japanese
//! methodology.pdf   the same
//! ```
//!
//! Each is of one fiscal year (`?fiscalYear=2026`; without it the newest). Where there is nothing public, and where there
//! is no such town or file, the answer is one.

mod giving;
mod tables;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request as Asked, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::negotiation::Media;
use crate::api::rates::{ASKING, Payer};
use crate::api::response::refuse;
use crate::api::status::{End, plain};
use crate::grants::open_data::{allocations, awards, methods, newest_year};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::keys::sha256;
use crate::kernel::paper::{markdown, pdf};
use crate::kernel::policy::Action;
use crate::kernel::principal::Principal;
use crate::kernel::tx::{Mode, Tx};
use crate::people::entity::municipality;
use crate::people::shapes::Municipality;

/// What a file costs: it is a year of a town.
const MAKING: u64 = 200;

/// The routes of open data.
pub fn router() -> Router<Arc<App>> {
    Router::new().route("/open-data/{code}/{file}", get(send))
}

/// A file in the making.
struct File {
    media_type: &'static str,
    bytes: Vec<u8>,
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
    if !FILES.contains(&name) {
        return Err(Error::NotFound);
    }
    let app = &caller.app;
    let code = LocalGovernmentCode::parse(code).ok_or(Error::NotFound)?;
    let town = app.municipality(&code).await.map_err(|error| match error {
        Error::BadRequest(_) => Error::NotFound,
        other => other,
    })?;
    if let Err(spent) = caller.pay(payer, MAKING) {
        return Ok(caller.too_many(&spent, Media::Json));
    }
    let request = Arc::new(app.request(Principal::public(), Some(town)));
    let tx = app.database.begin(request, Mode::Read);
    let newest = newest_year(&tx).await?.ok_or(Error::NotFound)?;
    let of = Of { town: tx.peek::<Municipality>(town, Action::READ).await?, year: wanted(parts)?.unwrap_or(newest) };
    let made = make(caller, &tx, name, &of).await?;
    tx.commit().await?;
    Ok(sending(made, &parts.headers, app.settings.wire.max_age))
}

const FILES: [&str; 5] = ["grants.json", "allocations.csv", "terms.csv", "methodology.md", "methodology.pdf"];

async fn make(caller: &Caller, tx: &Tx, name: &str, of: &Of) -> Result<File> {
    let csv = "text/csv; charset=utf-8";
    match name {
        "grants.json" => {
            let found = something(awards(tx, of.year).await?)?;
            Ok(File { media_type: "application/json", bytes: giving::package(of, &found)? })
        }
        "allocations.csv" => {
            let found = something(allocations(tx, of.year, false).await?)?;
            Ok(File { media_type: csv, bytes: tables::allocations(&caller.app.files, of, &found).await? })
        }
        "terms.csv" => {
            let found = something(allocations(tx, of.year, true).await?)?;
            Ok(File { media_type: csv, bytes: tables::terms(&caller.app.files, of, &found).await? })
        }
        _ => {
            let paper = methods(tx, of.year, &of.town.name).await?.ok_or(Error::NotFound)?;
            if name == "methodology.md" {
                return Ok(File { media_type: "text/markdown; charset=utf-8", bytes: markdown(&paper).into_bytes() });
            }
            let bytes = tokio::task::spawn_blocking(move || pdf(&paper)).await.map_err(Error::internal)??;
            Ok(File { media_type: "application/pdf", bytes })
        }
    }
}

/// A file of nothing is none.
fn something<T>(found: Vec<T>) -> Result<Vec<T>> {
    if found.is_empty() { Err(Error::NotFound) } else { Ok(found) }
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
fn sending(File { media_type, bytes }: File, asked: &HeaderMap, max_age: u32) -> Response {
    let tag = format!("\"{}\"", sha256(&bytes));
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let unchanged = known.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag
    });
    let mut response =
        if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(bytes).into_response() };
    let headers = response.headers_mut();
    if !unchanged {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    let kept = if max_age > 0 { format!("public, max-age={max_age}") } else { "public, no-cache".to_owned() };
    for (name, value) in [(header::ETAG, tag), (header::CACHE_CONTROL, kept)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let closed = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, closed);
    response
}
