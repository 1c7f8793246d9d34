//! The key that signs the heads of the audit chain.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::keys::KeyError;

/// The key that signs the heads of the audit chain: made from the pepper, so that it is kept wherever that is.
pub struct AuditKey {
    /// Names it in the heads.
    pub id: String,
    /// The public key, base64url: whoever has it can tell genuine heads without this installation.
    pub public: String,
    pair: Ed25519KeyPair,
}

impl AuditKey {
    pub(super) fn of_pepper(pepper: &[u8]) -> Result<Self, KeyError> {
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
