//! Answers: the one place where errors become JSON and statuses are chosen.

use async_graphql::{ErrorExtensionValues, PathSegment, ServerError, Value};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use crate::api::limits;
use crate::api::negotiation::Media;
use crate::api::status::{End, status};
use crate::kernel::error::{Error, Message, Refusal, Violation};
use crate::kernel::request::{Locale, Request};

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
    Refused(End, Vec<ServerError>),
}

impl Outcome {
    /// What went wrong.
    pub fn errors(self) -> Vec<ServerError> {
        match self {
            Self::Executed(response) => response.errors,
            Self::Answered(_, errors) | Self::Refused(_, errors) => errors,
        }
    }
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

/// What stands beside `data` in an answer.
#[derive(Default)]
pub struct Extensions {
    /// It was only tried.
    pub dry_run: bool,
    /// What it cost, for those signed in.
    pub cost: Option<Cost>,
}

/// What a request cost in points, and how many the caller has left.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// This request's.
    pub requested: u64,
    /// The caller's; nothing where there is no limit.
    pub remaining: Option<u32>,
}

impl Extensions {
    fn write(&self) -> Option<Vec<u8>> {
        let mut members = Vec::new();
        if self.dry_run {
            members.push("\"dryRun\":true".to_owned());
        }
        if let Some(Cost { requested, remaining }) = self.cost {
            let remaining = remaining.map_or_else(|| "null".to_owned(), |points| points.to_string());
            members.push(format!("\"cost\":{{\"requested\":{requested},\"remaining\":{remaining}}}"));
        }
        (!members.is_empty()).then(|| format!("{{{}}}", members.join(",")).into_bytes())
    }
}

/// The answer as it leaves.
pub fn answer(outcome: Outcome, request: &Request, media: Media, extensions: &Extensions) -> Response {
    let (end, list, data) = match outcome {
        Outcome::Executed(response) => (End::Executed, response.errors, Some(data(&response.data))),
        Outcome::Answered(data, list) => (End::Executed, list, Some(data)),
        Outcome::Refused(end, list) => (end, list, None),
    };
    let failed = !list.is_empty();
    let wait = list.iter().filter_map(|error| error.source::<Error>()).find_map(Error::wait);
    let errors = errors(list, request.locale, request.id);
    let mut response = reply(end, media, wait, body(&errors, data, extensions));
    response.extensions_mut().insert(Statements(request.statements()));
    if !failed {
        response.extensions_mut().insert(Whole);
    }
    response
}

/// Nothing failed in this answer (an extension of the response, for caches).
#[derive(Clone, Copy, Debug)]
pub struct Whole;

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

/// A response in the order of the specification: errors before data, then extensions. What was read is long, and stays
/// where it was written.
fn body(errors: &[serde_json::Value], data: Option<Vec<u8>>, extensions: &Extensions) -> Vec<u8> {
    let mut before = vec![b'{'];
    if !errors.is_empty() {
        before.extend_from_slice(b"\"errors\":");
        before.extend(serde_json::to_vec(errors).unwrap_or_default());
    }
    let mut body = data.unwrap_or_default();
    if !body.is_empty() {
        before.extend_from_slice(if before.len() > 1 { b",\"data\":" } else { b"\"data\":" });
    }
    let extensions = extensions.write();
    body.reserve(before.len() + extensions.as_ref().map_or(0, Vec::len) + 20);
    body.splice(0..0, before);
    if let Some(extensions) = extensions {
        body.extend_from_slice(if body.len() > 1 { b",\"extensions\":" } else { b"\"extensions\":" });
        body.extend(extensions);
    }
    body.push(b'}');
    body
}

/// A refusal before there is a request: nothing is known but the language.
pub fn refuse(end: End, error: &Error, locale: Locale, media: Media) -> Response {
    let (message, extensions) = error.render(locale, Uuid::now_v7());
    let errors = vec![json!({ "message": message, "extensions": extensions })];
    reply(end, media, error.wait(), body(&errors, None, &Extensions::default()))
}

fn reply(end: End, media: Media, wait: Option<u64>, body: Vec<u8>) -> Response {
    let content_type = match media {
        Media::GraphQl => "application/graphql-response+json; charset=utf-8",
        Media::Json => "application/json; charset=utf-8",
    };
    let mut response = (status(end, media), body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if end == End::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let (Some(wait), End::TooMany | End::Unavailable) = (wait, end) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// The errors of an operation that has no request of its own, as JSON.
pub fn errors_json(list: Vec<ServerError>, locale: Locale) -> String {
    serde_json::Value::from(errors(list, locale, Uuid::now_v7())).to_string()
}

fn errors(list: Vec<ServerError>, locale: Locale, request: Uuid) -> Vec<serde_json::Value> {
    let shown = list.into_iter().take(limits::ERRORS).map(|error| {
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
    let detail: String = error.message.chars().take(limits::MESSAGE).collect();
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
