//! Which papers are missing at a step, and which file may be one of them now.

use crate::grants::entity::GrantApplicationState::AmountFixed;
use crate::grants::entity::{GrantPaperStep, grant_application};
use crate::kernel::error::{Error, Refusal, Result};

/// A paper that terms ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its name.
    pub name: String,
    /// The same in English, where there is one.
    pub name_en: Option<String>,
    /// The article that asks for it.
    pub legal_reference: String,
}

/// A step is taken with all its papers.
///
/// # Errors
/// PAPERS_MISSING with the name and the article of each that is missing.
pub fn all_here(missing: &[Paper]) -> Result<(), Refusal> {
    if missing.is_empty() {
        return Ok(());
    }
    let ja: Vec<_> = missing.iter().map(|paper| format!("{}({})", paper.name, paper.legal_reference)).collect();
    let name = |paper: &Paper| paper.name_en.clone().unwrap_or_else(|| paper.name.clone());
    let en: Vec<_> = missing.iter().map(|paper| format!("{} ({})", name(paper), paper.legal_reference)).collect();
    Err(Refusal::new(
        "PAPERS_MISSING",
        format!("添付されていない書類があります: {}", ja.join("、")),
        format!("Papers are missing: {}", en.join(", ")),
    ))
}

/// Of the steps that ask for a paper of one name, the one that it is attached for now; else the first.
pub fn step_to_come(steps: &[GrantPaperStep], decided: bool) -> Option<GrantPaperStep> {
    let fits = |step: &&GrantPaperStep| (**step == GrantPaperStep::Application) != decided;
    let of_request = steps.iter().find(|step| decided && **step == GrantPaperStep::PaymentRequest);
    of_request.or_else(|| steps.iter().find(fits)).or_else(|| steps.first()).copied()
}

/// May a file be attached now that is a paper of this step, or none that is asked for? Once the amount is fixed, only what
/// the request of the rest asks for.
///
/// # Errors
/// CONFLICT/STATE; INVALID_INPUT (rule PAPER) for a paper of the application after its decision, or a later one before.
pub fn attachable(row: &grant_application::Model, step: Option<GrantPaperStep>) -> Result<()> {
    if row.state == AmountFixed && step != Some(GrantPaperStep::PaymentRequest) {
        return Err(Error::Conflict(Refusal::new(
            "STATE",
            "額が確定した後は、支払の請求に求められる書類だけを添付できます。",
            "Once the amount is fixed, only what the request of a payment asks for is attached.",
        )));
    }
    match step {
        Some(step) if (step == GrantPaperStep::Application) == row.decided_on.is_some() => Err(not_asked()),
        _ => Ok(()),
    }
}

/// What names no paper that is asked for now.
pub fn not_asked() -> Error {
    Error::invalid(
        "paper",
        "PAPER",
        "この段階で求められる書類の名称ではありません。申請の papers にある名称を指定してください。",
        "No paper of this name is asked for at this step. The application's papers tell the names.",
    )
}

/// May a file be detached that is a paper of this step? A request that was made rests on its papers.
pub fn detachable(row: &grant_application::Model, step: Option<GrantPaperStep>) -> Result<(), Refusal> {
    if row.payment_requested_by.is_some() && step == Some(GrantPaperStep::PaymentRequest) {
        return Err(Refusal::new(
            "PAPER_USED",
            "支払の請求に用いた書類なので、取り外せません。",
            "A payment was asked for with this paper, so it stays.",
        ));
    }
    if row.state == AmountFixed && step != Some(GrantPaperStep::PaymentRequest) {
        return Err(Refusal::new(
            "STATE",
            "額が確定した後は、実績報告の書類を取り外せません。",
            "The papers of a report stay once the amount is fixed.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_of_several_steps_is_that_of_the_step_to_come() {
        use GrantPaperStep::{Application, PaymentRequest, Report};
        let both = [Application, Report];
        assert_eq!([false, true].map(|decided| step_to_come(&both, decided)), [Some(Application), Some(Report)]);
        assert_eq!(step_to_come(&[Report, PaymentRequest], true), Some(PaymentRequest));
        assert_eq!(step_to_come(&[Report], false), Some(Report), "which is refused by its name");
        assert_eq!(step_to_come(&[], true), None);
    }

    #[test]
    fn each_paper_that_is_missing_is_named_in_both_languages() {
        let paper = |name: &str, en: Option<&str>, article: &str| Paper {
            name: name.into(),
            name_en: en.map(Into::into),
            legal_reference: article.into(),
        };
        assert_eq!(all_here(&[]), Ok(()));
        let missing = [paper("事業計画書", Some("project plan"), "第4条"), paper("規約", None, "第4条第2項")];
        let refusal = all_here(&missing).expect_err("missing");
        assert_eq!(refusal.reason, "PAPERS_MISSING");
        assert_eq!(refusal.message.ja, "添付されていない書類があります: 事業計画書(第4条)、規約(第4条第2項)");
        assert_eq!(refusal.message.en, "Papers are missing: project plan (第4条), 規約 (第4条第2項)");
    }
}
