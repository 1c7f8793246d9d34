//! What a municipality's grants are to everybody: the rows that the shapes show to the public, of one fiscal year.
//! Nothing here decides what is public; the conditions are those of the shapes, asked as nobody.

use std::collections::HashMap;

use chrono::NaiveDate;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::grants::allocation::methodology::methodology;
use crate::grants::allocation::outcome::{Line, without_words_of_declarations};
use crate::grants::allocation::rule::Rule;
use crate::grants::entity::{GrantAllocationId, GrantApplicationId, GrantProgrammeId};
use crate::grants::papers::districts;
use crate::grants::shapes::{GrantAllocation, GrantApplication, GrantProgramme, GrantRule, GrantRun, GrantRunLine};
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::id::{TypedId, encode};
use crate::kernel::keys::sha256;
use crate::kernel::money::Yen;
use crate::kernel::paper::{Block, Paper};
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::Shape;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;

/// An award: a decision to grant.
pub struct Award {
    /// The application's id on the wire.
    pub id: String,
    /// What is granted for.
    pub title: String,
    /// The amount decided.
    pub decided: Yen,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// What of it has been paid so far.
    pub paid: Yen,
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
    /// In words.
    pub basis: String,
    /// Since when.
    pub decided_on: NaiveDate,
    terms: Option<String>,
}

impl Allocation {
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
    /// [`awards`].
    Awards,
    /// [`allocations`].
    Allocations,
    /// [`methods`].
    Methods,
}

/// How many rows there are of a fiscal year, or of the newest that has one; nothing where there is none.
pub async fn extent(tx: &Tx, content: Content, year: Option<FiscalYear>) -> Result<Option<(FiscalYear, u64)>> {
    let mut sql = Sql::new("SELECT t.fiscal_year AS year, count(*) AS many");
    match content {
        Content::Awards => of_awards(&mut sql),
        Content::Allocations => of_allocations(&mut sql),
        Content::Methods => of_methods(&mut sql),
    }
    if let Some(year) = year {
        of_year(year, &mut sql);
    }
    sql.push(" GROUP BY t.fiscal_year ORDER BY t.fiscal_year DESC LIMIT 1");
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(None) };
    Ok(Some((FiscalYear(row.try_get("year")?), row.try_get::<_, i64>("many")?.unsigned_abs())))
}

fn of_year(year: FiscalYear, sql: &mut Sql) {
    sql.push(" AND t.fiscal_year = ");
    sql.param(Param::Int(Some(year.0.into())));
}

