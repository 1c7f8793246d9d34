//! Mutations and subscriptions of notifications. They are read through `viewer`.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::Read;
use crate::kernel::read::streams::Streams;
use crate::kernel::work::act;
use crate::people::notifications::commands::{self, NotificationChoiceSetInput};
use crate::people::notifications::entity::NotificationId;
use crate::people::notifications::shapes::{Notification, NotificationChoice};
use crate::people::shapes::Account;

/// Subscriptions of notifications.
pub fn streams(streams: Streams) -> Streams {
    let names = ("notificationChanged", "NotificationChange", "notification");
    streams.own::<Notification>(names, "自分に届いたお知らせと、その既読を受け取る。サインインが必要。")
}

/// Mutations of notifications.
#[derive(Default)]
pub struct NotificationMutation;

/// お知らせ
#[Object]
impl NotificationMutation {
    /// お知らせを既読にする(受け取った本人)。すでに既読なら変わらない。
    async fn notification_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "お知らせ。")] id: NotificationId,
    ) -> Result<Read<Notification>> {
        act(ctx, move |tx| Box::pin(commands::mark_read(tx, id))).await
    }

    /// 自分の未読のお知らせをすべて既読にする。
    async fn notifications_mark_all_read(&self, ctx: &Context<'_>) -> Result<Read<Account>> {
        act(ctx, |tx| Box::pin(commands::mark_all_read(tx))).await
    }

    /// お知らせの受け取り方を種類ごとに決める。
    async fn notification_choice_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "受け取り方の内容。")] input: NotificationChoiceSetInput,
    ) -> Result<Read<NotificationChoice>> {
        act(ctx, move |tx| Box::pin(commands::set_choice(tx, input))).await
    }
}
