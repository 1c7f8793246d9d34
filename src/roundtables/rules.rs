//! Which act fits which state of a meeting, and what a publication needs. Pure.

use chrono::{DateTime, Utc};

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::roundtables::commands::{
    ACTION_ITEM_PROGRESS, ACTION_ITEM_RECORD, ANNOUNCE, CANCEL, CHANGE, CLOSE, DECISION_RECORD, FILE_ATTACH,
    FILE_DETACH, HOLD, ISSUE_CONCLUDE, ISSUE_RECORD, MINUTES_PUBLISH, MINUTES_RETURN, MINUTES_SUBMIT, PARTICIPANT_ADD,
    PASSAGE_RECORD, POSTPONE,
};
use crate::roundtables::entity::RoundtableState::{
    self, Announced, Closed, Held, MinutesDraft, MinutesReview, Planned, Postponed, Published,
};
use crate::roundtables::entity::{ActionItemState, action_item, roundtable};

/// The states in which an act is possible.
pub fn states_for(action: Action) -> &'static [RoundtableState] {
    match action {
        CHANGE | CANCEL => &[Planned, Announced, Postponed],
        ANNOUNCE => &[Planned, Postponed],
        POSTPONE => &[Planned, Announced],
        HOLD => &[Announced],
        PARTICIPANT_ADD | ISSUE_RECORD | FILE_ATTACH | FILE_DETACH => {
            &[Planned, Announced, Postponed, Held, MinutesDraft]
        }
        PASSAGE_RECORD | DECISION_RECORD | ACTION_ITEM_RECORD => &[Held, MinutesDraft],
        MINUTES_SUBMIT => &[MinutesDraft],
        MINUTES_RETURN | MINUTES_PUBLISH => &[MinutesReview],
        ISSUE_CONCLUDE => &[Held, MinutesDraft, MinutesReview, Published],
        CLOSE => &[Published],
        _ => &[],
    }
}

/// What may be done to a meeting now.
pub fn roundtable(row: &roundtable::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if states_for(action).contains(&row.state) {
        return Ok(());
    }
    if matches!(row.state, Published | Closed) {
        return Err(Refusal::new(
            "LOCKED",
            "公開した会議の記録は変更できません。",
            "The record of a published meeting is locked.",
        ));
    }
    Err(Refusal::new(
        "STATE",
        "会議の今の状態では、この操作はできません。",
        "The meeting's present state does not allow this.",
    ))
}

/// What may be done to an action item now: what is done or dropped stays so.
pub fn action_item(row: &action_item::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    let final_state = matches!(row.state, ActionItemState::Done | ActionItemState::Dropped);
    if action == ACTION_ITEM_PROGRESS && final_state {
        return Err(Refusal::new("FINAL", "この宿題はすでに終わっています。", "The action item is already settled."));
    }
    Ok(())
}

/// May an action item go from one state to another?
pub fn progress(from: ActionItemState, to: ActionItemState) -> Result<(), Refusal> {
    use ActionItemState::{Done, Dropped, InProgress, Open};
    match (from, to) {
        (Open, InProgress | Done | Dropped) | (InProgress, Done | Dropped) => Ok(()),
        _ => Err(Refusal::new(
            "STATE",
            "宿題を今の状態からこの状態へは進められません。",
            "This state does not follow the action item's present one.",
        )),
    }
}

/// Minutes are published with at least one passage and one participant; the refusal names what is missing.
pub fn complete(passages: u64, participants: u64) -> Result<(), Refusal> {
    let (ja, en) = match (passages, participants) {
        (0, 0) => ("議事録の本文と参加者がありません。", "The minutes have no passage and no participant."),
        (0, _) => ("議事録の本文がありません。", "The minutes have no passage."),
        (_, 0) => ("参加者が記録されていません。", "The minutes have no participant."),
        _ => return Ok(()),
    };
    Err(Refusal::new("RECORD_INCOMPLETE", ja, en))
}

/// A meeting is closed when nothing is left to do.
pub fn settled(open_items: u64) -> Result<(), Refusal> {
    if open_items == 0 {
        return Ok(());
    }
    Err(Refusal::new(
        "ACTION_ITEMS_OPEN",
        format!("終わっていない宿題が{open_items}件あります。"),
        format!("{open_items} action item(s) are not settled."),
    ))
}

/// May the passage with a number be written by somebody who saw this revision of it? A new passage is
/// written by naming none; an existing one is replaced only by naming its newest, so that two people
/// who write the same number do not overwrite each other.
pub fn passage_revision(existing: Option<i32>, seen: Option<i32>) -> Result<(), Refusal> {
    if existing == seen {
        return Ok(());
    }
    Err(Refusal::new(
        "STALE",
        "この番号の一節は他の人が先に書いています。読み直してから変更してください。",
        "Somebody wrote this passage first. Read it again before changing it.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn what_is_published_or_stopped_is_no_longer_written() {
        let writing = [
            PARTICIPANT_ADD,
            ISSUE_RECORD,
            PASSAGE_RECORD,
            DECISION_RECORD,
            ACTION_ITEM_RECORD,
            CHANGE,
            FILE_ATTACH,
            FILE_DETACH,
        ];
        for action in writing {
            for state in [MinutesReview, Published, Closed, RoundtableState::Cancelled] {
                assert!(!states_for(action).contains(&state), "{action:?} in {state:?}");
            }
        }
    }

    #[test]
    fn every_act_of_a_meeting_has_its_states() {
        for action in [CHANGE, ANNOUNCE, POSTPONE, CANCEL, HOLD, MINUTES_SUBMIT, MINUTES_RETURN, MINUTES_PUBLISH, CLOSE]
        {
            assert!(!states_for(action).is_empty(), "{action:?}");
        }
        assert!(RoundtableState::iter().all(|state| !states_for(Action::READ).contains(&state)));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(complete(1, 1), Ok(()));
        assert!(complete(0, 3).expect_err("refused").message.en.contains("no passage."));
        assert!(complete(2, 0).expect_err("refused").message.en.contains("no participant."));
        assert!(complete(0, 0).expect_err("refused").message.ja.contains("本文と参加者"));
    }

    #[test]
    fn settled_items_stay_settled() {
        use ActionItemState::{Done, Dropped, InProgress, Open};
        assert_eq!(progress(Open, InProgress), Ok(()));
        assert_eq!(progress(InProgress, Done), Ok(()));
        for (from, to) in [(Done, Open), (Dropped, InProgress), (InProgress, Open), (Open, Open)] {
            assert!(progress(from, to).is_err(), "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn a_passage_is_replaced_only_by_who_saw_it() {
        assert_eq!(passage_revision(None, None), Ok(()));
        assert_eq!(passage_revision(Some(2), Some(2)), Ok(()));
        for (existing, seen) in [(Some(1), None), (Some(2), Some(1)), (None, Some(1))] {
            assert!(passage_revision(existing, seen).is_err(), "{existing:?} {seen:?}");
        }
    }
}
