//! Exact numbers of by-laws and statistics: fractions of whole numbers, never floats.

use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::kernel::money::Yen;
use crate::kernel::scalar::refuse;

/// A fraction, as exact as it was written: `1600`, `0.7`, `1/3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(BigRational);

/// The most digits of a numerator, denominator or decimal that is written.
const DIGITS: u32 = 18;
/// The most bits of a number in the middle of a calculation. By-laws need far fewer; what goes beyond comes from
/// adding up quotients that nobody has rounded.
const BITS: u64 = 2_048;
/// The most digits of such a number.
const STORED: usize = 617;
/// The most decimals that people are shown; they read a fraction beyond.
const SHOWN: u32 = 9;

impl Exact {
    /// Nothing.
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// One.
    pub fn one() -> Self {
        Self::from(1)
    }

    /// The number as people write it: decimal or fraction, ASCII, no exponent, no leading plus, 18 digits a part.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text, DIGITS as usize)
    }

    /// The number as it is stored: of as many digits as a calculation may have.
    pub fn stored(text: &str) -> Option<Self> {
        Self::read(text, STORED).filter(Self::is_bounded)
    }

    fn read(text: &str, most: usize) -> Option<Self> {
        match text.split_once('/') {
            None => decimal(text, most).map(Self),
            Some((over, under)) => {
                let under = whole(under, most).filter(|n| !n.is_zero())?;
                let (sign, digits) = over.strip_prefix('-').map_or((1, over), |rest| (-1, rest));
                Some(Self(BigRational::new(whole(digits, most)? * sign, under)))
            }
        }
    }

    /// Is it nothing?
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Is it below nothing?
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Is it above nothing?
    pub fn is_positive(&self) -> bool {
        self.0.is_positive()
    }

    /// Is it a whole number?
    pub fn is_whole(&self) -> bool {
        self.0.is_integer()
    }

    /// The quotient, or nothing where it is divided by zero.
    pub fn over(&self, other: &Self) -> Option<Self> {
        (!other.is_zero()).then(|| Self(&self.0 / &other.0))
    }

    /// The greatest whole number that is not greater.
    #[must_use]
    pub fn floor(&self) -> Self {
        Self(self.0.floor())
    }

    /// The least whole number that is not less.
    #[must_use]
    pub fn ceil(&self) -> Self {
        Self(self.0.ceil())
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self(self.0.abs())
    }

    /// Is it small enough to go on calculating with?
    pub fn is_bounded(&self) -> bool {
        self.0.numer().bits() <= BITS && self.0.denom().bits() <= BITS
    }

    /// The number as yen, rounded down, or nothing where it leaves the range.
    pub fn yen_below(&self) -> Option<Yen> {
        let yen = self.0.floor().to_integer().to_i64()?;
        (yen.unsigned_abs() <= Yen::MAX.0.unsigned_abs()).then_some(Yen(yen))
    }

    /// The whole number as an index, or nothing where it is none or too great.
    pub fn count(&self) -> Option<usize> {
        self.is_whole().then(|| self.0.to_integer().to_usize())?
    }
}

impl From<i64> for Exact {
    fn from(n: i64) -> Self {
        Self(BigRational::from_integer(n.into()))
    }
}

impl From<i32> for Exact {
    fn from(n: i32) -> Self {
        Self(BigRational::from_integer(n.into()))
    }
}

impl From<Yen> for Exact {
    fn from(yen: Yen) -> Self {
        yen.0.into()
    }
}

impl Add for &Exact {
    type Output = Exact;
    fn add(self, other: &Exact) -> Exact {
        Exact(&self.0 + &other.0)
    }
}

impl Sub for &Exact {
    type Output = Exact;
    fn sub(self, other: &Exact) -> Exact {
        Exact(&self.0 - &other.0)
    }
}

impl Mul for &Exact {
    type Output = Exact;
    fn mul(self, other: &Exact) -> Exact {
        Exact(&self.0 * &other.0)
    }
}

impl Neg for &Exact {
    type Output = Exact;
    fn neg(self) -> Exact {
        Exact(-&self.0)
    }
}

fn whole(digits: &str, most: usize) -> Option<BigInt> {
    let plain = (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

fn decimal(text: &str, most: usize) -> Option<BigRational> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (before, after) = digits.split_once('.').map_or((digits, None), |(b, a)| (b, Some(a)));
    let mut number = BigRational::from_integer(whole(before, most)?);
    if let Some(after) = after {
        let places = u32::try_from(after.len()).ok()?;
        number += BigRational::new(whole(after, most)?, BigInt::from(10).pow(places));
    }
    Some(number * BigInt::from(sign))
}

/// The decimals of a number below one that ends within so many places.
fn decimals(rest: &BigRational, most: u32) -> Option<String> {
    let ten = BigInt::from(10);
    let places = (0..=most).find(|places| (ten.pow(*places) % rest.denom()).is_zero())?;
    let digits = (rest * ten.pow(places)).to_integer().to_string();
    Some(if places == 0 { String::new() } else { format!(".{digits:0>width$}", width = places as usize) })
}

/// The digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Exact {
    /// For people: `1,600`, `0.7`, `2,333 1/3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let number = self.0.abs();
        let before = grouped(&number.to_integer().to_string());
        let rest = number.fract();
        match decimals(&rest, SHOWN) {
            Some(decimals) => write!(f, "{sign}{before}{decimals}"),
            None if number.to_integer().is_zero() => write!(f, "{sign}{rest}"),
            None => write!(f, "{sign}{before} {rest}"),
        }
    }
}

impl Exact {
    /// As it is stored: a decimal where it ends as people may write it, else a fraction. What [`Exact::parse`] has read is
    /// written so that it reads it again.
    pub fn written(&self) -> String {
        let (sign, number) = (if self.is_negative() { "-" } else { "" }, self.0.abs());
        match decimals(&number.fract(), DIGITS) {
            Some(decimals) => format!("{sign}{}{decimals}", number.to_integer()),
            None => self.0.to_string(),
        }
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.written())
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::stored(&text).ok_or_else(|| serde::de::Error::custom("a number looks like \"0.7\" or \"1/3\""))
    }
}

/// 誤差のない数。文字列で、小数(`"0.7"`)または分数(`"1/3"`)として表す。分子・分母・小数部は18桁まで。
#[Scalar(name = "ExactNumber", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-7")]
impl ScalarType for Exact {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Self::parse(text).ok_or_else(|| {
            refuse(
                "NUMBER",
                "数は \"0.7\" か \"1/3\" の形で指定してください。",
                "A number looks like \"0.7\" or \"1/3\".",
            )
        })
    }

    fn to_value(&self) -> Value {
        Value::from(self.written())
    }
}

#[cfg(test)]
mod tests;
