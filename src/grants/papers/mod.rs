//! Papers of grants: what is shown of a calculation to people who keep files and paper. They are made of rows that do
//! not change, each time anew, for whoever may read these rows; nothing is stored.

mod run;
mod sheet;

use sea_orm::EntityTrait;

use crate::grants::allocation::methodology::methodology;
use crate::grants::allocation::rule::Rule;
use crate::grants::entity::{GrantRuleId, GrantRuleState, GrantRunId, GrantRunLineId, GrantRunState, grant_run};
use crate::grants::shapes::{GrantProgramme, GrantRule, GrantRun, GrantRunLine, is_insider};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{TypedId, encode};
use crate::kernel::keys::sha256;
use crate::kernel::paper::{Block, Paper};
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::Shape;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::japan_day;
use crate::kernel::tx::Tx;
use crate::organizations::entity::DistrictId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::entity::municipality;
use crate::people::shapes::{Account, Municipality};

pub use run::{Matrix, Row};

/// What stands for the name of an organization that the reader may not know.
pub const NOT_PUBLIC: &str = "非公開の団体";

/// A paper and what its file is called, without the end that says of which kind it is.
pub struct Filed {
    /// The name.
    pub name: String,
    /// The paper.
    pub paper: Paper,
}

/// The 算定調書 of an organization, for whoever may read the line. Nine statements, however many terms there are.
///
/// # Errors
/// NOT_FOUND for everybody else.
pub async fn sheet(tx: &Tx, id: GrantRunLineId) -> Result<Filed> {
    let line = tx.peek::<GrantRunLine>(id, Action::READ).await?;
    // Whose line it is reads it before everybody reads of the run: nothing of the others is on the sheet.
    let run = grant_run::Entity::find_by_id(line.run_id).one(tx).await?.ok_or(Error::NotFound)?;
    let rule = tx.peek::<GrantRule>(run.rule_id, Action::READ).await?;
    let programme = tx.peek::<GrantProgramme>(run.programme_id, Action::READ).await?;
    // Who may not read of people is told of the act alone.
    let approver = match run.approved_by {
        Some(account) => tx.peek::<Account>(account, Action::READ).await.map(|row| Some(row.name)),
        None => Ok(None),
    };
    let approver = match approver {
        Err(Error::NotFound) => None,
        found => found?,
    };
    let known = match tx.peek::<CommunityOrganization>(line.organization_id, Action::READ).await {
        Err(Error::NotFound) => false,
        found => found.map(|_| true)?,
    };
    let inside = is_insider(&tx.principal, |column| match column {
        "organization_id" => Some(line.organization_id.0),
        "district_id" => Some(line.district_id.0),
        _ => None,
    });
    let (town, day, corrected_by) = (town(tx).await?, day_of(&run), corrected_by(tx, &run).await?);
    let sheet = sheet::Sheet { town: town.name, programme, rule, run, line, approver, known, inside, corrected_by };
    Ok(Filed { name: sheet.name(), paper: sheet.paper(day)? })
}

/// What a version of a rule says, in plain Japanese, for whoever may read it.
///
/// # Errors
/// NOT_FOUND for everybody else.
pub async fn rule(tx: &Tx, id: GrantRuleId) -> Result<Filed> {
    let row = tx.peek::<GrantRule>(id, Action::READ).await?;
    let parsed: Rule = serde_json::from_str(&row.document).map_err(Error::internal)?;
    let (town, districts) = (town(tx).await?, districts(tx).await?);
    let state = if row.state == GrantRuleState::InForce { "施行" } else { "案" };
    let mut facts = vec![
        ("自治体".to_owned(), town.name.clone()),
        ("規則".to_owned(), format!("{} 第{}版({state})", row.title, row.version)),
        ("適用".to_owned(), format!("{}から", row.from_fiscal_year.label())),
        ("規則のSHA-256".to_owned(), sha256(row.document.as_bytes())),
    ];
    facts.extend(row.note.iter().map(|note| ("改正の趣旨".to_owned(), note.clone())));
    let mut blocks = vec![Block::Facts(facts)];
    blocks.extend(methodology(&parsed, &|id| districts.get(id).cloned().unwrap_or_else(|| id.to_owned())));
    let title = format!("{} 算定方法", row.title);
    let day = row.enacted_on.map_or_else(|| day_of_id(row.id.0, row.from_fiscal_year.first_day()), |day| day.0);
    let foot = format!("{} {} 第{}版", town.name, row.title, row.version);
    let name = format!("算定方法_{}_第{}版", row.title, row.version);
    Ok(Filed { name, paper: Paper { title, foot, day, blocks } })
}

/// Who takes part in a run, one row each, for whoever may read the run.
///
/// # Errors
/// NOT_FOUND for everybody else.
pub async fn matrix(tx: &Tx, id: GrantRunId) -> Result<Matrix> {
    let run = tx.peek::<GrantRun>(id, Action::READ).await?;
    let rule = tx.peek::<GrantRule>(run.rule_id, Action::READ).await?;
    Matrix::of(&run, &rule)
}

/// The approved run that took the place of this one, for whoever may read it.
async fn corrected_by(tx: &Tx, run: &grant_run::Model) -> Result<Option<Correction>> {
    let mut sql = Sql::new("SELECT t.id, t.title FROM grant_runs t WHERE t.state = 'APPROVED' AND t.corrects_id = ");
    sql.param(Param::Uuid(Some(run.id.0)));
    sql.push(" AND ");
    let runs = GrantRun::shape();
    write_condition(&runs.permits, runs.published, Action::READ, "t", &mut sql);
    sql.push(" ORDER BY t.id DESC LIMIT 1");
    let one = |row: &tokio_postgres::Row| Ok(Correction { id: row.try_get("id")?, title: row.try_get("title")? });
    tx.rows(sql).await?.first().map(one).transpose()
}

/// A run that corrects another.
struct Correction {
    id: uuid::Uuid,
    title: String,
}

async fn town(tx: &Tx) -> Result<municipality::Model> {
    tx.peek::<Municipality>(tx.municipality()?, Action::READ).await
}

/// The districts' names by their ids.
pub(crate) async fn districts(tx: &Tx) -> Result<std::collections::HashMap<String, String>> {
    let one = |row: &tokio_postgres::Row| Ok((encode(DistrictId::PREFIX, row.try_get("id")?), row.try_get("name")?));
    tx.rows(Sql::new("SELECT id, name FROM districts")).await?.iter().map(one).collect()
}

/// The day a run was approved, or made.
fn day_of(run: &grant_run::Model) -> chrono::NaiveDate {
    match run.approved_on {
        Some(day) if run.state == GrantRunState::Approved => day.0,
        _ => day_of_id(run.id.0, run.fiscal_year.first_day()),
    }
}

/// Ids tell when they were made (RFC 9562, version 7).
fn day_of_id(id: uuid::Uuid, otherwise: chrono::NaiveDate) -> chrono::NaiveDate {
    let made = id.get_timestamp().and_then(|stamp| {
        let (seconds, nanoseconds) = stamp.to_unix();
        chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
    });
    made.map_or(otherwise, japan_day)
}
