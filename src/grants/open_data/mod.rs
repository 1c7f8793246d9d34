//! What a municipality's grants are to everybody: the rows that the shapes show to the public, of one fiscal year.
//! Nothing here decides what is public; the conditions are those of the shapes, asked as nobody.

mod chain;
mod methods;

use chrono::NaiveDate;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::grants::allocation::outcome::{Line, without_words_of_declarations};
use crate::grants::entity::{GrantAllocationId, GrantApplicationId, GrantProgrammeId};
use crate::grants::shapes::{GrantAllocation, GrantApplication, GrantProgramme, GrantRunLine};
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::id::{TypedId, encode};
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::Shape;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;

pub use self::chain::{Budget, Chain, Payment, budgets, payments};
pub use self::methods::methods;

/// An award: a decision to grant.
pub struct Award {
    /// The application's id on the wire.
    pub id: String,
    /// What is granted for.
    pub title: String,
    /// Out of which allocation.
    pub allocation: String,
    /// What was decided, and what became of it.
    pub chain: Chain,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// The day on which the amount was fixed.
    pub fixed_on: Option<NaiveDate>,
    /// The day on which the decision was revoked.
    pub revoked_on: Option<NaiveDate>,
    /// Who has it.
    pub organization: Organization,
    /// The programme.
    pub programme: Programme,
}

/// An organization, as the public knows it.
pub struct Organization {
    /// Its id on the wire; nothing where it is not public, nor of what follows but the district.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// In kana.
    pub kana: Option<String>,
    /// 法人番号.
    pub corporate_number: Option<String>,
    /// Its district.
    pub district: String,
}

/// A programme.
pub struct Programme {
    /// Its id on the wire.
    pub id: String,
    /// Its name.
    pub title: String,
    /// By which ordinance or guideline.
    pub legal_basis: String,
}

/// What an organization may have of a programme, and how that arose.
pub struct Allocation {
    /// The allocation's id on the wire.
    pub id: String,
    /// Whose it is.
    pub organization: Organization,
    /// Of what.
    pub programme: Programme,
    /// How much.
    pub amount: Yen,
    /// What of it an earlier surplus took.
    pub offset: Yen,
    /// What was decided out of it, and what became of that.
    pub chain: Chain,
    /// The days of those decisions, …
    pub decided_days: String,
    /// … of the last payment of each, …
    pub paid_days: String,
    /// … and of their fixing.
    pub fixed_days: String,
    /// In words.
    pub basis: String,
    /// Since when.
    pub decided_on: NaiveDate,
    terms: Option<String>,
}

impl Allocation {
    /// What may be granted out of it.
    pub fn payable(&self) -> Yen {
        Yen(self.amount.0 - self.offset.0)
    }

    /// What of that nothing is promised of.
    pub fn undecided(&self) -> Yen {
        Yen(self.payable().0 - self.chain.decided.0 + self.chain.released.0)
    }

    /// Term by term, as the public reads it; none where it was set by hand.
    ///
    /// # Errors
    /// INTERNAL where what was kept is not what was written.
    pub fn lines(&self) -> Result<Vec<Line>> {
        let Some(text) = &self.terms else { return Ok(Vec::new()) };
        let mut lines: Vec<Line> = serde_json::from_str(text).map_err(Error::internal)?;
        without_words_of_declarations(&mut lines);
        Ok(lines)
    }
}

/// What there is of a year.
#[derive(Clone, Copy)]
pub enum Content {
    /// [`budgets`].
    Programmes,
    /// [`awards`].
    Awards,
    /// [`payments`].
    Payments,
    /// [`allocations`].
    Allocations,
    /// [`methods`].
    Methods,
}

/// How many rows there are of a fiscal year, or of the newest that has one; nothing where there is none.
pub async fn extent(tx: &Tx, content: Content, year: Option<FiscalYear>) -> Result<Option<(FiscalYear, u64)>> {
    let mut sql = Sql::new("SELECT t.fiscal_year AS year, count(*) AS many");
    of_content(content, &mut sql);
    if let Some(year) = year {
        of_year(year, &mut sql);
    }
    sql.push(" GROUP BY t.fiscal_year ORDER BY t.fiscal_year DESC LIMIT 1");
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(None) };
    Ok(Some((FiscalYear(row.try_get("year")?), row.try_get::<_, i64>("many")?.unsigned_abs())))
}

/// The tables of a content, and a condition.
fn of_content(content: Content, sql: &mut Sql) {
    match content {
        Content::Programmes => of_programmes(sql),
        Content::Awards => of_awards(|_| (), sql),
        Content::Payments => chain::of_payments(sql),
        Content::Allocations => of_allocations(|_| (), sql),
        Content::Methods => methods::of_methods(sql),
    }
}

/// The table of programmes, and a condition.
fn of_programmes(sql: &mut Sql) {
    sql.push(" FROM grant_programmes t WHERE ");
    visible::<GrantProgramme>("t", sql);
}

fn of_year(year: FiscalYear, sql: &mut Sql) {
    sql.push(" AND t.fiscal_year = ");
    sql.param(Param::Int(Some(year.0.into())));
}

