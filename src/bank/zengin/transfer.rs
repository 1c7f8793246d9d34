//! The file of 総合振込: header, data, trailer and end, 120 bytes each, without line ends, Shift_JIS (JIS X 0201).
//!
//! Numbers stand right with zeros before them, text left with spaces after it. Code division 0 (JIS).

use chrono::{Datelike, NaiveDate};
use encoding_rs::SHIFT_JIS;

use super::kana;

/// The length of a record in bytes.
pub const RECORD: usize = 120;
/// The most that a data record says: ten digits of yen.
pub const MOST_YEN: i64 = 9_999_999_999;
/// The most that a trailer says: twelve digits of yen.
pub const MOST_TOTAL_YEN: i64 = 999_999_999_999;
/// The most data records of a file.
pub const MOST_RECORDS: usize = 999_999;

/// Are these records of 総合振込, whole or in part? They have no place for an outcome: they are what somebody asked of a bank.
pub fn is_order(bytes: &[u8]) -> bool {
    bytes.starts_with(b"121")
}

/// An account at a bank, as files name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// 銀行番号: four digits.
    pub bank: String,
    /// 支店番号: three digits.
    pub branch: String,
    /// 預金種目: 1 普通, 2 当座, 4 貯蓄, 9 その他.
    pub kind: u8,
    /// 口座番号: seven digits.
    pub number: String,
}

impl Account {
    /// In one line, as it is kept with a file that it pays.
    pub fn written(&self) -> String {
        let Self { bank, branch, kind, number } = self;
        format!("{bank} {branch} {kind} {number}")
    }

    /// Read from that line.
    pub fn read(line: &str) -> Option<Self> {
        let [bank, branch, kind, number] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        Some(Self { bank: bank.into(), branch: branch.into(), kind: kind.parse().ok()?, number: number.into() })
    }
}

/// Who pays: what the header says.
#[derive(Clone, Debug)]
pub struct Payer {
    /// 振込依頼人コード: ten digits that the bank has given.
    pub code: String,
    /// 振込依頼人名: up to 40 characters.
    pub name: String,
    /// 仕向銀行名: up to 15 characters.
    pub bank_name: String,
    /// 仕向支店名: up to 15 characters.
    pub branch_name: String,
    /// From where.
    pub account: Account,
}

/// Who is paid: what a data record says.
#[derive(Clone, Debug)]
pub struct Payee {
    /// 被仕向銀行名: up to 15 characters.
    pub bank_name: String,
    /// 被仕向支店名: up to 15 characters.
    pub branch_name: String,
    /// To where.
    pub account: Account,
    /// 受取人名: up to 30 characters.
    pub holder: String,
    /// Yen, 1 to [`MOST_YEN`].
    pub yen: i64,
    /// 顧客コード: what the payer knows it by, up to 20 digits.
    pub reference: u64,
}

