//! What can be read of districts, organizations and their officers, and by whom.

use async_graphql::{Enum, InputObject};

use crate::challenges::shapes::ChallengeProposal;
use crate::grants::shapes::GrantAllocation;
use crate::kernel::codes::CorporateNumber;
use crate::kernel::date::Date;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Children, Filter, Key, Mask, Order, Ty, Where};
use crate::liaison::shapes::LiaisonAssignment;
use crate::organizations::commands::{
    DISTRICT_CREATE, DISTRICT_STATISTIC_RECORD, FACILITY_CREATE, OFFICER_APPOINT, OFFICER_RETIRE, ORGANIZATION_CHANGE,
    ORGANIZATION_CREATE, ORGANIZATION_PUBLISH, ORGANIZATION_STAGE_CHANGE, ORGANIZATION_UNPUBLISH,
};
use crate::organizations::entity::{
    AreaUnit, DistrictId, DistrictStatisticId, FacilityId, OfficerId, OfficerRole, OrganizationId, OrganizationKind,
    OrganizationStage, district, district_statistic, facility, officer, organization,
};
use crate::organizations::rules;
use crate::people::shapes::{Account, Municipality};
use crate::roundtables::shapes::Roundtable;
use crate::shape;

/// Those who keep the register of districts and organizations.
/// What a municipality lays down for its community organizations, their districts and their officers.
const RECOGNITION: &str = "地域組織の認定に関する要綱";
pub(super) const REGISTRARS: &[Role] = &[Role::PlanningStaff, Role::GrantStaff];
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");
const IN_OFFICE: Children = Children { key: "district_id", when: "t.state = 'APPOINTED'", order: &[] };
const BY_YEAR: Children = Children { key: "organization_id", when: "", order: &[Key::down("fiscal_year", Ty::Int)] };

shape! {
    District("District", "地区。地域組織が活動する区域。", "districts") { id: DistrictId, row: district::Entity }
    |shape| shape
        .revision()
        .column::<String>("name", "名称。")
        .column::<String>("nameKana", "名称のふりがな。")
        .column::<AreaUnit>("areaUnit", "区域の単位。")
        .many::<DistrictStatistic>("statistics", "district_id", "統計。新しい基準日から。")
        .first::<DistrictStatistic>("latestStatistic", Children { key: "district_id", when: "", order: &[] }, "最新の統計。")
        .connection::<CommunityOrganization>("organizations", "district_id", "この地区の地域組織。")
        .many_when::<LiaisonAssignment>("liaisons", IN_OFFICE, "現に担当している職員など。任期の始まりの順。")
        .ordered([Key::up("name_kana", Ty::Text)])
        .published("true")
        .ruled_by(RECOGNITION)
        .create(DISTRICT_CREATE, "", REGISTRARS, Over::Municipality)
}

shape! {
    DistrictStatistic("DistrictStatistic", "ある日の地区の統計。交付金の算定の基礎になる。", "district_statistics") { id: DistrictStatisticId, row: district_statistic::Entity }
    |shape| shape
        .one::<District>("district", "district_id", "地区。")
        .column::<Date>("asOf", "基準日。")
        .column::<i32>("population", "人口(人)。")
        .column::<i32>("households", "世帯数。")
        .column::<i32>("aged65", "65歳以上の人口(人)。")
        .column::<i32>("aged75", "75歳以上の人口(人)。")
        .column::<i32>("areaSquareMetres", "面積(平方メートル)。")
        .column::<String>("source", "出典。")
        .ordered([Key::down("as_of", Ty::Date)])
        .published("true")
        .ruled_by(RECOGNITION)
        .create(DISTRICT_STATISTIC_RECORD, "", REGISTRARS, Over::Municipality)
}

shape! {
    Facility("Facility", "拠点施設(交流センターなど)。", "facilities") { id: FacilityId, row: facility::Entity }
    |shape| shape
        .revision()
        .column::<String>("name", "名称。")
        .column::<String>("address", "所在地。")
        .column::<Option<String>>("phone", "電話番号。")
        .ordered([Key::up("name", Ty::Text)])
        .published("true")
        .ruled_by("公の施設の設置条例(地方自治法第244条の2)")
        .create(FACILITY_CREATE, "", REGISTRARS, Over::Municipality)
}

/// 地域組織の絞り込み。
#[derive(InputObject)]
pub struct OrganizationFilterInput {
    /// 地区。
    pub district_id: Option<DistrictId>,
    /// 種類。
    pub kind: Option<OrganizationKind>,
    /// 段階(いずれか)。
    pub stage: Option<Vec<OrganizationStage>>,
}

impl Filter for OrganizationFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("district_id", self.district_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("kind", self.kind.map(|kind| Param::text(kind.word())));
        to.among("stage", self.stage.map(|stages| stages.into_iter().map(OrganizationStage::word).collect()));
    }
}

