//! Acts on rules, declarations, runs and comparisons.

use async_graphql::{Context, Object};

use crate::grants::commands::calculation::declaration::{self, GrantDeclarationRecordInput};
use crate::grants::commands::calculation::results::{self, GrantRunWithdrawInput};
use crate::grants::commands::calculation::rule::{self, GrantRuleDraftInput};
use crate::grants::commands::calculation::run::{self, GrantRunCreateInput};
use crate::grants::commands::calculation::{comparison, freeze};
use crate::grants::entity::{GrantDeclarationId, GrantRuleId, GrantRunId};
use crate::grants::shapes::{GrantComparison, GrantDeclaration, GrantRule, GrantRun};
use crate::kernel::error::Result;
use crate::kernel::read::Read;
use crate::kernel::work::act;

/// Mutations of calculations.
#[derive(Default)]
pub struct GrantCalculationMutation;

/// 配分の算定
#[Object]
impl GrantCalculationMutation {
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
