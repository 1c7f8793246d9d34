//! What a bank reports: the records of 総合振込 again (120 bytes, with or without line ends), or a table (CSV, UTF-8 or
//! Shift_JIS) with the columns of [`COLUMNS`].

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use encoding_rs::SHIFT_JIS;

use super::transfer::{Account, MOST_YEN, RECORD};

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
    /// 顧客コード: what the payer knows it by. A table has none.
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
    /// It is about somebody else's payments.
    Consignor,
}

/// Reads records of 総合振込 of the payer with this 振込依頼人コード. Their day has no year: it is the last such day up to
/// [`AHEAD`] days after `today`, so that a day that has not come is seen as such.
pub fn transfer(bytes: &[u8], today: NaiveDate, consignor: &str) -> Result<Vec<Reported>, Fault> {
    let records = records(bytes)?;
    let fault = |line: usize, what| Fault { line: line + 1, what };
    let last = records.len().checked_sub(1).ok_or(fault(0, What::Format))?;
    let mut found = Vec::new();
    let mut on = None;
    for (line, record) in records.iter().enumerate() {
        let number = |from: usize, to: usize| number(&record[from..to]).ok_or(fault(line, What::Field));
        match (record[0], line) {
            (b'1', 0) if &record[1..4] == b"210" => {
                if &record[4..14] != consignor.as_bytes() {
                    return Err(fault(line, What::Consignor));
                }
                on = Some(day(number(54, 58)?, today).ok_or(fault(line, What::Field))?);
            }
            (b'2', line) if on.is_some() && line + 2 <= last => found.push((line, on.unwrap_or(today), record)),
            (b'8', line) if line + 1 == last => {
                let sum = found
                    .iter()
                    .try_fold(0_i64, |sum, (at, _, r)| yen(r).map(|y| sum + y).ok_or(fault(*at, What::Field)))?;
                let (count, total) = (number(1, 7)?, number(7, 19)?);
                if i64::try_from(found.len()) != Ok(count) || total != sum {
                    return Err(fault(line, What::Totals));
                }
            }
            (b'9', line) if line == last && line >= 2 => {}
            _ => return Err(fault(line, What::Format)),
        }
    }
    found.into_iter().map(|(line, on, record)| data(record, on).ok_or(fault(line, What::Field))).collect()
}

/// Records of 120 bytes, in one piece or in lines.
fn records(bytes: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    if !bytes.contains(&b'\n') && bytes.len().is_multiple_of(RECORD) {
        return Ok(bytes.chunks_exact(RECORD).collect());
    }
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|b| *b == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .enumerate()
        .map(|(n, line)| if line.len() == RECORD { Ok(line) } else { Err(Fault { line: n + 1, what: What::Format }) })
        .collect()
}

fn number(digits: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok()
}

fn yen(record: &[u8]) -> Option<i64> {
    number(&record[80..90]).filter(|yen| (1..=MOST_YEN).contains(yen))
}

/// How far ahead files of payments are made, in days.
const AHEAD: i64 = 60;

/// The last such day that is not further ahead.
fn day(month_day: i64, today: NaiveDate) -> Option<NaiveDate> {
    let (month, day) = (u32::try_from(month_day / 100).ok()?, u32::try_from(month_day % 100).ok()?);
    let last = today + chrono::Duration::days(AHEAD);
    (0..=8).filter_map(|back| NaiveDate::from_ymd_opt(last.year() - back, month, day)).find(|day| *day <= last)
}

fn data(record: &[u8], on: NaiveDate) -> Option<Reported> {
    let digits = |from: usize, to: usize| {
        let text = std::str::from_utf8(&record[from..to]).ok()?;
        text.bytes().all(|b| b.is_ascii_digit()).then(|| text.to_owned())
    };
    let account = Account {
        bank: digits(1, 5)?,
        branch: digits(20, 23)?,
        kind: u8::try_from(number(&record[42..43])?).ok()?,
        number: digits(43, 50)?,
    };
    let holder = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&record[50..80])?;
    let reference = Some(digits(91, 111)?.parse().ok()?);
    Some(Reported { account, holder: holder.trim_end().to_owned(), yen: yen(record)?, on, paid: true, reference })
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

    const CONSIGNOR: &str = "0123456789";

    fn transfer(bytes: &[u8], today: NaiveDate) -> Result<Vec<Reported>, Fault> {
        super::transfer(bytes, today, CONSIGNOR)
    }

    fn sample() -> Vec<u8> {
        let data = format!("20167{:15}045{:15}000011234567{:30}0000001000000000000000000000007", "", "", "A");
        let records = [format!("1210{CONSIGNOR}{:40}0529", "A"), data, "8000001000000001000".into(), "9".into()];
        records.iter().flat_map(|r| format!("{r:120}").into_bytes()).collect()
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

    #[test]
    fn v14_a_tampered_file_is_not_read() {
        let bytes = sample();
        let read = transfer(&bytes, day()).expect("read");
        assert_eq!((read.len(), read[0].reference, read[0].yen), (1, Some(7), 1_000));
        assert_eq!(super::transfer(&bytes, day(), "9876543210").expect_err("refused").what, What::Consignor);
        let with = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            transfer(&bytes, day()).expect_err("refused").what
        };
        assert_eq!(with(RECORD + 82, b'9'), What::Totals, "an amount that the trailer does not know");
        assert_eq!(with(2 * RECORD + 6, b'2'), What::Totals, "a count");
        assert_eq!(with(RECORD + 82, b'x'), What::Field);
        assert_eq!(with(RECORD + 100, b' '), What::Field, "without what we know it by");
        assert_eq!(with(2, b'9'), What::Format, "of another kind");
        assert_eq!(transfer(&bytes[RECORD..], day()).expect_err("refused").what, What::Format, "without its header");
        assert_eq!(transfer(&bytes[..3 * RECORD], day()).expect_err("refused").what, What::Format, "cut");
        assert_eq!(transfer(&bytes[..bytes.len() - 1], day()).expect_err("refused").what, What::Format);
        assert_eq!(transfer(b"", day()).expect_err("refused").what, What::Format);
        let lines: Vec<u8> = bytes.chunks(RECORD).flat_map(|r| [r, b"\r\n"].concat()).collect();
        assert_eq!(transfer(&lines, day()).expect("read").len(), 1, "with line ends");
    }

    #[test]
    fn a_day_without_a_year_is_the_last_one() {
        let today = NaiveDate::from_ymd_opt(2026, 1, 10).expect("a day");
        assert_eq!(super::day(1230, today), NaiveDate::from_ymd_opt(2025, 12, 30));
        assert_eq!(super::day(110, today), Some(today));
        assert_eq!(super::day(311, today), NaiveDate::from_ymd_opt(2026, 3, 11), "seen to be yet to come");
        assert_eq!(super::day(312, today), NaiveDate::from_ymd_opt(2025, 3, 12));
        assert_eq!(super::day(229, today), NaiveDate::from_ymd_opt(2024, 2, 29));
        assert_eq!(super::day(1332, today), None);
    }

    proptest! {
        #[test]
        fn v14_whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = transfer(&bytes, day());
            let _ = table(&bytes);
            let mut framed = sample();
            for (at, byte) in framed.iter_mut().zip(bytes) { if byte > 250 { *at = byte; } }
            let _ = transfer(&framed, day());
        }
    }
}
