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

#[tokio::test]
async fn somebody_signs_in_with_the_town_halls_sign_in() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "248289761001").await;
    let mut browser = Browser::new(&town);
    let begun = browser.start(json!({"purpose": "SIGN_IN"})).await;
    let cookie = &begun.cookies[0];
    assert!(cookie.starts_with("entaku-sso=sso.") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"));
    let back = provider.sign_in(&begun.to(), "248289761001");
    assert_eq!(browser.back(&back).await, "/playground");
    assert!(browser.is_signed_in() && !browser.jar.contains_key("entaku-sso"));
    let me = browser.me().await;
    assert_eq!(me["appointments"][0]["role"], "GRANT_STAFF");
    let current = me["sessions"]["nodes"].as_array().expect("sessions").iter().find(|s| s["current"] == true);
    assert_eq!(current.expect("a session")["singleSignOn"], true);
}

#[tokio::test]
async fn a24_an_answer_is_for_the_browser_and_the_attempt_that_wait_for_it_once() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let (mut mine, mut theirs, mut nobody) = (Browser::new(&town), Browser::new(&town), Browser::new(&town));
    let back = mine.visit(&provider, "SIGN_IN", "me").await;
    let own = theirs.visit(&provider, "SIGN_IN", "them").await;
    // Login CSRF: an attacker's answer in a browser that has begun nothing, or something else.
    assert_eq!(nobody.back(&back).await, "/account#sso.SSO_ATTEMPT");
    assert_eq!(theirs.back(&back).await, "/account#sso.SSO_ATTEMPT");
    assert_eq!(theirs.back(&own).await, "/account#sso.IDENTITY_UNKNOWN", "what they have begun goes on");
    let state = |address: &str, state: &str| {
        let mut url = url::Url::parse(address).expect("an address");
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair("state", state);
        url.to_string()
    };
    for forged in ["", "x", "\u{0}"] {
        let mut again = Browser::new(&town);
        again.jar.clone_from(&mine.jar);
        assert_eq!(again.back(&state(&back, forged)).await, "/account#sso.SSO_ATTEMPT", "{forged:?}");
    }
    let mut twice = Browser::new(&town);
    twice.jar.clone_from(&mine.jar);
    assert_eq!(twice.back(&format!("{back}&code=2")).await, "/account#sso.SSO_ATTEMPT", "one code, not two");
    // What others have tried has cost nothing.
    let kept = mine.jar.clone();
    assert_eq!(mine.back(&back).await, "/playground");
    let mut replay = Browser::new(&town);
    replay.jar = kept;
    replay.jar.remove("entaku");
    assert_eq!(replay.back(&back).await, "/account#sso.SSO_ATTEMPT", "once");
    let mut late = Browser::new(&town);
    let back = late.visit(&provider, "SIGN_IN", "me").await;
    town.app.clock.advance(Duration::minutes(10));
    assert_eq!(late.back(&back).await, "/account#sso.SSO_ATTEMPT", "in its time");
    assert_eq!(count(&town, "SELECT FROM sessions WHERE single_sign_on").await, 1);
}

#[tokio::test]
async fn a24_a_code_of_another_attempt_is_worth_nothing() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "victim").await;
    let (mut victim, mut attacker) = (Browser::new(&town), Browser::new(&town));
    let stolen = victim.visit(&provider, "SIGN_IN", "victim").await;
    let own = attacker.visit(&provider, "SIGN_IN", "attacker").await;
    let part = |address: &str, name: &str| {
        let url = url::Url::parse(address).expect("an address");
        url.query_pairs().find(|(found, _)| found == name).expect("a parameter").1.into_owned()
    };
    let injected = own.replace(&part(&own, "code"), &part(&stolen, "code"));
    assert_eq!(attacker.back(&injected).await, "/account#sso.SSO_ANSWER", "PKCE");
    nothing_came_of_it(&town, &attacker).await;
    assert_eq!(victim.back(&stolen).await, "/playground", "who it was stolen from is not kept out");
}

