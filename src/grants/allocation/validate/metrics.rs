//! Metrics: does the source yield what the type says, is the day one of the calendar, is nothing made of itself?

use crate::grants::allocation::metric::{
    Difference, Metric, MetricOf, MetricSource, MetricType, Quotient, RecordField, WhenMissing,
};
use crate::grants::allocation::validate::{Check, MOST, Wanted};

/// The most values that one metric may be made of, each counted as often as it is looked up.
const LOOKED_UP: usize = 1_000;

pub(super) fn check(check: &mut Check<'_>) {
    let rule = check.rule;
    for (n, metric) in rule.metrics.iter().enumerate() {
        let path = format!("metrics[{n}]");
        source(check, &path, metric);
        if metric.as_of.is_some_and(|day| !day.is_sound()) {
            check.fail(&format!("{path}.asOf"), "DATE", "毎年ある日を指定してください。", "A day that every year has.");
        }
        if metric.unit.chars().count() > 20 {
            check.fail(&format!("{path}.unit"), "TOO_LONG", "20文字以内で入力してください。", "At most 20 characters.");
        }
        if let Some(rounding) = &metric.rounding {
            check.positive(&format!("{path}.rounding.unit"), &rounding.unit);
            check.check(metric.is_number(), &format!("{path}.rounding"), "数ではない指標です。", "It is no number.");
        }
    }
    match rule.metric_order() {
        Ok(order) => sizes(check, &order),
        Err(n) => {
            let ja = "指標が自分自身に基づいています。";
            check.fail(&format!("metrics[{n}].source"), "CYCLE", ja, "The metric is made of itself.");
        }
    }
}

fn source(check: &mut Check<'_>, path: &str, metric: &Metric) {
    let path = format!("{path}.source");
    let fits = match &metric.source {
        MetricSource::Statistic(_) => metric.ty == MetricType::Number,
        MetricSource::Record(field) => {
            body_only(check, &path, metric);
            metric.ty == of_record(*field)
        }
        MetricSource::Declaration(name) => {
            check.text(&format!("{path}.declaration"), name, 60);
            if metric.as_of.is_some_and(|day| day.missing == WhenMissing::LatestBefore) {
                metric.is_number()
            } else {
                true
            }
        }
        MetricSource::Quotient(Quotient { of, by }) => {
            part(check, &format!("{path}.quotient.of"), metric, of);
            part(check, &format!("{path}.quotient.by"), metric, by);
            metric.ty == MetricType::Number
        }
        MetricSource::Difference(Difference { of, less }) => {
            part(check, &format!("{path}.difference.of"), metric, of);
            part(check, &format!("{path}.difference.less"), metric, less);
            same_type(check, metric, &[of, less])
        }
        MetricSource::Sum(of) => {
            parts(check, &format!("{path}.sum"), metric, of.iter().collect(), "");
            same_type(check, metric, &of.iter().collect::<Vec<_>>())
        }
        MetricSource::WeightedSum(of) => {
            let path = format!("{path}.weightedSum");
            parts(check, &path, metric, of.iter().map(|weighted| &weighted.of).collect(), ".of");
            for (n, weighted) in of.iter().enumerate() {
                check.not_negative(&format!("{path}[{n}].weight"), &weighted.weight);
            }
            same_type(check, metric, &of.iter().map(|weighted| &weighted.of).collect::<Vec<_>>())
        }
        MetricSource::Product(of) => {
            parts(check, &format!("{path}.product"), metric, of.iter().collect(), "");
            let is_yen = |key: &&String| check.rule.metrics.iter().any(|m| m.key == **key && m.ty == MetricType::Yen);
            match of.iter().filter(is_yen).count() {
                0 => metric.ty == MetricType::Number,
                1 => metric.ty == MetricType::Yen,
                _ => false,
            }
        }
    };
    if !fits {
        check.fail(&path, "TYPE", "値の型が出所に合いません。", "The type does not fit the source.");
    }
}

fn of_record(field: RecordField) -> MetricType {
    match field {
        RecordField::YearsSinceFounded => MetricType::Number,
        RecordField::OrganizationKind | RecordField::AreaUnit => MetricType::Word,
        RecordField::PreviousAmount => MetricType::Yen,
    }
}

fn body_only(check: &mut Check<'_>, path: &str, metric: &Metric) {
    if metric.of != MetricOf::Body {
        check.fail(path, "SCOPE", "登録内容は団体の値です。", "Records are of bodies.");
    }
}

/// All parts of a metric; `of` is where in a part its key stands.
fn parts(check: &mut Check<'_>, path: &str, metric: &Metric, keys: Vec<&String>, of: &str) {
    check.at_most(path, keys.len(), MOST);
    if keys.is_empty() {
        check.fail(path, "REQUIRED", "指標を一つ以上挙げてください。", "Name a metric.");
    }
    for (n, key) in keys.into_iter().enumerate() {
        part(check, &format!("{path}[{n}]{of}"), metric, key);
    }
}

/// A metric that names others more than once, which name others more than once, would be looked up for ever.
fn sizes(check: &mut Check<'_>, order: &[usize]) {
    let metrics = &check.rule.metrics;
    let mut sizes = vec![1usize; metrics.len()];
    for n in order {
        let size = |key: &str| metrics.iter().position(|metric| metric.key == key).map_or(0, |n| sizes[n]);
        let own = metrics[*n].parts().into_iter().map(size).fold(1, usize::saturating_add);
        sizes[*n] = own;
        if sizes[*n] > LOOKED_UP {
            let ja = "指標が、多くの指標から何重にも作られています。";
            check.fail(&format!("metrics[{n}].source"), "TOO_DEEP", ja, "The metric is made of too many others.");
        }
    }
}

/// A part is a number, and of a body only where the whole is of a body.
fn part(check: &mut Check<'_>, path: &str, metric: &Metric, key: &str) {
    let wanted = if metric.of == MetricOf::Municipality { Wanted::TOWN_NUMBER } else { Wanted::NUMBER };
    check.metric(path, key, wanted);
}

/// Yen is the sum of yen, and a number that of numbers. What is missing is told elsewhere.
fn same_type(check: &Check<'_>, metric: &Metric, keys: &[&String]) -> bool {
    let find = |key: &str| check.rule.metrics.iter().find(|metric| metric.key == key);
    metric.is_number() && keys.iter().filter_map(|key| find(key)).all(|part| part.ty == metric.ty)
}
