//! Conditions on a body: its metrics and its district.

use async_graphql::{Enum, InputObject, OneofObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;

/// 条件。いずれか一つ。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, OneofObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationConditionInput")]
pub enum Condition {
    /// 指標の値を比べる。
    Number(NumberTest),
    /// 指標の語を比べる。
    Word(WordTest),
    /// 指標が真であること。
    Flag(String),
    /// 地区が次のいずれかであること。
    District(Vec<String>),
    /// すべてが成り立つこと。
    All(Vec<Condition>),
    /// いずれかが成り立つこと。
    Any(Vec<Condition>),
    /// 成り立たないこと。
    Not(Box<Condition>),
}

/// 数の比較。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationNumberTestInput")]
pub struct NumberTest {
    /// 団体の指標。
    pub metric: String,
    /// 比べ方。
    pub is: Comparison,
    /// 比べる値。
    pub value: Exact,
}

/// 比べ方。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationComparison")]
pub enum Comparison {
    /// 以上
    AtLeast,
    /// 超
    MoreThan,
    /// 以下
    AtMost,
    /// 未満
    LessThan,
    /// 等しい
    Equal,
}

/// 語の比較。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationWordTestInput")]
pub struct WordTest {
    /// 団体の指標。
    pub metric: String,
    /// このいずれか。
    pub one_of: Vec<String>,
}
