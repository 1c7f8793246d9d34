//! What is believed of a provider, and when. Pure.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;

use crate::people::sso::entity::{AttemptPurpose, SecondFactorBy, attempt, identity_provider};

/// How long somebody may take at the provider, and after it.
pub const ATTEMPT_LIFE: Duration = Duration::minutes(10);
/// How far the provider's clock may be from ours.
pub const SKEW: Duration = Duration::seconds(60);

/// The algorithms that ID tokens may be signed with. All are asymmetric, so that nobody who knows a public key or the
/// client's secret can sign.
pub const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// One text, or several.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What an ID token says (OpenID Connect Core, 2).
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    /// Who says it.
    pub iss: String,
    /// Who somebody is there.
    pub sub: String,
    /// For whom.
    pub aud: Audience,
    /// For whom in particular.
    pub azp: Option<String>,
    /// Until when, seconds.
    pub exp: i64,
    /// Since when, seconds.
    pub iat: i64,
    /// Not before, seconds.
    pub nbf: Option<i64>,
    /// What the attempt has asked for.
    pub nonce: Option<String>,
    /// When they last proved who they are, seconds.
    pub auth_time: Option<i64>,
    /// How they proved it (RFC 8176).
    #[serde(default)]
    pub amr: Vec<String>,
    /// How surely.
    pub acr: Option<String>,
}

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// The municipality's issuer.
    pub issuer: &'e str,
    /// Our name there.
    pub client_id: &'e str,
    /// What the attempt's browser was sent with.
    pub nonce: &'e str,
    /// When the attempt began.
    pub begun: DateTime<Utc>,
    /// Must they have proved who they are since then?
    pub fresh: bool,
}

/// Is that what an ID token must say (OpenID Connect Core, 3.1.3.7)?
///
/// # Errors
/// The claim that is wrong, for the log.
pub fn believe(claims: &Claims, expected: Expected<'_>, now: DateTime<Utc>) -> Result<(), &'static str> {
    let Expected { issuer, client_id, nonce, begun, fresh } = expected;
    let (now, begun, skew) = (now.timestamp(), begun.timestamp(), SKEW.num_seconds());
    let (named, alone) = match &claims.aud {
        Audience::One(audience) => (audience == client_id, true),
        Audience::Many(all) => (all.iter().any(|one| one == client_id), all.len() == 1),
    };
    let party = match &claims.azp {
        Some(party) => party == client_id,
        None => alone,
    };
    let rules = [
        (claims.iss == issuer, "iss"),
        (named, "aud"),
        (party, "azp"),
        (now < claims.exp.saturating_add(skew), "exp"),
        (claims.iat <= now + skew && claims.iat >= begun - skew, "iat"),
        (claims.nbf.is_none_or(|nbf| nbf <= now + skew), "nbf"),
        (claims.nonce.as_deref() == Some(nonce), "nonce"),
        ((1..=255).contains(&claims.sub.len()) && claims.sub.bytes().all(|b| (0x20..0x7f).contains(&b)), "sub"),
        (!fresh || claims.auth_time.is_some_and(|at| at >= begun - skew && at <= now + skew), "auth_time"),
    ];
    rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, claim)| Err(claim))
}

/// Has the provider asked for a second factor, and is that enough here?
pub fn is_strong(claims: &Claims, provider: &identity_provider::Model) -> bool {
    let named = provider.second_factor_acr.as_deref();
    let shown = claims.amr.iter().any(|method| method == "mfa") || (named.is_some() && claims.acr.as_deref() == named);
    provider.second_factor == SecondFactorBy::Provider && shown
}

/// The issuer as it is compared: as it was written, an address without query and fragment.
pub fn issuer(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain =
        url.query().is_none() && url.fragment().is_none() && text.len() <= 200 && !text.contains(['?', '#', '\\']);
    (plain && text.is_ascii() && !text.contains(char::is_whitespace)).then_some(url)
}

