//! A day in Japan.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

use crate::kernel::scalar::refuse;

/// A day, without a time zone: what by-laws and deadlines count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
pub struct Date(pub NaiveDate);

/// 日付。`2026-04-01` の形(RFC 3339 の full-date)。1868年から2200年まで。
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let kept = |day: &NaiveDate| (1868..=2200).contains(&chrono::Datelike::year(day));
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(kept);
        day.filter(|d| d.to_string() == *text).map(Self).ok_or_else(|| {
            refuse("DATE", "日付は 2026-04-01 の形で指定してください。", "A date looks like 2026-04-01.")
        })
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v15_only_real_days_within_range() {
        let parse = |text: &str| <Date as ScalarType>::parse(Value::from(text)).ok();
        assert!(parse("2024-02-29").is_some());
        for text in ["2023-02-29", "0000-01-01", "9999-12-31", "2024-2-9", "2024-02-09T00:00:00Z", ""] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
