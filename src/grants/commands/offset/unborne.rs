//! Deductions that nobody bore: where nothing was granted of a closed programme's allocation, none of what was deducted from
//! it has lowered a grant; where something was, as much of it as is left has not. It is given back, the newest deduction
//! first, and its surplus waits again.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::Duration;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{Pair, deduct_from_successors, enter};
use crate::grants::entity::{
    GrantAllocationId, GrantOffsetId, GrantProgrammeId, GrantProgrammeState, grant_application,
};
use crate::grants::shapes::GrantAllocation;
use crate::kernel::error::Result;
use crate::kernel::hold::Hold;
use crate::kernel::jobs::Kind;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// A deduction from an allocation of which something is to be given back.
struct Deduction {
    id: GrantOffsetId,
    /// The programme in which the surplus arose.
    programme: GrantProgrammeId,
    pair: Pair,
    /// What of it was not given back yet.
    left: i64,
    /// What of all deductions of its allocation is to be given back.
    unborne: i64,
}

/// Gives back what nobody bore of a programme that is closed now. Its update has locked the allocations.
pub(in crate::grants::commands) async fn give_back(tx: &Tx, programme: GrantProgrammeId) -> Result<()> {
    give_back_of(tx, "l.programme_id", programme.0).await
}

/// As [`give_back`], after an act on an application of a closed programme by which more of its allocation may be left.
pub(in crate::grants::commands) async fn give_back_after(tx: &Tx, row: &grant_application::Model) -> Result<()> {
    if row.programme_state == GrantProgrammeState::Closed {
        give_back_locked(tx, row.allocation_id).await
    } else {
        Ok(())
    }
}

/// Every night: what was closed by a release that did not look, and what is left since in a year that was opened again.
pub fn kind() -> Kind {
    Kind::new("grants.deductions", |tx, _| nightly(tx)).every(Duration::days(1))
}

fn nightly(tx: &Tx) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let unborne = "SELECT id FROM grant_allocations WHERE programme_state = 'CLOSED' AND offset_yen > 0 \
            AND entaku_unborne(id) > 0 ORDER BY id";
        for row in tx.rows(Sql::new(unborne)).await? {
            give_back_locked(tx, GrantAllocationId(row.try_get("id")?)).await?;
        }
        Ok(())
    })
}

async fn give_back_locked(tx: &Tx, allocation: GrantAllocationId) -> Result<()> {
    tx.hold::<GrantAllocation>(allocation, Hold::InTurn).await?;
    give_back_of(tx, "l.id", allocation.0).await
}

async fn give_back_of(tx: &Tx, column: &str, id: Uuid) -> Result<()> {
    let mut given: HashMap<Uuid, i64> = HashMap::new();
    let mut waiting = BTreeSet::new();
    for deduction in deductions(tx, column, id).await? {
        let given = given.entry(deduction.pair.allocation.0).or_default();
        let amount = deduction.left.min(deduction.unborne - *given);
        if amount > 0 {
            *given += amount;
            enter(tx, &deduction.pair, Yen(-amount), Some(deduction.id)).await?;
            waiting.insert(deduction.programme.0);
        }
    }
    for programme in waiting {
        deduct_from_successors(tx, GrantProgrammeId(programme)).await?;
    }
    Ok(())
}

/// Newest first. The surpluses are locked, in the order in which all lock them.
async fn deductions(tx: &Tx, column: &str, id: Uuid) -> Result<Vec<Deduction>> {
    let mut sql = Sql::new("");
    sql.fill(
        &format!(
            "SELECT o.id, o.application_id, a.programme_id, o.organization_id, o.district_id, o.allocation_id, \
             l.fiscal_year, a.title, o.amount_yen + (SELECT coalesce(sum(r.amount_yen), 0)::bigint FROM grant_offsets r \
             WHERE r.municipality_id = o.municipality_id AND r.reverses = o.id) AS left_yen, u.yen AS unborne \
             FROM grant_allocations l CROSS JOIN LATERAL (SELECT entaku_unborne(l.id) AS yen) u \
             JOIN grant_offsets o ON o.municipality_id = l.municipality_id AND o.allocation_id = l.id \
             JOIN grant_applications a ON a.municipality_id = o.municipality_id AND a.id = o.application_id \
             WHERE {column} = ? AND l.offset_yen > 0 AND u.yen > 0 AND o.reverses IS NULL \
             ORDER BY a.id FOR NO KEY UPDATE OF a"
        ),
        [Param::Uuid(Some(id))],
    );
    let one = |row: &tokio_postgres::Row| {
        Ok(Deduction {
            id: GrantOffsetId(row.try_get("id")?),
            programme: GrantProgrammeId(row.try_get("programme_id")?),
            pair: Pair::of(row)?,
            left: row.try_get("left_yen")?,
            unborne: row.try_get("unborne")?,
        })
    };
    let mut found = tx.rows(sql).await?.iter().map(one).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|deduction| Reverse(deduction.id.0));
    Ok(found)
}
