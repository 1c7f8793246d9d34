//! What a journal is made of, and when a year is closed. Pure; the database holds the same rules once more.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use uuid::Uuid;

use crate::kernel::error::Refusal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::ledger::commands::{LEDGER_YEAR_CLOSE, LEDGER_YEAR_REOPEN};
use crate::ledger::entity::{AccountKind, ledger_year};

/// One side of a journal: the account, by what it is, and how its balance moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account's kind.
    pub kind: AccountKind,
    /// Whose account: the id of a municipality, a programme, an allocation …
    pub owner: Uuid,
    /// What is added to its balance.
    pub amount: Yen,
}

/// Moves an amount from one account to another.
pub fn transfer(from: (AccountKind, Uuid), to: (AccountKind, Uuid), amount: Yen) -> Vec<Leg> {
    let leg = |(kind, owner): (AccountKind, Uuid), amount| Leg { kind, owner, amount: Yen(amount) };
    vec![leg(from, amount.0.saturating_neg()), leg(to, amount.0)]
}

/// Is this a journal: two or more accounts, each once, no zero, nothing beyond range, the sum zero?
pub fn is_journal(legs: &[Leg]) -> bool {
    let sum: i128 = legs.iter().map(|leg| i128::from(leg.amount.0)).sum();
    let sound = |leg: &Leg| leg.amount.0 != 0 && leg.amount.0.unsigned_abs() <= Yen::MAX.0.unsigned_abs();
    let mut accounts: Vec<_> = legs.iter().map(|leg| (leg.kind, leg.owner)).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts.len() >= 2 && accounts.len() == legs.len() && sum == 0 && legs.iter().all(sound)
}

/// The day on which a municipality closes the accounts of a fiscal year: 31 May of the next (地方自治法235条の5).
pub fn closing_day(year: FiscalYear) -> NaiveDate {
    let end = year.last_day();
    NaiveDate::from_ymd_opt(end.year(), 5, 31).unwrap_or(end)
}

/// May the accounts of a year be closed today?
pub fn closable(year: FiscalYear, today: NaiveDate) -> Result<(), Refusal> {
    let day = closing_day(year);
    if today >= day {
        return Ok(());
    }
    Err(Refusal::new(
        "NOT_YET",
        format!("{}の会計は{day}(出納閉鎖の日)から閉じられます。", year.label()),
        format!("The accounts of fiscal year {} are closed from {day} on.", year.0),
    ))
}

/// What may be done to a year now.
pub fn year(row: &ledger_year::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    match action {
        LEDGER_YEAR_REOPEN if row.closed_at.is_none() => Err(year_open()),
        LEDGER_YEAR_CLOSE if row.closed_at.is_some() => Err(year_closed()),
        LEDGER_YEAR_CLOSE => closable(row.fiscal_year, japan_day(now)),
        _ => Ok(()),
    }
}

/// Its accounts are closed.
pub fn year_closed() -> Refusal {
    Refusal::new("YEAR_CLOSED", "この年度の会計は閉じています。", "The accounts of this fiscal year are closed.")
}

/// Its accounts are open.
pub fn year_open() -> Refusal {
    Refusal::new("STATE", "この年度の会計は開いています。", "The accounts of this fiscal year are open.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_closed_from_the_end_of_may_on() {
        let day = |month, day| NaiveDate::from_ymd_opt(2027, month, day).expect("a day");
        assert_eq!(closable(FiscalYear(2026), day(5, 30)).expect_err("refused").reason, "NOT_YET");
        assert_eq!(closable(FiscalYear(2026), day(5, 31)), Ok(()));
    }

    fn move_of(amount: i64) -> Vec<Leg> {
        transfer((AccountKind::Budget, Uuid::from_u128(1)), (AccountKind::Grant, Uuid::from_u128(2)), Yen(amount))
    }

    #[test]
    fn a_transfer_is_a_journal_in_either_direction() {
        assert!(is_journal(&move_of(500)));
        assert!(is_journal(&move_of(-500)));
    }

    #[test]
    fn m3_nothing_from_itself_to_itself_and_no_sum_wraps_around() {
        let own = (AccountKind::Grant, Uuid::from_u128(1));
        assert!(!is_journal(&transfer(own, own, Yen(500))));
        assert!(!is_journal(&move_of(0)));
        assert!(!is_journal(&move_of(i64::MAX)));
        assert!(!is_journal(&move_of(i64::MIN)));
        assert!(!is_journal(&move_of(500)[..1]));
        assert!(!is_journal(&[]));
        let leg = |n, amount| Leg { kind: AccountKind::Grant, owner: Uuid::from_u128(n), amount: Yen(amount) };
        assert!(!is_journal(&[leg(1, 10), leg(2, -9)]));
        assert!(is_journal(&[leg(1, 10), leg(2, -9), leg(3, -1)]));
    }
}
