//! What a programme asks of who has its grant: in how many parts it is paid, until when the report is due, what may
//! change without approval. A programme that says nothing asks the usual.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::grants::allocation::conditions::{Conditions, Elapsed, MinorChange, ReportDue};
use crate::grants::allocation::deadlines::Deadlines;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rule::Instalments;
use crate::grants::rules::joined;
use crate::kernel::calendar::Calendar;
use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// The terms of a programme, as they are kept (JSON).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// In how many parts it is paid; in one where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instalments: Option<Instalments>,
    /// Deadlines, minor changes, reserve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
}

/// A month after completion, within the fiscal year.
const USUAL_REPORT: ReportDue = ReportDue {
    months: 1,
    elapsed: Elapsed::CorrespondingDay,
    within_fiscal_year: true,
    by: None,
    legal_reference: None,
};

impl Terms {
    /// These terms, and where they say nothing those of the by-law that the amounts were calculated with.
    ///
    /// # Errors
    /// TERMS_DIFFER where both say something and not the same.
    pub fn joined(self, by_law: &Self) -> Result<Self, Refusal> {
        Ok(Self {
            instalments: joined::instalments(self.instalments, by_law.instalments.as_ref())?,
            conditions: joined::conditions(self.conditions, by_law.conditions.as_ref())?,
        })
    }

    /// These terms without what they have of a by-law.
    #[must_use]
    pub fn beyond(self, by_law: &Self) -> Self {
        let conditions = self.conditions.map(|own| match &by_law.conditions {
            Some(theirs) => joined::conditions_beyond(own, theirs),
            None => own,
        });
        Self { instalments: joined::beyond(self.instalments, by_law.instalments.as_ref()), conditions }
    }

    /// The parts in which an amount is paid; they sum to it. A part of nothing is none.
    pub fn parts(&self, amount: Yen) -> Vec<Yen> {
        let parts = self.instalments.as_ref().map_or_else(|| vec![amount], |of| of.of(amount));
        parts.into_iter().filter(|part| part.0 > 0).collect()
    }

    /// May something else be asked for than the next part?
    pub fn lump_sum(&self) -> bool {
        self.instalments.as_ref().is_some_and(|of| of.lump_sum)
    }

    /// What the terms say of the deadlines of each step.
    pub fn deadlines(&self) -> Deadlines {
        self.conditions.as_ref().and_then(|of| of.deadlines.clone()).unwrap_or_default()
    }

    /// The last day for the report: after the completion; while there is none, the year's last. What is due within the
    /// fiscal year is due within the grant's, however late the completion is. The end of the period may wait for an open
    /// day; the end of the fiscal year is a date, and waits for none.
    pub fn report_due(&self, calendar: &Calendar, year: FiscalYear, completed: Option<NaiveDate>) -> Date {
        let report = self.conditions.as_ref().and_then(|of| of.report.clone()).unwrap_or(USUAL_REPORT);
        let end = year.last_day();
        if let Some(day) = report.by.and_then(|by| by.after(year)) {
            return Date(day);
        }
        let due = completed.and_then(|day| report.day(day));
        let due = due.map_or(end, |day| self.deadlines().of_organization(calendar, day));
        Date(if report.within_fiscal_year { due.min(end) } else { due })
    }

    /// The last day on which vouchers are kept, where the terms say so.
    pub fn vouchers_until(&self, completed: NaiveDate) -> Option<Date> {
        self.conditions.as_ref()?.retention?.last_day(completed).map(Date)
    }

