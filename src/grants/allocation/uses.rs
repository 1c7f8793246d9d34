//! What terms and adjustments look at beyond the body itself: the amounts of the year before, and numbers that belong to the
//! whole district.

use crate::grants::allocation::metric::{Metric, MetricOf, MetricSource, RecordField};
use crate::grants::allocation::rule::{Adjustment, AdjustmentKind, Amount, Factor, Rule, Term, TermKind};
use crate::kernel::fiscal_year::FiscalYear;

/// A part of a rule: its path and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where: `terms[2]`.
    pub path: String,
    /// For people.
    pub label: String,
}

impl Rule {
    /// What looks at the amounts of the year before in a fiscal year.
    pub fn of_last_year(&self, year: FiscalYear) -> Vec<Part> {
        let is_previous = |metric: &Metric| matches!(metric.source, MetricSource::Record(RecordField::PreviousAmount));
        let amount = |amount: &Amount| match amount {
            Amount::PreviousShare(_) => true,
            Amount::Metric(key) => self.made_of(key, &is_previous, true),
            Amount::Yen(_) | Amount::BudgetShare(_) | Amount::BudgetRest(_) => false,
        };
        let metric = |key: &str| self.made_of(key, &is_previous, true);
        self.parts_where(
            |term| term.metrics().into_iter().any(metric) || term.amounts().into_iter().any(amount),
            |adjustment| match &adjustment.kind {
                AdjustmentKind::ChangeLimit(of) => within(year, of.first_fiscal_year, of.years),
                AdjustmentKind::PhaseIn(of) => within(year, of.first_fiscal_year, of.years) && metric(&of.from),
                AdjustmentKind::Cap(of) | AdjustmentKind::Minimum(of) => amount(of),
                AdjustmentKind::Split(of) => metric(&of.metric),
                AdjustmentKind::Budget(_) | AdjustmentKind::ProRata(_) | AdjustmentKind::Round(_) => false,
            },
        )
    }

    /// What gives each body what is its whole district's: two bodies of one district would have it twice.
    pub fn of_districts(&self, year: FiscalYear) -> Vec<Part> {
        // A quotient (高齢化率) is the same for each part of a district: what it is made of is not given twice.
        let metric = |key: &str| self.made_of(key, &is_of_district, false);
        let amount = |amount: &Amount| self.is_of_district(amount);
        self.parts_where(
            // What only limits gives nothing.
            |term| match &term.kind {
                TermKind::FixedCeiling(_) => true,
                TermKind::Ceiling(_) => false,
                _ => term.metrics().into_iter().any(metric) || term.amounts().into_iter().any(amount),
            },
            |adjustment| match &adjustment.kind {
                AdjustmentKind::Minimum(of) => amount(of),
                AdjustmentKind::PhaseIn(of) => within(year, of.first_fiscal_year, of.years) && metric(&of.from),
                _ => false,
            },
        )
    }

    /// Is an amount made of a number of the whole district?
    pub fn is_of_district(&self, amount: &Amount) -> bool {
        matches!(amount, Amount::Metric(key) if self.made_of(key, &is_of_district, false))
    }

    fn parts_where(&self, terms: impl Fn(&Term) -> bool, adjustments: impl Fn(&Adjustment) -> bool) -> Vec<Part> {
        let part = |path: String, label: &str| Part { path, label: label.to_owned() };
        let all = self.terms.iter().enumerate().filter(|(_, term)| terms(term));
        let all = all.map(|(n, term)| part(format!("terms[{n}]"), &term.label));
        let more = self.adjustments.iter().enumerate().filter(|(_, adjustment)| adjustments(adjustment));
        all.chain(more.map(|(n, adjustment)| part(format!("adjustments[{n}]"), &adjustment.label))).collect()
    }

    /// Is the metric one of these, or made of one (by a division, too)? Validation refuses circles.
    fn made_of(&self, key: &str, wanted: &impl Fn(&Metric) -> bool, divided: bool) -> bool {
        let Some(metric) = self.metrics.iter().find(|metric| metric.key == key) else { return false };
        let is_open = divided || !matches!(metric.source, MetricSource::Quotient(_));
        wanted(metric) || is_open && metric.parts().into_iter().any(|part| self.made_of(part, wanted, divided))
    }
}

fn is_of_district(metric: &Metric) -> bool {
    metric.of == MetricOf::Body && matches!(metric.source, MetricSource::Statistic(_))
}

impl Term {
    /// The metrics that its amount is made of; those of conditions only choose.
    fn metrics(&self) -> Vec<&str> {
        match &self.kind {
            TermKind::ProportionalPool(of) => vec![&of.metric],
            TermKind::PerUnit(of) => vec![&of.metric],
            TermKind::Bracket(of) => vec![&of.metric],
            TermKind::PercentOfInput(of) => vec![&of.metric],
            TermKind::Distance(of) => vec![&of.metric],
            TermKind::Multiplier(of) => match &of.factor {
                Factor::Metric(key) => vec![key],
                Factor::Table(table) => vec![&table.metric],
                Factor::Constant(_) => Vec::new(),
            },
            TermKind::EqualPool(_)
            | TermKind::Fixed(_)
            | TermKind::Conditional(_)
            | TermKind::Ceiling(_)
            | TermKind::Floor(_)
            | TermKind::FixedCeiling(_) => Vec::new(),
        }
    }

    fn amounts(&self) -> Vec<&Amount> {
        match &self.kind {
            TermKind::Conditional(of) => of.cases.iter().map(|case| &case.amount).chain(&of.otherwise).collect(),
            TermKind::Ceiling(of) | TermKind::Floor(of) => vec![&of.limit],
            _ => Vec::new(),
        }
    }
}

/// Is the year among so many from the first?
fn within(year: FiscalYear, first: FiscalYear, years: i32) -> bool {
    let n = i64::from(year.0) - i64::from(first.0);
    (0..i64::from(years)).contains(&n)
}
