//! One key ring: what signs tokens, binds cursors, hashes and seals secrets.
//!
//! `ENTAKU_KEYS_FILE` is a JSON file that only the server may read (0600). The embedded mode makes it.
//! Keys go from next to used to past ([`rotate`]): each is known for a whole turn before it is used and for a whole turn
//! after, so that servers may be restarted one after another. Peppers and sealing keys stay until what was made with
//! them is gone ([`retire`]).

mod audit;
mod file;
mod secret;

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::keys::secret::hexadecimal;

pub use audit::AuditKey;
pub use file::{Kind, Rotated, retire, rotate};
pub use secret::{derived, random, same_hash, secret_text, sha256};

use file::{Stored, StoredKey, StoredPepper, StoredSecret, draw_secret, load, store};

/// What went wrong with the key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or written.
    #[error("key file: {0}")]
    Io(#[from] std::io::Error),
    /// It is not the JSON this program writes.
    #[error("key file: {0}")]
    Json(#[from] serde_json::Error),
    /// Others may read it.
    #[error("key file: mode {0:o}, expected 600")]
    Mode(u32),
    /// A key in it is malformed, or the system gives no randomness.
    #[error("key file: {0}")]
    Key(&'static str),
}

/// What is mixed into password hashes (argon2's secret), so that a stolen table alone cannot be guessed at.
pub struct Pepper {
    /// What a hash names it by; empty for the one that hashes without a name were made with.
    pub id: String,
    /// The secret.
    pub key: Vec<u8>,
}

/// A key that signs or verifies access tokens.
pub struct SigningKey {
    /// `kid` of the tokens.
    pub id: String,
    /// For jsonwebtoken.
    pub encoding: jsonwebtoken::EncodingKey,
    /// For jsonwebtoken.
    pub decoding: jsonwebtoken::DecodingKey,
    /// The public key, base64url: `x` of the JWK (RFC 8037).
    pub public: String,
}

/// A text that only a holder of the ring can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The key it was sealed with.
    pub key: String,
    /// Nonce, text and tag (AES-256-GCM), base64url.
    pub text: String,
}

/// The keys of one installation.
pub struct KeyRing {
    /// The first signs; all verify.
    pub signing: Vec<SigningKey>,
    sealing: Vec<(String, RandomizedNonceKey)>,
    tags: hmac::Key,
    cursor: hmac::Key,
    /// What the secrets of links in mails are derived with.
    links: hmac::Key,
    /// The first hashes; all verify.
    peppers: Vec<Pepper>,
    /// Signs the heads of the audit chain.
    pub audit: AuditKey,
}

impl KeyRing {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        Self::unlock(&load(path)?)
    }

    /// Reads the file, or makes it (0600) where there is none. What an older one lacks is added.
    pub fn read_or_create(path: &Path) -> Result<Self, KeyError> {
        if !path.exists() {
            store(path, &Stored::draw()?)?;
        }
        let mut stored = load(path)?;
        if stored.sealing.is_empty() {
            stored.sealing.push(draw_secret()?);
            store(path, &stored)?;
        }
        Self::unlock(&stored)
    }

    /// Fresh keys that are kept nowhere, for tests.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Self::unlock(&Stored::draw()?)
    }

    fn unlock(stored: &Stored) -> Result<Self, KeyError> {
        if stored.signing.is_empty() {
            return Err(KeyError::Key("no signing key"));
        }
        if stored.sealing.is_empty() {
            return Err(KeyError::Key("no sealing key; run `entaku keys init`"));
        }
        let signing = stored.signing.iter().chain(&stored.next).map(signing_key).collect::<Result<_, _>>()?;
        let sealing = stored.sealing.iter().chain(&stored.next_sealing).map(sealing_key).collect::<Result<_, _>>()?;
        let cursor = hmac::Key::new(hmac::HMAC_SHA256, &bytes(&stored.cursor)?);
        // No cursor is bound to this text: what is bound to one begins with a length of eight bytes.
        let links = hmac::sign(&cursor, b"entaku: links in mails");
        let links = hmac::Key::new(hmac::HMAC_SHA256, links.as_ref());
        let mut peppers = stored.peppers.iter().map(pepper).collect::<Result<Vec<_>, _>>()?;
        if let Some(key) = &stored.pepper {
            peppers.push(Pepper { id: String::new(), key: bytes(key)? });
        }
        // The oldest one: signatures and tags outlive a rotation.
        let root = match &stored.root {
            Some(root) => bytes(root)?,
            None => peppers.last().ok_or(KeyError::Key("no pepper"))?.key.clone(),
        };
        peppers.extend(stored.next_pepper.iter().map(pepper).collect::<Result<Vec<_>, _>>()?);
        let tags = hmac::Key::new(hmac::HMAC_SHA256, &root);
        Ok(Self { signing, sealing, tags, cursor, links, audit: AuditKey::of_pepper(&root)?, peppers })
    }

    /// The key that seals.
    pub fn sealing_id(&self) -> &str {
        self.sealing.first().map_or("", |(id, _)| id)
    }

    /// The ids of all peppers, the one in use first; empty is the one of hashes without a name.
    pub fn pepper_ids(&self) -> impl Iterator<Item = &str> {
        self.peppers.iter().map(|pepper| pepper.id.as_str())
    }

    /// The ids of all sealing keys, the one in use first.
    pub fn sealing_ids(&self) -> impl Iterator<Item = &str> {
        self.sealing.iter().map(|(id, _)| id.as_str())
    }

    /// Seals a text for one purpose: `context` must be the same when it is opened.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Sealed, KeyError> {
        let (id, key) = self.sealing.first().ok_or(KeyError::Key("no sealing key"))?;
        let mut text = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(context), &mut text)
            .map_err(|_| KeyError::Key("nothing could be sealed"))?;
        let text = [nonce.as_ref().as_slice(), &text].concat();
        Ok(Sealed { key: id.clone(), text: URL_SAFE_NO_PAD.encode(text) })
    }

    /// Opens what was sealed for this purpose.
    pub fn open(&self, context: &[u8], sealed: &Sealed) -> Result<Vec<u8>, KeyError> {
        let unfit = || KeyError::Key("what was sealed cannot be opened");
        let (_, key) = self.sealing.iter().find(|(id, _)| *id == sealed.key).ok_or_else(unfit)?;
        let mut text = bytes(&sealed.text)?;
        if text.len() < NONCE_LEN {
            return Err(unfit());
        }
        let mut rest = text.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&text).map_err(|_| unfit())?;
        let plain = key.open_in_place(nonce, Aad::from(context), &mut rest).map_err(|_| unfit())?;
        Ok(plain.to_vec())
    }

    /// How a short secret is stored, hexadecimal: a stolen table alone cannot be guessed at.
    pub fn peppered(&self, context: &[u8], secret: &[u8]) -> String {
        let mut hash = hmac::Context::with_key(&self.tags);
        for part in [context, secret] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hexadecimal(hash.sign().as_ref())
    }

    /// The pepper of new hashes.
    pub fn pepper(&self) -> Result<&Pepper, KeyError> {
        self.peppers.first().ok_or(KeyError::Key("no pepper"))
    }

    /// The pepper that a hash names; empty names the one of hashes without a name.
    pub fn pepper_of(&self, id: &[u8]) -> Option<&Pepper> {
        self.peppers.iter().find(|pepper| pepper.id.as_bytes() == id)
    }

    /// The same keys with a new pepper before the others, as after a rotation.
    #[must_use]
    pub fn with_pepper(mut self, id: &str, key: &[u8]) -> Self {
        self.peppers.insert(0, Pepper { id: id.to_owned(), key: key.to_owned() });
        self
    }

    /// The secret (256 bits, base64url) of the link in a mail whose public part this is. It is derived when it is
    /// needed, so that it is kept nowhere.
    pub fn link_secret(&self, public: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.links, public.as_bytes()))
    }

    /// 16 bytes that bind a cursor to what it was made for.
    pub fn cursor_tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.cursor);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 16];
        tag.copy_from_slice(&context.sign().as_ref()[..16]);
        tag
    }
}

