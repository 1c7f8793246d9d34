//! Adjustments, one by one.

use crate::grants::allocation::rounding::Mode;
use crate::grants::allocation::rule::{Adjustment, AdjustmentKind};
use crate::grants::allocation::validate::terms::{Place, amount};
use crate::grants::allocation::validate::{Check, Wanted};

pub(super) fn check(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, adjustment) in rule.adjustments.iter().enumerate() {
        let path = format!("adjustments[{n}]");
        check.money_rounding(&format!("{path}.rounding"), adjustment.rounding.as_ref());
        kind(check, &format!("{path}.kind"), adjustment);
    }
    split_last(check);
}

/// What is brought to the budget is not rounded above it.
fn budget(check: &mut Check<'_>, path: &str, adjustment: &Adjustment) {
    if adjustment.rounding.as_ref().is_some_and(|rounding| rounding.mode != Mode::Floor) {
        let path = path.replace(".kind", ".rounding.mode");
        let ja = "予算に合わせる調整の端数処理は、切捨てとしてください。";
        check.fail(&path, "ROUNDING", ja, "What is fitted to the budget is rounded down.");
    }
}

/// Who was split has nothing after it: what would give it something again, and not to its parts, comes before.
fn split_last(check: &mut Check<'_>) {
    let adjustments = &check.rule.adjustments;
    let split = adjustments.iter().position(|adjustment| matches!(adjustment.kind, AdjustmentKind::Split(_)));
    let Some(split) = split else { return };
    for (n, adjustment) in adjustments.iter().enumerate().skip(split + 1) {
        let of_the_whole = matches!(
            adjustment.kind,
            AdjustmentKind::Cap(_)
                | AdjustmentKind::Minimum(_)
                | AdjustmentKind::ChangeLimit(_)
                | AdjustmentKind::PhaseIn(_)
                | AdjustmentKind::Split(_)
        );
        if of_the_whole {
            let ja = "上限・最低保証・激変緩和は、分割より前に置いてください。分割は一度だけです。";
            let en = "Caps, minimums and dampening come before the split, which is there once.";
            check.fail(&format!("adjustments[{n}].kind"), "ORDER", ja, en);
        }
    }
}

fn kind(check: &mut Check<'_>, path: &str, adjustment: &Adjustment) {
    match &adjustment.kind {
        AdjustmentKind::Cap(of) => amount(check, &format!("{path}.cap"), of, Place::Body),
        AdjustmentKind::Minimum(of) => amount(check, &format!("{path}.minimum"), of, Place::Body),
        AdjustmentKind::ChangeLimit(of) => {
            let path = format!("{path}.changeLimit");
            if let Some(share) = &of.increase {
                check.not_negative(&format!("{path}.increase"), share);
            }
            if let Some(share) = &of.decrease {
                check.not_negative(&format!("{path}.decrease"), share);
            }
            let some = of.increase.is_some() || of.decrease.is_some();
            if !some {
                let ja = "増額と減額の少なくとも一方の限度を定めてください。";
                check.fail(&path, "REQUIRED", ja, "Limit the increase, the decrease or both.");
            }
            years(check, &path, of.years);
        }
        AdjustmentKind::PhaseIn(of) => {
            let path = format!("{path}.phaseIn");
            check.metric(&format!("{path}.from"), &of.from, Wanted::BODY_YEN);
            years(check, &path, of.years);
        }
        AdjustmentKind::Budget(_) => budget(check, path, adjustment),
        AdjustmentKind::ProRata(_) => {}
        AdjustmentKind::Split(of) => {
            check.metric(&format!("{path}.split.metric"), &of.metric, Wanted::BODY_NUMBER);
            if adjustment.rounding.is_some() {
                let ja = "分割は1円まで分けるので、端数処理を定めません。";
                check.fail(path, "ROUNDING", ja, "A split is to the yen and has no rounding.");
            }
        }
        AdjustmentKind::Round(rounding) => check.money_rounding(&format!("{path}.round"), Some(rounding)),
    }
}

fn years(check: &mut Check<'_>, path: &str, years: i32) {
    let within = (1..=50).contains(&years);
    check.check(within, &format!("{path}.years"), "1から50までの年数を指定してください。", "From 1 to 50 years.");
}
