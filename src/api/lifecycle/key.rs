//! The idempotency key of a request, and what is the same request.

use axum::http::HeaderMap;
use serde_json::json;

use crate::api::intake::GraphQlRequest;
use crate::api::response::bad_request;
use crate::kernel::error::{Error, Result};
use crate::kernel::idempotency::{self, Key};
use crate::kernel::keys::sha256;
use crate::kernel::request::Request;

/// The key, with the hash of what is asked for.
pub(super) fn key(gql: &GraphQlRequest, headers: &HeaderMap, request: &Request) -> Result<Option<Key>> {
    let Some(word) = headers.get("idempotency-key") else { return Ok(None) };
    let word = word.to_str().ok().map(|w| w.trim_matches('"')).filter(|w| idempotency::well_formed(w));
    let word = word.ok_or_else(|| {
        bad_request(
            "IDEMPOTENCY_KEY",
            "Idempotency-Key は1〜255文字の英数記号にしてください。",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        )
    })?;
    let account = request.principal.account.ok_or(Error::Unauthenticated)?;
    let variables = gql.variables.as_ref().map_or(serde_json::Value::Null, canonical_object);
    let content = json!([gql.text(), gql.operation_name, variables]).to_string();
    Ok(Some(Key { account, word: word.to_owned(), hash: sha256(content.as_bytes()) }))
}

fn canonical_object(fields: &serde_json::Map<String, serde_json::Value>) -> serde_json::Value {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    sorted.into_iter().map(|(name, value)| json!([name, canonical(value)])).collect()
}

/// The same variables in whatever order they were written.
fn canonical(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => canonical_object(fields),
        Value::Array(items) => json!({ "list": items.iter().map(canonical).collect::<Vec<_>>() }),
        other => other.clone(),
    }
}
