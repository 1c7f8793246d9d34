//! Signing in, staying signed in, signing out.

use async_graphql::SimpleObject;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::audit;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::keys::sha256;
use crate::kernel::principal::{AccountId, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::normal_email;
use crate::kernel::tx::Tx;
use crate::kernel::work::Turn;
use crate::people::entity::{RefreshTokenId, account, municipality, refresh_token, session};
use crate::people::password::Passwords;
use crate::people::rules::{ACCESS_TOKEN_LIFE, SESSION_LIFE};
use crate::people::throttle::{Subject, Throttle, forgive};
use crate::people::{device, token};

/// The kind of bearer secret a refresh token is.
pub const REFRESH: &str = "ert";

/// サインインの結果。トークンは安全な場所に保管する。
#[derive(SimpleObject)]
pub struct SessionTokens {
    /// アクセストークン。`Authorization: Bearer` に付ける。5分間有効。
    pub access_token: String,
    /// アクセストークンの期限。
    pub access_token_expires_at: DateTime<Utc>,
    /// 更新トークン。一度だけ使え、使うたびに新しいものに替わる。
    pub refresh_token: String,
    /// サインインの期限。
    pub session_expires_at: DateTime<Utc>,
    /// この端末の証。次に `sessionSignIn` に添えると、他人の失敗のために待たされない。サインインしたときだけ得られる。
    pub device_token: Option<String>,
}

/// An account as sign-in sees it.
pub struct Known {
    /// The account.
    pub id: AccountId,
    /// Its password's hash.
    pub hash: Option<String>,
}

/// The account with this address, if it may sign in.
pub async fn find(tx: &Tx, email: &str) -> Result<Option<Known>> {
    tx.municipality()?;
    let found = account::Entity::find()
        .filter(account::Column::Email.eq(normal_email(email)))
        .filter(account::Column::SuspendedAt.is_null())
        .one(tx)
        .await?;
    Ok(found.map(|a| Known { id: a.id, hash: a.password_hash }))
}

/// Is the password that was verified still the account's? Hashing takes time, in which it may have been
/// changed or the account suspended; from here on both wait for this transaction.
pub async fn confirm(tx: &Tx, known: &Known) -> Result<bool> {
    let mut sql = Sql::new("SELECT FROM accounts WHERE id = ");
    sql.fill("? AND password_hash = ?", [Param::Uuid(Some(known.id.0)), Param::Text(known.hash.clone())]);
    sql.push(" AND suspended_at IS NULL FOR SHARE");
    Ok(!tx.rows(sql).await?.is_empty())
}

/// What somebody signs in with.
pub struct Credentials<'c> {
    /// The address.
    pub email: &'c str,
    /// The password.
    pub password: &'c str,
    /// Proofs of sign-ins before ([`device`]), the newest first.
    pub devices: &'c [&'c str],
}

/// The account with this address and password. No connection is held while the password is hashed; an
/// unknown address takes as long as a wrong password.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike, RATE_LIMITED after too many of them.
pub async fn prove(
    turn: &mut Turn<'_>,
    (passwords, throttle): (&Passwords, &Throttle),
    given: &Credentials<'_>,
) -> Result<AccountId> {
    let tx = turn.tx();
    let known = find(tx, given.email).await?;
    let fits = |k: &Known| given.devices.iter().find_map(|proof| device::known(&tx.keys, k.id, proof, tx.now));
    let subject = known.as_ref().and_then(fits).map_or(Subject::Email(given.email), Subject::Device);
    let counted = throttle.count(tx, subject).await?;
    turn.release().await?;
    let stored = known.as_ref().and_then(|k| k.hash.as_deref());
    let verified = passwords.verify(given.password, stored).await;
    let tx = turn.tx();
    let fits = verified.inspect_err(|_| counted.not_made(tx))?;
    match known {
        Some(known) if fits && confirm(tx, &known).await? => {
            counted.succeeded(tx).await?;
            forgive(tx, given.email).await?;
            Ok(known.id)
        }
        known => Err(failed(tx, known.map(|k| k.id))),
    }
}

/// Opens a session for an account that has proved who it is.
pub async fn open(tx: &Tx, issuer: &str, account: AccountId, device: &str) -> Result<SessionTokens> {
    let row = begin(tx, account, device, SESSION_LIFE).await?;
    tokens(tx, issuer, &row).await
}

