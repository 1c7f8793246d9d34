//! A pool of money that is shared among the organizations.

use async_graphql::{Enum, InputObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;

/// 原資を分ける割合。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPoolShareInput")]
pub struct PoolShare {
    /// 原資。
    pub pool: String,
    /// 原資のうちこの項で分ける割合(0より大きく1以下)。
    pub share: Exact,
    /// 端数の残りの扱い。
    pub residual: Residual,
}

/// 比例割。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationProportionalPoolInput")]
pub struct ProportionalPool {
    /// 原資。
    pub pool: String,
    /// 原資のうちこの項で分ける割合(0より大きく1以下)。
    pub share: Exact,
    /// 端数の残りの扱い。
    pub residual: Residual,
    /// 団体の指標。
    pub metric: String,
    /// 分母とする自治体の指標。指定しないと、対象の団体の合計。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
}

/// 分けた後の端数の残りの扱い。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationResidual")]
pub enum Residual {
    /// 配分せず、自治体に留保する。
    Reserve,
    /// 端数の大きい団体から順に配り、合計を原資に一致させる(最大剰余法)。
    LargestRemainder,
}
