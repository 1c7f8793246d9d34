//! A budget that holds the limits set before it: nobody below the least nor above the most, all of it given where it can
//! be, and nothing else than before where no limit binds.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture;
use crate::grants::allocation::evaluate;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::Inputs;
use crate::grants::allocation::outcome::{Fault, Outcome};
use crate::grants::allocation::rule::{Limits, Rule};

/// What one body would get, with the least and the most.
type Wish = (i64, i64, i64);

fn rule(limits: Option<&str>, fill: bool, residual: &str, unit: i64) -> Rule {
    let metric = |key: &str| json!({"key": key, "label": key, "type": "YEN", "unit": "円", "of": "BODY", "source": {"declaration": key}});
    let adjustment =
        |key: &str, kind: Value| json!({"key": key, "label": key, "legalReference": "第1条", "kind": kind});
    let mut budget = adjustment("budget", json!({"budget": {"over": "SCALE", "fill": fill, "residual": residual}}));
    budget["rounding"] = json!({"mode": "FLOOR", "unit": unit.to_string()});
    if let Some(limits) = limits {
        budget["kind"]["budget"]["limits"] = json!(limits);
    }
    let document = json!({"format": 1, "metrics": [metric("wish"), metric("least"), metric("most")],
        "terms": [{"key": "own", "label": "額", "legalReference": "第1条", "kind": {"percentOfInput": {"metric": "wish", "percent": "100"}}}],
        "adjustments": [adjustment("minimum", json!({"minimum": {"metric": "least"}})), adjustment("cap", json!({"cap": {"metric": "most"}})), budget]});
    serde_json::from_value(document).expect("a rule")
}

fn inputs(wishes: &[Wish], budget: i64) -> Inputs {
    let number = |n: i64| json!({"value": {"number": n.to_string()}, "source": "例"});
    let body = |(n, (wish, least, most)): (usize, &Wish)| {
        json!({"key": format!("b{n:03}"), "name": format!("団体{n}"), "district": "甲",
            "metrics": {"wish": number(*wish), "least": number(*least), "most": number(*most)}})
    };
    let bodies: Vec<Value> = wishes.iter().enumerate().map(body).collect();
    serde_json::from_value(json!({"fiscalYear": 2026, "budget": budget, "bodies": bodies})).expect("inputs")
}

fn amounts(outcome: &Outcome) -> Vec<i64> {
    outcome.bodies.iter().map(|body| body.amount.0).collect()
}

fn refused(found: Result<Outcome, Vec<Fault>>) -> &'static str {
    found.expect_err("a refusal")[0].reason
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let one = (0i64..500_000, 0i64..200_000, 0i64..400_000).prop_map(|(wish, least, more)| (wish, least, least + more));
    proptest::collection::vec(one, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_brought_past_a_limit(
        wishes in wishes(),
        budget in 0i64..3_000_000,
        fill in any::<bool>(),
        to_the_last in any::<bool>(),
        unit in proptest::sample::select(vec![1i64, 100, 1_000]),
    ) {
        let residual = if to_the_last { "LARGEST_REMAINDER" } else { "RESERVE" };
        let rule = rule(Some("HELD"), fill, residual, unit);
        let mut inputs = inputs(&wishes, budget);
        let before: Vec<i64> = wishes.iter().map(|(wish, least, most)| *wish.max(least).min(most)).collect();
        let (total, least) = (before.iter().sum::<i64>(), wishes.iter().map(|wish| wish.1).sum::<i64>());
        let outcome = match evaluate(&rule, &inputs) {
            Ok(outcome) => outcome,
            Err(faults) => {
                prop_assert_eq!(faults[0].reason, "LIMITS_EXCEED_BUDGET");
                prop_assert!(total > budget && least > budget);
                return Ok(());
            }
        };
        let given = amounts(&outcome);
        let sum: i64 = given.iter().sum();
        for (given, (_, least, most)) in given.iter().zip(&wishes) {
            prop_assert!(least <= given && given <= most, "{:#?}", outcome);
        }
        if total <= budget && !fill {
            prop_assert_eq!(&given, &before);
        } else {
            prop_assert!(sum <= budget);
        }
        if fill && to_the_last && unit == 1 && total > 0 {
            let most: i64 = wishes.iter().zip(&before).filter(|(_, before)| **before > 0).map(|(wish, _)| wish.2).sum();
            prop_assert_eq!(sum, budget.min(most));
        }
        inputs.bodies.reverse();
        prop_assert_eq!(&outcome, &evaluate(&rule, &inputs).expect("an outcome"));
    }

    /// Where everybody's part of the budget, rounded either way, is within the limits, it is what it was without them.
    #[test]
    fn limits_that_do_not_bind_change_nothing(
        wishes in wishes(),
        budget in 1i64..3_000_000,
        fill in any::<bool>(),
        to_the_last in any::<bool>(),
        unit in proptest::sample::select(vec![1i64, 100]),
    ) {
        let residual = if to_the_last { "LARGEST_REMAINDER" } else { "RESERVE" };
        let total: i64 = wishes.iter().map(|wish| wish.0).sum();
        prop_assume!(total > 0);
        let loose: Vec<Wish> = wishes.iter().map(|(wish, ..)| {
            let part = wish * budget / total / unit * unit;
            ((*wish), part.min(*wish), (part + unit).max(*wish))
        }).collect();
        let of = |limits| evaluate(&rule(limits, fill, residual, unit), &inputs(&loose, budget)).expect("an outcome");
        prop_assert_eq!(of(Some("HELD")), of(Some("SCALED")));
        prop_assert_eq!(of(Some("SCALED")), of(None));
    }
}

