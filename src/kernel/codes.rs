//! The two public numbers: 全国地方公共団体コード and 法人番号, each with its check digit.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::kernel::scalar::refuse;

/// 全国地方公共団体コード: prefecture (JIS X 0401), municipality (JIS X 0402), check digit. Text, because of
/// the leading zero of 082368.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
pub struct LocalGovernmentCode(String);

impl LocalGovernmentCode {
    /// Six digits with a right check digit, or five that are completed.
    pub fn parse(text: &str) -> Option<Self> {
        let base = text.get(..5).filter(|b| b.bytes().all(|d| d.is_ascii_digit()))?;
        let complete = format!("{base}{}", Self::check_digit(base));
        (text.len() == 5 || text == complete).then_some(Self(complete))
    }

    /// 総務省「全国地方公共団体コード」 仕様: weights 6 to 2, 11 minus the remainder, last digit.
    fn check_digit(base: &str) -> u32 {
        let sum: u32 = base.bytes().zip([6, 5, 4, 3, 2]).map(|(d, w)| u32::from(d - b'0') * w).sum();
        (11 - sum % 11) % 10
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 法人番号: thirteen digits of which the first is the check digit (行政手続における特定の個人を識別する
/// ための番号の利用等に関する法律施行令 第35条・財務省令第8条).
#[derive(Clone, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
pub struct CorporateNumber(String);

impl CorporateNumber {
    /// Thirteen digits with a right check digit.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
        let [check, base @ ..] = digits.as_slice() else { return None };
        if base.len() != 12 || !text.is_ascii() {
            return None;
        }
        let sum: u32 = base.iter().rev().zip([1, 2].iter().cycle()).map(|(p, q)| p * q).sum();
        (*check == 9 - sum % 9).then(|| Self(text.to_owned()))
    }
}

/// 全国地方公共団体コード。6桁の数字(5桁なら検査数字を補う)。
#[Scalar(name = "LocalGovernmentCode", specified_by_url = "https://www.soumu.go.jp/denshijiti/code.html")]
impl ScalarType for LocalGovernmentCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Self::parse(text).ok_or_else(|| {
            refuse("LOCAL_GOVERNMENT_CODE", "団体コードが正しくありません。", "The local government code is wrong.")
        })
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

/// 法人番号。13桁の数字で、先頭が検査数字。
#[Scalar(name = "CorporateNumber", specified_by_url = "https://www.houjin-bangou.nta.go.jp/setsumei/")]
impl ScalarType for CorporateNumber {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Self::parse(text)
            .ok_or_else(|| refuse("CORPORATE_NUMBER", "法人番号が正しくありません。", "The corporate number is wrong."))
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_five_municipalities_and_the_two_odd_remainders() {
        for code in ["322091", "082368", "332101", "332089", "172014", "242080"] {
            assert_eq!(LocalGovernmentCode::parse(code).expect(code).as_str(), code);
            assert_eq!(LocalGovernmentCode::parse(&code[..5]).expect(code).as_str(), code);
        }
        for code in ["322092", "32209", "3220911", "", "32209x", "３２２０９１"] {
            assert!(
                LocalGovernmentCode::parse(code).is_none_or(|c| c.as_str() == "322091" && code == "32209"),
                "{code}"
            );
        }
    }

    #[test]
    fn corporate_numbers_of_the_fixtures() {
        for number in [
            "4000020242080",
            "6000020212032",
            "1180301018771",
            "1000020322091",
            "6000020082368",
            "8000020332101",
            "3000020332089",
            "4000020172014",
        ] {
            assert!(CorporateNumber::parse(number).is_some(), "{number}");
        }
        for number in ["4000020242081", "400002024208", "", "４０００020242080"] {
            assert!(CorporateNumber::parse(number).is_none(), "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_without_panic(text in ".{0,20}") {
            let _ = LocalGovernmentCode::parse(&text);
            let _ = CorporateNumber::parse(&text);
        }

        /// Modulo nine a 0 for a 9 goes unnoticed; every other wrong digit is found.
        #[test]
        fn one_wrong_digit_is_noticed(base in "[0-9]{12}", at in 1usize..13, by in 1u8..9) {
            let whole = (0..10).map(|c| format!("{c}{base}")).find(|n| CorporateNumber::parse(n).is_some());
            if let Some(whole) = whole {
                let mut digits = whole.into_bytes();
                let right = digits[at];
                digits[at] = b'0' + (right - b'0' + by) % 10;
                prop_assume!(right.abs_diff(digits[at]) != 9);
                prop_assert!(CorporateNumber::parse(std::str::from_utf8(&digits).expect("digits")).is_none());
            }
        }
    }
}
