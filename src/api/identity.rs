//! Who asks, and inside which municipality.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Duration, Utc};
use quick_cache::sync::Cache;

use crate::api::app::App;
use crate::api::response::bad_request;
use crate::api::{cookie, origin};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::sha256;
use crate::kernel::principal::{AccountId, MunicipalityId, Principal, SessionId};
use crate::kernel::request::Request;
use crate::people::rules::SEEN_EVERY;
use crate::people::token::Claims;
use crate::people::{authenticate, browser, session, token};

/// How many tokens and principals are remembered.
const KEPT: usize = 10_000;
/// How long a principal is believed. What this process changes is seen at once; the rest after this time.
const BELIEVED: Duration = Duration::seconds(5);

/// Who was seen lately: tokens whose signature is good, and the principals of their sessions.
pub struct SignIns {
    tokens: Cache<String, Arc<Claims>>,
    cookies: Cache<String, Arc<SeenCookie>>,
    /// Sessions of browsers, by when they were last seen to have a cookie that is good.
    browsers: Cache<SessionId, Arc<SeenCookie>>,
    principals: Cache<SessionId, Arc<Seen>>,
}

/// A principal as it was read.
#[derive(Clone)]
struct Seen {
    principal: Arc<Principal>,
    /// When it was last written that the session is in use.
    used: DateTime<Utc>,
    at: DateTime<Utc>,
    /// How often sign-ins and appointments of the municipality had been changed before.
    changes: u64,
}

/// A cookie as it was found in the database, by its hash.
struct SeenCookie {
    account: AccountId,
    at: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl SeenCookie {
    fn believed(&self, now: DateTime<Utc>) -> bool {
        self.at <= now && now < self.until
    }
}

impl Default for SignIns {
    fn default() -> Self {
        Self {
            tokens: Cache::new(KEPT),
            cookies: Cache::new(KEPT),
            browsers: Cache::new(KEPT),
            principals: Cache::new(KEPT),
        }
    }
}

/// Who asks, and inside which municipality.
pub type Identified = (Arc<Principal>, Option<MunicipalityId>);

/// What a session is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Somebody works: their session is in use.
    Works,
    /// Somebody only listens: a page that is left open does not keep a session alive.
    Listens,
}

/// Who asks, and inside which municipality; `kept` is the session that a channel was opened with.
///
/// # Errors
/// UNAUTHENTICATED for a token that is not good, BAD_REQUEST for a municipality that is unknown or not
/// the session's.
pub async fn identify(app: &App, headers: &HeaderMap, kept: Option<&Shown>, to: Use) -> Result<Identified> {
    let named = match headers.get("entaku-municipality") {
        Some(value) => Some(named(app, value.to_str().ok()).await?),
        None => None,
    };
    let found = match kept {
        Some(kept) => Some(still_there(app, kept).await?),
        None => shown(app, headers).await?,
    };
    let Some(shown) = found else {
        return Ok((Arc::default(), named.or(by_default(app, named).await?)));
    };
    let municipality = shown.municipality;
    if named.is_some_and(|named| named != municipality) {
        return Err(bad_request(
            "MUNICIPALITY_MISMATCH",
            "サインインしている自治体と異なります。",
            "You are signed in to another municipality.",
        ));
    }
    Ok((principal(app, &shown, to).await?, Some(municipality)))
}

/// Whose session was shown to us, before it is known to hold.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    municipality: MunicipalityId,
    session: SessionId,
    account: AccountId,
}

/// The session a request shows: by a token, or by the cookie of the Playground. Not by both.
async fn shown(app: &App, headers: &HeaderMap) -> Result<Option<Shown>> {
    let cookie = cookie::of(app, headers);
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        let Some(cookie) = cookie else { return Ok(None) };
        // In a box, because most requests come with a token and need not carry it.
        return Box::pin(by_cookie(app, headers, cookie)).await.map(Some);
    };
    if cookie.is_some() {
        return Err(bad_request(
            "TWO_IDENTITIES",
            "Authorization とサインインのクッキーは同時に使えません。",
            "Authorization and the sign-in cookie exclude each other.",
        ));
    }
    let text = authorization.to_str().map_err(|_| Error::Unauthenticated)?;
    let claims = claims(app, text.strip_prefix("Bearer ").ok_or(Error::Unauthenticated)?)?;
    let (municipality, session, account) = (MunicipalityId(claims.mun), SessionId(claims.sid), AccountId(claims.sub));
    Ok(Some(Shown { municipality, session, account }))
}

