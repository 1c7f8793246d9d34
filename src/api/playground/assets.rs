//! The files of the page, compressed when they were built. Their names tell their content, so browsers keep them.

use std::borrow::Cow;
use std::io::Read;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "playground/dist"]
struct Built;

/// The page itself is asked for again each time; it names the files of its version.
pub(super) async fn page(headers: HeaderMap) -> Response {
    let Some(file) = Built::get("index.html") else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", hexadecimal(&file.metadata.sha256_hash()[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { typed("text/html; charset=utf-8", file.data) };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The licences of what the page contains.
pub(super) async fn third_party() -> Response {
    let Some(file) = Built::get("THIRD-PARTY.txt") else { return StatusCode::NOT_FOUND.into_response() };
    typed("text/plain; charset=utf-8", file.data)
}

/// A file whose name tells its content.
pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let encoded = |end: &str| Built::get(&format!("assets/{name}.{end}"));
    let (Some(brotli), Some(gzip)) = (encoded("br"), encoded("gz")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (encoding, body) = chosen(accepted, brotli, gzip);
    let mut response = typed(kind(&name), body);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Brotli, gzip, or neither, as the client takes them.
fn chosen(accepted: &str, brotli: EmbeddedFile, gzip: EmbeddedFile) -> (Option<&'static str>, Cow<'static, [u8]>) {
    if takes(accepted, "br") {
        return (Some("br"), brotli.data);
    }
    if takes(accepted, "gzip") {
        return (Some("gzip"), gzip.data);
    }
    let mut plain = Vec::new();
    match GzDecoder::new(&*gzip.data).read_to_end(&mut plain) {
        Ok(_) => (None, plain.into()),
        Err(_) => (Some("gzip"), gzip.data),
    }
}

/// `Accept-Encoding` names it and does not refuse it.
fn takes(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "ttf" => "font/ttf",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn typed(kind: &'static str, body: Cow<'static, [u8]>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body.into_owned()).into_response()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_used_where_it_is_taken() {
        assert!(takes("gzip, deflate, br, zstd", "br") && takes("gzip;q=1.0", "gzip") && takes("BR", "br"));
        assert!(!takes("gzip, br;q=0", "br") && !takes("", "gzip") && !takes("brotli", "br"));
    }
}
