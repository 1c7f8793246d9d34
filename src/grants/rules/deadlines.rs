//! Until when each step is due, by a programme's terms and the town's calendar. A step of which the terms say nothing has no
//! deadline. What the organization does may wait for an open day; the town hall's own periods end when they end.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::deadlines::{Deadlines, InstalmentTime, Period};
use crate::grants::rules::terms::Terms;
use crate::kernel::calendar::{Calendar, days_after};
use crate::kernel::date::Date;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// Terms, counted in a town's calendar.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// The programme's terms.
    pub terms: Terms,
    deadlines: Deadlines,
    calendar: Calendar,
}

/// When one part of a grant is paid (JSON).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartTime {
    /// The first day on which it may be asked for, where the terms insist on it.
    pub from: Option<NaiveDate>,
    /// The last day on which it is to be asked for and paid.
    pub until: Option<NaiveDate>,
}

/// What of a grant's parts may be asked for by a day, in all; nothing where there is no limit.
pub fn askable(parts: &[Yen], times: Option<&[PartTime]>, today: NaiveDate) -> Option<Yen> {
    let open = parts.iter().zip(times?).filter(|(_, time)| time.from.is_none_or(|from| from <= today));
    Some(Yen(open.map(|(part, _)| part.0).sum()))
}

impl Timetable {
    /// Terms in a calendar.
    pub fn new(terms: Terms, calendar: Calendar) -> Self {
        Self { deadlines: terms.deadlines(), terms, calendar }
    }

    /// Until when what was submitted on a day is decided (標準処理期間).
    pub fn decision(&self, submitted: NaiveDate) -> Option<Date> {
        self.after(self.deadlines.decision.as_ref(), submitted)
    }

    /// The same for what was returned and is submitted again: the days of the correction do not count.
    pub fn decision_again(&self, due: Option<Date>, returned: Option<Date>, again: NaiveDate) -> Option<Date> {
        let period = self.deadlines.decision.as_ref()?;
        match (due, returned) {
            (Some(due), Some(returned)) => Some(Date(period.resumed(&self.calendar, due.0, returned.0, again))),
            _ => self.decision(again),
        }
    }

    /// Until when what is returned is to be corrected: the day that was given, or the terms' period.
    pub fn correction(&self, returned: NaiveDate, given: Option<Date>) -> Option<Date> {
        given.or_else(|| Some(self.of_organization(self.after(self.deadlines.correction.as_ref(), returned)?)))
    }

    /// Until when what is asked for on a day is paid: within the terms' period, and in the part's own time as far as that is
    /// to come.
    pub fn payment(&self, year: FiscalYear, asked: NaiveDate, part_until: Option<Date>) -> Option<Date> {
        let until = part_until.filter(|until| until.0 > asked);
        let due = self.after(self.deadlines.payment.as_ref(), asked).into_iter().chain(until).min();
        due.map(|due| within_accounts(due, asked, year))
    }

    /// Until when a change that is asked for on a day is decided on.
    pub fn change(&self, asked: NaiveDate) -> Option<Date> {
        self.after(self.deadlines.change.as_ref(), asked)
    }

    /// Until when the amount is fixed of what is reported on a day.
    pub fn fixing(&self, year: FiscalYear, reported: NaiveDate) -> Option<Date> {
        self.after(self.deadlines.fixing.as_ref(), reported).map(|due| within_accounts(due, reported, year))
    }

    /// The same for what is reported, or was returned on a day and is reported again: the days of the correction do not
    /// count. `before` is until when it was due, and when it was returned.
    pub fn fixing_again(
        &self,
        year: FiscalYear,
        before: (Option<Date>, Option<Date>),
        reported: NaiveDate,
    ) -> Option<Date> {
        let period = self.deadlines.fixing.as_ref()?;
        let (Some(due), Some(returned)) = before else { return self.fixing(year, reported) };
        let due = Date(period.resumed(&self.calendar, due.0, returned.0, reported));
        Some(within_accounts(due, reported, year))
    }

    /// Until when an organization decides on what one of its associations asks for.
    pub fn subgrant(&self, submitted: NaiveDate) -> Option<Date> {
        self.after(self.deadlines.subgrant.as_ref(), submitted)
    }

