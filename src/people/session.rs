//! Signing in, being seen, signing out.

use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::audit;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::principal::{AccountId, SEEN, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::text::normal_email;
use crate::kernel::tx::{Database, Mode, Tx};
use crate::kernel::work::Turn;
use crate::people::commands;
use crate::people::entity::{account, municipality, session};
use crate::people::factor::check as factor;
use crate::people::password::Passwords;
use crate::people::rules::Limits;
use crate::people::sso::mandatory;
use crate::people::throttle::{Subject, Throttle, forgive};
use crate::people::{authenticate, device, refresh, token};

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

/// What somebody proves who they are with.
#[derive(Clone, Copy)]
pub struct Proof<'p> {
    /// The password.
    pub password: &'p str,
    /// A code of the second factor, or a recovery code.
    pub code: Option<&'p str>,
}

/// What proofs are looked at with.
#[derive(Clone, Copy)]
pub struct Prover<'p> {
    /// Verifies passwords.
    pub passwords: &'p Passwords,
    /// Counts who fails.
    pub throttle: Throttle,
}

/// The account with this address, when the proof fits; `devices` are proofs of sign-ins before ([`device`]). No
/// connection is held while the password is hashed; an unknown address takes as long as a wrong password, and both are
/// one answer. Only after a right password is a code asked for: who sees that question knows the password already.
///
/// # Errors
/// UNAUTHENTICATED for every fault of address and password alike; UNAUTHENTICATED/SECOND_FACTOR_REQUIRED or
/// SECOND_FACTOR_WRONG for the code; RATE_LIMITED after too many failures or wrong codes.
pub async fn prove(
    turn: &mut Turn<'_>,
    prover: Prover<'_>,
    (email, devices): (&str, &[&str]),
    proof: Proof<'_>,
) -> Result<AccountId> {
    turn.release().await?;
    let _place = prover.passwords.place().await?;
    let tx = turn.tx();
    let known = find(tx, email).await?;
    let fits = |k: &Known| devices.iter().find_map(|shown| device::known(&tx.keys, k.id, shown, tx.now));
    let subject = known.as_ref().and_then(fits).map_or(Subject::Email(email), Subject::Device);
    let id = Box::pin(pass(turn, prover, (subject, known), proof)).await?;
    forgive(turn.tx(), email).await?;
    Ok(id)
}

/// Counts the try, looks at the proof, and gives back what was counted where it was no failure.
async fn pass(
    turn: &mut Turn<'_>,
    Prover { passwords, throttle }: Prover<'_>,
    (subject, known): (Subject<'_>, Option<Known>),
    proof: Proof<'_>,
) -> Result<AccountId> {
    let counted = throttle.count(turn.tx(), subject).await?;
    turn.release().await?;
    match look(turn, passwords, known, proof).await {
        Ok(id) => {
            counted.succeeded(turn.tx()).await?;
            Ok(id)
        }
        Err(error) => {
            if !error.is_failed_proof() {
                counted.not_made(turn.tx());
            }
            Err(error)
        }
    }
}

async fn look(turn: &mut Turn<'_>, passwords: &Passwords, known: Option<Known>, proof: Proof<'_>) -> Result<AccountId> {
    let stored = known.as_ref().and_then(|k| k.hash.as_deref());
    let fits = passwords.verify(proof.password, stored).await?;
    let id = known.as_ref().map(|k| k.id);
    let renewed = match stored {
        Some(stored) if fits => passwords.renewed(proof.password, stored).await?,
        _ => None,
    };
    let Some(known) = known.filter(|_| fits) else { return Err(failed(turn.tx(), id)) };
    if !confirm(turn.tx(), &known).await? {
        return Err(failed(turn.tx(), id));
    }
    mandatory::takes_password(turn.tx(), known.id).await?;
    if factor::is_on(turn.tx(), known.id).await? {
        factor::demand(turn, known.id, proof.code).await?;
        // Spending the try has ended the transaction in which the password was confirmed.
        if !confirm(turn.tx(), &known).await? {
            return Err(failed(turn.tx(), id));
        }
    }
    let id = known.id;
    rehash(turn.tx(), known, renewed);
    Ok(id)
}

/// Keeps a new hash of the same password, unless the password was changed meanwhile. Afterwards, because two devices
/// that sign in at once must not wait for each other.
fn rehash(tx: &Tx, known: Known, renewed: Option<String>) {
    let (Some(old), Some(new)) = (known.hash, renewed) else { return };
    tx.afterwards(Box::new(move |tx| {
        Box::pin(async move {
            let mut sql = Sql::new("UPDATE accounts SET password_hash = ");
            sql.fill(
                "? WHERE id = ? AND password_hash = ?",
                [Param::text(new), Param::Uuid(Some(known.id.0)), Param::text(old)],
            );
            tx.run(sql).await?;
            Ok(())
        })
    }));
}

/// Proves once more who uses the session (step-up), so that acts which need a fresh proof may be done.
///
/// # Errors
/// As [`prove`].
pub async fn elevate(turn: &mut Turn<'_>, prover: Prover<'_>, proof: Proof<'_>) -> Result<SessionId> {
    turn.release().await?;
    let _place = prover.passwords.place().await?;
    let session = turn.tx().principal.session.ok_or(Error::Unauthenticated)?;
    let own = commands::own_password(turn.tx()).await?;
    let own = Known { id: own.account, hash: Some(own.hash) };
    Box::pin(pass(turn, prover, (Subject::Session(session), Some(own)), proof)).await?;
    proved(turn.tx(), session).await?;
    Ok(session)
}

/// The password of who uses the session, when they know it: an act asks for it once more. The try is written and no
/// connection held while it is hashed.
///
/// # Errors
/// UNAUTHENTICATED for a wrong one; RATE_LIMITED after too many.
pub async fn reprove(turn: &mut Turn<'_>, prover: Prover<'_>, password: &str) -> Result<commands::OwnPassword> {
    let Prover { passwords, throttle } = prover;
    turn.release().await?;
    let _place = passwords.place().await?;
    let stored = commands::own_password(turn.tx()).await?;
    let session = turn.tx().principal.session.ok_or(Error::Unauthenticated)?;
    let counted = throttle.count(turn.tx(), Subject::Session(session)).await?;
    turn.release().await?;
    let verified = passwords.verify(password, Some(&stored.hash)).await;
    if !verified.inspect_err(|_| counted.not_made(turn.tx()))? {
        return Err(failed(turn.tx(), Some(stored.account)));
    }
    counted.succeeded(turn.tx()).await?;
    forgive(turn.tx(), &stored.email).await?;
    turn.release().await?;
    Ok(stored)
}

/// The session has just been given a proof.
pub async fn proved(tx: &Tx, id: SessionId) -> Result<()> {
    let mut sql = Sql::new("UPDATE sessions SET authenticated_at = ");
    sql.fill("? WHERE id = ? AND ended_at IS NULL", [Param::Time(Some(tx.now)), Param::Uuid(Some(id.0))]);
    tx.run(sql).await?;
    Ok(())
}

/// Where somebody signs in.
#[derive(Clone, Copy)]
pub struct Device<'d> {
    /// What the list of sessions shows.
    pub name: &'d str,
    /// Has it been named by whoever signs in, as their own? Others may stand at it otherwise.
    pub own: bool,
}

