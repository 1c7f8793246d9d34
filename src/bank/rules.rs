//! What may be done to an account or a file of payments, and which reported line is which payment. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use uuid::Uuid;

use crate::bank::commands::{
    BANK_ACCOUNT_CONFIRM, BANK_ACCOUNT_REJECT, BANK_TRANSFER_CANCEL, BANK_TRANSFER_OUTCOME_RECORD,
    BANK_TRANSFER_PRODUCE, BANK_TRANSFER_RECONCILE, BANK_TRANSFER_REFUSAL_RECORD,
};
use crate::bank::entity::{BankAccountState, BankTransferState, TransferLineState, bank_account, bank_transfer};
use crate::bank::zengin::report::Reported;
use crate::bank::zengin::statement::Debit;
use crate::bank::zengin::transfer::Account;
use crate::kernel::calendar::is_national;
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;

/// What may be done to an account now.
pub fn account(row: &bank_account::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (BANK_ACCOUNT_CONFIRM | BANK_ACCOUNT_REJECT, BankAccountState::Proposed) => Ok(()),
        _ => Err(Refusal::new(
            "STATE",
            format!("口座の今の状態({})では行えません。", row.state.label()),
            format!("The account is {}.", row.state.word()),
        )),
    }
}

/// What may be done to a file of payments now.
pub fn transfer(row: &bank_transfer::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (BANK_TRANSFER_PRODUCE | BANK_TRANSFER_CANCEL, BankTransferState::Prepared)
        | (
            BANK_TRANSFER_REFUSAL_RECORD | BANK_TRANSFER_RECONCILE | BANK_TRANSFER_OUTCOME_RECORD,
            BankTransferState::Produced,
        ) => Ok(()),
        _ => Err(Refusal::new(
            "STATE",
            format!("総合振込の今の状態({})では行えません。", row.state.label()),
            format!("The transfer is {}.", row.state.word()),
        )),
    }
}

/// Do banks transfer on this day? Not on Saturdays, Sundays, national holidays, nor from 31 December to 3 January
/// (銀行法施行令5条).
pub fn banks_work(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let turn_of_the_year = matches!((day.month(), day.day()), (12, 31) | (1, 1..=3));
    !(weekend || turn_of_the_year || is_national(day))
}

/// The first day after this one on which banks transfer.
pub fn next_bank_day(day: NaiveDate) -> NaiveDate {
    day.iter_days().skip(1).find(|day| banks_work(*day)).unwrap_or(day)
}

/// CONFLICT/TRANSFER_DAY_PASSED once the day is over on which a file was to pay.
pub fn in_time(transfer_on: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    if transfer_on >= today {
        return Ok(());
    }
    Err(Refusal::new(
        "TRANSFER_DAY_PASSED",
        "振込指定日を過ぎています。起案し直してください。",
        "The day of the transfer has passed. Prepare it again.",
    ))
}

/// What is seen of an account's number: `****123`.
pub fn masked(tail: &str) -> String {
    format!("****{tail}")
}

/// The last three digits of a number.
pub fn tail(number: &str) -> &str {
    number.get(number.len().saturating_sub(3)..).unwrap_or("")
}

/// A payment that was sent to the bank.
#[derive(Clone, Debug)]
pub struct Sent {
    /// To where.
    pub account: Account,
    /// Yen.
    pub yen: i64,
    /// When it was to be paid.
    pub on: NaiveDate,
    /// Its number in its file.
    pub number: u64,
    /// What was reported before: it was paid, or could not be. Nothing while it waits.
    pub outcome: Option<bool>,
    /// Was it in a file that the bank refused whole? No line is about it then, but one that says that it was paid
    /// contradicts the refusal.
    pub refused: bool,
    /// Was it paid and given back (組戻し)? Then it is no news that it was paid, nor that it was not.
    pub returned: bool,
}

impl Sent {
    /// Could this line be about it? A table does not tell its number.
    fn is(&self, r: &Reported) -> bool {
        self.account == r.account
            && self.yen == r.yen
            && self.on == r.on
            && r.reference.is_none_or(|reference| reference == self.number)
    }

