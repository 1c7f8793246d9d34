//! Which version of which by-law makes a programme's allocations.

use crate::grants::entity::{GrantRuleState, grant_rule};
use crate::kernel::error::Refusal;
use crate::kernel::fiscal_year::FiscalYear;

/// May this version make the allocations of a programme of `year`? `by_law` is the programme's, where it has one;
/// `newest` the newest version of the same by-law that is in force for that year.
pub fn by_law(
    by_law: Option<&str>,
    year: FiscalYear,
    version: &grant_rule::Model,
    newest: Option<&grant_rule::Model>,
) -> Result<(), Refusal> {
    if let Some(title) = by_law.filter(|title| *title != version.title) {
        return Err(Refusal::new(
            "RULE_NOT_OF_PROGRAMME",
            format!("この交付金制度の額は「{title}」で算定します。その版を用いてください。"),
            format!("This programme is calculated by {title}. Use a version of it."),
        ));
    }
    if version.state != GrantRuleState::InForce || version.from_fiscal_year > year {
        return Err(Refusal::new(
            "RULE_NOT_IN_FORCE",
            "この版は、この年度に施行されていません。",
            "This version is not in force for the fiscal year.",
        ));
    }
    match newest.filter(|newest| newest.id != version.id) {
        None => Ok(()),
        Some(newest) => Err(Refusal::new(
            "RULE_SUPERSEDED",
            format!("この年度には第{}版が施行されています。その版で算定し直してください。", newest.version),
            format!("Version {} is in force for the fiscal year. Calculate again with it.", newest.version),
        )),
    }
}

/// The by-law of a programme whose allocations were approved stays.
pub fn other_by_law() -> Refusal {
    Refusal::new(
        "BY_LAW_FIXED",
        "承認された配分があるので、算定に用いる要綱は変えられません。",
        "Allocations were approved, so the by-law of the programme stays as it is.",
    )
}
