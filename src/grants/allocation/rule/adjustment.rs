//! What is done to the sum of the terms.

use async_graphql::{Enum, InputObject, OneofObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::Rounding;
use crate::grants::allocation::rule::kind::{Amount, Residual};
use crate::kernel::fiscal_year::FiscalYear;

/// 調整。合算した額に施す。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationAdjustmentInput")]
pub struct Adjustment {
    /// 規則の中で調整を指す名前(英小文字で始まる英数字)。
    pub key: String,
    /// 調整の名称(「激変緩和」など)。
    pub label: String,
    /// 根拠となる条。
    pub legal_reference: String,
    /// 調整の方法。
    pub kind: AdjustmentKind,
    /// この調整で変わった額の端数処理。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
}

/// 調整の方法。いずれか一つ。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, OneofObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationAdjustmentKindInput")]
pub enum AdjustmentKind {
    /// 一団体の上限額。
    Cap(Amount),
    /// 一団体の最低保証額。
    Minimum(Amount),
    /// 激変緩和: 前年度からの増減を、前年度の額に対する割合までに抑える。
    ChangeLimit(ChangeLimit),
    /// 激変緩和: 前の制度の額からの増減を、年数で均等に反映する。
    PhaseIn(PhaseIn),
    /// 予算に合わせる調整。
    Budget(FitBudget),
    /// 年度の途中に発足した団体の月割・日割。
    ProRata(ProRata),
    /// 分かれた団体への分割。
    Split(Split),
    /// 合計の端数処理。
    Round(Rounding),
}

/// 増減の限度。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationChangeLimitInput")]
pub struct ChangeLimit {
    /// 増額の限度(前年度の額に対する割合)。指定しないと抑えない。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<Exact>,
    /// 減額の限度(前年度の額に対する割合)。指定しないと抑えない。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrease: Option<Exact>,
    /// 最初の年度。
    pub first_fiscal_year: FiscalYear,
    /// 続ける年数。
    pub years: i32,
}

/// 段階的な移行。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPhaseInInput")]
pub struct PhaseIn {
    /// 前の制度の額を示す、円を単位とする団体の指標。
    pub from: String,
    /// 最初の年度。
    pub first_fiscal_year: FiscalYear,
    /// 年数。この年数の後は緩和しない。
    pub years: i32,
}

/// 予算に合わせる調整。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFitBudgetInput")]
pub struct FitBudget {
    /// 合計が予算を超えるとき。
    pub over: WhenOver,
    /// 合計が予算に満たないとき、予算まで増やすか。
    pub fill: bool,
    /// 端数の残りの扱い。
    pub residual: Residual,
    /// これより前に定めた限度(上限・最低保証・増減の限度)の扱い。最低保証を約束とするなら、守る。
    #[serde(default)]
    pub limits: Limits,
}

/// 予算に合わせるときの、前に定めた限度の扱い。
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationLimits")]
pub enum Limits {
    /// 限度に達した額も一律に増減する
    // What documents mean that were written before there was a choice.
    #[default]
    Scaled,
    /// 限度を守り、残りを他の団体で分ける
    Held,
}

/// 合計が予算を超えるときの扱い。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationWhenOver")]
pub enum WhenOver {
    /// 一律の率で減らす
    Scale,
    /// 算定を成立させない
    Refuse,
}

/// 年度の途中に発足した団体の扱い。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationProRataInput")]
pub struct ProRata {
    /// 月で数えるか、日で数えるか。
    pub by: Span,
    /// 発足した月を1か月と数えるか(月割のときだけ)。
    pub counts_first_month: bool,
}

/// 数え方。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationSpan")]
pub enum Span {
    /// 月割
    Months,
    /// 日割
    Days,
}

/// 分かれた団体への分割。団体が自ら割合を定めたときは、それによる。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationSplitInput")]
pub struct Split {
    /// 割合を定めなかったときに、その比で分ける団体の指標(世帯数など)。
    pub metric: String,
}
