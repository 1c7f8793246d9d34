//! What is done to the sum of the terms: adjustment after adjustment, as the rule lists them.

use std::collections::BTreeMap;

use chrono::Datelike;

use crate::grants::allocation::evaluate::lookup::{Lookup, previous_input};
use crate::grants::allocation::evaluate::{Found, Made, Missing, Run, bounded, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::Body;
use crate::grants::allocation::outcome::{Fault, Line, LineInput};
use crate::grants::allocation::rounding::Rounding;
use crate::grants::allocation::rule::{
    Adjustment, AdjustmentKind, Amount, ChangeLimit, FitBudget, PhaseIn, ProRata, Residual, Span, Split, WhenOver,
};
use crate::grants::allocation::share::largest_remainder;
use crate::grants::allocation::words::yen;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// What a body has got so far.
struct Standing {
    value: Exact,
    /// The sum of the counted lines.
    shown: i64,
    lines: Vec<Line>,
}

/// What an adjustment does to the body at a place; nothing where it leaves it alone.
type Change = Found<Option<Made>>;

/// Applies all adjustments to the sums of the terms.
pub(super) fn adjust(run: &Run<'_>) -> Result<Vec<(Exact, Vec<Line>)>, Vec<Fault>> {
    let mut all = Vec::with_capacity(run.bodies.len());
    for (at, body) in run.bodies.iter().enumerate() {
        all.push(standing(run, at).map_err(|missing| vec![missing.at("terms", Some(body))])?);
    }
    for (n, adjustment) in run.rule.adjustments.iter().enumerate() {
        let path = format!("adjustments[{n}]");
        let changes = changes(run, adjustment, &all).map_err(|missing| vec![missing.at(&path, None)])?;
        let mut faults = Vec::new();
        for (at, change) in changes.into_iter().enumerate() {
            match change {
                Ok(Some(made)) => all[at].take(adjustment, made),
                Ok(None) => {}
                Err(missing) => faults.push(missing.at(&path, Some(run.bodies[at]))),
            }
        }
        if !faults.is_empty() {
            faults.truncate(super::FAULTS);
            return Err(faults);
        }
    }
    let waiting = run.bodies.iter().find(|body| body.split_from.is_some());
    if let Some(body) =
        waiting.filter(|_| !run.rule.adjustments.iter().any(|a| matches!(a.kind, AdjustmentKind::Split(_))))
    {
        let none =
            Missing::new("SPLIT_MISSING", "規則に分割の定めがありません。", "The rule does not say how to split.");
        return Err(vec![none.at("adjustments", Some(body))]);
    }
    Ok(all.into_iter().map(|standing| (standing.value, standing.lines)).collect())
}

fn standing(run: &Run<'_>, at: usize) -> Found<Standing> {
    let lines = run.lines(at);
    let counted = lines.iter().zip(&run.terms).filter(|(line, _)| line.counted);
    let value = sum(counted.map(|(_, made)| &made[at].value))?;
    let shown = lines.iter().filter(|line| line.counted).map(|line| line.amount.0).sum();
    Ok(Standing { value, shown, lines })
}

impl Standing {
    /// Takes a new value, with the line that tells of it.
    fn take(&mut self, adjustment: &Adjustment, made: Made) {
        let Made { value, expression, rounded, inputs } = made;
        let after = value.yen_below().unwrap_or(Yen::MAX).0;
        if value == self.value && after == self.shown {
            return;
        }
        self.lines.push(Line {
            key: adjustment.key.clone(),
            label: adjustment.label.clone(),
            legal_reference: adjustment.legal_reference.clone(),
            inputs,
            expression,
            rounded,
            amount: Yen(after - self.shown),
            counted: true,
        });
        (self.value, self.shown) = (value, after);
    }
}

/// What an adjustment does to each body.
fn changes(run: &Run<'_>, adjustment: &Adjustment, all: &[Standing]) -> Found<Vec<Change>> {
    let rounding = adjustment.rounding.as_ref();
    let each = |change: &dyn Fn(Lookup<'_>, &Exact) -> Change| {
        let one = |(body, standing): (&&Body, &Standing)| {
            let made = change(Lookup { rule: run.rule, inputs: run.inputs, body: Some(body) }, &standing.value)?;
            made.map(|made| rounded(made, rounding)).transpose()
        };
        run.bodies.iter().zip(all).map(one).collect()
    };
    Ok(match &adjustment.kind {
        AdjustmentKind::Cap(amount) => each(&|lookup, value| limit(lookup, value, amount, true)),
        AdjustmentKind::Minimum(amount) => each(&|lookup, value| limit(lookup, value, amount, false)),
        AdjustmentKind::ChangeLimit(of) => each(&|lookup, value| change_limit(lookup, value, of)),
        AdjustmentKind::PhaseIn(of) => each(&|lookup, value| phase_in(lookup, value, of)),
        AdjustmentKind::ProRata(of) => each(&|lookup, value| Ok(pro_rata(lookup, value, of))),
        AdjustmentKind::Round(rounding) => each(&|_, value| Ok(Some(round(value, rounding)))),
        AdjustmentKind::Budget(fit) => fit_budget(run, fit, rounding, all)?.into_iter().map(Ok).collect(),
        AdjustmentKind::Split(split) => self::split(run, split, all)?.into_iter().map(Ok).collect(),
    })
}

fn rounded(mut made: Made, rounding: Option<&Rounding>) -> Found<Made> {
    if let Some(rounding) = rounding {
        made.value = rounding.round(&made.value);
        made.rounded = Some(format!("{} → {}", rounding.words("円"), yen(&made.value)));
    }
    made.value = bounded(made.value)?;
    Ok(made)
}

fn round(value: &Exact, rounding: &Rounding) -> Made {
    let to = rounding.round(value);
    let rounded = Some(format!("{} → {}", rounding.words("円"), yen(&to)));
    Made { value: to, expression: format!("合計 {}", yen(value)), rounded, inputs: Vec::new() }
}

fn limit(lookup: Lookup<'_>, value: &Exact, amount: &Amount, is_cap: bool) -> Change {
    let waits = lookup.body.is_some_and(|body| body.split_from.is_some());
    let Some(limit) = lookup.amount(amount)?.filter(|_| !waits) else { return Ok(None) };
    let beyond = if is_cap { *value > limit } else { *value < limit };
    if !beyond {
        return Ok(None);
    }
    let word = if is_cap { "上限" } else { "最低保証" };
    let expression = format!("{}を{word} {}とする", yen(value), yen(&limit));
    Ok(Some(Made { value: limit, expression, rounded: None, inputs: lookup.told_amount(amount) }))
}

/// Which of `years` years this is, counted from one; nothing outside of them.
fn year_of(year: FiscalYear, first: FiscalYear, years: i32) -> Option<i64> {
    let n = i64::from(year.0) - i64::from(first.0) + 1;
    (1..=i64::from(years)).contains(&n).then_some(n)
}

fn change_limit(lookup: Lookup<'_>, value: &Exact, of: &ChangeLimit) -> Change {
    let ChangeLimit { increase, decrease, first_fiscal_year, years } = of;
    let in_force = year_of(lookup.inputs.fiscal_year, *first_fiscal_year, *years).is_some();
    let Some(previous) = lookup.previous()?.filter(|_| in_force) else { return Ok(None) };
    let most = increase.as_ref().map(|share| &previous + &(&previous * share)).filter(|most| value > most);
    let least = decrease.as_ref().map(|share| &previous - &(&previous * share)).filter(|least| value < least);
    let (word, share, to) = match (most, least, increase, decrease) {
        (Some(most), _, Some(share), _) => ("増", share, most),
        (_, Some(least), _, Some(share)) => ("減", share, least),
        _ => return Ok(None),
    };
    let expression = format!("{}を、前年度 {}の{share}の{word}までとする", yen(value), yen(&previous));
    Ok(Some(Made { value: to, expression, rounded: None, inputs: told_previous(lookup) }))
}

fn told_previous(lookup: Lookup<'_>) -> Vec<LineInput> {
    lookup.body.and_then(|body| body.previous.as_ref()).map(previous_input).into_iter().collect()
}

fn phase_in(lookup: Lookup<'_>, value: &Exact, of: &PhaseIn) -> Change {
    let PhaseIn { from: key, first_fiscal_year, years } = of;
    let Some(n) = year_of(lookup.inputs.fiscal_year, *first_fiscal_year, *years) else { return Ok(None) };
    if lookup.body.is_some_and(|body| body.split_from.is_some()) {
        return Ok(None);
    }
    let from = lookup.number(key)?;
    let share = Exact::from(n).over(&Exact::from(i64::from(*years))).unwrap_or_else(Exact::one);
    let to = &from + &(&(value - &from) * &share);
    let expression =
        format!("{f} + ({} − {f}) × {share}({years}年のうち{n}年目) = {}", yen(value), yen(&to), f = yen(&from));
    Ok(Some(Made { value: to, expression, rounded: None, inputs: lookup.told(key) }))
}

fn pro_rata(lookup: Lookup<'_>, value: &Exact, of: &ProRata) -> Option<Made> {
    let year = lookup.inputs.fiscal_year;
    let formed = lookup.body.and_then(|body| body.formed_on).filter(|day| *day > year.first_day());
    let formed = formed?;
    let last = year.last_day();
    let (count, of, unit) = match of.by {
        Span::Days => ((last - formed).num_days() + 1, (last - year.first_day()).num_days() + 1, "日"),
        Span::Months => {
            let months = i64::from(last.year() - formed.year()) * 12 + 3 - i64::from(formed.month());
            (months + i64::from(of.counts_first_month), 12, "月")
        }
    };
    let count = count.clamp(0, of);
    let to = (value * &Exact::from(count)).over(&Exact::from(of)).unwrap_or_else(Exact::zero);
    let expression = format!("{} × {count}/{of}({unit}割) = {}", yen(value), yen(&to));
    let source = "団体の登録内容".to_owned();
    let input = LineInput { name: "発足の日".to_owned(), value: formed.to_string(), as_of: Some(formed), source };
    Some(Made { value: to, expression, rounded: None, inputs: vec![input] })
}

fn fit_budget(
    run: &Run<'_>,
    fit: &FitBudget,
    rounding: Option<&Rounding>,
    all: &[Standing],
) -> Found<Vec<Option<Made>>> {
    let budget = Lookup { rule: run.rule, inputs: run.inputs, body: None }.budget()?;
    let total = sum(all.iter().map(|standing| &standing.value))?;
    let unchanged = || Ok(all.iter().map(|_| None).collect());
    if total > budget && fit.over == WhenOver::Refuse {
        return Err(Missing::new(
            "BUDGET_EXCEEDED",
            format!("合計 {}が予算 {}を超えます。", yen(&total), yen(&budget)),
            format!("The sum ({total} yen) exceeds the budget ({budget} yen)."),
        ));
    }
    // Who fills the budget to the last yen distributes fractions even where the sum is right already.
    let exactly = fit.fill && fit.residual == Residual::LargestRemainder;
    if total.is_zero() || (total < budget && !fit.fill) || (total == budget && !exactly) {
        return unchanged();
    }
    let quota = |standing: &Standing| bounded((&standing.value * &budget).over(&total).unwrap_or_else(Exact::zero));
    let quotas = all.iter().map(quota).collect::<Found<Vec<_>>>()?;
    let unit = rounding.map_or_else(Exact::one, |rounding| rounding.unit.clone());
    let given = match fit.residual {
        Residual::LargestRemainder => Some(largest_remainder(&budget, &quotas, &unit)),
        Residual::Reserve => None,
    };
    let mut made = Vec::with_capacity(all.len());
    for (n, (standing, quota)) in all.iter().zip(quotas).enumerate() {
        let words =
            format!("{} × 予算 {} ÷ 合計 {} = {}", yen(&standing.value), yen(&budget), yen(&total), yen(&quota));
        let one = Made { value: quota, expression: words, rounded: None, inputs: Vec::new() };
        made.push(Some(match &given {
            None => rounded(one, rounding)?,
            Some(given) => {
                let words = format!("最大剰余法({}未満の端数を配分) → {}", yen(&unit), yen(&given[n]));
                Made { value: given[n].clone(), rounded: Some(words), ..one }
            }
        }));
    }
    Ok(made)
}

/// Gives what split bodies would have got to their parts.
fn split(run: &Run<'_>, of: &Split, all: &[Standing]) -> Found<Vec<Option<Made>>> {
    let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, body) in run.bodies.iter().enumerate() {
        if let Some(split) = &body.split_from {
            parts.entry(&split.parent).or_default().push(at);
        }
    }
    let mut made: Vec<Option<Made>> = all.iter().map(|_| None).collect();
    for (parent, places) in parts {
        let whole = run.bodies.iter().position(|body| body.key == parent && body.split_from.is_none());
        let whole = whole.ok_or_else(|| {
            Missing::new("SPLIT_PARENT", "分割前の団体が対象にありません。", "The body that was split takes no part.")
        })?;
        let (shares, inputs) = shares(run, of, &places)?;
        let sum = sum(shares.iter())?;
        let total = all[whole].value.floor();
        let quota = |share: &Exact| (&total * share).over(&sum);
        let quotas: Vec<Exact> = shares.iter().map(|share| quota(share).unwrap_or_else(Exact::zero)).collect();
        let name = &run.bodies[whole].name;
        for (n, value) in largest_remainder(&total, &quotas, &Exact::one()).into_iter().enumerate() {
            let words = format!("{name}の {} × {} ÷ {sum} = {}", yen(&total), shares[n], yen(&quotas[n]));
            let rounded = Some(format!("最大剰余法(1円未満の端数を配分) → {}", yen(&value)));
            made[places[n]] = Some(Made { value, expression: words, rounded, inputs: inputs[n].clone() });
        }
        let names: Vec<&str> = places.iter().map(|at| run.bodies[*at].name.as_str()).collect();
        made[whole] = Some(Made::nothing(format!("{}に分割", names.join("・"))));
    }
    Ok(made)
}

