//! Names of files: what people may call them, and how a header says it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What `filename*` may show as it is (RFC 8187, attr-char).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// May a file be called so? It says no way (`/`, `\`), breaks no line, and shows what it is: characters that turn the
/// direction of writing or have no width make `…fdp.exe` look like `….pdf`.
pub fn is_plain(name: &str) -> bool {
    let hidden =
        |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    !name.starts_with('.') && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\') || hidden(c))
}

/// `Content-Disposition` of a download (RFC 6266): the name for old clients in ASCII, then as it is.
pub fn attachment(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_. ()".contains(c) { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, KEPT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v14_a_name_is_no_way_and_shows_what_it_is() {
        for name in ["計画 (案).pdf", "a.b.xlsx", "Ａ㈱髙橋.csv"] {
            assert!(is_plain(name), "{name}");
        }
        let wrong = [
            "../../x.pdf",
            "a\\b.pdf",
            ".pdf",
            "a\r\nSet-Cookie: x.pdf",
            "a\0.pdf",
            "exe.\u{202E}fdp.pdf",
            "a\u{200B}.pdf",
        ];
        for name in wrong {
            assert!(!is_plain(name), "{name:?}");
        }
    }

    #[test]
    fn v7_nothing_of_a_name_leaves_its_place_in_the_header() {
        assert_eq!(attachment("計画.pdf"), "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E8%A8%88%E7%94%BB.pdf");
        let header = attachment("a\"; filename=evil.exe\r\nX: y%00;'.pdf");
        assert!(header.bytes().all(|b| (b' '..0x7F).contains(&b)), "{header}");
        assert_eq!(header.matches('"').count(), 2);
        assert!(!header[header.find("UTF-8''").expect("a name") + 7..].contains([' ', ';', '\'', '"']));
    }
}