/// The awards of a fiscal year, by the day of the decision.
pub async fn awards(tx: &Tx, year: FiscalYear) -> Result<Vec<Award>> {
    let mut sql = Sql::new(
        "SELECT t.id, t.title, t.allocation_id, t.decided_on, t.fixed_on, t.revoked_on, p.id AS programme_id, \
         p.title AS programme, p.legal_basis, ",
    );
    chain::columns(&mut sql);
    sql.push(WHOSE);
    of_awards(|_| (), &mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY t.decided_on, t.id");
    let one = |row: &Row| {
        Ok(Award {
            id: encode(GrantApplicationId::PREFIX, row.try_get("id")?),
            title: row.try_get("title")?,
            allocation: encode(GrantAllocationId::PREFIX, row.try_get("allocation_id")?),
            chain: Chain::of(row)?,
            decided_on: row.try_get("decided_on")?,
            fixed_on: row.try_get("fixed_on")?,
            revoked_on: row.try_get("revoked_on")?,
            organization: organization(row)?,
            programme: programme(row)?,
        })
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

/// The allocations of a fiscal year, by programme and organization; with their lines where they are asked for.
pub async fn allocations(tx: &Tx, year: FiscalYear, with_lines: bool) -> Result<Vec<Allocation>> {
    let mut sql =
        Sql::new("SELECT t.id, t.amount_yen, t.offset_yen AS taken_yen, t.basis, t.decided_on AS set_on, c.*, ");
    sql.push(if with_lines { "l.terms, " } else { "NULL::text AS terms, " });
    sql.push("p.id AS programme_id, p.title AS programme, p.legal_basis, ");
    sql.push(WHOSE);
    of_allocations(chain::join_sums, &mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY p.title, p.id, organization_kana, t.id");
    tx.rows(sql).await?.iter().map(allocation).collect()
}

/// The columns of the organization.
const WHOSE: &str = "o.id AS organization_id, o.name AS organization, o.name_kana AS organization_kana, \
                     o.corporate_number, d.name AS district";

/// The tables of awards with what else is joined, and a condition. An award stands in the file while its allocation is
/// everybody's.
fn of_awards(more: impl FnOnce(&mut Sql), sql: &mut Sql) {
    whose("grant_applications", sql);
    sql.push(" JOIN grant_allocations a ON a.municipality_id = t.municipality_id AND a.id = t.allocation_id");
    more(sql);
    sql.push(" WHERE t.decided_yen IS NOT NULL AND t.decided_on IS NOT NULL AND ");
    visible::<GrantProgramme>("p", sql);
    sql.push(" AND ");
    visible::<GrantApplication>("t", sql);
    sql.push(" AND ");
    visible::<GrantAllocation>("a", sql);
}

/// The tables of allocations with what else is joined, and a condition.
fn of_allocations(more: impl FnOnce(&mut Sql), sql: &mut Sql) {
    whose("grant_allocations", sql);
    sql.push(" LEFT JOIN grant_run_lines l ON l.municipality_id = t.municipality_id AND l.id = t.line_id AND ");
    visible::<GrantRunLine>("l", sql);
    more(sql);
    sql.push(" WHERE ");
    visible::<GrantProgramme>("p", sql);
    sql.push(" AND ");
    visible::<GrantAllocation>("t", sql);
}

/// A table (`t`) with its programme, district and organization, where that is public.
fn whose(table: &str, sql: &mut Sql) {
    sql.push(&format!(
        " FROM {table} t \
         JOIN grant_programmes p ON p.municipality_id = t.municipality_id AND p.id = t.programme_id \
         JOIN districts d ON d.municipality_id = t.municipality_id AND d.id = t.district_id \
         LEFT JOIN organizations o ON o.municipality_id = t.municipality_id AND o.id = t.organization_id AND "
    ));
    visible::<CommunityOrganization>("o", sql);
}

fn allocation(row: &Row) -> Result<Allocation> {
    Ok(Allocation {
        id: encode(GrantAllocationId::PREFIX, row.try_get("id")?),
        organization: organization(row)?,
        programme: programme(row)?,
        amount: Yen(row.try_get("amount_yen")?),
        offset: Yen(row.try_get("taken_yen")?),
        chain: Chain::of(row)?,
        decided_days: row.try_get("decided_days")?,
        paid_days: row.try_get("paid_days")?,
        fixed_days: row.try_get("fixed_days")?,
        basis: row.try_get("basis")?,
        decided_on: row.try_get("set_on")?,
        terms: row.try_get("terms")?,
    })
}

fn organization(row: &Row) -> Result<Organization> {
    Ok(Organization {
        id: row.try_get::<_, Option<Uuid>>("organization_id")?.map(|id| encode(OrganizationId::PREFIX, id)),
        name: row.try_get("organization")?,
        kana: row.try_get("organization_kana")?,
        corporate_number: row.try_get("corporate_number")?,
        district: row.try_get("district")?,
    })
}

fn programme(row: &Row) -> Result<Programme> {
    Ok(Programme {
        id: encode(GrantProgrammeId::PREFIX, row.try_get("programme_id")?),
        title: row.try_get("programme")?,
        legal_basis: row.try_get("legal_basis")?,
    })
}

/// The condition under which the reader may read a row, as the shape has it.
fn visible<S: Shape>(alias: &str, sql: &mut Sql) {
    let shape = S::shape();
    write_condition(&shape.permits, shape.published, Action::READ, alias, sql);
}
