//! What is done with notifications: read, and chosen by kind.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::notifications::entity::{NotificationChoiceId, NotificationId, NotificationKind, notification};
use crate::people::notifications::shapes::{Notification, NotificationChoice};
use crate::people::shapes::Account;

/// お知らせを既読にする。
pub const NOTIFICATION_MARK_READ: Action = Action("notificationMarkRead");
/// すべてのお知らせを既読にする。
pub const NOTIFICATIONS_MARK_ALL_READ: Action = Action("notificationsMarkAllRead");
/// お知らせの受け取り方を決める。
pub const NOTIFICATION_CHOICE_SET: Action = Action("notificationChoiceSet");

/// Marks a notification of one's own as read; the first time counts.
pub async fn mark_read(tx: &Tx, id: NotificationId) -> Result<NotificationId> {
    let row = tx.load::<Notification>(id, NOTIFICATION_MARK_READ).await?;
    if row.read_at.is_none() {
        let mut row: notification::ActiveModel = row.into();
        row.read_at = Set(Some(tx.now));
        row.update(tx).await?;
    }
    Ok(id)
}

/// Marks all notifications of one's own as read.
pub async fn mark_all_read(tx: &Tx) -> Result<AccountId> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    tx.peek::<Account>(account, NOTIFICATIONS_MARK_ALL_READ).await?;
    let mut sql = Sql::new("UPDATE notifications SET read_at = ");
    let params = [Param::Time(Some(tx.now)), Param::Uuid(Some(account.0))];
    sql.fill("? WHERE account_id = ? AND read_at IS NULL AND in_app", params);
    tx.run(sql).await?;
    Ok(account)
}

/// お知らせの受け取り方の内容。
#[derive(InputObject)]
pub struct NotificationChoiceSetInput {
    /// お知らせの種類。
    pub kind: NotificationKind,
    /// アプリ内で受け取るか。
    pub in_app: bool,
    /// メールのまとめで受け取るか。毎朝7時までの未読のものが、一通のメールで届く。
    pub mail_digest: bool,
}

/// Chooses how one is told of a kind; the last choice counts.
pub async fn set_choice(tx: &Tx, input: NotificationChoiceSetInput) -> Result<NotificationChoiceId> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    tx.may_create::<NotificationChoice>(NOTIFICATION_CHOICE_SET, &[("account_id", account.0)])?;
    let NotificationChoiceSetInput { kind, in_app, mail_digest } = input;
    let mut sql = Sql::new("INSERT INTO notification_choices (id, account_id, kind, in_app, mail_digest) VALUES (");
    sql.fill(
        "?, ?, ?, ?, ?) ON CONFLICT (municipality_id, account_id, kind) \
         DO UPDATE SET in_app = excluded.in_app, mail_digest = excluded.mail_digest RETURNING id",
        [
            Param::Uuid(Some(NotificationChoiceId::new().0)),
            Param::Uuid(Some(account.0)),
            Param::text(kind.word()),
            Param::Bool(in_app),
            Param::Bool(mail_digest),
        ],
    );
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("a choice that was not written"))?;
    Ok(NotificationChoiceId(row.try_get("id")?))
}
