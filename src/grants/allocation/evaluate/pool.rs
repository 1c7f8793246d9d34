//! Terms that share a pool among all bodies: in equal parts, or by a metric.

use crate::grants::allocation::evaluate::lookup::Lookup;
use crate::grants::allocation::evaluate::{Found, Made, Missing, Run, bounded, finish, sum, weight};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::outcome::{LineInput, PoolOutcome};
use crate::grants::allocation::rule::{AdjustmentKind, Amount, Pool, PoolShare, ProportionalPool, Residual, Term};
use crate::grants::allocation::share::largest_remainder;
use crate::grants::allocation::words::yen;

/// A body's claim to a pool.
struct Claim {
    /// The place of the body.
    at: usize,
    weight: Exact,
    /// How the weight is told: `15団体`, `8,000人`.
    shown: String,
    inputs: Vec<LineInput>,
}

/// A pool with those who share it.
struct Shared<'t> {
    term: &'t Term,
    pool: &'t Pool,
    share: &'t Exact,
    residual: Residual,
    claims: Vec<Claim>,
    /// What the weights are divided by.
    whole: Exact,
    /// How that is told.
    whole_shown: String,
    whole_inputs: Vec<LineInput>,
    /// For bodies that take no part: why.
    others: Vec<(usize, String)>,
}

/// Equal parts; or, with weights, parts by weight.
pub(super) fn equal(run: &mut Run<'_>, n: usize, share: &PoolShare) -> Vec<Made> {
    let claim = |run: &Run<'_>, term: &Term, at: usize| {
        let weight = weight(term, run.bodies[at]).cloned().unwrap_or_else(Exact::one);
        let shown = if term.weights.is_empty() { String::new() } else { format!("重み{weight}") };
        Ok(Claim { at, weight, shown, inputs: Vec::new() })
    };
    let rule = run.rule;
    let term = &rule.terms[n];
    let (claims, others) = claims(run, n, claim);
    let whole = sum(claims.iter().map(|claim| &claim.weight));
    let shared = whole.and_then(|whole| {
        let whole_shown =
            if term.weights.is_empty() { format!("{whole}団体") } else { format!("重みの合計{whole}") };
        let pool = pool_of(run, &share.pool)?;
        Ok(Shared {
            term,
            pool,
            share: &share.share,
            residual: share.residual,
            claims,
            whole,
            whole_shown,
            whole_inputs: Vec::new(),
            others,
        })
    });
    distribute(run, n, shared)
}

/// Parts by a metric, of the sum of all who take part or of the municipality's number.
pub(super) fn proportional(run: &mut Run<'_>, n: usize, share: &ProportionalPool) -> Vec<Made> {
    let claim = |run: &Run<'_>, term: &Term, at: usize| {
        let lookup = run.lookup(run.bodies[at]);
        let number = lookup.number(&share.metric)?;
        let mut shown = lookup.shown(&share.metric, &number);
        let mut own = number;
        if let Some(weight) = weight(term, run.bodies[at]) {
            own = &own * weight;
            shown = format!("({shown} × 重み{weight})");
        }
        Ok(Claim { at, weight: own, shown, inputs: lookup.told(&share.metric) })
    };
    let rule = run.rule;
    let term = &rule.terms[n];
    let (claims, others) = claims(run, n, claim);
    let town = Lookup { rule, inputs: run.inputs, body: None };
    let whole = match &share.whole {
        Some(key) => town.number(key),
        None => sum(claims.iter().map(|claim| &claim.weight)),
    };
    let shared = whole.and_then(|whole| {
        let of = share.whole.as_ref().unwrap_or(&share.metric);
        let (whole_shown, whole_inputs) =
            (town.shown(of, &whole), share.whole.as_ref().map_or_else(Vec::new, |key| town.told(key)));
        let pool = pool_of(run, &share.pool)?;
        Ok(Shared {
            term,
            pool,
            share: &share.share,
            residual: share.residual,
            claims,
            whole,
            whole_shown,
            whole_inputs,
            others,
        })
    });
    distribute(run, n, shared)
}

fn pool_of<'r>(run: &Run<'r>, key: &str) -> Found<&'r Pool> {
    let pool = run.rule.pools.iter().find(|pool| pool.key == key);
    pool.ok_or_else(|| Missing::new("POOL_MISSING", "原資がありません。", "The pool is missing."))
}

