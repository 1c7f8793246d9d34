//! Money: whole yen, never a float.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use serde::{Deserialize, Serialize};

use crate::kernel::scalar::refuse;

/// An amount in yen. Within ±2⁵³ so that a JSON number carries it exactly.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Yen(pub i64);

impl Yen {
    /// The greatest amount a JSON number carries exactly (2⁵³).
    pub const MAX: Self = Self(1 << 53);

    /// The sum, or nothing where it leaves the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self).filter(|sum| sum.0.abs() <= Self::MAX.0)
    }
}

impl std::fmt::Display for Yen {
    /// `1,234,567円`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        write!(f, "{}{grouped}円", if self.0 < 0 { "-" } else { "" })
    }
}

/// 円。整数のみ(小数・文字列は受け付けない)。絶対値は2の53乗まで。
#[Scalar(name = "Yen", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Yen {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else { return Err(InputValueError::expected_type(value)) };
        number
            .as_i64()
            .filter(|n| n.unsigned_abs() <= Self::MAX.0.unsigned_abs())
            .map(Self)
            .ok_or_else(|| refuse("YEN", "金額は整数の円で指定してください。", "An amount is a whole number of yen."))
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(Yen(1_234_567).to_string(), "1,234,567円");
        assert_eq!(Yen(-1_000).to_string(), "-1,000円");
        assert_eq!(Yen(0).to_string(), "0円");
    }

    #[test]
    fn only_whole_numbers_within_range_are_money() {
        let parse = |text: &str| <Yen as ScalarType>::parse(serde_json::from_str(text).expect("json"));
        assert_eq!(parse("2147483648").ok(), Some(Yen(2_147_483_648)));
        for text in ["1.5", "\"100\"", "9007199254740993", "true", "1e300"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
