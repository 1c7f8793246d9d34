//! What holds for any numbers: sums, order, replay, direction, range.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{fixture, fixtures};
use crate::grants::allocation::compare::compare;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Body, Datum, Given, Inputs};
use crate::grants::allocation::outcome::Outcome;
use crate::grants::allocation::rule::{Amount, Rule, TermKind};
use crate::grants::allocation::{evaluate, validate};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

fn given(text: &str) -> Given {
    Given { value: Datum::Number(Exact::parse(text).expect(text)), as_of: None, source: "例".to_owned() }
}

/// Bodies with every metric that the example with all kinds of terms wants.
fn bodies(most: usize) -> impl Strategy<Value = Vec<Body>> {
    let one = (0u32..2_000, 1u32..5_000, 0u32..5_000, 0u32..300, 0u32..90_000_000, proptest::option::of(0i64..900_000));
    proptest::collection::vec(one, 1..most).prop_map(|all| {
        let body = |(n, (households, population, aged, tenths, area, previous))| {
            body(n, &[households, population, aged, tenths, area], previous)
        };
        all.into_iter().enumerate().map(body).collect()
    })
}

fn body(n: usize, numbers: &[u32; 5], previous: Option<i64>) -> Body {
    let [households, population, aged, tenths, area] = *numbers;
    let metrics = [
        ("households", households.to_string()),
        ("population", population.to_string()),
        ("aged65", aged.min(population).to_string()),
        ("distance", format!("{}.{}", tenths / 10, tenths % 10)),
        ("area", area.to_string()),
        ("former", (households * 7).to_string()),
        ("finance", format!("0.{}", tenths + 1)),
    ];
    Body {
        key: format!("b{n:05}"),
        name: format!("団体{n}"),
        // Two bodies of one district would each have its numbers.
        district: ["甲", "乙", "丙"].get(n).map_or_else(|| format!("地区{n}"), |name| (*name).to_owned()),
        district_name: None,
        formed_on: chrono::NaiveDate::from_ymd_opt(2010, 4, 1),
        previous: previous.map(|yen| given(&yen.to_string())),
        split_from: None,
        metrics: metrics.into_iter().map(|(key, text)| (key.to_owned(), given(&text))).collect(),
    }
}

fn inputs(bodies: Vec<Body>, budget: i64) -> Inputs {
    Inputs { fiscal_year: FiscalYear(2024), budget: Some(Yen(budget)), municipality: BTreeMap::default(), bodies }
}

fn holds_together(outcome: &Outcome) {
    for body in &outcome.bodies {
        let counted = body.lines.iter().filter(|line| line.counted);
        assert_eq!(counted.map(|line| line.amount.0).sum::<i64>(), body.amount.0, "{body:#?}");
        assert!(body.lines.iter().all(|line| !line.expression.is_empty()), "{body:#?}");
    }
    assert_eq!(outcome.bodies.iter().map(|body| body.amount.0).sum::<i64>(), outcome.total.0);
    for pool in &outcome.pools {
        assert_eq!(pool.available.0 - pool.given.0, pool.residual.0);
        assert!(pool.residual.0 >= 0, "{pool:?}");
    }
}

