//! Single sign-on: a browser, a municipality and a provider that lies in every way it can.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use entaku::api::http::router;
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::factor::totp;
use entaku::people::sso::entity::{IdentityId, identity};
use http_body_util::BodyExt;
use sea_orm::{ActiveModelTrait, Set};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::factor::{base32, texts};
use crate::sessions::{PASSWORD, SIGN_IN, account, staff};
use crate::support::client::Answer;
use crate::support::provider::{CLIENT, Provider, SECRET, Signing};
use crate::support::{Client, Town};

mod answers;
mod factor;
mod invitations;
mod linking;

const SET: &str = "mutation($input: IdentityProviderSetInput!) {
    identityProviderSet(input: $input) { id revision issuer enabled clientId staffOnlyHere } }";
const LINK: &str = "mutation($token: String!) { identityLink(token: $token) { id issuer account { name } } }";
const UNLINK: &str = "mutation($id: ID!) { identityUnlink(identityId: $id) { id identities { id } } }";
const ACCEPT: &str = "mutation($input: InvitationAcceptWithIdentityInput!) {
    invitationAcceptWithIdentity(input: $input) { changedAt } }";
const INVITE: &str = "mutation($input: InvitationCreateInput!) { invitationCreate(input: $input) { id } }";
const ME: &str = "{ viewer { name secondFactorAt identities { id issuer } appointments { role }
    sessions(first: 20) { nodes { current singleSignOn authenticatedAt endedAt endReason } } } }";
const SECTION: &str = "mutation { sectionCreate(input: {name: \"総務課\", establishedOn: \"2026-04-01\"}) { id } }";

/// A browser: it keeps cookies, and sends the strict ones only with what our own page asks.
struct Browser<'t> {
    town: &'t Town,
    jar: BTreeMap<String, String>,
    origin: &'static str,
}

/// What a browser got.
struct Reply {
    status: StatusCode,
    location: String,
    cookies: Vec<String>,
    body: Value,
}

impl Reply {
    fn code(&self) -> String {
        let extensions = &self.body["errors"][0]["extensions"];
        let words = [&extensions["code"], &extensions["reason"]].into_iter().filter_map(Value::as_str);
        words.collect::<Vec<_>>().join("/")
    }

    /// Where our page is told to send the browser.
    fn to(&self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body["location"].as_str().expect("a location").to_owned()
    }
}

