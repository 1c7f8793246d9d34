//! Metrics that are made of others: each part is told, and none is looked up for ever.

use serde_json::{Value, json};

use super::fixture;
use crate::grants::allocation::rule::Rule;
use crate::grants::allocation::{evaluate, validate};

#[test]
fn a_combined_metric_tells_each_of_its_parts() {
    let found = fixture("combined-metrics");
    let outcome = evaluate(&found.rule, &found.cases[0].inputs).expect("an outcome");
    let body = outcome.bodies.iter().find(|body| body.key == "甲").expect("a body");
    let line = body.lines.iter().find(|line| line.key == "load").expect("a line");
    let told: Vec<_> = line.inputs.iter().map(|i| format!("{} {} {}", i.name, i.value, i.source)).collect();
    assert_eq!(
        told,
        [
            "高齢化の負担 75.924点 規模 × 高齢化率",
            "規模 228点 人口 × 0.6 + 世帯数 × 0.4",
            "人口 300人 住民基本台帳",
            "世帯数 120世帯 住民基本台帳",
            "高齢化率 0.333 65歳以上の人口 ÷ 人口(0.001未満四捨五入)",
            "65歳以上の人口 100人 住民基本台帳",
        ]
    );
}

fn refused(pointer: &str, value: Value, path: &str, word: &str) {
    let mut document = serde_json::to_value(fixture("combined-metrics").rule).expect("json");
    *document.pointer_mut(pointer).expect(pointer) = value;
    let rule: Rule = serde_json::from_value(document).expect("a rule");
    let found = validate(&rule, "rule");
    assert!(found.iter().any(|v| v.path == path && v.rule == word), "{pointer}: {found:?}");
}

#[test]
fn combinations_are_typed_bounded_and_without_circles() {
    let size = "/metrics/4/source/weightedSum";
    refused(&format!("{size}/0/of"), json!("load"), "rule.metrics[4].source", "CYCLE");
    refused(&format!("{size}/0/of"), json!("nobody"), "rule.metrics[4].source.weightedSum[0].of", "MISSING");
    refused(&format!("{size}/0/weight"), json!("-0.6"), "rule.metrics[4].source.weightedSum[0].weight", "RANGE");
    refused(size, json!([]), "rule.metrics[4].source.weightedSum", "REQUIRED");
    refused("/metrics/6/source/product", json!([]), "rule.metrics[6].source.product", "REQUIRED");
    refused("/metrics/6/type", json!("YEN"), "rule.metrics[6].source", "TYPE");
    refused("/metrics/4/type", json!("YEN"), "rule.metrics[4].source", "TYPE");
    refused("/metrics/4/of", json!("MUNICIPALITY"), "rule.metrics[4].source.weightedSum[0].of", "SCOPE");
}

#[test]
fn a_quotient_within_a_combination_needs_a_rounding_before_it_is_added_up() {
    let mut document = serde_json::to_value(fixture("combined-metrics").rule).expect("json");
    document["metrics"][5].as_object_mut().expect("a metric").remove("rounding");
    document["terms"][0]["kind"]["proportionalPool"]["metric"] = json!("load");
    let rule: Rule = serde_json::from_value(document).expect("a rule");
    let found = validate(&rule, "rule");
    assert_eq!(found[0].path, "rule.terms[0].kind.proportionalPool.metric", "{found:?}");
}

/// Forty metrics, each twice the one before: looked up one by one that would be 2⁴⁰ values.
#[test]
fn what_would_be_looked_up_for_ever_is_refused() {
    let mut document = serde_json::to_value(fixture("combined-metrics").rule).expect("json");
    let metrics = document["metrics"].as_array_mut().expect("metrics");
    for n in 0..40 {
        let of = if n == 0 { "population".to_owned() } else { format!("m{}", n - 1) };
        metrics.push(json!({"key": format!("m{n}"), "label": "倍", "type": "NUMBER", "unit": "人", "of": "BODY",
            "source": {"sum": [of, of]}}));
    }
    let rule: Rule = serde_json::from_value(document).expect("a rule");
    let found = validate(&rule, "rule");
    assert_eq!((found[0].path.as_ref(), found[0].rule), ("rule.metrics[15].source", "TOO_DEEP"), "{found:?}");
}
