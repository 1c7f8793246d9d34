//! Terms that look at one body at a time.

use crate::grants::allocation::evaluate::lookup::Lookup;
use crate::grants::allocation::evaluate::{Found, Made, Missing, Run, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::Boundary;
use crate::grants::allocation::rule::{
    Bound, Bracket, Conditional, Counted, Distance, Effect, Factor, FixedTable, Multiplier, Per, PerUnit,
    PercentOfInput, Term, TermKind,
};
use crate::grants::allocation::words::{self, yen};
use crate::kernel::money::Yen;

/// A term's value for the body at a place, before weights and rounding.
pub(super) fn value(run: &Run<'_>, term: &Term, at: usize) -> Found<Made> {
    let lookup = run.lookup(run.bodies[at]);
    match &term.kind {
        TermKind::PerUnit(per_unit) => self::per_unit(lookup, per_unit),
        TermKind::Fixed(fixed) => Ok(plain(Exact::from(fixed.yen), "定額".to_owned())),
        TermKind::Bracket(bracket) => self::bracket(lookup, bracket),
        TermKind::Conditional(conditional) => self::conditional(lookup, conditional),
        TermKind::PercentOfInput(percent) => percent_of_input(lookup, percent),
        TermKind::Distance(distance) => self::distance(lookup, distance),
        TermKind::Multiplier(multiplier) => self::multiplier(run, lookup, multiplier, at),
        TermKind::Ceiling(bound) => bounded_by(run, lookup, bound, at, true),
        TermKind::Floor(bound) => bounded_by(run, lookup, bound, at, false),
        TermKind::FixedCeiling(table) => fixed_table(lookup, table),
        TermKind::EqualPool(_) | TermKind::ProportionalPool(_) => Ok(plain(Exact::zero(), String::new())),
    }
}

fn plain(value: Exact, expression: String) -> Made {
    Made { value, expression, rounded: None, inputs: Vec::new() }
}

fn per_unit(lookup: Lookup<'_>, of: &PerUnit) -> Found<Made> {
    let PerUnit { metric, yen: rate, beyond, up_to, per } = of;
    let number = lookup.number(metric)?;
    let mut shown = lookup.shown(metric, &number);
    let mut counted = number;
    if let Some(most) = up_to.as_ref().filter(|most| counted > **most) {
        counted = most.clone();
        shown = format!("{}({shown}のうち上限)", lookup.shown(metric, most));
    }
    if let Some(free) = beyond {
        counted = (&counted - free).max(Exact::zero());
        shown = format!("{}({shown} − {})", lookup.shown(metric, &counted), lookup.shown(metric, free));
    }
    if let Some(per) = per {
        (counted, shown) = units(lookup, metric, per, &counted, &shown);
    }
    let expression = format!("{} × {shown}", yen(rate));
    Ok(Made { value: rate * &counted, expression, rounded: None, inputs: lookup.told(metric) })
}

/// How many units a number holds, and how that is told.
fn units(lookup: Lookup<'_>, metric: &str, per: &Per, number: &Exact, shown: &str) -> (Exact, String) {
    let Per { size, mode } = per;
    let count = number.over(size).map_or_else(Exact::zero, |count| mode.round(&count, &Exact::one()));
    let size = lookup.shown(metric, size);
    let text = format!("{count}({shown} ÷ {size}、端数{})", mode.word());
    (count, text)
}

fn bracket(lookup: Lookup<'_>, of: &Bracket) -> Found<Made> {
    let Bracket { metric, boundary, rows } = of;
    let number = lookup.number(metric)?;
    let (n, lower) = row_of(&number, *boundary, rows.iter().map(|row| row.up_to.as_ref()))?;
    let row = &rows[n];
    let unit = lookup.metric(metric).map_or("", |metric| metric.unit.as_str());
    let range = boundary.range(lower, row.up_to.as_ref(), unit);
    let mut value = Exact::from(row.yen);
    let mut expression = format!("{}({range})の額 {}", lookup.shown(metric, &number), row.yen);
    if let Some(step) = &row.step {
        let lower = lower.cloned().unwrap_or_else(Exact::zero);
        let beyond = (&number - &lower).max(Exact::zero());
        let shown = lookup.shown(metric, &beyond);
        let (count, shown) = units(lookup, metric, &step.per, &beyond, &shown);
        value = &value + &(&step.yen * &count);
        expression = format!("{expression} + {} × {shown}", yen(&step.yen));
    }
    Ok(Made { value, expression, rounded: None, inputs: lookup.told(metric) })
}

/// The row a number falls into, and its lower bound. Rows go on where the one before ends.
fn row_of<'r>(
    number: &Exact,
    boundary: Boundary,
    uppers: impl Iterator<Item = Option<&'r Exact>>,
) -> Found<(usize, Option<&'r Exact>)> {
    let mut lower = None;
    for (n, upper) in uppers.enumerate() {
        if upper.is_none_or(|upper| boundary.is_below(number, upper)) {
            return Ok((n, lower));
        }
        lower = upper;
    }
    Err(Missing::new("ROW_MISSING", "表に当てはまる段階がありません。", "The table has no row for this."))
}

