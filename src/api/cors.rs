//! Other sites: which may ask from a browser. None unless the installation names it, and never with
//! credentials: who asks from another site bears a token.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember a preflight.
const REMEMBERED: Duration = Duration::from_mins(10);

/// What tells browsers that the origins may ask.
pub fn layer(origins: &[String]) -> CorsLayer {
    let named = |names: &[&'static str]| names.iter().map(|name| HeaderName::from_static(name)).collect::<Vec<_>>();
    let mut asked = vec![header::ACCEPT, header::ACCEPT_LANGUAGE, header::AUTHORIZATION, header::CONTENT_TYPE];
    asked.extend(named(&["entaku-dry-run", "entaku-municipality", "idempotency-key"]));
    let mut shown = vec![header::RETRY_AFTER, header::CONTENT_DISPOSITION];
    shown.extend(named(&["ratelimit", "ratelimit-policy"]));
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok())))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers(asked)
        .expose_headers(shown)
        .max_age(REMEMBERED)
}

/// Is it a browser's question whether one of the origins may ask? Every other OPTIONS is a method like any.
pub fn is_preflight(request: &Request, origins: &[String]) -> bool {
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && origin.is_some_and(|origin| origins.iter().any(|known| known == origin))
}
