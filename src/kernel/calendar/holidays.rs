//! 国民の祝日 (国民の祝日に関する法律, 昭和23年法律178号), as it has been in force since 2007, with the years in which special laws
//! moved some of them. Years before are told by the list of 2007.
//!
//! A change of the law is a line here; until it is there, a municipality can enter the day as one of its own closed days.

use chrono::{Datelike, NaiveDate, Weekday};

/// Is it a holiday: by name (2条), instead of a Sunday (振替休日, 3条2項), or between two (国民の休日, 3条3項)?
pub fn is_national(day: NaiveDate) -> bool {
    is_named(day) || is_instead(day) || is_between(day)
}

fn is_named(day: NaiveDate) -> bool {
    let (year, month, date) = (day.year(), day.month(), day.day());
    match (year, month, date) {
        // 天皇の即位の日・即位礼正殿の儀の行われる日 (平成30年法律99号); the Olympic Games moved three days, each year anew.
        (2019, 5, 1) | (2019, 10, 22) | (2020, 7, 23 | 24) | (2020, 8, 10) | (2021, 7, 22 | 23) | (2021, 8, 8) => {
            return true;
        }
        (2020 | 2021, 7 | 10, _) | (2020 | 2021, 8, 11) => return false,
        _ => {}
    }
    match (month, date) {
        (1, 1) | (2, 11) | (4, 29) | (5, 3..=5) | (11, 3 | 23) => true,
        (2, 23) => year >= 2020,
        (12, 23) => year <= 2018,
        (8, 11) => year >= 2016,
        (3, _) => date == equinox(year, 20_843_100, 21_851_000),
        (1 | 10, 8..=14) | (7, 15..=21) => day.weekday() == Weekday::Mon,
        (9, _) => {
            (15..=21).contains(&date) && day.weekday() == Weekday::Mon || date == equinox(year, 23_248_800, 24_248_800)
        }
        _ => false,
    }
}

/// The day of an equinox, as astronomers compute it in advance; the National Astronomical Observatory has announced no
/// other. In millionths of a day, from where 1980 and 2100 begin.
fn equinox(year: i32, from_1980: i64, from_2100: i64) -> u32 {
    let start = if year < 2100 { from_1980 } else { from_2100 };
    let passed = i64::from(year) - 1980;
    let at = start + 242_194 * passed - 1_000_000 * passed.div_euclid(4);
    u32::try_from(at.div_euclid(1_000_000)).unwrap_or(0)
}

/// The first day after a holiday on a Sunday that is none itself.
fn is_instead(day: NaiveDate) -> bool {
    let mut before = std::iter::successors(day.pred_opt(), NaiveDate::pred_opt).take_while(|day| is_named(*day));
    !is_named(day) && before.any(|day| day.weekday() == Weekday::Sun)
}

/// A day between two that are named.
fn is_between(day: NaiveDate) -> bool {
    !is_named(day) && [day.pred_opt(), day.succ_opt()].into_iter().all(|day| day.is_some_and(is_named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::fiscal_year::FiscalYear;

    /// As the Cabinet Office lists them (内閣府「国民の祝日」について, syukujitsu.csv).
    const LISTED: &str = include_str!("../../../tests/fixtures/calendar/national-holidays.txt");

    #[test]
    fn holidays_are_those_that_the_cabinet_office_lists() {
        let mut years = 0;
        for line in LISTED.lines().filter(|line| !line.starts_with('#')) {
            let (year, days) = line.split_once(": ").expect("a year");
            let year: i32 = year.parse().expect("a year");
            let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("a day");
            let found = first.iter_days().take_while(|day| day.year() == year).filter(|day| is_national(*day));
            let found: Vec<String> = found.map(|day| day.format("%m-%d").to_string()).collect();
            assert_eq!(found.join(" "), days, "{year}");
            years += 1;
        }
        assert_eq!(years, 21);
    }

    #[test]
    fn equinoxes_stay_where_they_belong_for_all_years_that_are_kept() {
        for year in 2007..=FiscalYear(2100).last_day().year() {
            let of = |month: u32, dates: std::ops::RangeInclusive<u32>| {
                dates.filter_map(|date| NaiveDate::from_ymd_opt(year, month, date)).filter(|day| is_named(*day)).count()
            };
            assert_eq!((of(3, 1..=31), of(3, 19..=21)), (1, 1), "{year}");
            assert_eq!((of(9, 1..=30), of(9, 22..=24)), (2, 1), "{year}");
        }
    }
}
