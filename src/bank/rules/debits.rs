//! Which files of payments a statement shows to be carried out, by what was taken from the account.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::bank::rules::{Match, Sent, next_bank_day};
use crate::bank::zengin::statement::Debit;

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
