//! `/playground/session`: signing in, staying signed in and signing out with a cookie, so that no script of the page
//! ever holds what proves who somebody is.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::future::BoxFuture;
use serde::Deserialize;
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
use crate::kernel::tx::{Mode, Tx};
use crate::kernel::work::Work;
use crate::people::{browser, device, session, token};

/// The largest body of a sign-in, in bytes.
const LARGEST: usize = 4096;

/// What somebody signs in with.
#[derive(Deserialize)]
struct Credentials {
    municipality: String,
    email: String,
    password: String,
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
    let caller = of_cookie(caller);
    let answered = async {
        let credentials = credentials(&caller, body).await?;
        // In a task of its own: a client that hangs up must not stop the note of a failed sign-in.
        let asking = caller.clone();
        let proved = tokio::spawn(async move { prove(&asking, credentials).await }).await;
        let (account, secret, devices) = proved.unwrap_or_else(|failed| Err(Error::internal(failed)))?;
        let mut response = with_cookie(&caller.app, account, &secret)?;
        cookie::set_devices(&caller.app, response.headers_mut(), &devices)?;
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

async fn credentials(caller: &Caller, body: Body) -> Result<Credentials> {
    origin::require_own(&caller.app, &caller.headers)?;
    let unreadable = || {
        let (ja, en) = ("サインインの内容を読めません。", "The sign-in cannot be read.");
        bad_request("JSON", ja, en)
    };
    if !is_json(&caller.headers) {
        return Err(unreadable());
    }
    let bytes = axum::body::to_bytes(body, LARGEST).await.map_err(|_| unreadable())?;
    serde_json::from_slice(&bytes).map_err(|_| unreadable())
}

/// Opens a session for somebody who knows the password, or notes that somebody did not. Gives the session's cookie and
/// what the browser keeps of who has signed in from it.
async fn prove(caller: &Caller, credentials: Credentials) -> Result<(AccountId, String, Vec<String>)> {
    let Credentials { municipality, email, password } = credentials;
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
    let request = Arc::new(request);
    let devices = cookie::devices(app, &caller.headers);
    let given = session::Credentials { email: &email, password: &password, devices: &devices };
    let work = Work::new(app.database.clone(), request.clone());
    let opened = {
        let mut turn = work.turn().await;
        match session::prove(&mut turn, (&app.passwords, &app.throttle), &given).await {
            Ok(account) => {
                let kept = device::renew(turn.tx(), account, &devices);
                browser::open(turn.tx(), account, browser_name(&caller.headers))
                    .await
                    .map(|secret| (account, secret, kept))
            }
            Err(error) => Err(error),
        }
    };
    let ended = if opened.is_ok() { work.commit().await } else { work.rollback().await };
    lifecycle::write_afterwards(app, &request).await?;
    ended.and(opened)
}

/// What the list of sign-ins shows of a browser.
fn browser_name(headers: &HeaderMap) -> &'static str {
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
fn of_cookie(mut caller: Caller) -> Caller {
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
