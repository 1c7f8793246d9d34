//! What may be done to a programme, a version of a rule, a run.

use chrono::{DateTime, Utc};

use crate::grants::commands::{
    GRANT_ALLOCATION_SET, GRANT_APPLICATION_CREATE, GRANT_DECLARATION_CONFIRM, GRANT_PROGRAMME_BUDGET_CHANGE,
    GRANT_PROGRAMME_CLOSE, GRANT_PROGRAMME_DISCARD, GRANT_PROGRAMME_PREVIOUS_CORRECT, GRANT_PROGRAMME_PUBLISH,
    GRANT_PROGRAMME_TERMS_SET, GRANT_RULE_ENACT, GRANT_RUN_APPROVE, GRANT_RUN_PUBLISH, GRANT_RUN_WITHDRAW,
};
use crate::grants::entity::{
    GrantDeclarationState, GrantProgrammeState, GrantResultsState, GrantRuleState, GrantRunKind, GrantRunState,
    grant_declaration, grant_programme, grant_rule, grant_run,
};
use crate::grants::rules::application::not_after;
use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;

/// What may be done to a programme now.
pub fn programme(row: &grant_programme::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    use GrantProgrammeState::{Draft, Published};
    wanted(row)?;
    match (action, row.state) {
        (GRANT_PROGRAMME_PUBLISH | GRANT_PROGRAMME_TERMS_SET | GRANT_PROGRAMME_DISCARD, Draft)
        | (GRANT_PROGRAMME_CLOSE, Published)
        | (GRANT_ALLOCATION_SET | GRANT_PROGRAMME_BUDGET_CHANGE, Draft | Published) => Ok(()),
        (GRANT_PROGRAMME_TERMS_SET, Published) if row.previous_id.is_none() && !row.first_year => Ok(()),
        (GRANT_PROGRAMME_PREVIOUS_CORRECT, Published) if row.previous_id.is_some() || row.first_year => Ok(()),
        (GRANT_APPLICATION_CREATE, Published) => not_after(row.closes_on, japan_day(now)),
        _ => Err(Refusal::new(
            "STATE",
            format!("交付金制度の今の状態({})では行えません。", row.state.word()),
            format!("The programme is {}.", row.state.word()),
        )),
    }
}

/// Nothing is done any more with a programme that was discarded.
///
/// # Errors
/// DISCARDED with the day.
pub fn wanted(row: &grant_programme::Model) -> Result<(), Refusal> {
    let Some(Date(day)) = row.discarded_on else { return Ok(()) };
    Err(Refusal::new(
        "DISCARDED",
        format!("この交付金制度は{day}に取りやめられました。必要なら、新しく作ってください。"),
        format!("The programme was discarded on {day}. Make a new one where one is wanted."),
    ))
}

/// Of a public programme only the year before is said, once; nothing else of its terms changes.
///
/// # Errors
/// STATE.
pub fn only_the_year_before(
    state: GrantProgrammeState,
    says_the_year: bool,
    changes_else: bool,
) -> Result<(), Refusal> {
    if state == GrantProgrammeState::Draft || (says_the_year && !changes_else) {
        return Ok(());
    }
    Err(Refusal::new(
        "STATE",
        "公開した交付金制度では、前年度の交付金制度か初年度であることを一度だけ定められます。ほかの条件は変えられません。",
        "Of a public programme only the year before, or that it is the first, is laid down, once. Its other terms stay.",
    ))
}

/// A programme is not made public while its by-law looks at a year before that it does not name.
///
/// # Errors
/// PREVIOUS_MISSING with the names of what looks at it.
pub fn names_the_year_before(row: &grant_programme::Model, of_last_year: &[String]) -> Result<(), Refusal> {
    if of_last_year.is_empty() || row.previous_id.is_some() || row.first_year {
        return Ok(());
    }
    Err(Refusal::new(
        "PREVIOUS_MISSING",
        format!(
            "要綱の「{}」は前年度の額によります。交付の条件で前年度の交付金制度を定めるか、初年度の制度であることを明らかにしてください。",
            of_last_year.join("」「")
        ),
        format!(
            "{} of the by-law looks at last year's amounts. Lay the programme's predecessor down with the terms, or say \
             that this is the first year.",
            of_last_year.join(", ")
        ),
    ))
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

/// What may be done to a declaration now.
pub fn declaration(row: &grant_declaration::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (GRANT_DECLARATION_CONFIRM, GrantDeclarationState::Declared) => Ok(()),
        _ => {
            Err(Refusal::new("STATE", "確認を待つ申告ではありません。", "This declaration waits for no confirmation."))
        }
    }
}

/// What may be done to a run now.
pub fn grant_run(row: &grant_run::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.kind, row.state) {
        (GRANT_RUN_APPROVE, GrantRunKind::Real, GrantRunState::Calculated) => open_for_allocation(row.programme_state),
        (_, GrantRunKind::WhatIf, _) => {
            Err(Refusal::new("WHAT_IF", "試算は配分になりません。", "A what-if run allocates nothing."))
        }
        (GRANT_RUN_PUBLISH, ..) => may_be_published(row),
        (GRANT_RUN_WITHDRAW, ..) => may_be_withdrawn(row.results_state),
        _ => Err(Refusal::new("STATE", "この算定はすでに承認されています。", "This run has been approved already.")),
    }
}

/// What was approved is published while its programme is public, and as long as no correction of it was approved.
fn may_be_published(row: &grant_run::Model) -> Result<(), Refusal> {
    if row.state != GrantRunState::Approved {
        return Err(Refusal::new("NOT_APPROVED", "この算定は承認されていません。", "This run has not been approved."));
    }
    if row.results_state == GrantResultsState::Published {
        return Err(Refusal::new(
            "PUBLISHED",
            "この算定の結果は公表されています。",
            "The results are published already.",
        ));
    }
    if let Some(Date(day)) = row.superseded_on {
        return Err(Refusal::new(
            "SUPERSEDED",
            format!("{day}に訂正の算定が承認されました。その結果を公表してください。"),
            format!("A correction was approved on {day}. Publish its results."),
        ));
    }
    if row.programme_state == GrantProgrammeState::Draft {
        return Err(Refusal::new(
            "PROGRAMME_DRAFT",
            "交付金制度が公開されていません。先に公開してください。",
            "The programme is not public. Publish it first.",
        ));
    }
    Ok(())
}

fn may_be_withdrawn(state: GrantResultsState) -> Result<(), Refusal> {
    if state == GrantResultsState::Published {
        return Ok(());
    }
    Err(Refusal::new("NOT_PUBLISHED", "この算定の結果は公表されていません。", "The results are not published."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_public_programme_only_the_year_before_is_said() {
        use GrantProgrammeState::{Draft, Published};
        for (state, says, changes, expected) in [
            (Draft, false, true, true),
            (Published, true, false, true),
            (Published, true, true, false),
            (Published, false, false, false),
        ] {
            let found = only_the_year_before(state, says, changes);
            assert_eq!(found.is_ok(), expected, "{state:?} {says} {changes}");
        }
    }

    #[test]
    fn only_what_is_public_is_withdrawn() {
        use GrantResultsState::{Published, Unpublished, Withdrawn};
        let allowed = [Unpublished, Published, Withdrawn].map(|state| may_be_withdrawn(state).is_ok());
        assert_eq!(allowed, [false, true, false]);
    }
}
