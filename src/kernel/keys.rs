//! One key ring: what signs tokens, binds cursors and hashes secrets.
//!
//! `ENTAKU_KEYS_FILE` is a JSON file that only the server may read (0600). The embedded mode makes it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

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

#[derive(Serialize, Deserialize)]
struct StoredKey {
    /// `kid` of the tokens.
    id: String,
    /// PKCS#8, base64url.
    ed25519: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// The first signs; all verify, so that keys can be rotated with overlap.
    signing: Vec<StoredKey>,
    /// 32 random bytes, base64url.
    cursor: String,
    /// 32 random bytes, base64url.
    pepper: String,
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

/// The key that signs the heads of the audit chain: made from the pepper, so that it is kept wherever that is.
pub struct AuditKey {
    /// Names it in the heads.
    pub id: String,
    /// The public key, base64url: whoever has it can tell genuine heads without this installation.
    pub public: String,
    pair: Ed25519KeyPair,
}

impl AuditKey {
    fn of_pepper(pepper: &[u8]) -> Result<Self, KeyError> {
        let seed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, pepper), b"entaku audit head");
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|_| KeyError::Key("no key could be made"))?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Ok(Self { id: public.chars().take(11).collect(), public, pair })
    }

    /// The key's name and its signature (Ed25519, RFC 8032) of a message, base64url.
    pub fn sign(&self, message: &[u8]) -> (String, String) {
        (self.id.clone(), URL_SAFE_NO_PAD.encode(self.pair.sign(message).as_ref()))
    }

    /// Is it this key's signature?
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.pair.public_key().as_ref());
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }
}

/// The keys of one installation.
pub struct KeyRing {
    /// The first signs; all verify.
    pub signing: Vec<SigningKey>,
    cursor: hmac::Key,
    /// Mixed into every password hash (argon2's secret), so that a stolen table alone cannot be guessed at.
    pub pepper: Vec<u8>,
    /// Signs the heads of the audit chain.
    pub audit: AuditKey,
}

impl KeyRing {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let mode = fs::metadata(path)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Mode(mode));
        }
        Self::open(&serde_json::from_str(&fs::read_to_string(path)?)?)
    }

    /// Reads the file, or makes it (0600) where there is none.
    pub fn read_or_create(path: &Path) -> Result<Self, KeyError> {
        if !path.exists() {
            let stored = serde_json::to_vec_pretty(&Self::draw()?)?;
            let temporary = path.with_extension("new");
            let mut file =
                fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            file.write_all(&stored)?;
            file.sync_all()?;
            fs::rename(temporary, path)?;
        }
        Self::read(path)
    }

    /// Fresh keys that are kept nowhere, for tests.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Self::open(&Self::draw()?)
    }

    fn draw() -> Result<Stored, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Key("no key could be made"))?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| KeyError::Key("no key could be made"))?;
        let signing = StoredKey { id: secret_text(8)?, ed25519: URL_SAFE_NO_PAD.encode(pkcs8.as_ref()) };
        Ok(Stored { signing: vec![signing], cursor: secret_text(32)?, pepper: secret_text(32)? })
    }

    fn open(stored: &Stored) -> Result<Self, KeyError> {
        let signing = stored.signing.iter().map(signing_key).collect::<Result<Vec<_>, _>>()?;
        if signing.is_empty() {
            return Err(KeyError::Key("no signing key"));
        }
        let cursor = hmac::Key::new(hmac::HMAC_SHA256, &bytes(&stored.cursor)?);
        let pepper = bytes(&stored.pepper)?;
        Ok(Self { signing, cursor, audit: AuditKey::of_pepper(&pepper)?, pepper })
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

fn bytes(text: &str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Key("not base64url"))
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

/// `length` random bytes as base64url, from the system's generator.
pub fn secret_text(length: usize) -> Result<String, KeyError> {
    let mut secret = vec![0; length];
    rand::fill(&mut secret).map_err(|_| KeyError::Key("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(secret))
}

/// SHA-256, as hexadecimal digits: how bearer secrets and request contents are stored.
pub fn sha256(text: &[u8]) -> String {
    use std::fmt::Write;
    let hash = digest::digest(&digest::SHA256, text);
    hash.as_ref().iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Compares two hashes without telling where they differ.
pub fn same_hash(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}
