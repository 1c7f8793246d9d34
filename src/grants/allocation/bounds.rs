//! Within which bounds the conditions of a grant are laid down: in a by-law and in a programme's own terms alike.

use crate::grants::allocation::conditions::Conditions;
use crate::grants::allocation::deadlines::{Deadlines, Period};
use crate::grants::allocation::papers;
use crate::kernel::error::{Message, Violation};

/// What is wrong with the conditions at `at` (such as `input.conditions`).
pub fn faults(of: &Conditions, at: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut check = |holds: bool, path: &str, ja: &str, en: &str| {
        if !holds {
            let path = format!("{at}.{path}").into();
            found.push(Violation { path, rule: "RANGE", message: Message::new(ja.to_owned(), en.to_owned()) });
        }
    };
    if let Some(report) = &of.report {
        let within = (0..=24).contains(&report.months);
        check(within, "report.months", "0から24までの月数を指定してください。", "From 0 to 24 months.");
        let ja = "年度の末日までではなく、毎年ある月日を指定してください。";
        check(!within || report.is_one(), "report.by", ja, "A day of every year, after the year's end.");
    }
    if let Some(change) = &of.minor_change {
        let (ja, en) = ("0以上で指定してください。", "0 or more.");
        check(!change.percent.is_negative(), "minorChange.percent", ja, en);
    }
    if let Some(reserve) = &of.reserve {
        check(reserve.most.0 >= 0, "reserve.most", "0円以上で指定してください。", "0 yen or more.");
    }
    for step in of.deadlines.iter().flat_map(Deadlines::periods) {
        let within = step.period.is_none_or(Period::is_one);
        let path = format!("deadlines.{}.days", step.name.0);
        check(within, &path, "1日から366日までで指定してください。", "From 1 to 366 days.");
    }
    if let Some(retention) = &of.retention {
        let within = (1..=100).contains(&retention.years);
        check(within, "retention.years", "1から100までの年数を指定してください。", "From 1 to 100 years.");
    }
    found.extend(papers::faults(&of.papers, at));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_condition_has_its_bounds() {
        let told = |said: serde_json::Value| -> Vec<String> {
            let of: Conditions = serde_json::from_value(said).expect("conditions");
            faults(&of, "input.conditions").iter().map(|fault| fault.path.to_string()).collect()
        };
        let within = json!({"report": {"months": 24, "elapsed": "THIRTY_DAYS", "withinFiscalYear": true},
            "minorChange": {"percent": "0"}, "reserve": {"most": 0, "consultation": false},
            "retention": {"years": 100, "by": "FISCAL"}, "deadlines": {"decision": {"days": 366}}});
        assert_eq!(told(within), Vec::<String>::new());
        let beyond = json!({"report": {"months": 25, "elapsed": "THIRTY_DAYS", "withinFiscalYear": true},
            "minorChange": {"percent": "-0.1"}, "reserve": {"most": -1, "consultation": false},
            "retention": {"years": 101, "by": "FISCAL"}, "deadlines": {"decision": {"days": 367}}});
        let fields =
            ["report.months", "minorChange.percent", "reserve.most", "deadlines.decision.days", "retention.years"];
        assert_eq!(told(beyond), fields.map(|field| format!("input.conditions.{field}")));
        assert_eq!(told(json!({"retention": {"years": 0, "by": "CALENDAR"}})), ["input.conditions.retention.years"]);
    }
}
