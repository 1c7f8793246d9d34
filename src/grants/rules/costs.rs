//! Costs by expense category: as they are planned, and as they were.

use async_graphql::InputObject;
use serde::{Deserialize, Serialize};

use crate::kernel::money::Yen;
use crate::kernel::text::Checks;

/// The most lines of one table of costs.
const MOST_LINES: usize = 50;

/// 経費の一行。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "GrantCostInput")]
pub struct Cost {
    /// 費目のコード。
    pub category: String,
    /// 額(円)。
    pub amount_yen: Yen,
}

/// 実績の経費の一行。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase")]
#[graphql(name = "GrantReportCostInput")]
pub struct ActualCost {
    /// 費目のコード。
    pub category: String,
    /// 実際に要した額(円)。
    pub amount_yen: Yen,
    /// そのうち交付の対象となる額(円)。
    pub eligible_yen: Yen,
}

/// The sum, nothing where it leaves the range.
pub fn total(mut amounts: impl Iterator<Item = Yen>) -> Option<Yen> {
    amounts.try_fold(Yen(0), Yen::checked_add)
}

/// Checks planned costs: categories once each, amounts of a yen or more, a sum within range.
pub fn check_plan(checks: &mut Checks, path: &'static str, costs: &[Cost]) {
    lines(checks, path, costs.len(), costs.iter().map(|cost| cost.category.as_str()));
    let positive = costs.iter().all(|cost| cost.amount_yen.0 > 0);
    checks.check(positive, path, "RANGE", "額は1円以上で入力してください。", "Each amount is 1 yen or more.");
    in_range(checks, path, costs.iter().map(|cost| cost.amount_yen));
}

/// Checks actual costs: what is eligible is a part of what was spent.
pub fn check_actual(checks: &mut Checks, path: &'static str, costs: &[ActualCost]) {
    lines(checks, path, costs.len(), costs.iter().map(|cost| cost.category.as_str()));
    let part = |cost: &ActualCost| cost.eligible_yen.0 >= 0 && cost.eligible_yen <= cost.amount_yen;
    checks.check(
        costs.iter().all(part),
        path,
        "RANGE",
        "対象額は0円以上、実際に要した額以内で入力してください。",
        "What is eligible is between 0 yen and what was spent.",
    );
    in_range(checks, path, costs.iter().map(|cost| cost.amount_yen));
}

fn in_range(checks: &mut Checks, path: &'static str, amounts: impl Iterator<Item = Yen>) {
    let holds = total(amounts).is_some();
    checks.check(holds, path, "RANGE", "合計が扱える額を超えています。", "The sum is beyond range.");
}

fn lines<'c>(checks: &mut Checks, path: &'static str, count: usize, categories: impl Iterator<Item = &'c str>) {
    let some = (1..=MOST_LINES).contains(&count);
    checks.check(some, path, "COUNT", "1行以上50行以内で入力してください。", "Between 1 and 50 lines.");
    let mut seen: Vec<&str> = categories.collect();
    let named = seen.iter().all(|name| is_code(name));
    checks.check(
        named,
        path,
        "CATEGORY",
        "費目のコードは、英大文字で始まる英大文字・数字・下線です。",
        "A category is a code of capitals, digits and underscores.",
    );
    seen.sort_unstable();
    let once = seen.windows(2).all(|pair| pair[0] != pair[1]);
    checks.check(once, path, "DUPLICATE", "同じ費目が二度あります。", "A category stands twice.");
}

fn is_code(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() <= 40 && name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(costs: &[(&str, i64)]) -> bool {
        let cost = |(category, yen): &(&str, i64)| Cost { category: (*category).into(), amount_yen: Yen(*yen) };
        let costs: Vec<_> = costs.iter().map(cost).collect();
        let mut checks = Checks::new();
        check_plan(&mut checks, "input.costs", &costs);
        checks.done().is_err()
    }

    #[test]
    fn a_plan_has_each_category_once_with_something_in_it() {
        assert!(!refused(&[("SUPPLIES", 1), ("FEES_2", 2)]));
        for costs in [
            &[][..],
            &[("SUPPLIES", 0)],
            &[("SUPPLIES", -1)],
            &[("SUPPLIES", 1), ("SUPPLIES", 2)],
            &[("supplies", 1)],
            &[("", 1)],
            &[("A", Yen::MAX.0), ("B", 1)],
        ] {
            assert!(refused(costs), "{costs:?}");
        }
    }
}
