//! The timetable of a programme: its terms, counted in the town's calendar.

use chrono::NaiveDate;

use crate::grants::commands::kept;
use crate::grants::commands::terms::terms_of;
use crate::grants::entity::{GrantProgrammeId, grant_application, grant_programme};
use crate::grants::rules::deadlines::{PartTime, Timetable, askable};
use crate::grants::rules::terms::Terms;
use crate::kernel::calendar::Calendar;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::calendar;

/// Of a programme.
pub(super) async fn timetable(tx: &Tx, id: GrantProgrammeId) -> Result<Timetable> {
    let (_, terms) = terms_of(tx, id).await?;
    counted(tx, terms).await
}

/// Of these terms. The calendar is read where something depends on it.
pub(super) async fn counted(tx: &Tx, terms: Terms) -> Result<Timetable> {
    let calendar = if terms.deadlines().need_calendar() { calendar::of(tx).await? } else { Calendar::default() };
    Ok(Timetable::new(terms, calendar))
}

/// Until when what is ordered today is to be returned; nothing where nothing is.
pub(super) async fn repayment_due(tx: &Tx, programme: &grant_programme::Model, ordered: Yen) -> Result<Option<Date>> {
    if ordered.0 == 0 {
        return Ok(None);
    }
    let timetable = counted(tx, kept(programme.terms.as_deref())?).await?;
    Ok(Some(timetable.repayment(tx.today(), programme.repayment_days)))
}

/// A day that is given for a correction is not over.
pub(super) fn still_to_come(checks: &mut Checks, tx: &Tx, path: &'static str, day: Option<Date>) {
    let to_come = day.is_none_or(|day| day.0 >= tx.today());
    checks.check(to_come, path, "ORDER", "今日より前の日です。", "Before today.");
}

/// When the parts of an amount are paid, as it is kept.
pub(super) fn schedule(
    timetable: &Timetable,
    row: &grant_application::Model,
    decided: NaiveDate,
    amount: Yen,
) -> Result<Option<String>> {
    let schedule = timetable.schedule(row.fiscal_year, decided, amount);
    schedule.map(|times| serde_json::to_string(&times).map_err(Error::internal)).transpose()
}

/// Nothing is asked for of a part whose time has not come, where the terms insist on it.
///
/// # Errors
/// CONFLICT/NOT_YET.
pub(super) fn in_time(tx: &Tx, row: &grant_application::Model, parts: &[Yen], amount: Yen) -> Result<()> {
    let times: Option<Vec<PartTime>> = kept(row.schedule.as_deref())?;
    let most = askable(parts, times.as_deref().filter(|_| row.fixed_yen.is_none()), tx.today());
    if most.is_none_or(|most| row.paid_yen.0 + amount.0 <= most.0) {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "NOT_YET",
        "まだ請求できない回の額を含んでいます。",
        "It includes an instalment that may not be asked for yet.",
    )))
}
