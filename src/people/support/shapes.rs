//! What can be read of sessions of support: by the municipality's administrators and auditors, and by support itself.

use async_graphql::Value;
use chrono::{DateTime, Utc};

use crate::kernel::error::Result;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty};
use crate::kernel::request::Request;
use crate::people::shapes::Account;
use crate::people::support::commands::{SUPPORT_SESSION_END, SUPPORT_SESSION_LEND};
use crate::people::support::entity::{SupportRole, SupportSessionId, support_session};
use crate::people::support::rules;
use crate::shape;

const ADMIN: &[Role] = &[Role::Admin];
const ADMIN_AND_AUDITOR: &[Role] = &[Role::Admin, Role::Auditor];
const OWN: Over = Over::Own("account_id");

shape! {
    SupportSession("SupportSession", "運用サポート。システムの運用者が、期限と目的を示して自治体に入った記録。役割を貸すまでは閲覧だけができる。", "support_sessions") { id: SupportSessionId, row: support_session::Entity, may: rules::support_session }
    |shape| shape
        .revision()
        .column::<String>("operator", "入った人の氏名。")
        .column::<String>("reason", "目的。このサポートのすべての記録に残る。")
        .column::<DateTime<Utc>>("openedAt", "始まった日時。")
        .column::<DateTime<Utc>>("expiresAt", "終わる日時(4時間以内)。")
        .column::<Option<DateTime<Utc>>>("endedAt", "実際に終わった日時。")
        .one::<Account>("endedBy", "ended_by", "終えた人。期限で終わったときは null。")
        .computed::<bool>("active", "今も続いているか。", &["expires_at", "ended_at"], active)
        .column::<Option<SupportRole>>("lentRole", "貸した役割。閲覧だけなら null。")
        .one::<Account>("lentBy", "lent_by", "役割を貸した管理者。")
        .column::<Option<DateTime<Utc>>>("lentAt", "役割を貸した日時。")
        .one::<Account>("account", "account_id", "サポートのアカウント。行ったことの記録はこのアカウントの名で残る。")
        .ordered([Key::down("opened_at", Ty::Time)])
        .readable(&[], OWN)
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
        .act(SUPPORT_SESSION_LEND, "情報セキュリティ対策基準", ADMIN, Over::Municipality)
        .apart(SUPPORT_SESSION_LEND, &["account_id"])
        .step_up(SUPPORT_SESSION_LEND)
        .act(SUPPORT_SESSION_END, "情報セキュリティ対策基準", ADMIN, Over::Municipality)
        .apart(SUPPORT_SESSION_END, &["account_id"])
}

fn active(row: &Cells<'_>, request: &Request) -> Result<Value> {
    let ended: Option<DateTime<Utc>> = row.get("ended_at")?;
    let expires: DateTime<Utc> = row.get("expires_at")?;
    Ok((ended.is_none() && request.now < expires).into())
}