impl<'t> Browser<'t> {
    fn new(town: &'t Town) -> Self {
        Self { town, jar: BTreeMap::new(), origin: "http://127.0.0.1:8000" }
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let own = body.is_some();
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8000");
        if own {
            request = request.header(header::ORIGIN, self.origin).header(header::CONTENT_TYPE, "application/json");
        }
        // A link on another site brings along what is lax alone.
        let sent = self.jar.iter().filter(|(name, _)| own || name.ends_with("-sso"));
        let cookies: Vec<String> = sent.map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = request.body(body.map_or(Body::empty(), |json| Body::from(json.to_string())));
        let response = router(self.town.app.clone()).oneshot(request.expect("a request")).await.expect("an answer");
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map_or("", |v| v.to_str().expect("text")).to_owned();
        let given = response.headers().get_all(header::SET_COOKIE).iter();
        let cookies: Vec<String> = given.map(|v| v.to_str().expect("text").to_owned()).collect();
        for cookie in &cookies {
            let (name, value) = cookie.split(';').next().expect("a pair").split_once('=').expect("a pair");
            if cookie.ends_with("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        Reply { status, location, cookies, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    async fn start(&mut self, wanted: Value) -> Reply {
        let mut wanted = wanted;
        wanted["municipality"] = json!(self.town.code.as_str());
        self.send("POST", "/sso/start", Some(wanted)).await
    }

    /// Presses the button; tells where the provider sends the browser back to.
    async fn visit(&mut self, provider: &Provider, purpose: &str, subject: &str) -> String {
        let location = self.start(json!({ "purpose": purpose })).await.to();
        provider.sign_in(&location, subject)
    }

    /// Follows the provider's redirect; tells where it leads.
    async fn back(&mut self, address: &str) -> String {
        let path = address.strip_prefix("http://127.0.0.1:8000").expect("our address");
        let reply = self.send("GET", path, None).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        reply.location
    }

    /// All the way; tells where it ends.
    async fn sign_in(&mut self, provider: &Provider, subject: &str) -> String {
        let back = self.visit(provider, "SIGN_IN", subject).await;
        self.back(&back).await
    }

    async fn password(&mut self, email: &str) -> Reply {
        let body = json!({"municipality": self.town.code.as_str(), "email": email, "password": PASSWORD});
        self.send("POST", "/playground/session", Some(body)).await
    }

    async fn run(&mut self, query: &str, variables: Value) -> Reply {
        self.send("POST", "/graphql", Some(json!({ "query": query, "variables": variables }))).await
    }

    async fn me(&mut self) -> Value {
        self.run(ME, json!({})).await.body["data"]["viewer"].clone()
    }

    fn is_signed_in(&self) -> bool {
        self.jar.contains_key("entaku")
    }
}

fn input(provider: &Provider) -> Value {
    json!({"issuer": provider.issuer, "clientId": CLIENT, "clientSecret": SECRET, "secondFactor": "LOCAL", "enabled": true})
}

/// A town with a provider.
async fn town() -> (Town, Provider, Client) {
    let town = Town::new().await;
    let provider = Provider::new(town.app.clock.clone()).await;
    let admin = town.staff(Role::Admin).await;
    admin.run(SET, json!({ "input": input(&provider) })).await.data();
    (town, provider, admin)
}

/// Links an identity without further ado.
async fn linked(town: &Town, provider: &Provider, account: AccountId, subject: &str) {
    let tx = town.system();
    let row = identity::ActiveModel {
        id: Set(IdentityId::new()),
        account_id: Set(account),
        issuer: Set(provider.issuer.clone()),
        subject: Set(subject.to_owned()),
        ..Default::default()
    };
    row.insert(&tx).await.expect("an identity");
    tx.commit().await.expect("committed");
}

/// A clerk who is known by an identity and has no password.
async fn clerk(town: &Town, provider: &Provider, subject: &str) -> AccountId {
    let id = town.person(Role::GrantStaff, ScopeKind::Municipality, None).await.0;
    linked(town, provider, id, subject).await;
    id
}

async fn count(town: &Town, sql: &str) -> usize {
    town.system().rows(Sql::new(sql)).await.expect("rows").len()
}

/// Nobody came in, and nobody was linked.
async fn nothing_came_of_it(town: &Town, browser: &Browser<'_>) {
    assert!(!browser.is_signed_in());
    assert_eq!(count(town, "SELECT FROM sessions WHERE single_sign_on").await, 0);
    assert_eq!(count(town, "SELECT FROM session_cookies").await, 0);
}

/// The ticket that a purpose ends with.
fn ticket(place: &str) -> String {
    let ticket = place.strip_prefix("/account#").expect("the page");
    assert!(ticket.starts_with("idl.") || ticket.starts_with("idi."), "{place}");
    ticket.to_owned()
}

#[tokio::test]
async fn a_town_sets_its_provider_and_everybody_sees_that_there_is_one() {
    let town = Town::new().await;
    let provider = Provider::new(town.app.clock.clone()).await;
    let admin = town.staff(Role::Admin).await;
    let set = |input: Value| admin.run(SET, json!({ "input": input }));
    let mut without = input(&provider);
    without.as_object_mut().expect("an input").remove("clientSecret");
    set(without.clone()).await.expect_code("INVALID_INPUT");
    let made = set(input(&provider)).await.data()["identityProviderSet"].clone();
    assert_eq!((&made["revision"], &made["clientId"]), (&json!(1), &json!(CLIENT)));
    set(without).await.data();
    let mut stale = input(&provider);
    stale["revision"] = json!(1);
    set(stale).await.expect_code("CONFLICT/STALE");
    let list = "{ identityProviders(first: 1) { nodes { issuer enabled clientId secondFactor } } }";
    let seen = town.public().run(list, json!({})).await.data()["identityProviders"]["nodes"][0].clone();
    assert_eq!((&seen["issuer"], &seen["clientId"]), (&json!(provider.issuer), &Value::Null));
    for role in [Role::GrantStaff, Role::Auditor, Role::Resident] {
        let who = town.staff(role).await;
        who.run(SET, json!({ "input": input(&provider) })).await.expect_code("FORBIDDEN");
    }
    let mut off = input(&provider);
    off["enabled"] = json!(false);
    set(off).await.data();
    assert_eq!(town.public().run(list, json!({})).await.data()["identityProviders"]["nodes"], json!([]));
    let mut browser = Browser::new(&town);
    assert_eq!(browser.start(json!({"purpose": "SIGN_IN"})).await.code(), "CONFLICT/SSO_OFF");
    town.app.clock.advance(Duration::minutes(16));
    set(input(&provider)).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a28_setting_the_provider_needs_a_fresh_proof() {
    let town = Town::new().await;
    let provider = Provider::new(town.app.clock.clone()).await;
    staff(&town, "admin@example.jp", Role::Admin).await;
    let mut browser = Browser::new(&town);
    browser.password("admin@example.jp").await;
    town.app.clock.advance(Duration::minutes(16));
    let reply = browser.run(SET, json!({ "input": input(&provider) })).await;
    assert_eq!(reply.code(), "FORBIDDEN/STEP_UP");
    assert_eq!(count(&town, "SELECT FROM identity_providers").await, 0);
}

#[tokio::test]
async fn a29_the_clients_secret_is_sealed_and_told_nowhere() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "subject-canary").await;
    let mut browser = Browser::new(&town);
    assert_eq!(browser.sign_in(&provider, "subject-canary").await, "/playground");
    let secret = "a secret of the client";
    assert_eq!(count(&town, &format!("SELECT FROM identity_providers p WHERE p::text LIKE '%{secret}%'")).await, 0);
    for canary in [secret, "subject-canary"] {
        for table in ["audit_entries", "events"] {
            let found = count(&town, &format!("SELECT FROM {table} t WHERE t::text LIKE '%{canary}%'")).await;
            assert_eq!(found, 0, "{canary} in {table}");
        }
    }
    let attempts = "SELECT FROM sign_in_attempts a WHERE a::text LIKE '%sso.%' OR a::text LIKE '%idl.%'";
    assert_eq!(count(&town, attempts).await, 0, "of secrets only hashes are kept");
    let sealed = count(&town, "SELECT FROM audit_entries WHERE kind = 'identity_providers' AND after ? 'secret'").await;
    assert_eq!(sealed, 0);
}

#[tokio::test]
async fn v10_v13_an_issuer_that_is_none_is_not_taken() {
    let town = Town::new().await;
    let provider = Provider::new(town.app.clock.clone()).await;
    let admin = town.staff(Role::Admin).await;
    let set = async |issuer: &str| -> Answer {
        let mut input = input(&provider);
        input["issuer"] = json!(issuer);
        admin.run(SET, json!({ "input": input })).await
    };
    for issuer in [
        "http://login.example.jp",
        "https://10.0.0.1",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://login.example.jp?x=1",
        "nowhere",
        "",
    ] {
        let answer = set(issuer).await.expect_code("INVALID_INPUT");
        assert_eq!(answer.body["errors"][0]["extensions"]["fields"][0]["rule"], "ISSUER", "{issuer}");
    }
    let at = provider.issuer.clone();
    let other = |name: &str, value: &str| {
        let mut document = json!({"issuer": at, "authorization_endpoint": format!("{at}/auth"),
            "token_endpoint": format!("{at}/token"), "jwks_uri": format!("{at}/jwks")});
        document[name] = json!(value);
        document
    };
    for lie in [
        other("issuer", "https://another.example.jp"),
        other("token_endpoint", "http://10.0.0.1/token"),
        other("jwks_uri", "file:///etc/passwd"),
        other("authorization_endpoint", "javascript:alert(1)"),
        json!({}),
        json!([]),
    ] {
        provider.set(|mood| mood.discovery = Some(lie.clone()));
        let answer = set(&provider.issuer).await.expect_code("INVALID_INPUT");
        assert_eq!(answer.body["errors"][0]["extensions"]["fields"][0]["rule"], "DISCOVERY", "{lie}");
    }
    let deep = "[".repeat(50_000).into_bytes();
    for body in [b"<html>".to_vec(), deep, vec![b' '; 1024 * 1024]] {
        provider.set(|mood| mood.body = Some(body.clone()));
        set(&provider.issuer).await.expect_code("INVALID_INPUT");
    }
    assert_eq!(count(&town, "SELECT FROM identity_providers").await, 0);
}
