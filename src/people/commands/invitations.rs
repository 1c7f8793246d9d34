//! Invitations.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, EntityTrait, QuerySelect, Set, sea_query::LockType};

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::sha256;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{AppointmentId, InvitationId, account, appointment, invitation};
use crate::people::rules::INVITATION_LIFE;
use crate::people::{session, token};

/// Invites the first administrator of a municipality. Returns the secret, which is shown once.
pub async fn invite_first_admin(tx: &Tx, email: &str) -> Result<String> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    let mut checks = Checks::new();
    let email = checks.email("email", email);
    checks.done()?;
    let id = InvitationId::new();
    let secret = token::bearer(INVITATION, &session::code(tx).await?, id.0)?;
    invitation::ActiveModel {
        id: Set(id),
        email: Set(email),
        role: Set(Role::Admin),
        scope: Set(ScopeKind::Municipality),
        token_hash: Set(sha256(secret.as_bytes())),
        expires_at: Set(tx.now + INVITATION_LIFE),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    Ok(secret)
}

/// The kind of bearer secret an invitation is.
pub const INVITATION: &str = "inv";

/// 招待の受諾。
#[derive(InputObject)]
pub struct InvitationAcceptInput {
    /// 招待の文字列。
    pub token: String,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// パスワード(12文字以上)。
    pub password: String,
}

/// Accepts an invitation: the account and its appointment are made, once. `hash` is the password's.
pub async fn accept_invitation(tx: &Tx, input: InvitationAcceptInput, hash: String) -> Result<AccountId> {
    let InvitationAcceptInput { token, name, name_kana, password: _ } = input;
    let bearer = token::read_bearer(INVITATION, &token)?;
    session::same_town(tx, &bearer).await?;
    let found = invitation::Entity::find_by_id(InvitationId(bearer.id)).lock(LockType::NoKeyUpdate).one(tx).await?;
    let open = |i: &invitation::Model| i.accepted_at.is_none() && i.expires_at > tx.now;
    let invited = found.filter(open).ok_or(Error::Unauthenticated)?;
    if !crate::kernel::keys::same_hash(&invited.token_hash, &sha256(token.as_bytes())) {
        return Err(Error::Unauthenticated);
    }
    let mut checks = Checks::new();
    let account = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(invited.email.clone()),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        password_hash: Set(Some(hash)),
        ..Default::default()
    };
    checks.done()?;
    let account = account.insert(tx).await?.id;
    let appointment = appointment::ActiveModel {
        id: Set(AppointmentId::new()),
        account_id: Set(account),
        role: Set(invited.role),
        scope: Set(invited.scope),
        scope_id: Set(invited.scope_id),
        starts_on: Set(Date(tx.today())),
        ..Default::default()
    };
    appointment.insert(tx).await?;
    let mut invited: invitation::ActiveModel = invited.into();
    invited.accepted_at = Set(Some(tx.now));
    invited.update(tx).await?;
    Ok(account)
}