/// The awards of a fiscal year, by the day of the decision.
pub async fn awards(tx: &Tx, year: FiscalYear) -> Result<Vec<Award>> {
    let mut sql = Sql::new(
        "SELECT t.id, t.title, t.decided_yen, t.decided_on, t.paid_yen, p.id AS programme_id, p.title AS programme, \
         p.legal_basis, ",
    );
    sql.push(WHOSE);
    of_awards(&mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY t.decided_on, t.id");
    let one = |row: &Row| {
        Ok(Award {
            id: encode(GrantApplicationId::PREFIX, row.try_get("id")?),
            title: row.try_get("title")?,
            decided: Yen(row.try_get("decided_yen")?),
            decided_on: row.try_get("decided_on")?,
            paid: Yen(row.try_get("paid_yen")?),
            organization: organization(row)?,
            programme: programme(row)?,
        })
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

/// The allocations of a fiscal year, by programme and organization; with their lines where they are asked for.
pub async fn allocations(tx: &Tx, year: FiscalYear, with_lines: bool) -> Result<Vec<Allocation>> {
    let mut sql = Sql::new("SELECT t.id, t.amount_yen, t.basis, t.decided_on, ");
    sql.push(if with_lines { "l.terms, " } else { "NULL::text AS terms, " });
    sql.push("p.id AS programme_id, p.title AS programme, p.legal_basis, ");
    sql.push(WHOSE);
    of_allocations(&mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY p.title, p.id, organization_kana, t.id");
    tx.rows(sql).await?.iter().map(allocation).collect()
}

/// The columns of the organization.
const WHOSE: &str = "o.id AS organization_id, o.name AS organization, o.name_kana AS organization_kana, \
                     o.corporate_number, d.name AS district";

/// The tables of awards, and a condition. An award stands in the file while its allocation is everybody's.
fn of_awards(sql: &mut Sql) {
    whose("grant_applications", sql);
    sql.push(" AND t.decided_yen IS NOT NULL AND t.decided_on IS NOT NULL AND ");
    visible::<GrantApplication>("t", sql);
    sql.push(" AND ");
    visible::<GrantAllocation>("a", sql);
}

/// The tables of allocations, and a condition.
fn of_allocations(sql: &mut Sql) {
    whose("grant_allocations", sql);
    sql.push(" AND ");
    visible::<GrantAllocation>("t", sql);
}

/// The tables of both; ends within a condition.
fn whose(table: &str, sql: &mut Sql) {
    sql.push(&format!(
        " FROM {table} t \
         JOIN grant_programmes p ON p.municipality_id = t.municipality_id AND p.id = t.programme_id \
         JOIN districts d ON d.municipality_id = t.municipality_id AND d.id = t.district_id \
         LEFT JOIN organizations o ON o.municipality_id = t.municipality_id AND o.id = t.organization_id AND "
    ));
    visible::<CommunityOrganization>("o", sql);
    if table == "grant_applications" {
        sql.push(" JOIN grant_allocations a ON a.municipality_id = t.municipality_id AND a.id = t.allocation_id");
    }
    if table == "grant_allocations" {
        sql.push(" LEFT JOIN grant_run_lines l ON l.municipality_id = t.municipality_id AND l.id = t.line_id AND ");
        visible::<GrantRunLine>("l", sql);
    }
    sql.push(" WHERE ");
    visible::<GrantProgramme>("p", sql);
}

fn allocation(row: &Row) -> Result<Allocation> {
    Ok(Allocation {
        id: encode(GrantAllocationId::PREFIX, row.try_get("id")?),
        organization: organization(row)?,
        programme: programme(row)?,
        amount: Yen(row.try_get("amount_yen")?),
        basis: row.try_get("basis")?,
        decided_on: row.try_get("decided_on")?,
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

/// How the programmes of a fiscal year are calculated, each by the rule of the newest run whose results are published; nothing where there
/// is no such run.
pub async fn methods(tx: &Tx, year: FiscalYear, town: &str) -> Result<Option<Paper>> {
    let mut sql = Sql::new(
        "SELECT DISTINCT ON (p.title, p.id) p.title AS programme, p.legal_basis, p.budget_yen, t.total_yen, \
         t.organizations, t.approved_on, t.superseded_on, r.title AS rule, r.version, r.document",
    );
    of_methods(&mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY p.title, p.id, t.id DESC");
    let rows = tx.rows(sql).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let (names, mut blocks, mut day) = (districts(tx).await?, Vec::new(), NaiveDate::MIN);
    for row in &rows {
        day = day.max(row.try_get::<_, Option<NaiveDate>>("approved_on")?.unwrap_or_else(|| year.first_day()));
        blocks.extend(method(row, &names)?);
    }
    let title = format!("{town} {} 交付金の算定方法", year.label());
    Ok(Some(Paper { foot: title.clone(), title, day, blocks }))
}

/// The tables of runs with their rules, and a condition.
fn of_methods(sql: &mut Sql) {
    sql.push(
        " FROM grant_runs t \
         JOIN grant_programmes p ON p.municipality_id = t.municipality_id AND p.id = t.programme_id \
         JOIN grant_rules r ON r.municipality_id = t.municipality_id AND r.id = t.rule_id WHERE ",
    );
    visible::<GrantRun>("t", sql);
    sql.push(" AND ");
    visible::<GrantProgramme>("p", sql);
    sql.push(" AND ");
    visible::<GrantRule>("r", sql);
}

fn method(row: &Row, names: &HashMap<String, String>) -> Result<Vec<Block>> {
    let document: &str = row.try_get("document")?;
    let rule: Rule = serde_json::from_str(document).map_err(Error::internal)?;
    let text = |name: &str| row.try_get::<_, String>(name);
    let yen = |name: &str| row.try_get::<_, i64>(name).map(|yen| Yen(yen).to_string());
    let facts = [
        ("根拠", text("legal_basis")?),
        ("算定規則", format!("{} 第{}版", text("rule")?, row.try_get::<_, i32>("version")?)),
        ("規則のSHA-256", sha256(document.as_bytes())),
        ("予算額", yen("budget_yen")?),
        ("算定による合計", yen("total_yen")?),
        ("団体の数", row.try_get::<_, i32>("organizations")?.to_string()),
    ];
    let mut facts: Vec<_> = facts.into_iter().map(|(name, what)| (name.to_owned(), what)).collect();
    if let Some(day) = row.try_get::<_, Option<NaiveDate>>("superseded_on")? {
        let said = format!("{day}に訂正の算定が承認された。その結果は公表されていない");
        facts.insert(0, ("訂正済み".to_owned(), said));
    }
    let mut blocks = vec![Block::Heading(text("programme")?), Block::Facts(facts)];
    blocks.extend(methodology(&rule, &|id| names.get(id).cloned().unwrap_or_else(|| id.to_owned())));
    Ok(blocks)
}

/// The condition under which the reader may read a row, as the shape has it.
fn visible<S: Shape>(alias: &str, sql: &mut Sql) {
    let shape = S::shape();
    write_condition(&shape.permits, shape.published, Action::READ, alias, sql);
}
