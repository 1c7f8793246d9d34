//! What is done with districts, organizations and their officers.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::codes::CorporateNumber;
use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::{
    AreaUnit, DistrictId, DistrictStatisticId, FacilityId, OfficerId, OfficerRole, OrganizationId, OrganizationKind,
    OrganizationStage, district, district_statistic, facility, officer, organization,
};
use crate::organizations::rules;
use crate::organizations::shapes::{CommunityOrganization, District, DistrictStatistic, Facility, Officer};
use crate::people::shapes::Account;

/// 地区を作る。
pub const DISTRICT_CREATE: Action = Action("districtCreate");
/// 地区の統計を記録する。
pub const DISTRICT_STATISTIC_RECORD: Action = Action("districtStatisticRecord");
/// 拠点施設を登録する。
pub const FACILITY_CREATE: Action = Action("facilityCreate");
/// 地域組織を登録する。
pub const ORGANIZATION_CREATE: Action = Action("organizationCreate");
/// 地域組織の連絡先などを変える。
pub const ORGANIZATION_CHANGE: Action = Action("organizationChange");
/// 地域組織の段階を進める。
pub const ORGANIZATION_STAGE_CHANGE: Action = Action("organizationStageChange");
/// 地域組織を公開する。
pub const ORGANIZATION_PUBLISH: Action = Action("organizationPublish");
/// 地域組織を非公開にする。
pub const ORGANIZATION_UNPUBLISH: Action = Action("organizationUnpublish");
/// 役員を登録する。
pub const OFFICER_APPOINT: Action = Action("officerAppoint");
/// 役員の任期を終える。
pub const OFFICER_RETIRE: Action = Action("officerRetire");

/// 地区の内容。
#[derive(InputObject)]
pub struct DistrictCreateInput {
    /// 名称。
    pub name: String,
    /// 名称のふりがな。
    pub name_kana: String,
    /// 単位。
    pub area_unit: AreaUnit,
}

