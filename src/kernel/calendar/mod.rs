//! The days on which a town hall is open, and periods that are counted in them.
//!
//! Closed are Saturdays, Sundays, the national holidays ([`holidays`]), 29 December to 3 January (地方自治法4条の2第2項), and
//! what a municipality's own ordinance adds, which is data.

mod holidays;

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

pub use holidays::is_national;

/// The longest time within which an open day is looked for.
const A_YEAR: usize = 366;

/// A municipality's calendar.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// On which days it is closed besides.
    own: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// The calendar of a municipality that closes on these days besides.
    pub fn with(own: impl IntoIterator<Item = NaiveDate>) -> Self {
        Self { own: own.into_iter().collect() }
    }

    /// Is it open?
    pub fn is_open(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let turn_of_the_year = matches!((day.month(), day.day()), (12, 29..=31) | (1, 1..=3));
        !(weekend || turn_of_the_year || is_national(day) || self.own.contains(&day))
    }

    /// The day itself where it is open, or the next one that is (地方自治法4条の2第4項, 民法142条).
    pub fn open_from(&self, day: NaiveDate) -> NaiveDate {
        day.iter_days().take(A_YEAR).find(|day| self.is_open(*day)).unwrap_or(day)
    }

    /// The day so many open days after another, which does not count (民法140条).
    pub fn open_days_after(&self, day: NaiveDate, count: u32) -> NaiveDate {
        let mut end = day;
        for _ in 0..count {
            end = end.succ_opt().map_or(end, |next| self.open_from(next));
        }
        end
    }

    /// How many open days there are after a day, up to another one.
    pub fn open_days_between(&self, day: NaiveDate, until: NaiveDate) -> u32 {
        let days = day.iter_days().skip(1).take_while(|day| *day <= until);
        u32::try_from(days.filter(|day| self.is_open(*day)).count()).unwrap_or(u32::MAX)
    }
}

/// The day so many days after another, which does not count.
pub fn days_after(day: NaiveDate, count: u32) -> NaiveDate {
    day.checked_add_days(Days::new(count.into())).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_town_hall_is_closed_at_weekends_on_holidays_and_at_the_turn_of_the_year() {
        let calendar = Calendar::with([day("2026-08-14")]);
        let closed = ["2026-11-21", "2026-11-22", "2026-11-23", "2026-12-29", "2027-01-03", "2026-05-06", "2026-08-14"];
        assert!(closed.iter().all(|text| !calendar.is_open(day(text))));
        let open = ["2026-11-24", "2026-12-28", "2027-01-04", "2026-05-07", "2026-08-13"];
        assert!(open.iter().all(|text| calendar.is_open(day(text))));
        assert!(Calendar::default().is_open(day("2026-08-14")), "another town's closed day");
    }

    #[test]
    fn what_is_due_on_a_closed_day_is_due_on_the_next_open_one() {
        let calendar = Calendar::with([day("2027-01-04")]);
        assert_eq!(calendar.open_from(day("2026-12-29")), day("2027-01-05"));
        assert_eq!(calendar.open_from(day("2026-05-02")), day("2026-05-07"), "five days of holidays and a weekend");
        assert_eq!(calendar.open_from(day("2026-05-07")), day("2026-05-07"));
    }

    #[test]
    fn open_days_are_counted_from_the_day_after() {
        let calendar = Calendar::default();
        assert_eq!(calendar.open_days_after(day("2026-04-28"), 3), day("2026-05-07"));
        assert_eq!(calendar.open_days_after(day("2026-04-28"), 0), day("2026-04-28"));
        assert_eq!(calendar.open_days_between(day("2026-04-28"), day("2026-05-07")), 3);
        assert_eq!(calendar.open_days_between(day("2026-05-07"), day("2026-04-28")), 0);
        assert_eq!(days_after(day("2026-04-28"), 3), day("2026-05-01"));
    }
}
