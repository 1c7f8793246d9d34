//! The router, and how a GraphQL request passes from HTTP to an answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::intake::{GraphQlRequest, NotTaken, take};
use crate::api::lifecycle::{self, Call};
use crate::api::negotiation::{Media, media};
use crate::api::response::{bad_request, refuse};
use crate::api::status::End;
use crate::api::{account, caching, cors, files, open_data, playground, sdl, socket, sse, sso};
use crate::kernel::error::Error;
use crate::kernel::request::Locale;
use crate::people::token::jwks;

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    let nosniff =
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut questions = get(graphql).post(graphql).fallback(not_allowed);
    if !app.settings.wire.origins.is_empty() {
        questions = questions
            .layer(cors::layer(&app.settings.wire.origins))
            .layer(from_fn_with_state(app.clone(), only_preflights));
    }
    Router::new()
        .route("/graphql", questions)
        .route("/livez", get(|| async { "ok" }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/.well-known/jwks.json", get(jwk_set))
        .route("/schema.graphql", get(sdl::download))
        .merge(files::router(&app))
        .merge(open_data::router())
        .merge(playground::router())
        .merge(account::router())
        .merge(sso::router())
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
    let kept = [(header::CACHE_CONTROL, "public, max-age=300")];
    (kept, axum::Json(jwks(&app.keys))).into_response()
}

#[allow(clippy::needless_pass_by_value)] // the layer gives the box
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().cloned();
    let text = text.or_else(|| cause.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
    refuse(End::Fault, &Error::internal(format!("panic: {text}")), Locale::Ja, Media::Json)
}

/// OPTIONS is for preflights of sites that may ask; else it is a method like any.
async fn only_preflights(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS && !cors::is_preflight(&request, &app.settings.wire.origins) {
        let (parts, _) = request.into_parts();
        return not_allowed(Caller::of(app, &parts)).await;
    }
    next.run(request).await
}

async fn not_allowed(caller: Caller) -> Response {
    let (ja, en) = ("このメソッドは使えません。", "This method is not allowed.");
    refuse_method(&caller, "GET, POST", &bad_request("METHOD", ja, en), media(&caller.headers).unwrap_or(Media::Json))
        .await
}

/// 405, with the methods that would do.
pub(super) async fn refuse_method(caller: &Caller, allowed: &'static str, error: &Error, media: Media) -> Response {
    let mut response = caller.refuse(End::Method, error, media).await;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

fn wants_socket(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    wanted.is_some_and(|name| name.eq_ignore_ascii_case("websocket"))
}

/// Takes a request that does not take too long to say what it wants.
async fn taken(caller: &Caller, parts: &Parts, body: Body) -> Result<GraphQlRequest, NotTaken> {
    let taken = timeout(caller.app.settings.wire.body_time, take(parts, body)).await;
    taken.unwrap_or_else(|_| {
        let (ja, en) = ("要求の送信に時間がかかりすぎています。", "It takes too long to send the request.");
        Err((End::TooSlow, bad_request("TOO_SLOW", ja, en)))
    })
}

async fn graphql(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut caller = Caller::of(app, &parts);
    if parts.method == Method::GET && wants_socket(&parts.headers) {
        return socket::upgrade(caller, parts).await;
    }
    let by_get = parts.method != Method::POST;
    if by_get {
        // A link on another site asks by GET with the reader's cookies: they count for nothing here.
        caller.headers.remove(header::COOKIE);
    }
    if sse::is_wanted(&parts.headers) {
        return match taken(&caller, &parts, body).await {
            Ok(gql) => sse::answer(caller, gql).await,
            Err((end, error)) => caller.refuse(end, &error, Media::Json).await,
        };
    }
    let Some(media) = media(&parts.headers) else {
        let error = bad_request(
            "NOT_ACCEPTABLE",
            "application/graphql-response+json か application/json を受け入れてください。",
            "Accept application/graphql-response+json or application/json.",
        );
        return caller.refuse(End::NotAcceptable, &error, Media::Json).await;
    };
    let answered = async {
        match taken(&caller, &parts, body).await {
            Ok(gql) => lifecycle::answer(Call { caller: &caller, media }, gql).await,
            Err((end, error)) => caller.refuse(end, &error, media).await,
        }
    };
    let mut response = match timeout(caller.app.settings.wire.request_time, answered).await {
        Ok(response) => response,
        Err(_) => refuse(End::TooLate, &Error::Unavailable, caller.locale, media),
    };
    let public_by_get = by_get && !parts.headers.contains_key(header::AUTHORIZATION);
    caching::mark(&mut response, public_by_get, caller.app.settings.wire.max_age);
    response
}
