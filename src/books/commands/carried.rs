//! What was kept of last year's grants, and stands in the next book as carried over.

use crate::books::commands::line::NewLine;
use crate::books::entity::{AccountBookId, BookCategory};
use crate::books::rules;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;

const TITLE: &str = "前年度の交付金からの繰越金";

/// The line that is proposed for what an organization kept of its grants of the year before; nothing where it kept none.
pub(super) async fn proposed(tx: &Tx, of: OrganizationId, year: FiscalYear) -> Result<Option<NewLine>> {
    let mut sql = Sql::new(
        "SELECT coalesce(sum(kept_yen), 0)::bigint AS kept FROM grant_applications WHERE revoked_on IS NULL \
         AND organization_id = ",
    );
    sql.fill("? AND fiscal_year = ?", [Param::Uuid(Some(of.0)), Param::Int(Some(i64::from(year.0) - 1))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a sum of nothing"))?;
    let kept = Yen(row.try_get("kept")?);
    Ok((kept.0 > 0).then(|| NewLine::of(BookCategory::CarriedOver, TITLE, kept)))
}

/// What the book carries over of each grant is what was kept of it.
///
/// # Errors
/// CONFLICT/CARRIED_OVER with both amounts of the first that differ.
pub(super) async fn is_what_was_kept(tx: &Tx, book: AccountBookId) -> Result<()> {
    let mut sql = Sql::new(
        "SELECT a.title, c.expected_yen, c.recorded_yen FROM book_carried_over c \
         JOIN grant_applications a ON a.municipality_id = c.municipality_id AND a.id = c.application_id \
         WHERE c.expected_yen <> c.recorded_yen AND c.book_id = ",
    );
    sql.fill("? ORDER BY a.id LIMIT 1", [Param::Uuid(Some(book.0))]);
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(()) };
    let yen = |name| row.try_get::<_, i64>(name).map(Yen);
    Err(rules::carried_otherwise(row.try_get("title")?, yen("expected_yen")?, yen("recorded_yen")?).into())
}