#[test]
fn a_document_from_before_there_was_a_choice_scales_all_alike() {
    let wishes = [(50_000, 100_000, 900_000), (300_000, 0, 900_000)];
    let old = evaluate(&rule(None, false, "LARGEST_REMAINDER", 1), &inputs(&wishes, 200_000)).expect("an outcome");
    assert_eq!(amounts(&old), [50_000, 150_000]);
    let told = &old.bodies[0].lines.last().expect("a line").expression;
    assert_eq!(told, "100,000円 × 予算 200,000円 ÷ 合計 400,000円 = 50,000円");
    let held = evaluate(&rule(Some("HELD"), false, "RESERVE", 1), &inputs(&wishes, 200_000)).expect("an outcome");
    assert_eq!(amounts(&held), [100_000, 100_000]);
    assert_eq!(Limits::default(), Limits::Scaled);
}

#[test]
fn what_bodies_get_at_least_is_refused_where_it_exceeds_the_budget() {
    let wishes = [(50_000, 100_000, 900_000), (300_000, 120_000, 900_000)];
    let held = rule(Some("HELD"), true, "LARGEST_REMAINDER", 1);
    assert_eq!(amounts(&evaluate(&held, &inputs(&wishes, 220_000)).expect("just enough")), [100_000, 120_000]);
    assert_eq!(refused(evaluate(&held, &inputs(&wishes, 219_999))), "LIMITS_EXCEED_BUDGET");
}

/// The fixture with an adjustment more, at this place.
fn guaranteed(more: Value, place: usize) -> Rule {
    let mut document = serde_json::to_value(fixture("guaranteed-minimum").rule).expect("json");
    document["adjustments"].as_array_mut().expect("adjustments").insert(place, more);
    serde_json::from_value(document).expect("a rule")
}

#[test]
fn a_limit_goes_through_what_the_rule_does_after_it() {
    let months = json!({"key": "months", "label": "月割", "legalReference": "第9条",
        "kind": {"proRata": {"by": "MONTHS", "countsFirstMonth": true}}, "rounding": {"mode": "FLOOR", "unit": "1"}});
    let rule = guaranteed(months, 2);
    let mut inputs = fixture("guaranteed-minimum").cases[0].inputs.clone();
    for body in &mut inputs.bodies {
        body.formed_on = chrono::NaiveDate::from_ymd_opt(2008, 4, 1);
    }
    // 甲 is there for half of the year: half of the least, and no more of it is cut.
    inputs.bodies[0].formed_on = chrono::NaiveDate::from_ymd_opt(2026, 10, 1);
    let outcome = evaluate(&rule, &inputs).expect("an outcome");
    let of = |key: &str| outcome.bodies.iter().find(|body| body.key == key).expect("a body").amount.0;
    // 750,000 × 110/810 = 101,851.85
    assert_eq!((of("甲"), of("乙"), outcome.total.0), (50_000, 101_852, 800_000));
}

#[test]
fn the_parts_of_a_split_body_have_their_share_of_its_least() {
    let split = json!({"key": "split", "label": "分割", "legalReference": "第9条", "kind": {"split": {"metric": "households"}}});
    let rule = guaranteed(split, 2);
    let mut inputs = fixture("guaranteed-minimum").cases[0].inputs.clone();
    for (key, households) in [("甲一", 3), ("甲二", 1)] {
        let mut part = inputs.bodies[0].clone();
        part.key = key.to_owned();
        part.metrics.get_mut("households").expect("households").value =
            crate::grants::allocation::inputs::Datum::Number(Exact::from(households));
        part.split_from = Some(crate::grants::allocation::inputs::SplitFrom { parent: "甲".to_owned(), share: None });
        inputs.bodies.push(part);
    }
    let outcome = evaluate(&rule, &inputs).expect("an outcome");
    let of = |key: &str| outcome.bodies.iter().find(|body| body.key == key).expect("a body").amount.0;
    assert_eq!((of("甲"), of("甲一"), of("甲二"), of("乙")), (0, 75_000, 25_000, 100_000));
    assert_eq!(outcome.total.0, 800_000);
}

#[test]
fn a_limit_of_change_holds_as_a_minimum_does() {
    let limit = json!({"key": "change", "label": "激変緩和", "legalReference": "附則", "rounding": {"mode": "CEIL", "unit": "1"},
        "kind": {"changeLimit": {"decrease": "0.1", "firstFiscalYear": 2026, "years": 3}}});
    let rule = guaranteed(limit, 2);
    let mut inputs = fixture("guaranteed-minimum").cases[0].inputs.clone();
    // 丙 had 300,001 yen: not less than 270,000.9, which is 270,001 in whole yen.
    inputs.bodies[2].previous = Some(crate::grants::allocation::inputs::Given {
        value: crate::grants::allocation::inputs::Datum::Number(Exact::from(300_001)),
        as_of: None,
        source: "前年度".to_owned(),
    });
    let outcome = evaluate(&rule, &inputs).expect("an outcome");
    let body = outcome.bodies.iter().find(|body| body.key == "丙").expect("a body");
    assert_eq!((body.amount.0, outcome.total.0), (270_001, 800_000), "{body:#?}");
    assert!(body.lines.last().expect("a line").expression.contains("「激変緩和」による下限 270,001円"), "{body:#?}");
}
