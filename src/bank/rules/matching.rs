//! Which payment each line of a report is.

use chrono::NaiveDate;

use crate::bank::entity::TransferLineState;
use crate::bank::zengin::report::Reported;
use crate::bank::zengin::transfer::Account;

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
    pub(super) fn is(&self, r: &Reported) -> bool {
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
