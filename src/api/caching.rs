//! What caches between the server and its readers may keep: what the public reads by GET, and nothing else.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::api::response::Whole;

/// What an answer depends on besides its address.
const VARY: &str = "Accept, Accept-Language, Authorization, Entaku-Municipality";

/// Tells caches what an answer depends on, and that they may keep it where nobody is signed in, it was read
/// by GET and nothing failed.
pub fn mark(response: &mut Response, public_by_get: bool, max_age: u32) {
    let whole = response.extensions().get::<Whole>().is_some();
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static(VARY));
    if public_by_get
        && whole
        && max_age > 0
        && let Ok(value) = HeaderValue::from_str(&format!("public, max-age={max_age}"))
    {
        headers.insert(header::CACHE_CONTROL, value);
        // They are of whoever asked first, not of those a cache answers.
        headers.remove("ratelimit");
        headers.remove("ratelimit-policy");
    }
}
