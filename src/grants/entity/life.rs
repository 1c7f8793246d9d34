//! What becomes of a grant after its decision: payments, reports, changes, surpluses, and what associations have of it.

use crate::grants::entity::{GrantAllocationId, GrantApplicationId};
use crate::kernel::date::Date;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::ledger::entity::LedgerJournalId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::{entity, id_type, text_enum};

id_type!(/// 交付金の支払または返還
    GrantPaymentId = "gpy");
id_type!(/// 実績報告
    GrantReportId = "grp");
id_type!(/// 変更承認申請
    GrantChangeId = "gch");
id_type!(/// 翌年度以降の配分からの差引き
    GrantOffsetId = "gof");
id_type!(/// 地域内の申請
    GrantSubgrantId = "gsb");

text_enum! {
    /// 交付金の支払または返還の種類。
    GrantPaymentKind {
        /// 概算払(額の確定の前)
        Advance,
        /// 精算払(額の確定の後)
        Settlement,
        /// 返還
        Return,
    }
}

text_enum! {
    /// 支払の取消しの種類。
    GrantReversalKind {
        /// 誤記録。支払っていないのに記録した、または誤って記録した
        RecordedByMistake,
        /// 組戻し。支払った額が銀行から戻った
        ReturnedByBank,
    }
}

text_enum! {
    /// 変更承認申請の状態。
    GrantChangeState {
        /// 申請済み
        Requested,
        /// 軽微な変更。承認を要しない
        Minor,
        /// 承認
        Approved,
        /// 不承認
        Refused,
        /// 交付申請の取下げまたは交付決定の取消しにより、決定されずに終わった
        Withdrawn,
    }
}

text_enum! {
    /// 地域内の申請の状態。
    GrantSubgrantState {
        /// 申請済み
        Submitted,
        /// 採択
        Adopted,
        /// 不採択
        Refused,
        /// 取下げ。または、交付申請の取下げ、交付決定の取消し、額の確定により、決定されずに終わった
        Withdrawn,
    }
}

entity! {
    /// Money that went to an organization, or came back, with its journal.
    grant_payment in "grant_payments" {
        id: GrantPaymentId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        number: i32,
        kind: GrantPaymentKind,
        amount_yen: Yen,
        paid_on: Date,
        journal_id: LedgerJournalId,
        requested_by: Option<AccountId>,
        paid_by: Option<AccountId>,
        reversed_on: Option<Date>,
        reversal_kind: Option<GrantReversalKind>,
        reversed_by: Option<AccountId>,
        reversal_id: Option<LedgerJournalId>,
    }
}

entity! {
    /// Reports, each time one is submitted.
    grant_report in "grant_reports" {
        id: GrantReportId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        number: i32,
        completed_on: Date,
        summary: String,
        costs: String,
        actual_yen: Yen,
        eligible_yen: Yen,
        reported_on: Date,
        reported_by: Option<AccountId>,
    }
}

entity! {
    /// Changes of what was decided.
    grant_change in "grant_changes" {
        id: GrantChangeId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        title: String,
        state: GrantChangeState,
        costs: String,
        decided_yen: Yen,
        reason: String,
        requested_on: Date,
        requested_by: Option<AccountId>,
        decided_on: Option<Date>,
        decided_by: Option<AccountId>,
        decision_reason: Option<String>,
        withdrawn_on: Option<Date>,
        decision_due: Option<Date>,
    }
}

entity! {
    /// What of a surplus was deducted from a later allocation, or given back (below zero) of what was. The application is
    /// where the surplus arose.
    grant_offset in "grant_offsets" {
        id: GrantOffsetId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        allocation_id: GrantAllocationId,
        amount_yen: Yen,
        deducted_on: Date,
        journal_id: LedgerJournalId,
        reverses: Option<GrantOffsetId>,
    }
}

entity! {
    /// What associations within an organization ask of its grant.
    grant_subgrant in "grant_subgrants" {
        id: GrantSubgrantId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        association: String,
        title: String,
        purpose: String,
        requested_yen: Yen,
        adopted_yen: Option<Yen>,
        state: GrantSubgrantState,
        submitted_on: Date,
        submitted_by: Option<AccountId>,
        decided_on: Option<Date>,
        decided_by: Option<AccountId>,
        decision_reason: Option<String>,
        withdrawn_on: Option<Date>,
        decision_due: Option<Date>,
    }
}
