//! `/playground/session`: signing in, staying signed in and signing out with a cookie, so that no script of the page
//! ever holds what proves who somebody is.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::answer::json;
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::cost::ACTING;
use crate::api::negotiation::is_json;
use crate::api::rates::ASKING;
use crate::api::response::bad_request;
use crate::api::{cookie, lifecycle, origin};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, Principal};
use crate::kernel::request::Request;
use crate::kernel::tx::{Mode, Tx};
use crate::kernel::work::{Turn, Work};
use crate::people::session::{Proof, Proved, Prover};
use crate::people::{browser, device, session, token};

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

/// What somebody has earned who proved who they are.
struct Earned {
    account: AccountId,
    /// The session's cookie.
    secret: String,
    /// What the browser keeps of who has signed in from it.
    devices: Option<Vec<String>>,
}

/// Is somebody signed in? A cookie that is no longer good is taken back.
pub(super) async fn read(caller: Caller) -> Response {
    let caller = of_cookie(caller);
    let answered = async {
        let Some(secret) = cookie::of(&caller.app, &caller.headers) else { return Ok(state(&caller.app, None, None)) };
        match caller.request().await {
            Ok(request) => Ok(state(&caller.app, request.principal.account, Some(secret))),
            Err(Error::Unauthenticated) => signed_out(&caller.app),
            Err(error) => Err(error),
        }
    };
    caller.pay_for(ASKING, Box::pin(answered)).await
}

/// Signs in.
pub(super) async fn sign_in(caller: Caller, body: Body) -> Response {
    with_secret(caller, body, |caller, body| {
        Box::pin(async move { prove(&caller, read_json(&caller.headers, &body)?).await })
    })
    .await
}

/// Proves once more who is signed in (step-up); the cookie is replaced.
pub(super) async fn elevate(caller: Caller, body: Body) -> Response {
    with_secret(caller, body, |caller, body| {
        Box::pin(async move { prove_again(&caller, read_json(&caller.headers, &body)?).await })
    })
    .await
}

/// Answers a request of our own page that brings something secret with the cookie it has earned.
async fn with_secret(
    caller: Caller,
    body: Body,
    prove: impl FnOnce(Caller, Bytes) -> BoxFuture<'static, Result<Earned>>,
) -> Response {
    let caller = of_cookie(caller);
    let answered = async {
        let body = take(&caller, body).await?;
        // In a task of its own: a client that hangs up must not stop the note of a failed sign-in.
        let proved = tokio::spawn(prove(caller.clone(), body)).await;
        let Earned { account, secret, devices } = proved.unwrap_or_else(|failed| Err(Error::internal(failed)))?;
        let mut response = with_cookie(&caller.app, account, &secret)?;
        if let Some(devices) = devices {
            cookie::set_devices(&caller.app, response.headers_mut(), &devices)?;
        }
        Ok(response)
    };
    caller.pay_for(ACTING, Box::pin(answered)).await
}

/// Replaces the cookie by a new one.
pub(super) async fn renew(caller: Caller) -> Response {
    let caller = of_cookie(caller);
    let answered = async {
        let renewed = in_session(&caller, |tx| {
            Box::pin(async move {
                let secret = browser::renew(tx, tx.principal.session.ok_or(Error::Unauthenticated)?).await?;
                Ok((tx.principal.account.ok_or(Error::Unauthenticated)?, secret))
            })
        });
        let (account, secret) = renewed.await?;
        with_cookie(&caller.app, account, &secret)
    };
    caller.pay_for(ACTING, Box::pin(answered)).await
}

/// Signs out. Whatever the cookie was, it is taken back.
pub(super) async fn sign_out(caller: Caller) -> Response {
    let caller = of_cookie(caller);
    let answered = async {
        let ended = in_session(&caller, |tx| {
            Box::pin(async move {
                let id = tx.principal.session.ok_or(Error::Unauthenticated)?;
                session::end(tx, id, "SIGNED_OUT").await
            })
        });
        match ended.await {
            Ok(()) | Err(Error::Unauthenticated) => signed_out(&caller.app),
            Err(error) => Err(error),
        }
    };
    caller.pay_for(ACTING, Box::pin(answered)).await
}

/// The body of a request of our own page.
pub(in crate::api) async fn take(caller: &Caller, body: Body) -> Result<Bytes> {
    origin::require_own(&caller.app, &caller.headers)?;
    axum::body::to_bytes(body, LARGEST).await.map_err(|_| unreadable())
}

pub(in crate::api) fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T> {
    if !is_json(headers) {
        return Err(unreadable());
    }
    serde_json::from_slice(body).map_err(|_| unreadable())
}

