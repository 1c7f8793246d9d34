//! Rounding as by-laws say it: which way, and to which unit.

use async_graphql::{Enum, InputObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;

/// 端数処理。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationRoundingInput")]
pub struct Rounding {
    /// 向き。
    pub mode: Mode,
    /// 単位(金額では円。`"1000"` は千円未満の端数の処理)。0より大きい。
    pub unit: Exact,
}

/// 端数処理の向き。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationRoundingMode")]
pub enum Mode {
    /// 切捨て
    Floor,
    /// 切上げ
    Ceil,
    /// 四捨五入
    HalfUp,
}

/// 境の値がどちらの段階に属するか。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationBoundary")]
pub enum Boundary {
    /// 以上・未満: 境の値は上の段階に属する
    FromInclusive,
    /// 超・以下: 境の値は下の段階に属する
    ToInclusive,
}

impl Boundary {
    /// Does the value lie below the upper bound?
    pub fn is_below(self, value: &Exact, upper: &Exact) -> bool {
        match self {
            Self::FromInclusive => value < upper,
            Self::ToInclusive => value <= upper,
        }
    }

    /// `50以上100未満`, `50を超え100以下`, with the open ends.
    pub fn range(self, lower: Option<&Exact>, upper: Option<&Exact>, unit: &str) -> String {
        let lower = lower.map_or(String::new(), |n| match (self, upper) {
            (Self::FromInclusive, _) => format!("{n}{unit}以上"),
            (Self::ToInclusive, Some(_)) => format!("{n}{unit}を超え"),
            (Self::ToInclusive, None) => format!("{n}{unit}超"),
        });
        let upper = upper.map_or(String::new(), |n| match self {
            Self::FromInclusive => format!("{n}{unit}未満"),
            Self::ToInclusive => format!("{n}{unit}以下"),
        });
        if lower.is_empty() && upper.is_empty() { "すべて".to_owned() } else { lower + &upper }
    }
}

impl Mode {
    /// The number to a multiple of `unit`. Half goes away from zero (国等の債権債務等の金額の端数計算に関する法律
    /// counts whole yen only; by-laws that say 四捨五入 mean this).
    pub fn round(self, number: &Exact, unit: &Exact) -> Exact {
        let Some(count) = number.over(unit) else { return number.clone() };
        let whole = match self {
            Self::Floor => count.floor(),
            Self::Ceil => count.ceil(),
            Self::HalfUp => {
                let away = (&(&count.abs() + &count.abs()) + &Exact::one()).over(&Exact::from(2));
                let away = away.unwrap_or_else(Exact::zero).floor();
                if count.is_negative() { -&away } else { away }
            }
        };
        &whole * unit
    }

    /// The word of by-laws.
    pub fn word(self) -> &'static str {
        match self {
            Self::Floor => "切捨て",
            Self::Ceil => "切上げ",
            Self::HalfUp => "四捨五入",
        }
    }
}

impl Rounding {
    /// To whole yen, downwards.
    pub fn down() -> Self {
        Self { mode: Mode::Floor, unit: Exact::one() }
    }

    /// The number, rounded.
    pub fn round(&self, number: &Exact) -> Exact {
        self.mode.round(number, &self.unit)
    }

    /// `1,000円未満切捨て`
    pub fn words(&self, unit: &str) -> String {
        format!("{}{unit}未満{}", self.unit, self.mode.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Exact {
        Exact::parse(text).expect("a number")
    }

    #[test]
    fn the_national_rule_for_thousands() {
        let rounding = Rounding { mode: Mode::HalfUp, unit: number("1000") };
        for (from, to) in [("1234499", "1234000"), ("1234500", "1235000"), ("-1500", "-2000"), ("0", "0")] {
            assert_eq!(rounding.round(&number(from)), number(to), "{from}");
        }
        assert_eq!(rounding.words("円"), "1,000円未満四捨五入");
    }

    #[test]
    fn down_is_down_and_up_is_up_on_both_sides_of_zero() {
        let one = Exact::one();
        assert_eq!(Mode::Floor.round(&number("-1/3"), &one), number("-1"));
        assert_eq!(Mode::Ceil.round(&number("1/3"), &one), number("1"));
        assert_eq!(Mode::HalfUp.round(&number("0.125"), &number("0.01")), number("0.13"));
    }
}
