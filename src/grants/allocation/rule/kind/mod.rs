//! How a term makes an amount.

mod amount;
mod multiplier;
mod pool;
mod table;
mod unit;

use async_graphql::OneofObject;
use serde::{Deserialize, Serialize};

pub use amount::{Amount, Bound, BudgetRest, Case, Conditional, Fixed};
pub use multiplier::{Effect, Factor, FactorRow, FactorTable, Multiplier};
pub use pool::{PoolShare, ProportionalPool, Residual};
pub use table::{Bracket, BracketRow, FixedRow, FixedTable, Step};
pub use unit::{Counted, Distance, Per, PerUnit, PercentOfInput};

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
