//! A run: a version of a rule over inputs that are pinned with their hash. It can be replayed for ever.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::grants::allocation::evaluate;
use crate::grants::allocation::inputs::Inputs;
use crate::grants::allocation::outcome::{Fault, Outcome};
use crate::grants::allocation::rule::Rule;
use crate::grants::commands::GRANT_RUN_CREATE;
use crate::grants::commands::calculation::gather::{self, Gathered, MOST, Scope};
use crate::grants::commands::calculation::suppose::{GrantSplitInput, GrantSuppositionInput, split, suppose};
use crate::grants::commands::calculation::{by_law, comparison, last_year};
use crate::grants::commands::programme::positive;
use crate::grants::entity::{
    GrantProgrammeId, GrantRuleId, GrantRunId, GrantRunKind, GrantRunLineId, GrantRunState, grant_programme,
    grant_rule, grant_run,
};
use crate::grants::rules;
use crate::grants::shapes::{GrantProgramme, GrantRule, GrantRun};
use crate::kernel::error::{Error, Message, Result, Violation};
use crate::kernel::id::{TypedId, decode_as};
use crate::kernel::keys::sha256;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 算定の条件。
#[derive(InputObject)]
pub struct GrantRunCreateInput {
    /// 交付金制度。
    pub programme_id: GrantProgrammeId,
    /// 算定規則の版。配分のための算定では、制度の要綱の、その年度に施行されている版。
    pub rule_id: GrantRuleId,
    /// 種類。
    pub kind: GrantRunKind,
    /// 名称(「当初の算定」「単価を1割下げた試算」など)。
    pub title: String,
    /// 予算額(円)。試算で変えるときに指定する。指定しないと、制度の予算額。
    pub budget_yen: Option<Yen>,
    /// 対象の地域組織。指定しないと、認定・活動中のすべての組織(連合を除く)。
    pub organization_ids: Option<Vec<OrganizationId>>,
    /// 前年度の額を取る交付金制度。指定しないと、制度の前年度の交付金制度。ほかの制度は、試算でだけ指定できる。
    pub previous_programme_id: Option<GrantProgrammeId>,
    /// 年度の途中の分割。
    #[graphql(default)]
    pub splits: Vec<GrantSplitInput>,
    /// 試算の仮定。
    #[graphql(default)]
    pub suppositions: Vec<GrantSuppositionInput>,
}

