//! From a rule and inputs to amounts. Term by term over all bodies, because pools look at all of them.

mod adjust;
mod budget;
mod districts;
mod limits;
mod lookup;
mod pool;
mod simple;
mod split;

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Body, Inputs};
use crate::grants::allocation::outcome::{BodyOutcome, Fault, Line, LineInput, Outcome, PoolOutcome};
use crate::grants::allocation::rule::{Rule, Term, TermKind};
use crate::grants::allocation::words::yen;
use crate::kernel::error::Message;
use crate::kernel::money::Yen;

use lookup::Lookup;

/// The most faults that are told at once.
const FAULTS: usize = 50;

/// What one term or adjustment makes of one body.
#[derive(Clone, Debug)]
struct Made {
    value: Exact,
    expression: String,
    rounded: Option<String>,
    inputs: Vec<LineInput>,
}

impl Made {
    fn nothing(expression: String) -> Self {
        Self { value: Exact::zero(), expression, rounded: None, inputs: Vec::new() }
    }
}

/// Why a value cannot be had; where and for whom is known further up.
#[derive(Clone, Debug)]
struct Missing {
    reason: &'static str,
    message: Message,
}

impl Missing {
    fn new(reason: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { reason, message: Message::new(ja.into(), en.into()) }
    }

    fn at(self, path: &str, body: Option<&Body>) -> Fault {
        let Self { reason, message } = self;
        Fault { path: path.to_owned(), body: body.map(|body| body.name.clone()), reason, message }
    }
}

type Found<T> = Result<T, Missing>;

/// A number that is small enough to go on with.
fn bounded(number: Exact) -> Found<Exact> {
    if number.is_bounded() {
        return Ok(number);
    }
    Err(Missing::new(
        "TOO_EXACT",
        "端数が細かくなりすぎます。指標か項に端数処理を定めてください。",
        "The fractions become too fine. Give the metrics or terms a rounding.",
    ))
}

/// Adds up.
fn sum<'a>(numbers: impl Iterator<Item = &'a Exact>) -> Found<Exact> {
    let mut sum = Exact::zero();
    for number in numbers {
        sum = bounded(&sum + number)?;
    }
    Ok(sum)
}

/// Calculates every body's amount. The rule is one that validation accepts.
///
/// # Errors
/// What is missing or impossible in the inputs: all of it, up to 50 faults.
pub fn evaluate(rule: &Rule, inputs: &Inputs) -> Result<Outcome, Vec<Fault>> {
    let mut bodies: Vec<&Body> = inputs.bodies.iter().collect();
    bodies.sort_by(|a, b| a.key.cmp(&b.key));
    if let Some(pair) = bodies.windows(2).find(|pair| pair[0].key == pair[1].key) {
        let twice = Missing::new("BODY_TWICE", "同じ団体が二度挙げられています。", "A body is listed twice.");
        return Err(vec![twice.at("", Some(pair[0]))]);
    }
    let mut run = Run {
        rule,
        inputs,
        bodies,
        terms: vec![Vec::new(); rule.terms.len()],
        pools: vec![None; rule.terms.len()],
        faults: Vec::new(),
    };
    let Ok(order) = rule.order() else {
        return Err(vec![
            Missing::new("CYCLE", "項が自分自身に基づいています。", "A term is made of itself.").at("terms", None),
        ]);
    };
    for n in order {
        run.term(n);
    }
    districts::check(&mut run);
    run.stop_if_faulty()?;
    let adjusted = adjust::adjust(&run)?;
    run.outcome(adjusted)
}

/// A run in the making.
struct Run<'r> {
    rule: &'r Rule,
    inputs: &'r Inputs,
    /// By key.
    bodies: Vec<&'r Body>,
    /// By the place of the term, then of the body.
    terms: Vec<Vec<Made>>,
    /// What the terms shared out.
    pools: Vec<Option<PoolOutcome>>,
    faults: Vec<Fault>,
}

