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
    /// Opens already and seals after the next rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next_sealing: Option<StoredSecret>,
    /// 32 random bytes, base64url.
    pub(super) cursor: String,
    /// The first hashes; all verify.
    #[serde(default)]
    pub(super) peppers: Vec<StoredPepper>,
    /// Verifies already and hashes after the next rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next_pepper: Option<StoredPepper>,
    /// What signatures of the audit and hashes of recovery codes are made with, which outlive every rotation: the first
    /// pepper there was, once it is no pepper any more. Until then it is taken from the peppers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) root: Option<String>,
    /// The only pepper of older files, 32 random bytes, base64url. Hashes that name no pepper were made with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pepper: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredPepper {
    /// What a hash names it by: 1 to 8 bytes.
    pub(super) id: String,
    /// 32 random bytes, base64url.
    pub(super) key: String,
}

/// The kinds of keys that rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They sign access tokens.
    Signing,
    /// They are mixed into password hashes.
    Pepper,
    /// They seal what has to be read again.
    Sealing,
}

/// What a rotation has done, by the ids of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Is used from now on.
    pub used: String,
    /// Is known already and will be used after the next rotation.
    pub next: String,
    /// Is gone.
    pub retired: Vec<String>,
}

impl Stored {
    /// Fresh keys.
    pub(super) fn draw() -> Result<Self, KeyError> {
        Ok(Self {
            signing: vec![draw_key()?],
            next: Some(draw_key()?),
            sealing: vec![draw_secret()?],
            next_sealing: Some(draw_secret()?),
            cursor: secret_text(32)?,
            peppers: vec![draw_pepper()?],
            next_pepper: Some(draw_pepper()?),
            root: None,
            pepper: None,
        })
    }
}

/// Lets the next key of a kind be used, keeps the one before, and publishes a new next one. A ring that has no next key
/// gets one, and nothing else changes: what not every server knows yet is not used. Of signing keys those before the
/// last are gone by this; others stay until they are retired ([`retire`]).
pub fn rotate(path: &Path, kind: Kind) -> Result<Rotated, KeyError> {
    let mut stored = load(path)?;
    let mut retired = Vec::new();
    let (used, next) = match kind {
        Kind::Signing => {
            if stored.next.is_some() {
                retired = stored.signing.drain(1..).map(|key| key.id).collect();
            }
            turn(&mut stored.signing, &mut stored.next, draw_key()?, |key| &key.id)
        }
        Kind::Pepper => turn(&mut stored.peppers, &mut stored.next_pepper, draw_pepper()?, |key| &key.id),
        Kind::Sealing => turn(&mut stored.sealing, &mut stored.next_sealing, draw_secret()?, |key| &key.id),
    };
    KeyRing::unlock(&stored)?;
    store(path, &stored)?;
    Ok(Rotated { used, next, retired })
}

/// The next key becomes the first, and a new one the next; tells both ids.
fn turn<K>(all: &mut Vec<K>, next: &mut Option<K>, new: K, id: impl Fn(&K) -> &str) -> (String, String) {
    if let Some(next) = next.take() {
        all.insert(0, next);
    }
    let ids = (all.first().map_or("", &id).to_owned(), id(&new).to_owned());
    *next = Some(new);
    ids
}

/// Forgets a pepper or a sealing key. That nothing needs it any more is for the caller to know. What outlives every
/// rotation keeps its secret ([`Stored::root`]).
///
/// # Errors
/// A key that is used, is next, or is none.
pub fn retire(path: &Path, kind: Kind, id: &str) -> Result<(), KeyError> {
    let mut stored = load(path)?;
    let gone = match kind {
        Kind::Signing => return Err(KeyError::Key("signing keys go by `entaku keys rotate`")),
        Kind::Sealing => without_key(&mut stored.sealing, |key| key.id == id),
        Kind::Pepper => {
            if stored.root.is_none() {
                stored.root = stored.pepper.clone().or_else(|| stored.peppers.last().map(|pepper| pepper.key.clone()));
            }
            if id.is_empty() {
                stored.pepper.take().is_some()
            } else {
                without_key(&mut stored.peppers, |key| key.id == id)
            }
        }
    };
    if !gone {
        return Err(KeyError::Key("no key that could be retired has this id"));
    }
    KeyRing::unlock(&stored)?;
    store(path, &stored)
}

