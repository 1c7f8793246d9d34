//! A file of rows in the making: CSV or XLSX, written row by row. No cell can become a formula.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::columns::{Cell, Column};
use crate::files::entity::ExportFormat;
use crate::kernel::error::{Error, Refusal, Result};

/// By this spreadsheets know that a CSV is in UTF-8.
const BOM: &[u8] = "\u{FEFF}".as_bytes();
/// The most rows of a sheet, its head included (Excel's limit).
const ROWS: u32 = 1_048_576;
/// A longer number is not the same in a spreadsheet, which counts in binary fractions.
const DIGITS: usize = 15;

/// A file of rows.
pub(in crate::api) enum Sheet {
    Csv(Box<Writer<File>>),
    Xlsx(Box<Book>),
}

pub(in crate::api) struct Book {
    workbook: Workbook,
    day: Format,
    next: u32,
    file: File,
}

impl Sheet {
    /// Begins a file with its head.
    pub(in crate::api) fn begin(
        format: ExportFormat,
        mut file: File,
        directory: &Path,
        columns: &[Column],
    ) -> Result<Self> {
        let labels = columns.iter().map(|column| column.label.as_str());
        if format == ExportFormat::Csv {
            file.write_all(BOM).map_err(Error::internal)?;
            let mut builder = WriterBuilder::new();
            builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary).flexible(false);
            let mut writer = builder.from_writer(file);
            writer.write_record(labels.map(harmless)).map_err(Error::internal)?;
            return Ok(Self::Csv(Box::new(writer)));
        }
        let mut workbook = Workbook::new();
        workbook.set_tempdir(directory).map_err(Error::internal)?;
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(Error::internal)?;
        head(sheet, labels).map_err(Error::internal)?;
        let day = Format::new().set_num_format("yyyy-mm-dd");
        Ok(Self::Xlsx(Box::new(Book { workbook, day, next: 1, file })))
    }

    /// Says of which day a workbook is; otherwise it is of the present moment.
    pub(in crate::api) fn dated(&mut self, day: NaiveDate) -> Result<()> {
        if let Self::Xlsx(book) = self {
            let made = ExcelDateTime::parse_from_str(&day.to_string()).map_err(Error::internal)?;
            book.workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        }
        Ok(())
    }

    /// Writes a row.
    ///
    /// # Errors
    /// CONFLICT/EXPORT_TOO_LARGE for what a spreadsheet cannot hold.
    pub(in crate::api) fn row(&mut self, cells: impl Iterator<Item = Cell>) -> Result<()> {
        match self {
            Self::Csv(writer) => writer.write_record(cells.map(text)).map_err(Error::internal),
            Self::Xlsx(book) => book.row(cells),
        }
    }

    /// The whole file. It compresses, so it may block for long.
    pub(in crate::api) fn done(self) -> Result<File> {
        match self {
            Self::Csv(writer) => writer.into_inner().map_err(|error| Error::internal(error.error())),
            Self::Xlsx(book) => {
                let Book { mut workbook, file, .. } = *book;
                workbook.save_to_writer(&file).map_err(Error::internal)?;
                Ok(file)
            }
        }
    }
}

fn head<'l>(sheet: &mut Worksheet, labels: impl Iterator<Item = &'l str>) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_freeze_panes(1, 0)?;
    for (place, label) in (0..).zip(labels) {
        sheet.set_column_width(place, 18)?;
        sheet.write_string_with_format(0, place, label, &bold)?;
    }
    Ok(())
}

impl Book {
    fn row(&mut self, cells: impl Iterator<Item = Cell>) -> Result<()> {
        let row = self.next;
        if row >= ROWS {
            return Err(too_large());
        }
        self.next += 1;
        let sheet = self.workbook.worksheet_from_index(0).map_err(Error::internal)?;
        for (place, cell) in (0..).zip(cells) {
            let written = match cell {
                Cell::Empty => continue,
                Cell::Number(digits) => match digits.parse::<f64>().ok().filter(|_| digits.len() <= DIGITS) {
                    Some(number) => sheet.write_number(row, place, number).map(|_| ()),
                    None => sheet.write_string(row, place, digits).map(|_| ()),
                },
                Cell::Day(day) => match ExcelDateTime::parse_from_str(&day.to_string()) {
                    Ok(date) => sheet.write_datetime_with_format(row, place, &date, &self.day).map(|_| ()),
                    Err(_) => sheet.write_string(row, place, day.to_string()).map(|_| ()),
                },
                Cell::Text(text) => sheet.write_string(row, place, text).map(|_| ()),
            };
            written.map_err(|error| match error {
                XlsxError::MaxStringLengthExceeded => too_large(),
                other => Error::internal(other),
            })?;
        }
        Ok(())
    }
}

fn too_large() -> Error {
    Error::Conflict(Refusal::new(
        "EXPORT_TOO_LARGE",
        "Excelに入りきらない件数か文字数です。CSVで書き出してください。",
        "There are more rows or longer texts than Excel holds. Export as CSV.",
    ))
}

fn text(cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(digits) => digits,
        Cell::Day(day) => day.to_string(),
        Cell::Text(text) => harmless(&text),
    }
}

/// A text that a spreadsheet would take for a formula is marked as text; full-width signs count, too.
pub(super) fn harmless(text: &str) -> String {
    let formula = |c: char| "=+-@=+-@\t\r\n".contains(c);
    if text.starts_with(formula) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    #[test]
    fn v6_no_text_becomes_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"x\")", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("1=1"), "1=1");
    }

    #[test]
    fn a_csv_is_as_rfc_4180_says_and_begins_with_the_mark() {
        let directory = std::env::temp_dir();
        let file = tempfile::tempfile().expect("a file");
        let mut sheet = Sheet::begin(ExportFormat::Csv, file, &directory, &[]).expect("a sheet");
        let cells = [Cell::Text("=a,\"b\"\nc".into()), Cell::Number("-5".into()), Cell::Empty];
        // The head is as wide as the rows; here there is none.
        let Sheet::Csv(writer) = &mut sheet else { panic!("a CSV") };
        writer.write_record(["x", "y", "z"]).expect_err("rows are as wide as the head");
        let mut sheet = Sheet::Csv(Box::new(
            WriterBuilder::new().terminator(Terminator::CRLF).from_writer(tempfile::tempfile().expect("a file")),
        ));
        sheet.row(cells.into_iter()).expect("a row");
        let (mut file, mut text) = (sheet.done().expect("a file"), String::new());
        file.rewind().expect("rewound");
        file.read_to_string(&mut text).expect("read");
        assert_eq!(text, "\"'=a,\"\"b\"\"\nc\",-5,\r\n");
    }

    #[test]
    fn an_xlsx_is_written_and_what_it_cannot_hold_is_refused() {
        let (directory, file) = (std::env::temp_dir(), tempfile::tempfile().expect("a file"));
        let mut sheet = Sheet::begin(ExportFormat::Xlsx, file, &directory, &[]).expect("a sheet");
        let day = "2026-05-20".parse().expect("a day");
        sheet.row([Cell::Text("=1+1".into()), Cell::Number("12".into()), Cell::Day(day)].into_iter()).expect("a row");
        let long = sheet.row([Cell::Text("あ".repeat(40_000))].into_iter()).expect_err("refused");
        assert_eq!(long.reason(), "EXPORT_TOO_LARGE");
        let mut file = sheet.done().expect("a file");
        let media = crate::kernel::files::Media::of_name("a.xlsx").expect("a type");
        assert_eq!(media.fits(&mut file).expect("readable"), Ok(()));
    }
}
