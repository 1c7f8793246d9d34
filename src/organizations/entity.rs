//! Rows, ids and words of organizations.

use crate::kernel::codes::CorporateNumber;
use crate::kernel::date::Date;
use crate::kernel::principal::AccountId;
use crate::{entity, id_type, text_enum};

id_type!(/// 地区
    DistrictId = "dst");
id_type!(/// 地区の統計
    DistrictStatisticId = "dsx");
id_type!(/// 拠点施設
    FacilityId = "fac");
id_type!(/// 地域組織
    OrganizationId = "org");
id_type!(/// 役員
    OfficerId = "ofc");

text_enum! {
    /// 地区の単位。
    AreaUnit {
        /// 小学校区
        ElementarySchool,
        /// 旧小学校区
        FormerElementarySchool,
        /// 大字
        Oaza,
        /// その他
        Other,
    }
}

text_enum! {
    /// 地域組織の種類。
    OrganizationKind {
        /// 地域自主組織
        AutonomousOrganization,
        /// 地域運営組織
        RegionalManagementOrganization,
        /// まちづくり協議会
        CommunityCouncil,
        /// 連絡協議会(組織の連合)
        Federation,
    }
}

text_enum! {
    /// 地域組織の段階。意識の醸成から活動まで。
    OrganizationStage {
        /// 意識醸成
        Idea,
        /// 準備委員会
        Preparing,
        /// アンケート・ワークショップ
        Surveying,
        /// 地域計画の策定
        Planning,
        /// 設立総会を終えた
        Founded,
        /// 認定申請中
        Applied,
        /// 補正のため返された
        Returned,
        /// 認定
        Recognized,
        /// 活動中
        Active,
        /// 休止
        Suspended,
        /// 解散
        Dissolved,
        /// 認定取消
        Revoked,
        /// 合併
        Merged,
    }
}

text_enum! {
    /// 役員の役職。
    OfficerRole {
        /// 会長
        Chair,
        /// 副会長
        ViceChair,
        /// 理事
        Director,
        /// 監事
        Auditor,
        /// 事務局長
        SecretaryGeneral,
        /// 会計
        Accountant,
    }
}

entity! {
    /// Districts.
    district in "districts" {
        id: DistrictId,
        name: String,
        name_kana: String,
        area_unit: AreaUnit,
    }
}

entity! {
    /// Dated statistics of districts.
    district_statistic in "district_statistics" {
        id: DistrictStatisticId,
        district_id: DistrictId,
        as_of: Date,
        population: i32,
        households: i32,
        aged65: i32,
        aged75: i32,
        area_square_metres: i32,
        source: String,
    }
}

entity! {
    /// Base facilities.
    facility in "facilities" {
        id: FacilityId,
        name: String,
        address: String,
        phone: Option<String>,
    }
}

entity! {
    /// Community organizations.
    organization in "organizations" {
        id: OrganizationId,
        district_id: DistrictId,
        name: String,
        name_kana: String,
        kind: OrganizationKind,
        stage: OrganizationStage,
        founded_on: Option<Date>,
        corporate_number: Option<CorporateNumber>,
        phone: Option<String>,
        email: Option<String>,
        facility_id: Option<FacilityId>,
        published: bool,
    }
}

entity! {
    /// Officers of organizations; the district is the organization's.
    officer in "officers" {
        id: OfficerId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        role: OfficerRole,
        name: String,
        name_kana: String,
        name_public: bool,
        account_id: Option<AccountId>,
        term_start: Date,
        term_end: Option<Date>,
    }
}
