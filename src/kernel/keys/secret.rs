//! Random secrets, what is made of them, and how they are compared.

use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::keys::KeyError;

/// `length` random bytes as base64url, from the system's generator.
pub fn secret_text(length: usize) -> Result<String, KeyError> {
    Ok(URL_SAFE_NO_PAD.encode(random(length)?))
}

/// `length` random bytes from the system's generator.
pub fn random(length: usize) -> Result<Vec<u8>, KeyError> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).map_err(|_| KeyError::Key("no randomness"))?;
    Ok(bytes)
}

/// SHA-256, as hexadecimal digits: how bearer secrets and request contents are stored.
pub fn sha256(text: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, text).as_ref())
}

pub(super) fn hexadecimal(hash: &[u8]) -> String {
    use std::fmt::Write;
    hash.iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// A secret (256 bits, base64url) for one purpose, made of another one: whoever has it cannot tell that other one, nor
/// what it gives for another purpose.
pub fn derived(secret: &str, purpose: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, purpose.as_bytes()))
}

/// Compares two hashes without telling where they differ.
pub fn same_hash(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}