/// Calculates. A correction of an approved run says so and shows its difference.
///
/// # Errors
/// INVALID_INPUT with NOT_PREDECESSOR for another year before than the programme's; INVALID_INPUT/ALLOCATION with
/// everything that is missing or impossible (PREVIOUS_MISSING where it is the year before); CONFLICT/RULE_NOT_IN_FORCE,
/// CONFLICT/RULE_NOT_OF_PROGRAMME, CONFLICT/RULE_SUPERSEDED; CONFLICT/DISCARDED.
pub async fn create_run(tx: &Tx, input: GrantRunCreateInput) -> Result<GrantRunId> {
    tx.may_create::<GrantRun>(GRANT_RUN_CREATE, &[])?;
    let programme = tx.peek::<GrantProgramme>(input.programme_id, Action::READ).await?;
    let version = tx.peek::<GrantRule>(input.rule_id, Action::READ).await?;
    rules::wanted(&programme)?;
    if let Some(previous) = input.previous_programme_id {
        tx.peek::<GrantProgramme>(previous, Action::READ).await?;
    }
    let title = checked(&input)?;
    let corrects = match input.kind {
        GrantRunKind::Real => {
            in_force(tx, &version, &programme).await?;
            approved(tx, programme.id).await?
        }
        GrantRunKind::WhatIf => None,
    };
    let rule: Rule = serde_json::from_str(&version.document).map_err(Error::internal)?;
    let previous_id = last_year::programme(&programme, &input)?;
    // Before the amounts are read: what changes meanwhile is noticed when the run is approved.
    let previous_hash = last_year::hash(tx, previous_id).await?;
    let (inputs, notes) = gathered(tx, &rule, &programme, &input, previous_id).await?;
    let canonical = inputs.canonical().map_err(Error::internal)?;
    let (inputs, outcome) = calculate(rule, inputs).await?;
    let row = grant_run::ActiveModel {
        id: Set(GrantRunId::new()),
        programme_id: Set(programme.id),
        programme_state: Set(programme.state),
        fiscal_year: Set(programme.fiscal_year),
        opens_on: Set(programme.opens_on),
        closes_on: Set(programme.closes_on),
        rule_id: Set(version.id),
        title: Set(title),
        kind: Set(input.kind),
        state: Set(GrantRunState::Calculated),
        budget_yen: Set(inputs.budget.unwrap_or_default()),
        total_yen: Set(outcome.total),
        organizations: Set(i32::try_from(outcome.bodies.len()).map_err(Error::internal)?),
        rule_hash: Set(sha256(version.document.as_bytes())),
        inputs_hash: Set(sha256(canonical.as_bytes())),
        inputs: Set(canonical),
        pools: Set(serde_json::to_string(&outcome.pools).map_err(Error::internal)?),
        previous_id: Set(previous_id),
        not_compared: Set(notes.not_compared),
        waiting: Set(notes.waiting),
        previous_hash: Set(previous_hash),
        corrects_id: Set(corrects.as_ref().map(|run| run.id)),
        run_by: Set(tx.principal.account),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    take_time(tx).await?;
    insert_lines(tx, id, &inputs, &outcome).await?;
    if let Some(corrected) = corrects {
        comparison::compare_runs(tx, id, corrected.id).await?;
    }
    Box::pin(routing::open(tx, RoutedAct::GrantRunApprove, id.0)).await?;
    Ok(id)
}

/// The title; and is what only a what-if run may suppose supposed by none else?
fn checked(input: &GrantRunCreateInput) -> Result<String> {
    let mut checks = Checks::new();
    let title = checks.text("input.title", &input.title, 100);
    if let Some(budget) = input.budget_yen {
        positive(&mut checks, "input.budgetYen", budget);
    }
    let real = input.kind == GrantRunKind::Real;
    let (ja, en) = ("試算でだけ指定できます。", "For what-if runs only.");
    checks.check(!real || input.budget_yen.is_none(), "input.budgetYen", "WHAT_IF_ONLY", ja, en);
    checks.check(!real || input.suppositions.is_empty(), "input.suppositions", "WHAT_IF_ONLY", ja, en);
    let few = input.organization_ids.as_ref().is_none_or(|ids| !ids.is_empty() && ids.len() <= MOST);
    let (ja, en) = ("団体は1から20,000までです。", "From 1 to 20,000 organizations.");
    checks.check(few, "input.organizationIds", "RANGE", ja, en);
    let few = input.suppositions.len() <= 1_000 && input.splits.len() <= 1_000;
    checks.check(few, "input", "TOO_MANY", "仮定と分割はそれぞれ1,000件までです。", "At most 1,000 of each.");
    checks.done()?;
    Ok(title)
}

/// A real run is made with the version of the programme's by-law that is in force for its year.
async fn in_force(tx: &Tx, version: &grant_rule::Model, programme: &grant_programme::Model) -> Result<()> {
    rules::open_for_allocation(programme.state)?;
    by_law::applies(tx, programme.id, programme.fiscal_year, version).await
}

/// The newest approved run of a programme.
pub(in crate::grants::commands) async fn approved(
    tx: &Tx,
    programme: GrantProgrammeId,
) -> Result<Option<grant_run::Model>> {
    let rows = grant_run::Entity::find()
        .filter(grant_run::Column::ProgrammeId.eq(programme))
        .filter(grant_run::Column::State.eq(GrantRunState::Approved))
        .order_by_desc(grant_run::Column::Id);
    Ok(rows.one(tx).await?)
}

/// What is to be known of a run besides its numbers: lists, as JSON; nothing where they are empty.
struct Notes {
    /// What of the rule is compared with no year before.
    not_compared: Option<String>,
    /// What organizations have declared since of the numbers that count.
    waiting: Option<String>,
}

fn listed(list: &[String]) -> Result<Option<String>> {
    (!list.is_empty()).then(|| serde_json::to_string(list)).transpose().map_err(Error::internal)
}

async fn gathered(
    tx: &Tx,
    rule: &Rule,
    programme: &grant_programme::Model,
    input: &GrantRunCreateInput,
    previous: Option<GrantProgrammeId>,
) -> Result<(Inputs, Notes)> {
    let scope = Scope {
        fiscal_year: programme.fiscal_year,
        budget: input.budget_yen.unwrap_or(programme.budget_yen),
        organizations: input.organization_ids.as_deref(),
        previous,
        unconfirmed: input.kind == GrantRunKind::WhatIf,
    };
    let Gathered { mut inputs, compared, untold, waiting } = gather::inputs(tx, rule, scope).await?;
    if inputs.bodies.is_empty() || inputs.bodies.len() > MOST {
        let (ja, en) = ("対象の団体は1から20,000までです。", "From 1 to 20,000 organizations take part.");
        return Err(Error::invalid("input.organizationIds", "RANGE", ja, en));
    }
    let mut found = split(&mut inputs, &input.splits);
    found.extend(suppose(&mut inputs, rule, &input.suppositions));
    if !found.is_empty() {
        return Err(Error::Invalid("", found));
    }
    let untold = untold.into_iter().filter(|(metric, _)| !inputs.municipality.contains_key(metric));
    let mut found: Vec<_> = untold.map(|(_, why)| why).collect();
    let compared = compared || inputs.bodies.iter().any(|body| body.previous.is_some());
    let open = if compared { Vec::new() } else { rule.of_last_year(inputs.fiscal_year) };
    if input.kind == GrantRunKind::Real && !programme.first_year {
        found.extend(open.iter().map(last_year::missing));
    }
    if !found.is_empty() {
        return Err(Error::Invalid("ALLOCATION", found));
    }
    let labels: Vec<String> = open.into_iter().map(|part| part.label).collect();
    let waiting: Vec<String> = waiting.into_iter().collect();
    Ok((inputs, Notes { not_compared: listed(&labels)?, waiting: listed(&waiting)? }))
}

/// Evaluates beside the server's other work.
async fn calculate(rule: Rule, inputs: Inputs) -> Result<(Inputs, Outcome)> {
    let work = move || {
        let outcome = evaluate(&rule, &inputs);
        (inputs, outcome)
    };
    let (inputs, outcome) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    let outcome = outcome.map_err(|faults| Error::Invalid("ALLOCATION", faults.into_iter().map(told).collect()))?;
    Ok((inputs, outcome))
}

/// A fault as a violation: where in the rule, and about whom.
fn told(fault: Fault) -> Violation {
    let Fault { path, body, reason, message } = fault;
    let path = if path.is_empty() { "rule".to_owned() } else { format!("rule.{path}") };
    let whose = body.map_or_else(String::new, |name| format!("{name}: "));
    let message = Message::new(format!("{whose}{}", message.ja), format!("{whose}{}", message.en));
    Violation { path: path.into(), rule: reason, message }
}

/// A run of thousands of organizations writes for longer than a reader's statement may take.
pub(in crate::grants::commands) async fn take_time(tx: &Tx) -> Result<()> {
    tx.run(Sql::new("SET LOCAL statement_timeout = '2min'")).await.map(|_| ())
}

/// One statement, however many lines there are.
async fn insert_lines(tx: &Tx, run: GrantRunId, inputs: &Inputs, outcome: &Outcome) -> Result<()> {
    let districts: std::collections::HashMap<&str, &crate::grants::allocation::inputs::Body> =
        inputs.bodies.iter().map(|body| (body.key.as_str(), body)).collect();
    let (mut ids, mut organizations, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut names, mut terms, mut instalments) = (Vec::new(), Vec::new(), Vec::new());
    let name = |key: &str| districts.get(key).map_or("", |body| body.name.as_str());
    // Ids that are made later are greater: lines are read in the order of names.
    let mut bodies: Vec<_> = outcome.bodies.iter().collect();
    bodies.sort_by_key(|body| name(&body.key));
    for body in bodies {
        ids.push(GrantRunLineId::new().0);
        organizations.push(decode_as(OrganizationId::PREFIX, &body.key)?);
        amounts.push(body.amount.0.to_string());
        names.push(name(&body.key).to_owned());
        terms.push(serde_json::to_string(&body.lines).map_err(Error::internal)?);
        instalments.push(serde_json::to_string(&body.instalments).map_err(Error::internal)?);
    }
    let mut sql = Sql::new(
        "INSERT INTO grant_run_lines (id, run_id, organization_id, district_id, name, amount_yen, terms, instalments) \
         SELECT l.id, ",
    );
    sql.param(Param::Uuid(Some(run.0)));
    sql.push(", l.organization_id, o.district_id, l.name, l.amount, l.terms, l.instalments FROM unnest(");
    sql.fill(
        "?, ?, ?::bigint[], ?, ?, ?",
        [
            Param::Uuids(ids),
            Param::Uuids(organizations),
            Param::Texts(amounts),
            Param::Texts(names),
            Param::Texts(terms),
            Param::Texts(instalments),
        ],
    );
    sql.push(
        ") l(id, organization_id, amount, name, terms, instalments) \
         JOIN organizations o ON o.municipality_id = entaku_municipality() AND o.id = l.organization_id",
    );
    tx.run(sql).await?;
    Ok(())
}
