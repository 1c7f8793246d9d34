//! How long each step takes by a by-law, what becomes of a deadline on a day on which the town hall is closed, and in which
//! months the parts of a grant are paid.

use async_graphql::{Enum, InputObject};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::kernel::calendar::{Calendar, days_after};
use crate::kernel::fiscal_year::FiscalYear;

/// 各段階の期限。定めのない段階には期限がない。
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationDeadlinesInput")]
pub struct Deadlines {
    /// 団体の期限(取下げ、補正、実績報告、返還)の末日が閉庁日に当たるときの扱い。指定しなければ、そのまま。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_days: Option<ClosedDays>,
    /// 標準処理期間(申請から交付または不交付の決定まで。行政手続法第6条)。補正に要した日数は含まない。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Period>,
    /// 補正のために返してから、再び提出するまで。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<Period>,
    /// 請求から支払まで。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Period>,
    /// 変更承認申請から決定まで。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Period>,
    /// 実績報告から額の確定まで。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixing: Option<Period>,
    /// 地域内の申請から採択または不採択の決定まで。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subgrant: Option<Period>,
}

/// 閉庁日に当たる期限の扱い。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationClosedDays")]
pub enum ClosedDays {
    /// 次の開庁日を期限とする(地方自治法第4条の2第4項の例による)
    NextOpenDay,
    /// そのまま
    AsIs,
}

/// 期間。初日は数えない。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPeriodInput")]
pub struct Period {
    /// 日数。
    pub days: i32,
    /// 開庁日だけを数えるか。
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[graphql(default)]
    pub open_days: bool,
    /// 根拠となる条(「第6条第2項」など)。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_reference: Option<String>,
}

/// A step of a grant, and how long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its name in the input, and in Japanese.
    pub name: (&'static str, &'static str),
    /// Its period, where there is one.
    pub period: Option<&'a Period>,
}

impl Period {
    /// The longest: a year.
    pub const MOST: i32 = 366;

    /// Is it a period that can be counted?
    pub fn is_one(&self) -> bool {
        (1..=Self::MOST).contains(&self.days)
    }

    /// The last day of the period that begins with a day, which does not count.
    pub fn after(&self, calendar: &Calendar, day: NaiveDate) -> NaiveDate {
        let days = u32::try_from(self.days).unwrap_or(0);
        if self.open_days { calendar.open_days_after(day, days) } else { days_after(day, days) }
    }

    /// What was left of the period on a day, counted on from a later one: what lies between is not part of it.
    pub fn resumed(&self, calendar: &Calendar, due: NaiveDate, stopped: NaiveDate, again: NaiveDate) -> NaiveDate {
        if self.open_days {
            return calendar.open_days_after(again, calendar.open_days_between(stopped, due));
        }
        days_after(again, u32::try_from((due - stopped).num_days()).unwrap_or(0))
    }
}

impl Deadlines {
    /// The day on which something of the organization is due, where its period ends on this day.
    pub fn of_organization(&self, calendar: &Calendar, day: NaiveDate) -> NaiveDate {
        if self.closed_days == Some(ClosedDays::NextOpenDay) { calendar.open_from(day) } else { day }
    }

    /// Does any of it depend on the days on which the town hall is open?
    pub fn need_calendar(&self) -> bool {
        let open_days = self.periods().iter().any(|step| step.period.is_some_and(|period| period.open_days));
        open_days || self.closed_days == Some(ClosedDays::NextOpenDay)
    }

    /// Each step with its period.
    pub fn periods(&self) -> [Step<'_>; 6] {
        [
            Step { name: ("decision", "標準処理期間"), period: self.decision.as_ref() },
            Step { name: ("correction", "補正の期間"), period: self.correction.as_ref() },
            Step { name: ("payment", "支払の期間"), period: self.payment.as_ref() },
            Step { name: ("change", "変更承認申請の処理期間"), period: self.change.as_ref() },
            Step { name: ("fixing", "額の確定の期間"), period: self.fixing.as_ref() },
            Step { name: ("subgrant", "地域内の申請の処理期間"), period: self.subgrant.as_ref() },
        ]
    }
}

