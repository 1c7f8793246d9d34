//! Two runs side by side, by organization and by term. What is compared never changes, so it is compared once.

use std::collections::BTreeMap;

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::allocation::chart::Bar;
use crate::grants::allocation::compare::{Comparison, TermDifference, compare};
use crate::grants::allocation::outcome::{BodyOutcome, Outcome};
use crate::grants::commands::GRANT_COMPARISON_CREATE;
use crate::grants::entity::{GrantComparisonId, GrantRunId, grant_comparison, grant_run_line};
use crate::grants::shapes::{GrantComparison, GrantRun};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{TypedId, encode};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;

/// Compares a run with another. Runs that were compared before are not compared again.
pub async fn create_comparison(tx: &Tx, run: GrantRunId, base: GrantRunId) -> Result<GrantComparisonId> {
    tx.may_create::<GrantComparison>(GRANT_COMPARISON_CREATE, &[])?;
    tx.peek::<GrantRun>(run, Action::READ).await?;
    tx.peek::<GrantRun>(base, Action::READ).await?;
    if run == base {
        let (ja, en) = ("別の算定を指定してください。", "Name another run.");
        return Err(Error::invalid("baseId", "SAME", ja, en));
    }
    let known = grant_comparison::Entity::find()
        .filter(grant_comparison::Column::RunId.eq(run))
        .filter(grant_comparison::Column::BaseId.eq(base))
        .one(tx)
        .await?;
    match known {
        Some(row) => Ok(row.id),
        None => compare_runs(tx, run, base).await,
    }
}

/// Compares two runs and keeps the result.
pub(super) async fn compare_runs(tx: &Tx, run: GrantRunId, base: GrantRunId) -> Result<GrantComparisonId> {
    let (before, mut names) = outcome(tx, base).await?;
    let (after, newer) = outcome(tx, run).await?;
    names.extend(newer);
    let Comparison { bodies, terms } = compare(&before, &after);
    let moved = |up: bool| bodies.iter().filter(|b| if up { b.after > b.before } else { b.after < b.before }).count();
    let (winners, losers) = (moved(true), moved(false));
    let name = |key: &str| names.get(key).cloned().unwrap_or_default();
    let bars: Vec<Bar> =
        bodies.iter().map(|b| Bar { name: name(&b.key), difference: Yen(b.after.0 - b.before.0) }).collect();
    let bodies: Vec<_> = bodies
        .iter()
        .map(|body| {
            serde_json::json!({
                "organizationId": body.key, "name": name(&body.key), "beforeYen": body.before, "afterYen": body.after,
                "differenceYen": body.after.0 - body.before.0, "terms": told(&body.terms),
            })
        })
        .collect();
    let row = grant_comparison::ActiveModel {
        id: Set(GrantComparisonId::new()),
        run_id: Set(run),
        base_id: Set(base),
        winners: Set(i32::try_from(winners).map_err(Error::internal)?),
        losers: Set(i32::try_from(losers).map_err(Error::internal)?),
        difference_yen: Set(Yen(after.total.0 - before.total.0)),
        document: Set(serde_json::json!({ "bodies": bodies, "terms": told(&terms), "bars": bars }).to_string()),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// Terms as they are shown.
fn told(terms: &[TermDifference]) -> Vec<serde_json::Value> {
    let one = |TermDifference { key, label, before, after }: &TermDifference| {
        serde_json::json!({
            "key": key, "label": label, "beforeYen": before, "afterYen": after, "differenceYen": after.0 - before.0,
        })
    };
    terms.iter().map(one).collect()
}

/// The lines of a run as an outcome, and the organizations' names.
async fn outcome(tx: &Tx, run: GrantRunId) -> Result<(Outcome, BTreeMap<String, String>)> {
    let rows = grant_run_line::Entity::find().filter(grant_run_line::Column::RunId.eq(run)).all(tx).await?;
    let mut names = BTreeMap::new();
    let mut bodies = Vec::with_capacity(rows.len());
    let mut total = 0;
    for row in rows {
        let key = encode(OrganizationId::PREFIX, row.organization_id.0);
        let lines = serde_json::from_str(&row.terms).map_err(Error::internal)?;
        names.insert(key.clone(), row.name);
        total += row.amount_yen.0;
        bodies.push(BodyOutcome { key, amount: row.amount_yen, lines, instalments: Vec::new() });
    }
    Ok((Outcome { bodies, pools: Vec::new(), total: Yen(total) }, names))
}
