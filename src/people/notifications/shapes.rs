//! What can be read of notifications, by their recipient alone.

use async_graphql::{ID, InputObject, Value};
use chrono::{DateTime, Utc};

use crate::kernel::error::Result;
use crate::kernel::id;
use crate::kernel::policy::Over;
use crate::kernel::read::{Cells, Filter, Key, Ty, Where};
use crate::kernel::request::Request;
use crate::people::notifications::commands::{NOTIFICATION_CHOICE_SET, NOTIFICATION_MARK_READ};
use crate::people::notifications::entity::{
    NotificationChoiceId, NotificationId, NotificationKind, choice, notification,
};
use crate::shape;

const OWN: Over = Over::Own("account_id");
/// Those whose application shows it; nobody, where it was only for the digest.
const READER: Over = Over::Own("reader_id");

/// お知らせの絞り込み。
#[derive(InputObject)]
pub struct NotificationFilterInput {
    /// 未読のもの(true)または既読のもの(false)だけ。
    pub unread: Option<bool>,
    /// 種類(いずれか)。
    pub kind: Option<Vec<NotificationKind>>,
}

impl Filter for NotificationFilterInput {
    fn conditions(self, to: &mut Where) {
        match self.unread {
            Some(true) => to.also("t.read_at IS NULL", Vec::new()),
            Some(false) => to.also("t.read_at IS NOT NULL", Vec::new()),
            None => {}
        }
        to.among("kind", self.kind.map(|kinds| kinds.into_iter().map(NotificationKind::word).collect()));
    }
}

shape! {
    Notification("Notification", "お知らせ。関係する操作があったときに届き、受け取った本人だけが読める。", "notifications") { id: NotificationId, row: notification::Entity }
    |shape| shape
        .column::<NotificationKind>("kind", "種類。")
        .computed::<ID>("objectId", "対象の ID。`node(id)` で読める。", &["object_kind", "object_id"], object_id)
        .column::<String>("textJa", "本文(日本語)。")
        .column::<String>("textEasy", "本文(やさしい日本語)。")
        .column::<String>("textEn", "本文(英語)。")
        .column::<Option<DateTime<Utc>>>("readAt", "既読にした日時。未読なら null。")
        .column::<DateTime<Utc>>("createdAt", "届いた日時。")
        .ordered([Key::down("created_at", Ty::Time)])
        .filtered::<NotificationFilterInput>()
        .readable(&[], READER)
        .ruled_by("利用者の設定")
        .act(NOTIFICATION_MARK_READ, "", &[], READER)
}

/// The prefixed id of what it is about.
fn object_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(id::encode(&row.get::<String>("object_kind")?, row.get("object_id")?).into())
}

shape! {
    NotificationChoice("NotificationChoice", "お知らせの受け取り方。決めていない種類は、アプリ内で受け取り、メールでは受け取らない。", "notification_choices") { id: NotificationChoiceId, row: choice::Entity }
    |shape| shape
        .revision()
        .column::<NotificationKind>("kind", "種類。")
        .column::<bool>("inApp", "アプリ内で受け取るか。")
        .column::<bool>("mailDigest", "メールのまとめ(毎朝、未読のもの)で受け取るか。")
        .ordered([Key::up("kind", Ty::Text)])
        .readable(&[], OWN)
        .ruled_by("利用者の設定")
        .create(NOTIFICATION_CHOICE_SET, "", &[], OWN)
}
