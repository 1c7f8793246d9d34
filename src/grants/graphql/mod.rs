//! Root fields of grants. Acts after the decision stand in [`life`].

pub mod life;

use async_graphql::{Context, Object};

use crate::files::entity::FileId;
use crate::grants::commands::application::{self, GrantApplicationChangeInput, GrantApplicationCreateInput};
use crate::grants::commands::attachment;
use crate::grants::commands::budget::{self, GrantProgrammeBudgetChangeInput};
use crate::grants::commands::calculation::comparison;
use crate::grants::commands::calculation::declaration::{self, GrantDeclarationRecordInput};
use crate::grants::commands::calculation::freeze;
use crate::grants::commands::calculation::results::{self, GrantRunWithdrawInput};
use crate::grants::commands::calculation::rule::{self, GrantRuleDraftInput};
use crate::grants::commands::calculation::run::{self, GrantRunCreateInput};
use crate::grants::commands::payment::{self, GrantPaymentExecuteInput, GrantPaymentRequestInput};
use crate::grants::commands::predecessor::{self, GrantProgrammePreviousCorrectInput};
use crate::grants::commands::programme::{self, GrantAllocationSetInput, GrantProgrammeCreateInput};
use crate::grants::commands::review::{
    self, GrantApplicationDecideInput, GrantApplicationRecommendInput, GrantApplicationRefuseInput,
    GrantApplicationReturnInput,
};
use crate::grants::commands::taking_back::{self, GrantPaymentRequestReturnInput};
use crate::grants::commands::terms::{self, GrantProgrammeTermsInput};
use crate::grants::entity::{
    GrantApplicationFileId, GrantApplicationId, GrantDeclarationId, GrantProgrammeId, GrantRuleId, GrantRunId,
};
use crate::grants::shapes::{
    GrantAllocation, GrantApplication, GrantChange, GrantComparison, GrantDeclaration, GrantProgramme, GrantRule,
    GrantRun, GrantRunLine, GrantSubgrant,
};
use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;

/// Queries of grants.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<GrantProgramme>("grantProgrammes", "交付金制度の一覧。新しい年度から。")
        .one::<GrantProgramme>("grantProgramme", "交付金制度を一つ読む。")
        .one::<GrantAllocation>("grantAllocation", "配分を一つ読む。")
        .list::<GrantApplication>("grantApplications", "交付申請の一覧。新しい順。")
        .one::<GrantApplication>("grantApplication", "交付申請を一つ読む。")
        .list::<GrantChange>("grantChanges", "変更承認申請の一覧。古い順。")
        .one::<GrantChange>("grantChange", "変更承認申請を一つ読む。")
        .list::<GrantSubgrant>("grantSubgrants", "地域内の申請の一覧。古い順。")
        .one::<GrantSubgrant>("grantSubgrant", "地域内の申請を一つ読む。")
        .list::<GrantRule>("grantRules", "算定規則の版の一覧。名称と版の順。")
        .one::<GrantRule>("grantRule", "算定規則の版を一つ読む。")
        .list::<GrantDeclaration>("grantDeclarations", "算定に用いる値の申告の一覧。新しい日付から。")
        .list::<GrantRun>("grantRuns", "配分の算定の一覧。新しい順。")
        .one::<GrantRun>("grantRun", "配分の算定を一つ読む。")
        .one::<GrantRunLine>("grantRunLine", "算定の明細(算定調書)を一つ読む。")
        .one::<GrantComparison>("grantComparison", "算定の比較を一つ読む。")
}

/// Mutations of grants.
#[derive(Default)]
pub struct GrantMutation;

