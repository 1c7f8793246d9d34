//! Adding closed days, and taking them back.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::calendar::Calendar;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::calendar::entity::{ClosedDayId, closed_day};
use crate::people::calendar::rules;
use crate::people::calendar::shapes::ClosedDay;

/// 閉庁日を加える。
pub const CLOSED_DAY_ADD: Action = Action("closedDayAdd");
/// 加えた閉庁日を取り消す。
pub const CLOSED_DAY_CANCEL: Action = Action("closedDayCancel");

/// The municipality's calendar: the law's, and the days that it has added.
pub async fn of(tx: &Tx) -> Result<Calendar> {
    let own = closed_day::Entity::find().filter(closed_day::Column::CancelledOn.is_null()).all(tx).await?;
    Ok(Calendar::with(own.into_iter().map(|row| row.day.0)))
}

/// 自治体が加える閉庁日。
#[derive(InputObject)]
pub struct ClosedDayAddInput {
    /// その日。
    pub day: Date,
    /// 名称(「夏季一斉休業日」など)。
    pub name: String,
}

/// Adds a day on which the town hall is closed.
///
/// # Errors
/// CONFLICT/CLOSED_ALREADY where it is closed on that day already.
pub async fn add(tx: &Tx, input: ClosedDayAddInput) -> Result<ClosedDayId> {
    tx.may_create::<ClosedDay>(CLOSED_DAY_ADD, &[])?;
    let ClosedDayAddInput { day, name } = input;
    let mut checks = Checks::new();
    let name = checks.text("input.name", &name, 100);
    checks.done()?;
    if !of(tx).await?.is_open(day.0) {
        return Err(Error::Conflict(Refusal::new(
            "CLOSED_ALREADY",
            "その日はすでに閉庁日です。",
            "The town hall is closed on that day already.",
        )));
    }
    let row =
        closed_day::ActiveModel { id: Set(ClosedDayId::new()), day: Set(day), name: Set(name), ..Default::default() };
    Ok(row.insert(tx).await?.id)
}

/// Takes an added day back.
pub async fn cancel(tx: &Tx, id: ClosedDayId) -> Result<ClosedDayId> {
    let row = tx.load::<ClosedDay>(id, CLOSED_DAY_CANCEL).await?;
    rules::closed_day(&row, CLOSED_DAY_CANCEL, tx.now)?;
    let mut row: closed_day::ActiveModel = row.into();
    row.cancelled_on = Set(Some(Date(tx.today())));
    row.update(tx).await?;
    Ok(id)
}