    /// Has this been reported of it before?
    fn told(&self, paid: bool) -> bool {
        self.returned || self.outcome == Some(paid)
    }
}

/// What was reported of a payment: it was paid, or could not be. Nothing while it waits.
pub fn outcome(state: TransferLineState) -> Option<bool> {
    match state {
        TransferLineState::Waiting => None,
        TransferLineState::Paid | TransferLineState::Returned => Some(true),
        TransferLineState::Failed | TransferLineState::Cancelled | TransferLineState::Refused => Some(false),
    }
}

/// Which payment a reported line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The one at this place, which waits.
    Waiting(usize),
    /// One that was settled before.
    Settled,
    /// One of which an earlier report told the opposite.
    Contrary,
    /// None.
    Nothing,
}

/// Finds the payment of each reported line by account, amount and day, and by its number where the report tells it. Each
/// payment is found once. A line that may be one of an earlier report is taken for that: the same report in another form
/// must not pay what is alike and waits. Then it is the first that waits.
pub fn matches(sent: &[Sent], reported: &[Reported]) -> Vec<Match> {
    let mut taken: Vec<bool> = sent.iter().map(|sent| sent.refused).collect();
    let one = |r: &Reported| {
        let first = |such: &dyn Fn(&Sent) -> bool| {
            (0..sent.len()).find(|at| !taken[*at] && such(&sent[*at]) && sent[*at].is(r))
        };
        let known = first(&|sent| sent.told(r.paid));
        let found = known.or_else(|| first(&|sent| sent.outcome.is_none()));
        if let Some(at) = found {
            taken[at] = true;
        }
        match found {
            Some(at) if known.is_none() => Match::Waiting(at),
            None if !sent.iter().any(|s| s.is(r)) => Match::Nothing,
            None if sent.iter().all(|s| !s.is(r) || (s.told(!r.paid) && !s.told(r.paid))) => Match::Contrary,
            _ => Match::Settled,
        }
    };
    reported.iter().map(one).collect()
}

/// A file that was sent to the bank.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Which.
    pub id: Uuid,
    /// When it was to be paid.
    pub on: NaiveDate,
    /// Its total.
    pub yen: i64,
    /// Did the bank refuse it whole?
    pub refused: bool,
}

/// Which files a statement shows to be carried out: the bank took their total on their day, or on its last day before (some
/// take the money in advance). Where as many files of a day have the same total as debits are like them, it is these; where
/// not, nobody can tell which, and it is none. A debit on the day of a file with its total is of that day, whatever became of
/// the file: it is no other's money in advance, and so it pays once, however often it is told.
pub fn carried_out(files: &[File], debits: &[Debit]) -> BTreeSet<Uuid> {
    let is_done = |file: &&File| {
        let like: Vec<&File> = files.iter().filter(|other| (other.on, other.yen) == (file.on, file.yen)).collect();
        let counting = like.iter().any(|file| !file.refused);
        let alike = like.iter().filter(|other| other.refused != counting).count();
        let on_the_day = debits.iter().filter(|d| d.yen == file.yen && d.on == file.on).count();
        let of_its_day = |d: &Debit| files.iter().any(|other| other.yen == d.yen && other.on == d.on);
        let before = debits.iter().filter(|d| d.yen == file.yen && next_bank_day(d.on) == file.on && !of_its_day(d));
        let taken = if on_the_day > 0 { on_the_day } else { before.count() };
        file.refused != counting && taken == alike
    };
    files.iter().filter(is_done).map(|file| file.id).collect()
}

/// What it means for a payment that its file was carried out: nothing where it is known to have failed.
pub fn carried(sent: &Sent) -> Option<Match> {
    match sent.outcome {
        _ if sent.refused => Some(Match::Contrary),
        None => Some(Match::Waiting(0)),
        Some(true) => Some(Match::Settled),
        Some(false) => None,
    }
}

