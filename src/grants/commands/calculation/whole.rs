//! The municipality's own number: the sum of its districts, of one layer, each with its number of the same day.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Datum, Given};
use crate::grants::allocation::metric::Metric;
use crate::kernel::error::{Message, Result, Violation};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// The most districts that a message names.
const NAMED: usize = 10;

/// Why the municipality's number cannot be told.
pub(super) struct Untold {
    rule: &'static str,
    message: Message,
}

impl Untold {
    /// At the place of the metric in its rule.
    pub(super) fn at(self, n: usize) -> Violation {
        Violation { path: format!("rule.metrics[{n}]").into(), rule: self.rule, message: self.message }
    }
}

/// The units of which districts of a layer are. Where a school was closed its district stays beside those of the others.
fn layer(unit: &str) -> &'static [&'static str] {
    match unit {
        "ELEMENTARY_SCHOOL" | "FORMER_ELEMENTARY_SCHOOL" => &["ELEMENTARY_SCHOOL", "FORMER_ELEMENTARY_SCHOOL"],
        "OAZA" => &["OAZA"],
        _ => &["OTHER"],
    }
}

/// Adds up what was found of districts. `units` are those of the districts whose organizations take part: districts of
/// another layer (大字 beside 小学校区) have the same people again. Every district of the layer counts, whether it has an
/// organization or not.
pub(super) async fn whole(
    tx: &Tx,
    metric: &Metric,
    day: NaiveDate,
    units: &BTreeSet<&str>,
    found: &HashMap<Uuid, Given>,
) -> Result<Result<Given, Untold>> {
    let layers: BTreeSet<&[&str]> = units.iter().map(|unit| layer(unit)).collect();
    let mut layers = layers.into_iter();
    let (Some(layer), None) = (layers.next(), layers.next()) else {
        return Ok(Err(mixed(metric)));
    };
    let mut sql = Sql::new("SELECT id, name FROM districts WHERE ");
    sql.fill("area_unit = ANY(?)", [Param::Texts(layer.iter().map(|unit| (*unit).to_owned()).collect())]);
    sql.push(" ORDER BY name, id");
    let mut sum = Exact::zero();
    let (mut days, mut without): (Vec<(String, NaiveDate)>, Vec<String>) = (Vec::new(), Vec::new());
    for row in tx.rows(sql).await? {
        let (id, name): (Uuid, String) = (row.try_get("id")?, row.try_get("name")?);
        let Some(Given { value: Datum::Number(number), as_of: Some(as_of), .. }) = found.get(&id) else {
            without.push(name);
            continue;
        };
        sum = &sum + number;
        days.push((name, *as_of));
    }
    if !without.is_empty() {
        return Ok(Err(missing(metric, day, &without)));
    }
    // People of a district that was closed are counted where they are now, too.
    let as_of = days.iter().map(|(_, day)| *day).max();
    let older: Vec<_> = days.iter().filter(|(_, day)| Some(*day) < as_of).collect();
    if let Some(newest) = as_of.filter(|_| !older.is_empty()) {
        return Ok(Err(mixed_days(metric, newest, &older)));
    }
    Ok(Ok(Given { value: Datum::Number(sum), as_of, source: "全地区の統計の合計".to_owned() }))
}

fn mixed(metric: &Metric) -> Untold {
    let label = &metric.label;
    Untold {
        rule: "LAYERS_MIXED",
        message: Message::new(
            format!(
                "単位の異なる地区の団体が対象にあるので、{label}を地区の合計から求められません。対象を一つの単位の地区の団体に限るか、{label}を自治体全体の申告の項目とする算定規則の版を施行してください。"
            ),
            format!(
                "Districts of several units take part, so {label} is not their sum. Calculate for organizations of one \
                 unit, or enact a version of the rule whose {label} is declared of the municipality."
            ),
        ),
    }
}

fn mixed_days(metric: &Metric, newest: NaiveDate, older: &[&(String, NaiveDate)]) -> Untold {
    let (label, count) = (&metric.label, older.len());
    let names: Vec<String> = older.iter().take(NAMED).map(|(name, day)| format!("{name}({day})")).collect();
    let names = names.join("、");
    Untold {
        rule: "DAYS_MIXED",
        message: Message::new(
            format!(
                "{label}の合計に、{newest}より前の統計しかない地区が{count}あります: {names}。同じ人を二度数えないよう、{newest}の統計を記録してください。廃止された地区の統計は0として記録します。"
            ),
            format!(
                "Of {count} districts {label} is older than {newest}: {names}. Record their statistics of {newest}, so that \
                 nobody is counted twice; of a district that was closed, 0."
            ),
        ),
    }
}

fn missing(metric: &Metric, day: NaiveDate, without: &[String]) -> Untold {
    let (label, count) = (&metric.label, without.len());
    let names = without[..count.min(NAMED)].join("、");
    Untold {
        rule: "METRIC_MISSING",
        message: Message::new(
            format!("{label}({day})の統計のない地区が{count}あります: {names}"),
            format!("{label} ({day}) has no statistics of {count} districts: {names}"),
        ),
    }
}
