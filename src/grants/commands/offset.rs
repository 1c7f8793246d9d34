//! Offsets (差引き): what an earlier year's surplus lowers of a later year's allocation. What of it nobody bore is given
//! back: [`unborne`].

pub mod unborne;

use std::collections::HashMap;

use sea_orm::{ActiveModelTrait, Set};
use uuid::Uuid;

use crate::grants::entity::{GrantAllocationId, GrantApplicationId, GrantOffsetId, GrantProgrammeId, grant_offset};
use crate::grants::shapes::GrantProgramme;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::hold::Hold;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::ledger::entity::{AccountKind, LedgerJournalId};
use crate::ledger::{self, Journal, transfer};
use crate::organizations::entity::{DistrictId, OrganizationId};

/// A surplus and an allocation, between which amounts are deducted and given back.
struct Pair {
    application: GrantApplicationId,
    organization: OrganizationId,
    district: DistrictId,
    allocation: GrantAllocationId,
    fiscal_year: FiscalYear,
    title: String,
}

impl Pair {
    fn of(row: &tokio_postgres::Row) -> Result<Self> {
        Ok(Self {
            application: GrantApplicationId(row.try_get("application_id")?),
            organization: OrganizationId(row.try_get("organization_id")?),
            district: DistrictId(row.try_get("district_id")?),
            allocation: GrantAllocationId(row.try_get("allocation_id")?),
            fiscal_year: FiscalYear(row.try_get("fiscal_year")?),
            title: row.try_get("title")?,
        })
    }
}

/// A surplus that waits, and the allocation it is deducted from.
struct Open {
    pair: Pair,
    left: i64,
    /// What of the allocation is neither promised nor deducted.
    free: i64,
}

/// Deducts from the programmes that succeed one, of the next year or a later one, where they are public already.
pub(super) async fn deduct_from_successors(tx: &Tx, id: GrantProgrammeId) -> Result<()> {
    let mut sql = Sql::new("");
    sql.fill(
        "WITH RECURSIVE after AS (SELECT p.municipality_id, p.id, p.fiscal_year, p.state FROM grant_programmes p \
         WHERE p.previous_id = ? UNION SELECT p.municipality_id, p.id, p.fiscal_year, p.state FROM after n \
         JOIN grant_programmes p ON p.municipality_id = n.municipality_id AND p.previous_id = n.id) \
         SELECT id FROM after WHERE state = 'PUBLISHED' ORDER BY fiscal_year, id",
        [Param::Uuid(Some(id.0))],
    );
    for row in tx.rows(sql).await? {
        deduct(tx, GrantProgrammeId(row.try_get("id")?)).await?;
    }
    Ok(())
}

/// Deducts what waits of the preceding programmes' surpluses from a public programme's allocations, as far as they are
/// free and as long as they can be applied for: what is left over after that nobody could have had, so it pays for nothing.
/// A draft may be given up, or come to follow another programme; what it would be deducted from is not there yet.
/// One deduction of a programme at a time.
pub(super) async fn deduct(tx: &Tx, programme: GrantProgrammeId) -> Result<()> {
    tx.hold::<GrantProgramme>(programme, Hold::InTurn).await?;
    let mut taken: HashMap<Uuid, i64> = HashMap::new();
    for open in open(tx, programme).await? {
        let taken = taken.entry(open.pair.allocation.0).or_default();
        let amount = open.left.min(open.free - *taken);
        if amount > 0 {
            *taken += amount;
            enter(tx, &open.pair, Yen(amount), None).await?;
        }
    }
    Ok(())
}

