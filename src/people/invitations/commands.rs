//! Inviting, accepting, claiming, revoking.

use async_graphql::{ID, InputObject};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::{same_hash, sha256};
use crate::kernel::outbox::Link;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::seating;
use crate::people::entity::{AppointmentId, InvitationId, Language, account, appointment, invitation};
use crate::people::invitations::rules::{self, INVITATION_LIFE};
use crate::people::invitations::shapes::Invitation;
use crate::people::mails::{self, Addressee, MailKind};
use crate::people::posts::personnel;
use crate::people::shapes::Appointment;
use crate::people::sso::mandatory::{self, SSO_REQUIRED};
use crate::people::{authenticate, scope as scopes, session, token};

/// 招待する。
pub const INVITATION_CREATE: Action = Action("invitationCreate");
/// 招待を取り消す。
pub const INVITATION_REVOKE: Action = Action("invitationRevoke");
/// 招待を自分のアカウントで受ける。
pub const INVITATION_CLAIM: Action = Action("invitationClaim");

/// The kind of bearer secret an invitation is.
pub const INVITATION: &str = "inv";

/// 招待の内容。
#[derive(InputObject)]
pub struct InvitationCreateInput {
    /// 招待する人のメールアドレス。招待はこのアドレスの人だけが受けられる。
    pub email: String,
    /// 与える役割。自分が与えられない役割は指定できない。
    pub role: Role,
    /// 役割の対象(部署・地区・団体・公募・提案)の ID。自治体全体なら指定しない。
    pub scope_id: Option<ID>,
    /// メールの言語。指定しなければ日本語。
    pub language: Option<Language>,
}

/// Invites somebody by mail. An earlier invitation of the same address to the same role ends.
pub async fn invite(tx: &Tx, input: InvitationCreateInput) -> Result<InvitationId> {
    let InvitationCreateInput { email, role, scope_id, language } = input;
    let named = scope_id.as_ref().map(|id| id.as_str());
    let (scope, scope_id) = scopes::read(named)?;
    let organization = scope_id.filter(|_| scope == ScopeKind::Organization);
    tx.may_create::<Invitation>(INVITATION_CREATE, organization.map(|id| ("scope_id", id)).as_slice())?;
    if !rules::may_give(&tx.principal, role, scope, scope_id) {
        return Err(Error::Forbidden("ROLE_ABOVE"));
    }
    scopes::find(tx, scope, named).await?;
    let mut checks = Checks::new();
    let email = checks.email("input.email", &email);
    checks.done()?;
    let open = invitation::Entity::find()
        .filter(invitation::Column::Email.eq(&email))
        .filter(invitation::Column::Role.eq(role))
        .filter(invitation::Column::AcceptedAt.is_null())
        .filter(invitation::Column::RevokedAt.is_null());
    for earlier in open.all(tx).await?.into_iter().filter(|row| row.scope == scope && row.scope_id == scope_id) {
        end(tx, earlier).await?;
    }
    let (id, public, _) = record(tx, &email, role, (scope, scope_id)).await?;
    let to = Addressee { email: &email, language: language.unwrap_or(Language::Ja) };
    mails::write(tx, MailKind::Invitation, to, &[], Some(Link::Secret(public)), tx.now + INVITATION_LIFE).await?;
    Ok(id)
}

/// Invites the first administrator of a municipality. Returns the secret, which is shown once.
pub async fn invite_first_admin(tx: &Tx, email: &str) -> Result<String> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    let mut checks = Checks::new();
    let email = checks.email("email", email);
    checks.done()?;
    Ok(record(tx, &email, Role::Admin, (ScopeKind::Municipality, None)).await?.2)
}

