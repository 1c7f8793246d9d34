//! Bringing the sum of all amounts to the budget: all alike, or within the limits that the rule set before.

use crate::grants::allocation::evaluate::adjust::{Standing, rounded};
use crate::grants::allocation::evaluate::limits::Edge;
use crate::grants::allocation::evaluate::lookup::Lookup;
use crate::grants::allocation::evaluate::{Found, Made, Missing, Run, bounded, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rounding::{Mode, Rounding};
use crate::grants::allocation::rule::{FitBudget, Limits, Residual, WhenOver};
use crate::grants::allocation::share::largest_remainder;
use crate::grants::allocation::within::{Claim, Shared, Stand, in_units, share_within};
use crate::grants::allocation::words::yen;

/// What is fitted to what.
struct Fitting<'a> {
    fit: &'a FitBudget,
    rounding: Option<&'a Rounding>,
    all: &'a [Standing<'a>],
    budget: Exact,
    total: Exact,
}

pub(super) fn fit_budget(
    run: &Run<'_>,
    fit: &FitBudget,
    rounding: Option<&Rounding>,
    all: &[Standing<'_>],
) -> Found<Vec<Option<Made>>> {
    let budget = Lookup { rule: run.rule, inputs: run.inputs, body: None }.budget()?;
    let total = sum(all.iter().map(|standing| &standing.value))?;
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
        return Ok(all.iter().map(|_| None).collect());
    }
    let fitting = Fitting { fit, rounding, all, budget, total };
    match fit.limits {
        Limits::Scaled => fitting.alike(),
        Limits::Held => fitting.within_limits(),
    }
}

