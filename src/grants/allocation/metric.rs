//! What a rule counts: where a number comes from, as of which day.

use async_graphql::{Enum, InputObject, OneofObject};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::Rounding;
use crate::kernel::fiscal_year::FiscalYear;

/// 指標。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationMetricInput")]
pub struct Metric {
    /// 規則の中で指標を指す名前(英小文字で始まる英数字)。
    pub key: String,
    /// 指標の名称(「世帯数」など)。
    pub label: String,
    /// 値の型。
    #[graphql(name = "type")]
    #[serde(rename = "type")]
    pub ty: MetricType,
    /// 単位(「世帯」「人」など)。語・真偽では空。
    pub unit: String,
    /// 団体の値か、自治体全体の値か。
    pub of: MetricOf,
    /// 値の出所。
    pub source: MetricSource,
    /// 基準日。指定しないと、年度の初日。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<ReferenceDate>,
    /// 値の端数処理。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
}

/// 値の型。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationMetricType")]
pub enum MetricType {
    /// 数(0以上)
    Number,
    /// 円
    Yen,
    /// 真偽
    Flag,
    /// 語
    Word,
}

/// 何の値か。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationMetricOf")]
pub enum MetricOf {
    /// 団体
    Body,
    /// 自治体全体
    Municipality,
}

/// 値の出所。いずれか一つ。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, OneofObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationMetricSourceInput")]
pub enum MetricSource {
    /// 地区の統計。自治体全体の指標では、全地区の合計。
    Statistic(StatisticField),
    /// 申告された値。申告の項目の名前。
    Declaration(String),
    /// 団体の登録内容。
    Record(RecordField),
    /// 二つの指標の商。
    Quotient(Quotient),
    /// 指標の合計。
    Sum(Vec<String>),
    /// 二つの指標の差。負になるときは0。
    Difference(Difference),
    /// 指標に重みを掛けた合計(「人口×0.6+世帯数×0.4」など)。
    WeightedSum(Vec<Weighted>),
    /// 指標の積。円の指標は一つまで。
    Product(Vec<String>),
}

/// 地区の統計の項目。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationStatisticField")]
pub enum StatisticField {
    /// 人口
    Population,
    /// 世帯数
    Households,
    /// 65歳以上の人口
    Aged65,
    /// 75歳以上の人口
    Aged75,
    /// 面積(平方メートル)
    AreaSquareMetres,
}

/// 団体の登録内容。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationRecordField")]
pub enum RecordField {
    /// 設立からの満年数
    YearsSinceFounded,
    /// 組織の種類(語)
    OrganizationKind,
    /// 地区の単位(語)
    AreaUnit,
    /// 前年度の配分額(円)
    PreviousAmount,
}

/// 商。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationQuotientInput")]
pub struct Quotient {
    /// 割られる指標。
    pub of: String,
    /// 割る指標。
    pub by: String,
}

/// 差。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationDifferenceInput")]
pub struct Difference {
    /// 引かれる指標。
    pub of: String,
    /// 引く指標。
    pub less: String,
}

/// 重みを掛ける指標。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationWeightedInput")]
pub struct Weighted {
    /// 指標。
    pub of: String,
    /// 重み(0以上)。
    pub weight: Exact,
}

/// 基準日の定め方。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationReferenceDateInput")]
pub struct ReferenceDate {
    /// 月。
    pub month: i32,
    /// 日。
    pub day: i32,
    /// 年度の始まる暦年に足す年数。前年9月30日は-1、年度の始まる前の1月1日は0。
    pub year_offset: i32,
    /// その日の値がないとき。
    pub missing: WhenMissing,
}

/// その日の値がないとき。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationWhenMissing")]
pub enum WhenMissing {
    /// 算定しない
    Refuse,
    /// その日より前の最も新しい値を用いる
    LatestBefore,
}

impl ReferenceDate {
    /// 1 April of the fiscal year, and no other day.
    pub const FIRST_DAY: Self = Self { month: 4, day: 1, year_offset: 0, missing: WhenMissing::Refuse };

