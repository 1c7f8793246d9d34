//! The papers that a grant's terms ask for.

use crate::grants::entity::{GrantApplicationFileId, GrantApplicationId};
use crate::kernel::money::Yen;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::{entity, id_type, text_enum};

id_type!(/// 交付の条件が求める書類
    GrantPaperId = "gpp");

text_enum! {
    /// 書類を求める段階。
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    GrantPaperStep {
        /// 交付申請
        Application,
        /// 実績報告
        Report,
        /// 支払の請求
        PaymentRequest,
    }
}

entity! {
    /// What the terms of its programme ask of an application, and the newest file that is it (a view).
    grant_paper in "grant_papers" {
        id: GrantPaperId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        position: i32,
        name: String,
        name_en: Option<String>,
        legal_reference: String,
        step: GrantPaperStep,
        from_yen: Option<Yen>,
        each_time: bool,
        needed: bool,
        missing: bool,
        file_id: Option<GrantApplicationFileId>,
    }
}
