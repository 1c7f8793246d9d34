//! The page at `/playground`: its files, the documents it makes forms for, and the session of the browser that shows
//! it. Its sources are in `playground/`; what is served is built there and part of the program.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;

use crate::api::app::App;

pub mod answer;
mod assets;
mod documents;
pub(super) mod session;

/// Everything from this host, and in no other page. Styles may stand in the page: the editor writes its own.
const POLICY: &str = "script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
     img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'";

/// The routes of the page.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/playground", get(assets::page))
        .route("/playground/assets/{name}", get(assets::asset))
        .route("/playground/third-party.txt", get(assets::third_party))
        .route("/playground/documents.json", get(documents::all))
        .route(
            "/playground/session",
            get(session::read)
                .post(session::sign_in)
                .patch(session::elevate)
                .put(session::renew)
                .delete(session::sign_out),
        )
        .layer(from_fn(protected))
}

/// What a browser must know of everything here.
async fn protected(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}
