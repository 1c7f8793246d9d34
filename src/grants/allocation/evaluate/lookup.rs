//! The numbers of one body (or of the municipality), with what they were made from.

use crate::grants::allocation::evaluate::{Found, Missing, bounded};
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Body, Datum, Given, Inputs};
use crate::grants::allocation::metric::{Difference, Metric, MetricOf, MetricSource, Quotient, RecordField, Weighted};
use crate::grants::allocation::outcome::LineInput;
use crate::grants::allocation::rule::{Amount, Comparison, Condition, NumberTest, Rule, WordTest};
use crate::grants::allocation::words;
use crate::kernel::date::Date;

/// How deep a metric may be made of others; validation refuses circles, so this is never reached.
const DEEP: usize = 64;

/// Where values are looked up.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'r> {
    pub(super) rule: &'r Rule,
    pub(super) inputs: &'r Inputs,
    /// Nothing: the municipality itself.
    pub(super) body: Option<&'r Body>,
}

impl<'r> Lookup<'r> {
    pub(super) fn metric(&self, key: &str) -> Option<&'r Metric> {
        self.rule.metrics.iter().find(|metric| metric.key == key)
    }

    /// A number.
    pub(super) fn number(&self, key: &str) -> Found<Exact> {
        match self.datum(key, DEEP)? {
            Datum::Number(number) => Ok(number),
            _ => Err(self.unfit(key)),
        }
    }

    fn datum(&self, key: &str, deep: usize) -> Found<Datum> {
        let metric = self.metric(key).ok_or_else(|| self.missing(key))?;
        let deeper = deep.checked_sub(1).ok_or_else(|| self.unfit(key))?;
        let part = |key: &str| match self.datum(key, deeper)? {
            Datum::Number(number) => Ok(number),
            _ => Err(self.unfit(key)),
        };
        let number = match &metric.source {
            MetricSource::Statistic(_) | MetricSource::Declaration(_) | MetricSource::Record(_) => {
                match &self.given(metric)?.value {
                    Datum::Number(number) => number.clone(),
                    other => return Ok(other.clone()),
                }
            }
            MetricSource::Quotient(Quotient { of, by }) => {
                part(of)?.over(&part(by)?).ok_or_else(|| self.divided_by_zero(metric, by))?
            }
            MetricSource::Difference(Difference { of, less }) => (&part(of)? - &part(less)?).max(Exact::zero()),
            MetricSource::Sum(of) => of.iter().try_fold(Exact::zero(), |sum, key| bounded(&sum + &part(key)?))?,
            MetricSource::WeightedSum(of) => {
                let add = |sum: Exact, Weighted { of, weight }: &Weighted| bounded(&sum + &(&part(of)? * weight));
                of.iter().try_fold(Exact::zero(), add)?
            }
            MetricSource::Product(of) => {
                of.iter().try_fold(Exact::one(), |product, key| bounded(&product * &part(key)?))?
            }
        };
        if number.is_negative() {
            return Err(self.unfit(key));
        }
        let number = metric.rounding.as_ref().map_or_else(|| number.clone(), |rounding| rounding.round(&number));
        Ok(Datum::Number(bounded(number)?))
    }

    fn given(&self, metric: &Metric) -> Found<&'r Given> {
        let given = match (metric.of, self.body) {
            (MetricOf::Municipality, _) => self.inputs.municipality.get(&metric.key),
            (MetricOf::Body, Some(body))
                if matches!(metric.source, MetricSource::Record(RecordField::PreviousAmount)) =>
            {
                body.previous.as_ref()
            }
            (MetricOf::Body, Some(body)) => body.metrics.get(&metric.key),
            (MetricOf::Body, None) => None,
        };
        given.ok_or_else(|| self.missing(&metric.key))
    }

    /// What a line tells of a metric: its value, and that of each metric it is made of.
    pub(super) fn told(&self, key: &str) -> Vec<LineInput> {
        let Some(metric) = self.metric(key) else { return Vec::new() };
        let Ok(datum) = self.datum(key, DEEP) else { return Vec::new() };
        let value = words::value(metric, &datum);
        if let Ok(given) = self.given(metric) {
            let Given { as_of, source, .. } = given;
            return vec![LineInput { name: metric.label.clone(), value, as_of: *as_of, source: source.clone() }];
        }
        let label = |key: &str| self.metric(key).map_or_else(String::new, |metric| metric.label.clone());
        let made_of = metric.formula(label).unwrap_or_default();
        let rounded = metric.rounding.as_ref().map_or_else(String::new, |r| format!("({})", r.words(&metric.unit)));
        let own = LineInput { name: metric.label.clone(), value, as_of: None, source: made_of + &rounded };
        let mut told = vec![own];
        for part in metric.parts() {
            told.extend(self.told(part).into_iter().filter(|input| !told.contains(input)).collect::<Vec<_>>());
        }
        told
    }

    /// The value of a metric with its unit, for expressions.
    pub(super) fn shown(&self, key: &str, number: &Exact) -> String {
        self.metric(key).map_or_else(|| number.to_string(), |m| words::value(m, &Datum::Number(number.clone())))
    }

    /// What a condition looks at.
    pub(super) fn told_of(&self, condition: &Condition) -> Vec<LineInput> {
        match condition {
            Condition::Number(NumberTest { metric, .. })
            | Condition::Word(WordTest { metric, .. })
            | Condition::Flag(metric) => self.told(metric),
            Condition::District(_) => self.body.map_or_else(Vec::new, |body| {
                let (name, value) = ("地区".to_owned(), body.district_name().to_owned());
                vec![LineInput { name, value, as_of: None, source: "団体の登録内容".to_owned() }]
            }),
            Condition::All(of) | Condition::Any(of) => of.iter().flat_map(|c| self.told_of(c)).collect(),
            Condition::Not(of) => self.told_of(of),
        }
    }

    /// Does a condition hold?
    pub(super) fn holds(&self, condition: &Condition) -> Found<bool> {
        Ok(match condition {
            Condition::Number(NumberTest { metric, is, value }) => compared(&self.number(metric)?, *is, value),
            Condition::Word(WordTest { metric, one_of }) => match self.datum(metric, DEEP)? {
                Datum::Word(word) => one_of.contains(&word),
                _ => return Err(self.unfit(metric)),
            },
            Condition::Flag(metric) => match self.datum(metric, DEEP)? {
                Datum::Flag(flag) => flag,
                _ => return Err(self.unfit(metric)),
            },
            Condition::District(names) => self.body.is_some_and(|body| names.contains(&body.district)),
            Condition::All(of) => {
                for one in of {
                    if !self.holds(one)? {
                        return Ok(false);
                    }
                }
                true
            }
            Condition::Any(of) => {
                for one in of {
                    if self.holds(one)? {
                        return Ok(true);
                    }
                }
                false
            }
            Condition::Not(of) => !self.holds(of)?,
        })
    }

    /// An amount that belongs to the body. Nothing where it is a share of a year before that there was not.
    pub(super) fn amount(&self, amount: &Amount) -> Found<Option<Exact>> {
        Ok(Some(match amount {
            Amount::Yen(yen) => Exact::from(*yen),
            Amount::Metric(key) => self.number(key)?,
            Amount::BudgetShare(share) => &self.budget()? * share,
            Amount::PreviousShare(share) => match self.previous()? {
                Some(previous) => &previous * share,
                None => return Ok(None),
            },
            Amount::BudgetRest(_) => {
                return Err(Missing::new(
                    "AMOUNT",
                    "予算の残りは原資でだけ使えます。",
                    "A rest of the budget is for pools.",
                ));
            }
        }))
    }

    /// What a line tells of an amount.
    pub(super) fn told_amount(&self, amount: &Amount) -> Vec<LineInput> {
        match (amount, self.body) {
            (Amount::Metric(key), _) => self.told(key),
            (Amount::PreviousShare(_), Some(Body { previous: Some(given), .. })) => vec![previous_input(given)],
            _ => Vec::new(),
        }
    }

    /// The budget.
    pub(super) fn budget(&self) -> Found<Exact> {
        let budget = self.inputs.budget.map(Exact::from);
        budget.ok_or_else(|| Missing::new("BUDGET_MISSING", "予算額が必要です。", "The rule needs a budget."))
    }

    /// The amount of the year before.
    pub(super) fn previous(&self) -> Found<Option<Exact>> {
        match self.body.and_then(|body| body.previous.as_ref()).map(|given| &given.value) {
            None => Ok(None),
            Some(Datum::Number(number)) if !number.is_negative() => Ok(Some(number.clone())),
            Some(_) => Err(self.unfit("前年度の額")),
        }
    }

    fn label(&self, key: &str) -> String {
        self.metric(key).map_or_else(|| key.to_owned(), |metric| metric.label.clone())
    }

    fn missing(&self, key: &str) -> Missing {
        let (label, reference) = (self.label(key), self.metric(key).map(Metric::reference));
        let day = reference.and_then(|r| r.day(self.inputs.fiscal_year)).map(Date);
        let day = day.map_or_else(String::new, |day| format!("({})", day.0));
        Missing::new("METRIC_MISSING", format!("{label}{day}の値がありません。"), format!("{label}{day} has no value."))
    }

    fn unfit(&self, key: &str) -> Missing {
        let label = self.label(key);
        Missing::new(
            "METRIC_TYPE",
            format!("{label}の値が規則の型に合いません。"),
            format!("{label} has an unfit value."),
        )
    }

    fn divided_by_zero(&self, metric: &Metric, by: &str) -> Missing {
        let (label, by) = (&metric.label, self.label(by));
        Missing::new(
            "DIVIDED_BY_ZERO",
            format!("{label}を求められません。{by}が0です。"),
            format!("{label}: {by} is 0."),
        )
    }
}

/// The amount of the year before, as a line tells it.
pub(super) fn previous_input(given: &Given) -> LineInput {
    let value = match &given.value {
        Datum::Number(number) => words::yen(number),
        _ => String::new(),
    };
    LineInput { name: "前年度の額".to_owned(), value, as_of: given.as_of, source: given.source.clone() }
}

fn compared(number: &Exact, is: Comparison, value: &Exact) -> bool {
    match is {
        Comparison::AtLeast => number >= value,
        Comparison::MoreThan => number > value,
        Comparison::AtMost => number <= value,
        Comparison::LessThan => number < value,
        Comparison::Equal => number == value,
    }
}
