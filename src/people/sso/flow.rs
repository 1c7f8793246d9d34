//! The authorization code flow (RFC 6749, 4.1) with PKCE (RFC 7636): where a browser is sent, and what its code is
//! worth.

use futures_util::future::BoxFuture;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::kernel::error::{Error, Result};
use crate::kernel::fetch::{Fetch, FetchError};
use crate::kernel::keys::{KeyRing, Sealed, derived};
use crate::people::sso::discovery::Metadata;
use crate::people::sso::entity::{AttemptPurpose, IdentityProviderId, identity_provider};
use crate::people::sso::id_token::unbelievable;

/// What an answer of the token endpoint has besides (OpenID Connect Core, 3.1.3.3).
#[derive(Debug, Deserialize, Serialize)]
struct IdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdToken {}

type Client = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<IdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What an attempt tells the provider of itself. All of it is made of the secret that the browser keeps, so that it is
/// kept nowhere and fits no other browser.
pub struct Secrets {
    /// Comes back in the browser's address.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    verifier: String,
}

impl Secrets {
    /// Those of a browser's secret.
    pub fn of(secret: &str) -> Self {
        let of = |purpose| derived(secret, purpose);
        Self { state: of("sso state"), nonce: of("sso nonce"), verifier: of("sso verifier") }
    }
}

/// What the client's secret of a provider is sealed for.
pub fn context(id: IdentityProviderId) -> Vec<u8> {
    [b"client secret ", id.0.as_bytes().as_slice()].concat()
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    type Future = BoxFuture<'c, Result<HttpResponse, FetchError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// We, as the provider knows us.
pub struct Party(Client);

impl Party {
    /// Puts together what the municipality has set, what the provider tells, and where browsers come back.
    pub fn new(keys: &KeyRing, provider: &identity_provider::Model, metadata: &Metadata, back: &str) -> Result<Self> {
        let sealed = Sealed { key: provider.key_id.clone(), text: provider.secret.clone() };
        let secret = keys.open(&context(provider.id), &sealed).map_err(Error::internal)?;
        let secret = String::from_utf8(secret).map_err(Error::internal)?;
        let auth = if metadata.basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        let client = oauth2::Client::new(ClientId::new(provider.client_id.clone()))
            .set_client_secret(ClientSecret::new(secret))
            .set_auth_type(auth)
            .set_auth_uri(AuthUrl::from_url(metadata.authorization.clone()))
            .set_token_uri(TokenUrl::from_url(metadata.token.clone()))
            .set_redirect_uri(RedirectUrl::new(back.to_owned()).map_err(Error::internal)?);
        Ok(Self(client))
    }

    /// Where a browser is sent.
    pub fn location(&self, secrets: &Secrets, purpose: AttemptPurpose, acr: Option<&str>) -> Url {
        let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
        let mut request = self
            .0
            .authorize_url(|| CsrfToken::new(secrets.state.clone()))
            .add_scope(Scope::new("openid".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_extra_param("nonce", secrets.nonce.clone());
        if purpose == AttemptPurpose::Elevate {
            request = request.add_extra_param("prompt", "login").add_extra_param("max_age", "0");
        }
        if let Some(acr) = acr {
            request = request.add_extra_param("acr_values", acr.to_owned());
        }
        request.url().0
    }

    /// The ID token that a code is worth.
    ///
    /// # Errors
    /// FORBIDDEN/SSO_ANSWER where the provider takes the code for nothing, UNAVAILABLE where it does not answer.
    pub async fn redeem(&self, fetch: &Fetch, issuer: &str, code: &str, secrets: Secrets) -> Result<String> {
        let asked = self
            .0
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier))
            .request_async(fetch)
            .await;
        match asked {
            Ok(answer) => answer.extra_fields().id_token.clone().ok_or_else(|| unbelievable(issuer, "no ID token")),
            Err(RequestTokenError::Request(cause)) => {
                tracing::warn!(issuer, %cause, "a provider of single sign-on does not answer");
                Err(Error::Unavailable)
            }
            Err(RequestTokenError::ServerResponse(refused)) => {
                Err(unbelievable(issuer, &format!("the code is refused: {}", refused.error())))
            }
            Err(_) => Err(unbelievable(issuer, "the answer is none of a token endpoint")),
        }
    }
}
