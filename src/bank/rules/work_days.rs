//! On which days banks transfer, and until when a file can still be made for one.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::kernel::calendar::is_national;
use crate::kernel::error::Refusal;

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
