//! Discarding a programme that is not wanted (取りやめ): nobody outside the town hall has seen it. Its money goes back to
//! where it was taken from, and it stays on record as what it was.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};
use uuid::Uuid;

use crate::grants::commands::calculation::freeze::outdated;
use crate::grants::commands::calculation::run::take_time;
use crate::grants::commands::{GRANT_PROGRAMME_DISCARD, MOST_REASON};
use crate::grants::entity::{GrantProgrammeId, grant_programme};
use crate::grants::rules;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, Leg};

/// 交付金制度の取りやめ。
#[derive(InputObject)]
pub struct GrantProgrammeDiscardInput {
    /// 理由(議会で予算が認められなかったなど)。仕訳の摘要となり、職員が閲覧できる。
    pub reason: String,
}

/// Discards a programme that nobody has published: what was allocated of it, by hand or by an approved run, and the rest of
/// its budget return to the source of the money in one journal. Its runs can be approved no more.
///
/// # Errors
/// CONFLICT/SUCCEEDED where another programme names it as its predecessor; CONFLICT/DISCARDED; CONFLICT/YEAR_CLOSED.
pub async fn discard_programme(
    tx: &Tx,
    id: GrantProgrammeId,
    input: GrantProgrammeDiscardInput,
) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_DISCARD).await?;
    rules::programme(&row, GRANT_PROGRAMME_DISCARD, tx.now)?;
    let GrantProgrammeDiscardInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    succeeded_by_none(tx, id).await?;
    take_time(tx).await?;
    let allocated = take_back(tx, id).await?;
    give_back(tx, &row, &allocated, &reason).await?;
    let mut next: grant_programme::ActiveModel = row.into();
    next.budget_yen = Set(Yen(0));
    next.discarded_on = Set(Some(Date(tx.today())));
    next.discarded_by = Set(tx.principal.account);
    next.discard_reason = Set(Some(reason));
    next.update(tx).await?;
    outdated(tx).await?;
    Ok(id)
}

/// Whoever names the programme holds it, and is seen once it is ours.
async fn succeeded_by_none(tx: &Tx, id: GrantProgrammeId) -> Result<()> {
    let mut sql = Sql::new("SELECT title, fiscal_year FROM grant_programmes WHERE previous_id = ");
    sql.param(Param::Uuid(Some(id.0)));
    sql.push(" AND discarded_on IS NULL ORDER BY fiscal_year, id LIMIT 1");
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(()) };
    let (title, year): (String, i32) = (row.try_get("title")?, row.try_get("fiscal_year")?);
    Err(Error::Conflict(Refusal::new(
        "SUCCEEDED",
        format!(
            "「{title}」({year}年度)の前年度の交付金制度とされています。先に、その制度の前年度の交付金制度の定めを改めてください。"
        ),
        format!("{title} ({year}) names it as its predecessor. Lay another one down there first."),
    )))
}

/// Makes every allocation of a programme nothing; what each of them was.
async fn take_back(tx: &Tx, id: GrantProgrammeId) -> Result<Vec<(Uuid, Yen)>> {
    let mut sql = Sql::new("SELECT id, amount_yen FROM grant_allocations WHERE programme_id = ");
    sql.param(Param::Uuid(Some(id.0)));
    sql.push(" AND amount_yen > 0 ORDER BY id FOR NO KEY UPDATE");
    let one = |row: &tokio_postgres::Row| Ok((row.try_get("id")?, Yen(row.try_get("amount_yen")?)));
    let allocated = tx.rows(sql).await?.iter().map(one).collect::<Result<Vec<_>>>()?;
    let mut sql = Sql::new("UPDATE grant_allocations SET amount_yen = 0, line_id = NULL, basis = ");
    sql.fill(
        "?, decided_on = ? WHERE programme_id = ? AND amount_yen > 0",
        [Param::text("交付金制度の取りやめによる"), Param::Date(Some(tx.today())), Param::Uuid(Some(id.0))],
    );
    tx.run(sql).await?;
    Ok(allocated)
}

/// One journal: from the allocations and what is left of the budget to the source of the money.
async fn give_back(tx: &Tx, row: &grant_programme::Model, allocated: &[(Uuid, Yen)], reason: &str) -> Result<()> {
    let leg = |kind, owner, amount| Leg { kind, owner, amount: Yen(amount) };
    let mut legs: Vec<Leg> = allocated.iter().map(|(id, yen)| leg(AccountKind::Grant, *id, -yen.0)).collect();
    let left = row.budget_yen.0 - allocated.iter().map(|(_, yen)| yen.0).sum::<i64>();
    if left != 0 {
        legs.push(leg(AccountKind::Budget, row.id.0, -left));
    }
    legs.push(leg(AccountKind::Appropriation, tx.municipality()?.0, row.budget_yen.0));
    let (ja, en) = ("予算の残りが元帳と合いません。", "What is left of the budget is not what the ledger says.");
    let journal = Journal {
        kind: "GRANT_DISCARDED",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: reason.to_owned(),
        once: true,
        legs,
        when_short: Refusal::new("BUDGET_ALLOCATED", ja, en),
    };
    ledger::post(tx, journal).await?;
    Ok(())
}
