//! The first look at a document: its tokens, before it is parsed. So parsing is bounded, and what the parser
//! forgets is seen: a name that stands twice in one input object.

use std::collections::HashSet;

use crate::api::guard::{too_deep, too_many_directives};
use crate::api::limits;
use crate::api::{bounded, guard};
use crate::kernel::error::Result;

/// Looks at a document's tokens once. What is no document at all is left to the parser.
///
/// # Errors
/// BAD_REQUEST/TOO_MANY_TOKENS, TOO_DEEP, TOO_MANY_DIRECTIVES, LIST_TOO_LONG, DUPLICATE_KEY.
pub(super) fn scan(document: &str) -> Result<()> {
    let mut look = Look { open: Vec::new(), name: "", directives: 0 };
    for (n, token) in (Tokens { rest: document }).enumerate() {
        if n >= limits::TOKENS {
            return Err(guard::too_many(
                "TOO_MANY_TOKENS",
                "GraphQL文書の語が多すぎます(最大2,000)。",
                "The document has more than 2,000 tokens.",
            ));
        }
        look.at(token)?;
    }
    Ok(())
}

/// A bracket that is open.
enum Open<'d> {
    Selections,
    Arguments,
    /// An input object and its names.
    Object(HashSet<&'d str>),
    /// A list and how many items it has.
    List(usize),
}

struct Look<'d> {
    open: Vec<Open<'d>>,
    /// The name before.
    name: &'d str,
    directives: usize,
}

impl<'d> Look<'d> {
    fn at(&mut self, token: &'d str) -> Result<()> {
        if let Some(Open::List(items)) = self.open.last_mut()
            && !matches!(token, "$" | "]" | "!")
        {
            *items += 1;
            if *items > limits::LIST {
                return Err(bounded::list_too_long());
            }
        }
        match token {
            "{" => {
                let selections = matches!(self.open.last(), None | Some(Open::Selections));
                self.open(if selections { Open::Selections } else { Open::Object(HashSet::new()) })?;
            }
            "(" => self.open(Open::Arguments)?,
            "[" => self.open(Open::List(0))?,
            "}" | ")" | "]" => {
                self.open.pop();
            }
            ":" => {
                if let Some(Open::Object(names)) = self.open.last_mut()
                    && !names.insert(self.name)
                {
                    return Err(bounded::repeated());
                }
            }
            "@" => {
                self.directives += 1;
                if self.directives > limits::DIRECTIVES {
                    return Err(too_many_directives());
                }
            }
            word => self.name = word,
        }
        Ok(())
    }

    fn open(&mut self, bracket: Open<'d>) -> Result<()> {
        self.open.push(bracket);
        if self.open.len() > limits::BRACKETS { Err(too_deep()) } else { Ok(()) }
    }
}

/// The tokens of a document (GraphQL specification, 2.1), each as it is written; whatever is none is one of
/// a character.
struct Tokens<'d> {
    rest: &'d str,
}

impl<'d> Iterator for Tokens<'d> {
    type Item = &'d str;

    fn next(&mut self) -> Option<&'d str> {
        self.rest = after_ignored(self.rest);
        let first = self.rest.chars().next()?;
        let length = match first {
            '"' => string(self.rest),
            '.' if self.rest.starts_with("...") => 3,
            '-' | '0'..='9' => number(self.rest),
            c if is_word(c) => self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len()),
            other => other.len_utf8(),
        };
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(token)
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of the number at the beginning; of the one character where none is.
fn number(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut at = usize::from(text.starts_with('-'));
    at += digits(at);
    if text[at..].starts_with('.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
    }
    if text[at..].starts_with(['e', 'E']) {
        let sign = usize::from(text[at + 1..].starts_with(['+', '-']));
        let exponent = digits(at + 1 + sign);
        at += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    at.max(1)
}

/// The text after whitespace, commas, byte order marks and comments.
fn after_ignored(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
        let Some(comment) = text.strip_prefix('#') else { return text };
        text = comment.find(['\n', '\r']).map_or("", |end| &comment[end..]);
    }
}

