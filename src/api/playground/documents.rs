//! The documents the page makes forms for: `docs/reports` (帳票) and `docs/stories` (手続き), one operation a file.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, RustEmbed};
use serde_json::{Value, json};

#[derive(RustEmbed)]
#[folder = "docs/reports"]
struct Reports;

#[derive(RustEmbed)]
#[folder = "docs/stories"]
struct Stories;

static ALL: LazyLock<String> = LazyLock::new(|| {
    let list: Vec<Value> = listed::<Reports>("report").chain(listed::<Stories>("story")).collect();
    Value::from(list).to_string()
});

/// All of them, in the order of their names. They are as public as the program's source.
pub(super) async fn all() -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    let kept = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    ([kind, kept], ALL.as_str()).into_response()
}

fn listed<Folder: Embed>(kind: &'static str) -> impl Iterator<Item = Value> {
    let mut names: Vec<_> = Folder::iter().collect();
    names.sort();
    names.into_iter().filter_map(move |name| {
        let file = Folder::get(&name)?;
        let text = String::from_utf8_lossy(&file.data).into_owned();
        Some(json!({ "name": name.trim_end_matches(".graphql"), "kind": kind, "text": text }))
    })
}
