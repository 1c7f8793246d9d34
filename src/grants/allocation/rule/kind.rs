//! How a term makes an amount.

use async_graphql::{Enum, InputObject, OneofObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::{Boundary, Mode};
use crate::grants::allocation::rule::condition::Condition;
use crate::kernel::money::Yen;

/// 算定の方法。いずれか一つ。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, OneofObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationTermKindInput")]
pub enum TermKind {
    /// 均等割。原資を団体の数で(重みがあれば重みの比で)分ける。
    EqualPool(PoolShare),
    /// 比例割。原資を指標の比で分ける。
    ProportionalPool(ProportionalPool),
    /// 単価×数量。
    PerUnit(PerUnit),
    /// 定額。
    Fixed(Fixed),
    /// 段階表。指標の段階ごとの額。
    Bracket(Bracket),
    /// 条件による額。
    Conditional(Conditional),
    /// 指標(経費など)に対する割合。
    PercentOfInput(PercentOfInput),
    /// 距離による額。
    Distance(Distance),
    /// 他の項への倍率。
    Multiplier(Multiplier),
    /// 他の項の合計の上限。
    Ceiling(Bound),
    /// 他の項の合計の下限。
    Floor(Bound),
    /// 公表された額の表。
    FixedCeiling(FixedTable),
}

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

/// 定額。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationFixedInput")]
pub struct Fixed {
    /// 額(円)。
    pub yen: Yen,
}

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
