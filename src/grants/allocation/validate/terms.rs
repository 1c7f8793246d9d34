//! Pools and terms, one by one: what they name is there and fits, numbers are in range, tables are whole.

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rule::{
    Amount, BracketRow, Condition, Conditional, Distance, Factor, FactorRow, FixedTable, Multiplier, Per, PerUnit,
    Term, TermKind,
};
use crate::grants::allocation::validate::{Check, MOST, ROWS, Wanted};

/// The deepest nesting of a condition.
const DEEP: usize = 6;

pub(super) fn check(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, pool) in rule.pools.iter().enumerate() {
        let path = format!("pools[{n}].amount");
        amount(check, &path, &pool.amount, Place::Pool);
    }
    for (n, term) in rule.terms.iter().enumerate() {
        let path = format!("terms[{n}]");
        frame(check, &path, term);
        kind(check, &format!("{path}.kind"), &term.kind);
    }
    if let Err(n) = rule.order() {
        check.fail(
            &format!("terms[{n}].kind"),
            "CYCLE",
            "項が自分自身に基づいています。",
            "The term is made of itself.",
        );
    }
}

fn frame(check: &mut Check<'_>, path: &str, term: &Term) {
    check.money_rounding(&format!("{path}.rounding"), term.rounding.as_ref());
    check.at_most(&format!("{path}.exclusions"), term.exclusions.len(), MOST);
    for (n, exclusion) in term.exclusions.iter().enumerate() {
        let path = format!("{path}.exclusions[{n}]");
        condition(check, &format!("{path}.when"), &exclusion.when, DEEP);
        check.text(&format!("{path}.reason"), &exclusion.reason, 200);
    }
    check.at_most(&format!("{path}.weights"), term.weights.len(), ROWS);
    let districts: Vec<&str> = term.weights.iter().map(|weight| weight.district.as_str()).collect();
    for (n, weight) in term.weights.iter().enumerate() {
        check.not_negative(&format!("{path}.weights[{n}].weight"), &weight.weight);
    }
    once(check, &format!("{path}.weights"), &districts);
}

/// Each district once.
fn once(check: &mut Check<'_>, path: &str, districts: &[&str]) {
    for (n, district) in districts.iter().enumerate() {
        if districts[..n].contains(district) {
            check.twice(&format!("{path}[{n}].district"));
        }
    }
}

fn kind(check: &mut Check<'_>, path: &str, kind: &TermKind) {
    match kind {
        TermKind::EqualPool(of) => pool(check, &format!("{path}.equalPool"), &of.pool, &of.share),
        TermKind::ProportionalPool(of) => {
            let path = format!("{path}.proportionalPool");
            pool(check, &path, &of.pool, &of.share);
            check.metric(&format!("{path}.metric"), &of.metric, Wanted::BODY_NUMBER);
            if let Some(whole) = &of.whole {
                check.metric(&format!("{path}.whole"), whole, Wanted::TOWN_NUMBER);
            }
        }
        TermKind::PerUnit(of) => per_unit(check, &format!("{path}.perUnit"), of),
        TermKind::Fixed(_) => {}
        TermKind::Bracket(of) => {
            let path = format!("{path}.bracket");
            check.metric(&format!("{path}.metric"), &of.metric, Wanted::NUMBER);
            let uppers: Vec<_> = of.rows.iter().map(|row: &BracketRow| row.up_to.as_ref()).collect();
            table(check, &format!("{path}.rows"), &uppers);
            for (n, row) in of.rows.iter().enumerate() {
                if let Some(step) = &row.step {
                    per(check, &format!("{path}.rows[{n}].step.per"), &step.per);
                }
            }
        }
        TermKind::Conditional(of) => conditional(check, &format!("{path}.conditional"), of),
        TermKind::PercentOfInput(of) => {
            check.metric(&format!("{path}.percentOfInput.metric"), &of.metric, Wanted::YEN);
        }
        TermKind::Distance(of) => distance(check, &format!("{path}.distance"), of),
        TermKind::Multiplier(of) => multiplier(check, &format!("{path}.multiplier"), of),
        TermKind::Ceiling(of) | TermKind::Floor(of) => {
            let path = format!("{path}.{}", if matches!(kind, TermKind::Floor(_)) { "floor" } else { "ceiling" });
            check.terms_of(&format!("{path}.of"), &of.of);
            amount(check, &format!("{path}.limit"), &of.limit, Place::Body);
        }
        TermKind::FixedCeiling(of) => fixed_table(check, &format!("{path}.fixedCeiling"), of),
    }
}

