//! Applications with their files, and what was done to them.

use chrono::{DateTime, Utc};

use crate::files::entity::FileId;
use crate::grants::entity::{
    GrantAllocationId, GrantChangeId, GrantProgrammeId, GrantProgrammeState, GrantSurplusRule,
};
use crate::kernel::date::Date;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::ledger::entity::LedgerJournalId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::{entity, id_type, text_enum};

id_type!(/// 交付申請
    GrantApplicationId = "gap");
id_type!(/// 交付申請に添付したファイル
    GrantApplicationFileId = "gaf");
id_type!(/// 交付申請に対する行為
    GrantActId = "gac");

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
        /// 一部を支払済み
        PartlyPaid,
        /// 実績報告済み
        Reported,
        /// 実績報告の審査を終え、額の確定待ち
        ReportReviewed,
        /// 額の確定。残りの支払待ち
        AmountFixed,
        /// 精算済み
        Settled,
        /// 返還命令
        RepaymentOrdered,
        /// 返還済み
        Repaid,
        /// 交付決定の取消し
        Revoked,
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
        /// 交付請求の取下げ
        PaymentRequestWithdraw,
        /// 交付請求の返却
        PaymentRequestReturn,
        /// 支払
        PaymentExecute,
        /// 事業の完了
        CompletionRecord,
        /// 実績報告
        ReportSubmit,
        /// 実績報告の補正のための返却
        ReportReturn,
        /// 実績報告の審査の意見
        ReportReview,
        /// 額の確定
        AmountFix,
        /// 返還の届出
        RepaymentReport,
        /// 返還の受入れ
        RepaymentRecord,
        /// 変更承認申請
        ChangeRequest,
        /// 変更の承認
        ChangeApprove,
        /// 変更の不承認
        ChangeRefuse,
        /// 変更承認申請の取下げ
        ChangeWithdraw,
        /// 交付決定の取消し
        DecisionRevoke,
        /// 支払の取消し
        PaymentReverse,
        /// 差引きを待つ剰余金の返還命令
        SurplusOrder,
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
        costs: Option<String>,
        approved_costs: Option<String>,
        instalments: Option<String>,
        paid_yen: Yen,
        pending_yen: Option<Yen>,
        changed_yen: Option<Yen>,
        change_id: Option<GrantChangeId>,
        changed_by: Option<AccountId>,
        completed_on: Option<Date>,
        report_due: Option<Date>,
        reported_on: Option<Date>,
        reported_by: Option<AccountId>,
        eligible_yen: Option<Yen>,
        booked_yen: Option<Yen>,
        examined_by: Option<AccountId>,
        fixed_yen: Option<Yen>,
        fixed_on: Option<Date>,
        fixed_by: Option<AccountId>,
        surplus_rule: Option<GrantSurplusRule>,
        kept_yen: Yen,
        offset_yen: Yen,
        offset_done_yen: Yen,
        ordered_yen: Yen,
        repayment_due: Option<Date>,
        repaid_yen: Yen,
        repayment_reported_on: Option<Date>,
        revoked_on: Option<Date>,
        revoked_by: Option<AccountId>,
        surplus_ordered_on: Option<Date>,
        surplus_ordered_by: Option<AccountId>,
        owed_since: Option<Date>,
        subgranted_yen: Yen,
        decision_due: Option<Date>,
        returned_on: Option<Date>,
        correction_due: Option<Date>,
        schedule: Option<String>,
        request_from: Option<Date>,
        request_due: Option<Date>,
        payment_due: Option<Date>,
        fixing_due: Option<Date>,
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
        report: bool,
        paper: Option<String>,
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
