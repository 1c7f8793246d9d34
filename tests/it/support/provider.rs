//! A provider of OpenID Connect on loopback that does as it is told: it signs with keys of its own, or badly.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use entaku::kernel::clock::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use url::Url;

pub const CLIENT: &str = "entaku-client";
pub const SECRET: &str = "a secret of the client: é/+&";

/// How ID tokens are signed.
#[derive(Clone)]
pub enum Signing {
    /// With the provider's key.
    Well,
    /// Not at all.
    Not(&'static str),
    /// With a shared secret instead of a key.
    Shared(Vec<u8>),
    /// With a key of somebody else's, which the header brings along.
    Own,
    /// With the provider's key under another name.
    Named(&'static str),
    /// Well, but for another purpose.
    Typed(&'static str),
    /// Altered afterwards.
    Altered,
}

/// What it does.
pub struct Mood {
    pub signing: Signing,
    /// What it says besides, or otherwise.
    pub claims: Value,
    pub keys_up: bool,
    /// Another discovery document.
    pub discovery: Option<Value>,
    /// Another body of that document altogether.
    pub body: Option<Vec<u8>>,
}

struct Key {
    id: String,
    signs: EncodingKey,
    public: Vec<u8>,
}

impl Key {
    fn new(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let pkcs8 = pair.to_pkcs8v1().expect("a key");
        let public = pair.public_key().as_ref().to_vec();
        Self { id: id.to_owned(), signs: EncodingKey::from_ec_der(pkcs8.as_ref()), public }
    }

    fn jwk(&self) -> Value {
        let half = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": half(&self.public[1..33]), "y": half(&self.public[33..])})
    }
}

struct Inside {
    issuer: String,
    clock: Clock,
    mood: Mood,
    key: Key,
    /// What was asked of each code.
    codes: HashMap<String, HashMap<String, String>>,
    spent: HashSet<String>,
    asked_keys: u32,
}

/// A provider.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    inside: Arc<Mutex<Inside>>,
}

impl Provider {
    /// A provider that does well.
    pub async fn new(clock: Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let mood = Mood { signing: Signing::Well, claims: json!({}), keys_up: true, discovery: None, body: None };
        let inside = Inside {
            issuer: issuer.clone(),
            clock,
            mood,
            key: Key::new("first"),
            codes: HashMap::new(),
            spent: HashSet::new(),
            asked_keys: 0,
        };
        let provider = Self { issuer, inside: Arc::new(Mutex::new(inside)) };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    /// Changes what it does from now on.
    pub fn set(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.inside.lock().expect("inside").mood);
    }

    /// Signs with another key from now on.
    pub fn rotate(&self, id: &str) {
        self.inside.lock().expect("inside").key = Key::new(id);
    }

    /// The public key, as raw bytes.
    pub fn public(&self) -> Vec<u8> {
        self.inside.lock().expect("inside").key.public.clone()
    }

    /// How often its keys were asked for.
    pub fn asked_keys(&self) -> u32 {
        self.inside.lock().expect("inside").asked_keys
    }

    /// Somebody signs in there, where the browser was sent to; tells where it is sent back to.
    pub fn sign_in(&self, location: &str, subject: &str) -> String {
        let url = Url::parse(location).expect("a location");
        let mut asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43 && asked["code_challenge"].len() == 43);
        let (back, state) = (asked["redirect_uri"].clone(), asked["state"].clone());
        asked.insert("sub".to_owned(), subject.to_owned());
        let code = uuid::Uuid::new_v4().simple().to_string();
        self.inside.lock().expect("inside").codes.insert(code.clone(), asked);
        let mut back = Url::parse(&back).expect("an address");
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &state).append_pair("iss", &self.issuer);
        back.into()
    }
}

async fn discovery(State(provider): State<Provider>) -> Response {
    let inside = provider.inside.lock().expect("inside");
    if let Some(body) = &inside.mood.body {
        return body.clone().into_response();
    }
    let issuer = &inside.issuer;
    let plain = json!({"issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        "authorization_response_iss_parameter_supported": true});
    Json(inside.mood.discovery.clone().unwrap_or(plain)).into_response()
}

async fn keys(State(provider): State<Provider>) -> Response {
    let mut inside = provider.inside.lock().expect("inside");
    inside.asked_keys += 1;
    if !inside.mood.keys_up {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(json!({"keys": [{"kty": "unheard of", "kid": "?"}, inside.key.jwk()]})).into_response()
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    let mut inside = provider.inside.lock().expect("inside");
    let form: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let refuse = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    let word = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let known = format!("Basic {}", STANDARD.encode(format!("{}:{}", word(CLIENT), word(SECRET))));
    if headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok()) != Some(&known) {
        return refuse("invalid_client");
    }
    let code = form.get("code").cloned().unwrap_or_default();
    let Some(asked) = inside.codes.get(&code).cloned() else { return refuse("invalid_grant") };
    let challenge = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form["code_verifier"].as_bytes());
    let proved = URL_SAFE_NO_PAD.encode(challenge.as_ref()) == asked["code_challenge"];
    if !proved || form["redirect_uri"] != asked["redirect_uri"] || !inside.spent.insert(code) {
        return refuse("invalid_grant");
    }
    Json(json!({"access_token": "unused", "token_type": "Bearer", "id_token": inside.id_token(&asked)})).into_response()
}

impl Inside {
    fn id_token(&self, asked: &HashMap<String, String>) -> String {
        let now = self.clock.now().timestamp();
        let mut claims = json!({"iss": self.issuer, "aud": CLIENT, "sub": asked["sub"], "nonce": asked["nonce"],
            "iat": now, "exp": now + 300});
        if asked.get("max_age").is_some_and(|age| age == "0") {
            claims["auth_time"] = json!(now);
        }
        for (name, value) in self.mood.claims.as_object().expect("claims") {
            if value.is_null() {
                claims.as_object_mut().expect("claims").remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let mut head = Header::new(Algorithm::ES256);
        head.kid = Some(self.key.id.clone());
        let signed = |head: &Header, key: &EncodingKey| encode(head, &claims, key).expect("signed");
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        match &self.mood.signing {
            Signing::Well => signed(&head, &self.key.signs),
            Signing::Not(alg) => format!("{}.{}.", part(&json!({"alg": alg, "typ": "JWT"})), part(&claims)),
            Signing::Shared(secret) => {
                head.alg = Algorithm::HS256;
                signed(&head, &EncodingKey::from_secret(secret))
            }
            Signing::Own => {
                let own = Key::new("own");
                head.kid = Some("own".to_owned());
                head.jwk = serde_json::from_value(own.jwk()).ok();
                signed(&head, &own.signs)
            }
            Signing::Named(name) => {
                head.kid = Some((*name).to_owned());
                signed(&head, &self.key.signs)
            }
            Signing::Typed(typ) => {
                head.typ = Some((*typ).to_owned());
                signed(&head, &self.key.signs)
            }
            Signing::Altered => {
                let good = signed(&head, &self.key.signs);
                let parts: Vec<&str> = good.split('.').collect();
                claims["sub"] = json!("somebody else");
                format!("{}.{}.{}", parts[0], part(&claims), parts[2])
            }
        }
    }
}
