//! What may be done to a programme, a version of a rule, a run.

use chrono::{DateTime, Utc};

use crate::grants::commands::{
    GRANT_ALLOCATION_SET, GRANT_APPLICATION_CREATE, GRANT_PROGRAMME_CLOSE, GRANT_PROGRAMME_PUBLISH,
    GRANT_PROGRAMME_TERMS_SET, GRANT_RULE_ENACT, GRANT_RUN_APPROVE,
};
use crate::grants::entity::{
    GrantProgrammeState, GrantRuleState, GrantRunKind, GrantRunState, grant_programme, grant_rule, grant_run,
};
use crate::grants::rules::application::not_after;
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;

/// What may be done to a programme now.
pub fn programme(row: &grant_programme::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    use GrantProgrammeState::{Draft, Published};
    match (action, row.state) {
        (GRANT_PROGRAMME_PUBLISH | GRANT_PROGRAMME_TERMS_SET, Draft)
        | (GRANT_PROGRAMME_CLOSE, Published)
        | (GRANT_ALLOCATION_SET, Draft | Published) => Ok(()),
        (GRANT_APPLICATION_CREATE, Published) => not_after(row.closes_on, japan_day(now)),
        _ => Err(Refusal::new(
            "STATE",
            format!("交付金制度の今の状態({})では行えません。", row.state.word()),
            format!("The programme is {}.", row.state.word()),
        )),
    }
}

/// May the programme's allocations change in this state?
pub fn open_for_allocation(state: GrantProgrammeState) -> Result<(), Refusal> {
    if state != GrantProgrammeState::Closed {
        return Ok(());
    }
    Err(Refusal::new("PROGRAMME_CLOSED", "この交付金制度は終了しました。", "The programme is closed."))
}

/// What may be done to a version of a rule now.
pub fn grant_rule(row: &grant_rule::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (GRANT_RULE_ENACT, GrantRuleState::Draft) => Ok(()),
        _ => Err(Refusal::new("STATE", "この版はすでに施行されています。", "This version is in force already.")),
    }
}

/// What may be done to a run now.
pub fn grant_run(row: &grant_run::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.kind, row.state) {
        (GRANT_RUN_APPROVE, GrantRunKind::Real, GrantRunState::Calculated) => open_for_allocation(row.programme_state),
        (_, GrantRunKind::WhatIf, _) => {
            Err(Refusal::new("WHAT_IF", "試算は配分になりません。", "A what-if run allocates nothing."))
        }
        _ => Err(Refusal::new("STATE", "この算定はすでに承認されています。", "This run has been approved already.")),
    }
}
