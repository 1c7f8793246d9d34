//! What must be true of a rule as a whole: shares of a pool do not exceed it, nothing counts twice, the amount
//! is whole yen, and adding up stays exact.

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::metric::{Metric, MetricSource};
use crate::grants::allocation::rounding::Mode;
use crate::grants::allocation::rule::{AdjustmentKind, Amount, Residual, Rule, Term, TermKind};
use crate::grants::allocation::validate::Check;

pub(super) fn check(check: &mut Check<'_>) {
    shares(check);
    counted_once(check);
    whole_yen(check);
    residuals(check);
    sums_of_quotients(check);
}

/// The part of its pool that a term shares out.
fn share(term: &Term) -> Option<(&str, &Exact)> {
    match &term.kind {
        TermKind::EqualPool(of) => Some((&of.pool, &of.share)),
        TermKind::ProportionalPool(of) => Some((&of.pool, &of.share)),
        _ => None,
    }
}

fn shares(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, pool) in rule.pools.iter().enumerate() {
        let path = format!("pools[{n}]");
        let shares = rule.terms.iter().filter_map(share).filter(|(key, _)| *key == pool.key);
        let sum = shares.fold(Exact::zero(), |sum, (_, share)| &sum + share);
        if sum > Exact::one() || (pool.fully_shared && sum != Exact::one()) {
            let ja = format!("この原資を分ける割合の合計が{sum}です。");
            check.fail(&path, "SUM", ja, format!("The shares of this pool sum to {sum}."));
        }
    }
}

/// A term stands in one place: replaced by at most one other.
fn counted_once(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, term) in rule.terms.iter().enumerate() {
        let replaced = |other: &&Term| other.replaces() && other.parts().contains(&term.key);
        if rule.terms.iter().filter(replaced).count() > 1 {
            let ja = "二つの項が、この項を同時に置き換えています。";
            check.fail(&format!("terms[{n}].key"), "COUNTED_TWICE", ja, "Two terms replace this one.");
        }
        let rest = term.pool().and_then(|key| rule.pools.iter().find(|pool| pool.key == key)).map(|pool| &pool.amount);
        if let Some(Amount::BudgetRest(rest)) = rest {
            uncounted_rest(check, rule, n, &rest.after);
        }
    }
}

/// The rest of a budget is what counted terms leave of it.
fn uncounted_rest(check: &mut Check<'_>, rule: &Rule, n: usize, after: &[String]) {
    for key in after.iter().filter(|key| rule.is_replaced(key)) {
        let ja = format!("予算の残りの計算で除く項「{key}」は、他の項に置き換えられています。");
        check.fail(&format!("terms[{n}].kind"), "COUNTED_TWICE", ja, format!("{key} is replaced by another term."));
    }
}

/// Can the sum of the terms have a fraction of a yen?
fn fraction(rule: &Rule) -> Option<usize> {
    let counts = |term: &Term| !rule.is_replaced(&term.key);
    rule.terms.iter().position(|term| counts(term) && term.rounding.is_none() && may_be_fraction(rule, term))
}

fn may_be_fraction(rule: &Rule, term: &Term) -> bool {
    let is_yen = |amount: &Amount| match amount {
        Amount::Yen(_) => true,
        Amount::Metric(_) | Amount::BudgetShare(_) | Amount::BudgetRest(_) | Amount::PreviousShare(_) => false,
    };
    let part = |key: &String| {
        let part = rule.term(key).map(|n| &rule.terms[n]);
        part.is_some_and(|part| part.rounding.is_none() && may_be_fraction(rule, part))
    };
    let own = match &term.kind {
        TermKind::Fixed(_) | TermKind::FixedCeiling(_) => false,
        TermKind::EqualPool(of) => of.residual == Residual::Reserve,
        TermKind::ProportionalPool(of) => of.residual == Residual::Reserve,
        TermKind::Bracket(of) => of.rows.iter().any(|row| row.step.as_ref().is_some_and(|step| !step.yen.is_whole())),
        TermKind::Conditional(of) => {
            !(of.cases.iter().all(|case| is_yen(&case.amount)) && of.otherwise.as_ref().is_none_or(is_yen))
        }
        TermKind::PerUnit(of) => !of.yen.is_whole() || (of.per.is_none() && !is_count(rule, &of.metric)),
        TermKind::Distance(of) => !of.yen.is_whole(),
        TermKind::Ceiling(of) | TermKind::Floor(of) => !is_yen(&of.limit) || of.of.iter().any(part),
        TermKind::PercentOfInput(_) | TermKind::Multiplier(_) => true,
    };
    own || !term.weights.is_empty()
}