impl<'r> Run<'r> {
    fn lookup(&self, body: &'r Body) -> Lookup<'r> {
        Lookup { rule: self.rule, inputs: self.inputs, body: Some(body) }
    }

    fn fault(&mut self, missing: Missing, path: &str, body: Option<&Body>) {
        if self.faults.len() < FAULTS {
            self.faults.push(missing.at(path, body));
        }
    }

    fn stop_if_faulty(&mut self) -> Result<(), Vec<Fault>> {
        if self.faults.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.faults)) }
    }

    /// Calculates a term for all bodies. A body without its numbers is a fault and counts as nothing, so that the
    /// other terms tell their faults, too.
    fn term(&mut self, n: usize) {
        let term = &self.rule.terms[n];
        let path = format!("terms[{n}]");
        let made = match &term.kind {
            TermKind::EqualPool(share) => pool::equal(self, n, share),
            TermKind::ProportionalPool(share) => pool::proportional(self, n, share),
            _ => self.one_by_one(term, &path),
        };
        self.terms[n] = made;
    }

    fn one_by_one(&mut self, term: &'r Term, path: &str) -> Vec<Made> {
        let mut all = Vec::with_capacity(self.bodies.len());
        for at in 0..self.bodies.len() {
            let body = self.bodies[at];
            let made = match self.excluded(term, body) {
                Err(missing) => Err(missing),
                Ok(Some(reason)) => Ok(Made::nothing(reason)),
                Ok(None) => simple::value(self, term, at).and_then(|made| finish(term, body, made)),
            };
            all.push(made.unwrap_or_else(|missing| {
                self.fault(missing, path, Some(body));
                Made::nothing(String::new())
            }));
        }
        all
    }

    /// Why the body takes no part in the term, if it does not.
    fn excluded(&self, term: &Term, body: &'r Body) -> Found<Option<String>> {
        if body.split_from.is_some() {
            return Ok(Some("分割前の団体で算定する。".to_owned()));
        }
        let lookup = self.lookup(body);
        for exclusion in &term.exclusions {
            if lookup.holds(&exclusion.when)? {
                return Ok(Some(format!("対象外: {}", exclusion.reason)));
            }
        }
        Ok(None)
    }

    /// What the terms of these keys made of a body.
    fn parts<'s>(&'s self, keys: &'s [String], at: usize) -> impl Iterator<Item = &'s Made> {
        keys.iter().filter_map(|key| self.rule.term(key)).filter_map(move |n| self.terms[n].get(at))
    }

    /// The lines of a body: the terms as they stand in the rule.
    fn lines(&self, at: usize) -> Vec<Line> {
        let line = |(n, term): (usize, &Term)| {
            let made = &self.terms[n][at];
            Line {
                key: term.key.clone(),
                label: term.label.clone(),
                legal_reference: term.legal_reference.clone(),
                inputs: made.inputs.clone(),
                expression: made.expression.clone(),
                rounded: made.rounded.clone(),
                amount: made.value.yen_below().unwrap_or(Yen::MAX),
                counted: !self.rule.is_replaced(&term.key),
            }
        };
        self.rule.terms.iter().enumerate().map(line).collect()
    }

    fn outcome(mut self, adjusted: Vec<(Exact, Vec<Line>)>) -> Result<Outcome, Vec<Fault>> {
        let mut bodies = Vec::with_capacity(self.bodies.len());
        let mut total = Exact::zero();
        for (body, (value, lines)) in self.bodies.clone().into_iter().zip(adjusted) {
            total = &total + &value;
            match amount(&value) {
                Ok(amount) => {
                    let instalments = self.rule.instalments.as_ref().map_or_else(Vec::new, |of| of.of(amount));
                    bodies.push(BodyOutcome { key: body.key.clone(), amount, lines, instalments });
                }
                Err(missing) => self.fault(missing, "", Some(body)),
            }
        }
        let total = amount(&total).unwrap_or_else(|missing| {
            self.fault(missing, "", None);
            Yen(0)
        });
        self.stop_if_faulty()?;
        Ok(Outcome { bodies, pools: self.pools.into_iter().flatten().collect(), total })
    }
}

/// An amount that can be paid: whole, not below nothing, within range.
fn amount(value: &Exact) -> Found<Yen> {
    if value.is_negative() {
        return Err(Missing::new(
            "NEGATIVE",
            "額が0円を下回ります。最低額の調整を定めてください。",
            "The amount falls below 0 yen. Give the rule a minimum.",
        ));
    }
    if !value.is_whole() {
        return Err(Missing::new("NOT_WHOLE", "額に1円未満の端数が残ります。", "A fraction of a yen is left."));
    }
    value
        .yen_below()
        .ok_or_else(|| Missing::new("OVERFLOW", "額が扱える範囲を超えています。", "The amount is beyond range."))
}

/// A term's value with the weight of the district, rounded, and told.
fn finish(term: &Term, body: &Body, mut made: Made) -> Found<Made> {
    if let Some(weight) = weight(term, body) {
        made.value = &made.value * weight;
        made.expression = format!("({}) × {}の重み{weight}", made.expression, body.district_name());
    }
    made.expression = format!("{} = {}", made.expression, yen(&made.value));
    if let Some(rounding) = &term.rounding {
        let rounded = rounding.round(&made.value);
        made.rounded = Some(format!("{} → {}", rounding.words("円"), yen(&rounded)));
        made.value = rounded;
    }
    made.value = bounded(made.value)?;
    if made.value.yen_below().is_none() {
        return Err(Missing::new("OVERFLOW", "額が扱える範囲を超えています。", "The amount is beyond range."));
    }
    Ok(made)
}

/// The weight of the body's district, where the term gives it one.
fn weight<'t>(term: &'t Term, body: &Body) -> Option<&'t Exact> {
    term.weights.iter().find(|weight| weight.district == body.district).map(|weight| &weight.weight)
}
