//! Two outcomes side by side: by body and by term.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grants::allocation::outcome::{BodyOutcome, Line, Outcome};
use crate::kernel::money::Yen;

/// What changes from one outcome to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// By the bodies' keys; a body that is missing on one side has nothing there.
    pub bodies: Vec<BodyDifference>,
    /// The sums over all bodies, by term.
    pub terms: Vec<TermDifference>,
}

/// What changes for a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyDifference {
    /// The body.
    pub key: String,
    /// Its amount before.
    pub before: Yen,
    /// Its amount after.
    pub after: Yen,
    /// Term by term.
    pub terms: Vec<TermDifference>,
}

/// What changes in a term or adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TermDifference {
    /// The term or adjustment.
    pub key: String,
    /// Its name, the newer one where both have it.
    pub label: String,
    /// What it added before.
    pub before: Yen,
    /// What it adds after.
    pub after: Yen,
}

/// Compares two outcomes.
pub fn compare(before: &Outcome, after: &Outcome) -> Comparison {
    let mut pairs: BTreeMap<&str, (Option<&BodyOutcome>, Option<&BodyOutcome>)> = BTreeMap::new();
    for body in &before.bodies {
        pairs.entry(&body.key).or_default().0 = Some(body);
    }
    for body in &after.bodies {
        pairs.entry(&body.key).or_default().1 = Some(body);
    }
    let bodies: Vec<BodyDifference> = pairs.into_iter().map(|(key, (b, a))| body(key, b, a)).collect();
    let all = bodies.iter().flat_map(|body| &body.terms);
    let mut terms: Vec<TermDifference> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for term in all {
        let at = *places.entry(&term.key).or_insert_with(|| {
            terms.push(TermDifference { before: Yen(0), after: Yen(0), ..term.clone() });
            terms.len() - 1
        });
        terms[at].before.0 += term.before.0;
        terms[at].after.0 += term.after.0;
    }
    Comparison { bodies, terms }
}

fn body(key: &str, before: Option<&BodyOutcome>, after: Option<&BodyOutcome>) -> BodyDifference {
    let lines = |side: Option<&BodyOutcome>| side.map_or_else(Vec::new, |body| body.lines.clone());
    let amount = |side: Option<&BodyOutcome>| side.map_or(Yen(0), |body| body.amount);
    let mut terms: Vec<TermDifference> = Vec::new();
    for (line, is_after) in lines(after).iter().map(|l| (l, true)).chain(lines(before).iter().map(|l| (l, false))) {
        add(&mut terms, line, is_after);
    }
    BodyDifference { key: key.to_owned(), before: amount(before), after: amount(after), terms }
}

fn add(terms: &mut Vec<TermDifference>, line: &Line, is_after: bool) {
    let counted = if line.counted { line.amount } else { Yen(0) };
    let at = terms.iter().position(|term| term.key == line.key).unwrap_or_else(|| {
        let (key, label) = (line.key.clone(), line.label.clone());
        terms.push(TermDifference { key, label, before: Yen(0), after: Yen(0) });
        terms.len() - 1
    });
    let side = if is_after { &mut terms[at].after } else { &mut terms[at].before };
    side.0 += counted.0;
}