fn conditional(lookup: Lookup<'_>, of: &Conditional) -> Found<Made> {
    let metric = |key: &str| lookup.metric(key);
    let mut inputs = Vec::new();
    for case in &of.cases {
        for input in lookup.told_of(&case.when) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        if lookup.holds(&case.when)? {
            let amount = lookup.amount(&case.amount)?.unwrap_or_else(Exact::zero);
            inputs.extend(lookup.told_amount(&case.amount));
            let expression = format!("{}ので {}", words::condition(&case.when, &metric), yen(&amount));
            return Ok(Made { value: amount, expression, rounded: None, inputs });
        }
    }
    let amount = match &of.otherwise {
        Some(otherwise) => lookup.amount(otherwise)?.unwrap_or_else(Exact::zero),
        None => Exact::zero(),
    };
    inputs.extend(of.otherwise.iter().flat_map(|otherwise| lookup.told_amount(otherwise)));
    let expression = format!("いずれの場合にも当たらないので {}", yen(&amount));
    Ok(Made { value: amount, expression, rounded: None, inputs })
}

fn percent_of_input(lookup: Lookup<'_>, of: &PercentOfInput) -> Found<Made> {
    let PercentOfInput { metric, percent } = of;
    let number = lookup.number(metric)?;
    let value = (&number * percent).over(&Exact::from(100)).unwrap_or_else(Exact::zero);
    let expression = format!("{} × {percent}%", lookup.shown(metric, &number));
    Ok(Made { value, expression, rounded: None, inputs: lookup.told(metric) })
}

fn distance(lookup: Lookup<'_>, of: &Distance) -> Found<Made> {
    let Distance { metric, threshold, counts, per, yen: rate } = of;
    let number = lookup.number(metric)?;
    let inputs = lookup.told(metric);
    let shown = lookup.shown(metric, &number);
    if number < *threshold {
        let expression = format!("{shown}は{}に満たないので 0円", lookup.shown(metric, threshold));
        return Ok(Made { value: Exact::zero(), expression, rounded: None, inputs });
    }
    let (counted, shown) = match counts {
        Counted::Whole => (number, shown),
        Counted::Excess => {
            let excess = &number - threshold;
            let text = format!("{}({shown} − {})", lookup.shown(metric, &excess), lookup.shown(metric, threshold));
            (excess, text)
        }
    };
    let (count, shown) = units(lookup, metric, per, &counted, &shown);
    let expression = format!("{} × {shown}", yen(rate));
    Ok(Made { value: rate * &count, expression, rounded: None, inputs })
}

/// The sum of other terms, and how it is told.
fn base(run: &Run<'_>, of: &[String], at: usize) -> Found<(Exact, String)> {
    let total = sum(run.parts(of, at).map(|made| &made.value))?;
    let labels: Vec<&str> =
        of.iter().filter_map(|key| run.rule.term(key)).map(|n| run.rule.terms[n].label.as_str()).collect();
    let shown = format!("{} {}", labels.join("・"), yen(&total));
    Ok((total, shown))
}

fn multiplier(run: &Run<'_>, lookup: Lookup<'_>, of: &Multiplier, at: usize) -> Found<Made> {
    let (total, shown) = base(run, &of.of, at)?;
    let (factor, told, inputs) = match &of.factor {
        Factor::Constant(factor) => (factor.clone(), factor.to_string(), Vec::new()),
        Factor::Metric(key) => {
            let number = lookup.number(key)?;
            let shown = lookup.shown(key, &number);
            (number, shown, lookup.told(key))
        }
        Factor::Table(table) => {
            let number = lookup.number(&table.metric)?;
            let (n, lower) = row_of(&number, table.boundary, table.rows.iter().map(|row| row.up_to.as_ref()))?;
            let row = &table.rows[n];
            let metric = lookup.metric(&table.metric);
            let unit = metric.map_or("", |metric| metric.unit.as_str());
            let range = table.boundary.range(lower, row.up_to.as_ref(), unit);
            let label = metric.map_or("", |metric| metric.label.as_str());
            let told = format!("{}({label}{range})", row.factor);
            (row.factor.clone(), told, lookup.told(&table.metric))
        }
    };
    let adds = if of.effect == Effect::Adds { "(加算)" } else { "" };
    let expression = format!("{shown} × {told}{adds}");
    Ok(Made { value: &total * &factor, expression, rounded: None, inputs })
}

fn bounded_by(run: &Run<'_>, lookup: Lookup<'_>, of: &Bound, at: usize, is_ceiling: bool) -> Found<Made> {
    let (total, shown) = base(run, &of.of, at)?;
    let limit = lookup.amount(&of.limit)?;
    let inputs = lookup.told_amount(&of.limit);
    let Some(limit) = limit else {
        return Ok(Made {
            value: total,
            expression: format!("{shown}(限度の基になる前年度の額なし)"),
            rounded: None,
            inputs,
        });
    };
    let word = if is_ceiling { "上限" } else { "下限" };
    let value = if is_ceiling { total.min(limit.clone()) } else { total.max(limit.clone()) };
    Ok(Made { value, expression: format!("{shown}、{word} {}", yen(&limit)), rounded: None, inputs })
}

fn fixed_table(lookup: Lookup<'_>, table: &FixedTable) -> Found<Made> {
    let body = lookup.body.ok_or_else(|| Missing::new("ROW_MISSING", "団体がありません。", "There is no body."))?;
    let row = table.rows.iter().find(|row| row.district == body.district);
    let Yen(amount) = row.map(|row| row.yen).ok_or_else(|| {
        let name = body.district_name();
        Missing::new(
            "ROW_MISSING",
            format!("{name}の額が表にありません。"),
            format!("The table has no row for {name}."),
        )
    })?;
    Ok(plain(Exact::from(amount), format!("公表された表の{}の額", body.district_name())))
}