/// What cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A text has a character that bank files do not have, or is too long.
    #[error("{0} does not fit a bank file")]
    Text(&'static str),
    /// A number is too long or no number.
    #[error("{0} is no number of that length")]
    Number(&'static str),
    /// Nothing, less than nothing, or more than the format can say.
    #[error("the amount of a record or the total is out of range")]
    Amount,
    /// More records than the trailer can count.
    #[error("too many records")]
    TooMany,
}

/// The file, and the total of its amounts.
pub fn file(payer: &Payer, on: NaiveDate, payees: &[Payee]) -> Result<(Vec<u8>, i64), Unfit> {
    if payees.len() > MOST_RECORDS {
        return Err(Unfit::TooMany);
    }
    let mut bytes = header(payer, on)?;
    let mut total = 0_i64;
    for payee in payees {
        total = total.checked_add(payee.yen).ok_or(Unfit::Amount)?;
        bytes.extend(data(payee)?);
    }
    bytes
        .extend(Record::of("8").number("件数", payees.len() as u64, 6)?.number("合計金額", amount(total)?, 12)?.done());
    bytes.extend(Record::of("9").done());
    Ok((bytes, total))
}

fn amount(yen: i64) -> Result<u64, Unfit> {
    u64::try_from(yen).map_err(|_| Unfit::Amount)
}

fn header(payer: &Payer, on: NaiveDate) -> Result<Vec<u8>, Unfit> {
    let Payer { code, name, bank_name, branch_name, account } = payer;
    let day = u64::from(on.month() * 100 + on.day());
    let record = Record::of("1210").digits("振込依頼人コード", code, 10)?.text("振込依頼人名", name, 40)?;
    let record = record.number("振込指定日", day, 4)?.digits("仕向銀行番号", &account.bank, 4)?;
    let record = record.text("仕向銀行名", bank_name, 15)?.digits("仕向支店番号", &account.branch, 3)?;
    let record = record.text("仕向支店名", branch_name, 15)?.number("預金種目", account.kind.into(), 1)?;
    Ok(record.digits("口座番号", &account.number, 7)?.done())
}

fn data(payee: &Payee) -> Result<Vec<u8>, Unfit> {
    let Payee { bank_name, branch_name, account, holder, yen, reference } = payee;
    if !(1..=MOST_YEN).contains(yen) {
        return Err(Unfit::Amount);
    }
    let record = Record::of("2").digits("被仕向銀行番号", &account.bank, 4)?.text("被仕向銀行名", bank_name, 15)?;
    let record = record.digits("被仕向支店番号", &account.branch, 3)?.text("被仕向支店名", branch_name, 15)?;
    // 手形交換所番号 is not used; 新規コード 0 is "other".
    let record = record.number("手形交換所番号", 0, 4)?.number("預金種目", account.kind.into(), 1)?;
    let record = record.digits("口座番号", &account.number, 7)?.text("受取人名", holder, 30)?;
    let record = record.number("振込金額", amount(*yen)?, 10)?.number("新規コード", 0, 1)?;
    // 振込指定区分 7 is 電信; no EDI information.
    Ok(record.number("顧客コード", *reference, 20)?.number("振込指定区分", 7, 1)?.done())
}

/// A record in the making.
struct Record(Vec<u8>);

impl Record {
    fn of(begin: &str) -> Self {
        Self(begin.as_bytes().to_vec())
    }

    fn number(mut self, what: &'static str, value: u64, width: usize) -> Result<Self, Unfit> {
        let digits = format!("{value:0width$}");
        if digits.len() > width {
            return Err(Unfit::Number(what));
        }
        self.0.extend(digits.into_bytes());
        Ok(self)
    }

    fn digits(mut self, what: &'static str, value: &str, width: usize) -> Result<Self, Unfit> {
        if value.len() != width || !value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Unfit::Number(what));
        }
        self.0.extend(value.bytes());
        Ok(self)
    }

    fn text(mut self, what: &'static str, value: &str, width: usize) -> Result<Self, Unfit> {
        let (bytes, _, failed) = SHIFT_JIS.encode(value);
        if failed || !value.chars().all(kana::is_allowed) || bytes.len() > width {
            return Err(Unfit::Text(what));
        }
        self.0.extend_from_slice(&bytes);
        self.0.resize(self.0.len() + width - bytes.len(), b' ');
        Ok(self)
    }

    fn done(mut self) -> Vec<u8> {
        self.0.resize(RECORD, b' ');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::report::number;
    use super::*;

    /// A data record as it is read: account, holder, yen and 顧客コード.
    fn read(record: &[u8]) -> (Account, String, i64, i64) {
        let text = |from: usize, to: usize| String::from_utf8(record[from..to].to_vec()).expect("digits");
        let account = Account { bank: text(1, 5), branch: text(20, 23), kind: record[42] - b'0', number: text(43, 50) };
        let holder = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&record[50..80]).expect("kana");
        let digits = |from: usize, to: usize| number(&record[from..to]).expect("a number");
        (account, holder.trim_end().to_owned(), digits(80, 90), digits(91, 111))
    }

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, 29).expect("a day")
    }

    fn payer() -> Payer {
        Payer {
            code: "0123456789".into(),
            name: "ｼｹﾝﾏﾁ".into(),
            bank_name: "ｼｹﾝ".into(),
            branch_name: "ﾎﾝﾃﾝ".into(),
            account: Account { bank: "0167".into(), branch: "001".into(), kind: 1, number: "0000123".into() },
        }
    }

    fn payee(yen: i64) -> Payee {
        Payee {
            bank_name: "ｺﾞｳｷﾞﾝ".into(),
            branch_name: "ｷｽｷ".into(),
            account: Account { bank: "0167".into(), branch: "045".into(), kind: 1, number: "1234567".into() },
            holder: "ｱｵﾊﾞﾉｶｲ".into(),
            yen,
            reference: 7,
        }
    }

    /// Byte by byte, as the format says.
    #[test]
    fn the_file_is_the_format() {
        let (bytes, total) = file(&payer(), day(), &[payee(1_100_000), payee(1)]).expect("a file");
        assert_eq!((bytes.len(), total), (5 * RECORD, 1_100_001));
        let kana = |text: &str| SHIFT_JIS.encode(text).0.into_owned();
        let pad = |text: &str, width: usize| {
            let mut bytes = kana(text);
            bytes.resize(width, b' ');
            bytes
        };
        let header = [
            b"1210".to_vec(),
            b"0123456789".to_vec(),
            pad("ｼｹﾝﾏﾁ", 40),
            b"0529".to_vec(),
            b"0167".to_vec(),
            pad("ｼｹﾝ", 15),
            b"001".to_vec(),
            pad("ﾎﾝﾃﾝ", 15),
            b"1".to_vec(),
            b"0000123".to_vec(),
            pad("", 17),
        ]
        .concat();
        assert_eq!(bytes[..RECORD], header);
        let data = [
            b"20167".to_vec(),
            pad("ｺﾞｳｷﾞﾝ", 15),
            b"045".to_vec(),
            pad("ｷｽｷ", 15),
            b"0000".to_vec(),
            b"1".to_vec(),
            b"1234567".to_vec(),
            pad("ｱｵﾊﾞﾉｶｲ", 30),
            b"0001100000".to_vec(),
            b"0".to_vec(),
            b"00000000000000000007".to_vec(),
            b"7".to_vec(),
            pad("", 8),
        ]
        .concat();
        assert_eq!(bytes[RECORD..2 * RECORD], data);
        assert_eq!(bytes[RECORD + 50..RECORD + 57], [0xB1, 0xB5, 0xCA, 0xDE, 0xC9, 0xB6, 0xB2], "ｱｵﾊﾞﾉｶｲ, a byte each");
        assert_eq!(bytes[3 * RECORD..4 * RECORD], [b"8000002000001100001".to_vec(), pad("", 101)].concat());
        assert_eq!(bytes[4 * RECORD..], [b"9".to_vec(), pad("", 119)].concat());
        assert!(bytes.iter().all(|b| *b >= 0x20 && !(0x7F..0xA1).contains(b) && *b <= 0xDF));
    }

    /// M3, V3: amounts that are none, and names that would forge records.
    #[test]
    fn m3_v3_nothing_unfit_gets_into_a_file() {
        for yen in [0, -1, MOST_YEN + 1, i64::MIN, i64::MAX] {
            assert_eq!(file(&payer(), day(), &[payee(yen)]).expect_err("refused"), Unfit::Amount, "{yen}");
        }
        for holder in ["山田", "ｱ\n2", "ｱ\r\n9", "ァ", "ｱ\0", "abc", &"ｱ".repeat(31), "ｰ"] {
            let forged = Payee { holder: holder.into(), ..payee(1) };
            assert_eq!(file(&payer(), day(), &[forged]).expect_err("refused"), Unfit::Text("受取人名"), "{holder:?}");
        }
        for number in ["123456", "12345678", "12345a7", "１２３４５６７", "-123456", ""] {
            let account = Account { number: number.into(), ..payee(1).account };
            let unfit = Payee { account, ..payee(1) };
            assert_eq!(file(&payer(), day(), &[unfit]).expect_err("refused"), Unfit::Number("口座番号"), "{number}");
        }
    }

    proptest! {
        /// What is written is read again, whatever it is, and its totals are its sums.
        #[test]
        fn what_is_written_is_read_again(
            payees in proptest::collection::vec((1..=MOST_YEN, 0..10_000_000_u32, "[ｱ-ﾜ0-9A-Z]{1,30}"), 1..50),
        ) {
            let payees: Vec<Payee> = payees.into_iter().map(|(yen, number, holder)| Payee {
                account: Account { number: format!("{number:07}"), ..payee(1).account }, holder, ..payee(yen)
            }).collect();
            let (bytes, total) = file(&payer(), day(), &payees).expect("a file");
            prop_assert_eq!(bytes.len(), (payees.len() + 3) * RECORD);
            prop_assert_eq!(total, payees.iter().map(|p| p.yen).sum::<i64>());
            for (record, payee) in bytes[RECORD..].chunks(RECORD).zip(&payees) {
                let told = (payee.account.clone(), payee.holder.clone(), payee.yen, 7);
                prop_assert_eq!(read(record), told);
            }
        }
    }
}
