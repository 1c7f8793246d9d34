//! A by-law as data: what is counted, which terms make an amount, and what is done to the sum.
//!
//! These types are the stored form (JSON, no unknown fields, a format number) and the input of the API at once.

mod adjustment;
mod condition;
mod kind;

use async_graphql::{Enum, InputObject};
use serde::{Deserialize, Serialize};

use crate::grants::allocation::conditions::Conditions;
use crate::grants::allocation::deadlines::InstalmentTime;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::metric::Metric;
use crate::grants::allocation::rounding::Rounding;
use crate::kernel::money::Yen;

pub use adjustment::{
    Adjustment, AdjustmentKind, ChangeLimit, FitBudget, Limits, PhaseIn, ProRata, Span, Split, WhenOver,
};
pub use condition::{Comparison, Condition, NumberTest, WordTest};
pub use kind::{
    Amount, Bound, Bracket, BracketRow, BudgetRest, Case, Conditional, Counted, Distance, Effect, Factor, FactorRow,
    FactorTable, Fixed, FixedRow, FixedTable, Multiplier, Per, PerUnit, PercentOfInput, PoolShare, ProportionalPool,
    Residual, Step, TermKind,
};

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
    /// 各回を支払う時期。回の順に、回数と同じだけ定める。定めなければ、時期はない。
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[graphql(default)]
    pub times: Vec<InstalmentTime>,
    /// その時期の前には請求できないか。
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[graphql(default)]
    pub not_before: bool,
    /// 次の回の額と異なる額(残りの全額まで)を、まとめて請求できるか。認めなければ、請求できるのは次の回の額だけとなる。
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[graphql(default)]
    pub lump_sum: bool,
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

    /// Is there a time for each part, one after the other within the fiscal year; or for none?
    pub fn times_fit(&self) -> bool {
        let each = usize::try_from(self.count).is_ok_and(|count| self.times.len() == count);
        let in_order = self.times.is_sorted_by(|one, next| one.place() < next.place());
        if self.times.is_empty() {
            return !self.not_before;
        }
        each && in_order && self.times.iter().all(InstalmentTime::is_one)
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
