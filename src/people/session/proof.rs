//! Proving who one is: at sign-in, and once more where an act asks for it.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, SessionId};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::normal_email;
use crate::kernel::tx::Tx;
use crate::kernel::work::Turn;
use crate::people::entity::account;
use crate::people::factor::check as factor;
use crate::people::password::Passwords;
use crate::people::session::failed;
use crate::people::sso::mandatory;
use crate::people::throttle::{Subject, Throttle, forgive};
use crate::people::{commands, device};

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
