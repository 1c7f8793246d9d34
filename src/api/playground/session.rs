//! `/playground/session`: signing in, staying signed in and signing out with a cookie, so that no script of the page
//! ever holds what proves who somebody is.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::answer::{json, refused};
use crate::api::app::App;
use crate::api::identity::identify;
use crate::api::negotiation::{is_json, locale};
use crate::api::response::bad_request;
use crate::api::{address, cookie, lifecycle, origin};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::request::Request;
use crate::kernel::tx::{Mode, Tx};
use crate::kernel::work::{Turn, Work};
use crate::people::session::Proof;
use crate::people::{browser, session, token};

/// The largest body of a sign-in, in bytes.
const LARGEST: usize = 4096;

/// What somebody signs in with.
#[derive(Deserialize)]
struct Credentials {
    municipality: String,
    email: String,
    password: String,
    code: Option<String>,
}

/// What somebody who is signed in proves once more who they are with.
#[derive(Deserialize)]
struct Again {
    password: String,
    code: Option<String>,
}

/// Is somebody signed in? A cookie that is no longer good is taken back.
pub(super) async fn read(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(secret) = cookie::of(&app, &headers) else { return state(&app, None) };
    match identify(&app, &only_cookie(&headers)).await {
        Ok(_) => state(&app, Some(secret)),
        Err(Error::Unauthenticated) => signed_out(&app, &headers),
        Err(error) => refused(&error, &headers),
    }
}

/// Signs in.
pub(super) async fn sign_in(State(app): State<Arc<App>>, asked: axum::extract::Request) -> Response {
    with_secret(app, asked, |app, headers, body| {
        Box::pin(async move { prove(&app, &headers, read_json(&headers, &body)?).await })
    })
    .await
}

/// Proves once more who is signed in (step-up); the cookie is replaced.
pub(super) async fn elevate(State(app): State<Arc<App>>, asked: axum::extract::Request) -> Response {
    with_secret(app, asked, |app, headers, body| {
        Box::pin(async move { prove_again(&app, &headers, read_json(&headers, &body)?).await })
    })
    .await
}

/// Answers a request of our own page that brings something secret with the cookie it has earned, or counts the failure.
async fn with_secret(
    app: Arc<App>,
    asked: axum::extract::Request,
    prove: impl FnOnce(Arc<App>, HeaderMap, Bytes) -> BoxFuture<'static, Result<String>>,
) -> Response {
    let (Parts { headers, extensions, .. }, body) = asked.into_parts();
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = address::caller(peer, &headers, &app.settings.wire.proxies);
    if let Err(spent) = app.rates.may_sign_in(address) {
        let mut response = refused(&Error::RateLimited, &headers);
        spent.write(response.headers_mut());
        return response;
    }
    let body = match take(&app, &headers, body).await {
        Ok(body) => body,
        Err(error) => return refused(&error, &headers),
    };
    // In a task of its own: a client that hangs up must not stop the note of a failed sign-in.
    let proved = tokio::spawn(prove(app.clone(), headers.clone(), body)).await;
    let proved = proved.unwrap_or_else(|failed| Err(Error::internal(failed)));
    if proved.as_ref().is_err_and(Error::is_failed_proof) {
        app.rates.sign_in_failed(address);
    }
    proved.and_then(|secret| with_cookie(&app, &secret)).unwrap_or_else(|error| refused(&error, &headers))
}

/// Replaces the cookie by a new one.
pub(super) async fn renew(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let renewed = in_session(&app, &headers, |tx| {
        Box::pin(async move { browser::renew(tx, tx.principal.session.ok_or(Error::Unauthenticated)?).await })
    });
    renewed.await.and_then(|secret| with_cookie(&app, &secret)).unwrap_or_else(|error| refused(&error, &headers))
}

/// Signs out. Whatever the cookie was, it is taken back.
pub(super) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let ended = in_session(&app, &headers, |tx| {
        Box::pin(async move {
            let id = tx.principal.session.ok_or(Error::Unauthenticated)?;
            session::end(tx, id, "SIGNED_OUT").await
        })
    });
    match ended.await {
        Ok(()) | Err(Error::Unauthenticated) => signed_out(&app, &headers),
        Err(error) => refused(&error, &headers),
    }
}

