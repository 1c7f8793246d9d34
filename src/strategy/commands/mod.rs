//! What is done with strategies: one function a verb, by what it is done to.

mod indicators;
mod legal_bases;
mod nodes;
mod revisions;
mod strategies;

use crate::kernel::policy::Action;

pub use indicators::{IndicatorAddInput, IndicatorValueRecordInput, add_indicator, record_value};
pub use legal_bases::{LegalBasisRecordInput, record_legal_basis};
pub use nodes::{StrategyNodeAddInput, StrategyNodeChangeInput, add_node, change_node};
pub use revisions::{StrategyRevisionApproveInput, StrategyRevisionProposeInput, approve_revision, propose_revision};
pub use strategies::{
    PopulationVisionInput, StrategyAdoptInput, StrategyChangeInput, StrategyCreateInput, adopt, change_strategy,
    create_strategy, expire, put_in_force, start_council_review, start_public_comment,
};

/// 根拠法令を記録する。
pub const LEGAL_BASIS_RECORD: Action = Action("legalBasisRecord");
/// 戦略を作る。
pub const STRATEGY_CREATE: Action = Action("strategyCreate");
/// 戦略の基本事項を変える。
pub const STRATEGY_CHANGE: Action = Action("strategyChange");
/// パブリックコメントを始める。
pub const STRATEGY_PUBLIC_COMMENT_START: Action = Action("strategyPublicCommentStart");
/// 有識者会議での審議を始める。
pub const STRATEGY_COUNCIL_REVIEW_START: Action = Action("strategyCouncilReviewStart");
/// 戦略を策定する。
pub const STRATEGY_ADOPT: Action = Action("strategyAdopt");
/// 戦略の計画期間を始める。
pub const STRATEGY_PUT_IN_FORCE: Action = Action("strategyPutInForce");
/// 戦略を終える。
pub const STRATEGY_EXPIRE: Action = Action("strategyExpire");
/// 項目を加える。
pub const STRATEGY_NODE_ADD: Action = Action("strategyNodeAdd");
/// 項目を変える。
pub const STRATEGY_NODE_CHANGE: Action = Action("strategyNodeChange");
/// 指標を加える。
pub const INDICATOR_ADD: Action = Action("indicatorAdd");
/// 指標の値を記録する。
pub const INDICATOR_VALUE_RECORD: Action = Action("indicatorValueRecord");
/// 改訂を提案する。
pub const STRATEGY_REVISION_PROPOSE: Action = Action("strategyRevisionPropose");
/// 改訂の承認を記録する。
pub const STRATEGY_REVISION_APPROVE: Action = Action("strategyRevisionApprove");