/// What tells a report from another: its lines, in whatever form, order or spelling of names they come.
pub fn contents(reported: &[Reported]) -> String {
    let line = |r: &Reported| {
        let reference = r.reference.map(|n| n.to_string()).unwrap_or_default();
        format!("{} {} {} {} {reference}", r.account.written(), r.yen, r.on, r.paid)
    };
    let mut lines: Vec<String> = reported.iter().map(line).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account_of(number: u32) -> Account {
        Account { bank: "0167".into(), branch: "045".into(), kind: 1, number: format!("{number:07}") }
    }

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, n).expect("a day")
    }

    #[test]
    fn a_number_shows_its_last_three_digits() {
        assert_eq!(masked(tail("1234567")), "****567");
        assert_eq!(masked(tail("")), "****");
    }

    fn sent_one(number: u64, outcome: Option<bool>) -> Sent {
        Sent { account: account_of(1), yen: 5, on: day(1), number, outcome, refused: false, returned: false }
    }

    fn reported_one(reference: Option<u64>, paid: bool) -> Reported {
        Reported { account: account_of(1), holder: String::new(), yen: 5, on: day(1), paid, reference }
    }

    /// Two payments alike: what was reported before is not taken for the other.
    #[test]
    fn m14_the_same_report_in_another_form_pays_nothing_more() {
        let sent = [sent_one(1, Some(true)), sent_one(2, None)];
        assert_eq!(matches(&sent, &[reported_one(None, true)]), [Match::Settled]);
        let both = [reported_one(None, true), reported_one(None, true)];
        assert_eq!(matches(&sent, &both), [Match::Settled, Match::Waiting(1)]);
        assert_eq!(matches(&sent, &[reported_one(Some(2), true)]), [Match::Waiting(1)]);
        assert_eq!(matches(&sent, &[reported_one(Some(3), true)]), [Match::Nothing]);
        // What failed before was sent again on the same day, and is paid now.
        let again = [sent_one(1, Some(false)), sent_one(1, None)];
        assert_eq!(matches(&again, &[reported_one(None, true)]), [Match::Waiting(1)]);
        assert_eq!(matches(&again, &[reported_one(None, false)]), [Match::Settled]);
        // What failed is told to be paid, by a later report.
        assert_eq!(matches(&[sent_one(1, Some(false))], &[reported_one(None, true)]), [Match::Contrary]);
        assert_eq!(matches(&[sent_one(1, Some(true))], &[reported_one(None, false)]), [Match::Contrary]);
        // What was paid and came back is known, whatever is told of it; what is sent again waits.
        let back = |number| Sent { returned: true, ..sent_one(number, Some(true)) };
        for paid in [true, false] {
            assert_eq!(matches(&[back(1)], &[reported_one(None, paid)]), [Match::Settled]);
            let again = [back(1), sent_one(2, None)];
            assert_eq!(matches(&again, &[reported_one(Some(2), paid)]), [Match::Waiting(1)]);
        }
    }

    #[test]
    fn a_report_is_its_lines() {
        let (one, other) = (reported_one(None, true), reported_one(None, false));
        let spelled = Reported { holder: "ｱ".into(), ..one.clone() };
        assert_eq!(contents(&[one.clone(), other.clone()]), contents(&[other.clone(), spelled]));
        let alone = contents(std::slice::from_ref(&one));
        assert_ne!(alone, contents(&[other]));
        assert_ne!(alone, contents(&[one.clone(), one]));
    }

    #[test]
    fn a_debit_is_a_file_where_nobody_can_take_it_for_another() {
        let file = |n: u128, on: u32, yen, refused| File { id: Uuid::from_u128(n), on: day(on), yen, refused };
        let debit = |on: u32, yen| Debit { on: day(on), yen };
        let done = |files: &[File], debits: &[Debit]| -> Vec<u128> {
            carried_out(files, debits).into_iter().map(|id| id.as_u128()).collect()
        };
        let two = [file(1, 21, 10, false), file(2, 21, 10, false)];
        assert_eq!(done(&two[..1], &[debit(21, 10)]), [1]);
        assert_eq!(done(&two[..1], &[debit(20, 10)]), [1], "taken on the day before");
        assert_eq!(done(&two[..1], &[debit(19, 10)]), [0; 0]);
        assert_eq!(done(&two[..1], &[debit(22, 10)]), [0; 0]);
        assert_eq!(done(&two[..1], &[debit(21, 11)]), [0; 0]);
        assert_eq!(done(&two[..1], &[debit(21, 10), debit(21, 10)]), [0; 0], "one of them is something else");
        assert_eq!(done(&two, &[debit(21, 10)]), [0; 0], "which of them?");
        assert_eq!(done(&two, &[debit(21, 10), debit(21, 10)]), [1, 2]);
        assert_eq!(done(&[file(1, 25, 10, false)], &[debit(22, 10)]), [1], "from Friday over the weekend");
        let days = [file(1, 20, 10, false), file(2, 21, 10, false)];
        assert_eq!(done(&days, &[debit(20, 10)]), [1], "one debit is one file");
        assert_eq!(done(&days, &[debit(20, 10), debit(21, 10)]), [1, 2]);
        assert_eq!(done(&days, &[debit(20, 10), debit(20, 10)]), [0; 0], "nobody can tell");
        assert_eq!(done(&[file(1, 20, 10, true), days[1]], &[debit(20, 10)]), [1], "it contradicts the refusal");
        let again = [file(1, 21, 10, true), file(2, 21, 10, false)];
        assert_eq!(done(&again, &[debit(21, 10)]), [2], "not the one that was refused");
        assert_eq!(done(&again[..1], &[debit(21, 10)]), [1], "which contradicts the refusal");
    }

    #[test]
    fn banks_rest_on_weekends_and_holidays_and_files_are_made_in_time() {
        assert!(banks_work(day(22)) && !banks_work(day(23)) && !banks_work(day(24)) && banks_work(day(25)));
        let rests = ["2026-05-06", "2026-12-31", "2027-01-03", "2026-11-23"];
        assert!(rests.iter().all(|day| !banks_work(day.parse().expect("a day"))));
        assert!(banks_work("2026-12-30".parse().expect("a day")), "the town hall is closed, the banks are not");
        assert!(in_time(day(2), day(2)).is_ok() && in_time(day(1), day(2)).is_err());
    }

    proptest! {
        /// Whatever is reported, however often, each payment is found once, and only by what is like it; what is
        /// reported a second time finds nothing more.
        #[test]
        fn each_payment_is_found_once(
            sent in proptest::collection::vec((0..3_u32, 1..4_i64, 1..3_u32, any::<Option<bool>>()), 0..12),
            reported in proptest::collection::vec((0..3_u32, 1..4_i64, 1..3_u32, any::<bool>()), 0..30),
        ) {
            let mut sent: Vec<Sent> = (1..).zip(sent)
                .map(|(number, (n, yen, on, outcome))| Sent { account: account_of(n), yen, on: day(on), number, outcome, refused: false, returned: false })
                .collect();
            let reported: Vec<Reported> = reported.into_iter()
                .map(|(n, yen, on, paid)| Reported {
                    account: account_of(n), holder: String::new(), yen, on: day(on), paid, reference: None,
                })
                .collect();
            let found = matches(&sent, &reported);
            prop_assert_eq!(found.len(), reported.len());
            let mut taken: Vec<usize> = Vec::new();
            for (r, found) in reported.iter().zip(&found) {
                match found {
                    Match::Waiting(at) => {
                        prop_assert!(sent[*at].is(r) && sent[*at].outcome.is_none() && !taken.contains(at));
                        taken.push(*at);
                    }
                    Match::Settled => prop_assert!(sent.iter().any(|s| s.is(r))),
                    Match::Contrary => {
                        prop_assert!(sent.iter().filter(|s| s.is(r)).all(|s| s.outcome == Some(!r.paid)));
                    }
                    Match::Nothing => prop_assert!(!sent.iter().any(|s| s.is(r))),
                }
            }
            for (r, found) in reported.iter().zip(&found) {
                if let Match::Waiting(at) = found {
                    sent[*at].outcome = Some(r.paid);
                }
            }
            let again = matches(&sent, &reported);
            prop_assert!(again.iter().all(|found| !matches!(found, Match::Waiting(_))), "{:?}", again);
        }
    }
}
