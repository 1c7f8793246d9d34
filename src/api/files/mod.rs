//! `/files/{id}`: where the bytes of files go in (PUT) and out (GET). Who may is decided where it is decided for
//! everything else: by the noun's policy, over the row that the id names.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request as Asked, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::cors;
use crate::api::http::refuse_method;
use crate::api::negotiation::Media;
use crate::api::rates::{ASKING, Payer, REFUSED};
use crate::api::response::{bad_request, refuse};
use crate::api::status::{End, plain};
use crate::kernel::error::{Error, SECOND_FACTOR_REQUIRED};
use crate::kernel::request::{Errand, Locale, Request};

mod download;
mod papers;
mod upload;

/// What it costs to send or fetch a file.
const MOVING: u64 = 10;

/// The routes of files.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let mut moves = get(download::send).put(upload::receive).fallback(not_allowed);
    if !app.settings.wire.origins.is_empty() {
        moves = moves.layer(cors::layer(&app.settings.wire.origins));
        moves = moves.layer(from_fn_with_state(app.clone(), only_preflights));
    }
    Router::new().route("/files/{id}", moves).layer(from_fn(alone))
}

/// OPTIONS is for preflights of sites that may ask; else it is a method like any.
async fn only_preflights(State(app): State<Arc<App>>, asked: Asked, next: Next) -> Response {
    if asked.method() == Method::OPTIONS && !cors::is_preflight(&asked, &app.settings.wire.origins) {
        let (parts, _) = asked.into_parts();
        return not_allowed(Caller::of(app, &parts)).await;
    }
    next.run(asked).await
}

async fn not_allowed(caller: Caller) -> Response {
    let error = bad_request("METHOD", "このメソッドは使えません。", "This method is not allowed.");
    refuse_method(&caller, "GET, HEAD, PUT", &error, Media::Json).await
}

/// Whatever is answered here is nobody else's, and nothing in it runs in a browser.
async fn alone(asked: Asked, next: Next) -> Response {
    let mut response = next.run(asked).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Who asks, told by what everybody shows: a token, or the Playground's cookie with a request of our own page. A link
/// has no header, so a municipality may stand in its address. This is the one place here that knows of it. Whoever has
/// to get a second factor does nothing before.
async fn admitted(app: Arc<App>, parts: &Parts) -> Result<(Caller, Arc<Request>), Box<Response>> {
    let mut caller = Caller::of(app, parts);
    let named = form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()).find(|(n, _)| n == "municipality");
    if let (Some((_, code)), None) = (named, caller.headers.get("entaku-municipality")) {
        let code = HeaderValue::from_str(&code).unwrap_or(HeaderValue::from_static("?"));
        caller.headers.insert("entaku-municipality", code);
    }
    let known = match caller.request().await {
        Ok(request) if request.principal.must_enrol => Err(Error::Forbidden(SECOND_FACTOR_REQUIRED)),
        known => known,
    };
    let request = known.map_err(|error| {
        // Nobody knows who asks: the address pays for it.
        Box::new(caller.refuse_to(caller.stranger(), ASKING + REFUSED, (End::of(&error), &error), Media::Json))
    })?;
    caller.pay(Payer::of(&request), MOVING).map_err(|spent| Box::new(caller.too_many(&spent, Media::Json)))?;
    request.undertake(Errand { act: format!("{} /files", parts.method), purpose: None });
    Ok((caller, request))
}

/// An error as JSON, its status as plain as can be.
fn refused(error: &Error, locale: Locale) -> Response {
    let mut response = refuse(End::of(error), error, locale, Media::Json);
    *response.status_mut() = plain(error);
    response
}
