//! When a strategy may change, where a node stands, how far an indicator has come. Pure.

mod measured;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::strategy::commands::{
    INDICATOR_ADD, INDICATOR_VALUE_RECORD, STRATEGY_ADOPT, STRATEGY_CHANGE, STRATEGY_COUNCIL_REVIEW_START,
    STRATEGY_EXPIRE, STRATEGY_NODE_ADD, STRATEGY_NODE_CHANGE, STRATEGY_PUBLIC_COMMENT_START, STRATEGY_PUT_IN_FORCE,
    STRATEGY_REVISION_APPROVE, STRATEGY_REVISION_PROPOSE,
};
use crate::strategy::entity::StrategyState::{self, Adopted, CouncilReview, Draft, Expired, InForce, PublicComment};
use crate::strategy::entity::{
    IndicatorRole, StrategyNodeKind, StrategyRevisionState, ValueStatus, indicator_value, node, strategy,
    strategy_revision,
};

pub use measured::Measured;

/// Is the strategy still being written?
pub fn is_drafting(state: StrategyState) -> bool {
    matches!(state, Draft | PublicComment | CouncilReview)
}

/// What may be done to a strategy and its parts now.
pub fn strategy(row: &strategy::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    let state = row.state;
    let fits = match action {
        STRATEGY_CHANGE | INDICATOR_ADD => is_drafting(state),
        STRATEGY_PUBLIC_COMMENT_START => state == Draft,
        STRATEGY_COUNCIL_REVIEW_START => matches!(state, Draft | PublicComment),
        STRATEGY_ADOPT => matches!(state, Draft | CouncilReview),
        STRATEGY_PUT_IN_FORCE => state == Adopted,
        STRATEGY_EXPIRE => state == InForce,
        STRATEGY_NODE_ADD | INDICATOR_VALUE_RECORD => state != Expired,
        STRATEGY_REVISION_PROPOSE | STRATEGY_REVISION_APPROVE => matches!(state, Adopted | InForce),
        _ => true,
    };
    if !fits {
        return Err(Refusal::new(
            "STATE",
            "戦略の今の状態では行えません。",
            "The strategy's present state does not allow this.",
        ));
    }
    let begun = row.start_fiscal_year.is_none_or(|year| year.first_day() <= japan_day(now));
    if action == STRATEGY_PUT_IN_FORCE && !begun {
        return Err(Refusal::new(
            "NOT_BEGUN",
            "計画期間がまだ始まっていません。",
            "The period of the strategy has not begun.",
        ));
    }
    Ok(())
}

/// What may be done to a node now. After adoption the command asks [`tree_change`] too.
pub fn node(row: &node::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == STRATEGY_NODE_CHANGE && row.strategy_state == Expired {
        return Err(Refusal::new("STATE", "戦略はすでに終わっています。", "The strategy has ended."));
    }
    Ok(())
}

/// What may be done to a revision now.
pub fn revision(row: &strategy_revision::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == STRATEGY_REVISION_APPROVE && row.state != StrategyRevisionState::Proposed {
        return Err(Refusal::new("STATE", "この改訂はすでに承認されています。", "The revision is already approved."));
    }
    Ok(())
}

/// After adoption the tree changes only under a revision that is approved and in effect.
pub fn tree_change(
    state: StrategyState,
    revision: Option<&strategy_revision::Model>,
    today: Date,
) -> Result<(), Refusal> {
    if is_drafting(state) {
        return Ok(());
    }
    let Some(revision) = revision else {
        return Err(Refusal::new(
            "REVISION_REQUIRED",
            "策定後の変更には、承認された改訂が必要です。",
            "After adoption a change needs an approved revision.",
        ));
    };
    let in_effect =
        revision.state == StrategyRevisionState::Approved && revision.revised_on.is_some_and(|d| d <= today);
    if in_effect {
        return Ok(());
    }
    Err(Refusal::new("REVISION_NOT_IN_EFFECT", "この改訂はまだ有効ではありません。", "The revision is not in effect."))
}

/// May a value be recorded where `present` stands already?
pub fn record_value(
    state: StrategyState,
    role: IndicatorRole,
    present: Option<&indicator_value::Model>,
) -> Result<(), Refusal> {
    let known = present.is_some_and(|v| v.status == ValueStatus::Known);
    if role == IndicatorRole::Actual && state != InForce {
        return Err(Refusal::new(
            "NOT_IN_FORCE",
            "実績値は計画期間中に記録します。",
            "Actual values are recorded while the strategy is in force.",
        ));
    }
    if known && !is_drafting(state) {
        return Err(Refusal::new(
            "RECORDED",
            "この年度の値はすでに記録されています。",
            "The value of this year is already recorded.",
        ));
    }
    if role != IndicatorRole::Actual && present.is_none() && !is_drafting(state) {
        return Err(Refusal::new(
            "ADOPTED",
            "策定後に基準値・目標値・参考値を加えることはできません。",
            "After adoption only pending values can be filled in.",
        ));
    }
    Ok(())
}

/// Where a node stands among its siblings: by kind, number (unnumbered last) and order of entry. Fixed
/// width, so that text order is tree order.
pub fn sort_step(kind: StrategyNodeKind, number: Option<i32>, position: i32) -> String {
    format!("{:02}{:04}{position:06}", kind as u8, number.unwrap_or(9999))
}