/// By what somebody has proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// By what is kept here: a password, and a code where there is a second factor; an invitation.
    Here,
    /// By the town hall's sign-in.
    ByProvider {
        /// Has it asked for a second factor, which is enough here?
        second_factor: bool,
    },
}

/// Opens a session for an account that has proved who it is; a device with a name is one's own.
pub async fn open(tx: &Tx, issuer: &str, account: AccountId, device: &str) -> Result<SessionTokens> {
    let row = begin(tx, account, Device { name: device, own: true }, Proved::Here).await?;
    refresh::tokens(tx, issuer, &row, None).await
}

/// The row of a session that begins now.
pub async fn begin(tx: &Tx, account: AccountId, device: Device<'_>, proved: Proved) -> Result<session::Model> {
    let name: String = device.name.trim().chars().take(100).collect();
    let lasting = device.own && !name.is_empty();
    let limits = Limits::of(lasting, authenticate::acts_for_the_town(tx, account).await?);
    let row = session::ActiveModel {
        id: Set(SessionId::new()),
        account_id: Set(account),
        device: Set(name),
        lasting: Set(lasting),
        expires_at: Set(tx.now + limits.overall),
        authenticated_at: Set(tx.now),
        last_seen_at: Set(tx.now),
        single_sign_on: Set(proved != Proved::Here),
        provider_second_factor: Set(proved == Proved::ByProvider { second_factor: true }),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// Writes that a session is in use. That is no act: neither audit nor event, and nobody's rights change.
pub async fn seen(database: &Database, request: &Arc<Request>, id: SessionId) -> Result<()> {
    let tx = database.begin(request.clone(), Mode::Write);
    see(&tx, id).await?;
    tx.commit().await
}

/// As [`seen`], inside a transaction.
pub async fn see(tx: &Tx, id: SessionId) -> Result<()> {
    let mut sql = Sql::new(SEEN);
    let now = Param::Time(Some(tx.now));
    sql.fill("? WHERE id = ? AND last_seen_at < ?", [now.clone(), Param::Uuid(Some(id.0)), now]);
    tx.run(sql).await?;
    Ok(())
}

/// Remembers a failed sign-in, whatever becomes of the request.
pub fn failed(tx: &Tx, account: Option<AccountId>) -> Error {
    let object = account.map(|a| a.0).unwrap_or_default();
    tx.afterwards(Box::new(move |tx| Box::pin(audit::note_one(tx, "SIGN_IN_FAILED", "accounts", object))));
    Error::Unauthenticated
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
