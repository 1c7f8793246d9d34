//! What is done with districts, facilities, organizations and their officers.

mod district;
mod officer;
mod organization;

pub use district::{
    DistrictCreateInput, DistrictStatisticRecordInput, FacilityCreateInput, create_district, create_facility,
    record_statistic,
};
pub use officer::{OfficerAppointInput, appoint_officer, retire_officer};
pub use organization::{
    OrganizationChangeInput, OrganizationCreateInput, change_organization, change_stage, create_organization,
    publish_organization, unpublish_organization,
};

use crate::kernel::policy::Action;

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
