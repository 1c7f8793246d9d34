//! Who asks, and inside which municipality.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Duration, Utc};
use quick_cache::sync::Cache;

use crate::api::app::App;
use crate::api::response::bad_request;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, MunicipalityId, Principal, SessionId};
use crate::kernel::request::Request;
use crate::people::token::Claims;
use crate::people::{authenticate, token};

/// How many tokens and principals are remembered.
const KEPT: usize = 10_000;
/// How long a principal is believed. What this process changes is seen at once; the rest after this time.
const BELIEVED: Duration = Duration::seconds(5);

/// Who was seen lately: tokens whose signature is good, and the principals of their sessions.
pub struct SignIns {
    tokens: Cache<String, Arc<Claims>>,
    principals: Cache<SessionId, Arc<Seen>>,
}

/// A principal as it was read.
struct Seen {
    principal: Principal,
    at: DateTime<Utc>,
    /// How often sign-ins and appointments of the municipality had been changed before.
    changes: u64,
}

impl Default for SignIns {
    fn default() -> Self {
        Self { tokens: Cache::new(KEPT), principals: Cache::new(KEPT) }
    }
}

/// Who asks, and inside which municipality.
///
/// # Errors
/// UNAUTHENTICATED for a token that is not good, BAD_REQUEST for a municipality that is unknown or not
/// the session's.
pub async fn identify(app: &App, headers: &HeaderMap) -> Result<(Principal, Option<MunicipalityId>)> {
    let named = match headers.get("entaku-municipality") {
        Some(value) => Some(named(app, value.to_str().ok()).await?),
        None => None,
    };
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Ok((Principal::public(), named.or(by_default(app, named).await?)));
    };
    let text = authorization.to_str().map_err(|_| Error::Unauthenticated)?;
    let token = text.strip_prefix("Bearer ").ok_or(Error::Unauthenticated)?;
    let claims = claims(app, token)?;
    let municipality = MunicipalityId(claims.mun);
    if named.is_some_and(|named| named != municipality) {
        return Err(bad_request(
            "MUNICIPALITY_MISMATCH",
            "サインインしている自治体と異なります。",
            "You are signed in to another municipality.",
        ));
    }
    Ok((principal(app, &claims).await?, Some(municipality)))
}

async fn named(app: &App, code: Option<&str>) -> Result<MunicipalityId> {
    let code = code.and_then(LocalGovernmentCode::parse).ok_or_else(|| {
        bad_request("MUNICIPALITY_UNKNOWN", "団体コードが正しくありません。", "The local government code is wrong.")
    })?;
    app.municipality(&code).await
}

/// The installation's own municipality, where none is named.
async fn by_default(app: &App, named: Option<MunicipalityId>) -> Result<Option<MunicipalityId>> {
    let (None, Some(code)) = (named, &app.settings.default_municipality) else { return Ok(None) };
    match app.municipality(code).await {
        Err(Error::BadRequest(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// What a token says. Its signature is verified once, its time at every request.
fn claims(app: &App, token: &str) -> Result<Arc<Claims>> {
    let now = app.clock.now();
    if let Some(known) = app.sign_ins.tokens.get(token) {
        token::in_time(&known, now)?;
        return Ok(known);
    }
    let claims = Arc::new(token::verify(&app.keys, &app.settings.issuer, token, now)?);
    app.sign_ins.tokens.insert(token.to_owned(), claims.clone());
    Ok(claims)
}

async fn principal(app: &App, claims: &Claims) -> Result<Principal> {
    let (municipality, session) = (MunicipalityId(claims.mun), SessionId(claims.sid));
    let now = app.clock.now();
    let changes = app.database.identities().changes(municipality);
    if let Some(seen) = app.sign_ins.principals.get(&session) {
        let age = now - seen.at;
        if seen.changes == changes && Duration::zero() <= age && age < BELIEVED {
            return Ok(seen.principal.clone());
        }
    }
    let looking = Arc::new(Request::new(Principal::public(), Some(municipality), now, app.keys.clone()));
    let principal = authenticate::lookup(&app.database, &looking, session, AccountId(claims.sub)).await?;
    app.sign_ins.principals.insert(session, Arc::new(Seen { principal: principal.clone(), at: now, changes }));
    Ok(principal)
}
