//! Offsets (差引き): what an earlier year's surplus lowers of a later year's allocation.

use std::collections::HashMap;

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use crate::grants::entity::{
    GrantAllocationId, GrantApplicationId, GrantOffsetId, GrantProgrammeId, grant_offset, grant_programme,
};
use crate::kernel::date::Date;
use crate::kernel::error::{Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::ledger::entity::{AccountKind, LedgerJournalId};
use crate::ledger::{self, Journal, transfer};
use crate::organizations::entity::{DistrictId, OrganizationId};

/// A surplus that waits, and the allocation it is deducted from.
struct Open {
    application: GrantApplicationId,
    organization: OrganizationId,
    district: DistrictId,
    allocation: GrantAllocationId,
    fiscal_year: FiscalYear,
    title: String,
    left: i64,
    /// What of the allocation is neither promised nor deducted.
    free: i64,
}

/// Deducts from the programmes that succeed one, where they have allocations already.
pub(super) async fn deduct_from_successors(tx: &Tx, id: GrantProgrammeId) -> Result<()> {
    let successors = grant_programme::Entity::find().filter(grant_programme::Column::PreviousId.eq(id));
    for successor in successors.all(tx).await? {
        deduct(tx, successor.id).await?;
    }
    Ok(())
}

/// Deducts what waits of the preceding programme's surpluses from a programme's allocations, as far as they are free.
pub(super) async fn deduct(tx: &Tx, programme: GrantProgrammeId) -> Result<()> {
    let mut taken: HashMap<Uuid, i64> = HashMap::new();
    for open in open(tx, programme).await? {
        let taken = taken.entry(open.allocation.0).or_default();
        let amount = open.left.min(open.free - *taken);
        if amount > 0 {
            *taken += amount;
            take(tx, &open, Yen(amount)).await?;
        }
    }
    Ok(())
}

/// The surpluses that wait, locked, oldest first.
async fn open(tx: &Tx, programme: GrantProgrammeId) -> Result<Vec<Open>> {
    let mut sql = Sql::new(
        "SELECT a.id, a.organization_id, a.district_id, l.id AS allocation_id, l.fiscal_year, a.title, \
         a.offset_yen - a.offset_done_yen AS open, b.balance FROM grant_programmes p \
         JOIN grant_applications a ON a.municipality_id = p.municipality_id AND a.programme_id = p.previous_id \
         JOIN grant_allocations l ON l.municipality_id = p.municipality_id AND l.programme_id = p.id \
         AND l.organization_id = a.organization_id \
         JOIN ledger_accounts b ON b.municipality_id = p.municipality_id AND b.owner_id = l.id AND b.kind = 'GRANT' \
         AND b.fiscal_year = l.fiscal_year \
         WHERE a.offset_yen > a.offset_done_yen AND p.id = ",
    );
    sql.param(Param::Uuid(Some(programme.0)));
    sql.push(" ORDER BY a.id FOR NO KEY UPDATE OF a, l");
    let one = |row: &tokio_postgres::Row| {
        Ok(Open {
            application: GrantApplicationId(row.try_get("id")?),
            organization: OrganizationId(row.try_get("organization_id")?),
            district: DistrictId(row.try_get("district_id")?),
            allocation: GrantAllocationId(row.try_get("allocation_id")?),
            fiscal_year: FiscalYear(row.try_get("fiscal_year")?),
            title: row.try_get("title")?,
            left: row.try_get("open")?,
            free: row.try_get("balance")?,
        })
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

async fn take(tx: &Tx, open: &Open, amount: Yen) -> Result<()> {
    let id = GrantOffsetId::new();
    let journal = post(tx, id, open, amount).await?;
    for (table, column, of) in [
        ("grant_applications", "offset_done_yen", open.application.0),
        ("grant_allocations", "offset_yen", open.allocation.0),
    ] {
        let mut sql = Sql::new(&format!("UPDATE {table} SET {column} = {column} + "));
        sql.fill("? WHERE id = ?", [Param::Int(Some(amount.0)), Param::Uuid(Some(of))]);
        tx.run(sql).await?;
    }
    let kept = grant_offset::ActiveModel {
        id: Set(id),
        application_id: Set(open.application),
        organization_id: Set(open.organization),
        district_id: Set(open.district),
        allocation_id: Set(open.allocation),
        amount_yen: Set(amount),
        deducted_on: Set(Date(tx.today())),
        journal_id: Set(journal),
        ..Default::default()
    };
    kept.insert(tx).await?;
    Ok(())
}

async fn post(tx: &Tx, id: GrantOffsetId, open: &Open, amount: Yen) -> Result<LedgerJournalId> {
    let allocation = open.allocation.0;
    let journal = Journal {
        kind: "GRANT_OFFSET",
        subject: id.0,
        fiscal_year: open.fiscal_year,
        memo: open.title.clone(),
        once: true,
        legs: transfer((AccountKind::Grant, allocation), (AccountKind::Offset, allocation), amount),
        when_short: Refusal::new(
            "ALLOCATION_EXCEEDED",
            "配分額の残りを超えています。",
            "More than is left of the allocation.",
        ),
    };
    ledger::post(tx, journal).await
}
