//! A multiplier of other terms.

use async_graphql::{Enum, InputObject, OneofObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::Boundary;

/// 倍率。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationMultiplierInput")]
pub struct Multiplier {
    /// 倍率を掛ける項。
    pub of: Vec<String>,
    /// 掛けた額で元の項を置き換えるか、掛けた額を元の項に加えるか。
    pub effect: Effect,
    /// 倍率。
    pub factor: Factor,
}

/// 倍率の効き方。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationEffect")]
pub enum Effect {
    /// 元の項を置き換える
    Replaces,
    /// 元の項に加える
    Adds,
}

/// 倍率の定め方。いずれか一つ。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, OneofObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFactorInput")]
pub enum Factor {
    /// 一定の倍率。
    Constant(Exact),
    /// 指標の値そのもの。
    Metric(String),
    /// 指標の段階ごとの倍率。
    Table(FactorTable),
}

/// 倍率の表。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFactorTableInput")]
pub struct FactorTable {
    /// 団体の指標(高齢化率など)。
    pub metric: String,
    /// 境の値がどちらの段階に属するか。
    pub boundary: Boundary,
    /// 段階。小さい方から順に続く。
    pub rows: Vec<FactorRow>,
}

/// 倍率の段階。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFactorRowInput")]
pub struct FactorRow {
    /// 上の境。最後の段階だけは指定しない(上限なし)。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Exact>,
    /// 倍率(0以上)。
    pub factor: Exact,
}
