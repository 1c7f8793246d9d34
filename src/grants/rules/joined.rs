//! What a programme says beside the by-law that its amounts were calculated with: each term, each deadline and each paper
//! for itself. They complete each other; the same one said differently is a contradiction, which is told by its place.

use std::borrow::Cow;

use crate::grants::allocation::conditions::{Conditions, MinorChange, ReportDue, Reserve, Retention};
use crate::grants::allocation::deadlines::{ClosedDays, Deadlines, Period};
use crate::grants::allocation::papers::AskedPaper;
use crate::grants::allocation::rule::Instalments;
use crate::kernel::error::Refusal;

/// Something that both may say.
pub(super) trait Said: Clone {
    /// Is it the same?
    fn agrees(&self, other: &Self) -> bool;

    /// With what only the other says of it.
    fn with(self, _other: &Self) -> Self {
        self
    }
}

macro_rules! said_as_a_whole {
    ($($kind:ty),*) => {
        $(impl Said for $kind {
            fn agrees(&self, other: &Self) -> bool {
                self == other
            }
        })*
    };
}

said_as_a_whole!(Instalments, MinorChange, Reserve, Retention, ClosedDays);

/// The article that says so is no part of what is said, nor are the months where a day of the year is.
impl Said for ReportDue {
    fn agrees(&self, other: &Self) -> bool {
        if let (Some(own), Some(theirs)) = (&self.by, &other.by) {
            return own == theirs;
        }
        Self { legal_reference: None, ..self.clone() } == Self { legal_reference: None, ..other.clone() }
    }

    fn with(self, other: &Self) -> Self {
        Self { legal_reference: self.legal_reference.or_else(|| other.legal_reference.clone()), ..self }
    }
}

impl Said for Period {
    fn agrees(&self, other: &Self) -> bool {
        (self.days, self.open_days) == (other.days, other.open_days)
    }

    fn with(self, other: &Self) -> Self {
        Self { legal_reference: self.legal_reference.or_else(|| other.legal_reference.clone()), ..self }
    }
}

impl Said for AskedPaper {
    fn agrees(&self, other: &Self) -> bool {
        (self.at, self.from_yen, self.each_time) == (other.at, other.from_yen, other.each_time)
    }

    fn with(self, other: &Self) -> Self {
        Self { name_en: self.name_en.or_else(|| other.name_en.clone()), ..self }
    }
}

/// What is said, in Japanese and by its path in the terms.
type Place<'a> = (Cow<'a, str>, Cow<'a, str>);

fn place(ja: &'static str, en: &'static str) -> Place<'static> {
    (ja.into(), en.into())
}

/// What the programme says, or else the by-law.
///
/// # Errors
/// TERMS_DIFFER where they contradict each other.
pub(super) fn either<T: Said>(own: Option<T>, theirs: Option<&T>, at: &Place<'_>) -> Result<Option<T>, Refusal> {
    match (own, theirs) {
        (Some(own), Some(theirs)) if !own.agrees(theirs) => Err(Refusal::new(
            "TERMS_DIFFER",
            format!("{}が、制度の交付条件と算定に用いた要綱とで異なります。", at.0),
            format!("The programme's terms and the by-law of its calculation differ in {}.", at.1),
        )),
        (Some(own), Some(theirs)) => Ok(Some(own.with(theirs))),
        (own, theirs) => Ok(own.or_else(|| theirs.cloned())),
    }
}

/// What the programme says and the by-law does not say as well.
pub(super) fn beyond<T: Said>(own: Option<T>, theirs: Option<&T>) -> Option<T> {
    own.filter(|own| !theirs.is_some_and(|theirs| own.agrees(theirs)))
}

pub(super) fn instalments(
    own: Option<Instalments>,
    theirs: Option<&Instalments>,
) -> Result<Option<Instalments>, Refusal> {
    either(own, theirs, &place("分割払", "the instalments"))
}