/// The body of a request of our own page.
async fn take(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes> {
    origin::require_own(app, headers)?;
    axum::body::to_bytes(body, LARGEST).await.map_err(|_| unreadable())
}

fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T> {
    if !is_json(headers) {
        return Err(unreadable());
    }
    serde_json::from_slice(body).map_err(|_| unreadable())
}

fn unreadable() -> Error {
    bad_request("JSON", "サインインの内容を読めません。", "The sign-in cannot be read.")
}

/// Opens a session for somebody who knows the password, or notes that somebody did not.
async fn prove(app: &Arc<App>, headers: &HeaderMap, credentials: Credentials) -> Result<String> {
    let Credentials { municipality, email, password, code: one_time } = credentials;
    let code = LocalGovernmentCode::parse(&municipality).ok_or_else(|| {
        Error::invalid(
            "municipality",
            "LOCAL_GOVERNMENT_CODE",
            "団体コードが正しくありません。",
            "The local government code is wrong.",
        )
    })?;
    let municipality = app.municipality(&code).await?;
    let request = Arc::new(app.request(Principal::public(), Some(municipality)).in_locale(locale(headers)));
    let browser = device(headers);
    in_work(app, request, |turn, app| {
        Box::pin(async move {
            let proof = Proof { password: &password, code: one_time.as_deref() };
            let account = session::prove(turn, &app.passwords, &email, proof).await?;
            browser::open(turn.tx(), account, browser).await
        })
    })
    .await
}

/// Takes a fresh proof for the session of the cookie.
async fn prove_again(app: &Arc<App>, headers: &HeaderMap, again: Again) -> Result<String> {
    let (principal, municipality) = of_cookie(app, headers).await?;
    let request = Arc::new(app.request(principal, municipality).in_locale(locale(headers)));
    in_work(app, request, |turn, app| {
        Box::pin(async move {
            let proof = Proof { password: &again.password, code: again.code.as_deref() };
            let session = session::elevate(turn, &app.passwords, proof).await?;
            browser::replace(turn.tx(), session).await
        })
    })
    .await
}

/// Runs what may have to end a transaction in between; what must be written besides is written in any case.
async fn in_work(
    app: &Arc<App>,
    request: Arc<Request>,
    act: impl for<'t> FnOnce(&'t mut Turn<'_>, &'t App) -> BoxFuture<'t, Result<String>> + Send,
) -> Result<String> {
    let work = Work::new(app.database.clone(), request.clone());
    let done = {
        let mut turn = work.turn().await;
        act(&mut turn, app).await
    };
    let ended = if done.is_ok() { work.commit().await } else { work.rollback().await };
    lifecycle::write_afterwards(app, &request).await?;
    ended.and(done)
}

/// What the list of sign-ins shows of a browser.
fn device(headers: &HeaderMap) -> &'static str {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let known = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    known.iter().find(|(mark, _)| agent.contains(mark)).map_or("Playground", |(_, name)| *name)
}

/// Runs an act in the session of the cookie.
async fn in_session<T: Send>(
    app: &App,
    headers: &HeaderMap,
    act: impl for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send,
) -> Result<T> {
    let (principal, municipality) = of_cookie(app, headers).await?;
    let request: Arc<Request> = Arc::new(app.request(principal, municipality).in_locale(locale(headers)));
    let tx = app.database.begin(request, Mode::Write);
    let done = act(&tx).await?;
    tx.commit().await?;
    Ok(done)
}

async fn of_cookie(app: &App, headers: &HeaderMap) -> Result<(Principal, Option<MunicipalityId>)> {
    cookie::of(app, headers).ok_or(Error::Unauthenticated)?;
    identify(app, &only_cookie(headers)).await
}

/// A browser's session is a matter of its cookie alone.
fn only_cookie(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(header::AUTHORIZATION);
    headers.remove("entaku-municipality");
    headers
}

/// What the page must know: whether somebody is signed in, where, and whether the schema may be read.
fn state(app: &App, secret: Option<&str>) -> Response {
    let bearer = secret.and_then(|secret| token::read_bearer(browser::COOKIE, secret).ok());
    let signed_in = bearer.is_some();
    let code = bearer.map(|b| b.code).or_else(|| app.settings.default_municipality.clone());
    json(&json!({
        "signedIn": signed_in,
        "municipality": code.map(|code| code.as_str().to_owned()),
        "introspection": app.settings.wire.introspection.includes(signed_in),
    }))
}

fn with_cookie(app: &App, secret: &str) -> Result<Response> {
    let mut response = state(app, Some(secret));
    cookie::set(app, response.headers_mut(), secret)?;
    Ok(response)
}

fn signed_out(app: &App, headers: &HeaderMap) -> Response {
    let mut response = state(app, None);
    match cookie::clear(app, response.headers_mut()) {
        Ok(()) => response,
        Err(error) => refused(&error, headers),
    }
}