const RULES: &[&str] = &["terms-of-every-kind", "ratio-phased", "tottori-type", "toyokawa", "kunohe-r3"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn m10_lines_sum_to_amounts_and_pools_to_the_last_yen(bodies in bodies(40), budget in 1i64..400_000_000) {
        for name in RULES {
            let rule = fixture(name).rule;
            let outcome = evaluate(&rule, &inputs(bodies.clone(), budget)).expect("an outcome");
            holds_together(&outcome);
            if *name == "tottori-type" {
                prop_assert_eq!(outcome.total.0, budget);
            }
            if *name == "toyokawa" {
                prop_assert!(outcome.total.0 <= budget);
            }
            // Thousands are what it gives out; the part below stays.
            if *name == "ratio-phased" && outcome.total.0 > 0 {
                prop_assert_eq!(outcome.total.0, budget / 1_000 * 1_000);
            }
        }
    }

    #[test]
    fn the_order_of_bodies_means_nothing_and_a_replay_gives_the_same(bodies in bodies(30), turn in 0usize..30) {
        for name in RULES {
            let rule = fixture(name).rule;
            let straight = inputs(bodies.clone(), 12_345_678);
            let mut turned = straight.clone();
            let by = turn % turned.bodies.len();
            turned.bodies.rotate_left(by);
            turned.bodies.reverse();
            prop_assert_eq!(straight.canonical().expect("json"), turned.canonical().expect("json"));
            let outcome = evaluate(&rule, &straight).expect("an outcome");
            prop_assert_eq!(&outcome, &evaluate(&rule, &turned).expect("an outcome"));
            let kept: Inputs = serde_json::from_str(&turned.canonical().expect("json")).expect("inputs");
            let kept_rule: Rule = serde_json::from_str(&serde_json::to_string(&rule).expect("json")).expect("a rule");
            prop_assert_eq!(&outcome, &evaluate(&kept_rule, &kept).expect("an outcome"));
        }
    }

    #[test]
    fn more_households_are_never_less_money(households in 0u32..2_000, more in 0u32..500) {
        for name in ["kunohe-r3", "toyokawa", "kanayama", "nara-neighbourhood"] {
            let rule = fixture(name).rule;
            let amount = |households: u32| {
                let mut body = fixture("kunohe-r3").cases[0].inputs.bodies[0].clone();
                body.metrics.insert("households".to_owned(), given(&households.to_string()));
                evaluate(&rule, &inputs(vec![body], i64::from(u32::MAX))).expect("an outcome").total
            };
            prop_assert!(amount(households) <= amount(households + more));
        }
    }

    #[test]
    fn a_comparison_accounts_for_every_yen(first in bodies(20), second in bodies(20), budget in 1i64..9_000_000) {
        for name in RULES {
            let rule = fixture(name).rule;
            let before = evaluate(&rule, &inputs(first.clone(), budget)).expect("an outcome");
            let after = evaluate(&rule, &inputs(second.clone(), budget * 2)).expect("an outcome");
            let found = compare(&before, &after);
            prop_assert_eq!(found.bodies.iter().map(|b| b.before.0).sum::<i64>(), before.total.0);
            prop_assert_eq!(found.bodies.iter().map(|b| b.after.0).sum::<i64>(), after.total.0);
            for body in &found.bodies {
                prop_assert_eq!(body.terms.iter().map(|t| t.after.0 - t.before.0).sum::<i64>(), body.after.0 - body.before.0);
            }
            prop_assert_eq!(found.terms.iter().map(|t| t.after.0).sum::<i64>(), after.total.0);
        }
    }

    #[test]
    fn any_numbers_give_an_outcome_or_a_reason(numbers in proptest::collection::vec("-?[0-9]{1,18}(\\.[0-9]{1,18})?", 8), budget in any::<i64>()) {
        for (name, found) in fixtures() {
            let mut inputs = found.cases[0].inputs.clone();
            inputs.budget = Some(Yen(budget));
            for (n, given) in inputs.bodies.iter_mut().flat_map(|body| body.metrics.values_mut()).enumerate() {
                if let Datum::Number(number) = &mut given.value {
                    *number = Exact::parse(&numbers[n % numbers.len()]).expect("a number");
                }
            }
            match evaluate(&found.rule, &inputs) {
                Ok(outcome) => holds_together(&outcome),
                Err(faults) => prop_assert!(!faults.is_empty() && faults.iter().all(|f| !f.reason.is_empty()), "{name}"),
            }
        }
    }

    /// Rules with their parts exchanged at random: whatever is accepted can be evaluated.
    #[test]
    fn an_accepted_rule_gives_an_outcome_or_a_reason(
        picks in proptest::collection::vec((0usize..60, 0usize..3), 1..7),
        adjustments in proptest::collection::vec(0usize..9, 0..5),
        bodies in bodies(6),
    ) {
        let all = fixtures();
        let terms: Vec<_> = all.iter().flat_map(|(_, f)| &f.rule.terms).collect();
        let every: Vec<_> = all.iter().flat_map(|(_, f)| &f.rule.adjustments).collect();
        let mut metrics: Vec<_> = Vec::new();
        for metric in all.iter().flat_map(|(_, f)| &f.rule.metrics) {
            if !metrics.iter().any(|m: &crate::grants::allocation::metric::Metric| m.key == metric.key) {
                metrics.push(metric.clone());
            }
        }
        let pools = all.iter().flat_map(|(_, f)| f.rule.pools.clone()).map(|mut pool| {
            pool.fully_shared = false;
            if let Amount::BudgetRest(rest) = &mut pool.amount {
                rest.after = vec!["t0".to_owned()];
            }
            pool
        });
        let mut chosen = Vec::new();
        for (n, (pick, to)) in picks.iter().enumerate() {
            let mut term = terms[pick % terms.len()].clone();
            term.key = format!("t{n}");
            if let TermKind::Multiplier(of) = &mut term.kind { of.of = vec![format!("t{to}")]; }
            if let TermKind::Ceiling(of) | TermKind::Floor(of) = &mut term.kind { of.of = vec![format!("t{to}")]; }
            chosen.push(term);
        }
        let adjustments = adjustments.iter().enumerate().map(|(n, pick)| {
            let mut adjustment = every[pick % every.len()].clone();
            adjustment.key = format!("a{n}");
            adjustment
        });
        let rule = Rule { format: 1, metrics, pools: pools.collect(), terms: chosen, adjustments: adjustments.collect(), instalments: None, conditions: None };
        if validate(&rule, "rule").is_empty() {
            match evaluate(&rule, &inputs(bodies, 5_000_000)) {
                Ok(outcome) => holds_together(&outcome),
                Err(faults) => prop_assert!(faults.iter().all(|f| f.reason != "NOT_WHOLE" && f.reason != "CYCLE"), "{faults:?}"),
            }
        }
    }
}

#[test]
fn sums_without_a_common_denominator_are_refused_early() {
    let rule = fixture("terms-of-every-kind").rule;
    let mut rule = Rule { adjustments: Vec::new(), ..rule };
    rule.terms.truncate(1);
    let TermKind::PerUnit(of) = &mut rule.terms[0].kind else { panic!("per unit") };
    (of.metric, of.beyond, of.up_to) = ("ratio".to_owned(), None, None);
    rule.metrics[3].rounding = None;
    rule.adjustments = fixture("ratio-phased").rule.adjustments.split_off(1);
    let mut bodies = Vec::new();
    for n in 0..2_000u32 {
        let mut body = fixture_body();
        body.key = format!("b{n:05}");
        body.metrics.insert("population".to_owned(), given(&(100_003 + 2 * n).to_string()));
        body.metrics.insert("aged65".to_owned(), given("1"));
        bodies.push(body);
    }
    let faults = evaluate(&rule, &inputs(bodies, 1_000_000)).expect_err("too exact");
    assert_eq!(faults[0].reason, "TOO_EXACT");
}

fn fixture_body() -> Body {
    let mut fixture = fixture("terms-of-every-kind");
    fixture.cases.remove(0).inputs.bodies.remove(0)
}
