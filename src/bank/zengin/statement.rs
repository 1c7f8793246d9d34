//! 入出金取引明細 (種別コード 03): what the bank has entered on an account, 200 bytes a record, with or without line ends.
//! A 総合振込 is one debit of its total there.

use chrono::{Datelike, NaiveDate};

use super::report::{Fault, What, number, records};
use super::transfer::Account;

/// The length of a record in bytes.
const RECORD: usize = 200;
/// How a transfer leaves an account (取引区分): 振込, 振替, その他; not cash, bills or corrections.
const TRANSFERS: [&[u8]; 3] = [b"11", b"14", b"18"];

/// What was taken from the account by a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debit {
    /// When it was entered (勘定日).
    pub on: NaiveDate,
    /// Yen.
    pub yen: i64,
}

/// The account of a statement, and the sums of what was read of it.
#[derive(Default)]
struct Part {
    ours: bool,
    credits: (i64, i64),
    debits: (i64, i64),
}

/// Reads what transfers took from this account. A statement may tell of several accounts; of ours it must.
pub fn debits(bytes: &[u8], today: NaiveDate, account: &Account) -> Result<Vec<Debit>, Fault> {
    let records = records(bytes, RECORD)?;
    let last = records.len().checked_sub(1).ok_or(Fault { line: 1, what: What::Format })?;
    let (mut part, mut ours, mut found): (Option<Part>, bool, Vec<Debit>) = (None, false, Vec::new());
    for (line, record) in records.iter().enumerate() {
        let fault = |what| Fault { line: line + 1, what };
        match (record[0], part.as_mut()) {
            (b'1', None) if &record[1..3] == b"03" && line < last => {
                let begun = Part { ours: is_of(record, account), ..Part::default() };
                ours |= begun.ours;
                part = Some(begun);
            }
            (b'2', Some(part)) => found.extend(entry(record, today, part).map_err(fault)?),
            (b'8', Some(sums)) => {
                if !agrees(record, sums).ok_or(fault(What::Field))? {
                    return Err(fault(What::Totals));
                }
                part = None;
            }
            (b'9', None) if line == last && line > 0 => {}
            _ => return Err(fault(What::Format)),
        }
    }
    match (records[last][0], ours) {
        (b'9', true) => Ok(found),
        (b'9', false) => Err(Fault { line: 1, what: What::Account }),
        _ => Err(Fault { line: last + 1, what: What::Format }),
    }
}

/// Is it the header of this account's statement? Its number has ten digits there.
fn is_of(record: &[u8], account: &Account) -> bool {
    let Account { bank, branch, kind, number } = account;
    &record[22..26] == bank.as_bytes()
        && &record[41..44] == branch.as_bytes()
        && record[62] == b'0' + kind
        && record[63..73] == *format!("{number:0>10}").as_bytes()
}

/// Counts an entry, and tells of it if it took something from our account by a transfer.
fn entry(record: &[u8], today: NaiveDate, part: &mut Part) -> Result<Option<Debit>, What> {
    let yen = number(&record[24..36]).ok_or(What::Field)?;
    let on = number(&record[9..15]).and_then(|digits| day(digits, today)).ok_or(What::Field)?;
    let sums = match record[21] {
        b'1' => &mut part.credits,
        b'2' => &mut part.debits,
        _ => return Err(What::Field),
    };
    *sums = (sums.0 + 1, sums.1 + yen);
    let tells = part.ours && record[21] == b'2' && yen > 0 && TRANSFERS.contains(&&record[22..24]);
    Ok(tells.then_some(Debit { on, yen }))
}

/// Are the trailer's counts and sums those of its records?
fn agrees(record: &[u8], part: &Part) -> Option<bool> {
    let credits = (number(&record[1..7])?, number(&record[7..20])?);
    let debits = (number(&record[20..26])?, number(&record[26..39])?);
    let records = number(&record[54..61])?;
    Some(credits == part.credits && debits == part.debits && records == credits.0 + debits.0)
}

