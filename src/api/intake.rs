//! A GraphQL request, taken from HTTP: JSON by POST, parameters by GET, of bounded size.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use futures_util::StreamExt;
use http_body_util::LengthLimitError;
use serde::Deserialize;

use crate::api::bounded::{self, Variables};
use crate::api::limits;
use crate::api::negotiation::is_json;
use crate::api::response::bad_request;
use crate::api::status::End;
use crate::kernel::error::Error;

/// How long the rest of a body that is too large is read and thrown away.
const LINGERING: Duration = Duration::from_secs(5);
/// How much of it, in bytes.
const THROWN: usize = 64 * 1024 * 1024;

/// A GraphQL request (GraphQL over HTTP, 5.1).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphQlRequest {
    /// The document; empty where only its id was sent.
    #[serde(default)]
    pub query: String,
    /// The id of a trusted document.
    pub document_id: Option<String>,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables; an object.
    #[serde(default, deserialize_with = "bounded::object")]
    pub variables: Variables,
    /// Extensions; an object.
    #[serde(default, deserialize_with = "bounded::object")]
    pub extensions: Variables,
    /// The document that its id names, where only that was sent.
    #[serde(skip)]
    pub trusted: Option<Arc<str>>,
    /// Did it come by GET? Then it can only be a query.
    #[serde(skip)]
    pub by_get: bool,
}

/// Why a request was not taken.
pub type NotTaken = (End, Error);

/// Takes a request by GET or POST.
pub async fn take(parts: &Parts, body: Body) -> Result<GraphQlRequest, NotTaken> {
    let request = if parts.method == Method::POST { by_post(&parts.headers, body).await? } else { by_get(&parts.uri)? };
    checked(request).map_err(|error| (End::Malformed, error))
}

/// The request, within the limits of what may be sent.
pub fn checked(request: GraphQlRequest) -> Result<GraphQlRequest, Error> {
    if request.query.is_empty() && request.document_id.is_none() && !request.extensions_name_a_document() {
        return Err(bad_request("QUERY_MISSING", "GraphQL文書がありません。", "There is no document in the request."));
    }
    if request.query.len() > limits::DOCUMENT {
        return Err(bad_request("DOCUMENT_TOO_LARGE", "GraphQL文書が大きすぎます。", "The document is too large."));
    }
    if request.operation_name.as_ref().is_some_and(|name| name.len() > limits::OPERATION_NAME) {
        return Err(bad_request("OPERATION_NAME", "操作の名前が長すぎます。", "The operation's name is too long."));
    }
    bounded::check(request.variables.as_ref())?;
    Ok(request)
}

impl GraphQlRequest {
    /// The document.
    pub fn text(&self) -> &str {
        self.trusted.as_deref().unwrap_or(&self.query)
    }

    /// The variables as the engine has them; they are the request's no more.
    pub fn take_variables(&mut self) -> async_graphql::Variables {
        let object = self.variables.take().map(serde_json::Value::Object).unwrap_or_default();
        async_graphql::Variables::from_json(object)
    }

    fn extensions_name_a_document(&self) -> bool {
        self.extensions.as_ref().is_some_and(|extensions| extensions.contains_key("persistedQuery"))
    }
}

async fn by_post(headers: &HeaderMap, body: Body) -> Result<GraphQlRequest, NotTaken> {
    if !is_json(headers) {
        let error = bad_request(
            "MEDIA_TYPE",
            "Content-Type は application/json にしてください。",
            "Content-Type must be application/json.",
        );
        // Read to its end: an answer amid a body is lost to clients that are still sending.
        drop(whole(headers, body).await);
        return Err((End::MediaType, error));
    }
    let bytes = whole(headers, body).await?;
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let error = bad_request("BATCH_DISABLED", "一度に送れる操作は一つです。", "Batches are not accepted.");
        return Err((End::Malformed, error));
    }
    serde_json::from_slice(&bytes).map_err(|error| (End::Malformed, unreadable(&error)))
}

async fn whole(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, NotTaken> {
    let too_large = || {
        let error = bad_request("TOO_LARGE", "要求が大きすぎます。", "The request is too large.");
        (End::TooLarge, error)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits::BODY) {
        linger(body);
        return Err(too_large());
    }
    axum::body::to_bytes(body, limits::BODY).await.map_err(|error| {
        if error.into_inner().is::<LengthLimitError>() { too_large() } else { (End::Malformed, not_json()) }
    })
}

/// Throws away what a client goes on sending, for a while, so that it comes to read the answer: a connection that is
/// closed amid a body looks broken to it.
pub(super) fn linger(body: Body) {
    throw_away(body.into_data_stream());
}

/// As [`linger`], of a body that has been read in part.
pub(super) fn throw_away(mut chunks: BodyDataStream) {
    tokio::spawn(tokio::time::timeout(LINGERING, async move {
        let mut thrown = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            thrown += chunk.len();
            if thrown > THROWN {
                break;
            }
        }
    }));
}

/// The parameters of a query by GET (GraphQL over HTTP, 5.3).
fn by_get(uri: &Uri) -> Result<GraphQlRequest, NotTaken> {
    let mut request = GraphQlRequest { by_get: true, ..GraphQlRequest::default() };
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()) {
        match &*name {
            "query" => request.query = value.into_owned(),
            "documentId" => request.document_id = Some(value.into_owned()),
            "operationName" => request.operation_name = Some(value.into_owned()).filter(|name| !name.is_empty()),
            "variables" => request.variables = parameter(&value)?,
            "extensions" => request.extensions = parameter(&value)?,
            _ => {}
        }
    }
    Ok(request)
}

fn parameter(text: &str) -> Result<Variables, NotTaken> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let read = bounded::object(&mut json).and_then(|read| json.end().map(|()| read));
    read.map_err(|error| (End::Malformed, unreadable(&error)))
}

fn unreadable(error: &serde_json::Error) -> Error {
    bounded::refusal(error).unwrap_or_else(not_json)
}

fn not_json() -> Error {
    bad_request("JSON", "GraphQL要求のJSONとして読めません。", "The body is not the JSON of a GraphQL request.")
}
