//! An amount for each unit of a number, beyond a distance, or in percent of it.

use async_graphql::{Enum, InputObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::Mode;

/// 単価×数量。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPerUnitInput")]
pub struct PerUnit {
    /// 団体の指標。
    pub metric: String,
    /// 単価(円)。1円未満の単価も表せる。
    pub yen: Exact,
    /// この数を超える部分だけを数える。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Exact>,
    /// この数までを数える。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Exact>,
    /// 何単位ごとに単価を掛けるか。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Per>,
}

/// 「10世帯ごとに」のような単位。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPerInput")]
pub struct Per {
    /// 単位の大きさ(0より大きい)。
    pub size: Exact,
    /// 単位に満たない端数の扱い。
    pub mode: Mode,
}

/// 指標に対する割合。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPercentOfInputInput")]
pub struct PercentOfInput {
    /// 円を単位とする団体の指標(対象経費など)。
    pub metric: String,
    /// 割合(百分率)。`"50"` は2分の1。負は控除。
    pub percent: Exact,
}

/// 距離による額。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationDistanceInput")]
pub struct Distance {
    /// 距離の指標。
    pub metric: String,
    /// この距離に満たないものは0円。
    pub threshold: Exact,
    /// 距離の全体を数えるか、超える部分だけを数えるか。
    pub counts: Counted,
    /// 数える単位と、満たない端数の扱い。
    pub per: Per,
    /// 単位ごとの額(円)。
    pub yen: Exact,
}

/// 距離のどこを数えるか。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationCounted")]
pub enum Counted {
    /// 全体
    Whole,
    /// 境を超える部分
    Excess,
}
