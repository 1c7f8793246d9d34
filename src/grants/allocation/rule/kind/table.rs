//! Tables: an amount for each step of a number, or for each district.

use async_graphql::InputObject;
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::Boundary;
use crate::grants::allocation::rule::kind::Per;
use crate::kernel::money::Yen;

/// 段階表。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationBracketInput")]
pub struct Bracket {
    /// 団体の指標。
    pub metric: String,
    /// 境の値がどちらの段階に属するか。
    pub boundary: Boundary,
    /// 段階。小さい方から順に、境の値で切れ目なく続く。
    pub rows: Vec<BracketRow>,
}

/// 段階。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationBracketRowInput")]
pub struct BracketRow {
    /// 上の境。最後の段階だけは指定しない(上限なし)。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Exact>,
    /// 額(円)。
    pub yen: Yen,
    /// この段階の下の境を超える部分への加算。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
}

/// 段階の中の加算。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationStepInput")]
pub struct Step {
    /// 加算の単位。
    pub per: Per,
    /// 単位ごとの加算(円)。
    pub yen: Exact,
}

/// 公表された額の表。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFixedTableInput")]
pub struct FixedTable {
    /// 地区ごとの額。
    pub rows: Vec<FixedRow>,
    /// 公表された合計。行の合計と一致しなければならない。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Yen>,
}

/// 地区の額。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFixedRowInput")]
pub struct FixedRow {
    /// 地区のID。
    pub district: String,
    /// 額(円)。
    pub yen: Yen,
}
