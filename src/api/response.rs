//! Answers: the one place where errors become JSON and statuses are chosen.

use std::borrow::Cow;

use async_graphql::{ErrorExtensionValues, PathSegment, ServerError, Value};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use crate::kernel::error::{Error, Message, Refusal, Violation};
use crate::kernel::request::{Locale, Request};

/// The most errors one answer shows.
const MOST_ERRORS: usize = 10;

/// How the client wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`
    GraphQl,
    /// `application/json`
    Json,
}

/// How many statements an answer took (an extension of the response, for tests and logs).
#[derive(Clone, Copy, Debug)]
pub struct Statements(pub u64);

/// What becomes of a whole request.
pub enum Outcome {
    /// A mutation was executed, perhaps with errors.
    Executed(async_graphql::Response),
    /// A query was answered, perhaps with errors in single fields: the JSON of `data`.
    Answered(Vec<u8>, Vec<ServerError>),
    /// It was not executed.
    Refused(StatusCode, Vec<ServerError>),
}

/// An error of the house, as the engine carries it.
pub fn server_error(error: Error) -> ServerError {
    let mut carried = ServerError::new(error.to_string(), None);
    carried.source = Some(std::sync::Arc::new(error));
    carried
}

/// BAD_REQUEST with a reason.
pub fn bad_request(reason: &'static str, ja: &'static str, en: &'static str) -> Error {
    Error::BadRequest(Refusal::new(reason, ja, en))
}

/// The answer as it leaves.
pub fn answer(
    outcome: Outcome,
    request: &Request,
    media: Media,
    extensions: &serde_json::Map<String, serde_json::Value>,
) -> Response {
    let (status, list, data) = match outcome {
        Outcome::Executed(response) => (StatusCode::OK, response.errors, Some(data(&response.data))),
        Outcome::Answered(data, list) => (StatusCode::OK, list, Some(data)),
        Outcome::Refused(status, list) => (status_for(status, media), list, None),
    };
    let errors = errors(list, request.locale, request.id);
    let mut response = reply(status, media, body(&errors, data.as_deref(), extensions));
    response.extensions_mut().insert(Statements(request.statements()));
    response
}

/// The JSON of what the engine executed. An object that was read stands in it as bytes, JSON already.
fn data(value: &Value) -> Vec<u8> {
    let Value::Object(fields) = value else { return serde_json::to_vec(value).unwrap_or_default() };
    let mut json = vec![b'{'];
    for (i, (key, value)) in fields.iter().enumerate() {
        json.extend_from_slice(if i > 0 { b",\"" } else { b"\"" });
        json.extend_from_slice(key.as_bytes());
        json.extend_from_slice(b"\":");
        match value {
            Value::Binary(read) => json.extend_from_slice(read),
            other => json.extend(serde_json::to_vec(other).unwrap_or_default()),
        }
    }
    json.push(b'}');
    json
}

/// A response in the order of the specification: errors before data, then extensions.
fn body(
    errors: &[serde_json::Value],
    data: Option<&[u8]>,
    extensions: &serde_json::Map<String, serde_json::Value>,
) -> Vec<u8> {
    let mut members: Vec<(&str, Cow<'_, [u8]>)> = Vec::new();
    if !errors.is_empty() {
        members.push(("errors", serde_json::to_vec(errors).unwrap_or_default().into()));
    }
    members.extend(data.map(|data| ("data", data.into())));
    if !extensions.is_empty() {
        members.push(("extensions", serde_json::to_vec(extensions).unwrap_or_default().into()));
    }
    let length = members.iter().map(|(name, text)| name.len() + text.len() + 4).sum::<usize>();
    let mut body = Vec::with_capacity(length + 2);
    body.push(b'{');
    for (name, text) in members {
        body.extend_from_slice(if body.len() > 1 { b",\"" } else { b"\"" });
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        body.extend_from_slice(&text);
    }
    body.push(b'}');
    body
}

/// A refusal before there is a request: nothing is known but the language.
pub fn refuse(status: StatusCode, error: &Error, locale: Locale, media: Media) -> Response {
    let (message, extensions) = error.render(locale, Uuid::now_v7());
    let errors = vec![json!({ "message": message, "extensions": extensions })];
    let mut response = reply(status, media, body(&errors, None, &serde_json::Map::new()));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A well-formed request that fails validation is 400 in the GraphQL media type and 200 in plain JSON
/// (GraphQL over HTTP, 6.4).
fn status_for(status: StatusCode, media: Media) -> StatusCode {
    if media == Media::Json && status == StatusCode::UNPROCESSABLE_ENTITY {
        StatusCode::OK
    } else if status == StatusCode::UNPROCESSABLE_ENTITY {
        StatusCode::BAD_REQUEST
    } else {
        status
    }
}

fn reply(status: StatusCode, media: Media, body: Vec<u8>) -> Response {
    let media = match media {
        Media::GraphQl => "application/graphql-response+json; charset=utf-8",
        Media::Json => "application/json; charset=utf-8",
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The errors of an operation that has no request of its own, as JSON.
pub fn errors_json(list: Vec<ServerError>, locale: Locale) -> String {
    serde_json::Value::from(errors(list, locale, Uuid::now_v7())).to_string()
}

fn errors(list: Vec<ServerError>, locale: Locale, request: Uuid) -> Vec<serde_json::Value> {
    let shown = list.into_iter().take(MOST_ERRORS).map(|error| {
        let (message, extensions) = render(&error, locale, request);
        let mut one = json!({ "message": message, "extensions": extensions });
        if !error.locations.is_empty() {
            one["locations"] = json!(error.locations);
        }
        if !error.path.is_empty() {
            one["path"] = json!(error.path);
        }
        one
    });
    shown.collect()
}

/// Our own errors say themselves; the engine's are told apart by what they carry.
fn render(error: &ServerError, locale: Locale, request: Uuid) -> (String, ErrorExtensionValues) {
    if let Some(ours) = error.source::<Error>() {
        return ours.render(locale, request);
    }
    if let Some(scalar) = of_a_scalar(error) {
        return scalar.render(locale, request);
    }
    let (code, ja, en) = if error.path.is_empty() {
        ("GRAPHQL_VALIDATION_FAILED", "GraphQL文書が正しくありません", "The GraphQL document is not valid")
    } else {
        ("INVALID_INPUT", "引数の値が正しくありません", "An argument's value is not valid")
    };
    let detail: String = error.message.chars().take(200).collect();
    let message = Message::new(format!("{ja}: {detail}"), format!("{en}: {detail}"));
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    (message.text(locale).to_owned(), extensions)
}

/// A refusal from inside an input's parsing (`kernel::scalar::refuse`).
fn of_a_scalar(error: &ServerError) -> Option<Error> {
    let extensions = error.extensions.as_ref()?;
    let text = |name: &str| match extensions.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let rule: &'static str = match text("rule")?.as_str() {
        "ID" => "ID",
        "YEN" => "YEN",
        "DATE" => "DATE",
        "DECIMAL" => "DECIMAL",
        "FISCAL_YEAR" => "FISCAL_YEAR",
        "LOCAL_GOVERNMENT_CODE" => "LOCAL_GOVERNMENT_CODE",
        "CORPORATE_NUMBER" => "CORPORATE_NUMBER",
        _ => "FORMAT",
    };
    let path = error.path.iter().map(|p| match p {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(i) => i.to_string(),
    });
    let path = path.collect::<Vec<_>>().join(".");
    let message = Message::new(text("ja")?, text("en")?);
    Some(Error::Invalid("", vec![Violation { path: path.into(), rule, message }]))
}
