//! How numbers, values and conditions are told in plain Japanese.

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::Datum;
use crate::grants::allocation::metric::{Metric, MetricType};
use crate::grants::allocation::rule::{Comparison, Condition, NumberTest, WordTest};

/// `1,234円`
pub(super) fn yen(number: &Exact) -> String {
    format!("{number}円")
}

/// A value with its unit.
pub(super) fn value(metric: &Metric, datum: &Datum) -> String {
    match datum {
        Datum::Number(number) if metric.ty == MetricType::Yen => yen(number),
        Datum::Number(number) => format!("{number}{}", metric.unit),
        Datum::Flag(true) => "該当".to_owned(),
        Datum::Flag(false) => "非該当".to_owned(),
        Datum::Word(word) => word.clone(),
    }
}

/// `高齢化率が0.4以上`, `指定の地区`, joined with かつ and または. `metric` finds a metric by key.
pub(super) fn condition<'r>(condition: &Condition, metric: &dyn Fn(&str) -> Option<&'r Metric>) -> String {
    let districts = |ids: &[String]| match ids.len() {
        many @ 4.. => format!("指定の{many}地区"),
        _ => "指定の地区".to_owned(),
    };
    condition_in(condition, metric, &districts)
}

/// The same where `districts` tells which they are.
pub(super) fn condition_in<'r>(
    condition: &Condition,
    metric: &dyn Fn(&str) -> Option<&'r Metric>,
    districts: &dyn Fn(&[String]) -> String,
) -> String {
    let label = |key: &str| metric(key).map_or_else(|| key.to_owned(), |m| m.label.clone());
    let joined = |of: &[Condition], word: &str| {
        let parts: Vec<String> = of.iter().map(|c| condition_in(c, metric, districts)).collect();
        if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(word)) }
    };
    match condition {
        Condition::Number(NumberTest { metric: key, is, value }) => {
            let unit = metric(key).map_or("", |m| m.unit.as_str());
            format!("{}が{value}{unit}{}", label(key), comparison(*is))
        }
        Condition::Word(WordTest { metric: key, one_of }) => format!("{}が{}", label(key), one_of.join("・")),
        Condition::Flag(key) => format!("{}に該当", label(key)),
        Condition::District(ids) => districts(ids),
        Condition::All(of) => joined(of, "、かつ"),
        Condition::Any(of) => joined(of, "、または"),
        Condition::Not(of) => format!("「{}」でない", condition_in(of, metric, districts)),
    }
}

fn comparison(is: Comparison) -> &'static str {
    match is {
        Comparison::AtLeast => "以上",
        Comparison::MoreThan => "超",
        Comparison::AtMost => "以下",
        Comparison::LessThan => "未満",
        Comparison::Equal => "",
    }
}
