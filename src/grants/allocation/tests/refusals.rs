//! What is wrong with a rule is told at its place.

use serde_json::{Value, json};

use super::fixture;
use crate::grants::allocation::rule::Rule;
use crate::grants::allocation::validate;

/// A rule of a fixture with one part changed (or added: the last step of the pointer need not be there).
fn changed(name: &str, pointer: &str, value: &Value) -> Result<Rule, serde_json::Error> {
    let mut rule = serde_json::to_value(fixture(name).rule).expect("json");
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    match rule.pointer_mut(parent).expect("a place") {
        Value::Object(fields) => {
            fields.insert(last.to_owned(), value.clone());
        }
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) => items[last.parse::<usize>().expect("a place")] = value.clone(),
        _ => panic!("no place {pointer}"),
    }
    serde_json::from_value(rule)
}

fn refused(name: &str, pointer: &str, value: &Value, path: &str, word: &str) {
    let rule = changed(name, pointer, value).unwrap_or_else(|error| panic!("{pointer}: {error}"));
    let found = validate(&rule, "rule");
    let told: Vec<(&str, &str)> = found.iter().map(|v| (v.path.as_ref(), v.rule)).collect();
    assert!(told.contains(&(path, word)), "{name} {pointer}: {told:?}");
    assert!(found.iter().all(|v| !v.message.ja.is_empty() && v.message.en.is_ascii()), "{found:?}");
}

#[test]
#[allow(clippy::too_many_lines)] // one line a problem
fn errors_point_at_the_term() {
    let every = "terms-of-every-kind";
    let table: &[(&str, &str, Value, &str, &str)] = &[
        // the frame
        (every, "/format", json!(2), "rule.format", "FORMAT"),
        (every, "/terms", json!([]), "rule.terms", "REQUIRED"),
        (every, "/terms/0/key", json!("世帯"), "rule.terms[0].key", "KEY"),
        (every, "/terms/2/key", json!("area"), "rule.terms[3].key", "DUPLICATE"),
        (every, "/adjustments/0/key", json!("area"), "rule.adjustments[0].key", "DUPLICATE"),
        (every, "/terms/0/label", json!(" "), "rule.terms[0].label", "REQUIRED"),
        (every, "/terms/0/legalReference", json!(""), "rule.terms[0].legalReference", "REQUIRED"),
        // metrics
        (every, "/metrics/0/type", json!("WORD"), "rule.metrics[0].source", "TYPE"),
        (every, "/metrics/3/source/quotient/by", json!("nobody"), "rule.metrics[3].source.quotient.by", "MISSING"),
        (every, "/metrics/3/source/quotient/by", json!("ratio"), "rule.metrics[3].source", "CYCLE"),
        (every, "/metrics/0/asOf/day", json!(31), "rule.metrics[0].asOf", "DATE"),
        (every, "/metrics/3/rounding/unit", json!("0"), "rule.metrics[3].rounding.unit", "RANGE"),
        ("mikawa", "/metrics/4/of", json!("MUNICIPALITY"), "rule.metrics[4].source", "SCOPE"),
        // terms
        (every, "/terms/0/kind/perUnit/metric", json!("nobody"), "rule.terms[0].kind.perUnit.metric", "MISSING"),
        ("mikawa", "/terms/1/kind/perUnit/metric", json!("merged"), "rule.terms[1].kind.perUnit.metric", "TYPE"),
        (every, "/terms/0/kind/perUnit/upTo", json!("20"), "rule.terms[0].kind.perUnit.upTo", "RANGE"),
        (every, "/terms/1/kind/multiplier/of/0", json!("rate"), "rule.terms[1].kind", "CYCLE"),
        (every, "/terms/1/kind/multiplier/of", json!([]), "rule.terms[1].kind.multiplier.of", "REQUIRED"),
        (every, "/terms/2/kind/distance/per/size", json!("0"), "rule.terms[2].kind.distance.per.size", "RANGE"),
        (
            every,
            "/terms/3/weights/-",
            json!({"district": "乙", "weight": "1"}),
            "rule.terms[3].weights[1].district",
            "DUPLICATE",
        ),
        (every, "/terms/3/weights/0/weight", json!("-1"), "rule.terms[3].weights[0].weight", "RANGE"),
        (every, "/terms/3/rounding/unit", json!("0.5"), "rule.terms[3].rounding.unit", "RANGE"),
        (every, "/terms/4/exclusions/0/reason", json!(""), "rule.terms[4].exclusions[0].reason", "REQUIRED"),
        (
            every,
            "/terms/4/exclusions/0/when",
            json!({"flag": "ratio"}),
            "rule.terms[4].exclusions[0].when.flag",
            "TYPE",
        ),
        (
            "toyokawa",
            "/terms/1/kind/bracket/rows/1/upTo",
            json!("100"),
            "rule.terms[1].kind.bracket.rows[1].upTo",
            "ORDER",
        ),
        (
            "toyokawa",
            "/terms/1/kind/bracket/rows/2/upTo",
            json!("900"),
            "rule.terms[1].kind.bracket.rows[2].upTo",
            "OPEN_END",
        ),
        ("toyokawa", "/terms/1/kind/bracket/rows", json!([]), "rule.terms[1].kind.bracket.rows", "REQUIRED"),
        (
            "takayama",
            "/terms/0/kind/fixedCeiling/total",
            json!(281_200_001),
            "rule.terms[0].kind.fixedCeiling.total",
            "SUM",
        ),
        (
            "nabari-h28",
            "/terms/0/kind/proportionalPool/pool",
            json!("none"),
            "rule.terms[0].kind.proportionalPool.pool",
            "MISSING",
        ),
        (
            "nabari-h28",
            "/terms/0/kind/proportionalPool/metric",
            json!("cityPopulation"),
            "rule.terms[0].kind.proportionalPool.metric",
            "SCOPE",
        ),
        ("nabari-h28", "/pools/0/amount", json!({"previousShare": "1"}), "rule.pools[0].amount", "SCOPE"),
        ("nabari-h28", "/pools/0/amount", json!({"budgetRest": {"after": ["equal"]}}), "rule.terms[1].kind", "CYCLE"),
        // adjustments
        (
            every,
            "/adjustments/0/kind/changeLimit/years",
            json!(0),
            "rule.adjustments[0].kind.changeLimit.years",
            "RANGE",
        ),
        (
            every,
            "/adjustments/1/kind",
            json!({"minimum": {"budgetRest": {"after": []}}}),
            "rule.adjustments[1].kind.minimum",
            "SCOPE",
        ),
        (
            every,
            "/adjustments/4/rounding",
            json!({"mode": "FLOOR", "unit": "1"}),
            "rule.adjustments[4].kind",
            "ROUNDING",
        ),
        ("murakami", "/instalments/count", json!(0), "rule.instalments.count", "RANGE"),
        ("murakami", "/instalments/times", json!([{"month": 4}]), "rule.instalments.times", "RANGE"),
        ("murakami", "/instalments/notBefore", json!(true), "rule.instalments.times", "RANGE"),
        (
            "takayama",
            "/conditions/deadlines",
            json!({"decision": {"days": 0}}),
            "rule.conditions.deadlines.decision.days",
            "RANGE",
        ),
        // the sums
        ("ratio-phased", "/terms/0/kind/equalPool/share", json!("0.4"), "rule.pools[0]", "SUM"),
        ("ratio-phased", "/terms/0/kind/equalPool/share", json!("0.2"), "rule.pools[0]", "SUM"),
        ("ratio-phased", "/adjustments/1/kind/budget/fill", json!(false), "rule.adjustments[0].rounding", "ROUNDING"),
        ("nabari-h28", "/terms/0/rounding", json!(null), "rule.terms[0].rounding", "ROUNDING"),
        (
            "nabari-h28",
            "/terms/0/kind/proportionalPool/residual",
            json!("LARGEST_REMAINDER"),
            "rule.terms[0].kind.proportionalPool.residual",
            "SUM",
        ),
        (
            "nabari-h28",
            "/terms/1/rounding",
            json!({"mode": "CEIL", "unit": "1"}),
            "rule.terms[1].rounding.mode",
            "ROUNDING",
        ),
        (
            "mizuho",
            "/terms/-",
            json!({"key": "again", "label": "再び", "legalReference": "第6条", "kind": {"floor": {"of": ["aged"], "limit": {"yen": 1}}}}),
            "rule.terms[1].key",
            "COUNTED_TWICE",
        ),
    ];
    for (name, pointer, value, path, word) in table {
        refused(name, pointer, value, path, word);
    }
}

