//! By-laws of real municipalities as data (`tests/fixtures/allocation`): a new one is a new file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::grants::allocation::inputs::Inputs;
use crate::grants::allocation::outcome::{BodyOutcome, Outcome};
use crate::grants::allocation::rule::Rule;
use crate::grants::allocation::{evaluate, validate};

mod beyond;
mod limits;
mod metrics;
mod properties;
mod refusals;

/// A by-law with what it must give.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fixture {
    /// Which by-law, and what of it is invented.
    #[allow(dead_code)]
    pub(super) title: String,
    pub(super) rule: Rule,
    pub(super) cases: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// How the yen come about, by hand.
    #[allow(dead_code)]
    #[serde(default)]
    pub(super) reckoning: Vec<String>,
    pub(super) inputs: Inputs,
    #[serde(default)]
    pub(super) total: Option<i64>,
    /// By body.
    #[serde(default)]
    pub(super) amounts: BTreeMap<String, i64>,
    /// By body and line.
    #[serde(default)]
    pub(super) lines: BTreeMap<String, BTreeMap<String, i64>>,
    /// By line, over all bodies.
    #[serde(default)]
    pub(super) sums: BTreeMap<String, i64>,
    #[serde(default)]
    pub(super) instalments: BTreeMap<String, Vec<i64>>,
    /// Calculations as they are told, by body and line.
    #[serde(default)]
    pub(super) expressions: BTreeMap<String, BTreeMap<String, String>>,
    /// The reason why there is no result.
    #[serde(default)]
    pub(super) fault: Option<String>,
}

static FIXTURES: LazyLock<Vec<(String, Fixture)>> = LazyLock::new(read);

pub(super) fn fixtures() -> &'static [(String, Fixture)] {
    &FIXTURES
}

fn read() -> Vec<(String, Fixture)> {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation"));
    let mut files: Vec<_> = std::fs::read_dir(dir).expect("fixtures").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("a fixture");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let fixture = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, fixture)
    };
    files.iter().map(read).collect()
}

pub(super) fn fixture(name: &str) -> Fixture {
    let found = fixtures().iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1.clone()
}

#[test]
fn every_by_law_gives_what_it_must_to_the_yen() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 10);
    for (file, Fixture { rule, cases, .. }) in fixtures {
        let found = validate(rule, "rule");
        assert!(found.is_empty(), "{file}: {found:?}");
        assert!(!cases.is_empty(), "{file}");
        for case in cases {
            let name = format!("{file}: {}", case.name);
            match evaluate(rule, &case.inputs) {
                Ok(outcome) => told(&name, case, &outcome),
                Err(faults) => {
                    let reasons: Vec<&str> = faults.iter().map(|fault| fault.reason).collect();
                    assert!(case.fault.as_deref().is_some_and(|r| reasons.contains(&r)), "{name}: {faults:?}");
                }
            }
        }
    }
}

fn told(name: &str, case: &Case, outcome: &Outcome) {
    assert_eq!(case.fault, None, "{name}: {outcome:?}");
    let claims = [case.total.is_some(), !case.amounts.is_empty(), !case.sums.is_empty()];
    assert!(claims.contains(&true), "{name} claims nothing");
    if let Some(total) = case.total {
        assert_eq!(outcome.total.0, total, "{name}");
    }
    for (key, amount) in &case.amounts {
        assert_eq!(body(outcome, key).amount.0, *amount, "{name}: {key}: {:#?}", body(outcome, key).lines);
    }
    for (key, lines) in &case.lines {
        for (line, amount) in lines {
            assert_eq!(
                self::line(body(outcome, key), line),
                *amount,
                "{name}: {key}: {line}: {:#?}",
                body(outcome, key)
            );
        }
    }
    for (line, sum) in &case.sums {
        assert_eq!(outcome.bodies.iter().map(|body| self::line(body, line)).sum::<i64>(), *sum, "{name}: {line}");
    }
    for (key, parts) in &case.instalments {
        let found: Vec<i64> = body(outcome, key).instalments.iter().map(|yen| yen.0).collect();
        assert_eq!(found, *parts, "{name}: {key}");
        assert_eq!(found.iter().sum::<i64>(), body(outcome, key).amount.0, "{name}: {key}");
    }
    for (key, lines) in &case.expressions {
        for (line, told) in lines {
            let found = body(outcome, key).lines.iter().find(|found| found.key == *line).expect("a line");
            assert_eq!(found.expression, *told, "{name}: {key}");
        }
    }
}

fn body<'o>(outcome: &'o Outcome, key: &str) -> &'o BodyOutcome {
    outcome.bodies.iter().find(|body| body.key == key).unwrap_or_else(|| panic!("no body {key}"))
}

fn line(body: &BodyOutcome, key: &str) -> i64 {
    body.lines.iter().filter(|line| line.key == key).map(|line| line.amount.0).sum()
}
