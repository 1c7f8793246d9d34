//! `/schema.graphql`: the schema as a file, for those who may introspect.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::api::app::App;
use crate::api::identity::identify;
use crate::api::playground::answer::refused;
use crate::api::schema::sdl;
use crate::kernel::error::{Error, Result};

static SDL: LazyLock<String> = LazyLock::new(sdl);

/// Answers with the schema.
pub async fn download(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match text(&app, &headers).await {
        Ok(text) => file(text),
        Err(error) => refused(&error, &headers),
    }
}

async fn text(app: &App, headers: &HeaderMap) -> Result<&'static str> {
    let (principal, _) = identify(app, headers).await?;
    if app.settings.wire.introspection.includes(principal.is_signed_in()) {
        Ok(SDL.as_str())
    } else {
        Err(Error::Unauthenticated)
    }
}

fn file(text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/graphql; charset=utf-8"));
    let disposition = HeaderValue::from_static("attachment; filename=\"schema.graphql\"");
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
