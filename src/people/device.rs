//! Devices from which somebody has signed in before: each keeps a proof of it. Who shows one is counted apart, so that
//! a stranger who keeps guessing at an account cannot keep its owner out (OWASP, "device cookies").
//!
//! A proof opens nothing. It is not stored: its tag binds it to the account and the day it was given.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::kernel::keys::{KeyRing, same_hash, secret_text};
use crate::kernel::principal::AccountId;
use crate::kernel::tx::Tx;

/// How long a device is known after its last sign-in: as long as browsers keep a cookie.
pub const KNOWN: Duration = Duration::days(400);
/// For how many accounts one device is known: terminals are shared.
pub const MOST: usize = 8;
/// The kind of proof it is.
const KIND: &str = "edv";

/// A proof that somebody has signed in to the account from this device. Nothing where the system has no randomness.
pub fn prove(keys: &KeyRing, account: AccountId, now: DateTime<Utc>) -> Option<String> {
    let (given, name) = (now.timestamp(), secret_text(12).ok()?);
    Some(format!("{KIND}.{given}.{name}.{}", tag(keys, account, &given.to_string(), &name)))
}

/// The device's own number, if this is a proof for the account that is still good.
pub fn known(keys: &KeyRing, account: AccountId, proof: &str, now: DateTime<Utc>) -> Option<Uuid> {
    let [KIND, given, name, shown] = proof.split('.').collect::<Vec<_>>()[..] else { return None };
    let age = now - DateTime::from_timestamp(given.parse().ok()?, 0)?;
    let good = same_hash(&tag(keys, account, given, name), shown) && age < KNOWN;
    good.then(|| Uuid::from_bytes(keys.cursor_tag(&[b"device", name.as_bytes()])))
}

/// What a device keeps after a sign-in: its proofs with a new one for the account in front.
pub fn renew(tx: &Tx, account: AccountId, kept: &[&str]) -> Vec<String> {
    let others = kept.iter().filter(|proof| known(&tx.keys, account, proof, tx.now).is_none());
    prove(&tx.keys, account, tx.now).into_iter().chain(others.map(ToString::to_string)).take(MOST).collect()
}

fn tag(keys: &KeyRing, account: AccountId, given: &str, name: &str) -> String {
    let tag = keys.cursor_tag(&[b"device of", account.0.as_bytes(), given.as_bytes(), name.as_bytes()]);
    Uuid::from_bytes(tag).simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a5_a_proof_is_good_for_its_account_and_its_time() {
        let keys = KeyRing::ephemeral().expect("keys");
        let (account, now) = (AccountId(Uuid::now_v7()), DateTime::UNIX_EPOCH + Duration::days(20_000));
        let proof = prove(&keys, account, now).expect("a proof");
        let number = known(&keys, account, &proof, now).expect("known");
        assert_eq!(known(&keys, account, &proof, now + KNOWN - Duration::seconds(1)), Some(number));
        assert_eq!(known(&keys, account, &proof, now + KNOWN), None);
        assert_eq!(known(&keys, AccountId(Uuid::now_v7()), &proof, now), None);
        assert_eq!(known(&KeyRing::ephemeral().expect("keys"), account, &proof, now), None);
        let other = prove(&keys, account, now).expect("a proof");
        assert_ne!(known(&keys, account, &other, now), Some(number), "each device is counted for itself");
        let later = proof.replacen(&now.timestamp().to_string(), &(now + KNOWN).timestamp().to_string(), 1);
        for forged in ["", "edv", "edv...", "ert.1.2.3", &format!("{proof}x"), &format!("{proof}.x"), &later] {
            assert_eq!(known(&keys, account, forged, now), None, "{forged}");
        }
    }
}
