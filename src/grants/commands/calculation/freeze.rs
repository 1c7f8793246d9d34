//! Approving a run: it is frozen, and the programme's allocations become what it found.

use std::collections::{HashMap, HashSet};

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use crate::grants::commands::GRANT_RUN_APPROVE;
use crate::grants::commands::calculation::run::{approved, take_time};
use crate::grants::commands::calculation::{by_law, last_year};
use crate::grants::commands::{offset, terms};
use crate::grants::entity::{GrantAllocationId, GrantRunId, GrantRunState, grant_programme, grant_run, grant_run_line};
use crate::grants::rules;
use crate::grants::shapes::{GrantProgramme, GrantRun};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::hold::Hold;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, Leg};
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// Approves a run. Somebody else than who ran it does.
///
/// # Errors
/// CONFLICT/RUN_OUTDATED where another run was approved meanwhile; CONFLICT/ALLOCATION_SHORT where the sum
/// exceeds the budget or an amount falls below what has been decided; CONFLICT/OFFSET_TAKEN where one falls below what
/// was deducted from it; CONFLICT/TERMS_DIFFER where its by-law and the programme's terms contradict each other;
/// CONFLICT/PREVIOUS_CHANGED where another year before was laid down since, or its amounts have changed;
/// CONFLICT/BUDGET_CHANGED where the budget changed; CONFLICT/DISCARDED where the programme was discarded;
/// CONFLICT/RULE_NOT_OF_PROGRAMME and CONFLICT/RULE_SUPERSEDED where its rule is not, or no longer, the programme's.
pub async fn approve_run(tx: &Tx, id: GrantRunId) -> Result<GrantRunId> {
    let row = tx.load::<GrantRun>(id, GRANT_RUN_APPROVE).await?;
    rules::grant_run(&row, GRANT_RUN_APPROVE, tx.now)?;
    tx.hold::<GrantProgramme>(row.programme_id, Hold::InTurn).await?;
    let programme = programme_of(tx, &row).await?;
    rules::wanted(&programme)?;
    let newest = approved(tx, row.programme_id).await?;
    if newest.as_ref().map(|newest| newest.id) != row.corrects_id {
        return Err(Error::Conflict(Refusal::new(
            "RUN_OUTDATED",
            "この算定の後に、別の算定が承認されています。算定し直してください。",
            "Another run has been approved since. Calculate again.",
        )));
    }
    last_year::still(tx, &programme, &row).await?;
    budgeted(&programme, &row)?;
    Box::pin(by_law::settle(tx, programme, &row)).await?;
    Box::pin(terms::adopt(tx, &row, newest.as_ref())).await?;
    Box::pin(routing::settled(tx, RoutedAct::GrantRunApprove, id.0, row.total_yen)).await?;
    let mut next: grant_run::ActiveModel = row.clone().into();
    next.state = Set(GrantRunState::Approved);
    next.approved_by = Set(tx.principal.account);
    next.approved_on = Set(Some(Date(tx.today())));
    next.update(tx).await?;
    if let Some(corrected) = newest {
        let mut next: grant_run::ActiveModel = corrected.into();
        next.superseded_on = Set(Some(Date(tx.today())));
        next.update(tx).await?;
    }
    take_time(tx).await?;
    Box::pin(allocate(tx, &row)).await?;
    // After the amounts: runs of the next year may rest on those before.
    outdated(tx).await?;
    offset::deduct(tx, row.programme_id).await?;
    Ok(id)
}

/// Is the budget that a run divided the programme's still?
fn budgeted(programme: &grant_programme::Model, run: &grant_run::Model) -> Result<()> {
    if run.budget_yen == programme.budget_yen {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "BUDGET_CHANGED",
        "この算定の後に、予算額が変わりました。算定し直してください。",
        "The budget has changed since. Calculate again.",
    )))
}

/// Of runs that can be approved no more (another was, their rule was superseded, the year before or the budget changed)
/// nobody is asked: what was approved of them is void.
pub(in crate::grants::commands) async fn outdated(tx: &Tx) -> Result<()> {
    let sql = Sql::new(
        "SELECT entaku_approvals_end(v.object_id, v.act, 'VOID') FROM approvals v \
         WHERE v.act = 'GRANT_RUN_APPROVE' AND v.state IN ('OPEN', 'APPROVED') \
         AND NOT EXISTS (SELECT FROM entaku_matter(v.act, v.object_id))",
    );
    tx.rows(sql).await?;
    Ok(())
}

pub(super) async fn programme_of(tx: &Tx, run: &grant_run::Model) -> Result<grant_programme::Model> {
    let programme = grant_programme::Entity::find_by_id(run.programme_id).one(tx).await?;
    programme.ok_or_else(|| Error::internal("a run without its programme"))
}

