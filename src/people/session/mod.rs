//! Signing in, being seen, signing out.

mod proof;

use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use crate::kernel::audit;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::principal::{AccountId, SEEN, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::Request;
use crate::kernel::tx::{Database, Mode, Tx};
use crate::people::entity::{municipality, session};
use crate::people::rules::Limits;
use crate::people::{authenticate, refresh, token};

pub use proof::{Known, Proof, Prover, confirm, elevate, find, prove, proved, reprove};

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
