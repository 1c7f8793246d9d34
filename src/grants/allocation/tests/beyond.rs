//! No more is given than there is: of a pool, of a district, of a table, of a year.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture;
use crate::grants::allocation::evaluate;
use crate::grants::allocation::inputs::{Inputs, SplitFrom};
use crate::grants::allocation::outcome::{Fault, Outcome};
use crate::grants::allocation::rule::{Rule, TermKind};
use crate::kernel::money::Yen;

fn told(found: Result<Outcome, Vec<Fault>>) -> Vec<(String, &'static str)> {
    found.expect_err("a fault").into_iter().map(|fault| (fault.path, fault.reason)).collect()
}

/// A share of the budget by size, of the sum or of what is declared as the whole.
fn proportional(mode: &str, unit: i64, has_whole: bool) -> Rule {
    let metric = |key: &str, of: &str| json!({"key": key, "label": key, "type": "NUMBER", "unit": "", "of": of, "source": {"declaration": key}});
    let mut kind = json!({"pool": "all", "share": "1", "residual": "RESERVE", "metric": "size"});
    if has_whole {
        kind["whole"] = json!("whole");
    }
    let document = json!({"format": 1, "metrics": [metric("size", "BODY"), metric("whole", "MUNICIPALITY")],
        "pools": [{"key": "all", "label": "総額", "amount": {"budgetShare": "1"}, "fullyShared": true}],
        "terms": [{"key": "size", "label": "規模割", "legalReference": "第1条", "kind": {"proportionalPool": kind},
            "rounding": {"mode": mode, "unit": unit.to_string()}}]});
    serde_json::from_value(document).expect("a rule")
}

fn sized(sizes: &[i64], whole: i64, budget: i64) -> Inputs {
    let number = |n: i64| json!({"value": {"number": n.to_string()}, "source": "例"});
    let body = |(n, size): (usize, &i64)| json!({"key": format!("b{n:03}"), "name": format!("団体{n}"), "district": format!("地区{n}"), "metrics": {"size": number(*size)}});
    let bodies: Vec<Value> = sizes.iter().enumerate().map(body).collect();
    serde_json::from_value(
        json!({"fiscalYear": 2026, "budget": budget, "bodies": bodies, "municipality": {"whole": number(whole)}}),
    )
    .expect("inputs")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Reckoned beside: what is rounded up, or divided by less than the sum, is refused exactly where it is too much.
    #[test]
    fn a_pool_never_gives_more_than_it_holds(
        sizes in proptest::collection::vec(1i64..500, 1..9),
        whole in proptest::option::of(1i64..3_000),
        budget in 1i64..2_000_000,
        mode in 0usize..3,
        unit in prop_oneof![Just(1i64), Just(100), Just(1_000)],
    ) {
        let by = whole.unwrap_or_else(|| sizes.iter().sum());
        let part = |size: &i64| {
            let (over, under) = (budget * size, by * unit);
            let units = match mode {
                0 => over / under,
                1 => (over + under - 1) / under,
                _ => (2 * over + under) / (2 * under),
            };
            units * unit
        };
        let given: i64 = sizes.iter().map(part).sum();
        let rule = proportional(["FLOOR", "CEIL", "HALF_UP"][mode], unit, whole.is_some());
        let found = evaluate(&rule, &sized(&sizes, by, budget));
        if given > budget {
            prop_assert_eq!(told(found), [("terms[0]".to_owned(), "POOL_EXCEEDED")]);
        } else {
            let outcome = found.expect("an outcome");
            prop_assert_eq!(outcome.total.0, given);
            prop_assert_eq!(outcome.pools[0].residual.0, budget - given);
        }
    }
}

#[test]
fn equal_parts_that_are_rounded_up_are_more_than_the_pool() {
    let mut rule = proportional("CEIL", 1, false);
    rule.terms[0].kind =
        serde_json::from_value(json!({"equalPool": {"pool": "all", "share": "1", "residual": "RESERVE"}}))
            .expect("a kind");
    assert_eq!(evaluate(&rule, &sized(&[1, 1, 1], 1, 300)).expect("an outcome").total, Yen(300));
    let faults = evaluate(&rule, &sized(&[1, 1, 1], 1, 301)).expect_err("a fault");
    assert_eq!((faults[0].path.as_str(), faults[0].reason), ("terms[0]", "POOL_EXCEEDED"));
    assert!(faults[0].message.ja.contains("303円") && faults[0].message.ja.contains("301円"), "{faults:?}");
}