/// Makes the programme's allocations what the run found, and moves the differences in one journal.
async fn allocate(tx: &Tx, run: &grant_run::Model) -> Result<()> {
    let before = amounts(
        tx,
        "SELECT organization_id, amount_yen FROM grant_allocations WHERE programme_id = ",
        run.programme_id.0,
    )
    .await?;
    Box::pin(write(tx, run, &before)).await?;
    offset::covered(tx, run.programme_id).await?;
    let after = "SELECT a.organization_id, a.amount_yen, a.id FROM grant_allocations a WHERE a.programme_id = ";
    let mut sql = Sql::new(after);
    sql.param(Param::Uuid(Some(run.programme_id.0)));
    sql.push(" ORDER BY a.id");
    let (mut legs, mut more) = (Vec::new(), 0);
    for row in tx.rows(sql).await? {
        let (organization, amount, owner): (Uuid, i64, Uuid) =
            (row.try_get("organization_id")?, row.try_get("amount_yen")?, row.try_get("id")?);
        let difference = amount - before.get(&organization).copied().unwrap_or_default();
        if difference != 0 {
            legs.push(Leg { kind: AccountKind::Grant, owner, amount: Yen(difference) });
            more += difference;
        }
    }
    if more != 0 {
        legs.push(Leg { kind: AccountKind::Budget, owner: run.programme_id.0, amount: Yen(-more) });
    }
    if legs.is_empty() {
        return Ok(());
    }
    let journal = Journal {
        kind: "GRANT_ALLOCATED_BY_RUN",
        subject: run.id.0,
        fiscal_year: run.fiscal_year,
        memo: run.title.clone(),
        once: true,
        legs,
        when_short: Refusal::new(
            "ALLOCATION_SHORT",
            "配分額の合計が予算を超えるか、すでに交付決定した額を下回る団体があります。",
            "The allocations exceed the budget, or one falls below what has been decided.",
        ),
    };
    ledger::post(tx, journal).await?;
    Ok(())
}

/// Amounts by organization, locked.
async fn amounts(tx: &Tx, select: &str, id: Uuid) -> Result<HashMap<Uuid, i64>> {
    let mut sql = Sql::new(select);
    sql.param(Param::Uuid(Some(id)));
    sql.push(" ORDER BY id FOR NO KEY UPDATE");
    let one = |row: &tokio_postgres::Row| Ok((row.try_get("organization_id")?, row.try_get("amount_yen")?));
    tx.rows(sql).await?.iter().map(one).collect()
}

/// The organizations of the run get its amounts, the others of the programme nothing. The lines come back as lists: a
/// join of lists with tables is planned without knowing how long they are.
async fn write(tx: &Tx, run: &grant_run::Model, before: &HashMap<Uuid, i64>) -> Result<()> {
    let basis = format!("算定「{}」による", run.title);
    let lines = grant_run_line::Entity::find().filter(grant_run_line::Column::RunId.eq(run.id)).all(tx).await?;
    let mut sql = Sql::new(
        "INSERT INTO grant_allocations (id, programme_id, programme_state, fiscal_year, opens_on, closes_on, \
         organization_id, district_id, amount_yen, basis, decided_on, run_id, results_state, line_id) \
         SELECT n.id, p.id, p.state, p.fiscal_year, p.opens_on, p.closes_on, n.organization_id, n.district_id, n.amount, ",
    );
    sql.fill(
        "?, ?, ?, 'UNPUBLISHED', n.line_id FROM grant_programmes p CROSS JOIN unnest(?, ?, ?, ?::bigint[], ?) \
         n(id, organization_id, district_id, amount, line_id) \
         WHERE p.municipality_id = entaku_municipality() AND p.id = ? \
         ON CONFLICT (municipality_id, programme_id, organization_id) DO UPDATE SET \
         amount_yen = excluded.amount_yen, basis = excluded.basis, decided_on = excluded.decided_on, \
         run_id = excluded.run_id, results_state = excluded.results_state, line_id = excluded.line_id",
        [
            Param::text(&basis),
            Param::Date(Some(tx.today())),
            Param::Uuid(Some(run.id.0)),
            Param::Uuids(lines.iter().map(|_| GrantAllocationId::new().0).collect()),
            Param::Uuids(lines.iter().map(|line| line.organization_id.0).collect()),
            Param::Uuids(lines.iter().map(|line| line.district_id.0).collect()),
            Param::Texts(lines.iter().map(|line| line.amount_yen.0.to_string()).collect()),
            Param::Uuids(lines.iter().map(|line| line.id.0).collect()),
            Param::Uuid(Some(run.programme_id.0)),
        ],
    );
    tx.run(sql).await?;
    let inside: HashSet<Uuid> = lines.iter().map(|line| line.organization_id.0).collect();
    let outside: Vec<Uuid> = before.keys().filter(|organization| !inside.contains(organization)).copied().collect();
    if outside.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new(
        "UPDATE grant_allocations SET amount_yen = 0, line_id = NULL, results_state = 'UNPUBLISHED', basis = ",
    );
    sql.fill(
        "?, decided_on = ?, run_id = ? WHERE programme_id = ? AND organization_id = ANY(?)",
        [
            Param::text(format!("{basis}(対象外)")),
            Param::Date(Some(tx.today())),
            Param::Uuid(Some(run.id.0)),
            Param::Uuid(Some(run.programme_id.0)),
            Param::Uuids(outside),
        ],
    );
    tx.run(sql).await?;
    Ok(())
}
