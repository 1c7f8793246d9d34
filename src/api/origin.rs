//! Does a request come from our own page? Cookies come with whatever a browser is made to send, so a request that is
//! believed because of one must prove it: by `Origin`, or where a browser sends none, by `Sec-Fetch-Site` or `Referer`.

use axum::http::{HeaderMap, header};

use crate::api::app::App;
use crate::kernel::error::{Error, Result};

/// Refuses what does not come from our own page.
///
/// # Errors
/// FORBIDDEN/ORIGIN.
pub fn require_own(app: &App, headers: &HeaderMap) -> Result<()> {
    if is_own(&app.settings.issuer, headers) { Ok(()) } else { Err(Error::Forbidden("ORIGIN")) }
}

fn is_own(issuer: &str, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(origin) = text("origin") {
        return is_ours(issuer, headers, origin);
    }
    if let Some(site) = text("sec-fetch-site") {
        // `none`: somebody typed the address or chose a bookmark.
        return matches!(site, "same-origin" | "none");
    }
    text("referer").and_then(origin_of).is_some_and(|origin| is_ours(issuer, headers, origin))
}

/// Our public address, or the one the browser has asked for: a page elsewhere can forge neither.
fn is_ours(issuer: &str, headers: &HeaderMap, origin: &str) -> bool {
    let Some((scheme, _)) = issuer.split_once("://") else { return false };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    origin_of(issuer) == Some(origin) || (!host.is_empty() && origin == format!("{scheme}://{host}"))
}

/// `https://host:port` of an address.
fn origin_of(address: &str) -> Option<&str> {
    let start = address.find("://")? + 3;
    let end = address[start..].find('/').map_or(address.len(), |length| start + length);
    Some(&address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const HTTPS: &str = "https://entaku.example.jp";

    fn own(issuer: &str, pairs: &[(&'static str, &'static str)]) -> bool {
        let pair = |&(n, v): &(&'static str, &'static str)| (HeaderName::from_static(n), HeaderValue::from_static(v));
        is_own(issuer, &pairs.iter().map(pair).collect())
    }

    #[test]
    fn our_own_page_is_known_by_what_only_a_browser_can_say() {
        let host = ("host", "entaku.example.jp");
        assert!(own(HTTPS, &[host, ("origin", HTTPS)]));
        assert!(own(HTTPS, &[("host", "inner:8000"), ("origin", HTTPS)]));
        assert!(own("http://127.0.0.1:8000", &[("host", "localhost:8000"), ("origin", "http://localhost:8000")]));
        assert!(own(HTTPS, &[host, ("sec-fetch-site", "same-origin")]));
        assert!(own(HTTPS, &[host, ("sec-fetch-site", "none")]));
        assert!(own(HTTPS, &[host, ("referer", "https://entaku.example.jp/playground")]));
    }

    #[test]
    fn every_other_page_is_refused() {
        let host = ("host", "entaku.example.jp");
        for origin in ["https://evil.example", "null", "", "http://entaku.example.jp", "https://entaku.example.jp:8443"]
        {
            assert!(!own(HTTPS, &[host, ("origin", origin), ("sec-fetch-site", "same-origin")]), "{origin}");
        }
        assert!(!own(HTTPS, &[host]));
        assert!(!own(HTTPS, &[host, ("sec-fetch-site", "same-site")]));
        assert!(!own(HTTPS, &[host, ("sec-fetch-site", "cross-site"), ("referer", HTTPS)]));
        assert!(!own(HTTPS, &[host, ("referer", "https://evil.example/https://entaku.example.jp/")]));
        assert!(!own("entaku", &[("host", "x"), ("origin", "http://x")]));
    }
}