#[test]
fn what_rounding_gives_beyond_the_budget_is_left_to_the_adjustment_to_it() {
    let mut rule = proportional("HALF_UP", 1_000, false);
    // 3 × 1,666,667 → 3 × 1,667,000 = 5,001,000
    let inputs = sized(&[1, 1, 1], 1, 5_000_000);
    assert_eq!(told(evaluate(&rule, &inputs)), [("terms[0]".to_owned(), "POOL_EXCEEDED")]);
    let fit = |over: &str| {
        serde_json::from_value(json!([{"key": "fit", "label": "予算調整", "legalReference": "第6条",
            "kind": {"budget": {"over": over, "fill": false, "residual": "RESERVE"}},
            "rounding": {"mode": "FLOOR", "unit": "1000"}}]))
        .expect("an adjustment")
    };
    rule.adjustments = fit("SCALE");
    let outcome = evaluate(&rule, &inputs).expect("an outcome");
    assert_eq!((outcome.total, outcome.pools[0].residual), (Yen(3 * 1_666_000), Yen(-1_000)));
    rule.adjustments = fit("REFUSE");
    assert_eq!(told(evaluate(&rule, &inputs)), [("adjustments[0]".to_owned(), "BUDGET_EXCEEDED")]);
    // A pool that is less than the budget is mended by nothing, nor is a whole that is too small.
    rule.adjustments = fit("SCALE");
    let mut part = rule.clone();
    part.pools[0].amount = serde_json::from_value(json!({"yen": 5_000_000})).expect("an amount");
    assert_eq!(told(evaluate(&part, &sized(&[1, 1, 1], 1, 6_000_000))), [("terms[0]".to_owned(), "POOL_EXCEEDED")]);
    let mut whole = proportional("HALF_UP", 1_000, true);
    whole.adjustments = rule.adjustments;
    assert_eq!(told(evaluate(&whole, &sized(&[1, 1, 1], 2, 5_000_000))), [("terms[0]".to_owned(), "POOL_EXCEEDED")]);
}

/// A by-law by households with two bodies that both lie in the first one's district.
fn neighbours() -> (Rule, Inputs) {
    let mut found = fixture("kunohe-r3");
    let mut inputs = found.cases.remove(0).inputs;
    let mut other = inputs.bodies[0].clone();
    (other.key, other.name) = ("隣".to_owned(), "隣の会".to_owned());
    inputs.bodies.push(other);
    (found.rule, inputs)
}

#[test]
fn two_bodies_of_one_district_do_not_each_get_all_of_it() {
    let (rule, inputs) = neighbours();
    let faults = evaluate(&rule, &inputs).expect_err("a fault");
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    let counted = rule.terms.iter().enumerate().filter(|(_, term)| matches!(term.kind, TermKind::PerUnit(_)));
    assert_eq!(paths, counted.map(|(n, _)| format!("terms[{n}]")).collect::<Vec<_>>());
    assert!(faults.iter().all(|fault| fault.reason == "DISTRICT_SHARED"), "{faults:?}");
    let names = [&inputs.bodies[0].name, &"隣の会".to_owned()];
    for fault in &faults {
        let told = format!("{:?}{}", fault.body, fault.message.ja);
        assert!(names.iter().all(|name| told.contains(name.as_str())), "{told}");
    }
}

#[test]
fn a_district_is_shared_where_one_is_left_out_split_or_declared_for() {
    let (rule, inputs) = neighbours();
    let mut left_out = rule.clone();
    for term in &mut left_out.terms {
        term.exclusions =
            serde_json::from_value(json!([{"when": {"flag": "guest"}, "reason": "連携団体"}])).expect("it");
    }
    left_out.metrics.push(
        serde_json::from_value(json!({"key": "guest", "label": "連携団体", "type": "FLAG", "unit": "", "of": "BODY",
            "source": {"declaration": "連携団体"}}))
        .expect("a metric"),
    );
    let mut told = inputs.clone();
    for body in &mut told.bodies {
        let guest = json!({"value": {"flag": body.key == "隣"}, "source": "例"});
        body.metrics.insert("guest".to_owned(), serde_json::from_value(guest).expect("a value"));
    }
    let last = evaluate(&left_out, &told).expect("an outcome");
    assert_eq!(last.bodies.iter().find(|body| body.key == "隣").map(|body| body.amount), Some(Yen(0)));
    let mut split = inputs.clone();
    let parent = split.bodies[0].key.clone();
    split.bodies.last_mut().expect("a body").split_from = Some(SplitFrom { parent, share: None });
    let mut of_split = rule.clone();
    of_split.adjustments = serde_json::from_value(json!([{"key": "split", "label": "分割", "legalReference": "第7条",
        "kind": {"split": {"metric": "households"}}}]))
    .expect("it");
    evaluate(&of_split, &split).expect("an outcome");
    let mut declared = rule;
    for metric in &mut declared.metrics {
        metric.source = serde_json::from_value(json!({"declaration": "数"})).expect("a source");
    }
    evaluate(&declared, &inputs).expect("an outcome");
}

