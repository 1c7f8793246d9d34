//! The router, and how a GraphQL request is taken from HTTP: JSON by POST, of bounded size.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::api::app::App;
use crate::api::lifecycle;
use crate::api::playground;
use crate::api::response::{Media, bad_request, refuse};
use crate::api::subscribing::Listener;
use crate::api::{sdl, socket, sse};
use crate::kernel::error::Error;
use crate::kernel::request::Locale;
use crate::people::token::jwks;

/// The largest body, in bytes.
pub const BODY: usize = 256 * 1024;
/// The longest document, in bytes.
pub const DOCUMENT: usize = 32 * 1024;
/// The longest a whole request may take, its body included.
const PATIENCE: Duration = Duration::from_secs(20);

/// A GraphQL request (GraphQL over HTTP, 5.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphQlRequest {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables; an object.
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Extensions; an object.
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    let nosniff =
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Router::new()
        .route("/graphql", post(graphql).get(socket))
        .route("/livez", get(|| async { "ok" }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/.well-known/jwks.json", get(jwk_set))
        .route("/schema.graphql", get(sdl::download))
        .merge(playground::router())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(nosniff)
        .with_state(app)
}

async fn readyz(State(app): State<Arc<App>>) -> Response {
    if app.is_ready() && app.database.ping().await.is_ok() {
        "ready".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready").into_response()
    }
}

async fn jwk_set(State(app): State<Arc<App>>) -> Response {
    axum::Json(jwks(&app.keys)).into_response()
}

#[allow(clippy::needless_pass_by_value)] // the layer gives the box
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().cloned();
    let text = text.or_else(|| cause.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
    let error = Error::internal(format!("panic: {text}"));
    refuse(StatusCode::INTERNAL_SERVER_ERROR, &error, Locale::Ja, Media::Json)
}

async fn socket(State(app): State<Arc<App>>, request: axum::extract::Request) -> Response {
    let (parts, _) = request.into_parts();
    let locale = locale(&parts.headers);
    socket::upgrade(app, parts, locale).await
}

async fn graphql(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    let (locale, media) = (locale(&headers), media(&headers));
    if sse::is_wanted(&headers) {
        return match take(&headers, body).await {
            Ok(gql) => sse::answer(Listener { app, headers, locale }, gql),
            Err((status, error)) => refuse(status, &error, locale, media),
        };
    }
    let answered = async {
        match take(&headers, body).await {
            Ok(request) => lifecycle::answer(&app, &headers, request, locale, media).await,
            Err((status, error)) => refuse(status, &error, locale, media),
        }
    };
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(response) => response,
        Err(_) => refuse(StatusCode::GATEWAY_TIMEOUT, &Error::Unavailable, locale, media),
    }
}

async fn take(headers: &HeaderMap, body: Body) -> Result<GraphQlRequest, (StatusCode, Error)> {
    if !is_json(headers) {
        let error = bad_request(
            "MEDIA_TYPE",
            "Content-Type は application/json にしてください。",
            "Content-Type must be application/json.",
        );
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    }
    let too_large = || {
        let error = bad_request("TOO_LARGE", "要求が大きすぎます。", "The request is too large.");
        (StatusCode::PAYLOAD_TOO_LARGE, error)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY) {
        return Err(too_large());
    }
    let bytes = axum::body::to_bytes(body, BODY).await.map_err(|_| too_large())?;
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let error = bad_request("BATCH_DISABLED", "一度に送れる操作は一つです。", "Batches are not accepted.");
        return Err((StatusCode::BAD_REQUEST, error));
    }
    let request: GraphQlRequest = serde_json::from_slice(&bytes).map_err(|_| {
        let error = bad_request(
            "JSON",
            "GraphQL要求のJSONとして読めません。",
            "The body is not the JSON of a GraphQL request.",
        );
        (StatusCode::BAD_REQUEST, error)
    })?;
    if request.query.len() > DOCUMENT {
        let error = bad_request("DOCUMENT_TOO_LARGE", "GraphQL文書が大きすぎます。", "The document is too large.");
        return Err((StatusCode::BAD_REQUEST, error));
    }
    Ok(request)
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("").to_ascii_lowercase();
    let utf8 = |p: &str| {
        let p = p.to_ascii_lowercase();
        !p.starts_with("charset=") || matches!(p.as_str(), "charset=utf-8" | "charset=\"utf-8\"")
    };
    essence == "application/json" && parts.all(utf8)
}

/// Japanese unless English is preferred to it.
pub(crate) fn locale(headers: &HeaderMap) -> Locale {
    let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let first =
        text.split(',').map(|l| l.trim().to_ascii_lowercase()).find(|l| l.starts_with("ja") || l.starts_with("en"));
    if first.is_some_and(|l| l.starts_with("en")) { Locale::En } else { Locale::Ja }
}

fn media(headers: &HeaderMap) -> Media {
    let text = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    if text.contains("application/graphql-response+json") { Media::GraphQl } else { Media::Json }
}
