//! `/sso`: the way of a browser to the town hall's own sign-in and back (`people::sso`).
//!
//! | | |
//! |---|---|
//! | `POST /sso/start` | our page asks where to go; the browser gets a cookie of its attempt |
//! | `GET /sso/{code}/callback` | the provider sends the browser back; always answered by a page of ours |
//! | `POST /sso/finish` | our page brings the code of the local second factor |
//!
//! The cookie is `SameSite=Lax`, because the provider's page leads back to us; it opens nothing, is good for ten minutes
//! and for one attempt. Where a browser is sent afterwards never depends on what it brings.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::cookie;
use crate::api::cost::ACTING;
use crate::api::playground::answer::json;
use crate::api::playground::session::{browser_name, in_work, of_cookie, read_json, take};
use crate::api::response::bad_request;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{MunicipalityId, Principal};
use crate::kernel::request::Request;
use crate::kernel::work::Turn;
use crate::people::entity::InvitationId;
use crate::people::invitations;
use crate::people::sso::attempts::{self, ATTEMPT, Answer, Outcome, Wish};
use crate::people::sso::commands::IDENTITY_LINK;
use crate::people::sso::entity::AttemptPurpose;
use crate::people::sso::shapes::Identity;
use crate::people::token;

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/sso/start", post(start))
        .route("/sso/finish", post(finish))
        .route("/sso/{code}/callback", get(callback))
}

/// What our page wants.
#[derive(Deserialize)]
struct Start {
    purpose: Purpose,
    /// The municipality; of a session's own purposes it is the session's.
    municipality: Option<String>,
    /// The secret of an invitation.
    invitation: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Purpose {
    SignIn,
    Elevate,
    Link,
    Invitation,
}

#[derive(Deserialize)]
struct Finish {
    code: Option<String>,
}

/// What the provider has put into the browser's address; each of it once.
fn brought(uri: &Uri) -> Result<Answer> {
    let pairs: Vec<(_, _)> = form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()).collect();
    let one = |name: &str| {
        let mut all = pairs.iter().filter(|(found, _)| found == name).map(|(_, value)| value.to_string());
        let first = all.next();
        if all.next().is_none() { Ok(first) } else { Err(strange()) }
    };
    Ok(Answer { state: one("state")?.unwrap_or_default(), code: one("code")?, iss: one("iss")? })
}

/// Tells our page where to go.
async fn start(caller: Caller, body: Body) -> Response {
    let caller = of_cookie(caller);
    let answered = async {
        let body = take(&caller, body).await?;
        let begun = begin(&caller, read_json(&caller.headers, &body)?).await?;
        let mut response = json(&json!({ "location": begun.location.as_str() }));
        cookie::set_attempt(&caller.app, response.headers_mut(), &begun.secret)?;
        Ok(response)
    };
    caller.pay_for(ACTING, Box::pin(answered)).await
}

async fn begin(caller: &Caller, wanted: Start) -> Result<attempts::Begun> {
    let request = match wanted.purpose {
        Purpose::Elevate | Purpose::Link => {
            cookie::of(&caller.app, &caller.headers).ok_or(Error::Unauthenticated)?;
            caller.request().await?
        }
        Purpose::SignIn | Purpose::Invitation => {
            let code = wanted.municipality.as_deref().and_then(LocalGovernmentCode::parse).ok_or_else(unknown)?;
            stranger(caller, caller.app.municipality(&code).await?).await
        }
    };
    in_work(&caller.app, request, |turn, app| {
        Box::pin(async move {
            let wish = wish(turn, wanted).await?;
            attempts::begin(turn, &app.single_sign_on, wish).await
        })
    })
    .await
}

async fn wish(turn: &mut Turn<'_>, wanted: Start) -> Result<Wish> {
    let tx = turn.tx();
    let session = tx.principal.session;
    let (purpose, invitation) = match wanted.purpose {
        Purpose::SignIn => (AttemptPurpose::SignIn, None),
        Purpose::Elevate => (AttemptPurpose::Elevate, None),
        Purpose::Link => {
            // Nobody is sent away and back for what is refused afterwards.
            tx.may_create::<Identity>(IDENTITY_LINK, &[])?;
            (AttemptPurpose::Link, None)
        }
        Purpose::Invitation => {
            let secret = wanted.invitation.as_deref().ok_or(Error::Unauthenticated)?;
            let found: InvitationId = invitations::commands::find(tx, secret).await?.id;
            (AttemptPurpose::Invitation, Some(found))
        }
    };
    Ok(Wish { purpose, session, invitation })
}

fn unknown() -> Error {
    bad_request("MUNICIPALITY_UNKNOWN", "団体コードが正しくありません。", "The local government code is wrong.")
}

/// A request of whoever comes from the provider's page, where no other cookie comes along.
async fn stranger(caller: &Caller, municipality: MunicipalityId) -> Arc<Request> {
    let app = &caller.app;
    let whence = app.networks.whence(app, caller.address, Some(municipality)).await;
    Arc::new(app.request(Principal::public(), Some(municipality)).in_locale(caller.locale).from(whence))
}

