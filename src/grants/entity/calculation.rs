//! By-laws as data, what is declared for them, and what they find.

use chrono::{DateTime, Utc};

use crate::grants::entity::{GrantProgrammeId, GrantProgrammeState};
use crate::kernel::date::Date;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::{entity, id_type, text_enum};

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
    /// 申告の状態。
    GrantDeclarationState {
        /// 職員が記録した。そのまま配分の算定に用いる
        Recorded,
        /// 団体が申告した。職員が確認するまで、配分の算定には用いない
        Declared,
        /// 団体の申告を職員が確認した
        Confirmed,
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
        state: GrantDeclarationState,
        confirmed_by: Option<AccountId>,
        confirmed_at: Option<DateTime<Utc>>,
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
        previous_id: Option<GrantProgrammeId>,
        not_compared: Option<String>,
        previous_hash: Option<String>,
        waiting: Option<String>,
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
