//! Is it them? The code that somebody shows, taken once.

use chrono::Duration;

use crate::kernel::audit;
use crate::kernel::error::{Error, Result, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG};
use crate::kernel::keys::Sealed;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::kernel::work::Turn;
use crate::people::factor::{recovery, totp};

/// So many wrong codes in a row are looked at without a pause.
const TRIES: i64 = 10;
/// The pause before each further one.
const PAUSE: Duration = Duration::minutes(15);

/// Has the account a second factor?
pub async fn is_on(tx: &Tx, account: AccountId) -> Result<bool> {
    let mut sql = Sql::new("SELECT FROM accounts WHERE second_factor_at IS NOT NULL AND id = ");
    sql.param(Param::Uuid(Some(account.0)));
    Ok(!tx.rows(sql).await?.is_empty())
}

/// Takes a code of the account's second factor, or one of its recovery codes. It ends the transaction before: the try
/// is written whatever becomes of it.
///
/// # Errors
/// UNAUTHENTICATED/SECOND_FACTOR_REQUIRED without a code, UNAUTHENTICATED/SECOND_FACTOR_WRONG for one that is wrong or
/// was used, RATE_LIMITED after too many wrong ones.
pub async fn demand(turn: &mut Turn<'_>, account: AccountId, code: Option<&str>) -> Result<()> {
    let code = code.filter(|code| !code.trim().is_empty()).ok_or(Error::SecondFactor(SECOND_FACTOR_REQUIRED))?;
    let sealed = count_try(turn, account).await?;
    let tx = turn.tx();
    let fits = accept(tx, account, &sealed, code).await? || recovery::spend(tx, account, code).await?;
    if fits {
        return forget_tries(tx, account).await;
    }
    Err(wrong(tx, account))
}

/// A wrong code, which is remembered whatever becomes of the request.
pub fn wrong(tx: &Tx, account: AccountId) -> Error {
    tx.afterwards(Box::new(move |tx| Box::pin(audit::note_one(tx, "SECOND_FACTOR_FAILED", "accounts", account.0))));
    Error::SecondFactor(SECOND_FACTOR_WRONG)
}

/// Writes that a code is tried, in a transaction of its own, and gives the sealed secret.
///
/// # Errors
/// RATE_LIMITED after too many wrong ones; UNAUTHENTICATED without a second factor.
pub async fn count_try(turn: &mut Turn<'_>, account: AccountId) -> Result<Sealed> {
    let tx = turn.tx();
    let mut sql = Sql::new("UPDATE second_factors SET tries = tries + 1, tried_at = ");
    let now = tx.now;
    sql.fill(
        "? WHERE account_id = ? AND (tries < ? OR tried_at <= ?) RETURNING key_id, secret",
        [Param::Time(Some(now)), Param::Uuid(Some(account.0)), Param::Int(Some(TRIES)), Param::Time(Some(now - PAUSE))],
    );
    let row = tx.rows(sql).await?.pop();
    let there = row.is_some() || has_secret(tx, account).await?;
    turn.release().await?;
    let row =
        row.ok_or(if there { Error::RateLimited(PAUSE.num_seconds().unsigned_abs()) } else { Error::Unauthenticated })?;
    Ok(Sealed { key: row.try_get("key_id")?, text: row.try_get("secret")? })
}

async fn has_secret(tx: &Tx, account: AccountId) -> Result<bool> {
    let mut sql = Sql::new("SELECT FROM second_factors WHERE account_id = ");
    sql.param(Param::Uuid(Some(account.0)));
    Ok(!tx.rows(sql).await?.is_empty())
}

/// Takes a one-time password whose step is later than every one that was taken before.
pub async fn accept(tx: &Tx, account: AccountId, sealed: &Sealed, code: &str) -> Result<bool> {
    let secret = tx.keys.open(&context(account), sealed).map_err(Error::internal)?;
    let totp = totp::of(secret, "entaku", "account")?;
    let Some(step) = totp::step(&totp, &recovery::normal(code), tx.now) else { return Ok(false) };
    let step = Param::Int(Some(step));
    let mut sql = Sql::new("UPDATE second_factors SET last_step = ");
    sql.fill(
        "? WHERE account_id = ? AND secret = ? AND (last_step IS NULL OR last_step < ?)",
        [step.clone(), Param::Uuid(Some(account.0)), Param::text(sealed.text.as_str()), step],
    );
    Ok(tx.run(sql).await? == 1)
}

/// After a right code wrong ones count anew.
pub async fn forget_tries(tx: &Tx, account: AccountId) -> Result<()> {
    let mut sql = Sql::new("UPDATE second_factors SET tries = 0 WHERE account_id = ");
    sql.param(Param::Uuid(Some(account.0)));
    tx.run(sql).await?;
    Ok(())
}

/// What a secret is sealed for: one account's and no other's.
pub(crate) fn context(account: AccountId) -> Vec<u8> {
    [b"totp ", account.0.as_bytes().as_slice()].concat()
}
