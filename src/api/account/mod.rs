//! The page at `/account`, to which links in mails lead where a town has no site of its own: it takes the secret from
//! behind the `#`, asks for what is needed besides, and sends the mutation. Its files are part of the program; nothing is
//! asked of another host, and no other site may show it.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::app::App;

/// Only what is served here, and no form that is sent by the browser itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/account", get(|| async { file("text/html; charset=utf-8", include_str!("page.html")) }))
        .route("/account/page.js", get(|| async { file("text/javascript; charset=utf-8", include_str!("page.js")) }))
        .route("/account/page.css", get(|| async { file("text/css; charset=utf-8", include_str!("page.css")) }))
}

fn file(media: &'static str, text: &'static str) -> Response {
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
