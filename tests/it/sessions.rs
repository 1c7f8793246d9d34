//! How long a session lives, what refreshing bears, what needs a fresh proof, and what one sees of one's own sessions.

use chrono::Duration;
use entaku::api::identity::{Use, identify};
use entaku::api::schema::Nouns;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::Catalogue;
use entaku::kernel::read::sql::Sql;
use serde_json::{Value, json};

use crate::support::{Client, SchemaView, Town};

pub const PASSWORD: &str = "最初の長いパスワードです。";
pub const SIGN_IN: &str = "mutation($email: String!, $password: String!, $device: String, $code: String) {
    sessionSignIn(email: $email, password: $password, device: $device, code: $code) { accessToken refreshToken sessionExpiresAt } }";
const REFRESH: &str = "mutation($token: String!) { sessionRefresh(refreshToken: $token) { accessToken refreshToken } }";
const VIEWER: &str = "{ viewer { name } }";
const SESSIONS: &str =
    "{ viewer { sessions { nodes { id device current createdAt lastSeenAt authenticatedAt endedAt endReason } } } }";

/// An account with a password, and its id.
pub async fn account(town: &Town, email: &str) -> String {
    let create = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { id } }";
    let input =
        json!({"email": email, "name": "例山 花子", "nameKana": "れいやま はなこ", "initialPassword": PASSWORD});
    let admin = town.staff(Role::Admin).await;
    let made = admin.run(create, json!({ "input": input })).await.data();
    made["accountCreate"]["id"].as_str().expect("an id").to_owned()
}

/// The same, with a role over the town.
pub async fn staff(town: &Town, email: &str, role: Role) -> String {
    let id = account(town, email).await;
    let uuid = entaku::kernel::id::decode(&id).expect("an id").1;
    town.appoint(entaku::kernel::principal::AccountId(uuid), role, ScopeKind::Municipality, None).await;
    id
}

pub async fn sign_in(town: &Town, email: &str, device: &str) -> Value {
    let variables = json!({"email": email, "password": PASSWORD, "device": device});
    town.public().run(SIGN_IN, variables).await.data()["sessionSignIn"].clone()
}

pub fn bearer(town: &Town, tokens: &Value) -> Client {
    let token = tokens["accessToken"].as_str().expect("a token");
    town.public().with("authorization", &format!("Bearer {token}"))
}

async fn refresh(town: &Town, tokens: &Value) -> Value {
    let answer = town.public().run(REFRESH, json!({"token": tokens["refreshToken"]})).await;
    answer.data()["sessionRefresh"].clone()
}

async fn refused(town: &Town, tokens: &Value) {
    let answer = town.public().run(REFRESH, json!({"token": tokens["refreshToken"]})).await;
    answer.expect_code("UNAUTHENTICATED");
}

async fn count(town: &Town, sql: &str) -> usize {
    town.system().rows(Sql::new(sql)).await.expect("rows").len()
}

