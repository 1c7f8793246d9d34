//! What is done with the second factor.

use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::keys::random;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::kernel::work::Turn;
use crate::people::entity::{SecondFactorId, account};
use crate::people::factor::{check, recovery, totp};
use crate::people::posts::personnel;
use crate::people::session;
use crate::people::shapes::Account;
use crate::people::sso::mandatory;

/// 確認コードの登録を始める。
pub const SECOND_FACTOR_ENROL: Action = Action("secondFactorEnrol");
/// 確認コードの登録を終える。
pub const SECOND_FACTOR_CONFIRM: Action = Action("secondFactorConfirm");
/// 二要素認証をやめる。
pub const SECOND_FACTOR_DISABLE: Action = Action("secondFactorDisable");
/// 他の人の二要素認証を解く。
pub const SECOND_FACTOR_RESET: Action = Action("secondFactorReset");
/// 回復コードを作り直す。
pub const RECOVERY_CODES_RENEW: Action = Action("recoveryCodesRenew");

/// A secret that an authenticator is given.
pub struct Enrolment {
    /// In base 32 (RFC 4648), to be typed.
    pub secret: String,
    /// `otpauth://totp/…`, to be opened or shown as a QR code.
    pub uri: String,
}

/// Draws a secret for the account. It counts for nothing until a code of it was shown ([`confirm`]); whoever begins
/// anew gets another one.
pub async fn enrol(tx: &Tx) -> Result<Enrolment> {
    let row = own(tx, SECOND_FACTOR_ENROL).await?;
    let secret = random(totp::SECRET_BYTES).map_err(Error::internal)?;
    let sealed = tx.keys.seal(&check::context(row.id), &secret).map_err(Error::internal)?;
    let mut sql = Sql::new("INSERT INTO second_factors (id, account_id, key_id, secret) VALUES (");
    sql.fill(
        "?, ?, ?, ?) ON CONFLICT (municipality_id, account_id) \
         DO UPDATE SET key_id = excluded.key_id, secret = excluded.secret, last_step = NULL",
        [
            Param::Uuid(Some(SecondFactorId::new().0)),
            Param::Uuid(Some(row.id.0)),
            Param::text(sealed.key),
            Param::text(sealed.text),
        ],
    );
    tx.run(sql).await?;
    let totp = totp::of(secret, &issuer(tx).await?, &row.email)?;
    let uri = totp.to_url().map_err(Error::internal)?;
    Ok(Enrolment { secret: totp.secret().to_base32(), uri })
}

/// Turns the second factor on, once a code shows that the authenticator has the secret. The sessions that never gave
/// a code end. Gives the recovery codes.
pub async fn confirm(turn: &mut Turn<'_>, code: &str) -> Result<Vec<String>> {
    let id = own(turn.tx(), SECOND_FACTOR_CONFIRM).await?.id;
    let sealed = check::count_try(turn, id).await.map_err(not_begun)?;
    let tx = turn.tx();
    // Again, because counting the try has ended the transaction that asked first.
    let row = own(tx, SECOND_FACTOR_CONFIRM).await?;
    if !check::accept(tx, id, &sealed, code).await? {
        return Err(check::wrong(tx, id));
    }
    check::forget_tries(tx, id).await?;
    set(tx, row, Some(tx.now)).await?;
    session::end_others(tx, id, tx.principal.session, "SECOND_FACTOR_CHANGED").await?;
    if let Some(session) = tx.principal.session {
        session::proved(tx, session).await?;
    }
    recovery::renew(tx, id).await
}

fn not_begun(error: Error) -> Error {
    match error {
        Error::Unauthenticated => Error::Conflict(Refusal::new(
            "SECOND_FACTOR_NOT_BEGUN",
            "先に登録を始めてください(secondFactorEnrol)。",
            "Please begin the enrolment first (secondFactorEnrol).",
        )),
        other => other,
    }
}

/// Turns one's own second factor off.
pub async fn disable(tx: &Tx) -> Result<AccountId> {
    let row = own(tx, SECOND_FACTOR_DISABLE).await?;
    let id = row.id;
    turn_off(tx, row).await?;
    session::end_others(tx, id, tx.principal.session, "SECOND_FACTOR_CHANGED").await?;
    Ok(id)
}

/// Turns somebody else's second factor off, who has lost authenticator and recovery codes; their sessions end.
pub async fn reset(tx: &Tx, id: AccountId) -> Result<AccountId> {
    let row = tx.load::<Account>(id, SECOND_FACTOR_RESET).await?;
    crate::people::rules::account(&row, SECOND_FACTOR_RESET, tx.now)?;
    turn_off(tx, row).await?;
    session::end_others(tx, id, None, "SECOND_FACTOR_CHANGED").await?;
    Ok(id)
}

/// New recovery codes; those before are worth nothing.
pub async fn renew_codes(tx: &Tx) -> Result<Vec<String>> {
    let row = own(tx, RECOVERY_CODES_RENEW).await?;
    recovery::renew(tx, row.id).await
}

/// One's own account, locked, if the act is possible now.
async fn own(tx: &Tx, action: Action) -> Result<account::Model> {
    let id = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let row = tx.load::<Account>(id, action).await?;
    crate::people::rules::account(&row, action, tx.now)?;
    Ok(row)
}

async fn turn_off(tx: &Tx, row: account::Model) -> Result<()> {
    let id = row.id;
    // Nobody makes it the emergency administrator's meanwhile.
    personnel::turn(tx).await?;
    mandatory::keeps_emergency(tx, id).await?;
    let mut sql = Sql::new("DELETE FROM second_factors WHERE account_id = ");
    sql.param(Param::Uuid(Some(id.0)));
    tx.run(sql).await?;
    recovery::forget(tx, id).await?;
    set(tx, row, None).await
}

async fn set(tx: &Tx, row: account::Model, at: Option<chrono::DateTime<chrono::Utc>>) -> Result<()> {
    let mut row: account::ActiveModel = row.into();
    row.second_factor_at = Set(at);
    row.update(tx).await?;
    Ok(())
}

/// What an authenticator shows above the code.
async fn issuer(tx: &Tx) -> Result<String> {
    let code = session::code(tx).await?;
    Ok(format!("円卓 {}", code.as_str()))
}
