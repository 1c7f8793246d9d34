//! What is a whole district's is given once: to one body of it, and not beyond what was published of all.

use std::collections::HashMap;

use crate::grants::allocation::evaluate::{Missing, Run, sum};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::Body;
use crate::grants::allocation::rule::{FixedTable, TermKind};
use crate::grants::allocation::words::yen;

/// Looks over the terms that were calculated.
pub(super) fn check(run: &mut Run<'_>) {
    shared(run);
    tables(run);
}

/// Two bodies of one district that take part in what looks at the district would each have all of it.
fn shared(run: &mut Run<'_>) {
    let rule = run.rule;
    for part in rule.of_districts(run.inputs.fiscal_year) {
        let term = (0..rule.terms.len()).find(|n| part.path == format!("terms[{n}]"));
        let mut first: HashMap<&str, &Body> = HashMap::new();
        for (at, body) in run.bodies.clone().into_iter().enumerate() {
            let inside = match term {
                Some(n) => gives(run, n, at),
                None => body.split_from.is_none(),
            };
            if !inside {
                continue;
            }
            match first.get(body.district.as_str()) {
                None => _ = first.insert(&body.district, body),
                Some(other) => run.fault(twice(&part.label, body, other), &part.path, Some(body)),
            }
        }
    }
}

/// Does a term give a body something of its district? Whoever cannot be told of is a fault already and has nothing.
fn gives(run: &Run<'_>, n: usize, at: usize) -> bool {
    let (term, body) = (&run.rule.terms[n], run.bodies[at]);
    if run.terms[n].get(at).is_none_or(|made| made.value.is_zero()) {
        return false;
    }
    let TermKind::Conditional(of) = &term.kind else { return true };
    let lookup = run.lookup(body);
    let case = of.cases.iter().find(|case| matches!(lookup.holds(&case.when), Ok(true)));
    let amount = case.map(|case| &case.amount).or(of.otherwise.as_ref());
    amount.is_some_and(|amount| run.rule.is_of_district(amount))
}

fn twice(label: &str, body: &Body, other: &Body) -> Missing {
    let (district, other) = (body.district_name(), &other.name);
    Missing::new(
        "DISTRICT_SHARED",
        format!(
            "{other}と同じ{district}の団体です。「{label}」は地区全体の値によるので、二重に配分されます。\
             対象の団体を一つとするか、分割として算定するか、団体ごとの値を申告によってください。"
        ),
        format!(
            "{other} is of {district}, too, and {label} looks at all of it. Calculate for one of them, as a split, or by \
             what is declared of each."
        ),
    )
}

/// What a published table gives is not more than was published.
fn tables(run: &mut Run<'_>) {
    let rule = run.rule;
    for (n, term) in rule.terms.iter().enumerate() {
        let TermKind::FixedCeiling(table) = &term.kind else { continue };
        let published = published(table);
        let Ok(given) = sum(run.terms[n].iter().map(|made| &made.value)) else { continue };
        if given > published {
            let (given, published) = (yen(&given), yen(&published));
            let ja = format!("表によって配分する額の合計 {given}が、公表された合計 {published}を超えます。");
            let en = format!("The table gives {given}, more than its total of {published}.");
            run.fault(Missing::new("TABLE_EXCEEDED", ja, en), &format!("terms[{n}]"), None);
        }
    }
}

/// The total that was published, or the sum of the rows.
fn published(table: &FixedTable) -> Exact {
    let rows = || table.rows.iter().fold(Exact::zero(), |sum, row| &sum + &Exact::from(row.yen));
    table.total.map_or_else(rows, Exact::from)
}