fn unreadable() -> Error {
    bad_request("JSON", "サインインの内容を読めません。", "The sign-in cannot be read.")
}

fn prover(app: &App) -> Prover<'_> {
    Prover { passwords: &app.passwords, throttle: app.throttle }
}

/// Opens a session for somebody who knows the password, or notes that somebody did not.
async fn prove(caller: &Caller, credentials: Credentials) -> Result<Earned> {
    let Credentials { municipality, email, password, code: one_time } = credentials;
    let code = LocalGovernmentCode::parse(&municipality).ok_or_else(|| {
        Error::invalid(
            "municipality",
            "LOCAL_GOVERNMENT_CODE",
            "団体コードが正しくありません。",
            "The local government code is wrong.",
        )
    })?;
    let app = &caller.app;
    let municipality = app.municipality(&code).await?;
    let whence = app.networks.whence(app, caller.address, Some(municipality)).await;
    let request = app.request(Principal::public(), Some(municipality)).in_locale(caller.locale).from(whence);
    let known: Vec<String> = cookie::devices(app, &caller.headers).into_iter().map(str::to_owned).collect();
    let browser = browser_name(&caller.headers);
    in_work(app, Arc::new(request), |turn, app| {
        Box::pin(async move {
            let proof = Proof { password: &password, code: one_time.as_deref() };
            let devices: Vec<_> = known.iter().map(String::as_str).collect();
            let account = session::prove(turn, prover(app), (&email, &devices), proof).await?;
            let devices = Some(device::renew(turn.tx(), account, &devices));
            let secret = browser::open(turn.tx(), account, browser, Proved::Here).await?;
            Ok(Earned { account, secret, devices })
        })
    })
    .await
}

/// Takes a fresh proof for the session of the cookie.
async fn prove_again(caller: &Caller, again: Again) -> Result<Earned> {
    cookie::of(&caller.app, &caller.headers).ok_or(Error::Unauthenticated)?;
    let request = caller.request().await?;
    let account = request.principal.account.ok_or(Error::Unauthenticated)?;
    in_work(&caller.app, request, |turn, app| {
        Box::pin(async move {
            let proof = Proof { password: &again.password, code: again.code.as_deref() };
            let session = session::elevate(turn, prover(app), proof).await?;
            let secret = browser::replace(turn.tx(), session).await?;
            Ok(Earned { account, secret, devices: None })
        })
    })
    .await
}

/// Runs what may have to end a transaction in between; what must be written besides is written in any case.
pub(in crate::api) async fn in_work<T: Send>(
    app: &Arc<App>,
    request: Arc<Request>,
    act: impl for<'t> FnOnce(&'t mut Turn<'_>, &'t App) -> BoxFuture<'t, Result<T>> + Send,
) -> Result<T> {
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
pub(in crate::api) fn browser_name(headers: &HeaderMap) -> &'static str {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let known = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    known.iter().find(|(mark, _)| agent.contains(mark)).map_or("Playground", |(_, name)| *name)
}

/// Runs an act in the session of the cookie.
async fn in_session<T: Send>(
    caller: &Caller,
    act: impl for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T>> + Send,
) -> Result<T> {
    cookie::of(&caller.app, &caller.headers).ok_or(Error::Unauthenticated)?;
    let tx = caller.app.database.begin(caller.request().await?, Mode::Write);
    let done = act(&tx).await?;
    tx.commit().await?;
    Ok(done)
}

/// A browser's session is a matter of its cookie alone.
pub(in crate::api) fn of_cookie(mut caller: Caller) -> Caller {
    caller.headers.remove(header::AUTHORIZATION);
    caller.headers.remove("entaku-municipality");
    caller
}

/// What the page must know: whether somebody is signed in, who and where, and whether the schema may be read.
fn state(app: &App, account: Option<AccountId>, secret: Option<&str>) -> Response {
    let bearer = secret.and_then(|secret| token::read_bearer(browser::COOKIE, secret).ok());
    let signed_in = bearer.is_some();
    let code = bearer.map(|b| b.code).or_else(|| app.settings.default_municipality.clone());
    json(&json!({
        "signedIn": signed_in,
        "account": account.filter(|_| signed_in).map(|account| account.to_string()),
        "municipality": code.map(|code| code.as_str().to_owned()),
        "introspection": app.settings.wire.introspection.includes(signed_in),
    }))
}

fn with_cookie(app: &App, account: AccountId, secret: &str) -> Result<Response> {
    let mut response = state(app, Some(account), Some(secret));
    cookie::set(app, response.headers_mut(), secret)?;
    Ok(response)
}

fn signed_out(app: &App) -> Result<Response> {
    let mut response = state(app, None, None);
    cookie::clear(app, response.headers_mut())?;
    Ok(response)
}