/// What the parts of a body share by: what they agreed on, or the metric.
fn shares(run: &Run<'_>, of: &Split, places: &[usize]) -> Found<(Vec<Exact>, Vec<Vec<LineInput>>)> {
    let agreed = |at: &usize| run.bodies[*at].split_from.as_ref().and_then(|split| split.share.clone());
    let agreed: Vec<Exact> = places.iter().filter_map(agreed).collect();
    if agreed.len() == places.len() && sum(agreed.iter())? == Exact::one() && !agreed.iter().any(Exact::is_negative) {
        let source = "団体間の合意".to_owned();
        let told = |share: &Exact| {
            vec![LineInput {
                name: "分割の割合".to_owned(),
                value: share.to_string(),
                as_of: None,
                source: source.clone(),
            }]
        };
        return Ok((agreed.clone(), agreed.iter().map(told).collect()));
    }
    if !agreed.is_empty() {
        return Err(Missing::new(
            "SPLIT_SHARES",
            "分割の割合は、分かれたすべての団体について定め、合計を1としてください。",
            "All parts agree on shares that sum to 1, or none does.",
        ));
    }
    let lookups = || places.iter().map(|at| run.lookup(run.bodies[*at]));
    let numbers = lookups().map(|lookup| lookup.number(&of.metric)).collect::<Found<Vec<_>>>()?;
    if sum(numbers.iter())?.is_zero() {
        return Err(Missing::new(
            "DIVIDED_BY_ZERO",
            "分割の基になる値の合計が0です。",
            "There is nothing to split by.",
        ));
    }
    Ok((numbers, lookups().map(|lookup| lookup.told(&of.metric)).collect()))
}
