//! What the organization's books, where it keeps them here, show of a grant.

use sea_orm::ActiveEnum;

use crate::grants::entity::{GrantApplicationId, GrantBookRule};
use crate::grants::rules::booked::Booked;
use crate::grants::rules::costs::ActualCost;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// What the books show, and that stays until the transaction ends; nothing where no expense was ever the grant's.
pub(super) async fn booked(tx: &Tx, id: GrantApplicationId) -> Result<Option<Booked>> {
    let mut hold = Sql::new(
        "SELECT 1 FROM account_books b WHERE b.id IN (SELECT t.book_id FROM book_transactions t \
         WHERE t.side = 'EXPENSE' AND t.application_id = ",
    );
    hold.fill("?) ORDER BY b.id FOR SHARE", [Param::Uuid(Some(id.0))]);
    tx.rows(hold).await?;
    let mut sql = Sql::new("SELECT spent_yen, eligible_yen, state FROM grant_booked WHERE application_id = ");
    sql.param(Param::Uuid(Some(id.0)));
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(None) };
    let state = GrantBookRule::try_from_value(&row.try_get::<_, String>("state")?).map_err(Error::internal)?;
    Ok(Some(Booked { spent: Yen(row.try_get("spent_yen")?), eligible: Yen(row.try_get("eligible_yen")?), state }))
}

/// What was spent of a grant by category, and what of that is eligible, as the books show it; nothing where they show none.
pub(super) async fn costs(tx: &Tx, id: GrantApplicationId) -> Result<Vec<ActualCost>> {
    let mut sql = Sql::new(
        "SELECT category, sum(amount_yen)::bigint AS spent, \
         sum(eligible_yen)::bigint AS eligible \
         FROM grant_booked_costs WHERE application_id = ",
    );
    sql.fill("? GROUP BY category ORDER BY category", [Param::Uuid(Some(id.0))]);
    let mut costs = Vec::new();
    for row in tx.rows(sql).await? {
        costs.push(ActualCost {
            category: row.try_get("category")?,
            amount_yen: Yen(row.try_get("spent")?),
            eligible_yen: Yen(row.try_get("eligible")?),
        });
    }
    Ok(costs)
}