/// 分割払の一回を支払う時期。年度の中の月と日で定める。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationInstalmentTimeInput")]
pub struct InstalmentTime {
    /// 月。
    pub month: i32,
    /// その月の何日から。指定しなければ1日。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_day: Option<i32>,
    /// その月の何日までに。指定しなければ末日。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_day: Option<i32>,
}

impl InstalmentTime {
    /// Is there such a time in every year?
    pub fn is_one(&self) -> bool {
        let (from, until) = (self.from_day.unwrap_or(1), self.until_day.unwrap_or(31));
        (1..=12).contains(&self.month) && (1..=31).contains(&from) && (from..=31).contains(&until)
    }

    /// Its place among the months of a fiscal year, which begins in April.
    pub fn place(&self) -> i32 {
        (self.month - 4).rem_euclid(12)
    }

    /// Its first and last day in a fiscal year; a month that has no such day has its last.
    pub fn within(&self, year: FiscalYear) -> Option<(NaiveDate, NaiveDate)> {
        let of = if self.month >= 4 { year.0 } else { year.0 + 1 };
        let month = u32::try_from(self.month).ok()?;
        let day = |day: i32| {
            (28..=day).rev().chain([day]).find_map(|day| NaiveDate::from_ymd_opt(of, month, u32::try_from(day).ok()?))
        };
        Some((day(self.from_day.unwrap_or(1))?, day(self.until_day.unwrap_or(31))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_period_counts_days_or_open_days_and_not_its_first() {
        let calendar = Calendar::with([day("2026-05-08")]);
        let days = Period { days: 30, open_days: false, legal_reference: None };
        assert_eq!(days.after(&calendar, day("2026-04-28")), day("2026-05-28"));
        let open = Period { days: 3, open_days: true, legal_reference: None };
        assert_eq!(open.after(&calendar, day("2026-04-28")), day("2026-05-07"));
        assert_eq!(open.after(&calendar, day("2026-05-07")), day("2026-05-13"), "the town is closed on the 8th");
    }

    #[test]
    fn the_days_of_a_correction_are_not_part_of_the_period() {
        let calendar = Calendar::default();
        let days = Period { days: 30, open_days: false, legal_reference: None };
        let (due, stopped, again) = (day("2026-06-10"), day("2026-05-20"), day("2026-06-05"));
        assert_eq!(days.resumed(&calendar, due, stopped, again), day("2026-06-26"), "21 days are left");
        let open = Period { open_days: true, ..days.clone() };
        assert_eq!(open.resumed(&calendar, due, stopped, again), day("2026-06-26"), "15 open days are left");
        assert_eq!(days.resumed(&calendar, stopped, due, again), again, "nothing is left");
    }

    #[test]
    fn only_what_the_organization_does_waits_for_an_open_day_and_only_where_the_terms_say_so() {
        let calendar = Calendar::default();
        let on = |closed_days| {
            Deadlines { closed_days, ..Deadlines::default() }.of_organization(&calendar, day("2027-03-20"))
        };
        assert_eq!(on(Some(ClosedDays::NextOpenDay)), day("2027-03-23"), "a weekend, and a holiday for its Sunday");
        assert_eq!((on(Some(ClosedDays::AsIs)), on(None)), (day("2027-03-20"), day("2027-03-20")));
    }

    #[test]
    fn a_part_is_paid_in_its_month_of_the_fiscal_year() {
        let time = |month, from_day, until_day| InstalmentTime { month, from_day, until_day };
        let within = |time: InstalmentTime| {
            time.within(FiscalYear(2026)).map(|(from, until)| (from.to_string(), until.to_string())).expect("days")
        };
        assert_eq!(within(time(4, None, None)), ("2026-04-01".to_owned(), "2026-04-30".to_owned()));
        assert_eq!(within(time(1, Some(10), Some(20))), ("2027-01-10".to_owned(), "2027-01-20".to_owned()));
        assert_eq!(within(time(2, Some(29), Some(31))), ("2027-02-28".to_owned(), "2027-02-28".to_owned()));
        assert!(time(4, Some(10), Some(10)).is_one() && !time(4, Some(10), Some(9)).is_one());
        assert!(!time(0, None, None).is_one() && !time(13, None, None).is_one() && !time(4, None, Some(32)).is_one());
        assert!(time(3, None, None).place() > time(4, None, None).place());
    }
}
