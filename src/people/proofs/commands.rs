//! Asking for a link, and using it.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::jobs;
use crate::kernel::keys::{same_hash, sha256};
use crate::kernel::outbox::Link;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role, ScopeKind};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{AppointmentId, Language, account, appointment, settings};
use crate::people::mails::{self, Addressee, MailKind};
use crate::people::proofs::entity::{AddressProofId, ProofPurpose, address_proof};
use crate::people::proofs::job::{NOTICE_LIFE, PROOF};
use crate::people::proofs::rules;
use crate::people::session::Known;
use crate::people::shapes::Account;
use crate::people::throttle::forgive;
use crate::people::{session, token};

/// メールアドレスの変更を申し出る。
pub const EMAIL_CHANGE_REQUEST: Action = Action("emailChangeRequest");

/// Takes down that somebody wants a link to an address; tells until when it will be good. What is known of the address
/// is looked at by the job alone.
async fn ask(tx: &Tx, purpose: ProofPurpose, email: &str, language: Language) -> Result<DateTime<Utc>> {
    let id = AddressProofId::new();
    let public = token::public_part(rules::kind(purpose), &session::code(tx).await?, id.0);
    let expires_at = tx.now + rules::life(purpose);
    let row = address_proof::ActiveModel {
        id: Set(id),
        purpose: Set(purpose),
        email: Set(email.to_owned()),
        language: Set(language),
        account_id: Set(tx.principal.account.filter(|_| purpose == ProofPurpose::EmailChange)),
        token_hash: Set(sha256(token::mailed(&tx.keys, &public).as_bytes())),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    row.insert(tx).await?;
    jobs::enqueue(tx, PROOF, Some(id.0), tx.now).await?;
    Ok(expires_at)
}

fn address(path: &'static str, email: &str) -> Result<String> {
    let mut checks = Checks::new();
    let email = checks.email(path, email);
    checks.done()?;
    Ok(email)
}

/// Asks for a link that resets the password of whoever has this address.
pub async fn request_reset(tx: &Tx, email: &str) -> Result<DateTime<Utc>> {
    tx.municipality()?;
    ask(tx, ProofPurpose::PasswordReset, &address("email", email)?, Language::Ja).await
}

/// Asks for a link that opens an account.
///
/// # Errors
/// FORBIDDEN/REGISTRATION_CLOSED where the municipality does not want that.
pub async fn register(tx: &Tx, email: &str, language: Language) -> Result<DateTime<Utc>> {
    tx.municipality()?;
    is_open(tx).await?;
    ask(tx, ProofPurpose::Registration, &address("email", email)?, language).await
}

async fn is_open(tx: &Tx) -> Result<()> {
    let open = settings::Entity::find().one(tx).await?.is_some_and(|settings| settings.self_registration);
    if open { Ok(()) } else { Err(Error::Forbidden("REGISTRATION_CLOSED")) }
}

/// Asks for a link that makes another address one's own. `known` is the password that was verified.
pub async fn request_email(tx: &Tx, known: &Known, email: &str) -> Result<DateTime<Utc>> {
    let row = tx.load::<Account>(known.id, EMAIL_CHANGE_REQUEST).await?;
    if !session::confirm(tx, known).await? {
        return Err(Error::Unauthenticated);
    }
    ask(tx, ProofPurpose::EmailChange, &address("email", email)?, row.language).await
}

/// The proof that a secret is of, locked, while it is open.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike.
pub async fn find(tx: &Tx, purpose: ProofPurpose, secret: &str) -> Result<address_proof::Model> {
    let bearer = token::read_bearer(rules::kind(purpose), secret)?;
    session::same_town(tx, &bearer).await?;
    let found =
        address_proof::Entity::find_by_id(AddressProofId(bearer.id)).lock(LockType::NoKeyUpdate).one(tx).await?;
    let row = found.filter(|row| rules::is_open(row, tx.now)).ok_or(Error::Unauthenticated)?;
    let theirs = same_hash(&row.token_hash, &sha256(secret.as_bytes())) && row.purpose == purpose;
    if theirs { Ok(row) } else { Err(Error::Unauthenticated) }
}

/// Ends every proof of the same purpose for the address, and all of the account, but one.
pub(super) async fn end_all(tx: &Tx, proof: &address_proof::Model, but: Option<AddressProofId>) -> Result<()> {
    let mut sql = Sql::new("UPDATE address_proofs SET ended_at = ");
    sql.fill("? WHERE ended_at IS NULL AND mailed_at IS NOT NULL", [Param::Time(Some(tx.now))]);
    sql.fill(" AND id IS DISTINCT FROM ?", [Param::Uuid(but.map(|id| id.0))]);
    sql.fill(" AND (email = ? AND purpose = ?", [Param::text(&proof.email), Param::text(proof.purpose.word())]);
    sql.fill(" OR account_id = ?)", [Param::Uuid(proof.account_id.map(|id| id.0))]);
    tx.run(sql).await?;
    Ok(())
}

/// Ends every proof of an account, because its password was changed.
pub(crate) async fn end_of(tx: &Tx, account: AccountId) -> Result<()> {
    let mut sql = Sql::new("UPDATE address_proofs SET ended_at = ");
    sql.fill("? WHERE ended_at IS NULL AND account_id = ?", [Param::Time(Some(tx.now)), Param::Uuid(Some(account.0))]);
    tx.run(sql).await?;
    Ok(())
}

/// The account of a proof, locked, unless it is suspended or has another address than when the link was sent.
async fn account_of(tx: &Tx, proof: &address_proof::Model) -> Result<account::Model> {
    let id = proof.account_id.ok_or(Error::Unauthenticated)?;
    let found = account::Entity::find_by_id(id).filter(account::Column::SuspendedAt.is_null());
    found.lock(LockType::NoKeyUpdate).one(tx).await?.ok_or(Error::Unauthenticated)
}

/// Sets a new password by a link. All sessions end; nobody is signed in, because a second factor may be asked for.
/// `hash` is the new password's.
pub async fn confirm_reset(tx: &Tx, secret: &str, hash: String) -> Result<DateTime<Utc>> {
    let proof = find(tx, ProofPurpose::PasswordReset, secret).await?;
    let row = account_of(tx, &proof).await?;
    if row.email != proof.email {
        return Err(Error::Unauthenticated);
    }
    end_all(tx, &proof, None).await?;
    forgive(tx, &proof.email).await?;
    let (id, language) = (row.id, row.language);
    let mut row: account::ActiveModel = row.into();
    row.password_hash = Set(Some(hash));
    row.update(tx).await?;
    session::end_others(tx, id, None, "PASSWORD_RESET").await?;
    let to = Addressee { email: &proof.email, language };
    mails::write(tx, MailKind::PasswordChanged, to, &[], Some(Link::Page("password-reset")), tx.now + NOTICE_LIFE)
        .await?;
    Ok(tx.now)
}

/// 登録の内容。
#[derive(InputObject)]
pub struct AccountRegistrationConfirmInput {
    /// メールで届いた文字列。
    pub token: String,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// パスワード(12文字以上)。
    pub password: String,
}

/// Opens the account of a resident by a link. `hash` is the password's.
pub async fn confirm_registration(tx: &Tx, input: AccountRegistrationConfirmInput, hash: String) -> Result<AccountId> {
    let AccountRegistrationConfirmInput { token, name, name_kana, password: _ } = input;
    let proof = find(tx, ProofPurpose::Registration, &token).await?;
    is_open(tx).await?;
    let mut checks = Checks::new();
    let row = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(proof.email.clone()),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        password_hash: Set(Some(hash)),
        language: Set(proof.language),
        ..Default::default()
    };
    checks.done()?;
    let id = row.insert(tx).await?.id;
    let resident = appointment::ActiveModel {
        id: Set(AppointmentId::new()),
        account_id: Set(id),
        role: Set(Role::Resident),
        scope: Set(ScopeKind::Municipality),
        starts_on: Set(Date(tx.today())),
        ..Default::default()
    };
    resident.insert(tx).await?;
    end_all(tx, &proof, None).await?;
    Ok(id)
}

