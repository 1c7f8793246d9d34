//! Whose turn it is and when a route is complete. Pure.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::kernel::error::Refusal;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::people::approvals::commands::{
    APPROVAL_APPROVE, APPROVAL_REQUEST, APPROVAL_REROUTE, APPROVAL_RETURN, APPROVAL_ROUTE_END, DELEGATION_END,
};
use crate::people::approvals::entity::{
    ApprovalSeatId, ApprovalSeatState, ApprovalState, Step, approval, delegation, route, seat,
};

/// What becomes of the seats of a matter, and whether it is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The seats whose state changes.
    pub changes: Vec<(ApprovalSeatId, ApprovalSeatState)>,
    /// Has every step the approvals it needs?
    pub complete: bool,
}

/// How far a matter is. A step that has its approvals closes; whoever has approved, themself or by another, does not
/// again; in order, a step opens when all before it are done.
pub fn progress(steps: &[Step], in_order: bool, seats: &[seat::Model]) -> Progress {
    use ApprovalSeatState::{Approved, Closed, Open, Waiting};
    let given: Vec<&seat::Model> = seats.iter().filter(|s| s.state == Approved).collect();
    let numbered = || (1..).zip(steps);
    let done =
        |n: i32, step: &Step| given.iter().filter(|s| s.step == n).count() >= usize::try_from(step.needed).unwrap_or(0);
    let first_open = numbered().find(|(n, step)| !done(*n, step)).map(|(n, _)| n);
    let used = |seat: &seat::Model| {
        given.iter().any(|g| [g.account_id, g.for_id].iter().any(|who| [seat.account_id, seat.for_id].contains(who)))
    };
    let next = |seat: &seat::Model| {
        let over = numbered().any(|(n, step)| n == seat.step && done(n, step));
        if over || used(seat) {
            Closed
        } else if in_order && first_open.is_some_and(|first| seat.step > first) {
            Waiting
        } else {
            Open
        }
    };
    let open = seats.iter().filter(|s| matches!(s.state, Waiting | Open));
    let changes = open.map(|s| (s.id, s.state, next(s))).filter(|(_, was, is)| was != is);
    Progress { changes: changes.map(|(id, _, is)| (id, is)).collect(), complete: first_open.is_none() }
}

/// The first step for which too few sit in their own name, where each person counts in one step only; nothing where all
/// steps can be filled.
pub fn vacant<'a>(steps: &'a [Step], seats: &[seat::Model]) -> Option<&'a Step> {
    let own = |n: i32| seats.iter().filter(move |s| s.step == n && s.account_id == s.for_id).map(|s| s.account_id);
    let mut taken: HashMap<AccountId, i32> = HashMap::new();
    (1..).zip(steps).find_map(|(n, step)| {
        let filled = (0..step.needed).all(|_| place(n, &own, &mut taken, &mut HashSet::new()));
        (!filled).then_some(step)
    })
}

/// Finds one more person for a step; others move to another of their steps for it (augmenting paths).
fn place<I: Iterator<Item = AccountId>>(
    step: i32,
    own: &impl Fn(i32) -> I,
    taken: &mut HashMap<AccountId, i32>,
    asked: &mut HashSet<AccountId>,
) -> bool {
    for who in own(step) {
        if taken.get(&who) == Some(&step) || !asked.insert(who) {
            continue;
        }
        let free = match taken.get(&who).copied() {
            None => true,
            Some(other) => place(other, own, taken, asked),
        };
        if free {
            taken.insert(who, step);
            return true;
        }
    }
    false
}

/// A step of a route without enough approvals.
pub struct Lacking {
    /// What the route is called.
    pub route: String,
    /// What the step is called.
    pub step: String,
    /// How many have approved.
    pub given: i64,
    /// How many have to.
    pub needed: i64,
}

/// Why an act that a route covers cannot be done yet; what is missing is named.
pub fn required(amount: Yen, lacking: &[Lacking]) -> Refusal {
    let route = lacking.first().map_or("", |one| one.route.as_str());
    let steps = lacking.iter().map(|one| format!("{} {}/{}", one.step, one.given, one.needed));
    let steps = steps.collect::<Vec<_>>().join("、");
    Refusal::new(
        "APPROVAL_REQUIRED",
        format!("{amount}については決裁ルート「{route}」の承認がそろっていません: {steps}"),
        format!("The approvals of the route “{route}” are not complete for {} yen: {steps}", amount.0),
    )
}

/// Which approval may be asked for: of the amount that is proposed, or of another where it may be decided.
pub fn approvable(amount: Yen, proposed: Yen, most: Option<Yen>) -> bool {
    amount == proposed || most.is_some_and(|most| amount.0 > 0 && amount <= most)
}

fn state(ja: &str, en: &str) -> Refusal {
    Refusal::new("STATE", ja.to_owned(), en.to_owned())
}

/// What may be done to a route now.
pub fn route(row: &route::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == APPROVAL_ROUTE_END && row.ended_at.is_some() {
        return Err(Refusal::new("ENDED", "この決裁ルートはすでに廃止されています。", "The route has already ended."));
    }
    Ok(())
}

