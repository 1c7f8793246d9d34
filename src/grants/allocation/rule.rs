//! A by-law as data: what is counted, which terms make an amount, and what is done to the sum.
//!
//! These types are the stored form (JSON, no unknown fields, a format number) and the input of the API at once.

use async_graphql::{Enum, InputObject, OneofObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::conditions::Conditions;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::metric::Metric;
use crate::grants::allocation::rounding::{Boundary, Mode, Rounding};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// The format of the stored form.
pub const FORMAT: i32 = 1;

/// 配分の算定規則。項を順に並べ、合算した額に調整を順に施す。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationRuleInput")]
pub struct Rule {
    /// 規則の書式の版。今は1。
    pub format: i32,
    /// 算定に用いる指標。
    pub metrics: Vec<Metric>,
    /// 原資。均等割・比例割で分ける額。
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[graphql(default)]
    pub pools: Vec<Pool>,
    /// 項。書いた順に示される。
    pub terms: Vec<Term>,
    /// 合算した額への調整。書いた順に施す。
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[graphql(default)]
    pub adjustments: Vec<Adjustment>,
    /// 分割払。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instalments: Option<Instalments>,
    /// 交付の条件(期限、軽微な変更、積立てなど)。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
}

/// 分割払。単位に満たない端数は、初回か最終回に寄せる。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationInstalmentsInput")]
pub struct Instalments {
    /// 回数。
    pub count: i32,
    /// 単位(円)。
    pub unit: Yen,
    /// 端数を寄せる回。
    pub rest: Rest,
}

/// 端数を寄せる回。
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "AllocationInstalmentRest")]
pub enum Rest {
    /// 初回
    First,
    /// 最終回
    Last,
}

impl Instalments {
    /// The parts of an amount; they sum to it.
    pub fn of(&self, amount: Yen) -> Vec<Yen> {
        let count = i64::from(self.count.max(1));
        let unit = self.unit.0.max(1);
        let part = amount.0 / count / unit * unit;
        let mut parts = vec![Yen(part); usize::try_from(count).unwrap_or(1)];
        let odd = if self.rest == Rest::First { parts.first_mut() } else { parts.last_mut() };
        if let Some(odd) = odd {
            odd.0 = amount.0 - part * (count - 1);
        }
        parts
    }
}

/// 原資。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPoolInput")]
pub struct Pool {
    /// 規則の中で原資を指す名前(英小文字で始まる英数字)。
    pub key: String,
    /// 原資の名称。
    pub label: String,
    /// 額。
    pub amount: Amount,
    /// これを分ける項の割合の合計が、ちょうど1でなければならないか。
    pub fully_shared: bool,
}

/// 項。一つの条文が定める額。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationTermInput")]
pub struct Term {
    /// 規則の中で項を指す名前(英小文字で始まる英数字)。
    pub key: String,
    /// 項の名称(「均等割」など)。
    pub label: String,
    /// 根拠となる条(「第4条第1号」など)。
    pub legal_reference: String,
    /// 算定の方法。
    pub kind: TermKind,
    /// 端数処理。指定しないと、合計の端数処理まで端数のまま計算する。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// この項の対象としない団体。
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[graphql(default)]
    pub exclusions: Vec<Exclusion>,
    /// 地区ごとの重み(補正係数)。挙げない地区は1。
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[graphql(default)]
    pub weights: Vec<Weight>,
}

/// 対象としない団体とその理由。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationExclusionInput")]
pub struct Exclusion {
    /// 対象としない条件。
    pub when: Condition,
    /// 理由(算定調書に示す)。
    pub reason: String,
}

/// 地区の重み。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationWeightInput")]
pub struct Weight {
    /// 地区のID。
    pub district: String,
    /// 重み(0以上)。
    pub weight: Exact,
}

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
