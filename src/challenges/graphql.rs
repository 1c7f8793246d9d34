//! Root fields of challenge projects.

use async_graphql::{Context, Object};

use crate::challenges::commands::{
    self, ChallengeCallCreateInput, ChallengeCriterionAddInput, ChallengeProposalAdoptInput,
    ChallengeProposalChangeInput, ChallengeProposalCreateInput, ChallengeReviewerAssignInput,
    ChallengeScoreRecordInput,
};
use crate::challenges::entity::{CallId, ProposalId, ReviewId};
use crate::challenges::shapes::{ChallengeCall, ChallengeCriterion, ChallengeProposal, ChallengeReview};
use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;

/// Queries of challenge projects.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<ChallengeCall>("challengeCalls", "公募の一覧。新しいものから。")
        .one::<ChallengeCall>("challengeCall", "公募を一つ読む。")
        .list::<ChallengeProposal>("challengeProposals", "提案の一覧。新しいものから。")
        .one::<ChallengeProposal>("challengeProposal", "提案を一つ読む。")
        .list::<ChallengeReview>("challengeReviews", "審査の一覧。審査員には自分のものだけ。")
}

/// Mutations of challenge projects.
#[derive(Default)]
pub struct ChallengeMutation;

/// チャレンジ事業
#[Object]
impl ChallengeMutation {
    /// 公募を作る。始めるまでは職員だけが読める。
    async fn challenge_call_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "公募の内容。")] input: ChallengeCallCreateInput,
    ) -> Result<Read<ChallengeCall>> {
        act(ctx, move |tx| Box::pin(commands::create_call(tx, input))).await
    }

    /// 準備中の公募に審査基準を加える。
    async fn challenge_criterion_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "審査基準。")] input: ChallengeCriterionAddInput,
    ) -> Result<Read<ChallengeCriterion>> {
        act(ctx, move |tx| Box::pin(commands::add_criterion(tx, input))).await
    }

    /// 公募を始める。審査基準が必要。
    async fn challenge_call_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "公募。")] id: CallId,
    ) -> Result<Read<ChallengeCall>> {
        act(ctx, move |tx| Box::pin(commands::open_call(tx, id))).await
    }

    /// 公募を終える。
    async fn challenge_call_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "公募。")] id: CallId,
    ) -> Result<Read<ChallengeCall>> {
        act(ctx, move |tx| Box::pin(commands::close_call(tx, id))).await
    }

    /// 提案の下書きを作る。サインインしていればだれでもできる。
    async fn challenge_proposal_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案の内容。")] input: ChallengeProposalCreateInput,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::create_proposal(tx, input))).await
    }

    /// 自分の提案の下書きを変える。
    async fn challenge_proposal_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
        #[graphql(desc = "変更の内容。")] input: ChallengeProposalChangeInput,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::change_proposal(tx, id, input))).await
    }

    /// 自分の提案を提出する。公募期間の間だけ。子どもの提案には保護者の同意が必要。
    async fn challenge_proposal_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::submit(tx, id))).await
    }

    /// 自分の提案を取り下げる。採否が決まる前まで。
    async fn challenge_proposal_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::withdraw(tx, id))).await
    }

    /// 提案に審査員を割り当てる。提案者やその組織の関係者は割り当てられない。
    async fn challenge_reviewer_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "割り当て。")] input: ChallengeReviewerAssignInput,
    ) -> Result<Read<ChallengeReview>> {
        act(ctx, move |tx| Box::pin(commands::assign_reviewer(tx, input))).await
    }

    /// 割り当てられた審査員が採点表を提出する。一度だけ。
    async fn challenge_score_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "審査。")] id: ReviewId,
        #[graphql(desc = "採点表。")] input: ChallengeScoreRecordInput,
    ) -> Result<Read<ChallengeReview>> {
        act(ctx, move |tx| Box::pin(commands::record_score(tx, id, input))).await
    }

    /// 提案の審査を始める。
    async fn challenge_proposal_screen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::screen(tx, id))).await
    }

    /// 提案を採択する。割り当てた審査員すべての採点が必要。直前の本人確認(15分以内)が必要。
    async fn challenge_proposal_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
        #[graphql(desc = "採択の内容。")] input: ChallengeProposalAdoptInput,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::adopt(tx, id, input))).await
    }

    /// 提案を不採択とする。割り当てた審査員すべての採点が必要。直前の本人確認(15分以内)が必要。
    async fn challenge_proposal_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
        #[graphql(desc = "不採択の理由。")] reason: String,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::reject(tx, id, reason))).await
    }

    /// 採択した提案を公開する。
    async fn challenge_proposal_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "提案。")] id: ProposalId,
    ) -> Result<Read<ChallengeProposal>> {
        act(ctx, move |tx| Box::pin(commands::publish(tx, id))).await
    }
}
