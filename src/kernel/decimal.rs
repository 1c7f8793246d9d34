//! Exact decimal numbers of indicators: kept as they were written, never as floats.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::kernel::scalar::refuse;

/// A decimal number as text: `1.69`, `-123`, `1045`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
pub struct Decimal(String);

impl Decimal {
    /// At most 15 digits before and 9 after the point, no exponent, no leading plus.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
        let digits = |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        (digits(whole, 15) && fraction.is_none_or(|f| digits(f, 9))).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 十進数。誤差のない文字列で表す(`"1.69"`)。
#[Scalar(name = "Decimal", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Self::parse(text).ok_or_else(|| {
            refuse("DECIMAL", "数値は \"1.69\" の形で指定してください。", "A decimal looks like \"1.69\".")
        })
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_plain() {
        for text in ["1.69", "0", "-123", "1045", "0.5"] {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        for text in ["", "1.", ".5", "1e3", "+1", "１", "1,000", "--1", "1.2.3"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }
}