/// What may be done to an approval now: whatever has become of it, its matter's is asked for anew until the act is done.
pub fn approval(row: &approval::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if [APPROVAL_REQUEST, APPROVAL_REROUTE].contains(&action) && row.state == ApprovalState::Done {
        return Err(state("この決裁による操作はすでに行われています。", "What it approves has been done."));
    }
    Ok(())
}

/// Another approval of the matter has begun since.
pub fn replaced() -> Refusal {
    state("この対象の決裁は、その後に始め直されています。", "Another approval of this has begun since.")
}

/// Is it still being approved?
pub fn open(row: &approval::Model) -> Result<(), Refusal> {
    if row.state == ApprovalState::Open {
        return Ok(());
    }
    Err(state("この決裁はもう承認を待っていません。", "No approval is awaited any more."))
}

/// What may be done from a seat now.
pub fn seat(row: &seat::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if [APPROVAL_APPROVE, APPROVAL_RETURN].contains(&action) && row.state != ApprovalSeatState::Open {
        return Err(state("この席は今、承認を待っていません。", "No approval is awaited from this seat."));
    }
    Ok(())
}

/// What may be done to a delegation now.
pub fn delegation(row: &delegation::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == DELEGATION_END && row.ended_at.is_some() {
        return Err(Refusal::new(
            "ENDED",
            "この代決の定めはすでに終わっています。",
            "The delegation has already ended.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::people::approvals::entity::ApprovalId;

    fn step(needed: i32) -> Step {
        Step { name: String::new(), role: None, post: None, needed }
    }

    fn a_seat(step: i32, account_id: AccountId, for_id: AccountId, state: ApprovalSeatState) -> seat::Model {
        seat::Model {
            id: ApprovalSeatId::new(),
            revision: 1,
            approval_id: ApprovalId::new(),
            step,
            step_name: String::new(),
            account_id,
            for_id,
            state,
            comment: None,
            acted_at: None,
        }
    }

    #[test]
    fn one_person_fills_one_step_and_makes_room_for_another() {
        let (one, other) = (AccountId::new(), AccountId::new());
        let sits = |step, who| a_seat(step, who, who, ApprovalSeatState::Waiting);
        let steps = [step(1), Step { name: "second".into(), ..step(1) }];
        assert_eq!(vacant(&steps, &[sits(1, one), sits(2, one)]), Some(&steps[1]));
        assert_eq!(vacant(&steps, &[sits(1, one), sits(1, other), sits(2, one)]), None);
        assert_eq!(vacant(&steps, &[sits(1, one), a_seat(2, other, one, ApprovalSeatState::Waiting)]), Some(&steps[1]));
        assert_eq!(vacant(&[step(2)], &[sits(1, one), sits(1, other)]), None);
    }

    proptest! {
        /// Whoever sits where and in whichever order they approve: nobody counts twice, no step gets more than it needs,
        /// in order no step begins before those before it, and it is complete exactly when all steps are.
        #[test]
        fn nobody_counts_twice_and_no_step_overtakes(
            needed in prop::collection::vec(1..3_i32, 1..4), in_order in any::<bool>(),
            sitting in prop::collection::vec((0..4_usize, 0..6_usize, 0..6_usize), 1..16), order in prop::collection::vec(0..16_usize, 0..40),
        ) {
            let people: Vec<AccountId> = (0..6).map(|_| AccountId::new()).collect();
            let steps: Vec<Step> = needed.iter().map(|n| step(*n)).collect();
            let place = |n: usize| i32::try_from(n % steps.len()).expect("small") + 1;
            let mut seats: Vec<seat::Model> = sitting.iter()
                .map(|(n, by, of)| a_seat(place(*n), people[*by], people[*of], ApprovalSeatState::Waiting)).collect();
            let settle = |seats: &mut Vec<seat::Model>| {
                let progress = progress(&steps, in_order, seats);
                for (id, state) in &progress.changes {
                    seats.iter_mut().filter(|s| s.id == *id).for_each(|s| s.state = *state);
                }
                progress.complete
            };
            let mut complete = settle(&mut seats);
            for n in order {
                let n = n % seats.len();
                if seats[n].state != ApprovalSeatState::Open {
                    continue;
                }
                seats[n].state = ApprovalSeatState::Approved;
                complete = settle(&mut seats);
            }
            let given: Vec<_> = seats.iter().filter(|s| s.state == ApprovalSeatState::Approved).collect();
            for (i, one) in given.iter().enumerate() {
                for other in &given[i + 1..] {
                    prop_assert!(one.account_id != other.account_id && one.for_id != other.for_id);
                    prop_assert!(one.account_id != other.for_id && one.for_id != other.account_id);
                }
            }
            let count = |n: i32| i32::try_from(given.iter().filter(|s| s.step == n).count()).expect("small");
            let done = |n: i32| count(n) == needed[usize::try_from(n - 1).expect("small")];
            let last = i32::try_from(steps.len()).expect("small");
            prop_assert!((1..=last).all(|n| count(n) <= needed[usize::try_from(n - 1).expect("small")]));
            prop_assert_eq!(complete, (1..=last).all(done));
            if in_order {
                prop_assert!((2..=last).all(|n| count(n) == 0 || (1..n).all(done)));
            }
        }
    }
}
