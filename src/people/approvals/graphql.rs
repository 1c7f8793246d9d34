//! Root fields of approval routes.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::people::approvals::commands::{self, ApprovalBeginInput, ApprovalRouteCreateInput, DelegationCreateInput};
use crate::people::approvals::entity::{ApprovalId, ApprovalRouteId, ApprovalSeatId, DelegationId};
use crate::people::approvals::shapes::{Approval, ApprovalRoute, ApprovalSeat, Delegation};

/// Queries of approval routes.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<ApprovalRoute>("approvalRoutes", "決裁ルートの一覧。")
        .list::<Approval>("approvals", "決裁の一覧。新しい順。")
        .one::<Approval>("approval", "決裁を一つ読む。")
        .list::<Delegation>("delegations", "代決の定めの一覧。新しい順。")
}

/// Mutations of approval routes.
#[derive(Default)]
pub struct ApprovalMutation;

/// 決裁
#[Object]
impl ApprovalMutation {
    /// 決裁ルートを定める(管理者)。すでに決裁の段階にある対象の承認も始まる。
    async fn approval_route_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "決裁ルートの内容。")] input: ApprovalRouteCreateInput,
    ) -> Result<Read<ApprovalRoute>> {
        act(ctx, move |tx| Box::pin(commands::create_route(tx, input))).await
    }

    /// 決裁ルートを廃止する(管理者)。進んでいる決裁は続く。
    async fn approval_route_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "決裁ルート。")] id: ApprovalRouteId,
    ) -> Result<Read<ApprovalRoute>> {
        act(ctx, move |tx| Box::pin(commands::end_route(tx, id))).await
    }

    /// 決裁を求める(交付金担当職員)。決裁ルートの対象なのに決裁が始まっていないとき、または審査の意見と異なる額を決定するとき。
    /// 進んでいる決裁は無効になる。
    async fn approval_begin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "何の決裁か。")] input: ApprovalBeginInput,
    ) -> Result<Read<Approval>> {
        act(ctx, move |tx| Box::pin(commands::begin_approval(tx, input))).await
    }

    /// 同じ対象の決裁を、もう一度求める(交付金担当職員)。差し戻された、無効になった、または承認できる人がいなくなったとき。
    /// 進んでいる決裁は無効になり、新しい決裁が返る。
    async fn approval_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "これまでの決裁。")] id: ApprovalId,
    ) -> Result<Read<Approval>> {
        act(ctx, move |tx| Box::pin(commands::request(tx, id))).await
    }

    /// 決裁を、今ある決裁ルートで初めから回し直す(管理者)。承認できる人がいなくなり、任命や代決でも補えないとき。決裁を求めた人は
    /// 変わらない。進んでいる決裁は無効になり、新しい決裁が返る。
    async fn approval_reroute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "これまでの決裁。")] id: ApprovalId,
    ) -> Result<Read<Approval>> {
        act(ctx, move |tx| Box::pin(commands::reroute(tx, id))).await
    }

    /// 承認する(席の本人)。すべての段階がそろうと、操作ができるようになる。
    async fn approval_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "自分の席。")] id: ApprovalSeatId,
        #[graphql(desc = "意見。")] comment: Option<String>,
    ) -> Result<Read<ApprovalSeat>> {
        act(ctx, move |tx| Box::pin(commands::approve(tx, id, comment))).await
    }

    /// 差し戻す(席の本人)。決裁は終わり、求め直すには `approvalRequest` を行う。
    async fn approval_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "自分の席。")] id: ApprovalSeatId,
        #[graphql(desc = "理由。")] reason: String,
    ) -> Result<Read<ApprovalSeat>> {
        act(ctx, move |tx| Box::pin(commands::send_back(tx, id, reason))).await
    }

    /// 代決を定める(本人、または管理者)。自分が代わりになる定めはできない。
    async fn delegation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "代決の内容。")] input: DelegationCreateInput,
    ) -> Result<Read<Delegation>> {
        act(ctx, move |tx| Box::pin(commands::delegate(tx, input))).await
    }

    /// 代決の定めを早く終える(本人、または管理者)。
    async fn delegation_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "代決の定め。")] id: DelegationId,
    ) -> Result<Read<Delegation>> {
        act(ctx, move |tx| Box::pin(commands::end_delegation(tx, id))).await
    }
}