/// The surpluses that wait, locked, oldest first.
async fn open(tx: &Tx, programme: GrantProgrammeId) -> Result<Vec<Open>> {
    let mut sql = Sql::new("");
    sql.fill(
        "WITH RECURSIVE before AS (SELECT p.municipality_id, p.previous_id AS id FROM grant_programmes p \
         WHERE p.id = ? AND p.previous_id IS NOT NULL UNION SELECT p.municipality_id, p.previous_id FROM before n \
         JOIN grant_programmes p ON p.municipality_id = n.municipality_id AND p.id = n.id \
         WHERE p.previous_id IS NOT NULL) \
         SELECT a.id AS application_id, a.organization_id, a.district_id, l.id AS allocation_id, l.fiscal_year, a.title, \
         a.offset_yen - a.offset_done_yen AS open, b.balance FROM before n \
         JOIN grant_applications a ON a.municipality_id = n.municipality_id AND a.programme_id = n.id \
         JOIN grant_allocations l ON l.municipality_id = n.municipality_id AND l.organization_id = a.organization_id \
         JOIN ledger_accounts b ON b.municipality_id = n.municipality_id AND b.owner_id = l.id AND b.kind = 'GRANT' \
         AND b.fiscal_year = l.fiscal_year \
         WHERE a.offset_yen > a.offset_done_yen AND l.programme_id = ? \
         AND l.programme_state = 'PUBLISHED' AND l.closes_on >= ? \
         AND NOT EXISTS (SELECT FROM ledger_years y WHERE y.municipality_id = l.municipality_id \
         AND y.fiscal_year = l.fiscal_year AND y.closed_at IS NOT NULL) \
         ORDER BY a.id FOR NO KEY UPDATE OF a, l",
        [Param::Uuid(Some(programme.0)), Param::Uuid(Some(programme.0)), Param::Date(Some(tx.today()))],
    );
    let one = |row: &tokio_postgres::Row| {
        Ok(Open { pair: Pair::of(row)?, left: row.try_get("open")?, free: row.try_get("balance")? })
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

/// Does every allocation of a programme, as it is about to be, cover what was deducted from it?
///
/// # Errors
/// CONFLICT/OFFSET_TAKEN, which names the organization.
pub(super) async fn covered(tx: &Tx, programme: GrantProgrammeId) -> Result<()> {
    let mut sql = Sql::new("");
    sql.fill(
        "SELECT o.name, l.offset_yen FROM grant_allocations l \
         JOIN organizations o ON o.municipality_id = l.municipality_id AND o.id = l.organization_id \
         WHERE l.programme_id = ? AND l.amount_yen < l.offset_yen ORDER BY l.id LIMIT 1",
        [Param::Uuid(Some(programme.0))],
    );
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(()) };
    let (name, taken): (String, i64) = (row.try_get("name")?, row.try_get("offset_yen")?);
    Err(Error::Conflict(Refusal::new(
        "OFFSET_TAKEN",
        format!("「{name}」の配分額が、前の年度の剰余金として差し引いた額({})を下回ります。", Yen(taken)),
        format!("The allocation of {name} falls below what was deducted from it ({taken} yen)."),
    )))
}

/// Deducts an amount; below nothing, it gives back what `reverses` deducted. Sums fall by rows only, so the row comes first.
async fn enter(tx: &Tx, pair: &Pair, amount: Yen, reverses: Option<GrantOffsetId>) -> Result<()> {
    let id = GrantOffsetId::new();
    let kept = grant_offset::ActiveModel {
        id: Set(id),
        application_id: Set(pair.application),
        organization_id: Set(pair.organization),
        district_id: Set(pair.district),
        allocation_id: Set(pair.allocation),
        amount_yen: Set(amount),
        deducted_on: Set(Date(tx.today())),
        journal_id: Set(post(tx, id, pair, amount).await?),
        reverses: Set(reverses),
        ..Default::default()
    };
    kept.insert(tx).await?;
    for (table, column, of) in [
        ("grant_applications", "offset_done_yen", pair.application.0),
        ("grant_allocations", "offset_yen", pair.allocation.0),
    ] {
        let mut sql = Sql::new(&format!("UPDATE {table} SET {column} = {column} + "));
        sql.fill("? WHERE id = ?", [Param::Int(Some(amount.0)), Param::Uuid(Some(of))]);
        tx.run(sql).await?;
    }
    Ok(())
}

async fn post(tx: &Tx, id: GrantOffsetId, pair: &Pair, amount: Yen) -> Result<LedgerJournalId> {
    let (kind, when_short) = if amount.0 > 0 {
        let (ja, en) = ("配分額の残りを超えています。", "More than is left of the allocation.");
        ("GRANT_OFFSET", Refusal::new("ALLOCATION_EXCEEDED", ja, en))
    } else {
        let (ja, en) = ("差し引いた額を超えています。", "More than was deducted.");
        ("GRANT_OFFSET_RETURNED", Refusal::new("OFFSET_EXCEEDED", ja, en))
    };
    let allocation = pair.allocation.0;
    let journal = Journal {
        kind,
        subject: id.0,
        fiscal_year: pair.fiscal_year,
        memo: pair.title.clone(),
        once: true,
        legs: transfer((AccountKind::Grant, allocation), (AccountKind::Offset, allocation), amount),
        when_short,
    };
    ledger::post(tx, journal).await
}