/// Removes one of those behind the first, which is in use.
fn without_key<K>(all: &mut Vec<K>, is: impl Fn(&K) -> bool) -> bool {
    match all.iter().skip(1).position(is) {
        Some(place) => {
            all.remove(place + 1);
            true
        }
        None => false,
    }
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

fn draw_pepper() -> Result<StoredPepper, KeyError> {
    Ok(StoredPepper { id: secret_text(6)?, key: secret_text(32)? })
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
        let rotated = rotate(&path, Kind::Signing).expect("rotated");
        let second = ids(&KeyRing::read(&path).expect("a ring"));
        assert_eq!((&second[0], &second[1]), (&first[1], &first[0]), "the next signs, the one before verifies");
        assert_eq!((rotated.used, rotated.retired), (first[1].clone(), vec![]));
        let rotated = rotate(&path, Kind::Signing).expect("rotated");
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
        let rotated = rotate(&path, Kind::Signing).expect("rotated");
        assert_eq!(rotated.used, old.signing[0].id, "what was never published does not sign");
        assert_eq!(rotate(&path, Kind::Signing).expect("rotated").used, rotated.next);
        fs::remove_dir_all(directory).expect("gone");
    }

    #[test]
    fn a8_what_outlives_a_pepper_is_not_lost_with_it() {
        let directory = std::env::temp_dir().join(format!("entaku-keys-{}", secret_text(8).expect("a name")));
        fs::create_dir(&directory).expect("a directory");
        let path = directory.join("keys.json");
        let first = KeyRing::read_or_create(&path).expect("a ring");
        let old = first.pepper().expect("a pepper").id.clone();
        let (code, head) = (first.peppered(b"code", b"x"), first.audit.sign(b"head"));
        assert!(retire(&path, Kind::Pepper, &old).is_err(), "it is in use");
        let rotated = rotate(&path, Kind::Pepper).expect("rotated");
        let both = KeyRing::read(&path).expect("a ring");
        assert_eq!(both.pepper().expect("a pepper").id, rotated.used);
        assert!(both.pepper_of(old.as_bytes()).is_some() && both.pepper_of(rotated.next.as_bytes()).is_some());
        assert!(retire(&path, Kind::Pepper, &rotated.next).is_err() && retire(&path, Kind::Pepper, "none").is_err());
        retire(&path, Kind::Pepper, &old).expect("retired");
        let after = KeyRing::read(&path).expect("a ring");
        assert!(after.pepper_of(old.as_bytes()).is_none());
        for ring in [both, after] {
            assert_eq!(ring.peppered(b"code", b"x"), code, "codes on paper go on");
            assert_eq!(ring.audit.sign(b"head"), head, "and so does the record");
        }
        fs::remove_dir_all(directory).expect("gone");
    }

    #[test]
    fn a_sealing_key_opens_for_a_turn_before_it_seals() {
        let directory = std::env::temp_dir().join(format!("entaku-keys-{}", secret_text(8).expect("a name")));
        fs::create_dir(&directory).expect("a directory");
        let path = directory.join("keys.json");
        let slow = KeyRing::read_or_create(&path).expect("a ring");
        let before = slow.seal(b"x", b"secret").expect("sealed");
        let rotated = rotate(&path, Kind::Sealing).expect("rotated");
        let quick = KeyRing::read(&path).expect("a ring");
        let sealed = quick.seal(b"x", b"secret").expect("sealed");
        assert_eq!((&sealed.key, quick.sealing_id()), (&rotated.used, rotated.used.as_str()));
        assert_eq!(slow.open(b"x", &sealed).expect("opened"), b"secret", "servers are restarted one after another");
        assert_eq!(quick.open(b"x", &before).expect("opened"), b"secret");
        retire(&path, Kind::Sealing, &before.key).expect("retired");
        assert!(KeyRing::read(&path).expect("a ring").open(b"x", &before).is_err());
        fs::remove_dir_all(directory).expect("gone");
    }
}
