//! Reminders: each night, who can do what is soon due, or overdue, is told of it once for each threshold.

use chrono::{Duration, NaiveDate};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::jobs::Kind;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tasks::write_due;
use crate::kernel::tx::Tx;
use crate::people::approvals::seating;
use crate::people::entity::settings;
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::texts;
use crate::people::tasks::rules;

/// The name of the job.
pub const REMINDERS: &str = "people.reminders";

/// For how many days after a deadline somebody is still told that it has passed.
const LATE: i64 = 60;

/// The kind of this job.
pub fn kind() -> Kind {
    Kind::new(REMINDERS, |tx, _| Box::pin(remind(tx))).every(Duration::days(1))
}

/// Tells of all that is soon due or overdue today; before that, whoever approves or stands in from today on has their
/// tasks. May run twice.
pub async fn remind(tx: &Tx) -> Result<()> {
    seating::seat_anew(tx).await?;
    let settings = settings::Entity::find().one(tx).await?;
    let settings = settings.ok_or_else(|| Error::internal("a municipality without settings"))?;
    let mut days = rules::read(&settings.task_reminder_days);
    days.sort_unstable();
    tx.run(Sql::new("SET LOCAL statement_timeout = '10min'")).await?;
    let kept = kept(tx).await?;
    tell(tx, NotificationKind::TaskOverdue, tx.today() - Duration::days(LATE.min(kept)), None).await?;
    let mut from = 0;
    for day in days {
        let nights = i64::from(day) - kept + 1;
        tell(tx, NotificationKind::TaskDue, tx.today() + Duration::days(from.max(nights)), Some(day)).await?;
        from = i64::from(day) + 1;
    }
    Ok(())
}

/// For how many days notifications are kept. Nothing is told for longer, so that nobody is told again when the first is
/// gone.
async fn kept(tx: &Tx) -> Result<i64> {
    let sql = Sql::new("SELECT period::bigint AS days FROM retention_rules WHERE kind = 'NOTIFICATIONS'");
    let row = tx.rows(sql).await?.pop();
    row.map_or(Ok(LATE), |row| Ok(row.try_get("days")?))
}

/// Tells of what is due from a day until as many days from now; without a number, until yesterday. Whoever was told of
/// the task, its deadline and this threshold before is not told again: `once` is unique for an account.
async fn tell(tx: &Tx, kind: NotificationKind, from: NaiveDate, days: Option<i32>) -> Result<()> {
    let until = tx.today() + Duration::days(i64::from(days.unwrap_or(-1)));
    let threshold = days.map_or_else(|| "overdue".to_owned(), |days| days.to_string());
    let word = Param::text(kind.word());
    let text = texts(kind, "{}");
    let mut sql = Sql::new(
        "INSERT INTO notifications (id, account_id, kind, object_kind, object_id, text_ja, text_easy, text_en, in_app, once) \
         SELECT ",
    );
    sql.fill(
        "(left(?, 18) || right(gen_random_uuid()::text, 18))::uuid, w.account_id, ?, w.object_kind, w.object_id, \
         replace(?, '{}', w.named), replace(?, '{}', w.named), replace(?, '{}', w.named), coalesce(c.in_app, true), \
         w.act || ' ' || w.object_id || ' ' || w.due_on || ' ' || ?",
        [
            Param::text(Uuid::now_v7().to_string()),
            word.clone(),
            Param::text(text.ja),
            Param::text(text.easy),
            Param::text(text.en),
            Param::text(threshold),
        ],
    );
    sql.push(" FROM (SELECT d.*, d.title || ' (' || d.due_on || ')' AS named FROM ");
    write_due(Date(from), Date(until), &mut sql);
    sql.fill(
        " d) w LEFT JOIN notification_choices c ON c.account_id = w.account_id AND c.kind = ? \
         WHERE coalesce(c.in_app OR c.mail_digest, true) \
         ON CONFLICT (municipality_id, account_id, once) WHERE once IS NOT NULL DO NOTHING",
        [word],
    );
    tx.run(sql).await?;
    Ok(())
}