/// The row of a session that begins now.
pub async fn begin(tx: &Tx, account: AccountId, device: &str, life: Duration) -> Result<session::Model> {
    let row = session::ActiveModel {
        id: Set(SessionId::new()),
        account_id: Set(account),
        device: Set(device.chars().take(100).collect()),
        expires_at: Set(tx.now + life),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// Remembers a failed sign-in, whatever becomes of the request.
pub fn failed(tx: &Tx, account: Option<AccountId>) -> Error {
    let object = account.map(|a| a.0).unwrap_or_default();
    tx.afterwards(Box::new(move |tx| Box::pin(audit::note_one(tx, "SIGN_IN_FAILED", "accounts", object))));
    Error::Unauthenticated
}

/// Exchanges a refresh token for new tokens. Each is good once; a second use ends the session, because
/// one of the two users is not the owner (RFC 9700, 4.14.2).
pub async fn refresh(tx: &Tx, issuer: &str, text: &str) -> Result<SessionTokens> {
    let bearer = token::read_bearer(REFRESH, text)?;
    same_town(tx, &bearer).await?;
    let session_id = SessionId(bearer.id);
    let row = lock(tx, session_id).await?.ok_or(Error::Unauthenticated)?;
    let used = refresh_token::Entity::find()
        .filter(refresh_token::Column::SessionId.eq(session_id))
        .filter(refresh_token::Column::Hash.eq(sha256(text.as_bytes())))
        .one(tx)
        .await?
        .ok_or(Error::Unauthenticated)?;
    if row.ended_at.is_some() || row.expires_at <= tx.now {
        return Err(Error::Unauthenticated);
    }
    if used.consumed_at.is_some() {
        tx.afterwards(Box::new(move |tx| {
            Box::pin(async move {
                audit::note_one(tx, "REFRESH_REUSED", "sessions", session_id.0).await?;
                end(tx, session_id, "REFRESH_REUSED").await
            })
        }));
        return Err(Error::Unauthenticated);
    }
    let mut consumed: refresh_token::ActiveModel = used.into();
    consumed.consumed_at = Set(Some(tx.now));
    consumed.update(tx).await?;
    tokens(tx, issuer, &row).await
}

/// Ends a session.
pub async fn end(tx: &Tx, id: SessionId, reason: &str) -> Result<()> {
    end_where(tx, "id = ?", Param::Uuid(Some(id.0)), reason).await
}

/// Ends every session of an account but one.
pub async fn end_others(tx: &Tx, account: AccountId, but: Option<SessionId>, reason: &str) -> Result<()> {
    let mut sql = Sql::new("UPDATE sessions SET ended_at = ");
    sql.fill("?, end_reason = ?", [Param::Time(Some(tx.now)), Param::text(reason)]);
    sql.fill(" WHERE account_id = ? AND ended_at IS NULL", [Param::Uuid(Some(account.0))]);
    sql.fill(" AND id IS DISTINCT FROM ?", [Param::Uuid(but.map(|s| s.0))]);
    tx.run(sql).await?;
    Ok(())
}

async fn end_where(tx: &Tx, condition: &str, param: Param, reason: &str) -> Result<()> {
    let mut sql = Sql::new("UPDATE sessions SET ended_at = ");
    sql.fill("?, end_reason = ? WHERE ended_at IS NULL AND ", [Param::Time(Some(tx.now)), Param::text(reason)]);
    sql.fill(condition, [param]);
    tx.run(sql).await?;
    Ok(())
}

async fn lock(tx: &Tx, id: SessionId) -> Result<Option<session::Model>> {
    use sea_orm::QuerySelect;
    Ok(session::Entity::find_by_id(id).lock(sea_orm::sea_query::LockType::NoKeyUpdate).one(tx).await?)
}

/// A fresh pair of tokens for a session.
async fn tokens(tx: &Tx, issuer: &str, row: &session::Model) -> Result<SessionTokens> {
    let municipality = tx.municipality()?;
    let code = code(tx).await?;
    let refresh_token = token::bearer(REFRESH, &code, row.id.0)?;
    refresh_token::ActiveModel {
        id: Set(RefreshTokenId::new()),
        session_id: Set(row.id),
        hash: Set(sha256(refresh_token.as_bytes())),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    Ok(SessionTokens {
        access_token: token::sign(&tx.keys, issuer, (municipality, row.account_id, row.id), tx.now)?,
        access_token_expires_at: tx.now + ACCESS_TOKEN_LIFE,
        refresh_token,
        session_expires_at: row.expires_at,
        device_token: None,
    })
}

/// A bearer secret names its municipality; another one cannot know it.
///
/// # Errors
/// BAD_REQUEST/MUNICIPALITY_MISMATCH.
pub async fn same_town(tx: &Tx, bearer: &token::Bearer) -> Result<()> {
    if code(tx).await? == bearer.code {
        return Ok(());
    }
    Err(Error::BadRequest(Refusal::new(
        "MUNICIPALITY_MISMATCH",
        "別の自治体で発行されたものです。ヘッダー Entaku-Municipality を確認してください。",
        "This was issued by another municipality. Check the header Entaku-Municipality.",
    )))
}

/// The code of the transaction's municipality.
pub async fn code(tx: &Tx) -> Result<LocalGovernmentCode> {
    let found = municipality::Entity::find_by_id(tx.municipality()?).one(tx).await?;
    Ok(found.ok_or(Error::NotFound)?.code)
}
