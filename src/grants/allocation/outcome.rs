//! What a run finds: for each body an amount, and line by line how it arose.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::kernel::error::Message;
use crate::kernel::money::Yen;

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// By the bodies' keys.
    pub bodies: Vec<BodyOutcome>,
    /// What was shared out, in the order of the terms.
    pub pools: Vec<PoolOutcome>,
    /// The sum of all amounts.
    pub total: Yen,
}

/// What one body gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyOutcome {
    /// The body.
    pub key: String,
    /// Its amount: the sum of the lines that count.
    #[serde(rename = "amountYen")]
    pub amount: Yen,
    /// How it arose.
    pub lines: Vec<Line>,
    /// When it is paid in parts: the parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instalments: Vec<Yen>,
}

/// A term or an adjustment of one body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The term or adjustment of the rule.
    pub key: String,
    /// Its name.
    pub label: String,
    /// The article.
    pub legal_reference: String,
    /// The values it was made from.
    pub inputs: Vec<LineInput>,
    /// The calculation in plain Japanese.
    pub expression: String,
    /// How it was rounded, where it was.
    pub rounded: Option<String>,
    /// What it adds, in whole yen. What is left of fractions is in the line that rounds the sum.
    #[serde(rename = "amountYen")]
    pub amount: Yen,
    /// Does it count? A term that another one has replaced does not.
    pub counted: bool,
}

/// A value a line was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineInput {
    /// The metric's name.
    pub name: String,
    /// Its value with its unit.
    pub value: String,
    /// As of which day.
    pub as_of: Option<NaiveDate>,
    /// From which record.
    pub source: String,
}

/// What a term shared out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolOutcome {
    /// The term.
    pub term: String,
    /// What there was to share, rounded down to whole yen.
    #[serde(rename = "availableYen")]
    pub available: Yen,
    /// What was given.
    #[serde(rename = "givenYen")]
    pub given: Yen,
    /// What stays with the municipality. Below zero where parts were rounded up and an adjustment
    /// to the budget takes it back, and in runs of before more than there was became a fault.
    #[serde(rename = "residualYen")]
    pub residual: Yen,
}

/// Why a run has no result: where in the rule, about which body, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: `terms[2]`, `adjustments[0]`, `metrics[1]`.
    pub path: String,
    /// About which body, by name.
    pub body: Option<String>,
    /// A stable word.
    pub reason: &'static str,
    /// For people.
    pub message: Message,
}

/// What the source of a declared value begins with; what follows is what whoever declared it wrote.
pub const DECLARED: &str = "申告: ";

/// Leaves of the sources of declared values only that they were declared: what people wrote there is for those who work
/// with it, not for everybody.
pub fn without_words_of_declarations(lines: &mut [Line]) {
    for input in lines.iter_mut().flat_map(|line| &mut line.inputs) {
        if input.source.starts_with(DECLARED) {
            "申告".clone_into(&mut input.source);
        }
    }
}