/// A day with a year of two digits, of the era or of the calendar as the bank writes it: the one nearest to today.
fn day(digits: i64, today: NaiveDate) -> Option<NaiveDate> {
    /// 平成, 令和 and the calendar's century begin after these years.
    const BEFORE: [i32; 3] = [1988, 2018, 2000];
    let (year, rest) = (i32::try_from(digits / 10_000).ok()?, digits % 10_000);
    let (month, day) = (u32::try_from(rest / 100).ok()?, u32::try_from(rest % 100).ok()?);
    let days = BEFORE.iter().filter_map(|before| NaiveDate::from_ymd_opt(before + year, month, day));
    days.min_by_key(|day| (day.num_days_from_ce() - today.num_days_from_ce()).abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account() -> Account {
        Account { bank: "0167".into(), branch: "001".into(), kind: 1, number: "0000123".into() }
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, 29).expect("a day")
    }

    /// One account's statement: each entry's day, 入払区分, 取引区分 and yen.
    fn statement(entries: &[(&str, char, &str, i64)]) -> Vec<u8> {
        let sums = |side: char| {
            let of = entries.iter().filter(|(_, s, ..)| *s == side);
            format!("{:06}{:013}", of.clone().count(), of.map(|(.., yen)| yen).sum::<i64>())
        };
        let mut records =
            vec![format!("1030080529080501080529{:4}{:15}{:3}{:15}0001{:0>10}", "0167", "", "001", "", "0000123")];
        records.extend(entries.iter().map(|(on, side, kind, yen)| format!("200000001{on}{on}{side}{kind}{yen:012}")));
        records.push(format!("8{}{}1{:014}{:07}", sums('1'), sums('2'), 0, entries.len()));
        records.push(format!("9{:010}{:05}", entries.len() + 3, 1));
        records.iter().flat_map(|r| format!("{r:200}").into_bytes()).collect()
    }

    #[test]
    fn what_transfers_took_is_read() {
        let entries = [
            ("080529", '2', "11", 1_100_000),
            ("080529", '1', "11", 5),
            ("080528", '2', "10", 7),
            ("260527", '2', "14", 3),
        ];
        let bytes = statement(&entries);
        let on = |day| NaiveDate::from_ymd_opt(2026, 5, day).expect("a day");
        let read = vec![Debit { on: on(29), yen: 1_100_000 }, Debit { on: on(27), yen: 3 }];
        assert_eq!(debits(&bytes, today(), &account()), Ok(read.clone()), "in the era's years or the calendar's");
        let lines: Vec<u8> = bytes.chunks(RECORD).flat_map(|r| [r, b"\r\n"].concat()).collect();
        assert_eq!(debits(&lines, today(), &account()), Ok(read));
        assert_eq!(debits(&statement(&[]), today(), &account()), Ok(vec![]));
    }

    #[test]
    fn v14_a_tampered_statement_is_not_read() {
        let bytes = statement(&[("080529", '2', "11", 1_100_000)]);
        let with = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            debits(&bytes, today(), &account()).expect_err("refused").what
        };
        assert_eq!(with(72, b'4'), What::Account, "another account's");
        assert_eq!(with(RECORD + 30, b'9'), What::Totals, "an amount that the trailer does not know");
        assert_eq!(with(RECORD + 30, b'x'), What::Field);
        assert_eq!(with(RECORD + 11, b'9'), What::Field, "no day");
        assert_eq!(with(RECORD + 21, b'3'), What::Field, "neither in nor out");
        assert_eq!(with(2 * RECORD + 25, b'2'), What::Totals, "a count");
        assert_eq!(with(2, b'1'), What::Format, "of another kind");
        for cut in [&bytes[RECORD..], &bytes[..3 * RECORD], &bytes[..bytes.len() - 1], b""] {
            assert_eq!(debits(cut, today(), &account()).expect_err("refused").what, What::Format);
        }
    }

    proptest! {
        #[test]
        fn v14_whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..900)) {
            let _ = debits(&bytes, today(), &account());
            let mut framed = statement(&[("080529", '2', "11", 1_100_000)]);
            for (at, byte) in framed.iter_mut().zip(bytes) { if byte > 250 { *at = byte; } }
            let _ = debits(&framed, today(), &account());
        }
    }
}