/// Makes a district.
pub async fn create_district(tx: &Tx, input: DistrictCreateInput) -> Result<DistrictId> {
    tx.may_create::<District>(DISTRICT_CREATE, &[])?;
    let DistrictCreateInput { name, name_kana, area_unit } = input;
    let mut checks = Checks::new();
    let row = district::ActiveModel {
        id: Set(DistrictId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        area_unit: Set(area_unit),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// ある日の地区の統計。
#[derive(InputObject)]
pub struct DistrictStatisticRecordInput {
    /// 地区。
    pub district_id: DistrictId,
    /// 基準日。
    pub as_of: Date,
    /// 人口(人)。
    pub population: i32,
    /// 世帯数。
    pub households: i32,
    /// 65歳以上の人口(人)。
    pub aged65: i32,
    /// 75歳以上の人口(人)。
    pub aged75: i32,
    /// 面積(平方メートル)。
    pub area_square_metres: i32,
    /// 出典。
    pub source: String,
}

/// Records the statistics of a district on a day. A day is recorded once.
pub async fn record_statistic(tx: &Tx, input: DistrictStatisticRecordInput) -> Result<DistrictStatisticId> {
    tx.may_create::<DistrictStatistic>(DISTRICT_STATISTIC_RECORD, &[])?;
    let DistrictStatisticRecordInput {
        district_id,
        as_of,
        population,
        households,
        aged65,
        aged75,
        area_square_metres,
        source,
    } = input;
    tx.peek::<District>(district_id, Action::READ).await?;
    let mut checks = Checks::new();
    let counts = [
        ("input.population", population),
        ("input.households", households),
        ("input.areaSquareMetres", area_square_metres),
    ];
    for (path, count) in counts {
        checks.check(count >= 0, path, "RANGE", "0以上で入力してください。", "0 or more.");
    }
    checks.check(
        (0..=population).contains(&aged65),
        "input.aged65",
        "RANGE",
        "人口を超えています。",
        "More than the population.",
    );
    checks.check(
        (0..=aged65).contains(&aged75),
        "input.aged75",
        "RANGE",
        "65歳以上の人口を超えています。",
        "More than those aged 65.",
    );
    let row = district_statistic::ActiveModel {
        id: Set(DistrictStatisticId::new()),
        district_id: Set(district_id),
        as_of: Set(as_of),
        population: Set(population),
        households: Set(households),
        aged65: Set(aged65),
        aged75: Set(aged75),
        area_square_metres: Set(area_square_metres),
        source: Set(checks.text("input.source", &source, 200)),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// 拠点施設の内容。
#[derive(InputObject)]
pub struct FacilityCreateInput {
    /// 名称。
    pub name: String,
    /// 所在地。
    pub address: String,
    /// 電話番号。
    pub phone: Option<String>,
}

/// Registers a base facility.
pub async fn create_facility(tx: &Tx, input: FacilityCreateInput) -> Result<FacilityId> {
    tx.may_create::<Facility>(FACILITY_CREATE, &[])?;
    let FacilityCreateInput { name, address, phone } = input;
    let mut checks = Checks::new();
    let row = facility::ActiveModel {
        id: Set(FacilityId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        address: Set(checks.text("input.address", &address, 200)),
        phone: Set(checks.optional("input.phone", phone.as_deref(), 30)),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

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
    Ok(row.insert(tx).await?.id)
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
}

/// Changes how an organization is reached.
pub async fn change_organization(
    tx: &Tx,
    id: OrganizationId,
    input: OrganizationChangeInput,
) -> Result<OrganizationId> {
    let row = tx.load::<CommunityOrganization>(id, ORGANIZATION_CHANGE).await?;
    let OrganizationChangeInput { revision, phone, email, corporate_number, facility_id } = input;
    same_revision::<CommunityOrganization>(id, row.revision, revision)?;
    if let MaybeUndefined::Value(facility) = facility_id {
        tx.peek::<Facility>(facility, Action::READ).await?;
    }
    let mut checks = Checks::new();
    let mut row: organization::ActiveModel = row.into();
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

/// 役員の内容。
#[derive(InputObject)]
pub struct OfficerAppointInput {
    /// 地域組織。
    pub organization_id: OrganizationId,
    /// 役職。
    pub role: OfficerRole,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// 本人が氏名の公開に同意しているか。
    pub name_public: bool,
    /// 本人のアカウント。
    pub account_id: Option<AccountId>,
    /// 任期の始まり。
    pub term_start: Date,
    /// 任期の終わり。
    pub term_end: Option<Date>,
}

/// Registers an officer of an organization.
pub async fn appoint_officer(tx: &Tx, input: OfficerAppointInput) -> Result<OfficerId> {
    let OfficerAppointInput { organization_id, role, name, name_kana, name_public, account_id, term_start, term_end } =
        input;
    let organization = tx.peek::<CommunityOrganization>(organization_id, Action::READ).await?;
    tx.may_create::<Officer>(OFFICER_APPOINT, &[("organization_id", organization_id.0)])?;
    if let Some(account) = account_id {
        tx.peek::<Account>(account, Action::READ).await?;
    }
    if matches!(organization.stage, OrganizationStage::Dissolved | OrganizationStage::Merged) {
        return Err(Error::Conflict(crate::kernel::error::Refusal::new(
            "STAGE",
            "すでに活動を終えた組織です。",
            "The organization has ended.",
        )));
    }
    let mut checks = Checks::new();
    let ordered = term_end.is_none_or(|end| end >= term_start);
    checks.check(
        ordered,
        "input.termEnd",
        "ORDER",
        "任期の終わりが始まりより前です。",
        "The term ends before it starts.",
    );
    let row = officer::ActiveModel {
        id: Set(OfficerId::new()),
        organization_id: Set(organization_id),
        district_id: Set(organization.district_id),
        role: Set(role),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        name_public: Set(name_public),
        account_id: Set(account_id),
        term_start: Set(term_start),
        term_end: Set(term_end),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// Ends an officer's term on a day.
pub async fn retire_officer(tx: &Tx, id: OfficerId, on: Date) -> Result<OfficerId> {
    let row = tx.load::<Officer>(id, OFFICER_RETIRE).await?;
    rules::officer(&row, OFFICER_RETIRE, tx.now)?;
    let mut checks = Checks::new();
    checks.check(on >= row.term_start, "on", "ORDER", "任期の始まりより前です。", "Before the term starts.");
    checks.done()?;
    let mut row: officer::ActiveModel = row.into();
    row.term_end = Set(Some(on));
    row.update(tx).await?;
    Ok(id)
}
