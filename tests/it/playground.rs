//! The page at `/playground`: what browsers are told of it, and the session it keeps in a cookie.

use std::collections::BTreeMap;
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::Duration;
use entaku::api::app::Settings;
use entaku::api::http::router;
use entaku::kernel::clock::Clock;
use entaku::kernel::config::{Rate, WireConfig};
use entaku::kernel::keys::KeyRing;
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use entaku::kernel::text_enum::from_word;
use entaku::kernel::tx::Database;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Town, World, database, town};

const OWN: &str = "http://127.0.0.1:8000";
const SESSION: &str = "/playground/session";
const PASSWORD: &str = "最初の長いパスワードです。";
const VIEWER: &str = "{ viewer { name } }";

/// What came back, with its headers.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// `code` or `code/reason` of the first error.
    fn code(&self) -> String {
        let extensions = self.json()["errors"][0]["extensions"].clone();
        let words = [&extensions["code"], &extensions["reason"]].into_iter().filter_map(Value::as_str);
        words.collect::<Vec<_>>().join("/")
    }

    /// `name=value` of the cookie it sets.
    fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().expect("a cookie").to_owned()
    }
}

/// A browser at one server.
struct Browser<'t> {
    town: &'t Town,
    headers: BTreeMap<&'static str, String>,
}

impl<'t> Browser<'t> {
    fn new(town: &'t Town) -> Self {
        Self { town, headers: BTreeMap::from([("origin", OWN.to_owned()), ("host", "127.0.0.1:8000".to_owned())]) }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(body.map_or(Body::empty(), |json| Body::from(json.to_string())));
        let response = router(self.town.app.clone()).oneshot(request.expect("a request")).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.expect("a body").to_bytes().to_vec();
        Reply { status, headers, body }
    }

    async fn sign_in(&self, email: &str, password: &str) -> Reply {
        let body = json!({"municipality": self.town.code.as_str(), "email": email, "password": password});
        self.ask("POST", SESSION, Some(body)).await
    }

    async fn viewer(&self) -> Reply {
        self.ask("POST", "/graphql", Some(json!({ "query": VIEWER }))).await
    }
}

/// A town with an account that has a password.
async fn town_with(email: &str) -> Town {
    let town = Town::new().await;
    add(&town, email).await;
    town
}

async fn add(town: &Town, email: &str) {
    let admin = town.staff(Role::Admin).await;
    let create = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { id } }";
    let input =
        json!({"email": email, "name": "例山 花子", "nameKana": "れいやま はなこ", "initialPassword": PASSWORD});
    admin.run(create, json!({ "input": input })).await.data();
}