/// The provider has sent the browser back.
async fn callback(mut caller: Caller, Path(code): Path<String>, uri: Uri) -> Response {
    caller.headers.remove(header::AUTHORIZATION);
    let shown = cookie::attempt(&caller.app, &caller.headers).unwrap_or("").to_owned();
    let came = async {
        let answer = brought(&uri)?;
        // In a task of its own: a browser that goes elsewhere must not stop the note of a failed sign-in.
        let worked = tokio::spawn(back(caller.clone(), code, shown, answer)).await;
        Ok(page(&caller.app, &worked.unwrap_or_else(|failed| Err(Error::internal(failed)))))
    };
    // Whoever is sent away for having asked too often has asked by a link, and reads it in a page.
    let answered = caller.clone().pay_for(ACTING, Box::pin(async { came.await.or_else(|e| Ok(failed(&e))) })).await;
    private(answered)
}

async fn back(caller: Caller, code: String, shown: String, answer: Answer) -> Result<Outcome> {
    let bearer = token::read_bearer(ATTEMPT, &shown).map_err(|_| strange())?;
    if bearer.code.as_str() != code {
        return Err(strange());
    }
    let municipality = caller.app.municipality(&bearer.code).await.map_err(|_| strange())?;
    let name = browser_name(&caller.headers);
    in_work(&caller.app, stranger(&caller, municipality).await, |turn, app| {
        Box::pin(async move { attempts::answered(turn, &app.single_sign_on, (&shown, name), answer).await })
    })
    .await
}

/// What belongs to no attempt of this browser.
fn strange() -> Error {
    bad_request(
        "SSO_ATTEMPT",
        "このサインインは終わっているか、別の画面で始められています。もう一度はじめからお試しください。",
        "This sign-in is over or began in another browser. Please begin again.",
    )
}

/// The page after the provider's. What it says stands behind the `#`.
fn page(app: &App, outcome: &Result<Outcome>) -> Response {
    let shown = match outcome {
        Ok(Outcome::Cookie(AttemptPurpose::Elevate, ..)) => sent("/account#sso.PROVED"),
        Ok(Outcome::Cookie(..)) => sent("/playground"),
        Ok(Outcome::Code) => sent("/account#sso.CODE"),
        Ok(Outcome::Ticket(ticket)) => sent(&format!("/account#{ticket}")),
        Err(error) => failed(error),
    };
    let mut response = shown;
    let cookies = match outcome {
        Ok(Outcome::Cookie(_, _, secret)) => cookie::set(app, response.headers_mut(), secret)
            .and_then(|()| cookie::clear_attempt(app, response.headers_mut())),
        Ok(Outcome::Code) => Ok(()),
        // Somebody else's link must not end what this browser has begun.
        Err(error) if error.reason() == "SSO_ATTEMPT" => Ok(()),
        Ok(Outcome::Ticket(_)) | Err(_) => cookie::clear_attempt(app, response.headers_mut()),
    };
    cookies.map_or_else(|error| failed(&error), |()| response)
}

fn failed(error: &Error) -> Response {
    if let Error::Internal(cause) = error {
        tracing::error!(%cause, "single sign-on failed");
    }
    let word = if error.reason().is_empty() { error.code() } else { error.reason() };
    sent(&format!("/account#sso.{word}"))
}

fn sent(place: &str) -> Response {
    let location = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/account#sso.INTERNAL"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Neither the code in this address nor the answer is told on or kept.
fn private(mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Takes the code of the local second factor.
async fn finish(caller: Caller, body: Body) -> Response {
    let caller = of_cookie(caller);
    let answered = async {
        let body = take(&caller, body).await?;
        let proved = tokio::spawn(prove(caller.clone(), body)).await;
        let outcome = proved.unwrap_or_else(|failed| Err(Error::internal(failed)))?;
        let Outcome::Cookie(purpose, _, secret) = outcome else { return Err(strange()) };
        let next = if purpose == AttemptPurpose::Elevate { "/account#sso.PROVED" } else { "/playground" };
        let mut response = json(&json!({ "location": next }));
        cookie::set(&caller.app, response.headers_mut(), &secret)?;
        cookie::clear_attempt(&caller.app, response.headers_mut())?;
        Ok(response)
    };
    caller.pay_for(ACTING, Box::pin(answered)).await
}

async fn prove(caller: Caller, body: Bytes) -> Result<Outcome> {
    let Finish { code } = read_json(&caller.headers, &body)?;
    let shown = cookie::attempt(&caller.app, &caller.headers).ok_or_else(strange)?.to_owned();
    let bearer = token::read_bearer(ATTEMPT, &shown).map_err(|_| strange())?;
    let municipality = caller.app.municipality(&bearer.code).await.map_err(|_| strange())?;
    let name = browser_name(&caller.headers);
    in_work(&caller.app, stranger(&caller, municipality).await, |turn, _| {
        Box::pin(async move { attempts::with_code(turn, (&shown, name), code.as_deref()).await })
    })
    .await
}
