//! Rows as COPY takes them: a line each, cells with tabs between them.

use std::fmt::{Display, Write};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// Lines of a table, ready to be sent.
#[derive(Default)]
pub(super) struct Rows {
    text: String,
    lines: u64,
}

impl Rows {
    /// Begins the row of a tenant table: municipality, id, when it was made and last changed.
    pub(super) fn begin(&mut self, town: Uuid, id: Uuid, created: DateTime<Utc>) -> &mut Self {
        self.cell(town).cell(id).time(created).time(created)
    }

    /// Something whose text has neither tab nor line end nor backslash.
    pub(super) fn cell(&mut self, value: impl Display) -> &mut Self {
        let _ = write!(self.text, "{value}\t");
        self
    }

    /// A text.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        for (at, line) in value.split('\n').enumerate() {
            debug_assert!(!line.contains(['\t', '\\', '\r']), "the words are plain: {line}");
            self.text.push_str(if at > 0 { "\\n" } else { "" });
            self.text.push_str(line);
        }
        self.text.push('\t');
        self
    }

    /// A time.
    pub(super) fn time(&mut self, at: DateTime<Utc>) -> &mut Self {
        let _ = write!(self.text, "{:?}Z\t", at.naive_utc());
        self
    }

    /// A day.
    pub(super) fn day(&mut self, day: NaiveDate) -> &mut Self {
        self.cell(day)
    }

    /// Something that may be missing.
    pub(super) fn or_null<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => self.cell("\\N"),
        }
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        self.text.pop();
        self.text.push('\n');
        self.lines += 1;
    }

    /// How long the text is.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// How many rows there have been.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Gives the text away and goes on counting.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let room = self.text.len();
        std::mem::replace(&mut self.text, String::with_capacity(room)).into_bytes()
    }
}
