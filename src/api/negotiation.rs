//! What a client sends and wants back: media types and languages (RFC 9110, 12; GraphQL over HTTP, 4 and 6).

use axum::http::{HeaderMap, header};

use crate::kernel::request::Locale;

/// How the client wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`
    GraphQl,
    /// `application/json`
    Json,
}

impl Media {
    const ALL: [Self; 2] = [Self::GraphQl, Self::Json];

    /// Its name, without parameters.
    pub fn essence(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json",
            Self::Json => "application/json",
        }
    }
}

/// How much something is wanted, in thousandths, and how exactly it was named.
type Wanted = Option<(u16, u8)>;

/// The media type to answer in; nothing where the client takes neither. Of two that are wanted alike the
/// one is taken that was named, and first the one made for GraphQL.
pub fn media(headers: &HeaderMap) -> Option<Media> {
    let mut wanted: [Wanted; 2] = [None; 2];
    let mut asked = false;
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or("").split(',').map(str::trim).filter(|r| !r.is_empty()) {
            asked = true;
            for (media, best) in Media::ALL.iter().zip(&mut wanted) {
                let found = wants(range, *media);
                if found.map(|(_, exact)| exact) > best.map(|(_, exact)| exact) {
                    *best = found;
                }
            }
        }
    }
    if !asked {
        return Some(Media::Json);
    }
    let of = |w: Wanted| w.map_or((0, 0), |(quality, exact)| (quality, u8::from(exact == EXACT)));
    match (of(wanted[0]), of(wanted[1])) {
        ((0, _), (0, _)) => None,
        (graphql, json) if graphql.0 > json.0 || (graphql.0 == json.0 && graphql.1 == 1) => Some(Media::GraphQl),
        _ => Some(Media::Json),
    }
}

const EXACT: u8 = 3;

/// Does one media range (`type/subtype;q=0.5`) take the media type?
fn wants(range: &str, media: Media) -> Wanted {
    let mut parts = range.split(';').map(str::trim);
    let exact = match parts.next()?.to_ascii_lowercase().as_str() {
        essence if essence == media.essence() => EXACT,
        "application/*" => 2,
        "*/*" => 1,
        _ => return None,
    };
    let mut quality = 1_000;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = thousandths(value.trim()),
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some((quality, exact))
}

/// A weight of RFC 9110, 12.4.2; what is none counts as not wanted.
fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 1000
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1_000.0) as u16,
        _ => 0,
    }
}

fn is_utf8(charset: &str) -> bool {
    charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

/// Is the body JSON in UTF-8? Nothing else is, so that no form of another site is taken for a request.
pub fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    let utf8 = |part: &str| match part.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => is_utf8(charset),
        _ => true,
    };
    essence.eq_ignore_ascii_case("application/json") && parts.all(utf8)
}

/// Japanese unless English is preferred to it.
pub fn locale(headers: &HeaderMap) -> Locale {
    let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let first =
        text.split(',').map(|l| l.trim().to_ascii_lowercase()).find(|l| l.starts_with("ja") || l.starts_with("en"));
    if first.is_some_and(|l| l.starts_with("en")) { Locale::En } else { Locale::Ja }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepts(accept: &str) -> Option<Media> {
        media(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).expect("a value"))]))
    }

    #[test]
    fn what_is_wanted_most_is_taken() {
        assert_eq!(media(&HeaderMap::new()), Some(Media::Json));
        for (accept, expected) in [
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("Application/GraphQL-Response+JSON; charset=utf-8", Some(Media::GraphQl)),
            ("application/json, application/graphql-response+json", Some(Media::GraphQl)),
            ("application/graphql-response+json;q=0.5, application/json;q=0.9", Some(Media::Json)),
            ("application/json;q=0, */*", Some(Media::GraphQl)),
            ("text/html, */*;q=0.1", Some(Media::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;charset=shift_jis", None),
        ] {
            assert_eq!(accepts(accept), expected, "{accept}");
        }
    }
}
