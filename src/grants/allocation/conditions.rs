//! What a by-law asks of who has a grant: until when to report and to keep vouchers, what may change without
//! approval, what may be reserved. Readings on which by-laws differ are part of the data.

use async_graphql::{Enum, InputObject};
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::deadlines::{Deadlines, InstalmentTime};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::papers::AskedPaper;
use crate::kernel::error::Refusal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// 交付の条件。
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationConditionsInput")]
pub struct Conditions {
    /// 実績報告の期限。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportDue>,
    /// 承認を要しない軽微な変更。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor_change: Option<MinorChange>,
    /// 積立て。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<Reserve>,
    /// 帳簿と証拠書類の保存。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// 各段階の期限。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadlines: Option<Deadlines>,
    /// 各段階で求める書類。
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[graphql(default)]
    pub papers: Vec<AskedPaper>,
}

/// 実績報告の期限。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationReportDueInput")]
pub struct ReportDue {
    /// 完了の日からの月数。
    pub months: i32,
    /// 「経過した日」の読み方。
    pub elapsed: Elapsed,
    /// 完了した年度の末日を超えないか。
    pub within_fiscal_year: bool,
    /// 年度の終わった後の、この月日まで(「翌年の5月31日までに」など)。指定すれば、完了の日からの月数によらない。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<DayAfterYear>,
    /// 根拠となる条。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_reference: Option<String>,
}

/// 年度の終わった後、最初に来る月日。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationDayAfterYearInput")]
pub struct DayAfterYear {
    /// 月。
    pub month: i32,
    /// 日。その月にない日は、末日。
    pub day: i32,
}

impl DayAfterYear {
    /// The first such day after the end of a fiscal year.
    pub fn after(self, year: FiscalYear) -> Option<NaiveDate> {
        let time = InstalmentTime { month: self.month, from_day: None, until_day: Some(self.day) };
        time.within(FiscalYear(year.0 + 1)).map(|(_, day)| day)
    }

    /// Is there such a day in every year?
    pub fn is_one(self) -> bool {
        InstalmentTime { month: self.month, from_day: None, until_day: Some(self.day) }.is_one()
    }
}

impl ReportDue {
    /// Does it say one thing: a period, or a day after the year?
    pub fn is_one(&self) -> bool {
        (0..=24).contains(&self.months) && self.by.is_none_or(|by| by.is_one() && !self.within_fiscal_year)
    }
}

/// 「1月を経過した日」の読み方。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationElapsed")]
pub enum Elapsed {
    /// 応当日(2月10日の1月後は3月10日)
    CorrespondingDay,
    /// 応当日の翌日(3月11日)
    DayAfter,
    /// 1月を30日として数えた日(3月12日)
    ThirtyDays,
}

impl ReportDue {
    /// The last day for the report; where a month has no such day, its last (民法143条2項).
    pub fn day(&self, completed: NaiveDate) -> Option<NaiveDate> {
        let months = u32::try_from(self.months).ok()?;
        let corresponding = completed.checked_add_months(Months::new(months))?;
        let due = match self.elapsed {
            Elapsed::CorrespondingDay => corresponding,
            Elapsed::DayAfter => corresponding.succ_opt()?,
            Elapsed::ThirtyDays => completed.checked_add_days(Days::new(u64::from(months) * 30))?,
        };
        let end = FiscalYear::of(completed).last_day();
        Some(if self.within_fiscal_year { due.min(end) } else { due })
    }
}

/// 軽微な変更。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationMinorChangeInput")]
pub struct MinorChange {
    /// 各事業の経費の増減の限度(百分率)。交付決定額が変わる変更は、常に承認を要する。
    pub percent: Exact,
}

impl MinorChange {
    /// May a project's cost go from `before` to `after` without approval? `decided` is the granted amount, before and
    /// after.
    pub fn is_minor(&self, before: Yen, after: Yen, decided: (Yen, Yen)) -> bool {
        let change = (&Exact::from(after) - &Exact::from(before)).abs();
        let limit = (&Exact::from(before) * &self.percent).over(&Exact::from(100)).unwrap_or_else(Exact::zero);
        decided.0 == decided.1 && change <= limit
    }
}

/// 積立て。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationReserveInput")]
pub struct Reserve {
    /// 一年度に積み立てられる額(円)。
    pub most: Yen,
    /// 事前の協議を要するか。
    pub consultation: bool,
}

impl Reserve {
    /// May this much be reserved in a fiscal year?
    pub fn allows(&self, yen: Yen, consulted: bool) -> Result<(), Refusal> {
        if yen > self.most {
            let ja = format!("積立ては一年度に{}までです。", self.most);
            return Err(Refusal::new("RESERVE_EXCEEDED", ja, format!("At most {} yen a fiscal year.", self.most.0)));
        }
        if self.consultation && !consulted {
            let ja = "積立てには事前の協議が必要です。";
            return Err(Refusal::new("CONSULTATION_MISSING", ja, "A reserve needs a consultation before."));
        }
        Ok(())
    }
}

