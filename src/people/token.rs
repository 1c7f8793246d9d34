//! Access tokens: signed, five minutes, one purpose (RFC 9068). And bearer secrets: random, kept as hashes.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::{KeyRing, SigningKey, secret_text};
use crate::kernel::principal::{AccountId, MunicipalityId, SessionId};
use crate::people::rules::ACCESS_TOKEN_LIFE;

const TYPE: &str = "at+jwt";
const AUDIENCE: &str = "entaku";
/// The longest token that is looked at.
const LONGEST: usize = 2048;

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The installation.
    pub iss: String,
    /// Always `entaku`.
    pub aud: String,
    /// The account.
    pub sub: Uuid,
    /// The session.
    pub sid: Uuid,
    /// The municipality.
    pub mun: Uuid,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expires at, seconds.
    pub exp: i64,
    /// Not before, seconds. We give none; one that is there must be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
}

/// Signs an access token.
pub fn sign(
    keys: &KeyRing,
    issuer: &str,
    who: (MunicipalityId, AccountId, SessionId),
    now: DateTime<Utc>,
) -> Result<String> {
    let key = keys.signing.first().ok_or_else(|| Error::internal("no signing key"))?;
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.id.clone());
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: who.1.0,
        sid: who.2.0,
        mun: who.0.0,
        iat: now.timestamp(),
        exp: (now + ACCESS_TOKEN_LIFE).timestamp(),
        nbf: None,
    };
    encode(&header, &claims, &key.encoding).map_err(Error::internal)
}

/// Verifies an access token: our key by `kid`, EdDSA only, exact type, issuer and audience, no critical
/// extensions, in its time and no longer-lived than we make them.
///
/// # Errors
/// UNAUTHENTICATED for every fault alike.
pub fn verify(keys: &KeyRing, issuer: &str, token: &str, now: DateTime<Utc>) -> Result<Claims> {
    accept(keys, issuer, token, now).ok_or(Error::Unauthenticated)
}

fn accept(keys: &KeyRing, issuer: &str, token: &str, now: DateTime<Utc>) -> Option<Claims> {
    if token.len() > LONGEST {
        return None;
    }
    let header = decode_header(token).ok()?;
    let plain = header.typ.as_deref() == Some(TYPE)
        && header.crit.is_none()
        && header.jku.is_none()
        && header.jwk.is_none()
        && header.x5u.is_none()
        && header.x5c.is_none();
    let key = keys.signing.iter().find(|k| Some(k.id.as_str()) == header.kid.as_deref()).filter(|_| plain)?;
    let claims = decode::<Claims>(token, &key.decoding, &validation(issuer)).ok()?.claims;
    let short = claims.exp.saturating_sub(claims.iat) <= ACCESS_TOKEN_LIFE.num_seconds();
    (in_time(&claims, now).is_ok() && short).then_some(claims)
}

/// Is it the token's time?
///
/// # Errors
/// UNAUTHENTICATED when it is not.
pub fn in_time(claims: &Claims, now: DateTime<Utc>) -> Result<()> {
    const LEEWAY: i64 = 5;
    let seconds = now.timestamp();
    let begun = claims.iat.max(claims.nbf.unwrap_or(claims.iat)) <= seconds + LEEWAY;
    let good = begun && seconds < claims.exp.saturating_add(LEEWAY);
    if good { Ok(()) } else { Err(Error::Unauthenticated) }
}

fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The clock is ours (see above), so that tests can move it.
    validation.validate_exp = false;
    validation
}

/// The public keys as a JWK set (RFC 7517, RFC 8037).
pub fn jwks(keys: &KeyRing) -> serde_json::Value {
    let key = |k: &SigningKey| serde_json::json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": k.id, "x": k.public});
    serde_json::json!({ "keys": keys.signing.iter().map(key).collect::<Vec<_>>() })
}

/// A secret that whoever bears it may use: `kind_code_id_secret`. It carries the municipality and the
/// row it is found by; only the hash of the whole is kept.
pub struct Bearer {
    /// The municipality's code.
    pub code: LocalGovernmentCode,
    /// The row.
    pub id: Uuid,
}