#[tokio::test]
async fn a24_an_id_token_is_believed_only_if_everything_is_right() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let now = town.app.clock.now().timestamp();
    let public = provider.public();
    let signings = [
        Signing::Not("none"),
        Signing::Not("nOnE"),
        Signing::Not("ES256"),
        Signing::Shared(public.clone()),
        Signing::Shared(SECRET.as_bytes().to_vec()),
        Signing::Own,
        Signing::Named("of nobody"),
        Signing::Named("../../x' OR 1=1"),
        Signing::Typed("at+jwt"),
        Signing::Typed("logout+jwt"),
        Signing::Altered,
    ];
    for (i, signing) in signings.into_iter().enumerate() {
        provider.set(|mood| mood.signing = signing);
        let mut browser = Browser::new(&town);
        assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER", "signing {i}");
        nothing_came_of_it(&town, &browser).await;
    }
    provider.set(|mood| mood.signing = Signing::Well);
    for claims in [
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{}/", provider.issuer)}),
        json!({"aud": "another client"}),
        json!({"aud": [CLIENT, "another client"]}),
        json!({"aud": null}),
        json!({"azp": "another client"}),
        json!({"exp": now - 61}),
        json!({"exp": "never"}),
        json!({"exp": null}),
        json!({"iat": now + 3600}),
        json!({"iat": now - 3600}),
        json!({"nbf": now + 3600}),
        json!({"nonce": "of another attempt"}),
        json!({"nonce": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
    ] {
        provider.set(|mood| mood.claims = claims.clone());
        let mut browser = Browser::new(&town);
        assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER", "{claims}");
        nothing_came_of_it(&town, &browser).await;
    }
    provider.set(|mood| mood.claims = json!({"aud": [CLIENT, "another client"], "azp": CLIENT, "more": [1, {}]}));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground", "the control");
}

#[tokio::test]
async fn a24_two_providers_are_not_mixed_up() {
    let (one, honest, _) = town().await;
    let two = Town::beside(one.app.clone()).await;
    let evil = Provider::new(two.app.clock.clone()).await;
    two.staff(Role::Admin).await.run(SET, json!({ "input": input(&evil) })).await.data();
    clerk(&one, &honest, "me").await;
    // The code of the honest provider, taken to the evil one's municipality.
    let (mut at_one, mut at_two) = (Browser::new(&one), Browser::new(&two));
    let of_one = at_one.visit(&honest, "SIGN_IN", "me").await;
    let of_two = at_two.visit(&evil, "SIGN_IN", "me").await;
    let crossed = of_one.replace(&format!("/sso/{}/", one.code.as_str()), &format!("/sso/{}/", two.code.as_str()));
    assert_ne!(crossed, of_one, "each municipality has an address of its own");
    assert_eq!(
        Browser { town: &one, jar: at_one.jar.clone(), origin: "" }.back(&crossed).await,
        "/account#sso.SSO_ATTEMPT"
    );
    assert_eq!(
        Browser { town: &two, jar: at_two.jar.clone(), origin: "" }.back(&of_one).await,
        "/account#sso.SSO_ATTEMPT"
    );
    assert_eq!(
        Browser { town: &two, jar: at_one.jar.clone(), origin: "" }.back(&of_two).await,
        "/account#sso.SSO_ATTEMPT"
    );
    // An answer that says it is another issuer's, and one that does not say whose it is.
    let named = |address: &str, iss: Option<&str>| {
        let mut url = url::Url::parse(address).expect("an address");
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        if let Some(iss) = iss {
            url.query_pairs_mut().append_pair("iss", iss);
        }
        url.to_string()
    };
    for iss in [Some(evil.issuer.as_str()), Some(""), None] {
        let mut browser = Browser::new(&one);
        let back = browser.visit(&honest, "SIGN_IN", "me").await;
        assert_eq!(browser.back(&named(&back, iss)).await, "/account#sso.SSO_ANSWER", "{iss:?}");
        nothing_came_of_it(&one, &browser).await;
    }
}

#[tokio::test]
async fn a24_an_attempt_does_not_outlive_its_provider() {
    let (town, provider, admin) = town().await;
    clerk(&town, &provider, "me").await;
    let mut browser = Browser::new(&town);
    let back = browser.visit(&provider, "SIGN_IN", "me").await;
    let other = Provider::new(town.app.clock.clone()).await;
    admin.run(SET, json!({ "input": input(&other) })).await.data();
    assert_eq!(browser.back(&back).await, "/account#sso.SSO_ATTEMPT");
    assert_eq!(
        Browser::new(&town).sign_in(&other, "me").await,
        "/account#sso.IDENTITY_UNKNOWN",
        "a subject is its issuer's"
    );
}

#[tokio::test]
async fn a25_an_identity_is_known_in_its_own_town_only() {
    let (one, provider, _) = town().await;
    let two = Town::beside(one.app.clone()).await;
    two.staff(Role::Admin).await.run(SET, json!({ "input": input(&provider) })).await.data();
    clerk(&one, &provider, "me").await;
    let mut browser = Browser::new(&two);
    assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.IDENTITY_UNKNOWN");
    nothing_came_of_it(&two, &browser).await;
    assert_eq!(Browser::new(&one).sign_in(&provider, "me").await, "/playground");
}

#[tokio::test]
async fn a24_an_address_links_nothing() {
    let (town, provider, _) = town().await;
    staff(&town, "known@example.jp", Role::GrantStaff).await;
    provider.set(|mood| mood.claims = json!({"email": "known@example.jp", "email_verified": true}));
    let mut browser = Browser::new(&town);
    assert_eq!(browser.sign_in(&provider, "known@example.jp").await, "/account#sso.IDENTITY_UNKNOWN");
    nothing_came_of_it(&town, &browser).await;
    assert_eq!(count(&town, "SELECT FROM identities").await, 0);
    assert_eq!(count(&town, "SELECT FROM audit_entries WHERE op = 'SIGN_IN_FAILED'").await, 1, "and it is noted");
}

#[tokio::test]
async fn a1_a17_a_suspended_account_is_nobody_to_the_provider_either() {
    let (town, provider, admin) = town().await;
    let id = clerk(&town, &provider, "me").await;
    let mut browser = Browser::new(&town);
    browser.sign_in(&provider, "me").await;
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    let id = entaku::kernel::id::encode("acc", id.0);
    admin.run(suspend, json!({ "id": id })).await.data();
    assert_eq!(browser.run(ME, json!({})).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.IDENTITY_UNKNOWN");
}

#[tokio::test]
async fn a24_keys_are_kept_asked_for_anew_and_not_too_often() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground");
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground");
    assert_eq!(provider.asked_keys(), 1);
    provider.set(|mood| mood.keys_up = false);
    town.app.clock.advance(Duration::hours(2));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground", "kept while they cannot be had");
    provider.set(|mood| mood.keys_up = true);
    provider.rotate("second");
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER", "a minute must pass");
    town.app.clock.advance(Duration::minutes(1));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/playground", "a new key is asked for");
    let asked = provider.asked_keys();
    provider.set(|mood| mood.signing = Signing::Named("made up"));
    for _ in 0..5 {
        assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.SSO_ANSWER");
    }
    assert_eq!(provider.asked_keys(), asked, "names that are made up ask nobody");
    provider.set(|mood| (mood.signing, mood.keys_up) = (Signing::Well, false));
    town.app.clock.advance(Duration::hours(25));
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.UNAVAILABLE", "a day at most");
}

#[tokio::test]
async fn v9_nothing_that_is_brought_decides_where_one_is_sent() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let mut browser = Browser::new(&town);
    let wanted =
        json!({"purpose": "SIGN_IN", "return": "https://evil.example", "redirect_uri": "https://evil.example"});
    let location = browser.start(wanted).await.to();
    assert!(!location.contains("evil"));
    let back = format!("{}&return=https://evil.example&redirect_uri=//evil.example", provider.sign_in(&location, "me"));
    assert_eq!(browser.back(&back).await, "/playground");
    // What the provider calls the fault does not reach the page's address.
    let mut refused = Browser::new(&town);
    let back = refused.visit(&provider, "SIGN_IN", "me").await;
    let (base, _) = back.split_once('?').expect("a query");
    let state = url::Url::parse(&back).expect("an address");
    let state = state.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let denied = format!("{base}?error=https://evil.example&error_description=%0d%0aset-cookie:x&state={state}");
    assert_eq!(refused.back(&denied).await, "/account#sso.SSO_REFUSED");
}

