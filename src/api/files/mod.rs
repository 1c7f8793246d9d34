//! `/files/{id}`: where the bytes of files go in (PUT) and out (GET). Who may is decided where it is decided for
//! everything else: by the noun's policy, over the row that the id names.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request as Asked};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use crate::api::app::App;
use crate::api::identity::identify;
use crate::api::negotiation::locale;
use crate::api::playground::answer;
use crate::api::rates::{ASKING, REFUSED};
use crate::api::response::bad_request;
use crate::api::status::plain;
use crate::api::tab::Tab;
use crate::api::{address, cors};
use crate::kernel::error::{Error, Result, SECOND_FACTOR_REQUIRED};
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::request::{Errand, Request};

mod download;
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
async fn only_preflights(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    asked: Asked,
    next: Next,
) -> Response {
    if asked.method() == Method::OPTIONS && !cors::is_preflight(&asked, &app.settings.wire.origins) {
        return not_allowed(asked).await;
    }
    next.run(asked).await
}

async fn not_allowed(asked: Asked) -> Response {
    let error = bad_request("METHOD", "このメソッドは使えません。", "This method is not allowed.");
    let mut response = refused(&error, asked.headers());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, PUT"));
    response
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
/// has no header, so a municipality may stand in its address. This is the one place here that knows of it.
async fn caller(app: &App, parts: &Parts) -> Result<Arc<Request>, Box<Response>> {
    let mut headers = parts.headers.clone();
    let named = form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()).find(|(n, _)| n == "municipality");
    if let (Some((_, code)), None) = (named, headers.get("entaku-municipality")) {
        let code = HeaderValue::from_str(&code).unwrap_or(HeaderValue::from_static("?"));
        headers.insert("entaku-municipality", code);
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = address::caller(peer, &headers, &app.settings.wire.proxies);
    match admitted(app, &headers).await {
        Ok((principal, municipality)) => {
            pay(app, &principal, address, MOVING, &headers)?;
            let request = app.request(principal, municipality).in_locale(locale(&headers));
            request.undertake(Errand { act: format!("{} /files", parts.method), purpose: None });
            Ok(Arc::new(request))
        }
        Err(error) => {
            pay(app, &Principal::public(), address, ASKING + REFUSED, &headers)?;
            Err(Box::new(refused(&error, &headers)))
        }
    }
}

/// Who is known by what they show. Whoever has to get a second factor does nothing before.
async fn admitted(app: &App, headers: &HeaderMap) -> Result<(Principal, Option<MunicipalityId>)> {
    let (who, town) = identify(app, headers).await?;
    if who.must_enrol { Err(Error::Forbidden(SECOND_FACTOR_REQUIRED)) } else { Ok((who, town)) }
}

/// Takes points, or says when there will be some again.
fn pay(app: &App, who: &Principal, address: IpAddr, points: u64, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let paid = Tab::open(&app.rates, app.rates.caller(who, address)).and_then(|mut tab| tab.settle(points));
    paid.map_err(|spent| {
        let mut response = refused(&Error::RateLimited, headers);
        spent.write(response.headers_mut());
        Box::new(response)
    })
}

/// An error as JSON, its status as plain as can be.
fn refused(error: &Error, headers: &HeaderMap) -> Response {
    let mut response = answer::refused(error, headers);
    *response.status_mut() = plain(error);
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
