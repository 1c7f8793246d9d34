//! 年度: 1 April to 31 March (地方自治法208条), with its label in the Japanese calendar.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::kernel::scalar::refuse;

/// A fiscal year by the western year it begins in: 2024 is 令和6年度.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FiscalYear(pub i32);

impl FiscalYear {
    /// The years Entaku keeps: 平成元年度 (1989) and after, to the end of the 21st century.
    const KEPT: std::ops::RangeInclusive<i32> = 1989..=2100;

    /// The fiscal year a day lies in.
    pub fn of(day: NaiveDate) -> Self {
        Self(if day.month() >= 4 { day.year() } else { day.year() - 1 })
    }

    /// 1 April.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 4, 1).unwrap_or(NaiveDate::MIN)
    }

    /// 31 March of the following year.
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0.saturating_add(1), 3, 31).unwrap_or(NaiveDate::MAX)
    }

    /// `令和6年度`, `令和元年度`, `平成30年度`. 2019 counts as 令和元年度: that is what public papers write.
    pub fn label(self) -> String {
        let (era, year) = if self.0 >= 2019 { ("令和", self.0 - 2018) } else { ("平成", self.0 - 1988) };
        if year == 1 { format!("{era}元年度") } else { format!("{era}{year}年度") }
    }
}

/// 年度。4月1日から翌年3月31日まで(地方自治法第208条)。始まる年の西暦で表す(2024 = 令和6年度)。
#[Scalar(
    name = "FiscalYear",
    specified_by_url = "https://laws.e-gov.go.jp/law/322AC0000000067#Mp-Pa_2-Ch_9-Se_1-At_208"
)]
impl ScalarType for FiscalYear {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else { return Err(InputValueError::expected_type(value)) };
        number.as_i64().and_then(|n| i32::try_from(n).ok()).filter(|n| Self::KEPT.contains(n)).map(Self).ok_or_else(
            || {
                refuse(
                    "FISCAL_YEAR",
                    "年度は1989から2100までの西暦で指定してください。",
                    "A fiscal year is a year from 1989 to 2100.",
                )
            },
        )
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day")
    }

    #[test]
    fn a_year_begins_on_the_first_of_april() {
        assert_eq!(FiscalYear::of(day(2024, 3, 31)), FiscalYear(2023));
        assert_eq!(FiscalYear::of(day(2024, 4, 1)), FiscalYear(2024));
        assert_eq!(FiscalYear(2024).last_day(), day(2025, 3, 31));
    }

    #[test]
    fn labels_follow_the_public_papers() {
        let pairs = [
            (2014, "平成26年度"),
            (2018, "平成30年度"),
            (2019, "令和元年度"),
            (2020, "令和2年度"),
            (2022, "令和4年度"),
            (2024, "令和6年度"),
            (2040, "令和22年度"),
            (2060, "令和42年度"),
        ];
        for (year, label) in pairs {
            assert_eq!(FiscalYear(year).label(), label);
        }
    }
}