/// Writes an invitation; tells its id, the public part of its secret, and the secret.
async fn record(
    tx: &Tx,
    email: &str,
    role: Role,
    over: (ScopeKind, Option<Uuid>),
) -> Result<(InvitationId, String, String)> {
    let id = InvitationId::new();
    let public = token::public_part(INVITATION, &session::code(tx).await?, id.0);
    let secret = token::mailed(&tx.keys, &public);
    invitation::ActiveModel {
        id: Set(id),
        email: Set(email.to_owned()),
        role: Set(role),
        scope: Set(over.0),
        scope_id: Set(over.1),
        token_hash: Set(sha256(secret.as_bytes())),
        expires_at: Set(tx.now + INVITATION_LIFE),
        invited_by: Set(tx.principal.account),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    Ok((id, public, secret))
}

/// Takes an invitation back.
pub async fn revoke(tx: &Tx, id: InvitationId) -> Result<InvitationId> {
    let row = tx.load::<Invitation>(id, INVITATION_REVOKE).await?;
    rules::invitation(&row, INVITATION_REVOKE, tx.now)?;
    end(tx, row).await?;
    Ok(id)
}

async fn end(tx: &Tx, row: invitation::Model) -> Result<()> {
    let mut row: invitation::ActiveModel = row.into();
    row.revoked_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(())
}

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

/// The invitation that a secret is of, locked, while it is open and who invited may still give its role.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike.
pub async fn find(tx: &Tx, secret: &str) -> Result<invitation::Model> {
    let bearer = token::read_bearer(INVITATION, secret)?;
    session::same_town(tx, &bearer).await?;
    let found = invitation::Entity::find_by_id(InvitationId(bearer.id)).lock(LockType::NoKeyUpdate).one(tx).await?;
    open(tx, found.filter(|row| same_hash(&row.token_hash, &sha256(secret.as_bytes())))).await
}

/// An invitation while it is open and who invited may still give its role.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike.
pub(crate) async fn open(tx: &Tx, found: Option<invitation::Model>) -> Result<invitation::Model> {
    let row = found.filter(|row| rules::is_open(row, tx.now)).ok_or(Error::Unauthenticated)?;
    if still_given(tx, &row).await? { Ok(row) } else { Err(Error::Unauthenticated) }
}

/// May who invited still give the role?
async fn still_given(tx: &Tx, row: &invitation::Model) -> Result<bool> {
    let Some(inviter) = row.invited_by else { return Ok(true) };
    let inviter = authenticate::appointed(tx, inviter).await?;
    Ok(inviter.is_some_and(|inviter| rules::may_give(&inviter, row.role, row.scope, row.scope_id)))
}

/// Accepts an invitation: the account and its appointment are made, once. `hash` is the password's.
///
/// # Errors
/// CONFLICT/DUPLICATE where the address has an account already: it claims the invitation instead.
/// FORBIDDEN/SSO_REQUIRED where the role is only for those who sign in with the town hall's sign-in.
pub async fn accept(tx: &Tx, input: InvitationAcceptInput, hash: String) -> Result<AccountId> {
    let InvitationAcceptInput { token, name, name_kana, password: _ } = input;
    let row = find(tx, &token).await?;
    if row.role.acts_for_the_town() && mandatory::in_force(tx).await?.is_some() {
        return Err(Error::Forbidden(SSO_REQUIRED));
    }
    join(tx, row, Person { name: &name, name_kana: &name_kana, hash: Some(hash) }).await
}

/// Who accepts an invitation.
pub(crate) struct Person<'p> {
    /// 氏名.
    pub(crate) name: &'p str,
    /// 氏名のふりがな.
    pub(crate) name_kana: &'p str,
    /// The hash of a password, where they have one.
    pub(crate) hash: Option<String>,
}

/// Makes the account and the appointment of who was invited.
pub(crate) async fn join(tx: &Tx, row: invitation::Model, person: Person<'_>) -> Result<AccountId> {
    let mut checks = Checks::new();
    let account = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(row.email.clone()),
        name: Set(checks.text("input.name", person.name, 100)),
        name_kana: Set(checks.text("input.nameKana", person.name_kana, 100)),
        password_hash: Set(person.hash),
        ..Default::default()
    };
    checks.done()?;
    let account = account.insert(tx).await?.id;
    appoint(tx, row, account).await?;
    Ok(account)
}

/// Accepts an invitation with the account one is signed in with, which has the address it was sent to.
///
/// # Errors
/// FORBIDDEN/INVITATION_ADDRESS where it was sent to another one.
pub async fn claim(tx: &Tx, secret: &str) -> Result<AppointmentId> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    tx.may_create::<Appointment>(INVITATION_CLAIM, &[])?;
    let row = find(tx, secret).await?;
    let own = account::Entity::find_by_id(account).one(tx).await?.ok_or(Error::Unauthenticated)?;
    if own.email != row.email {
        return Err(Error::Forbidden("INVITATION_ADDRESS"));
    }
    if row.invited_by == Some(account) {
        return Err(Error::Forbidden("SELF_APPOINTMENT"));
    }
    mandatory::comes_in(tx, account, row.role).await?;
    appoint(tx, row, account).await
}

async fn appoint(tx: &Tx, row: invitation::Model, account: AccountId) -> Result<AppointmentId> {
    let id = AppointmentId::new();
    let appointment = appointment::ActiveModel {
        id: Set(id),
        account_id: Set(account),
        role: Set(row.role),
        scope: Set(row.scope),
        scope_id: Set(row.scope_id),
        starts_on: Set(Date(tx.today())),
        appointed_by: Set(row.invited_by),
        ..Default::default()
    };
    appointment.insert(tx).await?;
    personnel::keeps_apart(tx, account).await?;
    seating::seat_anew(tx).await?;
    let mut row: invitation::ActiveModel = row.into();
    row.accepted_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(id)
}