/// Makes a bearer secret for a row.
pub fn bearer(kind: &str, code: &LocalGovernmentCode, id: Uuid) -> Result<String> {
    let secret = secret_text(32).map_err(Error::internal)?;
    Ok(format!("{kind}.{}.{}.{secret}", code.as_str(), id.simple()))
}

/// Takes a bearer secret apart.
///
/// # Errors
/// UNAUTHENTICATED when it is not one.
pub fn read_bearer(kind: &str, text: &str) -> Result<Bearer> {
    let parts: Vec<&str> = text.split('.').collect();
    match parts.as_slice() {
        [found, code, id, secret] if *found == kind && !secret.is_empty() && text.len() < 256 => {
            let code = LocalGovernmentCode::parse(code).ok_or(Error::Unauthenticated)?;
            let id = Uuid::try_parse(id).map_err(|_| Error::Unauthenticated)?;
            Ok(Bearer { code, id })
        }
        _ => Err(Error::Unauthenticated),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // jsonwebtoken compares with the system's clock
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

    const ISS: &str = "http://127.0.0.1:8000";

    fn who() -> (MunicipalityId, AccountId, SessionId) {
        (MunicipalityId::new(), AccountId::new(), SessionId::new())
    }

    fn forged(keys: &KeyRing, change: impl Fn(&mut Header, &mut serde_json::Value)) -> String {
        let now = Utc::now().timestamp();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(keys.signing[0].id.clone());
        let mut claims = serde_json::json!({"iss": ISS, "aud": "entaku", "sub": Uuid::now_v7(), "sid": Uuid::now_v7(), "mun": Uuid::now_v7(), "iat": now, "exp": now + 60});
        change(&mut header, &mut claims);
        encode(&header, &claims, &keys.signing[0].encoding).expect("signed")
    }

    #[test]
    fn a_token_is_good_for_its_time_only() {
        let keys = KeyRing::ephemeral().expect("keys");
        let now = Utc::now();
        let who = who();
        let token = sign(&keys, ISS, who, now).expect("signed");
        assert_eq!(verify(&keys, ISS, &token, now).expect("good").sub, who.1.0);
        assert!(verify(&keys, ISS, &token, now + chrono::Duration::seconds(306)).is_err());
        assert!(verify(&keys, ISS, &token, now - chrono::Duration::seconds(10)).is_err());
        assert!(verify(&keys, "https://elsewhere", &token, now).is_err());
    }

    #[test]
    fn a13_tokens_of_both_keys_are_good_while_they_overlap() {
        let (first, second) = (KeyRing::ephemeral().expect("keys"), KeyRing::ephemeral().expect("keys"));
        let now = Utc::now();
        let (old, new) =
            (sign(&first, ISS, who(), now).expect("signed"), sign(&second, ISS, who(), now).expect("signed"));
        assert!(verify(&second, ISS, &old, now).is_err(), "retired");
        let mut overlap = KeyRing::ephemeral().expect("keys");
        overlap.signing = second.signing.into_iter().chain(first.signing).collect();
        assert!(verify(&overlap, ISS, &old, now).is_ok() && verify(&overlap, ISS, &new, now).is_ok());
        assert_eq!(jwks(&overlap)["keys"].as_array().map(Vec::len), Some(4));
    }

    #[test]
    fn a10_a11_claims_and_headers_of_another_purpose_are_refused() {
        let keys = KeyRing::ephemeral().expect("keys");
        let now = Utc::now();
        assert!(verify(&keys, ISS, &forged(&keys, |_, _| {}), now).is_ok());
        let bad: Vec<String> = vec![
            forged(&keys, |h, _| h.typ = Some("JWT".into())),
            forged(&keys, |h, _| h.crit = Some(vec!["b64".into()])),
            forged(&keys, |h, _| h.jku = Some("https://evil.example".into())),
            forged(&keys, |h, _| h.kid = Some("../../x".into())),
            forged(&keys, |h, _| h.kid = None),
            forged(&keys, |h, _| h.kid = Some("' OR 1=1 --".into())),
            forged(&keys, |h, _| h.typ = Some("id_token".into())),
            forged(&keys, |h, _| h.typ = Some("refresh".into())),
            forged(&keys, |h, _| h.typ = None),
            forged(&keys, |h, _| h.x5u = Some("https://evil.example".into())),
            forged(&keys, |h, _| h.x5c = Some(vec!["AA".into()])),
            forged(&keys, |h, _| {
                let jwk = &jwks(&keys)["keys"][0];
                h.jwk = serde_json::from_value(jwk.clone()).expect("a key");
            }),
            forged(&keys, |_, c| c["iss"] = "https://elsewhere".into()),
            forged(&keys, |_, c| c["nbf"] = (now.timestamp() + 60).into()),
            forged(&keys, |_, c| c["nbf"] = "now".into()),
            forged(&keys, |_, c| c["exp"] = (now.timestamp() - 60).into()),
            forged(&keys, |_, c| c["exp"] = i64::MAX.into()),
            forged(&keys, |_, c| drop(c.as_object_mut().map(|o| o.remove("exp")))),
            forged(&keys, |_, c| drop(c.as_object_mut().map(|o| o.remove("iss")))),
            forged(&keys, |_, c| c["sub"] = "nobody".into()),
            forged(&keys, |_, c| c["aud"] = "other".into()),
            forged(&keys, |_, c| c["exp"] = "soon".into()),
            forged(&keys, |_, c| c["exp"] = (now.timestamp() + 86_400).into()),
            forged(&keys, |_, c| c["iat"] = (now.timestamp() + 60).into()),
            forged(&keys, |_, c| drop(c.as_object_mut().map(|o| o.remove("sub")))),
            forged(&keys, |_, c| drop(c.as_object_mut().map(|o| o.remove("aud")))),
        ];
        for token in bad {
            assert!(verify(&keys, ISS, &token, now).is_err());
        }
    }

    #[test]
    fn a9_a12_other_algorithms_and_broken_tokens_are_refused() {
        let keys = KeyRing::ephemeral().expect("keys");
        let now = Utc::now();
        let good = sign(&keys, ISS, who(), now).expect("signed");
        let [_, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let none = B64.encode(format!(r#"{{"typ":"at+jwt","alg":"none","kid":"{}"}}"#, keys.signing[0].id));
        let mut hs = Header::new(Algorithm::HS256);
        hs.typ = Some(TYPE.into());
        hs.kid = Some(keys.signing[0].id.clone());
        let public = jsonwebtoken::EncodingKey::from_secret(&B64.decode(&keys.signing[0].public).expect("key"));
        let signed = |algorithm: &str, key: &jsonwebtoken::EncodingKey| {
            let header =
                B64.encode(format!(r#"{{"typ":"at+jwt","alg":"{algorithm}","kid":"{}"}}"#, keys.signing[0].id));
            let message = format!("{header}.{claims}");
            let mac = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::HS384).expect("signed");
            format!("{message}.{mac}")
        };
        let nobody = jsonwebtoken::EncodingKey::from_secret(b"guessed");
        let twice = String::from_utf8(B64.decode(claims).expect("base64")).expect("JSON");
        let twice = B64.encode(twice.replacen('{', r#"{"exp":4102444800,"#, 1));
        let message = format!("{}.{twice}", good.split('.').next().expect("a header"));
        let twice = jsonwebtoken::crypto::sign(message.as_bytes(), &keys.signing[0].encoding, Algorithm::EdDSA);
        let twice = format!("{message}.{}", twice.expect("signed"));
        let confused = encode(&hs, &serde_json::json!({"iss": ISS}), &public).expect("signed");
        for token in [
            format!("{none}.{claims}."),
            format!("{}.{claims}.", B64.encode(r#"{"typ":"at+jwt","alg":"nOnE"}"#)),
            signed("HS384", &nobody),
            signed("HS256", &nobody),
            signed("RS256", &nobody),
            twice,
            format!("{good}.{signature}"),
            confused,
            format!("{good}.x"),
            format!("{good}x"),
            good.replace(signature, ""),
            "x".repeat(100_000),
        ] {
            assert!(verify(&keys, ISS, &token, now).is_err());
        }
        let other = KeyRing::ephemeral().expect("keys");
        assert!(verify(&other, ISS, &good, now).is_err());
    }
}
