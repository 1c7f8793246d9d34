//! Root fields of a person's data. `personalDataExportCreate` is among the files', because it makes one.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::people::privacy::commands::{
    self, ErasureRequestCreateInput, LegalHoldPlaceInput, RetentionRuleChangeInput,
};
use crate::people::privacy::entity::{ErasureRequestId, LegalHoldId, RetentionRuleId};
use crate::people::privacy::shapes::{ErasureRequest, LegalHold, RetentionRule};

/// Queries of a person's data.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<ErasureRequest>(
            "erasureRequests",
            "個人情報の消去の請求。新しい順。自分のものと、管理者・監査担当にはすべて。",
        )
        .one::<ErasureRequest>("erasureRequest", "個人情報の消去の請求を一つ読む。")
        .list::<LegalHold>("legalHolds", "保全の一覧。新しい順。")
        .list::<RetentionRule>("retentionRules", "保存期間の一覧。")
}

/// Mutations of a person's data.
#[derive(Default)]
pub struct PrivacyMutation;

/// 個人情報
#[Object]
impl PrivacyMutation {
    /// 個人情報の消去を請求する(本人。管理者は本人に代わって記録できる)。管理者が決定すると行われる。直前の本人確認(15分以内)が必要。
    async fn erasure_request_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "請求の内容。")] input: ErasureRequestCreateInput,
    ) -> Result<Read<ErasureRequest>> {
        act(ctx, move |tx| Box::pin(commands::request(tx, input))).await
    }

    /// 消去の請求を認め、すぐに消去する(請求に関わっていない管理者)。元に戻すことはできない。`Entaku-Dry-Run: true` で試すと、変わる件数だけが分かる。直前の本人確認(15分以内)が必要。
    async fn erasure_request_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "請求。")] id: ErasureRequestId,
        #[graphql(desc = "認める理由。")] reason: String,
    ) -> Result<Read<ErasureRequest>> {
        act(ctx, move |tx| Box::pin(async move { commands::approve(tx, id, &reason).await })).await
    }

    /// 消去の請求を認めない(請求に関わっていない管理者)。
    async fn erasure_request_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "請求。")] id: ErasureRequestId,
        #[graphql(desc = "認めない理由。")] reason: String,
    ) -> Result<Read<ErasureRequest>> {
        act(ctx, move |tx| Box::pin(async move { commands::refuse(tx, id, &reason).await })).await
    }

    /// 自分の個人情報の消去の請求を取り下げる。
    async fn erasure_request_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "請求。")] id: ErasureRequestId,
    ) -> Result<Read<ErasureRequest>> {
        act(ctx, move |tx| Box::pin(commands::withdraw(tx, id))).await
    }

    /// 保全する(管理者)。解くまで、保存期間が過ぎても消えず、消去の請求も認められない。
    async fn legal_hold_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "保全の内容。")] input: LegalHoldPlaceInput,
    ) -> Result<Read<LegalHold>> {
        act(ctx, move |tx| Box::pin(commands::place(tx, input))).await
    }

    /// 保全を解く(管理者)。直前の本人確認(15分以内)が必要。
    async fn legal_hold_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "保全。")] id: LegalHoldId,
        #[graphql(desc = "解く理由。")] reason: String,
    ) -> Result<Read<LegalHold>> {
        act(ctx, move |tx| Box::pin(async move { commands::lift(tx, id, &reason).await })).await
    }

    /// 保存期間を変える(管理者)。直前の本人確認(15分以内)が必要。
    async fn retention_rule_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "保存期間。")] id: RetentionRuleId,
        #[graphql(desc = "変更の内容。")] input: RetentionRuleChangeInput,
    ) -> Result<Read<RetentionRule>> {
        act(ctx, move |tx| Box::pin(commands::change_rule(tx, id, input))).await
    }

    /// 保存期間の過ぎたものと、まもなく過ぎるものを数え直す(管理者)。毎晩の処理の後にも数えられる。
    async fn retention_rule_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "保存期間。")] id: RetentionRuleId,
    ) -> Result<Read<RetentionRule>> {
        act(ctx, move |tx| Box::pin(commands::count_rule(tx, id))).await
    }
}
