//! When a proposal moves, what a sheet must hold, what a decision needs. Pure.

use chrono::{DateTime, NaiveDate, Utc};

use crate::challenges::commands::{
    CALL_CLOSE, CALL_OPEN, CRITERION_ADD, PROPOSAL_ADOPT, PROPOSAL_CHANGE, PROPOSAL_PUBLISH, PROPOSAL_REJECT,
    PROPOSAL_SCREEN, PROPOSAL_SUBMIT, PROPOSAL_WITHDRAW, REVIEWER_ASSIGN, SCORE_RECORD,
};
use crate::challenges::entity::ProposalState::{self, Adopted, Draft, Screening, Submitted};
use crate::challenges::entity::{CallState, ChallengeCategory, CriterionId, call, criterion, proposal, review};
use crate::kernel::decimal::Decimal;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;

fn wrong_state() -> Refusal {
    Refusal::new("STATE", "今の状態では、この操作はできません。", "The present state does not allow this.")
}

/// What may be done to a call now.
pub fn call(row: &call::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (CRITERION_ADD | CALL_OPEN, CallState::Draft) | (CALL_CLOSE, CallState::Open) => Ok(()),
        _ => Err(wrong_state()),
    }
}

/// A call is opened with at least one criterion, so that proposers know what counts.
pub fn openable(criteria: u64) -> Result<(), Refusal> {
    if criteria > 0 {
        return Ok(());
    }
    Err(Refusal::new("CRITERIA_MISSING", "審査基準がありません。", "The call has no criterion."))
}

/// Are proposals taken today? The first and the last day count.
pub fn taken(call: &call::Model, today: NaiveDate) -> Result<(), Refusal> {
    if call.state != CallState::Open {
        return Err(Refusal::new("CALL_NOT_OPEN", "この公募は受け付けていません。", "The call is not open."));
    }
    if today < call.opens_on.0 {
        return Err(Refusal::new("TOO_EARLY", "公募期間の前です。", "The call has not begun."));
    }
    if today > call.closes_on.0 {
        return Err(Refusal::new("TOO_LATE", "公募期間は終わりました。", "The call is over."));
    }
    Ok(())
}

/// The categories a call is for.
pub fn categories(call: &call::Model) -> Vec<ChallengeCategory> {
    use ChallengeCategory::{Adult, Child, Corporate, Youth};
    let flags =
        [(Child, call.for_child), (Youth, call.for_youth), (Adult, call.for_adult), (Corporate, call.for_corporate)];
    flags.into_iter().filter(|(_, on)| *on).map(|(category, _)| category).collect()
}

/// The states in which an act on a proposal is possible.
pub fn states_for(action: Action) -> &'static [ProposalState] {
    match action {
        PROPOSAL_CHANGE | PROPOSAL_SUBMIT => &[Draft],
        PROPOSAL_WITHDRAW => &[Draft, Submitted, Screening],
        REVIEWER_ASSIGN => &[Submitted, Screening],
        PROPOSAL_SCREEN => &[Submitted],
        SCORE_RECORD | PROPOSAL_ADOPT | PROPOSAL_REJECT => &[Screening],
        PROPOSAL_PUBLISH => &[Adopted],
        _ => &[],
    }
}

/// What may be done to a proposal now.
pub fn proposal(row: &proposal::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if !states_for(action).contains(&row.state) {
        return Err(wrong_state());
    }
    if action == PROPOSAL_SUBMIT && row.category == ChallengeCategory::Child && !row.guardian_consent {
        return Err(Refusal::new(
            "GUARDIAN_CONSENT",
            "子どもの提案には保護者の同意が必要です。",
            "A child's proposal needs a guardian's consent.",
        ));
    }
    Ok(())
}

/// What may be done to a sheet now: it is filled once.
pub fn review(row: &review::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == SCORE_RECORD && row.scored_at.is_some() {
        return Err(Refusal::new("SCORED", "採点表はすでに提出されています。", "The sheet is already filled."));
    }
    Ok(())
}

/// Do these scores fill a sheet: every criterion once, each within its maximum? Returns the total.
///
/// # Errors
/// NOT_FOUND for a criterion that is not the call's; INVALID_INPUT for everything else.
pub fn sheet(criteria: &[criterion::Model], scores: &[(CriterionId, i32)]) -> Result<i32> {
    let known = |id: CriterionId| criteria.iter().find(|c| c.id == id);
    if scores.iter().any(|(id, _)| known(*id).is_none()) {
        return Err(Error::NotFound);
    }
    let times = |id: CriterionId| scores.iter().filter(|(scored, _)| *scored == id).count();
    let mut checks = Checks::new();
    let complete = criteria.iter().all(|c| times(c.id) == 1);
    let (ja, en) = ("すべての審査基準を一度ずつ採点してください。", "Score every criterion once.");
    checks.check(complete, "input.scores", "INCOMPLETE", ja, en);
    let within = |(id, score): &(CriterionId, i32)| known(*id).is_some_and(|c| (0..=c.max_score).contains(score));
    let (ja, en) = ("0から配点までで採点してください。", "A score is 0 to the criterion's maximum.");
    checks.check(scores.iter().all(within), "input.scores", "RANGE", ja, en);
    checks.done()?;
    Ok(scores.iter().map(|(_, score)| score).sum())
}

