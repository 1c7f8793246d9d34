//! Adjustments, one by one.

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
        AdjustmentKind::Budget(_) | AdjustmentKind::ProRata(_) => {}
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
