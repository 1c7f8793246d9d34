//! Root fields of organizations.

use async_graphql::{Context, Object};

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::organizations::commands::{
    self, DistrictCreateInput, DistrictStatisticRecordInput, FacilityCreateInput, OfficerAppointInput,
    OrganizationChangeInput, OrganizationCreateInput,
};
use crate::organizations::entity::{OfficerId, OrganizationId, OrganizationStage};
use crate::organizations::shapes::{CommunityOrganization, District, DistrictStatistic, Facility, Officer};

/// Queries of organizations.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<District>("districts", "地区の一覧。")
        .one::<District>("district", "地区を一つ読む。")
        .list::<CommunityOrganization>("organizations", "地域組織の一覧。")
        .one::<CommunityOrganization>("organization", "地域組織を一つ読む。")
}

/// Mutations of organizations.
#[derive(Default)]
pub struct OrganizationMutation;

/// 地域組織
#[Object]
impl OrganizationMutation {
    /// 地区を作る。
    async fn district_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地区の内容。")] input: DistrictCreateInput,
    ) -> Result<Read<District>> {
        act(ctx, move |tx| Box::pin(commands::create_district(tx, input))).await
    }

    /// ある日の地区の統計を記録する。同じ日は一度だけ。
    async fn district_statistic_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "統計の内容。")] input: DistrictStatisticRecordInput,
    ) -> Result<Read<DistrictStatistic>> {
        act(ctx, move |tx| Box::pin(commands::record_statistic(tx, input))).await
    }

    /// 拠点施設を登録する。
    async fn facility_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "施設の内容。")] input: FacilityCreateInput,
    ) -> Result<Read<Facility>> {
        act(ctx, move |tx| Box::pin(commands::create_facility(tx, input))).await
    }

    /// 地域組織を登録する。公開するまでは関係者だけが読める。
    async fn organization_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域組織の内容。")] input: OrganizationCreateInput,
    ) -> Result<Read<CommunityOrganization>> {
        act(ctx, move |tx| Box::pin(commands::create_organization(tx, input))).await
    }

    /// 地域組織の連絡先などを変える。
    async fn organization_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域組織。")] id: OrganizationId,
        #[graphql(desc = "変更の内容。")] input: OrganizationChangeInput,
    ) -> Result<Read<CommunityOrganization>> {
        act(ctx, move |tx| Box::pin(commands::change_organization(tx, id, input))).await
    }

    /// 地域組織の段階を進める。設立には会長と監事が必要。
    async fn organization_stage_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域組織。")] id: OrganizationId,
        #[graphql(desc = "次の段階。")] to: OrganizationStage,
    ) -> Result<Read<CommunityOrganization>> {
        act(ctx, move |tx| Box::pin(commands::change_stage(tx, id, to))).await
    }

    /// 地域組織を公開する。
    async fn organization_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域組織。")] id: OrganizationId,
    ) -> Result<Read<CommunityOrganization>> {
        act(ctx, move |tx| Box::pin(commands::publish_organization(tx, id))).await
    }

    /// 地域組織を非公開にする。
    async fn organization_unpublish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "地域組織。")] id: OrganizationId,
    ) -> Result<Read<CommunityOrganization>> {
        act(ctx, move |tx| Box::pin(commands::unpublish_organization(tx, id))).await
    }

    /// 役員を登録する。直前の本人確認(15分以内)が必要。
    async fn officer_appoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "役員の内容。")] input: OfficerAppointInput,
    ) -> Result<Read<Officer>> {
        act(ctx, move |tx| Box::pin(commands::appoint_officer(tx, input))).await
    }

    /// 役員の任期を終える。直前の本人確認(15分以内)が必要。
    async fn officer_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "役員。")] id: OfficerId,
        #[graphql(desc = "任期の終わりの日。")] on: Date,
    ) -> Result<Read<Officer>> {
        act(ctx, move |tx| Box::pin(commands::retire_officer(tx, id, on))).await
    }
}
