//! Revisions of adopted strategies.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::strategy::commands::{STRATEGY_REVISION_APPROVE, STRATEGY_REVISION_PROPOSE};
use crate::strategy::entity::{
    StrategyId, StrategyNodeId, StrategyRevisionId, StrategyRevisionState, strategy_revision,
};
use crate::strategy::rules;
use crate::strategy::shapes::{Strategy, StrategyNode, StrategyRevision};

/// 改訂の提案。
#[derive(InputObject)]
pub struct StrategyRevisionProposeInput {
    /// 戦略。
    pub strategy_id: StrategyId,
    /// 改訂する項目。戦略の全体なら指定しない。
    pub node_id: Option<StrategyNodeId>,
    /// 改訂の内容と趣旨。
    pub changes: String,
}

/// Proposes a revision of a strategy or of one of its nodes.
pub async fn propose_revision(tx: &Tx, input: StrategyRevisionProposeInput) -> Result<StrategyRevisionId> {
    let StrategyRevisionProposeInput { strategy_id, node_id, changes } = input;
    let strategy = tx.load::<Strategy>(strategy_id, STRATEGY_REVISION_PROPOSE).await?;
    rules::strategy(&strategy, STRATEGY_REVISION_PROPOSE, tx.now)?;
    let mut checks = Checks::new();
    if let Some(node) = node_id {
        let node = tx.peek::<StrategyNode>(node, Action::READ).await?;
        checks.check(
            node.strategy_id == strategy_id,
            "input.nodeId",
            "STRATEGY",
            "別の戦略の項目です。",
            "The node is of another strategy.",
        );
    }
    let row = strategy_revision::ActiveModel {
        id: Set(StrategyRevisionId::new()),
        strategy_id: Set(strategy_id),
        node_id: Set(node_id),
        state: Set(StrategyRevisionState::Proposed),
        changes: Set(checks.text("input.changes", &changes, 4000)),
        proposed_on: Set(Date(tx.today())),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 改訂の承認。
#[derive(InputObject)]
pub struct StrategyRevisionApproveInput {
    /// 承認した会議の名称。
    pub council_name: String,
    /// 会議の回(第11回なら 11)。
    pub session_number: i32,
    /// 承認した日。
    pub approved_on: Date,
    /// 改定日。指定しなければ承認した日。
    pub revised_on: Option<Date>,
}

/// Records that a council approved a revision. It takes effect on its day.
pub async fn approve_revision(
    tx: &Tx,
    id: StrategyRevisionId,
    input: StrategyRevisionApproveInput,
) -> Result<StrategyRevisionId> {
    let row = tx.load::<StrategyRevision>(id, STRATEGY_REVISION_APPROVE).await?;
    rules::revision(&row, STRATEGY_REVISION_APPROVE, tx.now)?;
    let strategy = tx.peek::<Strategy>(row.strategy_id, Action::READ).await?;
    rules::strategy(&strategy, STRATEGY_REVISION_APPROVE, tx.now)?;
    let StrategyRevisionApproveInput { council_name, session_number, approved_on, revised_on } = input;
    let revised_on = revised_on.unwrap_or(approved_on);
    let mut checks = Checks::new();
    let council_name = checks.text("input.councilName", &council_name, 200);
    checks.check(
        (1..=9999).contains(&session_number),
        "input.sessionNumber",
        "RANGE",
        "1から9999までで指定してください。",
        "1 to 9999.",
    );
    checks.check(
        approved_on.0 <= tx.today(),
        "input.approvedOn",
        "FUTURE",
        "未来の日付です。",
        "The day has not come yet.",
    );
    checks.check(
        revised_on >= approved_on,
        "input.revisedOn",
        "ORDER",
        "改定日が承認の日より前です。",
        "Revised before it was approved.",
    );
    checks.done()?;
    let mut row: strategy_revision::ActiveModel = row.into();
    row.state = Set(StrategyRevisionState::Approved);
    row.council_name = Set(Some(council_name));
    row.session_number = Set(Some(session_number));
    row.approved_on = Set(Some(approved_on));
    row.revised_on = Set(Some(revised_on));
    row.update(tx).await?;
    Ok(id)
}
