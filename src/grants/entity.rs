//! Rows, ids and words of grants.

use chrono::{DateTime, Utc};

use crate::files::entity::FileId;
use crate::kernel::date::Date;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::ledger::entity::LedgerJournalId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::people::entity::SectionId;
use crate::{entity, id_type, text_enum};

id_type!(/// 交付金制度
    GrantProgrammeId = "gpr");
id_type!(/// 交付金の配分
    GrantAllocationId = "gal");
id_type!(/// 交付申請
    GrantApplicationId = "gap");
id_type!(/// 交付申請に添付したファイル
    GrantApplicationFileId = "gaf");
id_type!(/// 交付申請に対する行為
    GrantActId = "gac");

text_enum! {
    /// 交付金制度の状態。
    GrantProgrammeState {
        /// 準備中
        Draft,
        /// 公開中
        Published,
        /// 終了
        Closed,
    }
}

text_enum! {
    /// 交付申請の状態。
    GrantApplicationState {
        /// 下書き
        Draft,
        /// 申請済み
        Submitted,
        /// 審査中
        UnderReview,
        /// 補正のため返された
        Returned,
        /// 審査を終え、決裁待ち
        Reviewed,
        /// 交付決定
        Decided,
        /// 不交付
        Refused,
        /// 取下げ
        Withdrawn,
        /// 交付請求済み
        PaymentRequested,
        /// 支払済み
        Paid,
    }
}

text_enum! {
    /// 交付申請に対する行為の種類。
    GrantActKind {
        /// 作成
        Create,
        /// 変更
        Change,
        /// 申請
        Submit,
        /// 取下げ
        Withdraw,
        /// 審査の開始
        ReviewStart,
        /// 補正のための返却
        Return,
        /// 審査の意見(起案)
        Recommend,
        /// 交付決定
        Decide,
        /// 不交付の決定
        Refuse,
        /// 交付請求
        PaymentRequest,
        /// 支払
        PaymentExecute,
    }
}

entity! {
    /// Programmes.
    grant_programme in "grant_programmes" {
        id: GrantProgrammeId,
        title: String,
        summary: String,
        fiscal_year: FiscalYear,
        legal_basis: String,
        budget_yen: Yen,
        opens_on: Date,
        closes_on: Date,
        section_id: SectionId,
        state: GrantProgrammeState,
    }
}

entity! {
    /// Allocations; the programme's state and window are the programme's.
    grant_allocation in "grant_allocations" {
        id: GrantAllocationId,
        programme_id: GrantProgrammeId,
        programme_state: GrantProgrammeState,
        fiscal_year: FiscalYear,
        opens_on: Date,
        closes_on: Date,
        organization_id: OrganizationId,
        district_id: DistrictId,
        amount_yen: Yen,
        basis: String,
        decided_on: Date,
    }
}

entity! {
    /// Applications; the programme's state and window are the programme's.
    grant_application in "grant_applications" {
        id: GrantApplicationId,
        programme_id: GrantProgrammeId,
        programme_state: GrantProgrammeState,
        fiscal_year: FiscalYear,
        opens_on: Date,
        closes_on: Date,
        allocation_id: GrantAllocationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        title: String,
        purpose: Option<String>,
        requested_yen: Option<Yen>,
        recommended_yen: Option<Yen>,
        decided_yen: Option<Yen>,
        state: GrantApplicationState,
        submitted_on: Option<Date>,
        decided_on: Option<Date>,
        withdrawal_until: Option<Date>,
        paid_on: Option<Date>,
        submitted_by: Option<AccountId>,
        recommended_by: Option<AccountId>,
        decided_by: Option<AccountId>,
        payment_requested_by: Option<AccountId>,
        paid_by: Option<AccountId>,
        commitment_id: Option<LedgerJournalId>,
        payment_id: Option<LedgerJournalId>,
    }
}

entity! {
    /// Files of applications, with what is kept of each.
    grant_application_file in "grant_application_files" {
        id: GrantApplicationFileId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        file_id: FileId,
        attached_by: Option<AccountId>,
        name: String,
        media_type: String,
        size: i32,
        sha256: String,
    }
}

entity! {
    /// Acts on applications. Actor and time are filled in by the database.
    grant_act in "grant_acts" {
        id: GrantActId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        act: GrantActKind,
        actor_id: Option<AccountId>,
        at: DateTime<Utc>,
        reason: Option<String>,
        amount_yen: Option<Yen>,
    }
}
