//! The rules of the bank, one by one.

use chrono::NaiveDate;
use proptest::prelude::*;
use uuid::Uuid;

use crate::bank::rules::{File, Match, Sent, banks_work, carried_out, contents, in_time, masked, matches, tail};
use crate::bank::zengin::report::Reported;
use crate::bank::zengin::statement::Debit;
use crate::bank::zengin::transfer::Account;

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