/// The claims of all who take part, and why the others do not. A claim that cannot be told is a fault.
fn claims(
    run: &mut Run<'_>,
    n: usize,
    claim: impl Fn(&Run<'_>, &Term, usize) -> Found<Claim>,
) -> (Vec<Claim>, Vec<(usize, String)>) {
    let rule = run.rule;
    let term = &rule.terms[n];
    let (mut claims, mut others) = (Vec::new(), Vec::new());
    for at in 0..run.bodies.len() {
        let body = run.bodies[at];
        let found = match run.excluded(term, body) {
            Ok(Some(reason)) => {
                others.push((at, reason));
                continue;
            }
            Ok(None) => claim(run, term, at),
            Err(missing) => Err(missing),
        };
        match found {
            Ok(claim) => claims.push(claim),
            Err(missing) => {
                run.fault(missing, &format!("terms[{n}]"), Some(body));
                others.push((at, String::new()));
            }
        }
    }
    (claims, others)
}

/// What a pool holds.
fn pool_amount(run: &Run<'_>, pool: &Pool) -> Found<Exact> {
    let town = Lookup { rule: run.rule, inputs: run.inputs, body: None };
    let Amount::BudgetRest(rest) = &pool.amount else {
        let amount = town.amount(&pool.amount)?;
        return amount.ok_or_else(|| Missing::new("POOL_MISSING", "原資の額がありません。", "The pool has no amount."));
    };
    let mut left = town.budget()?;
    for at in 0..run.bodies.len() {
        left = bounded(&left - &sum(run.parts(&rest.after, at).map(|made| &made.value))?)?;
    }
    if left.is_negative() {
        return Err(Missing::new(
            "BUDGET_EXCEEDED",
            "先に算定した項だけで予算を超えます。",
            "The terms before exceed the budget.",
        ));
    }
    Ok(left)
}

fn distribute(run: &mut Run<'_>, n: usize, shared: Found<Shared<'_>>) -> Vec<Made> {
    let nothing = || vec![Made::nothing(String::new()); run.bodies.len()];
    let made = shared.and_then(|shared| {
        let amount = pool_amount(run, shared.pool)?;
        give(run, shared, &amount)
    });
    match made {
        Ok((made, outcome)) => {
            run.pools[n] = Some(outcome);
            made
        }
        Err(missing) => {
            let made = nothing();
            run.fault(missing, &format!("terms[{n}]"), None);
            made
        }
    }
}

/// Parts that are rounded up, or taken of a whole that is less than their sum, may be more than there is.
fn exceeded(pool: &Pool, given: &Exact, available: &Exact) -> Missing {
    let (label, given, available) = (&pool.label, yen(given), yen(available));
    Missing::new(
        "POOL_EXCEEDED",
        format!(
            "「{label}」から配分する額の合計 {given}が、分ける額 {available}を超えます。端数処理を切捨てとするか、分母を確かめてください。"
        ),
        format!("The parts of {label} sum to {given}, more than {available}. Round them down, or look at the whole."),
    )
}

/// Does an adjustment bring the sum to the budget, and is the pool all of that, or all that is left of it? Then what
/// rounding gives beyond the pool is the adjustment's to take back.
fn left_to_the_budget(run: &Run<'_>, pool: &Pool, amount: &Exact) -> bool {
    let is_fitted = run.rule.adjustments.iter().any(|one| matches!(one.kind, AdjustmentKind::Budget(_)));
    let is_all = matches!(pool.amount, Amount::BudgetRest(_))
        || run.inputs.budget.is_some_and(|budget| *amount >= Exact::from(budget));
    is_fitted && is_all
}

fn give(run: &Run<'_>, shared: Shared<'_>, amount: &Exact) -> Found<(Vec<Made>, PoolOutcome)> {
    let Shared { term, pool, share, residual, claims, whole, whole_shown, whole_inputs, others } = shared;
    let available = amount * share;
    if whole.is_zero() && !claims.is_empty() {
        return Err(Missing::new(
            "DIVIDED_BY_ZERO",
            "分ける基になる値の合計が0です。",
            "There is nothing to divide by.",
        ));
    }
    let quota = |claim: &Claim| (&available * &claim.weight).over(&whole).unwrap_or_else(Exact::zero);
    let quotas = claims.iter().map(|claim| bounded(quota(claim))).collect::<Found<Vec<_>>>()?;
    let part = if *share == Exact::one() { String::new() } else { format!(" × {share}") };
    let mut made = vec![Made::nothing(String::new()); run.bodies.len()];
    for (claim, quota) in claims.iter().zip(&quotas) {
        let times = if claim.shown.is_empty() { String::new() } else { format!(" × {}", claim.shown) };
        let expression = format!("{}{}{part}{times} ÷ {whole_shown}", pool.label, yen(amount));
        let mut inputs = claim.inputs.clone();
        inputs.extend(whole_inputs.iter().cloned());
        made[claim.at] = Made { value: quota.clone(), expression, rounded: None, inputs };
    }
    match residual {
        Residual::Reserve => {
            // The weights are in the claims already.
            let unweighted = Term { weights: Vec::new(), ..term.clone() };
            for claim in &claims {
                let finished = finish(&unweighted, run.bodies[claim.at], made[claim.at].clone())?;
                made[claim.at] = finished;
            }
        }
        Residual::LargestRemainder => {
            let unit = term.rounding.as_ref().map_or_else(Exact::one, |rounding| rounding.unit.clone());
            let given = largest_remainder(&available, &quotas, &unit);
            for (claim, value) in claims.iter().zip(given) {
                let made = &mut made[claim.at];
                made.expression = format!("{} = {}", made.expression, yen(&made.value));
                made.rounded = Some(format!("最大剰余法({}未満の端数を配分) → {}", yen(&unit), yen(&value)));
                made.value = value;
            }
        }
    }
    for (at, reason) in others {
        made[at] = Made::nothing(reason);
    }
    let given = sum(made.iter().map(|made| &made.value))?;
    let by_rounding = sum(quotas.iter())? <= available;
    if given > available && !(by_rounding && left_to_the_budget(run, pool, amount)) {
        return Err(exceeded(pool, &given, &available));
    }
    let beyond = || Missing::new("OVERFLOW", "額が扱える範囲を超えています。", "The amount is beyond range.");
    let in_yen = |number: &Exact| number.yen_below().ok_or_else(beyond);
    let (available, given) = (in_yen(&available)?, in_yen(&given)?);
    let residual = crate::kernel::money::Yen(available.0 - given.0);
    Ok((made, PoolOutcome { term: term.key.clone(), available, given, residual }))
}
