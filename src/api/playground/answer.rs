//! Answers that are not GraphQL's: JSON, never kept, with errors as GraphQL writes them.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::negotiation::Media;
use crate::api::negotiation::locale;
use crate::api::status::{End, status};
use crate::kernel::error::Error;

/// JSON that is nobody else's.
pub fn json(value: &Value) -> Response {
    let mut response = value.to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error in the reader's language.
pub fn refused(error: &Error, asked: &HeaderMap) -> Response {
    let (message, extensions) = error.render(locale(asked), Uuid::now_v7());
    let mut response = json(&json!({ "errors": [{ "message": message, "extensions": extensions }] }));
    *response.status_mut() = status(End::of(error), Media::GraphQl);
    response
}