pub(super) fn conditions(own: Option<Conditions>, theirs: Option<&Conditions>) -> Result<Option<Conditions>, Refusal> {
    let (Some(own), Some(theirs)) = (&own, theirs) else { return Ok(own.or_else(|| theirs.cloned())) };
    let own = own.clone();
    let report = place("実績報告の期限", "when the report is due");
    let minor_change = place("軽微な変更", "minor changes");
    let (reserve, retention) = (place("積立て", "the reserve"), place("証拠書類の保存", "the retention"));
    Ok(Some(Conditions {
        report: either(own.report, theirs.report.as_ref(), &report)?,
        minor_change: either(own.minor_change, theirs.minor_change.as_ref(), &minor_change)?,
        reserve: either(own.reserve, theirs.reserve.as_ref(), &reserve)?,
        retention: either(own.retention, theirs.retention.as_ref(), &retention)?,
        deadlines: match (own.deadlines, &theirs.deadlines) {
            (Some(own), Some(theirs)) => Some(deadlines(own, theirs)?),
            (own, theirs) => own.or_else(|| theirs.clone()),
        },
        papers: papers(own.papers, &theirs.papers)?,
    }))
}

pub(super) fn conditions_beyond(own: Conditions, theirs: &Conditions) -> Conditions {
    let papers = own.papers.into_iter().filter(|own| beyond(Some(own.clone()), named(&theirs.papers, own)).is_some());
    Conditions {
        report: beyond(own.report, theirs.report.as_ref()),
        minor_change: beyond(own.minor_change, theirs.minor_change.as_ref()),
        reserve: beyond(own.reserve, theirs.reserve.as_ref()),
        retention: beyond(own.retention, theirs.retention.as_ref()),
        deadlines: match (own.deadlines, &theirs.deadlines) {
            (Some(own), Some(theirs)) => Some(deadlines_beyond(own, theirs)).filter(|of| *of != Deadlines::default()),
            (own, _) => own,
        },
        papers: papers.collect(),
    }
}

/// Each deadline by itself.
fn deadlines(own: Deadlines, theirs: &Deadlines) -> Result<Deadlines, Refusal> {
    let closed_days = place("閉庁日に当たる期限の扱い", "conditions.deadlines.closedDays");
    let names = own.clone();
    let [decision, correction, payment, change, fixing, subgrant] = names
        .periods()
        .map(|step| (Cow::Borrowed(step.name.1), Cow::Owned(format!("conditions.deadlines.{}", step.name.0))));
    Ok(Deadlines {
        closed_days: either(own.closed_days, theirs.closed_days.as_ref(), &closed_days)?,
        decision: either(own.decision, theirs.decision.as_ref(), &decision)?,
        correction: either(own.correction, theirs.correction.as_ref(), &correction)?,
        payment: either(own.payment, theirs.payment.as_ref(), &payment)?,
        change: either(own.change, theirs.change.as_ref(), &change)?,
        fixing: either(own.fixing, theirs.fixing.as_ref(), &fixing)?,
        subgrant: either(own.subgrant, theirs.subgrant.as_ref(), &subgrant)?,
    })
}

fn deadlines_beyond(own: Deadlines, theirs: &Deadlines) -> Deadlines {
    Deadlines {
        closed_days: beyond(own.closed_days, theirs.closed_days.as_ref()),
        decision: beyond(own.decision, theirs.decision.as_ref()),
        correction: beyond(own.correction, theirs.correction.as_ref()),
        payment: beyond(own.payment, theirs.payment.as_ref()),
        change: beyond(own.change, theirs.change.as_ref()),
        fixing: beyond(own.fixing, theirs.fixing.as_ref()),
        subgrant: beyond(own.subgrant, theirs.subgrant.as_ref()),
    }
}

/// Those of the by-law first, as it has them; each is known by its name and step.
fn papers(own: Vec<AskedPaper>, theirs: &[AskedPaper]) -> Result<Vec<AskedPaper>, Refusal> {
    let (both, more): (Vec<_>, Vec<_>) = own.into_iter().partition(|own| named(theirs, own).is_some());
    let said = |paper: &AskedPaper| {
        let at = (format!("書類「{}」", paper.name).into(), format!("conditions.papers ({})", paper.name).into());
        let own = named(&both, paper).cloned();
        either(own, Some(paper), &at)
    };
    let joined = theirs.iter().map(said).collect::<Result<Vec<_>, _>>()?;
    Ok(joined.into_iter().flatten().chain(more).collect())
}