    /// What may change without approval: a fifth of each cost, unless the programme says otherwise.
    pub fn minor_change(&self) -> MinorChange {
        let own = self.conditions.as_ref().and_then(|of| of.minor_change.clone());
        own.unwrap_or(MinorChange { percent: Exact::from(20) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::allocation::rule::Rest;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn quarters(count: i32) -> Instalments {
        Instalments {
            count,
            unit: Yen(1_000),
            rest: Rest::First,
            times: Vec::new(),
            not_before: false,
            lump_sum: false,
        }
    }

    #[test]
    fn m10_murakami_pays_what_is_below_a_thousand_yen_with_the_first_quarter() {
        let quarters = Terms { instalments: Some(quarters(4)), conditions: None };
        let of = |yen: i64| quarters.parts(Yen(yen)).iter().map(|part| part.0).collect::<Vec<_>>();
        assert_eq!(of(1_234_567), [310_567, 308_000, 308_000, 308_000]);
        for yen in [1, 999, 1_000, 3_999, 4_000, 4_001, 9_007_199_254_740_992] {
            assert_eq!(of(yen).iter().sum::<i64>(), yen);
        }
        assert_eq!(of(999), [999], "parts of nothing are not paid");
        assert_eq!(Terms::default().parts(Yen(1_234_567)), [Yen(1_234_567)]);
    }

    #[test]
    fn a_by_law_says_what_a_programme_leaves_open_and_contradicts_it_nowhere() {
        let parts = |count| Some(quarters(count));
        let report = |months| ReportDue { months, ..USUAL_REPORT };
        let minor = |percent| MinorChange { percent: Exact::from(percent) };
        let said = |months: Option<i32>, percent: Option<i64>| {
            let (report, minor_change) = (months.map(report), percent.map(minor));
            Some(Conditions { report, minor_change, ..Conditions::default() })
        };
        let own = Terms { instalments: None, conditions: said(Some(2), None) };
        let by_law = Terms { instalments: parts(4), conditions: said(Some(2), Some(30)) };
        let joined = own.clone().joined(&by_law).expect("joined");
        assert_eq!(joined, Terms { instalments: parts(4), conditions: said(Some(2), Some(30)) });
        assert_eq!(joined.clone().joined(&by_law), Ok(joined));
        assert_eq!(Terms::default().joined(&by_law), Ok(by_law.clone()));
        assert_eq!(by_law.clone().joined(&Terms::default()), Ok(by_law.clone()));
        let beyond = Terms { instalments: None, conditions: said(None, None) };
        assert_eq!(by_law.clone().beyond(&by_law), beyond);
        assert_eq!(by_law.clone().beyond(&own).conditions, said(None, Some(30)));
        assert_eq!(
            beyond.joined(&Terms { instalments: parts(2), conditions: None }).map(|t| t.instalments),
            Ok(parts(2))
        );
        let otherwise = [
            Terms { instalments: parts(2), conditions: None },
            Terms { instalments: None, conditions: said(Some(1), None) },
        ];
        for terms in otherwise {
            assert_eq!(terms.joined(&by_law).map_err(|refusal| refusal.reason), Err("TERMS_DIFFER"));
        }
    }

    #[test]
    fn a_report_is_due_with_the_year_until_the_completion_is_known() {
        let (usual, calendar) = (Terms::default(), Calendar::default());
        let due =
            |completed: Option<&str>| usual.report_due(&calendar, FiscalYear(2024), completed.map(day)).0.to_string();
        assert_eq!(due(None), "2025-03-31");
        assert_eq!(due(Some("2025-02-10")), "2025-03-10");
        assert_eq!(due(Some("2025-03-15")), "2025-03-31");
        assert_eq!(due(Some("2025-04-01")), "2025-03-31", "not the next year's last day");
        let report = ReportDue { within_fiscal_year: false, ..USUAL_REPORT };
        let conditions: Conditions =
            serde_json::from_value(serde_json::json!({ "report": report })).expect("conditions");
        let longer = Terms { instalments: None, conditions: Some(conditions) };
        assert_eq!(longer.report_due(&calendar, FiscalYear(2024), Some(day("2025-04-01"))).0, day("2025-05-01"));
    }
    #[test]
    fn where_the_terms_say_so_a_report_waits_for_an_open_day_and_never_for_another_year() {
        let conditions = |closed: &str| {
            let said = serde_json::json!({ "report": USUAL_REPORT, "deadlines": { "closedDays": closed } });
            Some(serde_json::from_value::<Conditions>(said).expect("conditions"))
        };
        let due = |closed: &str, completed: &str| {
            let terms = Terms { instalments: None, conditions: conditions(closed) };
            terms.report_due(&Calendar::default(), FiscalYear(2023), Some(day(completed))).0.to_string()
        };
        assert_eq!(due("AS_IS", "2024-02-10"), "2024-03-10", "a Sunday");
        assert_eq!(due("NEXT_OPEN_DAY", "2024-02-10"), "2024-03-11");
        assert_eq!(due("NEXT_OPEN_DAY", "2024-03-15"), "2024-03-31", "a Sunday, but a date of the by-law");
        assert_eq!(due("NEXT_OPEN_DAY", "2024-02-29"), "2024-03-29");
        assert_eq!(due("NEXT_OPEN_DAY", "2023-11-29"), "2024-01-04", "closed from the 29th of December");
    }
}