/// 交付金
#[Object]
impl GrantMutation {
    /// 交付金制度を作る。予算は元帳に積まれる。公開するまでは職員だけが読める。
    async fn grant_programme_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度の内容。")] input: GrantProgrammeCreateInput,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(programme::create_programme(tx, input))).await
    }

    /// 交付金制度の交付の条件(分割払、実績報告の期限、軽微な変更、剰余金の扱い)を定める。公開する前に限る。
    async fn grant_programme_terms_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度。")] id: GrantProgrammeId,
        #[graphql(desc = "交付の条件。")] input: GrantProgrammeTermsInput,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(terms::set_terms(tx, id, input))).await
    }

    /// 交付金制度を公開する。手で定めた配分も公開される。制度を作った人と、手で配分を定めた人は行えない。算定による配分は、その結果の公表(grantRunPublish)で公開される。
    async fn grant_programme_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度。")] id: GrantProgrammeId,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(programme::publish_programme(tx, id))).await
    }

    /// 交付金制度を終える。新しい配分と申請は受け付けない。受け付けた申請の手続きは続けられる。
    async fn grant_programme_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度。")] id: GrantProgrammeId,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(programme::close_programme(tx, id))).await
    }

    /// 公開した交付金制度の、誤って定めた前年度の交付金制度(または初年度であること)を、理由を記して訂正する。この制度の算定が承認された後と、
    /// その剰余金が配分から差し引かれた後は訂正できず、制度を終えて作り直す。誤った前年度と比べた算定は承認できなくなる。制度を作った人と、
    /// 手で配分を定めた人は行えない。
    async fn grant_programme_previous_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度。")] id: GrantProgrammeId,
        #[graphql(desc = "訂正の内容。")] input: GrantProgrammePreviousCorrectInput,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(predecessor::correct_previous(tx, id, input))).await
    }

    /// 交付金制度の予算額を変える(補正予算)。差額は元帳に仕訳され、配分した額は下回れない。閉じた年度では行えない。直前の本人確認(15分以内)が必要。
    async fn grant_programme_budget_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度。")] id: GrantProgrammeId,
        #[graphql(desc = "変更の内容。")] input: GrantProgrammeBudgetChangeInput,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(budget::change_budget(tx, id, input))).await
    }

    /// 団体への配分額を定める(または変える)。算定が承認された後は定められず、訂正は新しい算定で行う。制度を公開した人は行えない。合計は予算を超えられず、交付決定した額を下回れない。
    async fn grant_allocation_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "配分の内容。")] input: GrantAllocationSetInput,
    ) -> Result<Read<GrantAllocation>> {
        act(ctx, move |tx| Box::pin(programme::set_allocation(tx, input))).await
    }

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

    /// 算定規則の次の版を起草する。書くときに検査し、誤りは規則の中の場所とともに示す。版は変わらない。
    async fn grant_rule_draft(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "規則。")] input: GrantRuleDraftInput,
    ) -> Result<Read<GrantRule>> {
        act(ctx, move |tx| Box::pin(rule::draft_rule(tx, input))).await
    }

    /// 算定規則の版を施行する。起草した人は行えない。
    async fn grant_rule_enact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "算定規則の版。")] id: GrantRuleId,
    ) -> Result<Read<GrantRule>> {
        act(ctx, move |tx| Box::pin(rule::enact_rule(tx, id))).await
    }

    /// 算定に用いる値を申告する(統計にない数・事実・語)。団体の申告は、職員が確認してから配分の算定に用いる。
    async fn grant_declaration_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "申告の内容。")] input: GrantDeclarationRecordInput,
    ) -> Result<Read<GrantDeclaration>> {
        act(ctx, move |tx| Box::pin(declaration::record_declaration(tx, input))).await
    }

    /// 団体の申告を確認する。申告した人と、その団体の人は行えない。
    async fn grant_declaration_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "申告。")] id: GrantDeclarationId,
    ) -> Result<Read<GrantDeclaration>> {
        act(ctx, move |tx| Box::pin(declaration::confirm_declaration(tx, id))).await
    }

    /// 配分を算定する(または試算する)。入力を固定して計算し、承認された算定の訂正では増減も示す。
    async fn grant_run_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "算定の条件。")] input: GrantRunCreateInput,
    ) -> Result<Read<GrantRun>> {
        act(ctx, move |tx| Box::pin(run::create_run(tx, input))).await
    }

    /// 算定を承認する。額は確定し、その交付金制度の配分になる。算定した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_run_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "算定。")] id: GrantRunId,
    ) -> Result<Read<GrantRun>> {
        act(ctx, move |tx| Box::pin(freeze::approve_run(tx, id))).await
    }

    /// 承認された算定の結果を公表する。算定と配分、オープンデータのファイルを誰でも閲覧できるようになる。承認した人は行えない。直前の本人確認(15分以内)が必要。
    async fn grant_run_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "算定。")] id: GrantRunId,
    ) -> Result<Read<GrantRun>> {
        act(ctx, move |tx| Box::pin(results::publish_run(tx, id))).await
    }

    /// 算定の結果の公表を取り下げる。承認と配分はそのままで、改めて公表できる。直前の本人確認(15分以内)が必要。
    async fn grant_run_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "算定。")] id: GrantRunId,
        #[graphql(desc = "取下げの内容。")] input: GrantRunWithdrawInput,
    ) -> Result<Read<GrantRun>> {
        act(ctx, move |tx| Box::pin(results::withdraw_run(tx, id, input))).await
    }

    /// 二つの算定を、団体ごと・項ごとに比べる。
    async fn grant_comparison_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "比べる算定。")] run_id: GrantRunId,
        #[graphql(desc = "比較の基にする算定。")] base_id: GrantRunId,
    ) -> Result<Read<GrantComparison>> {
        act(ctx, move |tx| Box::pin(comparison::create_comparison(tx, run_id, base_id))).await
    }
}
