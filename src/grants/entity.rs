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
id_type!(/// 配分の算定規則
    GrantRuleId = "grl");
id_type!(/// 算定に用いる申告
    GrantDeclarationId = "gdc");
id_type!(/// 配分の算定
    GrantRunId = "grn");
id_type!(/// 算定の明細
    GrantRunLineId = "gln");
id_type!(/// 算定の比較
    GrantComparisonId = "gcm");

text_enum! {
    /// 算定規則の状態。
    GrantRuleState {
        /// 案
        Draft,
        /// 施行。以後は変わらない
        InForce,
    }
}

text_enum! {
    /// 算定の種類。
    GrantRunKind {
        /// 配分のための算定
        Real,
        /// 試算。配分にはならない
        WhatIf,
    }
}

text_enum! {
    /// 算定の状態。
    GrantRunState {
        /// 算定済み
        Calculated,
        /// 承認され、確定した
        Approved,
    }
}

text_enum! {
    /// 算定の結果の公表の状態。
    GrantResultsState {
        /// 公表していない
        Unpublished,
        /// 公表している
        Published,
        /// 公表を取り下げた
        Withdrawn,
    }
}

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
    }
}

text_enum! {
    /// 剰余金(支払った額のうち、確定した額を超える額)の扱い。
    GrantSurplusRule {
        /// 返還する
        Return,
        /// 翌年度に繰り越す
        CarryOver,
        /// 積み立てる。限度を超える額は返還する
        Reserve,
        /// 翌年度以降の配分から差し引く
        OffsetNextYear,
    }
}

text_enum! {
    /// 額を確定するときに、交付金の帳簿に求めること。団体がここで帳簿を付けていない場合は問わない。
    GrantBookRule {
        /// 締めていなくてもよい
        Open,
        /// 締めてあること
        Closed,
        /// 監事の確認が済んでいること
        Confirmed,
    }
}

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
        /// 取下げ
        Withdrawn,
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
        terms: Option<String>,
        surplus_rule: GrantSurplusRule,
        repayment_days: i32,
        previous_id: Option<GrantProgrammeId>,
        book_rule: GrantBookRule,
        by_law: Option<String>,
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
        line_id: Option<GrantRunLineId>,
        run_id: Option<GrantRunId>,
        results_state: Option<GrantResultsState>,
        offset_yen: Yen,
    }
}

entity! {
    /// Rules: by-laws as data, a row a version.
    grant_rule in "grant_rules" {
        id: GrantRuleId,
        title: String,
        version: i32,
        from_fiscal_year: FiscalYear,
        note: Option<String>,
        document: String,
        state: GrantRuleState,
        drafted_by: Option<AccountId>,
        enacted_by: Option<AccountId>,
        enacted_on: Option<Date>,
    }
}

entity! {
    /// Numbers, facts and words that organizations or staff have declared. Who is filled in by the database.
    grant_declaration in "grant_declarations" {
        id: GrantDeclarationId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        item: String,
        as_of: Date,
        number: Option<String>,
        flag: Option<bool>,
        word: Option<String>,
        source: String,
        declared_by: Option<AccountId>,
    }
}

entity! {
    /// Runs of a rule over pinned inputs; the programme's state and window are the programme's.
    grant_run in "grant_runs" {
        id: GrantRunId,
        programme_id: GrantProgrammeId,
        programme_state: GrantProgrammeState,
        fiscal_year: FiscalYear,
        opens_on: Date,
        closes_on: Date,
        rule_id: GrantRuleId,
        title: String,
        kind: GrantRunKind,
        state: GrantRunState,
        budget_yen: Yen,
        total_yen: Yen,
        organizations: i32,
        rule_hash: String,
        inputs: String,
        inputs_hash: String,
        pools: String,
        corrects_id: Option<GrantRunId>,
        run_by: Option<AccountId>,
        approved_by: Option<AccountId>,
        approved_on: Option<Date>,
        results_state: GrantResultsState,
        results_published_at: Option<DateTime<Utc>>,
        results_published_by: Option<AccountId>,
        results_withdrawn_at: Option<DateTime<Utc>>,
        results_withdrawn_by: Option<AccountId>,
        results_withdrawn_reason: Option<String>,
        superseded_on: Option<Date>,
    }
}

entity! {
    /// What a run found for an organization, with how it arose.
    grant_run_line in "grant_run_lines" {
        id: GrantRunLineId,
        run_id: GrantRunId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        name: String,
        amount_yen: Yen,
        terms: String,
        instalments: String,
    }
}

entity! {
    /// Two runs side by side.
    grant_comparison in "grant_comparisons" {
        id: GrantComparisonId,
        run_id: GrantRunId,
        base_id: GrantRunId,
        winners: i32,
        losers: i32,
        difference_yen: Yen,
        document: String,
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
        revoked_on: Option<Date>,
        revoked_by: Option<AccountId>,
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
    /// What of a surplus was deducted from a later allocation. The application is where the surplus arose.
    grant_offset in "grant_offsets" {
        id: GrantOffsetId,
        application_id: GrantApplicationId,
        organization_id: OrganizationId,
        district_id: DistrictId,
        allocation_id: GrantAllocationId,
        amount_yen: Yen,
        deducted_on: Date,
        journal_id: LedgerJournalId,
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