    /// The day for a fiscal year, or nothing where the calendar has none.
    pub fn day(&self, year: FiscalYear) -> Option<NaiveDate> {
        let (month, day) = (u32::try_from(self.month).ok()?, u32::try_from(self.day).ok()?);
        NaiveDate::from_ymd_opt(year.0.checked_add(self.year_offset)?, month, day)
    }

    /// Is it a day of every year, within ten years?
    pub fn is_sound(&self) -> bool {
        (-10..=10).contains(&self.year_offset)
            && self.day(FiscalYear(2025_i32.saturating_sub(self.year_offset))).is_some()
    }
}

impl Metric {
    /// The day whose value counts.
    pub fn reference(&self) -> ReferenceDate {
        self.as_of.unwrap_or(ReferenceDate::FIRST_DAY)
    }

    /// The metrics it is made of.
    pub fn parts(&self) -> Vec<&str> {
        match &self.source {
            MetricSource::Quotient(Quotient { of, by }) => vec![of, by],
            MetricSource::Difference(Difference { of, less }) => vec![of, less],
            MetricSource::Sum(of) | MetricSource::Product(of) => of.iter().map(String::as_str).collect(),
            MetricSource::WeightedSum(of) => of.iter().map(|weighted| weighted.of.as_str()).collect(),
            MetricSource::Statistic(_) | MetricSource::Declaration(_) | MetricSource::Record(_) => Vec::new(),
        }
    }

    /// How it is made of others, in their labels; nothing where it is not.
    pub fn formula(&self, label: impl Fn(&str) -> String) -> Option<String> {
        let joined = |of: &[String], by: &str| of.iter().map(|key| label(key)).collect::<Vec<_>>().join(by);
        Some(match &self.source {
            MetricSource::Quotient(Quotient { of, by }) => format!("{} ÷ {}", label(of), label(by)),
            MetricSource::Difference(Difference { of, less }) => format!("{} − {}", label(of), label(less)),
            MetricSource::Sum(of) => joined(of, " + "),
            MetricSource::Product(of) => joined(of, " × "),
            MetricSource::WeightedSum(of) => {
                let part = |Weighted { of, weight }: &Weighted| format!("{} × {weight}", label(of));
                of.iter().map(part).collect::<Vec<_>>().join(" + ")
            }
            MetricSource::Statistic(_) | MetricSource::Declaration(_) | MetricSource::Record(_) => return None,
        })
    }

    /// Can it be calculated with?
    pub fn is_number(&self) -> bool {
        matches!(self.ty, MetricType::Number | MetricType::Yen)
    }
}

/// Full years between two days, as ages are counted.
pub fn full_years(from: NaiveDate, to: NaiveDate) -> i64 {
    let before = (to.month(), to.day()) < (from.month(), from.day());
    i64::from(to.year()) - i64::from(from.year()) - i64::from(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_dates_are_of_the_calendar_year_in_which_the_fiscal_year_begins() {
        let date = |month, day, year_offset| ReferenceDate { month, day, year_offset, missing: WhenMissing::Refuse };
        let shown = |d: ReferenceDate| d.day(FiscalYear(2024)).map(|d| d.to_string());
        assert_eq!(shown(date(4, 1, 0)).as_deref(), Some("2024-04-01"));
        assert_eq!(shown(date(9, 30, -1)).as_deref(), Some("2023-09-30"));
        assert_eq!(shown(date(1, 1, 0)).as_deref(), Some("2024-01-01"));
        assert!(!date(2, 29, 0).is_sound() && !date(13, 1, 0).is_sound() && !date(4, 0, 0).is_sound());
        assert!(date(2, 28, -1).is_sound() && !date(4, 1, i32::MAX).is_sound());
    }

    #[test]
    fn years_are_full_years() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).expect("a day");
        assert_eq!(full_years(day(2021, 4, 2), day(2024, 4, 1)), 2);
        assert_eq!(full_years(day(2021, 4, 1), day(2024, 4, 1)), 3);
    }
}
