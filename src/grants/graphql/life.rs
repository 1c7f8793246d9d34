//! Acts on a grant after its decision, and on what depends on it.

use async_graphql::{Context, Object};

use crate::grants::commands::change::{self, GrantChangeDecideInput, GrantChangeRequestInput};
use crate::grants::commands::fixing::{self, GrantAmountFixInput};
use crate::grants::commands::repayment::{self, GrantRepaymentRecordInput, GrantRepaymentReportInput};
use crate::grants::commands::report::{
    self, GrantCompletionRecordInput, GrantReportReturnInput, GrantReportReviewInput, GrantReportSubmitInput,
};
use crate::grants::commands::reversal::{self, GrantPaymentReverseInput};
use crate::grants::commands::revocation::{self, GrantDecisionRevokeInput};
use crate::grants::commands::subgrant::{
    self, GrantSubgrantAdoptInput, GrantSubgrantRefuseInput, GrantSubgrantSubmitInput,
};
use crate::grants::commands::surplus::{self, GrantSurplusOrderInput};
use crate::grants::entity::{GrantApplicationId, GrantChangeId, GrantSubgrantId};
use crate::grants::shapes::{GrantApplication, GrantChange, GrantSubgrant};
use crate::kernel::error::Result;
use crate::kernel::read::Read;
use crate::kernel::work::act;

/// Mutations of decided grants.
#[derive(Default)]
pub struct GrantLifeMutation;

/// 交付決定の後
#[Object]
impl GrantLifeMutation {
    /// 事業の完了を届け出る。実績報告の期限が定まる。
    async fn grant_completion_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "完了の内容。")] input: GrantCompletionRecordInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(report::record_completion(tx, id, input))).await
    }

    /// 実績を報告する。事業の完了を届け出た後に行える。
    async fn grant_report_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "実績の内容。")] input: GrantReportSubmitInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(report::submit_report(tx, id, input))).await
    }

    /// 実績報告を補正のために返す。申請した人と報告した人は行えない。
    async fn grant_report_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "返却の内容。")] input: GrantReportReturnInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(report::return_report(tx, id, input))).await
    }

    /// 実績報告を審査し、交付の対象となる経費を認めて、額の確定に回す。申請した人と報告した人は行えない。
    async fn grant_report_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "審査の意見。")] input: GrantReportReviewInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(report::review_report(tx, id, input))).await
    }

    /// 額を確定する(交付決定額と、対象と認めた経費の、少ない方)。支払いすぎた額は、制度の定めにより返還・繰越・積立て・差引きとなる。審査した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_amount_fix(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "額の確定の内容。")] input: GrantAmountFixInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(fixing::fix_amount(tx, id, input))).await
    }

    /// 後の年度の配分から差し引くはずだった剰余金のうち、差し引けないまま残っている額の返還を命じる。申請した人、実績を報告した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_surplus_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "剰余金の生じた交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "返還命令の内容。")] input: GrantSurplusOrderInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(surplus::order_surplus(tx, id, input))).await
    }

    /// 命じられた額を返還したことを届け出る。受け入れられるまで、返還の残りは変わらない。
    async fn grant_repayment_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "返還の内容。")] input: GrantRepaymentReportInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(repayment::report_repayment(tx, id, input))).await
    }

    /// 返還された額を受け入れ、同時に仕訳する。分けて返還できるが、命じた額は超えられない。返還を命じた人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_repayment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "返還の内容。")] input: GrantRepaymentRecordInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(repayment::record_repayment(tx, id, input))).await
    }

    /// 支払を取り消す(誤記録、または銀行からの組戻し)。誤って受け入れた返還も取り消せ、返還の残りに戻る。仕訳を反対の仕訳で取り消し、支払の行は残る。請求はそのまま残り、もう一度支払える。支払った人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_payment_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "取消しの内容。")] input: GrantPaymentReverseInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(reversal::reverse_payment(tx, id, input))).await
    }

    /// 変更の承認を申請する。軽微な変更は承認を要せず、すぐに反映される。
    async fn grant_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "変更の内容。")] input: GrantChangeRequestInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(change::request_change(tx, id, input))).await
    }

    /// 変更を承認する。交付決定額が変わるときは、支出負担行為の額も変わる。変更を申請した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_change_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "変更承認申請。")] id: GrantChangeId,
        #[graphql(desc = "決定の内容。")] input: GrantChangeDecideInput,
    ) -> Result<Read<GrantChange>> {
        act(ctx, move |tx| Box::pin(change::approve_change(tx, id, input))).await
    }

    /// 変更を承認しない。変更を申請した人は行えない。
    async fn grant_change_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "変更承認申請。")] id: GrantChangeId,
        #[graphql(desc = "決定の内容。")] input: GrantChangeDecideInput,
    ) -> Result<Read<GrantChange>> {
        act(ctx, move |tx| Box::pin(change::refuse_change(tx, id, input))).await
    }

    /// 変更承認申請を取り下げる。決定の前に限る。途中までの承認は効力を失い、交付決定はそのまま残る。
    async fn grant_change_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "変更承認申請。")] id: GrantChangeId,
    ) -> Result<Read<GrantChange>> {
        act(ctx, move |tx| Box::pin(change::withdraw_change(tx, id))).await
    }

    /// 交付決定を取り消す。支払った額には返還を命じる。申請した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_decision_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付申請。")] id: GrantApplicationId,
        #[graphql(desc = "取消しの内容。")] input: GrantDecisionRevokeInput,
    ) -> Result<Read<GrantApplication>> {
        act(ctx, move |tx| Box::pin(revocation::revoke_decision(tx, id, input))).await
    }

    /// 自治会などが、地域組織の受けた交付金の一部を、その地域組織に申請する。
    async fn grant_subgrant_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域内の申請の内容。")] input: GrantSubgrantSubmitInput,
    ) -> Result<Read<GrantSubgrant>> {
        act(ctx, move |tx| Box::pin(subgrant::submit_subgrant(tx, input))).await
    }

    /// 地域内の申請を採択する。合計は交付決定額を超えられない。申請した人は行えない。
    async fn grant_subgrant_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域内の申請。")] id: GrantSubgrantId,
        #[graphql(desc = "採択の内容。")] input: GrantSubgrantAdoptInput,
    ) -> Result<Read<GrantSubgrant>> {
        act(ctx, move |tx| Box::pin(subgrant::adopt_subgrant(tx, id, input))).await
    }

    /// 地域内の申請を不採択とする。申請した人は行えない。
    async fn grant_subgrant_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域内の申請。")] id: GrantSubgrantId,
        #[graphql(desc = "不採択の内容。")] input: GrantSubgrantRefuseInput,
    ) -> Result<Read<GrantSubgrant>> {
        act(ctx, move |tx| Box::pin(subgrant::refuse_subgrant(tx, id, input))).await
    }

    /// 地域内の申請を取り下げる。採択か不採択が決まる前に、申請した本人が行う。
    async fn grant_subgrant_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域内の申請。")] id: GrantSubgrantId,
    ) -> Result<Read<GrantSubgrant>> {
        act(ctx, move |tx| Box::pin(subgrant::withdraw_subgrant(tx, id))).await
    }
}