/// Where an issuer tells about itself (OpenID Connect Discovery, 4).
pub fn discovery(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// The kind of bearer secret that an identity is linked with.
pub fn ticket(purpose: AttemptPurpose) -> &'static str {
    if purpose == AttemptPurpose::Invitation { "idi" } else { "idl" }
}

/// Can the provider still answer?
pub fn is_waiting(row: &attempt::Model, now: DateTime<Utc>) -> bool {
    row.answered_at.is_none() && row.ended_at.is_none() && row.expires_at > now
}

/// Has the provider answered, and is there still something to do?
pub fn is_answered(row: &attempt::Model, now: DateTime<Utc>) -> bool {
    row.answered_at.is_some() && row.ended_at.is_none() && row.expires_at > now
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lie = fn(&mut Claims);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn claims() -> Claims {
        Claims {
            iss: "https://idp.example.jp".into(),
            sub: "248289761001".into(),
            aud: Audience::One("entaku".into()),
            azp: None,
            exp: at(300).timestamp(),
            iat: at(0).timestamp(),
            nbf: None,
            nonce: Some("n".into()),
            auth_time: None,
            amr: Vec::new(),
            acr: None,
        }
    }

    fn judged(change: impl Fn(&mut Claims), fresh: bool) -> Result<(), &'static str> {
        let mut claims = claims();
        change(&mut claims);
        let expected =
            Expected { issuer: "https://idp.example.jp", client_id: "entaku", nonce: "n", begun: at(-30), fresh };
        believe(&claims, expected, at(0))
    }

    #[test]
    fn a24_every_claim_must_be_right() {
        let many = |all: &[&str]| Audience::Many(all.iter().map(ToString::to_string).collect());
        assert_eq!(judged(|_| (), false), Ok(()));
        assert_eq!(judged(|c| c.aud = many(&["entaku"]), false), Ok(()));
        assert_eq!(judged(|c| (c.aud, c.azp) = (many(&["x", "entaku"]), Some("entaku".into())), false), Ok(()));
        assert_eq!(judged(|c| c.auth_time = Some(at(-10).timestamp()), true), Ok(()));
        let wrong: [(Lie, &str); 16] = [
            (|c| c.iss = "https://idp.example.jp/".into(), "iss"),
            (|c| c.iss = "https://evil.example".into(), "iss"),
            (|c| c.aud = Audience::One("other".into()), "aud"),
            (|c| c.aud = Audience::Many(vec![]), "aud"),
            (|c| c.aud = Audience::Many(vec!["entaku".into(), "other".into()]), "azp"),
            (|c| c.azp = Some("other".into()), "azp"),
            (|c| c.exp = at(-60).timestamp(), "exp"),
            (|c| c.exp = i64::MIN, "exp"),
            (|c| c.iat = at(61).timestamp(), "iat"),
            (|c| c.iat = at(-91).timestamp(), "iat"),
            (|c| c.nbf = Some(at(61).timestamp()), "nbf"),
            (|c| c.nonce = None, "nonce"),
            (|c| c.nonce = Some("of another attempt".into()), "nonce"),
            (|c| c.sub = String::new(), "sub"),
            (|c| c.sub = "x".repeat(256), "sub"),
            (|c| c.sub = "a\0b".into(), "sub"),
        ];
        for (change, claim) in wrong {
            assert_eq!(judged(change, false), Err(claim));
        }
        assert_eq!(judged(|_| (), true), Err("auth_time"));
        assert_eq!(judged(|c| c.auth_time = Some(at(-3600).timestamp()), true), Err("auth_time"));
    }

    #[test]
    fn an_issuer_is_an_address_and_nothing_else() {
        for good in ["https://idp.example.jp", "https://login.example.jp/tenant/v2.0", "http://127.0.0.1:9000/"] {
            assert!(issuer(good).is_some(), "{good}");
        }
        for bad in
            ["", "idp", "https://idp.example.jp?x", "https://idp.example.jp#x", "https://a b.jp", "https://市.jp"]
        {
            assert!(issuer(bad).is_none(), "{bad}");
        }
        assert_eq!(discovery("https://a.jp/t/"), "https://a.jp/t/.well-known/openid-configuration");
    }
}
