//! Which stage follows which, and what a founding needs. Pure.

use chrono::{DateTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::organizations::commands::{OFFICER_RETIRE, ORGANIZATION_PUBLISH, ORGANIZATION_UNPUBLISH};
use crate::organizations::entity::OrganizationStage::{
    self, Active, Applied, Dissolved, Founded, Idea, Merged, Planning, Preparing, Recognized, Returned, Revoked,
    Surveying, Suspended,
};
use crate::organizations::entity::{OfficerRole, officer, organization};

/// The stages that may follow a stage.
#[allow(clippy::match_same_arms)] // one line a stage
pub fn next_stages(stage: OrganizationStage) -> &'static [OrganizationStage] {
    match stage {
        Idea => &[Preparing],
        Preparing => &[Surveying, Planning, Dissolved],
        Surveying => &[Planning, Dissolved],
        Planning => &[Founded, Dissolved],
        Founded => &[Applied, Dissolved],
        Applied => &[Returned, Recognized],
        Returned => &[Applied, Dissolved],
        Recognized => &[Active, Revoked],
        Active => &[Suspended, Dissolved, Merged, Revoked],
        Suspended => &[Active, Dissolved, Merged],
        Dissolved | Merged | Revoked => &[],
    }
}

/// May the stage change, given the roles of the officers now in office?
pub fn change_stage(from: OrganizationStage, to: OrganizationStage, officers: &[OfficerRole]) -> Result<(), Refusal> {
    if !next_stages(from).contains(&to) {
        return Err(Refusal::new(
            "STAGE",
            "今の段階からこの段階へは進めません。",
            "This stage does not follow the present one.",
        ));
    }
    let complete = officers.contains(&OfficerRole::Chair) && officers.contains(&OfficerRole::Auditor);
    if to == Founded && !complete {
        return Err(Refusal::new(
            "OFFICERS_MISSING",
            "設立には会長と監事が必要です。",
            "A founding needs a chair and an auditor.",
        ));
    }
    Ok(())
}

/// The day of a founding is recorded once.
///
/// # Errors
/// FOUNDED_ALREADY.
pub fn founding(row: &organization::Model) -> Result<(), Refusal> {
    match row.founded_on {
        None => Ok(()),
        Some(Date(day)) => Err(Refusal::new(
            "FOUNDED_ALREADY",
            format!("設立日は{day}と登録されています。"),
            format!("The day of its founding is recorded: {day}."),
        )),
    }
}

/// What may be done to an organization now.
pub fn organization(row: &organization::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.published) {
        (ORGANIZATION_PUBLISH, true) => {
            Err(Refusal::new("PUBLISHED", "すでに公開されています。", "It is already public."))
        }
        (ORGANIZATION_UNPUBLISH, false) => {
            Err(Refusal::new("NOT_PUBLISHED", "公開されていません。", "It is not public."))
        }
        _ => Ok(()),
    }
}

/// What may be done to an officer now.
pub fn officer(row: &officer::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    let over = row.term_end.is_some_and(|end| end.0 < japan_day(now));
    if action == OFFICER_RETIRE && over {
        return Err(Refusal::new("TERM_OVER", "任期はすでに終わっています。", "The term is already over."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn mindani_walks_from_an_idea_to_activity() {
        let path = [Idea, Preparing, Surveying, Planning, Founded, Applied, Returned, Applied, Recognized, Active];
        let officers = [OfficerRole::Chair, OfficerRole::Auditor];
        for step in path.windows(2) {
            assert_eq!(change_stage(step[0], step[1], &officers), Ok(()), "{step:?}");
        }
    }

    #[test]
    fn a_founding_needs_a_chair_and_an_auditor() {
        for officers in [&[][..], &[OfficerRole::Chair], &[OfficerRole::Auditor, OfficerRole::Director]] {
            assert_eq!(change_stage(Planning, Founded, officers).expect_err("refused").reason, "OFFICERS_MISSING");
        }
    }

    #[test]
    fn what_has_ended_stays_ended() {
        for end in [Dissolved, Merged, Revoked] {
            for to in OrganizationStage::iter() {
                assert!(change_stage(end, to, &[]).is_err(), "{end:?} -> {to:?}");
            }
        }
    }
}
