//! What providers tell about themselves (OpenID Connect Discovery 1.0), and their keys (RFC 7517). Both are kept in
//! memory: for an hour, and for a day where a provider does not answer.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::jwk::Jwk;
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::kernel::error::{Error, Result};
use crate::kernel::fetch::{Fetch, FetchError};
use crate::people::sso::rules;

/// How long what a provider has told is believed without asking again.
const FRESH: Duration = Duration::hours(1);
/// How long it is believed where the provider does not answer.
const STALE: Duration = Duration::hours(24);
/// How often a provider is asked for a key that it has not shown, or again after it did not answer.
const AGAIN: Duration = Duration::minutes(1);
/// The most keys of one provider.
const MOST_KEYS: usize = 50;
/// How many providers are remembered: every municipality of the country has one.
const KEPT: usize = 2_000;

/// A provider's metadata.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Where browsers are sent.
    pub authorization: Url,
    /// Where codes become tokens.
    pub token: Url,
    /// Where its keys are.
    jwks: Url,
    /// Does the client name itself in a header (`client_secret_basic`), rather than in the body?
    pub basic: bool,
    /// Does it say in every answer who it is (RFC 9207)?
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What was told, and when.
struct Told<T> {
    what: Arc<T>,
    at: DateTime<Utc>,
    /// When the provider was last asked, whether it answered or not.
    asked: DateTime<Utc>,
}

impl<T> Clone for Told<T> {
    fn clone(&self) -> Self {
        Self { what: self.what.clone(), ..*self }
    }
}

/// The providers of all municipalities.
pub struct Providers {
    fetch: Fetch,
    metadata: Cache<String, Told<Metadata>>,
    keys: Cache<String, Told<Vec<Jwk>>>,
}

impl Providers {
    /// None is known yet.
    pub fn new(fetch: Fetch) -> Self {
        Self { fetch, metadata: Cache::new(KEPT), keys: Cache::new(KEPT) }
    }

    /// What they are asked with.
    pub fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    /// Asks an issuer what it is now, whatever was known.
    ///
    /// # Errors
    /// What is wrong, for the log.
    pub async fn look(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, String> {
        let url = Url::parse(&rules::discovery(issuer)).map_err(|e| e.to_string())?;
        let body = self.fetch.get(&url).await.map_err(|e: FetchError| e.to_string())?;
        let found: Document = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        if found.issuer != issuer {
            return Err("it says that it is another issuer".to_owned());
        }
        let endpoints = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
        if !endpoints.into_iter().all(|url| self.fetch.allows(url)) {
            return Err("it names an address that is not asked".to_owned());
        }
        let methods = found.token_endpoint_auth_methods_supported;
        let what = Arc::new(Metadata {
            authorization: found.authorization_endpoint,
            token: found.token_endpoint,
            jwks: found.jwks_uri,
            basic: methods.is_none_or(|methods| methods.iter().any(|m| m == "client_secret_basic")),
            names_itself: found.authorization_response_iss_parameter_supported,
        });
        self.metadata.insert(issuer.to_owned(), Told { what: what.clone(), at: now, asked: now });
        Ok(what)
    }

    /// What an issuer is.
    ///
    /// # Errors
    /// UNAVAILABLE where it does not say, and has not for a day.
    pub async fn metadata(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>> {
        let known = self.metadata.get(issuer);
        if let Some(told) = known.as_ref().filter(|told| now - told.at < FRESH || now - told.asked < AGAIN) {
            return Ok(told.what.clone());
        }
        let asked = self.look(issuer, now).await;
        let told = given(issuer, &asked, known, now)?;
        self.metadata.insert(issuer.to_owned(), told.clone());
        Ok(told.what)
    }

    /// An issuer's keys, among them the one that is named, if it has it. Asked for again where the name is unknown, but
    /// not more often than once a minute, whatever names are made up.
    ///
    /// # Errors
    /// UNAVAILABLE where it does not tell them, and has not for a day.
    pub async fn keys(&self, issuer: &str, named: Option<&str>, now: DateTime<Utc>) -> Result<Arc<Vec<Jwk>>> {
        let known = self.keys.get(issuer);
        let has = |keys: &[Jwk]| named.is_none_or(|kid| keys.iter().any(|k| k.common.key_id.as_deref() == Some(kid)));
        let good = |told: &&Told<Vec<Jwk>>| (now - told.at < FRESH && has(&told.what)) || now - told.asked < AGAIN;
        if let Some(told) = known.as_ref().filter(good) {
            return Ok(told.what.clone());
        }
        let metadata = self.metadata(issuer, now).await?;
        let asked = self.ask_keys(&metadata.jwks).await;
        let told = given(issuer, &asked, known, now)?;
        self.keys.insert(issuer.to_owned(), told.clone());
        Ok(told.what)
    }

    async fn ask_keys(&self, url: &Url) -> Result<Arc<Vec<Jwk>>, String> {
        let body = self.fetch.get(url).await.map_err(|e| e.to_string())?;
        let set: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        let all = set["keys"].as_array().ok_or("no list of keys")?;
        // Keys of kinds that nobody here knows are no fault.
        let keys = all.iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key.clone()).ok());
        Ok(Arc::new(keys.collect()))
    }
}

/// What was told just now, or before.
fn given<T>(
    issuer: &str,
    asked: &Result<Arc<T>, String>,
    known: Option<Told<T>>,
    now: DateTime<Utc>,
) -> Result<Told<T>> {
    match asked {
        Ok(what) => Ok(Told { what: what.clone(), at: now, asked: now }),
        Err(cause) => {
            tracing::warn!(issuer, cause, "a provider of single sign-on does not answer");
            let known = known.filter(|told| now - told.at < STALE).ok_or(Error::Unavailable)?;
            Ok(Told { asked: now, ..known })
        }
    }
}
