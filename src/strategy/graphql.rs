//! Root fields of strategies.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::strategy::commands::{
    self, IndicatorAddInput, IndicatorValueRecordInput, LegalBasisRecordInput, StrategyAdoptInput, StrategyChangeInput,
    StrategyCreateInput, StrategyNodeAddInput, StrategyNodeChangeInput, StrategyRevisionApproveInput,
    StrategyRevisionProposeInput,
};
use crate::strategy::entity::{StrategyId, StrategyNodeId, StrategyRevisionId};
use crate::strategy::shapes::{Indicator, IndicatorValue, LegalBasis, Strategy, StrategyNode, StrategyRevision};

/// Queries of strategies.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<LegalBasis>("legalBases", "根拠法令の一覧。")
        .list::<Strategy>("strategies", "戦略の一覧。登録の順。")
        .one::<Strategy>("strategy", "戦略を一つ読む。")
        .one::<StrategyNode>("strategyNode", "戦略の項目を一つ読む。")
        .one::<Indicator>("indicator", "指標を一つ読む。")
}

/// Mutations of strategies.
#[derive(Default)]
pub struct StrategyMutation;

/// 戦略
#[Object]
impl StrategyMutation {
    /// 根拠法令を記録する。
    async fn legal_basis_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "根拠法令の内容。")] input: LegalBasisRecordInput,
    ) -> Result<Read<LegalBasis>> {
        act(ctx, move |tx| Box::pin(commands::record_legal_basis(tx, input))).await
    }

    /// 戦略の案を作る。
    async fn strategy_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略の内容。")] input: StrategyCreateInput,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::create_strategy(tx, input))).await
    }

    /// 策定前の戦略の基本事項を変える。
    async fn strategy_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略。")] id: StrategyId,
        #[graphql(desc = "変更の内容。")] input: StrategyChangeInput,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::change_strategy(tx, id, input))).await
    }

    /// パブリックコメントを始める。
    async fn strategy_public_comment_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略。")] id: StrategyId,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::start_public_comment(tx, id))).await
    }

    /// 有識者会議での審議を始める。
    async fn strategy_council_review_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略。")] id: StrategyId,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::start_council_review(tx, id))).await
    }

    /// 戦略を策定する。以後は公開され、項目は改訂によってだけ変わる。
    async fn strategy_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略。")] id: StrategyId,
        #[graphql(desc = "策定の内容。")] input: StrategyAdoptInput,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::adopt(tx, id, input))).await
    }

    /// 戦略の計画期間を始める。最初の年度が始まってから。
    async fn strategy_put_in_force(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略。")] id: StrategyId,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::put_in_force(tx, id))).await
    }

    /// 戦略を終える。終えた後も読める。
    async fn strategy_expire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "戦略。")] id: StrategyId,
    ) -> Result<Read<Strategy>> {
        act(ctx, move |tx| Box::pin(commands::expire(tx, id))).await
    }

    /// 戦略に項目を加える。策定後は、承認された改訂による。
    async fn strategy_node_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "項目の内容。")] input: StrategyNodeAddInput,
    ) -> Result<Read<StrategyNode>> {
        act(ctx, move |tx| Box::pin(commands::add_node(tx, input))).await
    }

    /// 項目を変える。策定後は、承認された改訂により、前の内容も残る。
    async fn strategy_node_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "項目。")] id: StrategyNodeId,
        #[graphql(desc = "変更の内容。")] input: StrategyNodeChangeInput,
    ) -> Result<Read<StrategyNode>> {
        act(ctx, move |tx| Box::pin(commands::change_node(tx, id, input))).await
    }

    /// 策定前の戦略の項目に指標を加える。
    async fn indicator_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "指標の内容。")] input: IndicatorAddInput,
    ) -> Result<Read<Indicator>> {
        act(ctx, move |tx| Box::pin(commands::add_indicator(tx, input))).await
    }

    /// 指標の値を記録する。実績値は計画期間中に、年度ごとに一度。公表予定の値は後から埋められる。
    async fn indicator_value_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "値の内容。")] input: IndicatorValueRecordInput,
    ) -> Result<Read<IndicatorValue>> {
        act(ctx, move |tx| Box::pin(commands::record_value(tx, input))).await
    }

    /// 策定された戦略の改訂を提案する。
    async fn strategy_revision_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "改訂の内容。")] input: StrategyRevisionProposeInput,
    ) -> Result<Read<StrategyRevision>> {
        act(ctx, move |tx| Box::pin(commands::propose_revision(tx, input))).await
    }

    /// 有識者会議などが改訂を承認したことを記録する。改定日から有効になる。
    async fn strategy_revision_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "改訂。")] id: StrategyRevisionId,
        #[graphql(desc = "承認の内容。")] input: StrategyRevisionApproveInput,
    ) -> Result<Read<StrategyRevision>> {
        act(ctx, move |tx| Box::pin(commands::approve_revision(tx, id, input))).await
    }
}
