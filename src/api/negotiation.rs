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

/// The language that is wanted most, of those there are (RFC 9110, 12.5.4; basic filtering of RFC 4647, 3.3.1). Of two
/// that are wanted alike the one named first is taken; where neither is wanted, Japanese.
pub fn locale(headers: &HeaderMap) -> Locale {
    let mut ranges = Vec::new();
    for value in headers.get_all(header::ACCEPT_LANGUAGE) {
        ranges.extend(value.to_str().unwrap_or("").split(',').filter_map(language));
    }
    let wanted = |tag: &'static str| {
        let named = |name: &'static str| {
            ranges.iter().enumerate().filter(move |(_, (range, _))| primary(range).eq_ignore_ascii_case(name))
        };
        let found = named(tag).max_by_key(|(place, (_, weight))| (*weight, usize::MAX - place));
        found.or_else(|| named("*").next()).map_or((0, 0), |(place, (_, weight))| (*weight, usize::MAX - place))
    };
    let (ja, en) = (wanted("ja"), wanted("en"));
    if en.0 > 0 && en > ja { Locale::En } else { Locale::Ja }
}

/// A language range and how much it is wanted.
fn language(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((range, weight.map_or(1_000, thousandths)))
}

/// The language of a range, without script and region.
fn primary(range: &str) -> &str {
    range.split('-').next().unwrap_or(range)
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

    #[test]
    fn the_language_that_is_wanted_most_is_spoken() {
        for (accepted, expected) in [
            ("", Locale::Ja),
            ("en", Locale::En),
            ("ja", Locale::Ja),
            ("en-GB", Locale::En),
            ("ja;q=0.3, en;q=0.9", Locale::En),
            ("en;q=0.3, ja-JP;q=0.9", Locale::Ja),
            ("en, ja", Locale::En),
            ("ja, en", Locale::Ja),
            ("en;q=0", Locale::Ja),
            ("ja;q=0, en;q=0.1", Locale::En),
            ("fr, en;q=0.5", Locale::En),
            ("fr", Locale::Ja),
            ("*", Locale::Ja),
            ("en;q=0.5, *;q=0.8", Locale::Ja),
            ("en;q=nonsense", Locale::Ja),
            ("en-US;q=0.2, ja;q=0.5, en;q=0.8", Locale::En),
            ("jam, english", Locale::Ja),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).expect("a value"))]);
            assert_eq!(locale(&headers), expected, "{accepted}");
        }
    }
}
