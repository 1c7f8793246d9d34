//! Bodies that were split in the year: what the body before would have got goes to its parts.

use std::collections::BTreeMap;

use crate::grants::allocation::evaluate::adjust::Standing;
use crate::grants::allocation::evaluate::{Found, Made, Missing, Run, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::outcome::LineInput;
use crate::grants::allocation::rule::Split;
use crate::grants::allocation::share::largest_remainder;
use crate::grants::allocation::words::yen;

/// Gives what split bodies would have got to their parts.
pub(super) fn split(run: &Run<'_>, of: &Split, all: &[Standing<'_>]) -> Found<Vec<Option<Made>>> {
    let mut made: Vec<Option<Made>> = all.iter().map(|_| None).collect();
    for (whole, places) in families(run)? {
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

/// The place of each body that was split, with the places of its parts.
pub(super) fn families(run: &Run<'_>) -> Found<Vec<(usize, Vec<usize>)>> {
    let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, body) in run.bodies.iter().enumerate() {
        if let Some(split) = &body.split_from {
            parts.entry(&split.parent).or_default().push(at);
        }
    }
    let family = |(parent, places)| {
        let whole = run.bodies.iter().position(|body| body.key == parent && body.split_from.is_none());
        let whole = whole.ok_or_else(|| {
            Missing::new("SPLIT_PARENT", "分割前の団体が対象にありません。", "The body that was split takes no part.")
        })?;
        Ok((whole, places))
    };
    parts.into_iter().map(family).collect()
}

/// What the parts of a body share by: what they agreed on, or the metric.
pub(super) fn shares(run: &Run<'_>, of: &Split, places: &[usize]) -> Found<(Vec<Exact>, Vec<Vec<LineInput>>)> {
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