#[tokio::test]
async fn the_page_says_what_a_browser_must_know() {
    let town = Town::new().await;
    let page = Browser::new(&town).ask("GET", "/playground", None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(
        page.header("content-security-policy"),
        "script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
         img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'"
    );
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("cache-control"), "no-cache");
    let text = String::from_utf8(page.body.clone()).expect("text");
    assert!(text.contains("<html lang=\"ja\">") && text.contains("<title>GraphQL Playground</title>"));
    assert!(!text.contains("//") || !text.contains("src=\"http"), "nothing of another host");
    let again = Browser::new(&town).with("if-none-match", page.header("etag")).ask("GET", "/playground", None).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_come_as_the_client_takes_them() {
    let town = Town::new().await;
    let page = Browser::new(&town).ask("GET", "/playground", None).await;
    let text = String::from_utf8(page.body).expect("text");
    let from = text.find("/playground/assets/main-").expect("a style sheet");
    let path = &text[from..from + text[from..].find('"').expect("an end")];
    let mut sizes = Vec::new();
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip, br;q=0", "gzip"), ("identity", "")] {
        let asset = Browser::new(&town).with("accept-encoding", accepted).ask("GET", path, None).await;
        assert_eq!((asset.status, asset.header("content-encoding")), (StatusCode::OK, encoding), "{accepted}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(
            (asset.header("content-type"), asset.header("vary")),
            ("text/css; charset=utf-8", "accept-encoding")
        );
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
        sizes.push(asset.body.len());
    }
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    for path in ["/playground/assets/none.js", "/playground/assets/..%2Findex.html", "/playground/assets/"] {
        assert_eq!(Browser::new(&town).ask("GET", path, None).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let licences = Browser::new(&town).ask("GET", "/playground/third-party.txt", None).await;
    assert!(String::from_utf8(licences.body).expect("text").contains("monaco-editor"));
}

#[tokio::test]
async fn a_cookie_is_opaque_and_no_script_can_read_it() {
    let town = town_with("c@example.jp").await;
    let browser = Browser::new(&town);
    let signed_in = browser.sign_in("c@example.jp", PASSWORD).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    let account = signed_in.json()["account"].clone();
    assert!(account.as_str().is_some_and(|id| id.starts_with("acc_")), "{account}");
    let expected =
        json!({"signedIn": true, "account": account, "municipality": town.code.as_str(), "introspection": true});
    assert_eq!(signed_in.json(), expected);
    assert_eq!(signed_in.header("cache-control"), "no-store");
    let set = signed_in.header("set-cookie");
    assert!(set.starts_with("entaku=ecs.") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    let stored = town.system().rows(Sql::new("SELECT hash FROM session_cookies")).await.expect("rows");
    let hashes: Vec<String> = stored.iter().map(|row| row.get("hash")).collect();
    assert!(hashes.iter().all(|hash| hash.len() == 64 && !set.contains(hash)), "only a hash is stored");
    let me = Browser::new(&town).with("cookie", &format!("a=b; {}; c=d", signed_in.cookie()));
    assert_eq!(me.viewer().await.json()["data"]["viewer"]["name"], "例山 花子");
    assert_eq!(me.ask("GET", SESSION, None).await.json(), expected);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let town = secure_town().await;
    add(&town, "s@example.jp").await;
    let browser = Browser::new(&town).with("origin", "https://entaku.example.jp");
    let set = browser.sign_in("s@example.jp", PASSWORD).await;
    let text = set.header("set-cookie");
    assert!(
        text.starts_with("__Host-entaku=ecs.") && text.contains("; Path=/;") && text.ends_with("; Secure"),
        "{text}"
    );
    let plain = set.cookie().replace("__Host-entaku", "entaku");
    let other = Browser::new(&town).with("cookie", &plain).viewer().await;
    assert_eq!(other.json()["data"]["viewer"], Value::Null, "the name without the prefix means nothing here");
}

/// A server whose public address is https and whose schema is for those signed in.
async fn secure_town() -> Town {
    let database = Database::connect(&database::url("entaku_app"), 4, 0).expect("a pool");
    let keys = std::sync::Arc::new(KeyRing::ephemeral().expect("keys"));
    let issuer = "https://entaku.example.jp".to_owned();
    let settings = Settings { issuer, default_municipality: None, wire: WireConfig::default(), files: town::files() };
    let app = entaku::api::app::App::new(database, keys, Clock::fixed(town::start()), settings).expect("an app");
    Town::beside(app).await
}

#[tokio::test]
async fn csrf_what_does_not_come_from_our_page_is_refused_with_the_cookie() {
    let town = town_with("x@example.jp").await;
    let cookie = Browser::new(&town).sign_in("x@example.jp", PASSWORD).await.cookie();
    let evil = "https://evil.example";
    for origin in [evil, "null", "http://127.0.0.1:9000", "https://127.0.0.1:8000"] {
        let browser = Browser::new(&town).with("cookie", &cookie).with("origin", origin);
        for (method, path) in [("POST", "/graphql"), ("PUT", SESSION), ("DELETE", SESSION), ("GET", "/schema.graphql")]
        {
            let body = (method == "POST").then(|| json!({ "query": VIEWER }));
            let reply = browser.ask(method, path, body).await;
            assert_eq!((reply.status, reply.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN/ORIGIN"), "{origin}");
            assert_eq!(reply.header("set-cookie"), "");
        }
    }
    let silent = || Browser::new(&town).with("cookie", &cookie).without("origin");
    assert_eq!(silent().viewer().await.status, StatusCode::FORBIDDEN);
    assert_eq!(silent().with("sec-fetch-site", "cross-site").viewer().await.status, StatusCode::FORBIDDEN);
    assert_eq!(silent().with("sec-fetch-site", "same-origin").viewer().await.status, StatusCode::OK);
    let link = silent().with("referer", &format!("{OWN}/playground")).ask("GET", "/schema.graphql", None).await;
    assert_eq!(link.status, StatusCode::OK);
    let forced = Browser::new(&town).with("origin", evil).sign_in("x@example.jp", PASSWORD).await;
    assert_eq!((forced.code().as_str(), forced.header("set-cookie")), ("FORBIDDEN/ORIGIN", ""), "nor a sign-in");
}

#[tokio::test]
async fn a_cookie_and_a_token_exclude_each_other() {
    let town = town_with("b@example.jp").await;
    let cookie = Browser::new(&town).sign_in("b@example.jp", PASSWORD).await.cookie();
    let both = Browser::new(&town).with("cookie", &cookie).with("authorization", "Bearer x").viewer().await;
    assert_eq!((both.status, both.code().as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST/TWO_IDENTITIES"));
    let elsewhere = Town::beside(town.app.clone()).await;
    let mixed = Browser::new(&town).with("cookie", &cookie).with("entaku-municipality", elsewhere.code.as_str());
    assert_eq!(mixed.viewer().await.code(), "BAD_REQUEST/MUNICIPALITY_MISMATCH");
}

#[tokio::test]
async fn a1_a_wrong_sign_in_is_one_answer_and_noted() {
    let town = town_with("w@example.jp").await;
    let browser = Browser::new(&town).with("accept-language", "ja");
    let wrong = browser.sign_in("w@example.jp", "まったく違うパスワードです").await;
    let unknown = browser.sign_in("nobody@example.jp", "まったく違うパスワードです").await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.header("set-cookie"), "");
    let notes = Sql::new("SELECT FROM audit_entries WHERE op = 'SIGN_IN_FAILED'");
    assert_eq!(town.system().rows(notes).await.expect("rows").len(), 2);
    for body in [json!({}), json!({"municipality": 1}), json!([])] {
        assert_eq!(browser.ask("POST", SESSION, Some(body)).await.code(), "BAD_REQUEST/JSON");
    }
    let nowhere = json!({"municipality": "000000", "email": "w@example.jp", "password": PASSWORD});
    assert_eq!(browser.ask("POST", SESSION, Some(nowhere)).await.code(), "INVALID_INPUT");
}

#[tokio::test]
async fn who_keeps_failing_to_sign_in_waits() {
    let limit = Rate { points: 2.try_into().expect("some"), seconds: 60.try_into().expect("some") };
    let proxies = vec!["0.0.0.0/32".parse().expect("one")];
    let wire = WireConfig { sign_in_rate: Some(limit), proxies, ..WireConfig::default() };
    let town = Town::beside(town::app_with(wire)).await;
    add(&town, "r@example.jp").await;
    let draw = uuid::Uuid::new_v4().simple().to_string();
    let browser = Browser::new(&town).with("x-forwarded-for", &format!("2001:db8:{}::1", &draw[..4]));
    for _ in 0..2 {
        assert_eq!(browser.sign_in("r@example.jp", "まったく違うパスワードです").await.code(), "UNAUTHENTICATED");
    }
    let waits = browser.sign_in("r@example.jp", PASSWORD).await;
    assert_eq!((waits.status, waits.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert_ne!(waits.header("retry-after"), "");
}

#[tokio::test]
async fn a5_a_browser_is_known_by_those_who_have_signed_in_from_it() {
    let town = town_with("first@example.jp").await;
    add(&town, "second@example.jp").await;
    let kept = |reply: &Reply| {
        let set: Vec<_> = reply.headers.get_all("set-cookie").iter().map(|v| v.to_str().expect("text")).collect();
        let device = set.iter().find(|text| text.starts_with("entaku-device=")).expect("a cookie");
        assert!(device.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=34560000"), "{device}");
        device.split(';').next().expect("a pair").to_owned()
    };
    let mut cookie = kept(&Browser::new(&town).sign_in("first@example.jp", PASSWORD).await);
    for email in ["second@example.jp", "first@example.jp", "second@example.jp"] {
        cookie = kept(&Browser::new(&town).with("cookie", &cookie).sign_in(email, PASSWORD).await);
    }
    assert_eq!(cookie.matches("edv.").count(), 2, "one for each account: {cookie}");
    for _ in 0..10 {
        assert_eq!(Browser::new(&town).sign_in("first@example.jp", "まったく違うパスワードです").await.status, 401);
    }
    assert_eq!(Browser::new(&town).sign_in("first@example.jp", PASSWORD).await.status, 429);
    assert_eq!(Browser::new(&town).with("cookie", &cookie).sign_in("first@example.jp", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a18_a_session_lives_while_it_is_renewed_and_a_day_at_most() {
    let town = town_with("l@example.jp").await;
    let mut cookie = Browser::new(&town).sign_in("l@example.jp", PASSWORD).await.cookie();
    let renew = async |cookie: &str| Browser::new(&town).with("cookie", cookie).ask("PUT", SESSION, None).await;
    let first = cookie.clone();
    town.app.clock.advance(Duration::minutes(20));
    let renewed = renew(&cookie).await;
    cookie = renewed.cookie();
    assert_ne!(cookie, first);
    assert_eq!(Browser::new(&town).with("cookie", &first).viewer().await.status, StatusCode::OK, "other tabs");
    town.app.clock.advance(Duration::seconds(61));
    assert_eq!(Browser::new(&town).with("cookie", &first).viewer().await.status, StatusCode::UNAUTHORIZED);
    for _ in 0..28 {
        town.app.clock.advance(Duration::minutes(50));
        cookie = renew(&cookie).await.cookie();
    }
    assert_eq!(Browser::new(&town).with("cookie", &cookie).viewer().await.status, StatusCode::OK);
    town.app.clock.advance(Duration::minutes(50));
    assert_eq!(renew(&cookie).await.status, StatusCode::UNAUTHORIZED, "a day is over");
}

#[tokio::test]
async fn a19_a_proof_given_again_replaces_the_cookie() {
    let town = town_with("e@example.jp").await;
    let before = Browser::new(&town).sign_in("e@example.jp", PASSWORD).await.cookie();
    let again = Browser::new(&town).with("cookie", &before).sign_in("e@example.jp", PASSWORD).await.cookie();
    let session = |cookie: &str| cookie.split('.').nth(2).expect("a session").to_owned();
    assert_ne!(session(&before), session(&again), "a sign-in begins a session of its own");
    let elevate = async |cookie: &str, body: Value| {
        Browser::new(&town).with("cookie", cookie).ask("PATCH", SESSION, Some(body)).await
    };
    town.app.clock.advance(Duration::minutes(20));
    let wrong = elevate(&before, json!({"password": "まったく違うパスワードです"})).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    assert_eq!(wrong.header("set-cookie"), "");
    assert_eq!(Browser::new(&town).with("cookie", &before).viewer().await.status, StatusCode::OK, "still signed in");
    let proved = elevate(&before, json!({ "password": PASSWORD })).await;
    assert_eq!(proved.status, StatusCode::OK);
    let after = proved.cookie();
    assert_ne!(before, after);
    let fresh = json!({"query": "{ viewer { sessions { nodes { current authenticatedAt lastSeenAt } } } }"});
    let seen = Browser::new(&town).with("cookie", &after).ask("POST", "/graphql", Some(fresh)).await.json();
    let nodes = seen["data"]["viewer"]["sessions"]["nodes"].as_array().expect("sessions").clone();
    let mine = nodes.iter().find(|s| s["current"] == true).expect("this one");
    assert_eq!(mine["authenticatedAt"], mine["lastSeenAt"]);
    town.app.clock.advance(Duration::seconds(6));
    assert_eq!(Browser::new(&town).with("cookie", &before).viewer().await.status, StatusCode::UNAUTHORIZED);
    let forced = Browser::new(&town).with("cookie", &after).with("origin", "https://evil.example");
    let forced = forced.ask("PATCH", SESSION, Some(json!({ "password": PASSWORD }))).await;
    assert_eq!(forced.code(), "FORBIDDEN/ORIGIN");
    assert_eq!(elevate("entaku=none", json!({ "password": PASSWORD })).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_terminal_left_alone_is_signed_out() {
    let town = town_with("i@example.jp").await;
    let cookie = Browser::new(&town).sign_in("i@example.jp", PASSWORD).await.cookie();
    let browser = Browser::new(&town).with("cookie", &cookie);
    town.app.clock.advance(Duration::minutes(59));
    assert_eq!(browser.viewer().await.status, StatusCode::OK);
    town.app.clock.advance(Duration::minutes(1));
    assert_eq!(browser.viewer().await.status, StatusCode::UNAUTHORIZED);
    let state = browser.ask("GET", SESSION, None).await;
    assert_eq!(state.json()["signedIn"], json!(false));
    assert!(state.header("set-cookie").contains("entaku=; Path=/") && state.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let town = town_with("o@example.jp").await;
    let cookie = Browser::new(&town).sign_in("o@example.jp", PASSWORD).await.cookie();
    let browser = Browser::new(&town).with("cookie", &cookie);
    assert_eq!(browser.viewer().await.status, StatusCode::OK);
    let out = browser.ask("DELETE", SESSION, None).await;
    assert_eq!((out.status, out.json()["signedIn"].clone()), (StatusCode::OK, json!(false)));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(browser.viewer().await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.ask("PUT", SESSION, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.ask("DELETE", SESSION, None).await.status, StatusCode::OK, "twice is no fault");
    let ended = Sql::new("SELECT FROM sessions WHERE end_reason = 'SIGNED_OUT'");
    assert_eq!(town.system().rows(ended).await.expect("rows").len(), 1);
}

#[tokio::test]
async fn invented_cookies_are_nobody() {
    let town = town_with("f@example.jp").await;
    let real = Browser::new(&town).sign_in("f@example.jp", PASSWORD).await.cookie();
    let elsewhere = Town::beside(town.app.clone()).await;
    let moved = real.replace(town.code.as_str(), elsewhere.code.as_str());
    for cookie in
        [format!("{real}x"), moved, "entaku=".into(), "entaku=ecs.322091.x.y".into(), real.replace("ecs", "ert")]
    {
        let reply = Browser::new(&town).with("cookie", &cookie).viewer().await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"), "{cookie}");
    }
}

#[tokio::test]
async fn the_schema_is_a_file_for_those_who_may_read_it() {
    let open = Town::new().await;
    let file = Browser::new(&open).ask("GET", "/schema.graphql", None).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"schema.graphql\"");
    assert_eq!(file.body, std::fs::read("schema.graphql").expect("the golden file"));
    let closed = secure_town().await;
    add(&closed, "d@example.jp").await;
    let browser = Browser::new(&closed).with("origin", "https://entaku.example.jp");
    let refused = browser.ask("GET", "/schema.graphql", None).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    assert_eq!(browser.ask("GET", SESSION, None).await.json()["introspection"], json!(false));
    let cookie = browser.sign_in("d@example.jp", PASSWORD).await.cookie();
    let signed_in = browser.with("cookie", &cookie).ask("GET", "/schema.graphql", None).await;
    assert_eq!(signed_in.status, StatusCode::OK);
}

/// The graphql files of a folder, by the names the page gives them.
fn files(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    let named = |p: &Path| (p.file_stem().expect("a name").to_string_lossy().into_owned(), std::fs::read_to_string(p));
    paths.map(|p| named(&p)).map(|(name, text)| (name, text.expect("text"))).collect()
}

#[tokio::test]
async fn the_page_has_the_documents_of_today() {
    let town = Town::new().await;
    let documents = Browser::new(&town).ask("GET", "/playground/documents.json", None).await.json();
    for (kind, folder) in [("report", "docs/reports"), ("story", "docs/stories")] {
        let of_kind = documents.as_array().expect("a list").iter().filter(|d| d["kind"] == kind);
        let text = |d: &Value, name: &str| d[name].as_str().expect("text").to_owned();
        let served: BTreeMap<_, _> = of_kind.map(|d| (text(d, "name"), text(d, "text"))).collect();
        assert_eq!(served, files(folder));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_is_answered_to_every_role_it_names() {
    let world = World::new(town::app()).await;
    for (name, text) in files("docs/reports") {
        let named =
            text.lines().find_map(|line| line.strip_prefix("# 役割: ")).unwrap_or_else(|| panic!("{name}: 役割"));
        assert!(text.lines().next().is_some_and(|l| l.starts_with("# ") && l.contains('。')), "{name}: a title");
        let kind = if text.contains("strategy(id") { "Strategy" } else { "GrantProgramme" };
        let variables = json!({"id": world.ids[kind][0], "fiscalYear": 2026});
        let asked = variables.as_object().expect("an object").iter().filter(|(v, _)| text.contains(&format!("${v}:")));
        let variables: Value =
            asked.map(|(v, value)| (v.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into();
        for word in named.split(", ") {
            let role: Role = from_word(word).unwrap_or_else(|_| panic!("{name}: {word} is no role"));
            world.town.staff(role).await.run(&text, variables.clone()).await.data();
        }
    }
}