    /// The last day of withdrawal; the day of the decision does not count (民法140条).
    pub fn withdrawal(&self, decided: NaiveDate, days: i32) -> Date {
        self.of_organization(Date(days_after(decided, days.unsigned_abs())))
    }

    /// Until when what is ordered back on a day is to be returned.
    pub fn repayment(&self, ordered: NaiveDate, days: i32) -> Date {
        self.of_organization(Date(days_after(ordered, days.unsigned_abs())))
    }

    /// The last day for the report.
    pub fn report(&self, year: FiscalYear, completed: Option<NaiveDate>) -> Date {
        self.terms.report_due(&self.calendar, year, completed)
    }

    /// When each part of an amount is paid, in the order of [`Terms::parts`]; nothing where the terms have no times. What was
    /// over before the decision is no deadline.
    pub fn schedule(&self, year: FiscalYear, decided: NaiveDate, amount: Yen) -> Option<Vec<PartTime>> {
        let instalments = self.terms.instalments.as_ref().filter(|of| !of.times.is_empty())?;
        let parts = instalments.of(amount).into_iter().zip(&instalments.times).filter(|(part, _)| part.0 > 0);
        let time = |(_, time): (Yen, &InstalmentTime)| {
            let (from, until) = time.within(year)?;
            Some(PartTime {
                from: Some(from).filter(|_| instalments.not_before),
                until: Some(until).filter(|until| *until >= decided),
            })
        };
        parts.map(time).collect()
    }

    fn after(&self, period: Option<&Period>, day: NaiveDate) -> Option<Date> {
        period.map(|period| Date(period.after(&self.calendar, day)))
    }

    fn of_organization(&self, due: Date) -> Date {
        Date(self.deadlines.of_organization(&self.calendar, due.0))
    }
}

