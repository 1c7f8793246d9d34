//! Every kind of task is due on a day, or says why it is not.

use std::collections::BTreeMap;

use super::*;

/// How many kinds have no deadline. Only a smaller number may be written here.
const WITHOUT: usize = 15;
const REASONS: &str = include_str!("../../fixtures/tasks-without-deadline.txt");

/// `act table` of each kind of task, with its expression of the deadline.
fn kinds() -> BTreeMap<String, Vec<&'static str>> {
    let mut kinds: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for (act, work) in tasks() {
        kinds.entry(format!("{} {}", act.0, work.table)).or_default().push(work.due);
    }
    kinds
}

#[tokio::test]
async fn every_kind_of_task_has_its_deadline_or_the_reason_for_none() {
    Town::new().await;
    let lines = REASONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut reasons: BTreeMap<&str, &str> =
        lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{line}: no reason"))).collect();
    assert_eq!(reasons.len(), WITHOUT, "they may only become fewer: write the smaller number");
    let kinds = kinds();
    assert!(kinds.len() > 40, "the nouns have declared their tasks: {}", kinds.len());
    for (kind, due) in kinds {
        let reason = reasons.remove(kind.as_str());
        let without = due.iter().any(|due| due.is_empty());
        assert_eq!(without, reason.is_some(), "{kind}: {due:?}, {reason:?}");
        assert!(reason.is_none_or(|reason| reason.len() >= 20), "{kind}: {reason:?}");
    }
    assert!(reasons.is_empty(), "not there any more, delete them: {reasons:?}");
}