/// 地域組織の並び順。
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationOrder {
    /// 名称の五十音順
    NameKana,
    /// 登録の新しい順
    Newest,
}

impl Order for OrganizationOrder {
    fn keys(self) -> &'static [Key] {
        match self {
            Self::NameKana => const { &[Key::up("name_kana", Ty::Text)] },
            Self::Newest => const { &[Key::down("created_at", Ty::Time)] },
        }
    }
}

shape! {
    CommunityOrganization("CommunityOrganization", "地域自主組織・地域運営組織などの地域組織。", "organizations") { id: OrganizationId, row: organization::Entity, may: rules::organization }
    |shape| shape
        .revision()
        .column::<String>("name", "名称。")
        .column::<String>("nameKana", "名称のふりがな。")
        .column::<OrganizationKind>("kind", "種類。")
        .column::<OrganizationStage>("stage", "段階。")
        .column::<Option<Date>>("foundedOn", "設立日。")
        .column::<Option<CorporateNumber>>("corporateNumber", "法人番号。")
        .column::<Option<String>>("phone", "電話番号。")
        .column::<Option<String>>("email", "メールアドレス。")
        .column::<bool>("published", "公開されているか。")
        .one::<District>("district", "district_id", "活動する地区。")
        .one::<Facility>("facility", "facility_id", "拠点施設。")
        .many::<Officer>("officers", "organization_id", "役員。任期の始まりの順。")
        .one::<Municipality>("municipality", "municipality_id", "自治体。")
        .first::<GrantAllocation>("latestAllocation", BY_YEAR, "最も新しい年度の交付金の配分。")
        .connection::<Roundtable>("roundtables", "organization_id", "主催する円卓会議。開催予定の遅い順。")
        .connection::<ChallengeProposal>("proposals", "organization_id", "チャレンジ事業への提案。新しい順。")
        .ordered([Key::up("name_kana", Ty::Text)])
        .filtered::<OrganizationFilterInput>()
        .sortable::<OrganizationOrder>()
        .published("t.published")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, Over::Scope(ScopeKind::Organization, "id"))
        .readable(Role::FIELD, Over::Scope(ScopeKind::District, "district_id"))
        .ruled_by(RECOGNITION)
        .create(ORGANIZATION_CREATE, "", REGISTRARS, Over::Municipality)
        .act(ORGANIZATION_CHANGE, "", REGISTRARS, Over::Municipality)
        .act(ORGANIZATION_CHANGE, "", &[Role::OrgOfficer], Over::Scope(ScopeKind::Organization, "id"))
        .act(ORGANIZATION_STAGE_CHANGE, "", &[Role::PlanningStaff], Over::Municipality)
        .act(ORGANIZATION_PUBLISH, "", REGISTRARS, Over::Municipality)
        .act(ORGANIZATION_UNPUBLISH, "", REGISTRARS, Over::Municipality)
}

fn insiders() -> Vec<Permit> {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    vec![
        read(Role::STAFF, Over::Municipality),
        read(Role::ORGANIZATION, IN_ORGANIZATION),
        read(Role::FIELD, Over::Scope(ScopeKind::District, "district_id")),
    ]
}

shape! {
    Officer("Officer", "地域組織の役員。氏名は本人の同意があるときだけ公開される。", "officers") { id: OfficerId, row: officer::Entity, may: rules::officer }
    |shape| shape
        .revision()
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<OfficerRole>("role", "役職。")
        .column::<String>("name", "氏名。公開に同意していない場合は、関係者だけに表示される。")
        .masked(Mask { permits: insiders(), unless: Some("name_public"), personal: true, reason: "NO_CONSENT" })
        .column::<String>("nameKana", "氏名のふりがな。")
        .masked(Mask { permits: insiders(), unless: Some("name_public"), personal: true, reason: "NO_CONSENT" })
        .column::<bool>("namePublic", "氏名の公開に同意しているか。")
        .one::<Account>("account", "account_id", "本人のアカウント。")
        .column::<Date>("termStart", "任期の始まり。")
        .column::<Option<Date>>("termEnd", "任期の終わり。")
        .ordered([Key::up("term_start", Ty::Date)])
        .published("coalesce((SELECT o.published FROM organizations o WHERE o.municipality_id = t.municipality_id AND o.id = t.organization_id), false)")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(Role::FIELD, Over::Scope(ScopeKind::District, "district_id"))
        .ruled_by(RECOGNITION)
        .create(OFFICER_APPOINT, "", REGISTRARS, Over::Municipality)
        .create(OFFICER_APPOINT, "", &[Role::OrgOfficer], IN_ORGANIZATION)
        .step_up(OFFICER_APPOINT)
        .act(OFFICER_RETIRE, "", REGISTRARS, Over::Municipality)
        .act(OFFICER_RETIRE, "", &[Role::OrgOfficer], IN_ORGANIZATION)
        .step_up(OFFICER_RETIRE)
}
