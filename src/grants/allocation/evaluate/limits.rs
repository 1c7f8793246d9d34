//! Between which amounts a body is to stay: what caps, minimums and limits of change say, carried through what the rule
//! does after them, so that a later budget may hold them.

use crate::grants::allocation::evaluate::adjust::{Change, Standing, single, year_of};
use crate::grants::allocation::evaluate::lookup::{Lookup, previous_input};
use crate::grants::allocation::evaluate::split::{families, shares};
use crate::grants::allocation::evaluate::{Found, Made, Run, bounded, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::outcome::LineInput;
use crate::grants::allocation::rule::{Adjustment, AdjustmentKind, Amount, ChangeLimit, Limits, Split};
use crate::grants::allocation::words::yen;

/// A limit and the adjustment that set it.
#[derive(Clone, Debug)]
pub(super) struct Edge<'r> {
    pub(super) at: Exact,
    /// The adjustment's label.
    pub(super) of: &'r str,
}

/// From the least to the most; open where nothing is said.
#[derive(Clone, Debug, Default)]
pub(super) struct Range<'r> {
    pub(super) least: Option<Edge<'r>>,
    pub(super) most: Option<Edge<'r>>,
}

impl<'r> Range<'r> {
    /// What becomes of this range where amounts are brought into a later one.
    fn brought_into(self, later: &Self) -> Self {
        let into = |edge: Edge<'r>| {
            let least = later.least.clone().filter(|least| edge.at < least.at);
            let most = later.most.clone().filter(|most| edge.at > most.at);
            most.or(least).unwrap_or(edge)
        };
        Self {
            least: self.least.map_or_else(|| later.least.clone(), |edge| Some(into(edge))),
            most: self.most.map_or_else(|| later.most.clone(), |edge| Some(into(edge))),
        }
    }

    fn map(self, change: impl Fn(&Exact) -> Found<Exact>) -> Found<Self> {
        let change = |edge: Option<Edge<'r>>| {
            edge.map(|Edge { at, of }| Ok(Edge { at: bounded(change(&at)?)?, of })).transpose()
        };
        Ok(Self { least: change(self.least)?, most: change(self.most)? })
    }

    /// What a body has already is never outside: a rounding of its own may have brought a limit past it.
    fn around(mut self, value: &Exact) -> Self {
        if let Some(least) = &mut self.least {
            least.at = least.at.clone().min(value.clone());
        }
        if let Some(most) = &mut self.most {
            most.at = most.at.clone().max(value.clone());
        }
        self
    }
}

/// Carries the ranges of all bodies through an adjustment that was made.
pub(super) fn carry<'r>(run: &Run<'r>, adjustment: &'r Adjustment, all: &mut [Standing<'r>]) -> Found<()> {
    match &adjustment.kind {
        AdjustmentKind::Split(of) => carry_split(run, of, all)?,
        AdjustmentKind::Budget(fit) if fit.limits == Limits::Held => {}
        AdjustmentKind::Budget(_) => all.iter_mut().for_each(|standing| standing.within = Range::default()),
        _ => {
            for (body, standing) in run.bodies.iter().zip(&mut *all) {
                let range = std::mem::take(&mut standing.within);
                standing.within = carried(run.lookup(body), adjustment, range)?;
            }
        }
    }
    for standing in all {
        standing.within = std::mem::take(&mut standing.within).around(&standing.value);
    }
    Ok(())
}

fn carried<'r>(lookup: Lookup<'r>, adjustment: &'r Adjustment, range: Range<'r>) -> Found<Range<'r>> {
    let (least, most) = match &adjustment.kind {
        AdjustmentKind::Cap(amount) => (None, limit_of(lookup, amount)?),
        AdjustmentKind::Minimum(amount) => (limit_of(lookup, amount)?, None),
        AdjustmentKind::ChangeLimit(of) => {
            change_range(lookup, of)?.map_or((None, None), |(_, least, most)| (least, most))
        }
        _ => {
            let through =
                |at: &Exact| Ok(single(lookup, adjustment, at)?.map_or_else(|| at.clone(), |made| made.value));
            return range.map(through);
        }
    };
    let edge = |at: Option<Exact>| {
        let at = at.map(|at| adjustment.rounding.as_ref().map_or_else(|| at.clone(), |rounding| rounding.round(&at)));
        at.map(|at| Edge { at, of: &adjustment.label })
    };
    Ok(range.brought_into(&Range { least: edge(least), most: edge(most) }))
}

/// The parts of a split body have their share of what it was to stay within.
fn carry_split<'r>(run: &Run<'r>, of: &Split, all: &mut [Standing<'r>]) -> Found<()> {
    for (whole, places) in families(run)? {
        let range = std::mem::take(&mut all[whole].within);
        let (shares, _) = shares(run, of, &places)?;
        let sum = sum(shares.iter())?;
        for (at, share) in places.into_iter().zip(&shares) {
            all[at].within = range.clone().map(|edge| Ok((edge * share).over(&sum).unwrap_or_else(Exact::zero)))?;
        }
    }
    Ok(())
}

/// The amount that limits the body; nothing where it waits for a split.
fn limit_of(lookup: Lookup<'_>, amount: &Amount) -> Found<Option<Exact>> {
    let waits = lookup.body.is_some_and(|body| body.split_from.is_some());
    Ok(lookup.amount(amount)?.filter(|_| !waits))
}

pub(super) fn limit(lookup: Lookup<'_>, value: &Exact, amount: &Amount, is_cap: bool) -> Change {
    let Some(limit) = limit_of(lookup, amount)? else { return Ok(None) };
    let beyond = if is_cap { *value > limit } else { *value < limit };
    if !beyond {
        return Ok(None);
    }
    let word = if is_cap { "上限" } else { "最低保証" };
    let expression = format!("{}を{word} {}とする", yen(value), yen(&limit));
    Ok(Some(Made { value: limit, expression, rounded: None, inputs: lookup.told_amount(amount) }))
}

/// The year before, and the least and the most that it allows.
type ChangeRange = Option<(Exact, Option<Exact>, Option<Exact>)>;

fn change_range(lookup: Lookup<'_>, of: &ChangeLimit) -> Found<ChangeRange> {
    let in_force = year_of(lookup.inputs.fiscal_year, of.first_fiscal_year, of.years).is_some();
    let Some(previous) = lookup.previous()?.filter(|_| in_force) else { return Ok(None) };
    let most = of.increase.as_ref().map(|share| &previous + &(&previous * share));
    let least = of.decrease.as_ref().map(|share| &previous - &(&previous * share));
    Ok(Some((previous, least, most)))
}

pub(super) fn change_limit(lookup: Lookup<'_>, value: &Exact, of: &ChangeLimit) -> Change {
    let Some((previous, least, most)) = change_range(lookup, of)? else { return Ok(None) };
    let most = most.filter(|most| value > most);
    let least = least.filter(|least| value < least);
    let (word, share, to) = match (most, least, &of.increase, &of.decrease) {
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