/// Keeps an address that somebody had, so that what was sent there is found when they are forgotten.
async fn remember(tx: &Tx, account: AccountId, email: &str) -> Result<()> {
    let mut sql = Sql::new("INSERT INTO former_addresses (id, account_id, email) VALUES (");
    sql.fill("?, ?, ?)", [Param::Uuid(Some(Uuid::now_v7())), Param::Uuid(Some(account.0)), Param::text(email)]);
    tx.run(sql).await?;
    Ok(())
}

/// Makes another address the account's by a link, and tells the old one.
///
/// # Errors
/// CONFLICT/DUPLICATE where somebody has taken the address meanwhile.
pub async fn confirm_email(tx: &Tx, secret: &str) -> Result<DateTime<Utc>> {
    let proof = find(tx, ProofPurpose::EmailChange, secret).await?;
    let row = account_of(tx, &proof).await?;
    end_all(tx, &proof, None).await?;
    let (old, language) = (row.email.clone(), row.language);
    let mut row: account::ActiveModel = row.into();
    let account = row.id.clone().unwrap();
    row.email = Set(proof.email.clone());
    row.update(tx).await?;
    remember(tx, account, &old).await?;
    let to = Addressee { email: &old, language };
    mails::write(tx, MailKind::EmailChanged, to, &[], None, tx.now + NOTICE_LIFE).await?;
    Ok(tx.now)
}
