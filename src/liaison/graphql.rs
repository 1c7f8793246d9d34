//! Root fields of liaison work.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::liaison::commands::{
    self, LiaisonAssignmentProposeInput, LiaisonAssignmentRelieveInput, LiaisonRequestReceiveInput,
    LiaisonVisitChangeInput, LiaisonVisitLogInput,
};
use crate::liaison::entity::{LiaisonAssignmentId, LiaisonRequestId, LiaisonVisitId};
use crate::liaison::shapes::{LiaisonAssignment, LiaisonRequest, LiaisonVisit};
use crate::people::entity::SectionId;

/// Queries of liaison work.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<LiaisonAssignment>("liaisonAssignments", "地区の担当の一覧。")
        .one::<LiaisonAssignment>("liaisonAssignment", "地区の担当を一つ読む。")
        .list::<LiaisonVisit>("liaisonVisits", "活動記録の一覧。新しい日から。")
        .one::<LiaisonVisit>("liaisonVisit", "活動記録を一つ読む。")
        .list::<LiaisonRequest>("liaisonRequests", "要望の一覧。新しい日から。")
        .one::<LiaisonRequest>("liaisonRequest", "要望を一つ読む。")
}

/// Mutations of liaison work.
#[derive(Default)]
pub struct LiaisonMutation;

/// 地区の担当
#[Object]
impl LiaisonMutation {
    /// 地区の担当を内申する。任命されるまで権限は生じない。
    async fn liaison_assignment_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "担当の内容。")] input: LiaisonAssignmentProposeInput,
    ) -> Result<Read<LiaisonAssignment>> {
        act(ctx, move |tx| Box::pin(commands::propose_assignment(tx, input))).await
    }

    /// 内申された人を任命する。任期の間、地区の担当としての権限が生じる。自分を任命することはできない。直前の本人確認(15分以内)が必要。
    async fn liaison_assignment_appoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "担当。")] id: LiaisonAssignmentId,
    ) -> Result<Read<LiaisonAssignment>> {
        act(ctx, move |tx| Box::pin(commands::appoint_assignment(tx, id))).await
    }

    /// 担当を解く。後任を指定すると、残りの任期を引き継ぐ。
    async fn liaison_assignment_relieve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "担当。")] id: LiaisonAssignmentId,
        #[graphql(desc = "解任の内容。")] input: LiaisonAssignmentRelieveInput,
    ) -> Result<Read<LiaisonAssignment>> {
        act(ctx, move |tx| Box::pin(commands::relieve_assignment(tx, id, input))).await
    }

    /// 任期が終わった担当を、任期満了とする。
    async fn liaison_assignment_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "担当。")] id: LiaisonAssignmentId,
    ) -> Result<Read<LiaisonAssignment>> {
        act(ctx, move |tx| Box::pin(commands::end_assignment(tx, id))).await
    }

    /// 地区での活動を記録する。
    async fn liaison_visit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "活動の内容。")] input: LiaisonVisitLogInput,
    ) -> Result<Read<LiaisonVisit>> {
        act(ctx, move |tx| Box::pin(commands::log_visit(tx, input))).await
    }

    /// 自分の活動記録を直す。その年度のうちだけ。
    async fn liaison_visit_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "活動記録。")] id: LiaisonVisitId,
        #[graphql(desc = "訂正の内容。")] input: LiaisonVisitChangeInput,
    ) -> Result<Read<LiaisonVisit>> {
        act(ctx, move |tx| Box::pin(commands::change_visit(tx, id, input))).await
    }

    /// 地域からの要望を受ける。
    async fn liaison_request_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "要望の内容。")] input: LiaisonRequestReceiveInput,
    ) -> Result<Read<LiaisonRequest>> {
        act(ctx, move |tx| Box::pin(commands::receive_request(tx, input))).await
    }

    /// 要望を関係課に取り次ぐ。回答の前なら別の課に替えられる。
    async fn liaison_request_forward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "要望。")] id: LiaisonRequestId,
        #[graphql(desc = "取り次ぐ課。")] section_id: SectionId,
    ) -> Result<Read<LiaisonRequest>> {
        act(ctx, move |tx| Box::pin(commands::forward_request(tx, id, section_id))).await
    }

    /// 取り次がれた課が要望に回答する。
    async fn liaison_request_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "要望。")] id: LiaisonRequestId,
        #[graphql(desc = "回答。")] answer: String,
    ) -> Result<Read<LiaisonRequest>> {
        act(ctx, move |tx| Box::pin(async move { commands::answer_request(tx, id, &answer).await })).await
    }

    /// 回答を地域に伝えたことを記録する。
    async fn liaison_request_report_back(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "要望。")] id: LiaisonRequestId,
        #[graphql(desc = "伝えたときの様子。")] note: Option<String>,
    ) -> Result<Read<LiaisonRequest>> {
        act(ctx, move |tx| Box::pin(commands::report_back(tx, id, note))).await
    }

    /// 地域に回答を伝え終えた要望を完了する。
    async fn liaison_request_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "要望。")] id: LiaisonRequestId,
    ) -> Result<Read<LiaisonRequest>> {
        act(ctx, move |tx| Box::pin(commands::close_request(tx, id))).await
    }
}