/// A cookie comes by itself, so what came with it must come from our own page.
async fn by_cookie(app: &App, headers: &HeaderMap, cookie: &str) -> Result<Shown> {
    origin::require_own(app, headers)?;
    let bearer = token::read_bearer(browser::COOKIE, cookie)?;
    let municipality = app.municipality(&bearer.code).await.map_err(|_| Error::Unauthenticated)?;
    let now = app.clock.now();
    let hash = sha256(cookie.as_bytes());
    let known = app.sign_ins.cookies.get(&hash).filter(|seen| seen.believed(now));
    let seen = if let Some(seen) = known {
        seen
    } else {
        let looking = Arc::new(Request::new(Principal::public(), Some(municipality), now, app.keys.clone()));
        let kept = browser::lookup(&app.database, &looking, SessionId(bearer.id), &hash).await?;
        let seen = Arc::new(SeenCookie { account: kept.account, until: kept.expires_at.min(now + BELIEVED), at: now });
        app.sign_ins.cookies.insert(hash, seen.clone());
        seen
    };
    Ok(Shown { municipality, session: SessionId(bearer.id), account: seen.account })
}

/// The session of the cookie that opens a channel; nothing where it is opened otherwise. A browser renews its cookie
/// while the channel stays open, which goes on as long as its session has any.
pub async fn of_channel(app: &App, headers: &HeaderMap) -> Result<Option<Shown>> {
    match (cookie::of(app, headers), headers.contains_key(header::AUTHORIZATION)) {
        (Some(cookie), false) => by_cookie(app, headers, cookie).await.map(Some),
        _ => Ok(None),
    }
}

/// A session that a channel was opened with, if it still has a cookie that is good.
async fn still_there(app: &App, kept: &Shown) -> Result<Shown> {
    let now = app.clock.now();
    if app.sign_ins.browsers.get(&kept.session).is_some_and(|seen| seen.believed(now)) {
        return Ok(*kept);
    }
    let looking = Arc::new(Request::new(Principal::public(), Some(kept.municipality), now, app.keys.clone()));
    let newest = browser::newest(&app.database, &looking, kept.session).await?;
    let seen = SeenCookie { account: kept.account, until: newest.expires_at.min(now + BELIEVED), at: now };
    app.sign_ins.browsers.insert(kept.session, Arc::new(seen));
    Ok(*kept)
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

async fn principal(app: &App, shown: &Shown, to: Use) -> Result<Arc<Principal>> {
    let now = app.clock.now();
    let looking = || Arc::new(Request::new(Principal::public(), Some(shown.municipality), now, app.keys.clone()));
    let seen = match believed(app, shown, now) {
        Some(seen) => seen,
        None => Box::pin(look(app, shown, &looking())).await?,
    };
    if to == Use::Works && now - seen.used >= SEEN_EVERY {
        // Whoever cannot be written down now is written down by a later request.
        if let Err(error) = Box::pin(session::seen(&app.database, &looking(), shown.session)).await {
            tracing::warn!(%error, "a session in use was not written");
        }
        app.sign_ins.principals.insert(shown.session, Arc::new(Seen { used: now, ..Seen::clone(&seen) }));
    }
    Ok(seen.principal.clone())
}

/// A principal that was read a moment ago.
fn believed(app: &App, shown: &Shown, now: DateTime<Utc>) -> Option<Arc<Seen>> {
    let changes = app.database.identities().changes(shown.municipality);
    let seen = app.sign_ins.principals.get(&shown.session)?;
    let age = now - seen.at;
    (seen.changes == changes && Duration::zero() <= age && age < BELIEVED).then_some(seen)
}

async fn look(app: &App, shown: &Shown, request: &Arc<Request>) -> Result<Arc<Seen>> {
    let changes = app.database.identities().changes(shown.municipality);
    let found = authenticate::lookup(&app.database, request, shown.session, shown.account).await?;
    let seen = Seen { principal: Arc::new(found.principal), used: found.last_seen_at, at: request.now, changes };
    let seen = Arc::new(seen);
    app.sign_ins.principals.insert(shown.session, seen.clone());
    Ok(seen)
}