/// Two bodies of one district, a cap by its households and a supplement that is the district's for one of them only.
#[test]
fn a_district_is_not_shared_where_nothing_of_it_is_given_twice() {
    let metric = |key: &str, ty: &str, source: Value| json!({"key": key, "label": key, "type": ty, "unit": "", "of": "BODY", "source": source});
    let document = |own: Value| {
        let cases = json!([{"when": {"flag": "guest"}, "amount": own}]);
        json!({"format": 1,
            "metrics": [metric("most", "YEN", json!({"statistic": "HOUSEHOLDS"})), metric("guest", "FLAG", json!({"declaration": "連携"}))],
            "terms": [{"key": "fixed", "label": "定額", "legalReference": "第1条", "kind": {"fixed": {"yen": 100}}},
                {"key": "more", "label": "加算", "legalReference": "第2条",
                    "kind": {"conditional": {"cases": cases, "otherwise": {"metric": "most"}}}}],
            "adjustments": [{"key": "cap", "label": "上限", "legalReference": "第3条", "kind": {"cap": {"metric": "most"}}}]})
    };
    let body = |key: &str, guest: bool| {
        json!({"key": key, "name": key, "district": "甲", "metrics": {
            "most": {"value": {"number": "120"}, "source": "例"}, "guest": {"value": {"flag": guest}, "source": "例"}}})
    };
    let inputs: Inputs =
        serde_json::from_value(json!({"fiscalYear": 2026, "bodies": [body("a", false), body("b", true)]}))
            .expect("inputs");
    let found = |own: Value| {
        let rule: Rule = serde_json::from_value(document(own)).expect("a rule");
        evaluate(&rule, &inputs)
    };
    for own in [json!({"yen": 0}), json!({"yen": 30})] {
        assert_eq!(found(own).expect("an outcome").bodies.len(), 2, "the other case is chosen");
    }
    assert_eq!(told(found(json!({"metric": "most"}))), [("terms[1]".to_owned(), "DISTRICT_SHARED")]);
}

#[test]
fn a_published_table_is_given_once_and_not_beyond_its_total() {
    let mut found = fixture("takayama");
    let mut inputs = found.cases.remove(0).inputs;
    let n = found.rule.terms.iter().position(|term| matches!(term.kind, TermKind::FixedCeiling(_))).expect("a table");
    evaluate(&found.rule, &inputs).expect("an outcome");
    let mut rounded = found.rule.clone();
    rounded.terms[n].rounding = serde_json::from_value(json!({"mode": "CEIL", "unit": "1000000"})).expect("it");
    assert!(told(evaluate(&rounded, &inputs)).contains(&(format!("terms[{n}]"), "TABLE_EXCEEDED")));
    let mut other = inputs.bodies[0].clone();
    other.key = "隣".to_owned();
    inputs.bodies.push(other);
    let told = told(evaluate(&found.rule, &inputs));
    assert!(told.contains(&(format!("terms[{n}]"), "DISTRICT_SHARED")), "{told:?}");
    assert!(told.contains(&(format!("terms[{n}]"), "TABLE_EXCEEDED")), "{told:?}");
}

#[test]
fn months_are_not_counted_from_a_day_that_nobody_knows() {
    let mut found = fixture("months-after-the-first");
    let mut inputs = found.cases.remove(0).inputs;
    let name = inputs.bodies[0].name.clone();
    inputs.bodies[0].formed_on = None;
    let faults = evaluate(&found.rule, &inputs).expect_err("a fault");
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].path.as_str(), faults[0].reason), ("adjustments[0]", "METRIC_MISSING"));
    assert_eq!(faults[0].body.as_deref(), Some(name.as_str()));
}
