//! `Idempotency-Key`: the same request twice is one act (draft-ietf-httpapi-idempotency-key-header).
//! What is kept are the ids of what changed; a repeat reads them again with today's rights.

use uuid::Uuid;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// A key, and what was asked under it.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whose key it is: another account's equal key is another key.
    pub account: AccountId,
    /// The client's word, 1 to 255 visible ASCII characters.
    pub word: String,
    /// SHA-256 over operation and canonical variables.
    pub hash: String,
}

/// Whether a word may be a key.
pub fn well_formed(word: &str) -> bool {
    (1..=255).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic())
}

/// Claims the key for this transaction. A twin that runs at the same time waits here for the first to
/// end (CONFLICT/IN_PROGRESS after the lock timeout).
///
/// # Returns
/// Nothing when the key is new; the changed ids when the same request was done before.
///
/// # Errors
/// CONFLICT/IDEMPOTENCY when the key was used for another request.
pub async fn claim(tx: &Tx, key: &Key) -> Result<Option<Vec<Uuid>>> {
    let mut sql = Sql::new("INSERT INTO idempotency_keys (account_id, key, request_hash) VALUES (");
    sql.fill("?, ?, ?", parts(key));
    sql.push(") ON CONFLICT DO NOTHING");
    if tx.run(sql).await? == 1 {
        return Ok(None);
    }
    let mut sql = Sql::new("SELECT request_hash, changed FROM idempotency_keys WHERE ");
    sql.fill("account_id = ? AND key = ?", parts(key).into_iter().take(2));
    let row = tx.rows(sql).await?.pop().ok_or(Error::Unavailable)?;
    if row.try_get::<_, String>("request_hash")? != key.hash {
        return Err(Error::Conflict(Refusal::new(
            "IDEMPOTENCY",
            "この Idempotency-Key は別の内容で使われています。",
            "This Idempotency-Key was used for another request.",
        )));
    }
    Ok(Some(row.try_get("changed")?))
}

/// Keeps the ids of what was changed under the key, with what is sent next.
pub fn keep(tx: &Tx, key: &Key, changed: &[Uuid]) -> Result<()> {
    let mut sql = Sql::new("UPDATE idempotency_keys SET changed = ");
    sql.param(Param::Uuids(changed.to_vec()));
    sql.push(" WHERE account_id = ");
    sql.param(Param::Uuid(Some(key.account.0)));
    sql.push(" AND key = ");
    sql.param(Param::text(&key.word));
    tx.run_later(sql)
}

fn parts(key: &Key) -> Vec<Param> {
    vec![Param::Uuid(Some(key.account.0)), Param::text(&key.word), Param::text(&key.hash)]
}