/// The length of the string or block string at the beginning, to the end of the text where it is not closed.
fn string(text: &str) -> usize {
    let (quote, escape) = if text.starts_with("\"\"\"") { ("\"\"\"", "\\\"\"\"") } else { ("\"", "\\") };
    let mut at = quote.len();
    loop {
        let rest = &text[at..];
        let Some(end) = rest.find(quote) else { return text.len() };
        match rest[..end + quote.len()].find(escape) {
            // An escape hides what follows it: a quote, in a block string three of them.
            Some(escaped) if escaped < end => {
                let hidden = rest[escaped + 1..].chars().next().map_or(0, char::len_utf8);
                at += escaped + if quote.len() == 3 { escape.len() } else { 1 + hidden };
            }
            _ => return at + end + quote.len(),
        }
        if at >= text.len() {
            return text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::error::Error;

    fn tokens(text: &str) -> Vec<&str> {
        Tokens { rest: text }.collect()
    }

    #[test]
    fn tokens_are_those_of_the_specification() {
        assert_eq!(
            tokens("query($a:[Int!]=[1,-2.5e+3]){...F@x(s:\"a\\\"}\" t:\"\"\"b\\\"\"\"{\"\"\") # {{\n}"),
            [
                "query",
                "(",
                "$",
                "a",
                ":",
                "[",
                "Int",
                "!",
                "]",
                "=",
                "[",
                "1",
                "-2.5e+3",
                "]",
                ")",
                "{",
                "...",
                "F",
                "@",
                "x",
                "(",
                "s",
                ":",
                "\"a\\\"}\"",
                "t",
                ":",
                "\"\"\"b\\\"\"\"{\"\"\"",
                ")",
                "}"
            ]
        );
        assert_eq!(tokens("[1-2-3e 1.]"), ["[", "1", "-2", "-3", "e", "1", ".", "]"]);
        assert_eq!(tokens("{a...F b.c é}"), ["{", "a", "...", "F", "b", ".", "c", "é", "}"]);
        assert_eq!(tokens("\"\" \"\"\"\"\"\" \"open"), ["\"\"", "\"\"\"\"\"\"", "\"open"]);
    }

    fn reason(document: &str) -> &'static str {
        scan(document).err().map_or("", |e: Error| e.reason())
    }

    #[test]
    fn g11_g12_g14_g24_what_is_too_much_is_refused_before_parsing() {
        assert_eq!(reason(&format!("{{{}}}", "a ".repeat(1_998))), "");
        assert_eq!(reason(&format!("{{{}}}", "a ".repeat(2_000))), "TOO_MANY_TOKENS");
        for (left, right) in [("{a", "}"), ("[", "]"), ("{a:", "}"), ("(", ")"), ("...{", "}")] {
            let document = format!("{{ a(b: {}{}) }}", left.repeat(50_000), right.repeat(50_000));
            assert_eq!(reason(&document), "TOO_DEEP");
        }
        assert_eq!(reason(&format!("{{ a {} }}", "@b".repeat(21))), "TOO_MANY_DIRECTIVES");
        assert_eq!(reason(&format!("{{ a(b: [{}]) }}", "$c ".repeat(200))), "");
        assert_eq!(reason(&format!("{{ a(b: [{}]) }}", "{} ".repeat(201))), "LIST_TOO_LONG");
    }

    #[test]
    fn a_name_stands_once_in_an_input_object() {
        assert_eq!(reason("{ a(b: {c: 1, d: {c: 2}, e: [{c: 3}, {c: 4}]}) c: d { c: e } }"), "");
        for document in
            ["{ a(b: {c: 1, c: 1}) }", "query($v: T = {c: R c: S}) { a }", "{ a @b(c: [{d: 1 e: 2 d: 3}]) }"]
        {
            assert_eq!(reason(document), "DUPLICATE_KEY", "{document}");
        }
    }

    proptest! {
        /// G34
        #[test]
        fn g34_any_text_is_scanned_to_its_end(text in "(\\PC|[{}()\\[\\]\"\\\\#:$@!.,\n]){0,200}") {
            let whole: usize = tokens(&text).iter().map(|t| t.len()).sum();
            prop_assert!(whole <= text.len());
            let _ = scan(&text);
        }
    }
}