#[tokio::test]
async fn only_our_own_page_begins() {
    let (town, _, _) = town().await;
    let mut foreign = Browser { origin: "https://evil.example", ..Browser::new(&town) };
    assert_eq!(foreign.start(json!({"purpose": "SIGN_IN"})).await.code(), "FORBIDDEN/ORIGIN");
    let mut browser = Browser::new(&town);
    assert_eq!(browser.send("GET", "/sso/start", None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    for purpose in ["LINK", "ELEVATE"] {
        assert_eq!(browser.start(json!({ "purpose": purpose })).await.code(), "UNAUTHENTICATED");
    }
    for bad in [json!({"purpose": "OTHER"}), json!({})] {
        assert_eq!(browser.start(bad).await.code(), "BAD_REQUEST/JSON");
    }
    assert_eq!(browser.start(json!({"purpose": "INVITATION", "invitation": "inv.x"})).await.code(), "UNAUTHENTICATED");
    assert_eq!(count(&town, "SELECT FROM sign_in_attempts").await, 0);
}

/// The ticket that a purpose ends with.
fn ticket(place: &str) -> String {
    let ticket = place.strip_prefix("/account#").expect("the page");
    assert!(ticket.starts_with("idl.") || ticket.starts_with("idi."), "{place}");
    ticket.to_owned()
}

#[tokio::test]
async fn an_identity_is_linked_on_purpose_and_parted_from() {
    let (town, provider, _) = town().await;
    account(&town, "me@example.jp").await;
    let mut me = Browser::new(&town);
    me.password("me@example.jp").await;
    let back = me.visit(&provider, "LINK", "me").await;
    let token = ticket(&me.back(&back).await);
    // The ticket is worth nothing elsewhere, nor without a fresh proof.
    account(&town, "thief@example.jp").await;
    let mut thief = Browser::new(&town);
    thief.password("thief@example.jp").await;
    assert_eq!(thief.run(LINK, json!({ "token": token })).await.code(), "UNAUTHENTICATED");
    let mut elsewhere = Browser::new(&town);
    elsewhere.password("me@example.jp").await;
    assert_eq!(elsewhere.run(LINK, json!({ "token": token })).await.code(), "UNAUTHENTICATED", "another session");
    let linked = me.run(LINK, json!({ "token": token })).await.body["data"]["identityLink"].clone();
    assert_eq!(linked["issuer"], provider.issuer, "what others tried has cost nothing");
    assert_eq!(me.run(LINK, json!({ "token": token })).await.code(), "UNAUTHENTICATED", "once");
    let mut again = Browser::new(&town);
    assert_eq!(again.sign_in(&provider, "me").await, "/playground");
    // It is one account's.
    let back = thief.visit(&provider, "LINK", "me").await;
    let token = ticket(&thief.back(&back).await);
    assert_eq!(thief.run(LINK, json!({ "token": token })).await.code(), "CONFLICT/DUPLICATE");
    assert_eq!(thief.run(UNLINK, json!({"id": linked["id"]})).await.code(), "NOT_FOUND");
    town.app.clock.advance(Duration::minutes(16));
    assert_eq!(me.run(UNLINK, json!({"id": linked["id"]})).await.code(), "FORBIDDEN/STEP_UP");
    me.send("PATCH", "/playground/session", Some(json!({"password": PASSWORD}))).await;
    let parted = me.run(UNLINK, json!({"id": linked["id"]})).await;
    assert_eq!(parted.body["data"]["identityUnlink"]["identities"], json!([]), "{}", parted.body);
    assert_eq!(again.run(ME, json!({})).await.status, StatusCode::UNAUTHORIZED, "its other sessions end");
    assert_eq!(Browser::new(&town).sign_in(&provider, "me").await, "/account#sso.IDENTITY_UNKNOWN");
}

#[tokio::test]
async fn a28_linking_needs_a_fresh_proof() {
    let (town, provider, _) = town().await;
    account(&town, "me@example.jp").await;
    let mut me = Browser::new(&town);
    me.password("me@example.jp").await;
    let again = json!({ "password": PASSWORD });
    town.app.clock.advance(Duration::minutes(16));
    assert_eq!(me.start(json!({"purpose": "LINK"})).await.code(), "FORBIDDEN/STEP_UP", "before one is sent away");
    me.send("PATCH", "/playground/session", Some(again.clone())).await;
    town.app.clock.advance(Duration::minutes(14));
    let back = me.visit(&provider, "LINK", "me").await;
    let token = ticket(&me.back(&back).await);
    town.app.clock.advance(Duration::minutes(2));
    assert_eq!(me.run(LINK, json!({ "token": token })).await.code(), "FORBIDDEN/STEP_UP", "and afterwards");
    me.send("PATCH", "/playground/session", Some(again)).await;
    assert_eq!(me.run(LINK, json!({ "token": token })).await.code(), "", "the ticket is not spent in vain");
}

#[tokio::test]
async fn nobody_parts_from_their_only_way_in() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let mut me = Browser::new(&town);
    me.sign_in(&provider, "me").await;
    let id = me.me().await["identities"][0]["id"].clone();
    assert_eq!(me.run(UNLINK, json!({ "id": id })).await.code(), "CONFLICT/LAST_SIGN_IN");
}

/// The secret of an invitation, as its mail has it.
async fn invited(town: &Town, admin: &Client, email: &str, role: &str) -> String {
    let input = json!({"email": email, "role": role});
    let id = admin.run(INVITE, json!({ "input": input })).await.data()["invitationCreate"]["id"].clone();
    let id = entaku::kernel::id::decode(id.as_str().expect("an id")).expect("an id").1;
    let public = entaku::people::token::public_part("inv", &town.code, id);
    entaku::people::token::mailed(&town.app.keys, &public)
}

#[tokio::test]
async fn a26_an_invitation_is_accepted_with_an_identity_once() {
    let (town, provider, admin) = town().await;
    let secret = invited(&town, &admin, "new@example.jp", "GRANT_STAFF").await;
    let (mut first, mut second) = (Browser::new(&town), Browser::new(&town));
    let mut tickets = Vec::new();
    for (browser, subject) in [(&mut first, "new"), (&mut second, "another")] {
        let location = browser.start(json!({"purpose": "INVITATION", "invitation": secret})).await.to();
        let back = provider.sign_in(&location, subject);
        tickets.push(ticket(&browser.back(&back).await));
    }
    let accept = |token: &str| {
        let input = json!({"token": token, "name": "新 花子", "nameKana": "しん はなこ"});
        let public = town.public();
        async move { public.run(ACCEPT, json!({ "input": input })).await }
    };
    accept("idi.322091.0.x").await.expect_code("UNAUTHENTICATED");
    accept(&tickets[0]).await.data();
    accept(&tickets[0]).await.expect_code("UNAUTHENTICATED");
    accept(&tickets[1]).await.expect_code("UNAUTHENTICATED");
    let reply = second.start(json!({"purpose": "INVITATION", "invitation": secret})).await;
    assert_eq!(reply.code(), "UNAUTHENTICATED", "it was accepted");
    assert_eq!(first.sign_in(&provider, "new").await, "/playground");
    assert_eq!(first.me().await["appointments"][0]["role"], "GRANT_STAFF");
    let sign_in = json!({"email": "new@example.jp", "password": PASSWORD});
    town.public().run(SIGN_IN, sign_in).await.expect_code("UNAUTHENTICATED");
    // An address that has an account claims it after signing in.
    account(&town, "old@example.jp").await;
    let secret = invited(&town, &admin, "old@example.jp", "PLANNING_STAFF").await;
    let location = second.start(json!({"purpose": "INVITATION", "invitation": secret})).await.to();
    let back = provider.sign_in(&location, "old");
    let token = ticket(&second.back(&back).await);
    accept(&token).await.expect_code("CONFLICT/DUPLICATE");
    assert_eq!(count(&town, "SELECT FROM identities").await, 1);
}

#[tokio::test]
async fn a26_an_invitation_may_end_while_somebody_is_at_the_provider() {
    let (town, provider, admin) = town().await;
    let secret = invited(&town, &admin, "new@example.jp", "GRANT_STAFF").await;
    let mut browser = Browser::new(&town);
    let location = browser.start(json!({"purpose": "INVITATION", "invitation": secret})).await.to();
    let back = provider.sign_in(&location, "new");
    let token = ticket(&browser.back(&back).await);
    let list = admin.run("{ invitations(first: 1) { nodes { id } } }", json!({})).await.data();
    let id = list["invitations"]["nodes"][0]["id"].clone();
    admin.run("mutation($id: ID!) { invitationRevoke(id: $id) { id } }", json!({ "id": id })).await.data();
    let input = json!({"token": token, "name": "新 花子", "nameKana": "しん はなこ"});
    town.public().run(ACCEPT, json!({ "input": input })).await.expect_code("UNAUTHENTICATED");
    assert_eq!(count(&town, "SELECT FROM identities").await, 0);
}

/// Turns a second factor on for whoever uses the browser; gives what its authenticator shows now.
async fn enrol(browser: &mut Browser<'_>) -> Vec<u8> {
    let begun = browser.run("mutation { secondFactorEnrol { secret } }", json!({})).await;
    let secret = base32(begun.body["data"]["secondFactorEnrol"]["secret"].as_str().expect("a secret"));
    let code = shown(browser.town, &secret);
    let confirm = "mutation($code: String!) { secondFactorConfirm(code: $code) { codes } }";
    let done = browser.run(confirm, json!({ "code": code })).await;
    assert_eq!(texts(&done.body["data"]["secondFactorConfirm"]["codes"]).len(), 10);
    browser.town.app.clock.advance(Duration::seconds(60));
    secret
}

fn shown(town: &Town, secret: &[u8]) -> String {
    let totp = totp::of(secret.to_vec(), "x", "x").expect("a generator");
    totp.generate(u64::try_from(town.app.clock.now().timestamp()).expect("a time")).to_string()
}

#[tokio::test]
async fn a23_a_local_second_factor_is_asked_for_on_top() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let mut first = Browser::new(&town);
    first.sign_in(&provider, "me").await;
    let secret = enrol(&mut first).await;
    // What the provider has asked for does not count where the town has not said so.
    provider.set(|mood| mood.claims = json!({"amr": ["pwd", "mfa"]}));
    let mut browser = Browser::new(&town);
    assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.CODE");
    assert!(!browser.is_signed_in());
    let finish = async |browser: &mut Browser<'_>, body: Value| browser.send("POST", "/sso/finish", Some(body)).await;
    assert_eq!(finish(&mut browser, json!({})).await.code(), "UNAUTHENTICATED/SECOND_FACTOR_REQUIRED");
    assert_eq!(finish(&mut browser, json!({"code": "000000"})).await.code(), "UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    let kept = browser.jar.clone();
    let done = finish(&mut browser, json!({"code": shown(&town, &secret)})).await;
    assert_eq!((done.to().as_str(), browser.is_signed_in()), ("/playground", true));
    town.app.clock.advance(Duration::seconds(60));
    let mut again = Browser { town: &town, jar: kept, origin: browser.origin };
    let code = json!({"code": shown(&town, &secret)});
    assert_eq!(finish(&mut again, code.clone()).await.code(), "BAD_REQUEST/SSO_ATTEMPT", "once");
    assert_eq!(finish(&mut Browser::new(&town), code).await.code(), "BAD_REQUEST/SSO_ATTEMPT");
}

#[tokio::test]
async fn a23_the_providers_second_factor_is_enough_where_the_town_says_so() {
    let (town, provider, _) = town().await;
    let mut settings = input(&provider);
    (settings["secondFactor"], settings["secondFactorAcr"]) = (json!("PROVIDER"), json!("urn:two"));
    let admin = town.staff(Role::Admin).await;
    admin.run(SET, json!({ "input": settings })).await.data();
    let tx = town.system();
    tx.run(Sql::new("UPDATE municipality_settings SET second_factor_required = true")).await.expect("set");
    tx.commit().await.expect("committed");
    clerk(&town, &provider, "me").await;
    let mut weak = Browser::new(&town);
    assert_eq!(weak.sign_in(&provider, "me").await, "/playground");
    assert_eq!(
        weak.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.code(),
        "FORBIDDEN/SECOND_FACTOR_REQUIRED"
    );
    for claims in [json!({"amr": ["pwd", "mfa"]}), json!({"acr": "urn:two"})] {
        provider.set(|mood| mood.claims = claims.clone());
        let mut strong = Browser::new(&town);
        strong.sign_in(&provider, "me").await;
        assert_eq!(strong.me().await["appointments"][0]["role"], "GRANT_STAFF", "{claims}");
    }
    provider.set(|mood| mood.claims = json!({"amr": ["pwd"], "acr": "urn:one"}));
    let mut browser = Browser::new(&town);
    browser.sign_in(&provider, "me").await;
    assert_eq!(browser.run(SECTION, json!({})).await.code(), "FORBIDDEN/SECOND_FACTOR_REQUIRED");
}

#[tokio::test]
async fn a28_a_step_up_at_the_provider_is_fresh_and_by_the_same_person() {
    let (town, provider, _) = town().await;
    let (me, other) =
        (town.person(Role::Admin, ScopeKind::Municipality, None).await.0, clerk(&town, &provider, "other").await);
    linked(&town, &provider, me, "me").await;
    assert_ne!(me, other);
    let mut browser = Browser::new(&town);
    browser.sign_in(&provider, "me").await;
    let set = json!({ "input": input(&provider) });
    town.app.clock.advance(Duration::minutes(16));
    assert_eq!(browser.run(SET, set.clone()).await.code(), "FORBIDDEN/STEP_UP");
    let stale = town.app.clock.now().timestamp() - 900;
    for claims in [json!({ "auth_time": stale }), json!({"auth_time": null})] {
        provider.set(|mood| mood.claims = claims.clone());
        let back = browser.visit(&provider, "ELEVATE", "me").await;
        assert_eq!(browser.back(&back).await, "/account#sso.SSO_ANSWER", "{claims}");
    }
    provider.set(|mood| mood.claims = json!({}));
    let back = browser.visit(&provider, "ELEVATE", "other").await;
    assert_eq!(browser.back(&back).await, "/account#sso.IDENTITY_OTHER");
    assert_eq!(browser.run(SET, set.clone()).await.code(), "FORBIDDEN/STEP_UP");
    let before = browser.jar["entaku"].clone();
    let back = browser.visit(&provider, "ELEVATE", "me").await;
    assert_eq!(browser.back(&back).await, "/account#sso.PROVED");
    assert_ne!(browser.jar["entaku"], before, "a19: the cookie is replaced");
    assert_eq!(browser.run(SET, set).await.code(), "");
    // A session that has ended meanwhile is not brought back.
    let back = browser.visit(&provider, "ELEVATE", "me").await;
    browser.run("mutation { sessionEnd { id } }", json!({})).await;
    assert_eq!(browser.back(&back).await, "/account#sso.UNAUTHENTICATED");
}

#[tokio::test]
async fn a23_passwords_of_staff_are_refused_but_for_an_emergency() {
    let (town, provider, admin) = town().await;
    let emergency = staff(&town, "emergency@example.jp", Role::Admin).await;
    staff(&town, "clerk@example.jp", Role::GrantStaff).await;
    account(&town, "resident@example.jp").await;
    let mut keeper = Browser::new(&town);
    keeper.password("emergency@example.jp").await;
    let mut settings = input(&provider);
    settings["staffOnlyHere"] = json!(true);
    admin.run(SET, json!({ "input": settings })).await.expect_code("INVALID_INPUT");
    settings["emergencyAccountId"] = json!(emergency);
    admin.run(SET, json!({ "input": settings })).await.expect_code("CONFLICT/IDENTITY_MISSING");
    let me = town.person(Role::Admin, ScopeKind::Municipality, None).await.0;
    linked(&town, &provider, me, "me").await;
    let mut me = Browser::new(&town);
    me.sign_in(&provider, "me").await;
    assert_eq!(
        me.run(SET, json!({ "input": settings })).await.code(),
        "CONFLICT/EMERGENCY_ACCOUNT",
        "no second factor"
    );
    let secret = enrol(&mut keeper).await;
    let mut clerk = Browser::new(&town);
    clerk.password("clerk@example.jp").await;
    assert_eq!(me.run(SET, json!({ "input": settings })).await.code(), "");
    assert_eq!(clerk.run(ME, json!({})).await.status, StatusCode::UNAUTHORIZED, "whoever came in with a password");
    assert!(me.me().await["name"].is_string());

    assert_eq!(clerk.password("clerk@example.jp").await.code(), "FORBIDDEN/SSO_REQUIRED");
    let wrong = json!({"email": "clerk@example.jp", "password": "まちがった長いパスワード"});
    town.public().run(SIGN_IN, wrong).await.expect_code("UNAUTHENTICATED");
    let right = json!({"email": "clerk@example.jp", "password": PASSWORD});
    town.public().run(SIGN_IN, right).await.expect_code("FORBIDDEN/SSO_REQUIRED");
    assert_eq!(Browser::new(&town).password("resident@example.jp").await.code(), "", "residents are not asked");

    let mut again = Browser::new(&town);
    assert_eq!(again.password("emergency@example.jp").await.code(), "UNAUTHENTICATED/SECOND_FACTOR_REQUIRED");
    let body = json!({"municipality": town.code.as_str(), "email": "emergency@example.jp", "password": PASSWORD,
        "code": shown(&town, &secret)});
    assert_eq!(again.send("POST", "/playground/session", Some(body)).await.code(), "");
    assert_eq!(count(&town, "SELECT FROM audit_entries WHERE op = 'EMERGENCY_SIGN_IN'").await, 1);
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    assert_eq!(me.run(suspend, json!({ "id": emergency })).await.code(), "CONFLICT/EMERGENCY_ACCOUNT");
    let reset = "mutation($id: ID!) { secondFactorReset(id: $id) { id } }";
    assert_eq!(me.run(reset, json!({ "id": emergency })).await.code(), "CONFLICT/EMERGENCY_ACCOUNT");
    let disable = "mutation { secondFactorDisable { id } }";
    assert_eq!(again.run(disable, json!({})).await.code(), "CONFLICT/EMERGENCY_ACCOUNT");

    let invited = async |role: &str| {
        let email = format!("new-{}@example.jp", role.to_lowercase());
        let input = json!({"email": email, "role": role});
        let id = me_invites(&mut Browser { town: &town, jar: again.jar.clone(), origin: again.origin }, input).await;
        let public = entaku::people::token::public_part("inv", &town.code, id);
        let token = entaku::people::token::mailed(&town.app.keys, &public);
        let input = json!({"token": token, "name": "新", "nameKana": "しん", "password": PASSWORD});
        let accept = "mutation($input: InvitationAcceptInput!) { invitationAccept(input: $input) { refreshToken } }";
        town.public().run(accept, json!({ "input": input })).await.code()
    };
    assert_eq!(invited("GRANT_STAFF").await, "FORBIDDEN/SSO_REQUIRED");
    assert_eq!(invited("RESIDENT").await, "(none)");
}

async fn me_invites(browser: &mut Browser<'_>, input: Value) -> uuid::Uuid {
    let made = browser.run(INVITE, json!({ "input": input })).await;
    let id = made.body["data"]["invitationCreate"]["id"].as_str().unwrap_or_else(|| panic!("{}", made.body)).to_owned();
    entaku::kernel::id::decode(&id).expect("an id").1
}
