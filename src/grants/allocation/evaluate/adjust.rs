//! What is done to the sum of the terms: adjustment after adjustment, as the rule lists them.

use chrono::Datelike;

use crate::grants::allocation::evaluate::budget::fit_budget;
use crate::grants::allocation::evaluate::limits::{self, Range, change_limit, limit};
use crate::grants::allocation::evaluate::lookup::Lookup;
use crate::grants::allocation::evaluate::split::split;
use crate::grants::allocation::evaluate::{Found, Made, Missing, Run, bounded, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::outcome::{Fault, Line, LineInput};
use crate::grants::allocation::rounding::Rounding;
use crate::grants::allocation::rule::{Adjustment, AdjustmentKind, Limits, PhaseIn, ProRata, Span};
use crate::grants::allocation::words::yen;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// What a body has got so far.
pub(super) struct Standing<'r> {
    pub(super) value: Exact,
    /// What limits before a budget that holds them leave it; open where there is no such budget.
    pub(super) within: Range<'r>,
    /// The sum of the counted lines.
    shown: i64,
    lines: Vec<Line>,
}

/// What an adjustment does to the body at a place; nothing where it leaves it alone.
pub(super) type Change = Found<Option<Made>>;

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
        if run.rule.adjustments[n + 1..].iter().any(holds_limits) {
            limits::carry(run, adjustment, &mut all).map_err(|missing| vec![missing.at(&path, None)])?;
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

/// Does it bring the sum to the budget without passing the limits that were set before?
fn holds_limits(adjustment: &Adjustment) -> bool {
    matches!(&adjustment.kind, AdjustmentKind::Budget(fit) if fit.limits == Limits::Held)
}

fn standing<'r>(run: &Run<'r>, at: usize) -> Found<Standing<'r>> {
    let lines = run.lines(at);
    let counted = lines.iter().zip(&run.terms).filter(|(line, _)| line.counted);
    let value = sum(counted.map(|(_, made)| &made[at].value))?;
    let shown = lines.iter().filter(|line| line.counted).map(|line| line.amount.0).sum();
    Ok(Standing { value, within: Range::default(), shown, lines })
}

impl Standing<'_> {
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
fn changes(run: &Run<'_>, adjustment: &Adjustment, all: &[Standing<'_>]) -> Found<Vec<Change>> {
    let rounding = adjustment.rounding.as_ref();
    Ok(match &adjustment.kind {
        AdjustmentKind::Budget(fit) => fit_budget(run, fit, rounding, all)?.into_iter().map(Ok).collect(),
        AdjustmentKind::Split(of) => split(run, of, all)?.into_iter().map(Ok).collect(),
        _ => {
            let bodies = run.bodies.iter().zip(all);
            bodies.map(|(body, standing)| single(run.lookup(body), adjustment, &standing.value)).collect()
        }
    })
}

/// What an adjustment that looks at one body at a time makes of an amount of it. More never becomes less.
pub(super) fn single(lookup: Lookup<'_>, adjustment: &Adjustment, value: &Exact) -> Change {
    let made = match &adjustment.kind {
        AdjustmentKind::Cap(amount) => limit(lookup, value, amount, true)?,
        AdjustmentKind::Minimum(amount) => limit(lookup, value, amount, false)?,
        AdjustmentKind::ChangeLimit(of) => change_limit(lookup, value, of)?,
        AdjustmentKind::PhaseIn(of) => phase_in(lookup, value, of)?,
        AdjustmentKind::ProRata(of) => pro_rata(lookup, value, of)?,
        AdjustmentKind::Round(rounding) => Some(round(value, rounding)),
        AdjustmentKind::Budget(_) | AdjustmentKind::Split(_) => None,
    };
    made.map(|made| rounded(made, adjustment.rounding.as_ref())).transpose()
}

pub(super) fn rounded(mut made: Made, rounding: Option<&Rounding>) -> Found<Made> {
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

/// Which of `years` years this is, counted from one; nothing outside of them.
pub(super) fn year_of(year: FiscalYear, first: FiscalYear, years: i32) -> Option<i64> {
    let n = i64::from(year.0) - i64::from(first.0) + 1;
    (1..=i64::from(years)).contains(&n).then_some(n)
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

fn pro_rata(lookup: Lookup<'_>, value: &Exact, of: &ProRata) -> Change {
    let year = lookup.inputs.fiscal_year;
    let formed = lookup.body.and_then(|body| body.formed_on);
    // Nothing is nothing, whenever it began: parts of a body that is split later have nothing yet.
    if formed.is_none() && !value.is_zero() {
        let (ja, en) = (
            "発足の日が登録されていません。団体の設立日を登録してください。",
            "The day of its founding is not known. Record it with the organization.",
        );
        return Err(Missing::new("METRIC_MISSING", ja, en));
    }
    let Some(formed) = formed.filter(|day| *day > year.first_day()) else { return Ok(None) };
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
    Ok(Some(Made { value: to, expression, rounded: None, inputs: vec![input] }))
}