/// Is the metric a count of people or things, so that it is whole?
fn is_count(rule: &Rule, key: &str) -> bool {
    let metric = rule.metrics.iter().find(|metric| metric.key == key);
    let rounded = |m: &Metric| m.rounding.as_ref().is_some_and(|rounding| rounding.unit.is_whole());
    metric.is_some_and(|m| matches!(m.source, MetricSource::Statistic(_)) || rounded(m))
}

/// A fraction that a term or adjustment may leave is rounded away by a later adjustment.
fn whole_yen(check: &mut Check<'_>) {
    let rule = check.rule;
    let mut fraction = fraction(rule).map(|n| format!("terms[{n}].rounding"));
    for (n, adjustment) in rule.adjustments.iter().enumerate() {
        let open = match &adjustment.kind {
            AdjustmentKind::Round(_) => {
                fraction = None;
                false
            }
            AdjustmentKind::Budget(fit) if fit.fill && fit.residual == Residual::LargestRemainder => {
                fraction = None;
                false
            }
            AdjustmentKind::Budget(fit) => fit.residual == Residual::Reserve && adjustment.rounding.is_none(),
            AdjustmentKind::Split(_)
            | AdjustmentKind::Cap(Amount::Yen(_))
            | AdjustmentKind::Minimum(Amount::Yen(_)) => false,
            _ => adjustment.rounding.is_none(),
        };
        if open {
            fraction = Some(format!("adjustments[{n}].rounding"));
        }
    }
    if let Some(path) = fraction {
        let ja = "1円未満の端数が残り得ます。ここか、後の調整に端数処理を定めてください。";
        check.fail(&path, "ROUNDING", ja, "A fraction of a yen may be left. Round it here or in a later adjustment.");
    }
}

/// The largest remainder says itself where fractions go.
fn residuals(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, term) in rule.terms.iter().enumerate() {
        let (residual, has_whole) = match &term.kind {
            TermKind::EqualPool(of) => (of.residual, false),
            TermKind::ProportionalPool(of) => (of.residual, of.whole.is_some()),
            _ => continue,
        };
        if residual != Residual::LargestRemainder {
            continue;
        }
        if has_whole {
            let ja = "自治体全体の値で割るときは、合計が原資に一致しないので、最大剰余法を使えません。";
            let en = "With the municipality's number as a whole, nothing says that the parts are all of it.";
            check.fail(&format!("terms[{n}].kind.proportionalPool.residual"), "SUM", ja, en);
        }
        if term.rounding.as_ref().is_some_and(|rounding| rounding.mode != Mode::Floor) {
            let ja = "最大剰余法では、端数処理は切捨てとしてください。";
            check.fail(&format!("terms[{n}].rounding.mode"), "ROUNDING", ja, "The largest remainder begins downwards.");
        }
    }
}

/// Quotients of thousands of bodies have no common denominator: who adds them up rounds them first.
fn sums_of_quotients(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, term) in rule.terms.iter().enumerate() {
        let TermKind::ProportionalPool(of) = &term.kind else { continue };
        if is_open_quotient(rule, &of.metric) {
            let ja = "商で比例配分するときは、指標に端数処理を定めてください。";
            let path = format!("terms[{n}].kind.proportionalPool.metric");
            check.fail(&path, "ROUNDING", ja, "A quotient that is added up needs a rounding of its own.");
        }
    }
}

/// A quotient that nobody has rounded, or made of one. There are no circles, and metrics are made of few others.
fn is_open_quotient(rule: &Rule, key: &str) -> bool {
    let metric = rule.metrics.iter().find(|metric| metric.key == key && metric.rounding.is_none());
    metric.is_some_and(|metric| {
        matches!(metric.source, MetricSource::Quotient(_))
            || metric.parts().into_iter().any(|part| is_open_quotient(rule, part))
    })
}
