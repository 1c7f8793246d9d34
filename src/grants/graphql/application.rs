//! Acts on an application up to its decision, and its payments.

use async_graphql::{Context, Object};

use crate::files::entity::FileId;
use crate::grants::commands::application::{self, GrantApplicationChangeInput, GrantApplicationCreateInput};
use crate::grants::commands::attachment;
use crate::grants::commands::payment::{self, GrantPaymentExecuteInput, GrantPaymentRequestInput};
use crate::grants::commands::review::{
    self, GrantApplicationDecideInput, GrantApplicationRecommendInput, GrantApplicationRefuseInput,
    GrantApplicationReturnInput,
};
use crate::grants::commands::taking_back::{self, GrantPaymentRequestReturnInput};
use crate::grants::entity::{GrantApplicationFileId, GrantApplicationId};
use crate::grants::shapes::GrantApplication;
use crate::kernel::error::Result;
use crate::kernel::read::Read;
use crate::kernel::work::act;

/// Mutations of applications.
#[derive(Default)]
pub struct GrantApplicationMutation;

/// 交付申請
#[Object]
impl GrantApplicationMutation {
    /// 交付申請の下書きを作る。
    async fn grant_application_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "申請の内容。")] input: GrantApplicationCreateInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(application::create_application(tx, input))).await
    }

    /// 送ったファイルを、下書きか返された交付申請、または交付決定の後の実績報告か支払の請求に添付する。
    async fn grant_application_file_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "送ったファイル。")] file_id: FileId,
        #[graphql(desc = "求められた書類のどれか。申請の papers にある名称。どれでもなければ指定しない。")]
        paper: Option<String>,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(attachment::attach(tx, id, file_id, paper))).await
    }

    /// 下書きか返された交付申請、または提出する前の実績報告から、添付したファイルを取り外す。内容は消える。
    async fn grant_application_file_detach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "添付したファイル。")] grant_application_file_id: GrantApplicationFileId,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(attachment::detach(tx, id, grant_application_file_id))).await
    }

    /// 交付申請の下書き、または返された申請を変える。
    async fn grant_application_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "変更の内容。")] input: GrantApplicationChangeInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(application::change_application(tx, id, input))).await
    }

    /// 申請する。受付の期間内に限る。
    async fn grant_application_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(application::submit_application(tx, id))).await
    }

    /// 申請を取り下げる。交付決定の後は、自治体の定める日数以内に限る。
    async fn grant_application_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(application::withdraw_application(tx, id))).await
    }

    /// 審査を始める。
    async fn grant_application_review_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(review::start_review(tx, id))).await
    }

    /// 補正のために返す。
    async fn grant_application_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "返却の内容。")] input: GrantApplicationReturnInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(review::return_application(tx, id, input))).await
    }

    /// 審査の意見を付けて決裁に回す。申請した人は行えない。
    async fn grant_application_recommend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "審査の意見。")] input: GrantApplicationRecommendInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(review::recommend_application(tx, id, input))).await
    }

    /// 交付を決定する。審査の意見を付けた人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_application_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "決定の内容。")] input: GrantApplicationDecideInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(review::decide_application(tx, id, input))).await
    }

    /// 不交付とする。審査の意見を付けた人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_application_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "不交付の内容。")] input: GrantApplicationRefuseInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(review::refuse_application(tx, id, input))).await
    }

    /// 次の支払を請求する(分割払の次の回、額の確定の後は残り)。審査の意見を付けた人と決裁した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_payment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "請求の内容。")] input: Option<GrantPaymentRequestInput>,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(payment::request_payment(tx, id, input))).await
    }

    /// 支払の請求を取り下げる。銀行に渡すファイルに入る前に限る。請求し直せる。
    async fn grant_payment_request_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(taking_back::withdraw_request(tx, id))).await
    }

    /// 支払の請求を、理由を付けて団体に返す。銀行に渡すファイルに入る前に限る。申請した人と請求した人は行えない。
    async fn grant_payment_request_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "返却の内容。")] input: GrantPaymentRequestReturnInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(taking_back::return_request(tx, id, input))).await
    }

    /// 請求された額を支払い、同時に仕訳する。請求ごとに一度だけ行える。申請・審査・決裁・請求・額の確定をした人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_payment_execute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "支払の内容。")] input: GrantPaymentExecuteInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(payment::execute_payment(tx, id, input))).await
    }
}
