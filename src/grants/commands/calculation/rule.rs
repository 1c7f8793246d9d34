//! By-laws as data: a version is written once, validated, and put in force by somebody else.

use std::collections::HashSet;

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::grants::allocation::rule::Rule;
use crate::grants::allocation::validate;
use crate::grants::commands::calculation::freeze;
use crate::grants::commands::{GRANT_RULE_DRAFT, GRANT_RULE_ENACT};
use crate::grants::entity::{GrantRuleId, GrantRuleState, grant_rule, grant_run};
use crate::grants::rules;
use crate::grants::shapes::GrantRule;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Message, Result, Violation};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::id::{TypedId, decode_as};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::{DistrictId, district};

/// 算定規則の版。
#[derive(InputObject)]
pub struct GrantRuleDraftInput {
    /// 要綱の名称。同じ名称の規則の、次の版になる。
    pub title: String,
    /// 適用を始める年度。
    pub from_fiscal_year: FiscalYear,
    /// 改正の趣旨など。
    pub note: Option<String>,
    /// 規則。
    pub rule: Rule,
}

/// Writes the next version of a rule. It is validated as it is written and never changes.
///
/// # Errors
/// INVALID_INPUT/RULE with every problem at its place in the rule.
pub async fn draft_rule(tx: &Tx, input: GrantRuleDraftInput) -> Result<GrantRuleId> {
    tx.may_create::<GrantRule>(GRANT_RULE_DRAFT, &[])?;
    let GrantRuleDraftInput { title, from_fiscal_year, note, rule } = input;
    let mut checks = Checks::new();
    let title = checks.text("input.title", &title, 100);
    let note = checks.optional("input.note", note.as_deref(), 2_000);
    checks.done()?;
    let mut found = validate(&rule, "input.rule");
    found.extend(foreign_districts(tx, &rule).await?);
    if !found.is_empty() {
        return Err(Error::Invalid("RULE", found));
    }
    let newest = grant_rule::Entity::find()
        .filter(grant_rule::Column::Title.eq(&title))
        .order_by_desc(grant_rule::Column::Version)
        .one(tx)
        .await?;
    let row = grant_rule::ActiveModel {
        id: Set(GrantRuleId::new()),
        title: Set(title),
        version: Set(newest.map_or(1, |row| row.version + 1)),
        from_fiscal_year: Set(from_fiscal_year),
        note: Set(note),
        document: Set(serde_json::to_string(&rule).map_err(Error::internal)?),
        state: Set(GrantRuleState::Draft),
        drafted_by: Set(tx.principal.account),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// Districts the rule names that are not there.
async fn foreign_districts(tx: &Tx, rule: &Rule) -> Result<Vec<Violation>> {
    let named = rule.districts("input.rule");
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known: HashSet<DistrictId> = district::Entity::find().all(tx).await?.into_iter().map(|row| row.id).collect();
    let is_known = |text: &str| decode_as(DistrictId::PREFIX, text).is_ok_and(|id| known.contains(&DistrictId(id)));
    let foreign = named.into_iter().filter(|(_, text)| !is_known(text));
    let message = || Message::new("この地区はありません。", "There is no such district.");
    Ok(foreign.map(|(path, _)| Violation { path: path.into(), rule: "MISSING", message: message() }).take(50).collect())
}

/// Puts a version in force. Somebody else than who drafted it does.
pub async fn enact_rule(tx: &Tx, id: GrantRuleId) -> Result<GrantRuleId> {
    let row = tx.load::<GrantRule>(id, GRANT_RULE_ENACT).await?;
    rules::grant_rule(&row, GRANT_RULE_ENACT, tx.now)?;
    let mut row: grant_rule::ActiveModel = row.into();
    row.state = Set(GrantRuleState::InForce);
    row.enacted_by = Set(tx.principal.account);
    row.enacted_on = Set(Some(Date(tx.today())));
    row.update(tx).await?;
    freeze::outdated(tx).await?;
    Ok(id)
}

/// The rule that a run applied.
pub(in crate::grants::commands) async fn of_run(tx: &Tx, run: &grant_run::Model) -> Result<Rule> {
    let version = grant_rule::Entity::find_by_id(run.rule_id).one(tx).await?;
    let version = version.ok_or_else(|| Error::internal("a run without its rule"))?;
    serde_json::from_str(&version.document).map_err(Error::internal)
}

/// The version in force for a fiscal year, by the rule's title.
pub(super) async fn in_force(tx: &Tx, title: &str, year: FiscalYear) -> Result<Option<grant_rule::Model>> {
    let rows = grant_rule::Entity::find()
        .filter(grant_rule::Column::Title.eq(title))
        .filter(grant_rule::Column::State.eq(GrantRuleState::InForce))
        .filter(grant_rule::Column::FromFiscalYear.lte(year))
        .order_by_desc(grant_rule::Column::FromFiscalYear)
        .order_by_desc(grant_rule::Column::Version);
    Ok(rows.one(tx).await?)
}