impl Fitting<'_> {
    fn unit(&self) -> Exact {
        self.rounding.map_or_else(Exact::one, |rounding| rounding.unit.clone())
    }

    /// `300,000円 × 予算 1,000,000円 ÷ 合計 1,200,000円 = 250,000円`
    fn told(&self, value: &Exact, quota: &Exact) -> String {
        format!("{} × 予算 {} ÷ 合計 {} = {}", yen(value), yen(&self.budget), yen(&self.total), yen(quota))
    }

    /// Everybody by the same rate.
    fn alike(&self) -> Found<Vec<Option<Made>>> {
        let Self { fit, rounding, all, budget, total } = self;
        let quota =
            |standing: &Standing<'_>| bounded((&standing.value * budget).over(total).unwrap_or_else(Exact::zero));
        let quotas = all.iter().map(quota).collect::<Found<Vec<_>>>()?;
        let given = match fit.residual {
            Residual::LargestRemainder => Some(largest_remainder(budget, &quotas, &self.unit())),
            Residual::Reserve => None,
        };
        let mut made = Vec::with_capacity(all.len());
        for (n, (standing, quota)) in all.iter().zip(quotas).enumerate() {
            let expression = self.told(&standing.value, &quota);
            let one = Made { value: quota, expression, rounded: None, inputs: Vec::new() };
            made.push(Some(match &given {
                None => rounded(one, *rounding)?,
                Some(given) => Made { value: given[n].clone(), rounded: Some(self.to_units(&given[n])), ..one },
            }));
        }
        Ok(made)
    }

    fn to_units(&self, given: &Exact) -> String {
        format!("最大剰余法({}未満の端数を配分) → {}", yen(&self.unit()), yen(given))
    }

    /// Everybody by the same rate, but nobody past a limit: what those have who are held there is shared by the others.
    fn within_limits(&self) -> Found<Vec<Option<Made>>> {
        let claims = self.all.iter().map(|standing| self.claim(standing)).collect::<Found<Vec<_>>>()?;
        let shared = share_within(&self.budget, &claims).map_err(|least| self.too_little(&least))?;
        let (rest, weights) = (bounded(shared.rest.clone())?, bounded(shared.weights.clone())?);
        let quota = |claim: &Claim| bounded((&claim.weight * &rest).over(&weights).unwrap_or_else(Exact::zero));
        let quotas = claims.iter().map(quota).collect::<Found<Vec<_>>>()?;
        let units = match self.fit.residual {
            Residual::LargestRemainder => Some(in_units(&shared, &claims, &quotas, &self.unit())),
            Residual::Reserve => None,
        };
        let rest = self.told_rest(&shared);
        let one = |n: usize| {
            let (standing, claim, quota) = (&self.all[n], &claims[n], &quotas[n]);
            let expression = match &rest {
                None => self.told(&standing.value, quota),
                Some(rest) if weights.is_zero() => format!("{rest}を分ける団体がない"),
                Some(rest) => {
                    let (value, weights, quota) = (yen(&standing.value), yen(&weights), yen(quota));
                    format!("{rest}、{value} × 残り ÷ 残りの団体の合計 {weights} = {quota}")
                }
            };
            match shared.stands[n] {
                Stand::Least => held(&expression, standing.within.least.as_ref(), &claim.least, ("下限", "を下回る")),
                Stand::Most => {
                    let most = claim.most.as_ref().unwrap_or(&claim.least);
                    held(&expression, standing.within.most.as_ref(), most, ("上限", "以上となる"))
                }
                Stand::Between => self.between(expression, claim, quota, units.as_ref().map(|units| &units[n])),
            }
        };
        Ok((0..self.all.len()).map(|n| Some(one(n))).collect())
    }

    /// In whole yen where the amounts come out in whole yen: a least is rounded up and a most down.
    fn claim(&self, standing: &Standing<'_>) -> Found<Claim> {
        if standing.value.is_negative() {
            return Err(Missing::new(
                "NEGATIVE",
                "0円を下回る額があるので、予算を分けられません。前に最低額の調整を定めてください。",
                "An amount is below 0 yen, so the budget cannot be shared. Give the rule a minimum before.",
            ));
        }
        let whole = self.fit.residual == Residual::LargestRemainder || self.rounding.is_some();
        let at = |edge: &Option<Edge<'_>>, up: bool| {
            let at = &edge.as_ref()?.at;
            Some(match (whole, up) {
                (false, _) => at.clone(),
                (true, true) => at.ceil(),
                (true, false) => at.floor(),
            })
        };
        let least = at(&standing.within.least, true).unwrap_or_else(Exact::zero).max(Exact::zero());
        let most = at(&standing.within.most, false).map(|most| most.max(least.clone()));
        Ok(Claim { weight: standing.value.clone(), least, most })
    }

    fn too_little(&self, least: &Exact) -> Missing {
        let budget = &self.budget;
        Missing::new(
            "LIMITS_EXCEED_BUDGET",
            format!("最低保証などの下限の額の合計 {}が予算 {}を超えます。", yen(least), yen(budget)),
            format!("What bodies get at least sums to {least} yen and exceeds the budget ({budget} yen)."),
        )
    }

    /// What is left for the others; nothing where nobody is held.
    fn told_rest(&self, shared: &Shared) -> Option<String> {
        let held = shared.stands.iter().filter(|stand| **stand != Stand::Between).count();
        let (budget, kept, rest) = (yen(&self.budget), yen(&shared.held), yen(&shared.rest));
        (held > 0).then(|| format!("予算 {budget} − 限度にとどまる{held}団体の {kept} = 残り {rest}"))
    }

    fn between(&self, expression: String, claim: &Claim, quota: &Exact, units: Option<&Exact>) -> Made {
        let inputs = Vec::new();
        let down = |rounding: &Rounding| rounding.round(quota);
        if let Some(given) = units {
            let unit = self.unit();
            let is_least = *given == claim.least && down(&Rounding { mode: Mode::Floor, unit: unit.clone() }) < *given;
            let is_most = quota > given && claim.most.as_ref().is_some_and(|most| &(given + &unit) > most);
            let limit = if is_least {
                TO_LEAST
            } else if is_most {
                TO_MOST
            } else {
                ""
            };
            let rounded = Some(self.to_units(given) + limit);
            return Made { value: given.clone(), expression, rounded, inputs };
        }
        let Some(rounding) = self.rounding else {
            return Made { value: quota.clone(), expression, rounded: None, inputs };
        };
        let value = down(rounding).max(claim.least.clone());
        let limit = if down(rounding) < value { TO_LEAST } else { "" };
        let rounded = Some(format!("{} → {}{limit}", rounding.words("円"), yen(&value)));
        Made { value, expression, rounded, inputs }
    }
}

/// Rounded down, it would be below the least; a unit more would be above the most.
const TO_LEAST: &str = "(下限を下回らない)";
const TO_MOST: &str = "(上限を超えない)";

/// Who is held says at what, and by which adjustment.
fn held(expression: &str, edge: Option<&Edge<'_>>, at: &Exact, (limit, passes): (&str, &str)) -> Made {
    let of = edge.map_or("", |edge| edge.of);
    let expression = format!("{expression}。「{of}」による{limit} {}{passes}ので、{limit}の額とする", yen(at));
    let exact = edge.is_none_or(|edge| edge.at == *at);
    let rounded = (!exact).then(|| format!("1円未満の端数は{limit}の内に収める → {}", yen(at)));
    Made { value: at.clone(), expression, rounded, inputs: Vec::new() }
}
