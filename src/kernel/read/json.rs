//! A response in the making: JSON text, written once.

use std::io::Write as _;

use async_graphql::Value;
use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use uuid::Uuid;
use uuid::fmt::Simple;

use crate::kernel::error::{Error, Result};

/// JSON text.
#[derive(Debug, Default)]
pub struct Json(Vec<u8>);

/// The name of a member, as it stands before its value.
#[derive(Debug)]
pub(crate) struct Member(Box<str>);

impl Member {
    /// A member of this name, which is one of GraphQL's: nothing in it needs escaping.
    pub(crate) fn new(name: &str) -> Self {
        Self(format!("\"{name}\":").into())
    }
}

impl Json {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self::of_about(4096)
    }

    /// Nothing yet, with room for so many bytes.
    pub(crate) fn of_about(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Text of ours that is JSON already.
    pub(crate) fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// `null`
    pub(crate) fn null(&mut self) {
        self.raw("null");
    }

    /// `true` or `false`
    pub(crate) fn flag(&mut self, is: bool) {
        self.raw(if is { "true" } else { "false" });
    }

    /// A text of anybody's, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.0, text);
    }

    /// As [`Json::text`], of bytes that are known to be UTF-8. Most texts have nothing to escape, and are not taken apart.
    ///
    /// # Errors
    /// INTERNAL when they are not.
    pub(crate) fn utf8(&mut self, text: &[u8]) -> Result<()> {
        if needs_escaping(text) {
            self.text(std::str::from_utf8(text).map_err(Error::internal)?);
        } else {
            self.quoted(text);
        }
        Ok(())
    }

    /// A text of ours in which nothing needs escaping.
    pub(crate) fn plain(&mut self, text: &str) {
        self.quoted(text.as_bytes());
    }

    fn quoted(&mut self, text: &[u8]) {
        self.0.push(b'"');
        self.0.extend_from_slice(text);
        self.0.push(b'"');
    }

    /// As [`Json::plain`], of something that prints itself.
    pub(crate) fn display(&mut self, what: &dyn std::fmt::Display) {
        let _ = write!(self.0, "\"{what}\"");
    }

    /// A time (RFC 3339, UTC), with as many digits of the second as it has.
    pub(crate) fn time(&mut self, at: DateTime<Utc>) {
        // Once, instead of with each of its parts.
        let plain = at.naive_utc();
        if plain.nanosecond() != 0 || !(0..=9999).contains(&plain.year()) {
            return self.plain(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
        let year = u32::try_from(plain.year()).unwrap_or_default();
        let (month, day, hour) = (plain.month(), plain.day(), plain.hour());
        let numbers = [year / 100, year % 100, month, day, hour, plain.minute(), plain.second()];
        let mut text = *b"\"0000-00-00T00:00:00Z\"";
        for (number, at) in numbers.into_iter().zip([1, 3, 6, 9, 12, 15, 18]) {
            let digit = |n: u32| b'0' + u8::try_from(n % 10).unwrap_or_default();
            text[at] = digit(number / 10);
            text[at + 1] = digit(number);
        }
        self.0.extend_from_slice(&text);
    }

    /// A whole number.
    pub(crate) fn number(&mut self, number: impl itoa::Integer) {
        self.raw(itoa::Buffer::new().format(number));
    }

    /// A prefixed id.
    pub(crate) fn id(&mut self, prefix: &str, id: Uuid) {
        let mut digits = [0; Simple::LENGTH];
        id.simple().encode_lower(&mut digits);
        self.0.push(b'"');
        self.raw(prefix);
        self.0.push(b'_');
        self.0.extend_from_slice(&digits);
        self.0.push(b'"');
    }

    /// A finished value.
    pub(crate) fn value(&mut self, value: &Value) {
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// A comma, if something stands before it.
    pub(crate) fn comma(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }

    /// The name of the next member of an object.
    pub(crate) fn key(&mut self, name: &str) {
        self.comma();
        self.plain(name);
        self.0.push(b':');
    }

    /// The next member of an object.
    pub(crate) fn member(&mut self, member: &Member) {
        self.comma();
        self.raw(&member.0);
    }

    /// What was written since.
    pub(crate) fn since(&self, mark: usize) -> &[u8] {
        &self.0[mark..]
    }

    /// How far it has been written.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Takes back what was written since.
    pub(crate) fn back_to(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// The text.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Is there anything in a text that JSON escapes (RFC 8259, section 7)? It is gone through to the end, because that is
/// done many bytes at a time.
fn needs_escaping(text: &[u8]) -> bool {
    text.iter().fold(0, |found, byte| found | u8::from(matches!(byte, ..b' ' | b'"' | b'\\'))) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_library_writes_them() {
        for seconds in [0, 1, 951_782_400, 1_772_239_899, 253_402_300_799, 253_402_300_800, -62_167_219_200, -1] {
            for nanos in [0, 5_000_000, 123_456_000] {
                let at = DateTime::from_timestamp(seconds, nanos).expect("a time");
                let mut json = Json::new();
                json.time(at);
                let expected = format!("\"{}\"", at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
                assert_eq!(String::from_utf8(json.into_bytes()).expect("UTF-8"), expected);
            }
        }
    }

    #[test]
    fn texts_are_written_as_the_library_writes_them() {
        let long = "地域円卓会議".repeat(40);
        for odd in ["", "\"", "\\", "\n", "\u{0}", "\u{1f}", " ", "\u{7f}", "\u{80}", "\u{2028}", "🎐", "</"] {
            for text in [odd.to_owned(), format!("{odd}{long}"), format!("{long}{odd}{long}"), format!("{long}{odd}")] {
                let mut json = Json::new();
                json.utf8(text.as_bytes()).expect("UTF-8");
                let expected = serde_json::to_string(&text).expect("JSON");
                assert_eq!(String::from_utf8(json.into_bytes()).expect("UTF-8"), expected);
            }
        }
    }

    #[test]
    fn members_are_separated_and_text_is_escaped() {
        let mut json = Json::new();
        json.raw("{");
        json.key("a");
        json.text("\"円\"\n");
        json.member(&Member::new("b"));
        json.number(-7);
        json.raw("}");
        assert_eq!(String::from_utf8(json.into_bytes()).expect("UTF-8"), r#"{"a":"\"円\"\n","b":-7}"#);
    }
}
