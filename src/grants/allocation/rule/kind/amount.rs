//! Amounts: one that is fixed, one of a case, a bound, a share of the budget.

use async_graphql::{InputObject, OneofObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rule::condition::Condition;
use crate::kernel::money::Yen;

/// 定額。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFixedInput")]
pub struct Fixed {
    /// 額(円)。
    pub yen: Yen,
}

/// 条件による額。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationConditionalInput")]
pub struct Conditional {
    /// 場合。最初に当てはまるものの額とする。
    pub cases: Vec<Case>,
    /// どれにも当てはまらないときの額。指定しないと0円。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Amount>,
}

/// 場合。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationCaseInput")]
pub struct Case {
    /// 条件。
    pub when: Condition,
    /// 額。
    pub amount: Amount,
}

/// 他の項の合計の上限または下限。元の項を置き換える。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationBoundInput")]
pub struct Bound {
    /// 対象とする項。
    pub of: Vec<String>,
    /// 限度の額。
    pub limit: Amount,
}

/// 額の定め方。いずれか一つ。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, OneofObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationAmountInput")]
pub enum Amount {
    /// 定額(円)。
    Yen(Yen),
    /// 円を単位とする指標の値。
    Metric(String),
    /// 予算に対する割合。
    BudgetShare(Exact),
    /// 予算から、挙げた項の全団体分を除いた残り。
    BudgetRest(BudgetRest),
    /// 前年度の額に対する割合。
    PreviousShare(Exact),
}

/// 予算の残り。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationBudgetRestInput")]
pub struct BudgetRest {
    /// 先に予算から除く項。
    pub after: Vec<String>,
}
