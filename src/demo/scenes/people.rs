//! Who comes in by mail: the town lets people register by themselves, and a new colleague is invited.

use async_graphql::MaybeUndefined;
use chrono::{Datelike, NaiveDate};
use sea_orm::EntityTrait;

use crate::demo::stage::Stage;
use crate::kernel::calendar::Calendar;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::principal::Role;
use crate::people::calendar;
use crate::people::calendar::commands::ClosedDayAddInput;
use crate::people::commands::{self, MunicipalitySettingsChangeInput};
use crate::people::entity::{Language, settings};
use crate::people::invitations::commands::{InvitationCreateInput, invite};

/// Who is invited and has not come yet.
const INVITED: &str = "newcomer@example.jp";

/// The first day in the middle of August on which the town hall would be open.
fn summer(stage: &Stage<'_>) -> NaiveDate {
    let today = stage.today();
    let middle = NaiveDate::from_ymd_opt(today.year(), 8, 14).unwrap_or(today);
    Calendar::default().open_from(middle)
}

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("invitations", "email", INVITED).await? {
        return Ok(());
    }
    let open = MunicipalitySettingsChangeInput {
        revision: None,
        public_contact: MaybeUndefined::Undefined,
        grant_withdrawal_days: None,
        task_reminder_days: None,
        second_factor_required: None,
        self_registration: Some(true),
        networks: MaybeUndefined::Undefined,
        book_closing_days: MaybeUndefined::Value(60),
        book_audit_days: MaybeUndefined::Value(30),
        bank_report_days: None,
    };
    stage
        .act("admin", |tx| {
            Box::pin(async move {
                let own = settings::Entity::find().one(tx).await?.ok_or(Error::NotFound)?;
                commands::change_settings(tx, own.id, open).await
            })
        })
        .await?;
    let summer = ClosedDayAddInput { day: Date(summer(stage)), name: "夏季一斉休業日(架空)".into() };
    stage.act("admin", |tx| Box::pin(calendar::commands::add(tx, summer))).await?;
    let invitation = InvitationCreateInput {
        email: INVITED.to_owned(),
        role: Role::PlanningStaff,
        scope_id: None,
        language: Some(Language::Ja),
    };
    stage.act("admin", |tx| Box::pin(invite(tx, invitation))).await?;
    Ok(())
}
