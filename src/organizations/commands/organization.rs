//! Organizations from their registration to their end, and what the public sees of them.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::codes::CorporateNumber;
use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::commands::{
    ORGANIZATION_CHANGE, ORGANIZATION_CREATE, ORGANIZATION_PUBLISH, ORGANIZATION_STAGE_CHANGE, ORGANIZATION_UNPUBLISH,
};
use crate::organizations::entity::{
    DistrictId, FacilityId, OfficerRole, OrganizationId, OrganizationKind, OrganizationStage, officer, organization,
};
use crate::organizations::rules;
use crate::organizations::shapes::{CommunityOrganization, District, Facility, REGISTRARS};

/// 地域組織の内容。
#[derive(InputObject)]
pub struct OrganizationCreateInput {
    /// 活動する地区。
    pub district_id: DistrictId,
    /// 名称。
    pub name: String,
    /// 名称のふりがな。
    pub name_kana: String,
    /// 種類。
    pub kind: OrganizationKind,
    /// 今の段階。すでに活動している組織を登録するときは ACTIVE。
    pub stage: OrganizationStage,
    /// 設立日。
    pub founded_on: Option<Date>,
    /// 法人番号。
    pub corporate_number: Option<CorporateNumber>,
    /// 電話番号。
    pub phone: Option<String>,
    /// メールアドレス(全角の＠は半角として読む)。
    pub email: Option<String>,
    /// 拠点施設。
    pub facility_id: Option<FacilityId>,
}

/// Registers an organization. It is not public until it is published.
pub async fn create_organization(tx: &Tx, input: OrganizationCreateInput) -> Result<OrganizationId> {
    tx.may_create::<CommunityOrganization>(ORGANIZATION_CREATE, &[])?;
    let OrganizationCreateInput {
        district_id,
        name,
        name_kana,
        kind,
        stage,
        founded_on,
        corporate_number,
        phone,
        email,
        facility_id,
    } = input;
    tx.peek::<District>(district_id, Action::READ).await?;
    if let Some(facility) = facility_id {
        tx.peek::<Facility>(facility, Action::READ).await?;
    }
    let mut checks = Checks::new();
    let row = organization::ActiveModel {
        id: Set(OrganizationId::new()),
        district_id: Set(district_id),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        kind: Set(kind),
        stage: Set(stage),
        founded_on: Set(founded_on),
        corporate_number: Set(corporate_number),
        phone: Set(checks.optional("input.phone", phone.as_deref(), 30)),
        email: Set(email.map(|text| checks.email("input.email", &text))),
        facility_id: Set(facility_id),
        published: Set(false),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 地域組織の変更。指定した項目だけが変わり、null は消去。
#[derive(InputObject)]
pub struct OrganizationChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 電話番号。
    pub phone: MaybeUndefined<String>,
    /// メールアドレス(全角の＠は半角として読む)。
    pub email: MaybeUndefined<String>,
    /// 法人番号。
    pub corporate_number: MaybeUndefined<CorporateNumber>,
    /// 拠点施設。
    pub facility_id: MaybeUndefined<FacilityId>,
    /// 設立日。登録されていないときに、職員が一度だけ記録できる。
    pub founded_on: Option<Date>,
}

/// Changes how an organization is reached. The day of its founding is recorded once, where nobody knew it; what is paid by
/// months depends on it, so staff do.
///
/// # Errors
/// FORBIDDEN where an organization records its own founding; CONFLICT/FOUNDED_ALREADY.
pub async fn change_organization(
    tx: &Tx,
    id: OrganizationId,
    input: OrganizationChangeInput,
) -> Result<OrganizationId> {
    let row = tx.load::<CommunityOrganization>(id, ORGANIZATION_CHANGE).await?;
    let OrganizationChangeInput { revision, phone, email, corporate_number, facility_id, founded_on } = input;
    same_revision::<CommunityOrganization>(id, row.revision, revision)?;
    if let MaybeUndefined::Value(facility) = facility_id {
        tx.peek::<Facility>(facility, Action::READ).await?;
    }
    let mut checks = Checks::new();
    let founded_on = founded_on.filter(|day| row.founded_on != Some(*day));
    if let Some(Date(day)) = founded_on {
        if !tx.principal.holds(REGISTRARS) {
            return Err(Error::Forbidden(""));
        }
        rules::founding(&row)?;
        checks.check(
            day <= tx.today(),
            "input.foundedOn",
            "FUTURE",
            "まだ来ていない日です。",
            "This day is yet to come.",
        );
    }
    let mut row: organization::ActiveModel = row.into();
    if founded_on.is_some() {
        row.founded_on = Set(founded_on);
    }
    phone.map_value(|t| checks.text("input.phone", &t, 30)).apply(&mut row.phone);
    email.map_value(|t| checks.email("input.email", &t)).apply(&mut row.email);
    corporate_number.apply(&mut row.corporate_number);
    facility_id.apply(&mut row.facility_id);
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// Moves an organization to its next stage.
pub async fn change_stage(tx: &Tx, id: OrganizationId, to: OrganizationStage) -> Result<OrganizationId> {
    let row = tx.load::<CommunityOrganization>(id, ORGANIZATION_STAGE_CHANGE).await?;
    let in_office = officer::Entity::find()
        .filter(officer::Column::OrganizationId.eq(id))
        .filter(officer::Column::TermStart.lte(tx.today()))
        .all(tx)
        .await?;
    let today = Date(tx.today());
    let roles: Vec<OfficerRole> =
        in_office.iter().filter(|o| o.term_end.is_none_or(|end| end >= today)).map(|o| o.role).collect();
    rules::change_stage(row.stage, to, &roles)?;
    let mut row: organization::ActiveModel = row.into();
    row.stage = Set(to);
    row.update(tx).await?;
    Ok(id)
}

/// Makes an organization public.
pub async fn publish_organization(tx: &Tx, id: OrganizationId) -> Result<OrganizationId> {
    set_published(tx, id, ORGANIZATION_PUBLISH, true).await
}

/// Takes an organization back from the public.
pub async fn unpublish_organization(tx: &Tx, id: OrganizationId) -> Result<OrganizationId> {
    set_published(tx, id, ORGANIZATION_UNPUBLISH, false).await
}

async fn set_published(tx: &Tx, id: OrganizationId, action: Action, public: bool) -> Result<OrganizationId> {
    let row = tx.load::<CommunityOrganization>(id, action).await?;
    rules::organization(&row, action, tx.now)?;
    let mut row: organization::ActiveModel = row.into();
    row.published = Set(public);
    row.update(tx).await?;
    Ok(id)
}