fn sealing_key(stored: &StoredSecret) -> Result<(String, RandomizedNonceKey), KeyError> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes(&stored.secret)?);
    Ok((stored.id.clone(), key.map_err(|_| KeyError::Key("not a key of 32 bytes"))?))
}

fn bytes(text: &str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Key("not base64url"))
}

fn pepper(stored: &StoredPepper) -> Result<Pepper, KeyError> {
    let fits = (1..=8).contains(&stored.id.len());
    let key = bytes(&stored.key)?;
    if fits {
        Ok(Pepper { id: stored.id.clone(), key })
    } else {
        Err(KeyError::Key("the id of a pepper has 1 to 8 bytes"))
    }
}

fn signing_key(stored: &StoredKey) -> Result<SigningKey, KeyError> {
    let der = bytes(&stored.ed25519)?;
    let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| KeyError::Key("not an Ed25519 key"))?;
    let public = pair.public_key();
    let spki = public.as_der().map_err(|_| KeyError::Key("not an Ed25519 key"))?;
    let _: &aws_lc_rs::encoding::PublicKeyX509Der<'_> = &spki;
    Ok(SigningKey {
        id: stored.id.clone(),
        encoding: jsonwebtoken::EncodingKey::from_ed_der(&der),
        decoding: jsonwebtoken::DecodingKey::from_ed_der(public.as_ref()),
        public: URL_SAFE_NO_PAD.encode(public.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_with_its_ring_only() {
        let ring = KeyRing::ephemeral().expect("keys");
        let sealed = ring.seal(b"one", b"secret").expect("sealed");
        assert_eq!(ring.open(b"one", &sealed).expect("opened"), b"secret");
        assert_ne!(ring.seal(b"one", b"secret").expect("sealed"), sealed, "a nonce of its own");
        assert!(ring.open(b"other", &sealed).is_err());
        assert!(KeyRing::ephemeral().expect("keys").open(b"one", &sealed).is_err());
        let mut forged = URL_SAFE_NO_PAD.decode(&sealed.text).expect("bytes");
        *forged.last_mut().expect("a byte") ^= 1;
        assert!(ring.open(b"one", &Sealed { text: URL_SAFE_NO_PAD.encode(forged), ..sealed.clone() }).is_err());
        assert!(ring.open(b"one", &Sealed { text: "AAAA".into(), ..sealed }).is_err());
    }
}