/// No later than the accounts of the fiscal year close, on 31 May (地方自治法235条の5), as far as that is to come.
fn within_accounts(due: Date, from: NaiveDate, year: FiscalYear) -> Date {
    let closing = year.last_day().checked_add_months(Months::new(2));
    closing.filter(|closing| from <= *closing).map_or(due, |closing| Date(due.0.min(closing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: FiscalYear = FiscalYear(2026);

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn told(due: Option<Date>) -> String {
        due.map_or_else(String::new, |due| due.0.to_string())
    }

    fn timetable(terms: serde_json::Value) -> Timetable {
        Timetable::new(serde_json::from_value(terms).expect("terms"), Calendar::default())
    }

    #[test]
    fn a_programme_that_says_nothing_has_no_deadlines_but_those_it_always_had() {
        let usual = timetable(serde_json::json!({}));
        let today = day("2026-05-20");
        let none = [usual.decision(today), usual.correction(today, None), usual.payment(YEAR, today, None)];
        let more = [usual.change(today), usual.fixing(YEAR, today), usual.subgrant(today)];
        assert!(none.into_iter().chain(more).all(|due| due.is_none()));
        assert_eq!(usual.schedule(YEAR, today, Yen(1_000_000)), None);
        assert_eq!(usual.withdrawal(day("2026-05-08"), 15).0, day("2026-05-23"), "a Saturday stays");
        assert_eq!(usual.repayment(day("2026-05-08"), 15).0, day("2026-05-23"));
    }

    #[test]
    fn the_organizations_deadlines_wait_for_an_open_day_and_the_town_halls_do_not() {
        let period = serde_json::json!({ "days": 15 });
        let table = timetable(serde_json::json!({"conditions": {"deadlines":
            {"closedDays": "NEXT_OPEN_DAY", "decision": period, "correction": period, "payment": period}}}));
        let friday = day("2026-05-08");
        assert_eq!(told(table.decision(friday)), "2026-05-23");
        assert_eq!(told(table.payment(YEAR, friday, None)), "2026-05-23");
        assert_eq!(told(table.correction(friday, None)), "2026-05-25");
        assert_eq!(told(table.correction(friday, Some(Date(day("2026-05-16"))))), "2026-05-16", "as it was given");
        assert_eq!(table.withdrawal(friday, 15).0, day("2026-05-25"));
        assert_eq!(table.repayment(friday, 15).0, day("2026-05-25"));
    }

    #[test]
    fn the_days_of_a_correction_lengthen_the_processing_period() {
        let table = timetable(serde_json::json!({"conditions": {"deadlines": {"decision": { "days": 30 }}}}));
        let due = table.decision(day("2026-05-01"));
        assert_eq!(told(due), "2026-05-31");
        let again = table.decision_again(due, Some(Date(day("2026-05-11"))), day("2026-05-21"));
        assert_eq!(told(again), "2026-06-10");
        assert_eq!(
            told(table.decision_again(None, None, day("2026-05-21"))),
            "2026-06-20",
            "submitted before it was set"
        );
    }

    #[test]
    fn the_days_of_a_reports_correction_lengthen_the_period_of_the_fixing() {
        let table = timetable(serde_json::json!({"conditions": {"deadlines": {"fixing": { "days": 30 }}}}));
        let until = |text| Some(Date(day(text)));
        let due = table.fixing_again(YEAR, (None, None), day("2026-11-01"));
        assert_eq!(due, until("2026-12-01"));
        let again = |returned, on| table.fixing_again(YEAR, (due, until(returned)), day(on));
        assert_eq!(again("2026-11-21", "2026-12-10"), until("2026-12-20"), "ten days were left");
        assert_eq!(again("2026-12-05", "2026-12-10"), until("2026-12-10"), "nothing was left");
        assert_eq!(again("2026-11-21", "2027-05-28"), until("2027-05-31"), "the accounts close");
        let none = timetable(serde_json::json!({}));
        assert_eq!(none.fixing_again(YEAR, (due, until("2026-11-21")), day("2026-12-10")), None);
    }

    #[test]
    fn m10_quarters_are_paid_in_their_months() {
        let times = [4, 7, 10, 1].map(|month| serde_json::json!({ "month": month }));
        let quarters = |not_before: bool| {
            timetable(serde_json::json!({"instalments": {"count": 4, "unit": 1000, "rest": "FIRST", "times": times,
                "notBefore": not_before}, "conditions": {"deadlines": {"payment": {"days": 20}}}}))
        };
        let table = quarters(true);
        let parts = table.schedule(YEAR, day("2026-06-01"), Yen(1_234_567)).expect("times");
        let told = |part: &PartTime| [part.from, part.until].map(|day| day.map(|day| day.to_string()));
        assert_eq!(told(&parts[0]), [Some("2026-04-01".to_owned()), None], "April was over");
        assert_eq!(told(&parts[3]), [Some("2027-01-01".to_owned()), Some("2027-01-31".to_owned())]);
        assert_eq!(quarters(false).schedule(YEAR, day("2026-06-01"), Yen(4_000)).expect("times")[1].from, None);
        assert_eq!(table.schedule(YEAR, day("2026-06-01"), Yen(999)).expect("times").len(), 1, "as the parts");
        let until = |day: NaiveDate| Some(Date(day));
        assert_eq!(table.payment(YEAR, day("2026-07-05"), until(day("2026-07-31"))), until(day("2026-07-25")));
        assert_eq!(table.payment(YEAR, day("2026-07-20"), until(day("2026-07-31"))), until(day("2026-07-31")));
        assert_eq!(
            table.payment(YEAR, day("2026-08-20"), until(day("2026-07-31"))),
            until(day("2026-09-09")),
            "its time is over"
        );
    }

    #[test]
    fn no_period_goes_on_after_the_accounts_close() {
        let table = timetable(serde_json::json!({"conditions": {"deadlines": {"payment": {"days": 30},
            "fixing": {"days": 60}}}}));
        let until = |text| Some(Date(day(text)));
        assert_eq!(table.fixing(YEAR, day("2027-03-31")), until("2027-05-30"));
        assert_eq!(table.fixing(YEAR, day("2027-04-10")), until("2027-05-31"));
        assert_eq!(table.payment(YEAR, day("2027-05-31"), None), until("2027-05-31"));
        assert_eq!(table.payment(YEAR, day("2027-06-01"), None), until("2027-07-01"), "they were opened again");
        // Asked for on the part's last day, it is paid within the period.
        assert_eq!(table.payment(YEAR, day("2026-07-31"), until("2026-07-31")), until("2026-08-30"));
    }
}