#[test]
fn conditions_are_nested_to_a_depth() {
    let mut when = json!({"district": ["甲"]});
    for _ in 0..5 {
        when = json!({"not": when});
    }
    let pointer = "/terms/4/exclusions/0/when";
    let rule = changed("terms-of-every-kind", pointer, &when).expect("a rule");
    assert_eq!(validate(&rule, "rule"), []);
    let when = json!({"not": when});
    let path = format!("rule.terms[4].exclusions[0].when{}", ".not".repeat(6));
    refused("terms-of-every-kind", pointer, &when, &path, "TOO_DEEP");
}

#[test]
fn the_stored_form_knows_no_other_fields_and_no_floats() {
    for (pointer, value) in [
        ("/surprise", json!(1)),
        ("/terms/0/kind/perUnit/surprise", json!(1)),
        ("/terms/0/kind/perUnit/yen", json!(1000.5)),
        ("/terms/0/kind", json!({"perUnit": {"metric": "households", "yen": "1"}, "fixed": {"yen": 1}})),
        ("/terms/0/kind", json!({"voodoo": {}})),
        ("/terms/4/kind/fixed/yen", json!(0.5)),
    ] {
        assert!(changed("terms-of-every-kind", pointer, &value).is_err(), "{pointer}");
    }
}

#[test]
fn the_stored_form_reads_back_the_same() {
    for (name, found) in super::fixtures() {
        let text = serde_json::to_string(&found.rule).expect("json");
        let again: Rule = serde_json::from_str(&text).expect("a rule");
        assert_eq!(again, found.rule, "{name}");
    }
}