#[tokio::test]
async fn a14_a_refresh_token_used_again_ends_the_session_and_its_owner_is_told() {
    let town = Town::new().await;
    account(&town, "r@example.jp").await;
    let first = sign_in(&town, "r@example.jp", "わたしの電話").await;
    let elsewhere = bearer(&town, &sign_in(&town, "r@example.jp", "別の端末").await);
    let second = refresh(&town, &first).await;
    let third = refresh(&town, &second).await;
    let me = bearer(&town, &third);
    me.run(VIEWER, json!({})).await.data();
    refused(&town, &first).await;
    me.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    refused(&town, &third).await;
    assert_eq!(count(&town, "SELECT FROM audit_entries WHERE op = 'REFRESH_REUSED'").await, 1);
    assert_eq!(count(&town, "SELECT FROM sessions WHERE end_reason = 'REFRESH_REUSED'").await, 1);
    assert_eq!(
        count(
            &town,
            "SELECT FROM events WHERE kind = 'sessions' AND op = 'UPDATE' AND object_id IN \
        (SELECT id FROM sessions WHERE end_reason = 'REFRESH_REUSED')"
        )
        .await,
        1
    );
    let told = "{ viewer { notifications { nodes { kind textJa } } } }";
    let nodes = elsewhere.run(told, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
    assert_eq!(nodes[0]["kind"], "SESSION_ENDED_REUSED");
    assert!(nodes[0]["textJa"].as_str().expect("a text").contains("わたしの電話"));
}

#[tokio::test]
async fn a15_a_lost_answer_costs_nothing() {
    let town = Town::new().await;
    account(&town, "l@example.jp").await;
    let first = sign_in(&town, "l@example.jp", "電話").await;
    let lost = refresh(&town, &first).await;
    town.app.clock.advance(Duration::seconds(30));
    let second = refresh(&town, &first).await;
    assert_ne!(second["refreshToken"], lost["refreshToken"]);
    bearer(&town, &second).run(VIEWER, json!({})).await.data();
    let third = refresh(&town, &second).await;
    bearer(&town, &third).run(VIEWER, json!({})).await.data();
    refused(&town, &lost).await;
    refused(&town, &third).await;
}

#[tokio::test]
async fn a15_after_half_a_minute_an_answer_is_not_lost_any_more() {
    let town = Town::new().await;
    account(&town, "h@example.jp").await;
    let first = sign_in(&town, "h@example.jp", "電話").await;
    let second = refresh(&town, &first).await;
    town.app.clock.advance(Duration::seconds(31));
    refused(&town, &first).await;
    refused(&town, &second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_fifty_parallel_refreshes_leave_one_that_works() {
    let town = Town::new().await;
    account(&town, "p@example.jp").await;
    let first = sign_in(&town, "p@example.jp", "電話").await;
    let public = town.public();
    let all = (0..50).map(|_| public.run(REFRESH, json!({"token": first["refreshToken"]})));
    let answers = futures_util::future::join_all(all).await;
    let pairs: Vec<Value> = answers
        .iter()
        .filter(|a| a.body.get("errors").is_none())
        .map(|a| a.body["data"]["sessionRefresh"].clone())
        .collect();
    assert!(!pairs.is_empty());
    let live = "SELECT r.hash FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id \
        WHERE s.device = '電話' AND r.consumed_at IS NULL AND r.revoked_at IS NULL";
    let rows = town.system().rows(Sql::new(live)).await.expect("rows");
    assert_eq!(rows.len(), 1, "one head");
    let head: String = rows[0].get("hash");
    let hash = |pair: &Value| entaku::kernel::keys::sha256(pair["refreshToken"].as_str().expect("a token").as_bytes());
    let heads: Vec<&Value> = pairs.iter().filter(|pair| hash(pair) == head).collect();
    assert_eq!(heads.len(), 1);
    let next = refresh(&town, heads[0]).await;
    bearer(&town, &next).run(VIEWER, json!({})).await.data();
}

/// Keeps somebody signed in by refreshing, `steps` times after `each`.
async fn stay(town: &Town, mut tokens: Value, each: Duration, steps: usize) -> Value {
    for _ in 0..steps {
        town.app.clock.advance(each);
        tokens = refresh(town, &tokens).await;
    }
    tokens
}

#[tokio::test]
async fn a18_staff_are_signed_out_after_an_hour_unused_and_a_day_in_all() {
    let town = Town::new().await;
    staff(&town, "s@example.jp", Role::GrantStaff).await;
    let idle = sign_in(&town, "s@example.jp", "窓口の端末").await;
    town.app.clock.advance(Duration::minutes(61));
    refused(&town, &idle).await;
    let used = sign_in(&town, "s@example.jp", "窓口の端末").await;
    let used = stay(&town, used, Duration::minutes(59), 24).await;
    bearer(&town, &used).run(VIEWER, json!({})).await.data();
    town.app.clock.advance(Duration::minutes(25));
    refused(&town, &used).await;
}

#[tokio::test]
async fn a18_residents_stay_thirty_days_on_a_device_they_have_named() {
    let town = Town::new().await;
    account(&town, "d@example.jp").await;
    let named = sign_in(&town, "d@example.jp", "わたしの電話").await;
    let nameless = sign_in(&town, "d@example.jp", " ").await;
    town.app.clock.advance(Duration::minutes(61));
    refused(&town, &nameless).await;
    let named = stay(&town, named, Duration::days(10) - Duration::minutes(30), 2).await;
    town.app.clock.advance(Duration::days(9));
    let named = refresh(&town, &named).await;
    bearer(&town, &named).run(VIEWER, json!({})).await.data();
    town.app.clock.advance(Duration::days(1));
    refused(&town, &named).await;
}

/// Whoever comes to act for the town is bound by its limits at once.
#[tokio::test]
async fn a18_a_resident_who_is_appointed_keeps_no_long_session() {
    let town = Town::new().await;
    let id = account(&town, "n@example.jp").await;
    let tokens = sign_in(&town, "n@example.jp", "わたしの電話").await;
    town.app.clock.advance(Duration::minutes(61));
    let tokens = refresh(&town, &tokens).await;
    let uuid = entaku::kernel::id::decode(&id).expect("an id").1;
    town.appoint(entaku::kernel::principal::AccountId(uuid), Role::Payer, ScopeKind::Municipality, None).await;
    town.app.clock.advance(Duration::minutes(61));
    refused(&town, &tokens).await;
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_sessions() {
    let town = Town::new().await;
    account(&town, "o@example.jp").await;
    account(&town, "other@example.jp").await;
    let (old, lost) =
        (sign_in(&town, "o@example.jp", "古い電話").await, sign_in(&town, "o@example.jp", "なくした電話").await);
    let here = sign_in(&town, "o@example.jp", "この電話").await;
    let stranger = bearer(&town, &sign_in(&town, "other@example.jp", "x").await);
    let (old, lost, here) = (bearer(&town, &old), bearer(&town, &lost), bearer(&town, &here));
    let seen = here.run(SESSIONS, json!({})).await.data()["viewer"]["sessions"]["nodes"].clone();
    let all = seen.as_array().expect("sessions");
    let current: Vec<&Value> = all.iter().filter(|s| s["current"] == true).map(|s| &s["device"]).collect();
    assert_eq!((all.len(), current), (3, vec![&json!("この電話")]));
    let of = |device: &str| all.iter().find(|s| s["device"] == device).expect(device)["id"].clone();
    let end = "mutation($id: ID!) { sessionEnd(id: $id) { endReason } }";
    stranger.run(end, json!({"id": of("なくした電話")})).await.expect_code("NOT_FOUND");
    here.run(end, json!({"id": of("なくした電話")})).await.data();
    lost.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    old.run(VIEWER, json!({})).await.data();
    here.run("mutation { sessionsEndOthers { id } }", json!({})).await.data();
    old.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    here.run(VIEWER, json!({})).await.data();
    stranger.run(VIEWER, json!({})).await.data();
}

/// That a session is in use is written once a minute, and is no act: neither audit nor event, and nobody is read anew.
#[tokio::test]
async fn being_seen_is_written_cheaply() {
    let town = Town::new().await;
    account(&town, "w@example.jp").await;
    let me = bearer(&town, &sign_in(&town, "w@example.jp", "電話").await);
    let seen = async || {
        let nodes = me.run(SESSIONS, json!({})).await.data()["viewer"]["sessions"]["nodes"].clone();
        nodes[0]["lastSeenAt"].as_str().expect("a time").to_owned()
    };
    let entries = async || count(&town, "SELECT FROM audit_entries WHERE kind = 'sessions' AND op = 'UPDATE'").await;
    let first = seen().await;
    town.app.clock.advance(Duration::seconds(59));
    assert_eq!(seen().await, first);
    let before = (entries().await, town.app.database.identities().changes(town.id));
    town.app.clock.advance(Duration::seconds(1));
    let second = seen().await;
    assert_ne!(second, first);
    for _ in 0..5 {
        town.app.clock.advance(Duration::seconds(6));
        assert_eq!(seen().await, second);
    }
    assert_eq!((entries().await, town.app.database.identities().changes(town.id)), before);
}

/// A page that is left open and listens does not keep its session alive.
#[tokio::test]
async fn a18_listening_is_not_working() {
    let town = Town::new().await;
    staff(&town, "s@example.jp", Role::GrantStaff).await;
    let tokens = sign_in(&town, "s@example.jp", "端末").await;
    let mut headers = axum::http::HeaderMap::new();
    let bearer = format!("Bearer {}", tokens["accessToken"].as_str().expect("a token"));
    headers.insert("authorization", bearer.parse().expect("a header"));
    let seen = "SELECT FROM sessions WHERE device = '端末' AND last_seen_at > created_at";
    for _ in 0..3 {
        town.app.clock.advance(Duration::seconds(80));
        identify(&town.app, &headers, None, Use::Listens).await.expect("still signed in");
    }
    assert_eq!(count(&town, seen).await, 0);
    // A principal that listening has just read does not hide that somebody works.
    identify(&town.app, &headers, None, Use::Works).await.expect("still signed in");
    assert_eq!(count(&town, seen).await, 1);
}

const SETTINGS: &str = "{ municipalitySettings { nodes { id viewerCan { action allowed code reason unlockHint } } } }";
const SETTINGS_CHANGE: &str =
    "mutation($id: ID!) { municipalitySettingsChange(id: $id, input: {publicContact: \"役場\"}) { id } }";
const ELEVATE: &str = "mutation($password: String!, $code: String) { sessionElevate(password: $password, code: $code) { authenticatedAt } }";

#[tokio::test]
async fn a28_a_sensitive_act_needs_a_proof_of_the_last_quarter_of_an_hour() {
    let town = Town::new().await;
    staff(&town, "a@example.jp", Role::Admin).await;
    let mut tokens = sign_in(&town, "a@example.jp", "端末").await;
    let settings =
        async |me: &Client| me.run(SETTINGS, json!({})).await.data()["municipalitySettings"]["nodes"][0].clone();
    let me = bearer(&town, &tokens);
    let id = json!({ "id": settings(&me).await["id"] });
    me.run(SETTINGS_CHANGE, id.clone()).await.data();
    tokens = stay(&town, tokens, Duration::minutes(5), 3).await;
    let me = bearer(&town, &tokens);
    me.run(SETTINGS_CHANGE, id.clone()).await.expect_code("FORBIDDEN/STEP_UP");
    let can = settings(&me).await["viewerCan"][0].clone();
    assert_eq!(
        (&can["allowed"], &can["code"], &can["reason"]),
        (&json!(false), &json!("FORBIDDEN"), &json!("STEP_UP"))
    );
    assert!(can["unlockHint"].as_str().expect("a hint").contains("password"));
    me.run(ELEVATE, json!({"password": "まったく違うパスワードです"})).await.expect_code("UNAUTHENTICATED");
    me.run(SETTINGS_CHANGE, id.clone()).await.expect_code("FORBIDDEN/STEP_UP");
    assert_eq!(count(&town, "SELECT FROM audit_entries WHERE op = 'SIGN_IN_FAILED'").await, 1);
    me.run(ELEVATE, json!({"password": PASSWORD})).await.data();
    assert_eq!(settings(&me).await["viewerCan"][0]["allowed"], true);
    me.run(SETTINGS_CHANGE, id.clone()).await.data();
    town.public().run(ELEVATE, json!({"password": PASSWORD})).await.expect_code("UNAUTHENTICATED");
    // Another session of the same person has proved nothing.
    let other = sign_in(&town, "a@example.jp", "別の端末").await;
    let other = stay(&town, other, Duration::minutes(5), 3).await;
    let again = bearer(&town, &stay(&town, tokens, Duration::zero(), 1).await);
    again.run(ELEVATE, json!({"password": PASSWORD})).await.data();
    bearer(&town, &other).run(SETTINGS_CHANGE, id).await.expect_code("FORBIDDEN/STEP_UP");
}

/// What is not possible anyway is told before a proof is asked for.
#[tokio::test]
async fn nobody_is_asked_for_a_proof_of_what_cannot_be_done() {
    let town = Town::new().await;
    staff(&town, "a@example.jp", Role::Admin).await;
    let tokens = sign_in(&town, "a@example.jp", "端末").await;
    let me = bearer(&town, &stay(&town, tokens, Duration::minutes(5), 3).await);
    me.run("mutation { secondFactorDisable { id } }", json!({})).await.expect_code("CONFLICT/SECOND_FACTOR_OFF");
}

/// The sentence in the schema and the declaration in the shape say the same.
#[tokio::test]
async fn every_act_that_needs_a_fresh_proof_says_so() {
    const SENTENCE: &str = "直前の本人確認(15分以内)が必要。";
    let town = Town::new().await;
    let query = "{ __schema { mutationType { fields { name description } } } }";
    let data = town.public().run(query, json!({})).await.data();
    let stepped: Vec<&str> =
        Nouns::queries().shapes().iter().flat_map(|s| s.stepped_up.iter().map(|action| action.0)).collect();
    for field in data["__schema"]["mutationType"]["fields"].as_array().expect("fields") {
        let (name, text) = (field["name"].as_str().expect("a name"), field["description"].as_str().expect("a text"));
        assert_eq!(text.contains(SENTENCE), stepped.contains(&name), "{name}");
    }
    let mutations = SchemaView::read(&town.public()).await.mutations();
    assert!(stepped.iter().all(|action| mutations.iter().any(|m| m.name == *action)), "{stepped:?}");
    assert!(stepped.len() >= 10);
}

#[tokio::test]
async fn a13_the_public_keys_can_be_kept_for_a_while() {
    let town = Town::new().await;
    let answer = town.public().get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.body["keys"].as_array().expect("keys").clone();
    assert_eq!(keys.len(), 2, "the one that signs and the next one");
    for key in keys {
        assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&json!("OKP"), &json!("EdDSA"), &json!("sig")));
        assert!(key.get("d").is_none(), "no private part");
    }
}