/// A decision needs the sheets of all assigned reviewers, one at least. Returns the totals.
pub fn all_scored(reviews: &[review::Model]) -> Result<Vec<i32>, Refusal> {
    let missing = reviews.iter().filter(|r| r.total.is_none()).count();
    if reviews.is_empty() {
        return Err(Refusal::new("NO_REVIEWER", "審査員が割り当てられていません。", "No reviewer is assigned."));
    }
    if missing > 0 {
        return Err(Refusal::new(
            "SHEETS_MISSING",
            format!("採点していない審査員が{missing}人います。"),
            format!("{missing} assigned reviewer(s) have not scored."),
        ));
    }
    Ok(reviews.iter().filter_map(|r| r.total).collect())
}

/// The mean of the totals to two decimal places, half a hundredth rounded up.
pub fn average(totals: &[i32]) -> Option<Decimal> {
    let count = i64::try_from(totals.len()).ok().filter(|n| *n > 0)?;
    let sum: i64 = totals.iter().map(|total| i64::from(*total)).sum();
    let hundredths = (200 * sum + count) / (2 * count);
    Decimal::parse(&format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::entity::{CallId, ProposalId, ReviewId};
    use crate::kernel::principal::AccountId;

    fn criteria() -> [criterion::Model; 2] {
        let call_id = CallId::new();
        let one = |label: &str, max_score| criterion::Model {
            id: CriterionId::new(),
            revision: 1,
            call_id,
            label: label.into(),
            max_score,
        };
        [one("公益性", 10), one("実現性", 5)]
    }

    #[test]
    fn a_sheet_scores_every_criterion_once_within_its_maximum() {
        let [a, b] = criteria();
        let (known, x, y) = ([a.clone(), b.clone()], a.id, b.id);
        assert_eq!(sheet(&known, &[(x, 10), (y, 0)]).expect("a total"), 10);
        for wrong in [vec![(x, 10)], vec![(x, 1), (x, 1), (y, 1)], vec![(x, 11), (y, 1)], vec![(x, -1), (y, 1)], vec![]]
        {
            assert_eq!(sheet(&known, &wrong).expect_err("refused").code(), "INVALID_INPUT", "{wrong:?}");
        }
        let foreign = sheet(&known, &[(x, 1), (CriterionId::new(), 1)]);
        assert_eq!(foreign.expect_err("refused").code(), "NOT_FOUND");
    }

    #[test]
    fn a_mean_is_exact_to_the_hundredth() {
        let mean = |totals: &[i32]| average(totals).map(|d| d.as_str().to_owned());
        assert_eq!(mean(&[10, 11]).as_deref(), Some("10.50"));
        assert_eq!(mean(&[1, 1, 2]).as_deref(), Some("1.33"));
        assert_eq!(mean(&[1, 2, 2]).as_deref(), Some("1.67"));
        assert_eq!(mean(&[0, 0, 0, 0, 0, 0, 0, 1]).as_deref(), Some("0.13"));
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn a_decision_waits_for_every_sheet() {
        let sheet = |total| review::Model {
            id: ReviewId::new(),
            revision: 1,
            proposal_id: ProposalId::new(),
            proposer_id: AccountId::new(),
            reviewer_id: AccountId::new(),
            scored_at: None,
            total,
            comment: None,
        };
        assert_eq!(all_scored(&[sheet(Some(3)), sheet(Some(4))]), Ok(vec![3, 4]));
        assert_eq!(all_scored(&[]).expect_err("refused").reason, "NO_REVIEWER");
        assert_eq!(all_scored(&[sheet(Some(3)), sheet(None)]).expect_err("refused").reason, "SHEETS_MISSING");
    }

    #[test]
    fn what_is_decided_is_neither_changed_nor_scored() {
        let after = [Adopted, ProposalState::Rejected, ProposalState::Published, ProposalState::Withdrawn];
        for action in
            [PROPOSAL_CHANGE, PROPOSAL_SUBMIT, PROPOSAL_WITHDRAW, SCORE_RECORD, PROPOSAL_ADOPT, PROPOSAL_REJECT]
        {
            assert!(after.iter().all(|state| !states_for(action).contains(state)), "{action:?}");
        }
    }
}