fn named<'a>(papers: &'a [AskedPaper], like: &AskedPaper) -> Option<&'a AskedPaper> {
    papers.iter().find(|paper| (&paper.name, paper.at) == (&like.name, like.at))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(said: Value) -> Option<Conditions> {
        serde_json::from_value(said).expect("conditions")
    }

    fn days(days: i32) -> Value {
        json!({ "days": days })
    }

    #[test]
    fn deadlines_complete_each_other_one_by_one() {
        let own = of(json!({"deadlines": {"closedDays": "NEXT_OPEN_DAY", "decision": days(30), "fixing": days(20)}}));
        let by_law =
            of(json!({"deadlines": {"decision": {"days": 30, "legalReference": "第6条"}, "payment": days(30)}}));
        let joined = conditions(own.clone(), by_law.as_ref()).expect("joined").and_then(|of| of.deadlines);
        let expected = of(json!({"deadlines": {"closedDays": "NEXT_OPEN_DAY",
            "decision": {"days": 30, "legalReference": "第6条"}, "payment": days(30), "fixing": days(20)}}));
        assert_eq!(joined, expected.and_then(|of| of.deadlines));
        let beyond = conditions_beyond(own.expect("own"), &by_law.expect("a by-law")).deadlines;
        let expected = of(json!({"deadlines": {"closedDays": "NEXT_OPEN_DAY", "fixing": days(20)}}));
        assert_eq!(beyond, expected.and_then(|of| of.deadlines));
    }

    #[test]
    fn the_same_deadline_said_differently_is_told_by_its_place() {
        let by_law = of(json!({"deadlines": {"decision": days(30), "payment": days(30)}}));
        for (own, ja, en) in [
            (json!({"decision": days(30), "payment": days(31)}), "支払の期間", "conditions.deadlines.payment"),
            (json!({"decision": {"days": 30, "openDays": true}}), "標準処理期間", "conditions.deadlines.decision"),
        ] {
            let refusal = conditions(of(json!({ "deadlines": own })), by_law.as_ref()).expect_err("they differ");
            assert_eq!(refusal.reason, "TERMS_DIFFER");
            assert!(refusal.message.ja.contains(ja) && refusal.message.en.contains(en), "{:?}", refusal.message);
        }
    }

    #[test]
    fn where_a_report_is_due_on_a_day_of_the_year_its_months_say_nothing() {
        let due = |months: i32, day: i32| {
            of(json!({"report": {"months": months, "elapsed": "CORRESPONDING_DAY", "withinFiscalYear": months == 1,
                "by": {"month": 5, "day": day}}}))
        };
        assert!(conditions(due(1, 31), due(2, 31).as_ref()).is_ok());
        let refusal = conditions(due(1, 31), due(1, 30).as_ref()).expect_err("another day");
        assert_eq!(refusal.reason, "TERMS_DIFFER");
    }

    #[test]
    fn papers_are_joined_by_their_names() {
        let paper = |name: &str, at: &str| json!({"name": name, "legalReference": "第4条", "at": at});
        let by_law = of(json!({"papers": [paper("事業計画書", "APPLICATION"), paper("決算書", "REPORT")]}));
        let own = of(json!({"papers": [paper("規約", "APPLICATION"), paper("決算書", "REPORT")]}));
        let names = |of: &Conditions| of.papers.iter().map(|paper| paper.name.clone()).collect::<Vec<_>>();
        let joined = conditions(own.clone(), by_law.as_ref()).expect("joined").expect("conditions");
        assert_eq!(names(&joined), ["事業計画書", "決算書", "規約"]);
        let by_law = by_law.expect("a by-law");
        assert_eq!(names(&conditions_beyond(own.expect("own"), &by_law)), ["規約"]);
        let later = of(json!({"papers": [paper("決算書", "PAYMENT_REQUEST")]}));
        let joined = conditions(later, Some(&by_law)).expect("joined").expect("conditions");
        assert_eq!(names(&joined), ["事業計画書", "決算書", "決算書"], "of another step it is another paper");
        let mut large = paper("決算書", "REPORT");
        large["fromYen"] = json!(1_000_000);
        let refusal = conditions(of(json!({ "papers": [large] })), Some(&by_law)).expect_err("for large grants");
        assert!(refusal.message.ja.contains("書類「決算書」"), "{:?}", refusal.message);
    }
}
