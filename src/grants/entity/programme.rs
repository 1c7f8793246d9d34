//! Programmes, and what each organization may have of them.

use crate::grants::entity::{GrantResultsState, GrantRunId, GrantRunLineId};
use crate::kernel::date::Date;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::people::entity::SectionId;
use crate::{entity, id_type, text_enum};

id_type!(/// 交付金制度
    GrantProgrammeId = "gpr");
id_type!(/// 交付金の配分
    GrantAllocationId = "gal");

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
        first_year: bool,
        created_by: Option<AccountId>,
        published_by: Option<AccountId>,
        previous_corrected_by: Option<AccountId>,
        previous_corrected_on: Option<Date>,
        previous_correction: Option<String>,
        discarded_on: Option<Date>,
        discarded_by: Option<AccountId>,
        discard_reason: Option<String>,
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
