//! What a bank reports of each payment: a table (CSV, UTF-8 or Shift_JIS) with the columns of [`COLUMNS`], of which the last
//! is the bank's own word.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use encoding_rs::SHIFT_JIS;

use super::transfer::{Account, MOST_YEN};

/// The columns of a table; others may stand beside them, in any order.
pub const COLUMNS: [&str; 8] = ["振込日", "銀行番号", "支店番号", "預金種目", "口座番号", "受取人名", "金額", "結果"];

/// One payment as the bank reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// To where.
    pub account: Account,
    /// To whom, as the bank writes it.
    pub holder: String,
    /// Yen.
    pub yen: i64,
    /// When.
    pub on: NaiveDate,
    /// Was it paid? Or could the bank not.
    pub paid: bool,
    /// Its number in its file, where that is known. A table has none.
    pub reference: Option<u64>,
}

/// Why a report cannot be read: which line (from 1) and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The record or line.
    pub line: usize,
    /// What is wrong.
    pub what: What,
}

/// What can be wrong with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is not in this format.
    Format,
    /// A field is not what it must be.
    Field,
    /// Its totals are not the sums of its records.
    Totals,
    /// It is of another account than the one from which the municipality pays.
    Account,
}

/// Records of so many bytes, in one piece or in lines.
pub(super) fn records(bytes: &[u8], width: usize) -> Result<Vec<&[u8]>, Fault> {
    let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    if !bytes.contains(&b'\n') && bytes.len().is_multiple_of(width) {
        return Ok(bytes.chunks_exact(width).collect());
    }
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|b| *b == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .enumerate()
        .map(|(n, line)| if line.len() == width { Ok(line) } else { Err(Fault { line: n + 1, what: What::Format }) })
        .collect()
}

pub(super) fn number(digits: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok()
}

/// Reads a table.
pub fn table(bytes: &[u8]) -> Result<Vec<Reported>, Fault> {
    let text = text(bytes).ok_or(Fault { line: 1, what: What::Format })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| Fault { line: 1, what: What::Format })?.clone();
    let place = |name: &str| heads.iter().position(|head| head == name).ok_or(Fault { line: 1, what: What::Format });
    let places = COLUMNS.iter().map(|name| place(name)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    for (n, row) in reader.records().enumerate() {
        let fault = |what| Fault { line: n + 2, what };
        let row = row.map_err(|_| fault(What::Format))?;
        let cells: Vec<&str> = places.iter().map(|place| row.get(*place).unwrap_or("")).collect();
        found.push(line(&cells).ok_or(fault(What::Field))?);
    }
    Ok(found)
}

fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.into()),
        Err(_) => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes),
    }
}

fn line(cells: &[&str]) -> Option<Reported> {
    let [on, bank, branch, kind, number, holder, yen, result] = cells else { return None };
    let digits = |text: &str, width: usize| {
        let fits = !text.is_empty() && text.len() <= width && text.bytes().all(|b| b.is_ascii_digit());
        // Spreadsheets take leading zeros away.
        fits.then(|| format!("{text:0>width$}"))
    };
    let account = Account {
        bank: digits(bank, 4)?,
        branch: digits(branch, 3)?,
        kind: match *kind {
            "1" | "普通" => 1,
            "2" | "当座" => 2,
            "4" | "貯蓄" => 4,
            "9" | "その他" => 9,
            _ => return None,
        },
        number: digits(number, 7)?,
    };
    let on: NaiveDate =
        on.replace('/', "-").parse().ok().filter(|day: &NaiveDate| (1868..=2200).contains(&day.year()))?;
    let yen = yen.replace(',', "").parse::<i64>().ok().filter(|yen| (1..=MOST_YEN).contains(yen))?;
    let sound = holder.chars().count() <= 100 && !holder.chars().any(char::is_control);
    let paid = match *result {
        "済" | "振込済" => true,
        "不能" | "振込不能" => false,
        _ => return None,
    };
    sound.then(|| Reported { account, holder: (*holder).to_owned(), yen, on, paid, reference: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "振込日,銀行番号,支店番号,預金種目,口座番号,受取人名,金額,結果\r\n2026/05/29,167,45,普通,1234567,ｱｵﾊﾞﾉｶｲ,\"1,100,000\",済\r\n2026-05-29,0167,045,1,0000001,ﾜｶﾊﾞ,1,不能\r\n";

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, 29).expect("a day")
    }

    #[test]
    fn a_table_is_read_as_spreadsheets_write_it() {
        for bytes in
            [TABLE.as_bytes().to_vec(), format!("\u{FEFF}{TABLE}").into_bytes(), SHIFT_JIS.encode(TABLE).0.into_owned()]
        {
            let read = table(&bytes).expect("read");
            assert_eq!((read[0].yen, read[0].on, read[0].paid), (1_100_000, day(), true));
            assert_eq!(
                read[0].account,
                Account { bank: "0167".into(), branch: "045".into(), kind: 1, number: "1234567".into() }
            );
            assert!(!read[1].paid);
        }
        for (broken, line, what) in [
            ("", 1, What::Format),
            ("振込日,金額\n2026-05-29,1\n", 1, What::Format),
            (&TABLE.replace("\"1,100,000\"", "0"), 2, What::Field),
            (&TABLE.replace(",1,不能", ",-5,不能"), 3, What::Field),
            (&TABLE.replace(",1,不能", ",10000000000,不能"), 3, What::Field),
            (&TABLE.replace("不能", "?"), 3, What::Field),
            (&TABLE.replace("1234567", "12345678"), 2, What::Field),
            (&TABLE.replace("2026/05/29", "2026/02/30"), 2, What::Field),
        ] {
            assert_eq!(table(broken.as_bytes()), Err(Fault { line, what }), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn v14_whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = table(&bytes);
        }
    }
}
