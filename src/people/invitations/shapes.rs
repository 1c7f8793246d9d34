//! What can be read of invitations, by those who may invite.

use chrono::{DateTime, Utc};

use crate::kernel::policy::Over;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::{Key, Ty};
use crate::people::entity::{InvitationId, invitation};
use crate::people::invitations::commands::{INVITATION_CREATE, INVITATION_REVOKE};
use crate::people::invitations::rules;
use crate::people::shapes::{Account, scope_id};
use crate::shape;

const ADMIN: &[Role] = &[Role::Admin];
const OFFICER: &[Role] = &[Role::OrgOfficer];
const OWN: Over = Over::Scope(ScopeKind::Organization, "scope_id");

shape! {
    Invitation("Invitation", "招待。メールで届くリンクを一度だけ使い、役割のあるアカウントになる。", "invitations") { id: InvitationId, row: invitation::Entity, may: rules::invitation }
    |shape| shape
        .revision()
        .column::<String>("email", "招待したメールアドレス。")
        .column::<Role>("role", "与える役割。")
        .column::<ScopeKind>("scope", "役割の対象の種類。")
        .computed::<Option<async_graphql::ID>>("scopeId", "役割の対象の ID。自治体全体なら null。", &["scope", "scope_id"], scope_id)
        .one::<Account>("invitedBy", "invited_by", "招待した人。最初の管理者の招待では null。")
        .column::<DateTime<Utc>>("createdAt", "招待した日時。")
        .column::<DateTime<Utc>>("expiresAt", "期限。")
        .column::<Option<DateTime<Utc>>>("acceptedAt", "受けられた日時。")
        .column::<Option<DateTime<Utc>>>("revokedAt", "取り消された日時。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(ADMIN, Over::Municipality)
        .readable(OFFICER, OWN)
        .ruled_by("情報セキュリティ対策基準")
        .create(INVITATION_CREATE, "", ADMIN, Over::Municipality)
        .create(INVITATION_CREATE, "", OFFICER, OWN)
        .step_up(INVITATION_CREATE)
        .act(INVITATION_REVOKE, "", ADMIN, Over::Municipality)
        .act(INVITATION_REVOKE, "", OFFICER, OWN)
}
