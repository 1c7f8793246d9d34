//! Rows, ids and words of challenge projects.

use chrono::{DateTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::OrganizationId;
use crate::people::entity::SectionId;
use crate::{entity, id_type, text_enum};

id_type!(/// 公募
    CallId = "cal");
id_type!(/// 審査基準
    CriterionId = "ccr");
id_type!(/// 提案
    ProposalId = "prp");
id_type!(/// 審査(採点表)
    ReviewId = "crv");
id_type!(/// 採点
    ScoreId = "csc");

text_enum! {
    /// チャレンジの部門。
    ChallengeCategory {
        /// 子どもチャレンジ
        Child,
        /// 若者チャレンジ
        Youth,
        /// 大人チャレンジ
        Adult,
        /// 企業チャレンジ
        Corporate,
    }
}

text_enum! {
    /// 公募の状態。
    CallState {
        /// 準備中
        Draft,
        /// 公募中
        Open,
        /// 終了
        Closed,
    }
}

text_enum! {
    /// 提案者の種類。
    ProposerKind {
        /// 個人
        Person,
        /// グループ
        Group,
        /// 地域組織などの団体
        Organization,
        /// 企業
        Corporation,
    }
}

text_enum! {
    /// 提案の状態。
    ProposalState {
        /// 下書き
        Draft,
        /// 提出済み
        Submitted,
        /// 審査中
        Screening,
        /// 採択
        Adopted,
        /// 不採択
        Rejected,
        /// 採択を公開した
        Published,
        /// 取り下げ
        Withdrawn,
    }
}

entity! {
    /// Calls.
    call in "challenge_calls" {
        id: CallId,
        fiscal_year: FiscalYear,
        title: String,
        summary: String,
        for_child: bool,
        for_youth: bool,
        for_adult: bool,
        for_corporate: bool,
        opens_on: Date,
        closes_on: Date,
        max_yen: Yen,
        section_id: SectionId,
        state: CallState,
    }
}

entity! {
    /// Criteria of a call.
    criterion in "challenge_criteria" {
        id: CriterionId,
        call_id: CallId,
        label: String,
        max_score: i32,
    }
}

entity! {
    /// Proposals. The proposer's name is the account's when the proposal was made.
    proposal in "challenge_proposals" {
        id: ProposalId,
        call_id: CallId,
        category: ChallengeCategory,
        title: String,
        summary: String,
        my_text: String,
        social_text: String,
        action_text: String,
        requested_yen: Yen,
        proposer_id: AccountId,
        proposer_name: String,
        name_public: bool,
        proposer_kind: ProposerKind,
        group_name: Option<String>,
        organization_id: Option<OrganizationId>,
        guardian_consent: bool,
        state: ProposalState,
        submitted_at: Option<DateTime<Utc>>,
        decided_by: Option<AccountId>,
        decided_at: Option<DateTime<Utc>>,
        decision_reason: Option<String>,
        adopted_yen: Option<Yen>,
        average_score: Option<Decimal>,
        published_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// A reviewer's assignment to a proposal, and their sheet once it is filled. The proposer is the proposal's.
    review in "challenge_reviews" {
        id: ReviewId,
        proposal_id: ProposalId,
        proposer_id: AccountId,
        reviewer_id: AccountId,
        scored_at: Option<DateTime<Utc>>,
        total: Option<i32>,
        comment: Option<String>,
    }
}

entity! {
    /// The score of one criterion on a sheet; the maximum is the criterion's.
    score in "challenge_scores" {
        id: ScoreId,
        review_id: ReviewId,
        proposer_id: AccountId,
        reviewer_id: AccountId,
        criterion_id: CriterionId,
        max_score: i32,
        score: i32,
    }
}
