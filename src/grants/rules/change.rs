//! What may change without approval, and when a change is decided.

use chrono::{DateTime, Utc};

use crate::grants::allocation::conditions::MinorChange;
use crate::grants::entity::{GrantChangeState, GrantSubgrantState, grant_change, grant_subgrant};
use crate::grants::rules::costs::Cost;
use crate::kernel::error::Refusal;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;

/// May the costs go from `before` to `after` without approval? Every line for itself; what had no line is new, and what
/// loses its line is gone, which is never minor. `decided` is the granted amount, before and after.
pub fn is_minor(rule: &MinorChange, before: &[Cost], after: &[Cost], decided: (Yen, Yen)) -> bool {
    let amount = |costs: &[Cost], category: &str| {
        costs.iter().find(|cost| cost.category == category).map_or(Yen(0), |cost| cost.amount_yen)
    };
    let categories = before.iter().chain(after).map(|cost| cost.category.as_str());
    let mut lines = categories.map(|category| (amount(before, category), amount(after, category)));
    !before.is_empty() && lines.all(|(was, is)| rule.is_minor(was, is, decided))
}

/// What may be done to a change request now.
pub fn change(row: &grant_change::Model, _action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if row.state == GrantChangeState::Requested {
        return Ok(());
    }
    Err(settled("変更承認申請", "The change", &row.state.word()))
}

/// What may be done to a sub-application now.
pub fn subgrant(row: &grant_subgrant::Model, _action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if row.state == GrantSubgrantState::Submitted {
        return Ok(());
    }
    Err(settled("地域内の申請", "The sub-application", &row.state.word()))
}

fn settled(ja: &str, en: &str, state: &str) -> Refusal {
    Refusal::new("STATE", format!("{ja}の今の状態({state})では行えません。"), format!("{en} is {state}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::allocation::exact::Exact;

    fn costs(lines: &[(&str, i64)]) -> Vec<Cost> {
        lines.iter().map(|(category, yen)| Cost { category: (*category).into(), amount_yen: Yen(*yen) }).collect()
    }

    #[test]
    fn a_fifth_of_each_cost_is_minor_while_the_grant_stays() {
        let rule = MinorChange { percent: Exact::from(20) };
        let before = costs(&[("SUPPLIES", 1_000_000), ("FEES", 500_000)]);
        let minor = |after: &[(&str, i64)], to: i64| is_minor(&rule, &before, &costs(after), (Yen(900), Yen(to)));
        assert!(minor(&[("SUPPLIES", 1_200_000), ("FEES", 400_000)], 900));
        assert!(!minor(&[("SUPPLIES", 1_200_001), ("FEES", 500_000)], 900));
        assert!(!minor(&[("SUPPLIES", 1_000_000), ("FEES", 399_999)], 900));
        assert!(!minor(&[("SUPPLIES", 1_000_000), ("FEES", 500_000)], 901), "the grant changes");
        assert!(!minor(&[("SUPPLIES", 1_000_000), ("FEES", 500_000), ("TRAVEL", 1)], 900), "a new line");
        assert!(!minor(&[("SUPPLIES", 1_000_000)], 900), "a line is gone");
        assert!(!is_minor(&rule, &[], &costs(&[("FEES", 1)]), (Yen(900), Yen(900))), "nothing was planned");
    }
}