fn pool(check: &mut Check<'_>, path: &str, key: &str, share: &Exact) {
    if !check.rule.pools.iter().any(|pool| pool.key == key) {
        let path = format!("{path}.pool");
        check.fail(&path, "MISSING", format!("原資「{key}」がありません。"), format!("There is no pool {key}."));
    }
    check.share(&format!("{path}.share"), share);
}

fn per_unit(check: &mut Check<'_>, path: &str, of: &PerUnit) {
    check.metric(&format!("{path}.metric"), &of.metric, Wanted::NUMBER);
    if let Some(beyond) = &of.beyond {
        check.not_negative(&format!("{path}.beyond"), beyond);
    }
    if let Some(most) = &of.up_to {
        let least = of.beyond.clone().unwrap_or_else(Exact::zero);
        check.check(
            *most > least,
            &format!("{path}.upTo"),
            "下の境より大きい数を指定してください。",
            "More than the lower bound.",
        );
    }
    if let Some(of) = &of.per {
        per(check, &format!("{path}.per"), of);
    }
}

fn per(check: &mut Check<'_>, path: &str, of: &Per) {
    check.positive(&format!("{path}.size"), &of.size);
}

/// Rows that go on where the one before ends; only the last has no end.
fn table(check: &mut Check<'_>, path: &str, uppers: &[Option<&Exact>]) {
    check.at_most(path, uppers.len(), ROWS);
    let Some((last, others)) = uppers.split_last() else {
        return check.fail(path, "REQUIRED", "段階を一つ以上定めてください。", "A table needs a row.");
    };
    if last.is_some() {
        let path = format!("{path}[{}].upTo", others.len());
        check.fail(&path, "OPEN_END", "最後の段階には上の境を指定しません。", "The last row has no upper bound.");
    }
    for (n, upper) in others.iter().enumerate() {
        let path = format!("{path}[{n}].upTo");
        match upper {
            None => check.fail(&path, "OPEN_END", "途中の段階には上の境が必要です。", "Only the last row is open."),
            Some(upper) if n > 0 && others[n - 1].is_some_and(|before| before >= *upper) => {
                check.fail(&path, "ORDER", "境は小さい方から順に指定してください。", "Bounds go upwards.");
            }
            Some(_) => {}
        }
    }
}

fn conditional(check: &mut Check<'_>, path: &str, of: &Conditional) {
    check.at_most(&format!("{path}.cases"), of.cases.len(), ROWS);
    if of.cases.is_empty() {
        check.fail(&format!("{path}.cases"), "REQUIRED", "場合を一つ以上定めてください。", "Name a case.");
    }
    for (n, case) in of.cases.iter().enumerate() {
        condition(check, &format!("{path}.cases[{n}].when"), &case.when, DEEP);
        amount(check, &format!("{path}.cases[{n}].amount"), &case.amount, Place::Body);
    }
    if let Some(otherwise) = &of.otherwise {
        amount(check, &format!("{path}.otherwise"), otherwise, Place::Body);
    }
}

fn distance(check: &mut Check<'_>, path: &str, of: &Distance) {
    check.metric(&format!("{path}.metric"), &of.metric, Wanted::NUMBER);
    check.not_negative(&format!("{path}.threshold"), &of.threshold);
    per(check, &format!("{path}.per"), &of.per);
}

