//! The file of the key ring, how its keys are drawn and how they rotate.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{KeyError, KeyRing, secret_text};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredKey {
    /// `kid` of the tokens.
    pub(super) id: String,
    /// PKCS#8, base64url.
    pub(super) ed25519: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredSecret {
    /// What is sealed with it bears this.
    pub(super) id: String,
    /// 32 random bytes, base64url.
    pub(super) secret: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    /// The first signs; the others have signed and still verify.
    pub(super) signing: Vec<StoredKey>,
    /// Verifies already and signs after the next rotation.
    #[serde(default)]
    pub(super) next: Option<StoredKey>,
    /// The first seals; all open. A ring made before there was anything to seal gets one by `entaku keys init`.
    #[serde(default)]
    pub(super) sealing: Vec<StoredSecret>,
    /// 32 random bytes, base64url.
    pub(super) cursor: String,
    /// 32 random bytes, base64url.
    pub(super) pepper: String,
}

/// What a rotation has done, by the ids of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Signs from now on.
    pub signs: String,
    /// Is published and will sign after the next rotation.
    pub next: String,
    /// Verifies nothing any more.
    pub retired: Vec<String>,
}

impl Stored {
    /// Fresh keys.
    pub(super) fn draw() -> Result<Self, KeyError> {
        Ok(Self {
            signing: vec![draw_key()?],
            next: Some(draw_key()?),
            sealing: vec![draw_secret()?],
            cursor: secret_text(32)?,
            pepper: secret_text(32)?,
        })
    }
}

/// Lets the next key sign, keeps the one before to verify, and publishes a new next one. A ring that has no next key
/// gets one, and nothing else changes: what has not been published long enough does not sign.
pub fn rotate(path: &Path) -> Result<Rotated, KeyError> {
    let mut stored = load(path)?;
    let mut retired = Vec::new();
    if let Some(next) = stored.next.take() {
        retired = stored.signing.drain(1..).map(|key| key.id).collect();
        stored.signing.insert(0, next);
    }
    let next = draw_key()?;
    let rotated = Rotated { signs: stored.signing[0].id.clone(), next: next.id.clone(), retired };
    stored.next = Some(next);
    KeyRing::unlock(&stored)?;
    store(path, &stored)?;
    Ok(rotated)
}

/// Reads the file, which nobody else may read.
pub(super) fn load(path: &Path) -> Result<Stored, KeyError> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Mode(mode));
    }
    let stored: Stored = serde_json::from_str(&fs::read_to_string(path)?)?;
    if stored.signing.is_empty() { Err(KeyError::Key("no signing key")) } else { Ok(stored) }
}

/// Writes the file whole or not at all.
pub(super) fn store(path: &Path, stored: &Stored) -> Result<(), KeyError> {
    let temporary = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(&serde_json::to_vec_pretty(stored)?)?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    Ok(())
}

fn draw_key() -> Result<StoredKey, KeyError> {
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Key("no key could be made"))?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| KeyError::Key("no key could be made"))?;
    Ok(StoredKey { id: secret_text(8)?, ed25519: URL_SAFE_NO_PAD.encode(pkcs8.as_ref()) })
}

/// A key that seals.
pub(super) fn draw_secret() -> Result<StoredSecret, KeyError> {
    Ok(StoredSecret { id: secret_text(8)?, secret: secret_text(32)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ring: &KeyRing) -> Vec<String> {
        ring.signing.iter().map(|key| key.id.clone()).collect()
    }

    #[test]
    fn a13_a_key_is_published_for_a_turn_before_it_signs_and_for_one_after() {
        let directory = std::env::temp_dir().join(format!("entaku-keys-{}", secret_text(8).expect("a name")));
        fs::create_dir(&directory).expect("a directory");
        let path = directory.join("keys.json");
        let first = ids(&KeyRing::read_or_create(&path).expect("a ring"));
        let rotated = rotate(&path).expect("rotated");
        let second = ids(&KeyRing::read(&path).expect("a ring"));
        assert_eq!((&second[0], &second[1]), (&first[1], &first[0]), "the next signs, the one before verifies");
        assert_eq!((rotated.signs, rotated.retired), (first[1].clone(), vec![]));
        let rotated = rotate(&path).expect("rotated");
        let third = ids(&KeyRing::read(&path).expect("a ring"));
        assert_eq!((&third[0], &third[1]), (&second[2], &second[0]));
        assert_eq!(rotated.retired, [first[0].clone()]);
        assert!(!third.contains(&first[0]) && third.len() == 3);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(directory).expect("gone");
    }

    #[test]
    fn an_older_ring_keeps_its_keys_and_gets_what_it_lacks() {
        let directory = std::env::temp_dir().join(format!("entaku-keys-{}", secret_text(8).expect("a name")));
        fs::create_dir(&directory).expect("a directory");
        let path = directory.join("keys.json");
        let mut old = Stored::draw().expect("keys");
        (old.next, old.sealing) = (None, Vec::new());
        store(&path, &old).expect("stored");
        assert!(KeyRing::read(&path).is_err(), "it says what to do");
        let ring = KeyRing::read_or_create(&path).expect("a ring");
        assert_eq!(ids(&ring), [old.signing[0].id.clone()]);
        let rotated = rotate(&path).expect("rotated");
        assert_eq!(rotated.signs, old.signing[0].id, "what was never published does not sign");
        assert_eq!(rotate(&path).expect("rotated").signs, rotated.next);
        fs::remove_dir_all(directory).expect("gone");
    }
}
