//! A paper as a workbook of one sheet. Texts are written as texts, so that none becomes a formula.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::{Block, Cell, Paper, Table};
use crate::kernel::error::{Error, Result};

/// The longest text of a cell, in UTF-16 units (Excel's limit); longer ones are cut there.
const LONGEST: usize = 32_767;

/// Writes a paper.
///
/// # Errors
/// INTERNAL where the workbook cannot be written.
pub fn xlsx(paper: &Paper) -> Result<Vec<u8>> {
    write(paper).map_err(Error::internal)
}

struct Formats {
    title: Format,
    heading: Format,
    label: Format,
    text: Format,
    yen: Format,
    day: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
        Self {
            title: Format::new().set_bold().set_font_size(16),
            heading: Format::new().set_bold().set_font_size(12),
            label: cell().set_bold().set_background_color(0x00EE_EEEE),
            text: cell(),
            yen: cell().set_num_format("#,##0\"円\""),
            day: cell().set_num_format("yyyy-mm-dd"),
        }
    }
}

fn write(paper: &Paper) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // Not the present moment: the same paper is the same bytes.
    let created = date(paper.day).or_else(|_| ExcelDateTime::from_ymd(1900, 1, 1))?;
    workbook.set_properties(&DocProperties::new().set_title(kept(&paper.title)).set_creation_datetime(&created));
    let (sheet, formats) = (workbook.add_worksheet(), Formats::new());
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0).set_landscape();
    sheet.set_footer("&C&P / &N");
    for (column, width) in (0..).zip([24.0, 20.0, 48.0, 28.0, 18.0, 18.0]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.write_string_with_format(0, 0, kept(&paper.title), &formats.title)?;
    let mut row = 2;
    for block in &paper.blocks {
        row = self::block(sheet, &formats, row, block)?;
    }
    sheet.write_string(row + 1, 0, kept(&paper.foot))?;
    workbook.save_to_buffer()
}

/// Writes a block from a row on; returns the row after it.
fn block(sheet: &mut Worksheet, formats: &Formats, mut row: u32, block: &Block) -> Result<u32, XlsxError> {
    match block {
        Block::Heading(text) => {
            sheet.write_string_with_format(row + 1, 0, kept(text), &formats.heading)?;
            Ok(row + 2)
        }
        Block::Text(text) => {
            sheet.write_string(row, 0, kept(text))?;
            Ok(row + 1)
        }
        Block::Facts(facts) => {
            for (name, what) in facts {
                sheet.write_string_with_format(row, 0, kept(name), &formats.label)?;
                sheet.write_string_with_format(row, 1, kept(what), &formats.text)?;
                row += 1;
            }
            Ok(row)
        }
        Block::Table(table) => self::table(sheet, formats, row, table),
    }
}

fn table(sheet: &mut Worksheet, formats: &Formats, mut row: u32, table: &Table) -> Result<u32, XlsxError> {
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(row, place, kept(&column.label), &formats.label)?;
    }
    for cells in &table.rows {
        row += 1;
        for (place, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => sheet.write_string_with_format(row, place, kept(text), &formats.text)?,
                // Within ±2⁵³: a spreadsheet's number carries it exactly.
                #[allow(clippy::cast_precision_loss)]
                Cell::Yen(yen) => sheet.write_number_with_format(row, place, yen.0 as f64, &formats.yen)?,
                Cell::Day(day) => match date(*day) {
                    Ok(date) => sheet.write_datetime_with_format(row, place, date, &formats.day)?,
                    // Excel knows no day before 1900.
                    Err(_) => sheet.write_string_with_format(row, place, day.to_string(), &formats.text)?,
                },
            };
        }
    }
    Ok(row + 1)
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let small = |part: u32| u8::try_from(part).unwrap_or(1);
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(0), small(day.month()), small(day.day()))
}

/// What a cell can hold of a text.
fn kept(text: &str) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= LONGEST
    };
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Yen;
    use crate::kernel::paper::Column;

    #[test]
    fn v6_no_text_becomes_a_formula_and_the_same_paper_is_the_same_bytes() {
        let columns = vec![Column::new("=1+1", 1), Column::new("額", 1)];
        let rows = vec![
            vec![Cell::text("@SUM(A1)\u{1}"), Cell::Yen(Yen(Yen::MAX.0))],
            vec![Cell::text("あ".repeat(40_000)), Cell::Yen(Yen(-1))],
        ];
        let blocks = vec![Block::Facts(vec![("+1".into(), "-1".into())]), Block::Table(Table { columns, rows })];
        let paper =
            Paper { title: "=cmd|x".into(), foot: "@x".into(), day: "2026-04-01".parse().expect("a day"), blocks };
        let bytes = xlsx(&paper).expect("a workbook");
        assert_eq!(bytes, xlsx(&paper).expect("a workbook"));
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP");
        let mut sheet = String::new();
        std::io::Read::read_to_string(&mut zip.by_name("xl/worksheets/sheet1.xml").expect("a sheet"), &mut sheet)
            .expect("read");
        assert!(!sheet.contains("<f>") && sheet.contains("<v>9007199254740992</v>"), "{sheet}");
    }
}
