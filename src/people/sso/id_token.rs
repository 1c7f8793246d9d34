//! Verifying ID tokens (OpenID Connect Core, 3.1.3.7; RFC 8725): by the issuer's own keys, with asymmetric algorithms.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};

use chrono::{DateTime, Utc};

use crate::kernel::error::{Error, Result};
use crate::people::sso::discovery::Providers;
use crate::people::sso::rules::{ALGORITHMS, Claims, Expected, believe};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// The reason where what a provider has answered is not believed.
pub const SSO_ANSWER: &str = "SSO_ANSWER";

/// What is not believed, with why for the log.
pub fn unbelievable(issuer: &str, why: &str) -> Error {
    tracing::warn!(issuer, why, "an answer of a provider of single sign-on is not believed");
    Error::Forbidden(SSO_ANSWER)
}

/// What an ID token says, if it is the issuer's, for us, of this attempt and of now.
///
/// # Errors
/// FORBIDDEN/SSO_ANSWER for every fault alike; UNAVAILABLE where the issuer's keys cannot be had.
pub async fn verify(providers: &Providers, token: &str, expected: Expected<'_>, now: DateTime<Utc>) -> Result<Claims> {
    let fault = |why| unbelievable(expected.issuer, why);
    if token.len() > LONGEST {
        return Err(fault("length"));
    }
    let header = decode_header(token).map_err(|_| fault("header"))?;
    if !is_plain(&header) {
        return Err(fault("header"));
    }
    let keys = providers.keys(expected.issuer, header.kid.as_deref(), now).await?;
    let key = key_of(&keys, &header).ok_or_else(|| fault("key"))?;
    let key = DecodingKey::from_jwk(key).map_err(|_| fault("key"))?;
    let claims = decode::<Claims>(token, &key, &validation(header.alg)).map_err(|_| fault("signature"))?.claims;
    believe(&claims, expected, now).map_err(fault)?;
    Ok(claims)
}

/// Is it signed as it may be, and does it bring no key of its own?
fn is_plain(header: &Header) -> bool {
    let typed = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"));
    let own_key = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
    typed && !own_key && header.crit.is_none() && ALGORITHMS.contains(&header.alg)
}

/// The key that is named; where none is, the only one that fits.
fn key_of<'k>(keys: &'k [Jwk], header: &Header) -> Option<&'k Jwk> {
    let mut fit = keys.iter().filter(|key| fits(key, header.alg));
    match header.kid.as_deref() {
        Some(kid) => fit.find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => fit.next().filter(|_| fit.next().is_none()),
    }
}

/// Is it a public key of this algorithm's kind, for signatures?
fn fits(key: &Jwk, alg: Algorithm) -> bool {
    let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let meant = key.common.key_algorithm.is_none_or(|meant| format!("{meant:?}") == format!("{alg:?}"));
    let kind = match (&key.algorithm, alg) {
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES256) => ec.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES384) => ec.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(okp), Algorithm::EdDSA) => okp.curve == EllipticCurve::Ed25519,
        (AlgorithmParameters::RSA(_), Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA) => false,
        (AlgorithmParameters::RSA(_), _) => true,
        _ => false,
    };
    signs && meant && kind
}

/// Of the claims nothing: what they must say is judged by our clock ([`believe`]).
fn validation(alg: Algorithm) -> Validation {
    let mut validation = Validation::new(alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}
