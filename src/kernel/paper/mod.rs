//! Papers: documents for people, said once and shown as PDF, as a workbook or as Markdown. They know no noun.
//!
//! ```text
//! Paper (title, blocks of text, facts and tables) -> pdf   PDF/A-2u, A4, the bundled Japanese font
//!                                                 -> xlsx  one sheet, no cell a formula
//!                                                 -> markdown
//! ```
//!
//! Invariants: what people wrote is text and never markup; the same paper is the same bytes for ever; a character that
//! the font does not have is shown as 〓 and told at the end of the paper.

mod font;
mod layout;
mod markdown;
mod pdf;
mod xlsx;

use chrono::NaiveDate;

use crate::kernel::money::Yen;

pub use markdown::markdown;
pub use pdf::pdf;
pub use xlsx::xlsx;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// What it is.
    pub title: String,
    /// What stands at the foot of every page.
    pub foot: String,
    /// The day it is of, which stands in the file as the day of its making.
    pub day: NaiveDate,
    /// What it says, in this order.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Names and what they are.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
}

/// A table with a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as wide as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub label: String,
    /// Its part of the page's width, of the sum of all columns' parts.
    pub part: u8,
}

impl Column {
    /// A column with its part of the width.
    pub fn new(label: &str, part: u8) -> Self {
        Self { label: label.to_owned(), part }
    }
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// An amount, at the right of its column.
    Yen(Yen),
    /// A day: a date in a workbook, not a text that looks like one.
    Day(NaiveDate),
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As people read it.
    fn said(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Yen(yen) => yen.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}
