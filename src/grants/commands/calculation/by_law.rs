//! The by-law that a programme is calculated by: laid down with its terms, taken over from the year before, or fixed by
//! the first run that is approved.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::allocation::rule::Rule;
use crate::grants::commands::calculation::rule;
use crate::grants::entity::{GrantProgrammeId, grant_programme, grant_rule, grant_run};
use crate::grants::rules;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// Allocations are made by the version in force of the programme's by-law.
///
/// # Errors
/// CONFLICT/RULE_NOT_OF_PROGRAMME, CONFLICT/RULE_NOT_IN_FORCE, CONFLICT/RULE_SUPERSEDED.
pub(super) async fn applies(
    tx: &Tx,
    programme: GrantProgrammeId,
    year: FiscalYear,
    version: &grant_rule::Model,
) -> Result<()> {
    let by_law = of(tx, programme).await?;
    let newest = rule::in_force(tx, &version.title, year).await?;
    Ok(rules::by_law(by_law.as_deref(), year, version, newest.as_ref())?)
}

/// The by-law of a programme, or that of its nearest predecessor that has one.
async fn of(tx: &Tx, programme: GrantProgrammeId) -> Result<Option<String>> {
    let mut sql = Sql::new("SELECT entaku_by_law(entaku_municipality(), ");
    sql.param(Param::Uuid(Some(programme.0)));
    sql.push(") AS by_law");
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    Ok(row.try_get("by_law")?)
}

/// What looks at the year before in the version of a programme's by-law that is in force; nothing where there is none yet.
pub(in crate::grants::commands) async fn of_last_year(
    tx: &Tx,
    programme: &grant_programme::Model,
) -> Result<Vec<String>> {
    let Some(title) = of(tx, programme.id).await? else { return Ok(Vec::new()) };
    let Some(version) = rule::in_force(tx, &title, programme.fiscal_year).await? else { return Ok(Vec::new()) };
    let rule: Rule = serde_json::from_str(&version.document).map_err(Error::internal)?;
    Ok(rule.of_last_year(programme.fiscal_year).into_iter().map(|part| part.label).collect())
}

/// A run that is approved was made by what is in force still; the first one fixes its programme's by-law.
pub(super) async fn settle(tx: &Tx, programme: grant_programme::Model, run: &grant_run::Model) -> Result<()> {
    let version = grant_rule::Entity::find_by_id(run.rule_id).one(tx).await?;
    let version = version.ok_or_else(|| Error::internal("a run without its rule"))?;
    applies(tx, run.programme_id, run.fiscal_year, &version).await?;
    if programme.by_law.is_none() {
        let mut next: grant_programme::ActiveModel = programme.into();
        next.by_law = Set(Some(version.title));
        next.update(tx).await?;
    }
    Ok(())
}

/// The by-law that somebody lays down. One that nothing says of stays where allocations were `approved` under it.
///
/// # Errors
/// CONFLICT/BY_LAW_FIXED; a violation where there is no rule of this title.
pub(in crate::grants::commands) async fn laid_down(
    tx: &Tx,
    checks: &mut Checks,
    programme: &grant_programme::Model,
    named: Option<&str>,
    approved: bool,
) -> Result<Option<String>> {
    let kept = programme.by_law.clone().filter(|_| approved);
    let Some(title) = checks.optional("input.byLaw", named, 100) else { return Ok(kept) };
    if kept.as_ref().is_some_and(|kept| *kept != title) {
        return Err(Error::Conflict(rules::other_by_law()));
    }
    let known = grant_rule::Entity::find().filter(grant_rule::Column::Title.eq(&title)).one(tx).await?;
    let (ja, en) = ("この名称の算定規則がありません。", "There is no rule of this title.");
    checks.check(known.is_some(), "input.byLaw", "MISSING", ja, en);
    Ok(Some(title))
}
