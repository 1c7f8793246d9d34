//! The year's allocation: a by-law as data, put in force, calculated and approved; a draft of its revision, a
//! what-if run of it and a correction that waits for its approval.

use crate::demo::stage::Stage;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::rule::Rule;
use crate::grants::commands::calculation::comparison;
use crate::grants::commands::calculation::declaration::{self, GrantDeclarationRecordInput};
use crate::grants::commands::calculation::freeze;
use crate::grants::commands::calculation::rule::{self, GrantRuleDraftInput};
use crate::grants::commands::calculation::run::{self, GrantRunCreateInput};
use crate::grants::entity::{GrantDeclarationId, GrantProgrammeId, GrantRuleId, GrantRunId, GrantRunKind};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::organizations::entity::OrganizationId;

/// The by-law is invented: none of the demo's municipalities has published its formula.
const TITLE: &str = "地域づくり一括交付金交付要綱(架空)";
const RULE: &str = include_str!("../../../demo/allocation-rule.json");

/// Plays the scene for a programme that has no allocations yet; answers the approved run.
pub(super) async fn play(stage: &Stage<'_>, programme: GrantProgrammeId, organizations: &[&str]) -> Result<GrantRunId> {
    let year = FiscalYear::of(stage.today());
    let members = organizations.iter().map(|key| Ok(OrganizationId(stage.id("organization", key)?)));
    let members = members.collect::<Result<Vec<_>>>()?;
    declare(stage, year, &members).await?;
    let version = draft(stage, year, None).await?;
    stage.act("approver", move |tx| Box::pin(rule::enact_rule(tx, version))).await?;
    let first = calculate(stage, programme, version, GrantRunKind::Real, "当初の算定", &members).await?;
    stage.act("approver", move |tx| Box::pin(freeze::approve_run(tx, first))).await?;
    calculate(stage, programme, version, GrantRunKind::Real, "統計の訂正による算定", &members).await?;
    let revised = draft(stage, year, Some("人口割を450円に引き上げる案。")).await?;
    let supposed = calculate(stage, programme, revised, GrantRunKind::WhatIf, "改正案による試算", &members).await?;
    stage.act("grant-staff", move |tx| Box::pin(comparison::create_comparison(tx, supposed, first))).await?;
    of_itself(stage, year, "28").await?;
    Ok(first)
}

async fn declare(stage: &Stage<'_>, year: FiscalYear, members: &[OrganizationId]) -> Result<()> {
    for (n, id) in (1i64..).zip(members) {
        let input = GrantDeclarationRecordInput {
            organization_id: Some(*id),
            item: "防犯灯".into(),
            as_of: Date(year.first_day()),
            number: Some(Exact::from(n * 7 + 20)),
            flag: None,
            word: None,
            source: "3月の電気料金の請求書(架空)".into(),
        };
        stage.act("grant-staff", |tx| Box::pin(declaration::record_declaration(tx, input))).await?;
    }
    let first = of_itself(stage, year, "27").await?;
    stage.act("grant-staff", move |tx| Box::pin(declaration::confirm_declaration(tx, first))).await?;
    Ok(())
}

/// An organization's own word, which waits to be confirmed.
async fn of_itself(stage: &Stage<'_>, year: FiscalYear, number: &str) -> Result<GrantDeclarationId> {
    let input = GrantDeclarationRecordInput {
        organization_id: Some(OrganizationId(stage.id("organization", "o1")?)),
        item: "防犯灯".into(),
        as_of: Date(year.first_day()),
        number: Exact::parse(number),
        flag: None,
        word: None,
        source: "3月の電気料金の請求書(架空)".into(),
    };
    stage.act("org-officer", |tx| Box::pin(declaration::record_declaration(tx, input))).await
}

/// The next version; a revision changes the rate by population.
async fn draft(stage: &Stage<'_>, year: FiscalYear, revision: Option<&str>) -> Result<GrantRuleId> {
    let rate = if revision.is_some() { "450" } else { "300" };
    let rule: Rule =
        serde_json::from_str(&RULE.replace("\"RATE\"", &format!("\"{rate}\""))).map_err(Error::internal)?;
    let input =
        GrantRuleDraftInput { title: TITLE.into(), from_fiscal_year: year, note: revision.map(Into::into), rule };
    stage.act("grant-staff", |tx| Box::pin(rule::draft_rule(tx, input))).await
}

async fn calculate(
    stage: &Stage<'_>,
    programme_id: GrantProgrammeId,
    rule_id: GrantRuleId,
    kind: GrantRunKind,
    title: &str,
    members: &[OrganizationId],
) -> Result<GrantRunId> {
    let input = GrantRunCreateInput {
        programme_id,
        rule_id,
        kind,
        title: title.into(),
        budget_yen: None,
        organization_ids: Some(members.to_vec()),
        previous_programme_id: None,
        splits: Vec::new(),
        suppositions: Vec::new(),
    };
    stage.act("grant-staff", |tx| Box::pin(run::create_run(tx, input))).await
}