/// 保存の期間。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationRetentionInput")]
pub struct Retention {
    /// 完了の日の属する年(暦年)の翌年から起算した年数。
    pub years: i32,
    /// 暦年で数えるか、年度で数えるか。
    pub by: YearCount,
}

/// 年の数え方。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationYearCount")]
pub enum YearCount {
    /// 暦年
    Calendar,
    /// 年度。完了の日の属する年(暦年)の翌年に始まる年度から数える(2024年12月10日の完了から5年なら2030年3月31日まで、2025年2月10日の完了からは2031年3月31日まで)
    Fiscal,
}

impl Retention {
    /// The last day on which vouchers are kept. 「完了の翌年から起算して」: the years begin with the calendar year after the
    /// completion's, or with the fiscal year that begins in it, also where the completion lies in the fiscal year before.
    pub fn last_day(&self, completed: NaiveDate) -> Option<NaiveDate> {
        let year = completed.year().checked_add(self.years)?;
        match self.by {
            YearCount::Calendar => NaiveDate::from_ymd_opt(year, 12, 31),
            YearCount::Fiscal => NaiveDate::from_ymd_opt(year.checked_add(1)?, 3, 31),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_report_is_due_after_a_month_and_within_the_fiscal_year() {
        let due = |elapsed, completed| {
            let report = ReportDue { months: 1, elapsed, within_fiscal_year: true, by: None, legal_reference: None };
            report.day(day(completed)).expect("a day").to_string()
        };
        assert_eq!(due(Elapsed::CorrespondingDay, "2025-02-10"), "2025-03-10");
        assert_eq!(due(Elapsed::DayAfter, "2025-02-10"), "2025-03-11");
        assert_eq!(due(Elapsed::ThirtyDays, "2025-02-10"), "2025-03-12");
        assert_eq!(due(Elapsed::CorrespondingDay, "2025-03-15"), "2025-03-31");
        assert_eq!(due(Elapsed::CorrespondingDay, "2025-01-31"), "2025-02-28");
    }

    #[test]
    fn a_report_may_be_due_on_a_day_after_the_year() {
        let by = |month, day| DayAfterYear { month, day };
        assert_eq!(by(5, 31).after(FiscalYear(2026)), Some(day("2027-05-31")));
        assert_eq!(by(2, 31).after(FiscalYear(2026)), Some(day("2028-02-29")), "the month's last");
        assert!(by(3, 31).is_one() && !by(13, 1).is_one() && !by(5, 0).is_one());
    }

    #[test]
    fn a_fifth_more_or_less_is_minor_and_one_yen_beyond_is_not() {
        let minor = MinorChange { percent: Exact::from(20) };
        let same = (Yen(800_000), Yen(800_000));
        for (after, is_minor) in [(1_200_000, true), (1_200_001, false), (800_000, true), (799_999, false)] {
            assert_eq!(minor.is_minor(Yen(1_000_000), Yen(after), same), is_minor, "{after}");
        }
        assert!(!minor.is_minor(Yen(1_000_000), Yen(1_000_000), (Yen(800_000), Yen(800_001))));
    }

    #[test]
    fn a_reserve_of_a_million_and_one_is_refused() {
        let reserve = Reserve { most: Yen(1_000_000), consultation: true };
        assert_eq!(reserve.allows(Yen(1_000_000), true), Ok(()));
        assert_eq!(reserve.allows(Yen(1_000_001), true).expect_err("refused").reason, "RESERVE_EXCEEDED");
        assert_eq!(reserve.allows(Yen(1), false).expect_err("refused").reason, "CONSULTATION_MISSING");
    }

    #[test]
    fn vouchers_are_kept_for_five_years_by_either_reading() {
        let last = |by, completed| Retention { years: 5, by }.last_day(day(completed)).expect("a day").to_string();
        assert_eq!(last(YearCount::Calendar, "2025-02-10"), "2030-12-31");
        assert_eq!(last(YearCount::Fiscal, "2025-02-10"), "2031-03-31");
        // Of the same fiscal year, and of the calendar year before.
        assert_eq!(last(YearCount::Calendar, "2024-12-10"), "2029-12-31");
        assert_eq!(last(YearCount::Fiscal, "2024-12-10"), "2030-03-31");
        assert_eq!(last(YearCount::Fiscal, "2024-04-01"), "2030-03-31");
        for by in [YearCount::Calendar, YearCount::Fiscal] {
            assert_eq!(Retention { years: i32::MAX, by }.last_day(day("2025-02-10")), None);
        }
    }
}
