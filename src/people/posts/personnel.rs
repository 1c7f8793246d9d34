//! What holds of all appointments of a municipality together: there is always an administrator, and duties that are
//! kept apart are not in one hand. Changes take turns, so that two that are each right are not wrong together; the
//! database looks again when the transaction ends.

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// A turn at changing who holds what, until the transaction ends.
pub struct Turn {
    /// Until which day there was an administrator when it began.
    administered_until: String,
}

/// Waits for the changes of others.
///
/// # Errors
/// CONFLICT/IN_PROGRESS where they take too long.
pub async fn turn(tx: &Tx) -> Result<Turn> {
    take(tx).await?;
    Ok(Turn { administered_until: administered_until(tx).await? })
}

async fn take(tx: &Tx) -> Result<()> {
    let mut sql = Sql::new("SELECT entaku_personnel_turn(");
    sql.fill("?)", [Param::Uuid(Some(tx.municipality()?.0))]);
    tx.run(sql).await?;
    Ok(())
}

async fn administered_until(tx: &Tx) -> Result<String> {
    let mut sql = Sql::new("SELECT entaku_administered_until(");
    sql.fill("?, NULL, NULL, NULL)::text AS until", [Param::Uuid(Some(tx.municipality()?.0))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no day"))?;
    Ok(row.try_get("until")?)
}

impl Turn {
    /// Is there an administrator for as long as there was before?
    ///
    /// # Errors
    /// CONFLICT/LAST_ADMINISTRATOR where what was written leaves the municipality without one, now or later.
    pub async fn keeps_administrator(self, tx: &Tx) -> Result<()> {
        let mut sql = Sql::new("SELECT entaku_administered_until(");
        sql.fill(
            "?, NULL, NULL, NULL) >= ?::date AS kept",
            [Param::Uuid(Some(tx.municipality()?.0)), Param::text(self.administered_until)],
        );
        let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no day"))?;
        if row.try_get("kept")? {
            return Ok(());
        }
        Err(Error::Conflict(Refusal::new(
            "LAST_ADMINISTRATOR",
            "管理者が一人もいなくなるため、できません。先にほかの管理者を任命してください。",
            "The municipality would be without an administrator. Please appoint another one first.",
        )))
    }
}

/// Are the duties of somebody apart, after they were appointed? Takes a turn.
///
/// # Errors
/// CONFLICT/DUTIES_TOGETHER where they hold two roles over the same thing that are kept apart.
pub async fn keeps_apart(tx: &Tx, account: AccountId) -> Result<()> {
    take(tx).await?;
    together(tx, Some(account)).await
}

/// As [`keeps_apart`], for everybody.
///
/// # Errors
/// CONFLICT/DUTIES_TOGETHER where somebody does.
pub async fn keeps_all_apart(tx: &Tx) -> Result<()> {
    take(tx).await?;
    together(tx, None).await
}

async fn together(tx: &Tx, account: Option<AccountId>) -> Result<()> {
    let mut sql = Sql::new("SELECT entaku_duties_together(");
    sql.fill(
        "?, ?) AS together",
        [Param::Uuid(Some(tx.municipality()?.0)), Param::Uuid(account.map(|account| account.0))],
    );
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    if !row.try_get::<_, bool>("together")? {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "DUTIES_TOGETHER",
        "一人が兼ねることのできない役割です。",
        "One person may not hold these roles together.",
    )))
}