fn multiplier(check: &mut Check<'_>, path: &str, of: &Multiplier) {
    check.terms_of(&format!("{path}.of"), &of.of);
    match &of.factor {
        Factor::Constant(_) => {}
        Factor::Metric(key) => {
            check.metric(&format!("{path}.factor.metric"), key, Wanted::NUMBER);
        }
        Factor::Table(of) => {
            let path = format!("{path}.factor.table");
            check.metric(&format!("{path}.metric"), &of.metric, Wanted::NUMBER);
            let uppers: Vec<_> = of.rows.iter().map(|row: &FactorRow| row.up_to.as_ref()).collect();
            table(check, &format!("{path}.rows"), &uppers);
            for (n, row) in of.rows.iter().enumerate() {
                check.not_negative(&format!("{path}.rows[{n}].factor"), &row.factor);
            }
        }
    }
}

fn fixed_table(check: &mut Check<'_>, path: &str, of: &FixedTable) {
    check.at_most(&format!("{path}.rows"), of.rows.len(), ROWS);
    for (n, row) in of.rows.iter().enumerate() {
        check.yen(&format!("{path}.rows[{n}].yen"), row.yen);
    }
    let districts: Vec<&str> = of.rows.iter().map(|row| row.district.as_str()).collect();
    once(check, &format!("{path}.rows"), &districts);
    let sum: i128 = of.rows.iter().map(|row| i128::from(row.yen.0)).sum();
    if let Some(total) = of.total.filter(|total| i128::from(total.0) != sum) {
        let ja = format!(
            "行の合計({}円)が公表された合計({total})と一致しません。",
            Exact::parse(&sum.to_string()).unwrap_or_else(Exact::zero)
        );
        check.fail(&format!("{path}.total"), "SUM", ja, format!("The rows sum to {sum} yen."));
    }
}

/// Where an amount stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Pool,
    Body,
}

pub(super) fn amount(check: &mut Check<'_>, path: &str, of: &Amount, place: Place) {
    match of {
        Amount::Yen(yen) => check.yen(&format!("{path}.yen"), *yen),
        Amount::Metric(key) => {
            let wanted = if place == Place::Pool { Wanted::TOWN_YEN } else { Wanted::YEN };
            check.metric(&format!("{path}.metric"), key, wanted);
        }
        Amount::BudgetShare(share) => check.share(&format!("{path}.budgetShare"), share),
        Amount::BudgetRest(rest) if place == Place::Pool => {
            check.terms_of(&format!("{path}.budgetRest.after"), &rest.after);
        }
        Amount::BudgetRest(_) => {
            check.fail(path, "SCOPE", "予算の残りは原資でだけ使えます。", "The rest of the budget is for pools.");
        }
        Amount::PreviousShare(share) if place == Place::Body => {
            check.not_negative(&format!("{path}.previousShare"), share);
        }
        Amount::PreviousShare(_) => {
            check.fail(path, "SCOPE", "前年度の額は団体の値です。", "The year before is of bodies.");
        }
    }
}

fn condition(check: &mut Check<'_>, path: &str, of: &Condition, deep: usize) {
    let Some(deeper) = deep.checked_sub(1) else {
        return check.fail(path, "TOO_DEEP", "条件の入れ子が深すぎます。", "Conditions are nested too deep.");
    };
    match of {
        Condition::Number(test) => {
            check.metric(&format!("{path}.number.metric"), &test.metric, Wanted::NUMBER);
        }
        Condition::Word(test) => {
            check.metric(&format!("{path}.word.metric"), &test.metric, Wanted::WORD);
            check.at_most(&format!("{path}.word.oneOf"), test.one_of.len(), ROWS);
        }
        Condition::Flag(key) => {
            check.metric(&format!("{path}.flag"), key, Wanted::FLAG);
        }
        Condition::District(districts) => check.at_most(&format!("{path}.district"), districts.len(), ROWS),
        Condition::All(of) => several(check, &format!("{path}.all"), of, deeper),
        Condition::Any(of) => several(check, &format!("{path}.any"), of, deeper),
        Condition::Not(of) => condition(check, &format!("{path}.not"), of, deeper),
    }
}

fn several(check: &mut Check<'_>, path: &str, of: &[Condition], deep: usize) {
    check.at_most(path, of.len(), MOST);
    if of.is_empty() {
        check.fail(path, "REQUIRED", "条件を一つ以上挙げてください。", "Name a condition.");
    }
    for (n, one) in of.iter().enumerate() {
        condition(check, &format!("{path}[{n}]"), one, deep);
    }
}
