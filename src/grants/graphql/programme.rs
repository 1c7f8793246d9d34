//! Acts on a programme and its allocations by hand.

use async_graphql::{Context, Object};

use crate::grants::commands::budget::{self, GrantProgrammeBudgetChangeInput};
use crate::grants::commands::by_hand::{self, GrantAllocationSetInput};
use crate::grants::commands::discard::{self, GrantProgrammeDiscardInput};
use crate::grants::commands::predecessor::{self, GrantProgrammePreviousCorrectInput};
use crate::grants::commands::programme::{self, GrantProgrammeCreateInput};
use crate::grants::commands::terms::{self, GrantProgrammeTermsInput};
use crate::grants::entity::GrantProgrammeId;
use crate::grants::shapes::{GrantAllocation, GrantProgramme};
use crate::kernel::error::Result;
use crate::kernel::read::Read;
use crate::kernel::work::act;

/// Mutations of programmes.
#[derive(Default)]
pub struct GrantProgrammeMutation;

/// 交付金制度
#[Object]
impl GrantProgrammeMutation {
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

    /// 公開していない交付金制度を、理由を記して取りやめる(議会で予算が認められなかったときなど)。定めた配分は0円となり、予算は元帳で財源に戻る。
    /// 取りやめた制度は記録に残り、以後は何も行えない。ほかの制度の前年度の交付金制度とされているものは、取りやめられない。
    /// 直前の本人確認(15分以内)が必要。
    async fn grant_programme_discard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "交付金制度。")] id: GrantProgrammeId,
        #[graphql(desc = "取りやめの内容。")] input: GrantProgrammeDiscardInput,
    ) -> Result<Read<GrantProgramme>> {
        act(ctx, move |tx| Box::pin(discard::discard_programme(tx, id, input))).await
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
        act(ctx, move |tx| Box::pin(by_hand::set_allocation(tx, input))).await
    }
}
