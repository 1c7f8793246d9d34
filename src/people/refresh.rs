//! Refresh tokens: each is used once and gives the next pair. Who uses one twice is not the owner, or the owner's
//! phone has lost an answer on its way; the child that nobody has used yet tells them apart (RFC 9700, 4.14.2).

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::kernel::audit;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::sha256;
use crate::kernel::principal::SessionId;
use crate::kernel::tx::Tx;
use crate::people::entity::{RefreshTokenId, refresh_token, session};
use crate::people::notifications::entity::NotificationKind;
use crate::people::notifications::{Notice, notify};
use crate::people::rules::{ACCESS_TOKEN_LIFE, LOST_REPLY};
use crate::people::session::{SessionTokens, code, end, same_town, see};
use crate::people::{authenticate, token};

/// The kind of bearer secret a refresh token is.
pub const REFRESH: &str = "ert";

/// What a token that was shown is.
enum Shown {
    /// Nobody has used it.
    Unused,
    /// It was used a moment ago, and nobody has used what it gave: the answer was lost.
    LostReply(refresh_token::Model),
    /// Somebody else has it.
    Reused,
}

/// Exchanges a refresh token for new tokens. Where the answer was lost, the same token gives another pair within
/// [`LOST_REPLY`], and the pair that was lost is worth nothing. Any other second use ends the session.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike; BAD_REQUEST/MUNICIPALITY_MISMATCH.
pub async fn refresh(tx: &Tx, issuer: &str, text: &str) -> Result<SessionTokens> {
    let bearer = token::read_bearer(REFRESH, text)?;
    same_town(tx, &bearer).await?;
    let row = lock(tx, SessionId(bearer.id)).await?.ok_or(Error::Unauthenticated)?;
    let found = refresh_token::Entity::find()
        .filter(refresh_token::Column::SessionId.eq(row.id))
        .filter(refresh_token::Column::Hash.eq(sha256(text.as_bytes())))
        .one(tx)
        .await?
        .ok_or(Error::Unauthenticated)?;
    if row.ended_at.is_some() {
        return Err(Error::Unauthenticated);
    }
    let parent = found.id;
    match what(tx, &found).await? {
        Shown::Unused => {
            let mut used: refresh_token::ActiveModel = found.into();
            used.consumed_at = Set(Some(tx.now));
            used.update(tx).await?;
        }
        Shown::LostReply(child) => {
            let mut lost: refresh_token::ActiveModel = child.into();
            lost.revoked_at = Set(Some(tx.now));
            lost.update(tx).await?;
        }
        Shown::Reused => return Err(stolen(tx, row)),
    }
    authenticate::principal(tx, row.id, row.account_id).await?;
    see(tx, row.id).await?;
    tokens(tx, issuer, &row, Some(parent)).await
}

async fn what(tx: &Tx, found: &refresh_token::Model) -> Result<Shown> {
    let Some(consumed) = found.consumed_at else {
        return Ok(if found.revoked_at.is_none() { Shown::Unused } else { Shown::Reused });
    };
    let child = refresh_token::Entity::find()
        .filter(refresh_token::Column::SessionId.eq(found.session_id))
        .filter(refresh_token::Column::ParentId.eq(found.id))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .one(tx)
        .await?;
    let unused = child.filter(|c| c.consumed_at.is_none() && tx.now - consumed <= LOST_REPLY);
    Ok(unused.map_or(Shown::Reused, Shown::LostReply))
}

/// Ends the session with all its tokens, and tells its owner.
fn stolen(tx: &Tx, row: session::Model) -> Error {
    tx.afterwards(Box::new(move |tx| {
        Box::pin(async move {
            audit::note_one(tx, "REFRESH_REUSED", "sessions", row.id.0).await?;
            end(tx, row.id, "REFRESH_REUSED").await?;
            let device = if row.device.is_empty() { "—" } else { &row.device };
            notify(tx, Notice::of(NotificationKind::SessionEndedReused, row.id, device).to(Some(row.account_id))).await
        })
    }));
    Error::Unauthenticated
}

/// Parallel refreshes of one session take turns.
async fn lock(tx: &Tx, id: SessionId) -> Result<Option<session::Model>> {
    Ok(session::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// A fresh pair of tokens for a session; `parent` is the refresh token it was given for.
pub(in crate::people) async fn tokens(
    tx: &Tx,
    issuer: &str,
    row: &session::Model,
    parent: Option<RefreshTokenId>,
) -> Result<SessionTokens> {
    let municipality = tx.municipality()?;
    let refresh_token = token::bearer(REFRESH, &code(tx).await?, row.id.0)?;
    refresh_token::ActiveModel {
        id: Set(RefreshTokenId::new()),
        session_id: Set(row.id),
        hash: Set(sha256(refresh_token.as_bytes())),
        parent_id: Set(parent),
        ..Default::default()
    }
    .insert(tx)
    .await?;
    Ok(SessionTokens {
        access_token: token::sign(&tx.keys, issuer, (municipality, row.account_id, row.id), tx.now)?,
        access_token_expires_at: tx.now + ACCESS_TOKEN_LIFE,
        refresh_token,
        device_token: None,
        session_expires_at: row.expires_at,
    })
}
