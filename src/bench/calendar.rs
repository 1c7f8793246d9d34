//! When things happened: five fiscal years, the last of them just begun.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::kernel::fiscal_year::FiscalYear;

/// The fiscal years there are grants of.
pub(super) const YEARS: [FiscalYear; 5] =
    [FiscalYear(2022), FiscalYear(2023), FiscalYear(2024), FiscalYear(2025), FiscalYear(2026)];
/// Meetings of an organization.
pub(super) const MEETINGS: u32 = 125;
/// Those of them whose minutes are being written.
pub(super) const DRAFTS: u32 = 20;
/// Every so many-th meeting has minutes here.
pub(super) const MINUTES_EVERY: u32 = 5;
/// Proposals of an organization.
pub(super) const PROPOSALS: u32 = 75;

/// Nine in the morning in Japan.
pub(super) fn morning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// The first day of all.
pub(super) fn opening() -> NaiveDate {
    YEARS[0].first_day()
}

/// The first day of the last fiscal year, before which every meeting was held.
pub(super) fn latest() -> NaiveDate {
    YEARS[4].first_day()
}

/// The day of an organization's meeting, counted from 0: every eleven days and a half.
fn meeting_day(meeting: u32) -> NaiveDate {
    opening() + Duration::days(i64::from(meeting) * 23 / 2 + 5)
}

/// When an organization meets: in the evening, each organization of a town at its own minute.
pub(super) fn meets(organization: u32, meeting: u32) -> DateTime<Utc> {
    morning(meeting_day(meeting)) + Duration::minutes(600 + i64::from(organization))
}

/// Are the minutes of this meeting still being written? Twenty of them, spread evenly.
pub(super) fn is_draft(meeting: u32) -> bool {
    (meeting + 1) * DRAFTS / MEETINGS > meeting * DRAFTS / MEETINGS
}

/// When an organization proposes: every nineteen days, each at its own minute.
pub(super) fn proposes(organization: u32, proposal: u32) -> DateTime<Utc> {
    morning(opening() + Duration::days(i64::from(proposal) * 19 + 9)) + Duration::minutes(120 + i64::from(organization))
}

/// The place of a time's fiscal year among the years.
pub(super) fn year_of(at: DateTime<Utc>) -> u32 {
    let year = FiscalYear::of(at.date_naive());
    YEARS.iter().zip(0..).find(|(known, _)| **known == year).map_or(0, |(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_happens_in_the_years_before_the_last() {
        assert!(meets(29, MEETINGS - 1) < morning(latest()));
        assert!(proposes(29, PROPOSALS - 1) < morning(latest()));
    }

    #[test]
    fn twenty_meetings_are_drafts_and_none_of_them_has_minutes() {
        let drafts: Vec<u32> = (0..MEETINGS).filter(|meeting| is_draft(*meeting)).collect();
        assert_eq!(drafts.len(), DRAFTS as usize);
        assert!(drafts.iter().all(|meeting| meeting % MINUTES_EVERY != 0));
    }
}
