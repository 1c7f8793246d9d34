//! The second factor: enrolment, codes that count once, recovery, and what is asked of staff.

use chrono::Duration;
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use entaku::people::factor::totp;
use serde_json::{Value, json};

use crate::sessions::{PASSWORD, SIGN_IN, account, bearer, sign_in, staff};
use crate::support::Client;
use crate::support::client::Answer;
use crate::support::town::Town;

const ENROL: &str = "mutation { secondFactorEnrol { secret uri } }";
const CONFIRM: &str = "mutation($code: String!) { secondFactorConfirm(code: $code) { codes } }";
const RENEW: &str = "mutation { recoveryCodesRenew { codes } }";
const DISABLE: &str = "mutation { secondFactorDisable { secondFactorAt } }";
const VIEWER: &str = "{ viewer { name secondFactorAt } }";
const ELEVATE: &str =
    "mutation($password: String!, $code: String) { sessionElevate(password: $password, code: $code) { id } }";

/// An authenticator with a secret, at the town's clock.
struct Phone<'t> {
    town: &'t Town,
    secret: Vec<u8>,
}

impl Phone<'_> {
    /// The code of a step, counted from now.
    fn code(&self, step: i64) -> String {
        let totp = totp::of(self.secret.clone(), "x", "x").expect("a generator");
        let at = self.town.app.clock.now().timestamp() + step * 30;
        totp.generate(u64::try_from(at).expect("a time")).to_string()
    }
}

/// RFC 4648, base 32.
pub fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.bytes().filter(|c| *c != b'=') {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|b| *b == c).expect("base 32");
        bits = bits << 5 | u32::try_from(value).expect("small");
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).expect("a byte"));
        }
    }
    bytes
}

pub fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|v| v.as_str().expect("a text").to_owned()).collect()
}

/// Turns somebody's second factor on; gives the authenticator and the recovery codes.
async fn enrol<'t>(town: &'t Town, me: &Client) -> (Phone<'t>, Vec<String>) {
    let begun = me.run(ENROL, json!({})).await.data()["secondFactorEnrol"].clone();
    let secret = begun["secret"].as_str().expect("a secret");
    assert!(begun["uri"].as_str().expect("a URI").contains(secret));
    let phone = Phone { town, secret: base32(secret) };
    let codes = me.run(CONFIRM, json!({"code": phone.code(0)})).await.data();
    (phone, texts(&codes["secondFactorConfirm"]["codes"]))
}

async fn try_code(town: &Town, email: &str, code: Option<&str>) -> Answer {
    town.public().run(SIGN_IN, json!({"email": email, "password": PASSWORD, "device": "端末", "code": code})).await
}

/// A town with somebody who has a second factor.
async fn enrolled(town: &Town) -> (Client, Phone<'_>, Vec<String>) {
    account(town, "f@example.jp").await;
    let me = bearer(town, &sign_in(town, "f@example.jp", "端末").await);
    let (phone, codes) = enrol(town, &me).await;
    town.app.clock.advance(Duration::seconds(60));
    (me, phone, codes)
}

#[tokio::test]
async fn a_second_factor_is_asked_for_after_a_right_password_only() {
    let town = Town::new().await;
    let (me, phone, codes) = enrolled(&town).await;
    assert_eq!(codes.len(), 10);
    assert_ne!(me.run(VIEWER, json!({})).await.data()["viewer"]["secondFactorAt"], json!(null));
    for blank in [None, Some(""), Some("  ")] {
        try_code(&town, "f@example.jp", blank).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_REQUIRED");
    }
    let wrong = json!({"email": "f@example.jp", "password": "まったく違うパスワードです", "code": phone.code(0)});
    town.public().run(SIGN_IN, wrong).await.expect_code("UNAUTHENTICATED");
    try_code(&town, "f@example.jp", Some("000000")).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    let full_width: String =
        phone.code(0).chars().map(|c| char::from_u32(c as u32 - 0x30 + 0xff10).expect("a digit")).collect();
    try_code(&town, "f@example.jp", Some(&full_width)).await.data();
    me.run(ENROL, json!({})).await.expect_code("CONFLICT/SECOND_FACTOR_ON");
}

#[tokio::test]
async fn a17_turning_it_on_ends_the_sessions_that_gave_no_code() {
    let town = Town::new().await;
    account(&town, "f@example.jp").await;
    let other = bearer(&town, &sign_in(&town, "f@example.jp", "別の端末").await);
    let me = bearer(&town, &sign_in(&town, "f@example.jp", "端末").await);
    me.run(CONFIRM, json!({"code": "123456"})).await.expect_code("CONFLICT/SECOND_FACTOR_NOT_BEGUN");
    me.run(ENROL, json!({})).await.data();
    me.run(CONFIRM, json!({"code": "123456"})).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    other.run(VIEWER, json!({})).await.data();
    enrol(&town, &me).await;
    other.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    me.run(VIEWER, json!({})).await.data();
}

#[tokio::test]
async fn a20_a_code_counts_once_and_an_old_or_foreign_one_never() {
    let town = Town::new().await;
    let (_, phone, _) = enrolled(&town).await;
    let wrong = "UNAUTHENTICATED/SECOND_FACTOR_WRONG";
    try_code(&town, "f@example.jp", Some(&phone.code(-2))).await.expect_code(wrong);
    let now = phone.code(0);
    try_code(&town, "f@example.jp", Some(&now)).await.data();
    try_code(&town, "f@example.jp", Some(&now)).await.expect_code(wrong);
    try_code(&town, "f@example.jp", Some(&phone.code(-1))).await.expect_code(wrong);
    try_code(&town, "f@example.jp", Some(&phone.code(1))).await.data();
    account(&town, "g@example.jp").await;
    let (other, _) = enrol(&town, &bearer(&town, &sign_in(&town, "g@example.jp", "端末").await)).await;
    town.app.clock.advance(Duration::seconds(90));
    try_code(&town, "f@example.jp", Some(&other.code(0))).await.expect_code(wrong);
    try_code(&town, "f@example.jp", Some(&phone.code(0))).await.data();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a20_of_one_code_sent_eight_times_at_once_one_is_taken() {
    let town = Town::new().await;
    let (_, phone, _) = enrolled(&town).await;
    let code = phone.code(0);
    let all = (0..8).map(|_| try_code(&town, "f@example.jp", Some(&code)));
    let answers = futures_util::future::join_all(all).await;
    let taken = answers.iter().filter(|a| a.body.get("errors").is_none()).count();
    let codes: Vec<String> = answers.iter().map(Answer::code).collect();
    assert_eq!(taken, 1, "{codes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a20_after_ten_wrong_codes_even_a_right_one_waits() {
    let town = Town::new().await;
    let (_, phone, recovery) = enrolled(&town).await;
    let all = (0..14).map(|_| try_code(&town, "f@example.jp", Some("000000")));
    let answers = futures_util::future::join_all(all).await;
    let looked_at = answers.iter().filter(|a| a.code() == "UNAUTHENTICATED/SECOND_FACTOR_WRONG").count();
    let sent_away = answers.iter().filter(|a| a.code() == "RATE_LIMITED").count();
    assert_eq!((looked_at, sent_away), (10, 4), "also in parallel");
    try_code(&town, "f@example.jp", Some(&phone.code(0))).await.expect_code("RATE_LIMITED");
    try_code(&town, "f@example.jp", Some(&recovery[0])).await.expect_code("RATE_LIMITED");
    town.app.clock.advance(Duration::minutes(15));
    try_code(&town, "f@example.jp", Some("000000")).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    try_code(&town, "f@example.jp", Some(&phone.code(0))).await.expect_code("RATE_LIMITED");
    town.app.clock.advance(Duration::minutes(15));
    try_code(&town, "f@example.jp", Some(&phone.code(0))).await.data();
    try_code(&town, "f@example.jp", Some("000000")).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    let notes = Sql::new("SELECT FROM audit_entries WHERE op = 'SECOND_FACTOR_FAILED'");
    assert_eq!(town.system().rows(notes).await.expect("rows").len(), 12);
}

#[tokio::test]
async fn a21_a_recovery_code_is_good_once_and_kept_as_a_hash() {
    let town = Town::new().await;
    let (_, phone, recovery) = enrolled(&town).await;
    try_code(&town, "f@example.jp", Some(&recovery[3].to_uppercase())).await.data();
    try_code(&town, "f@example.jp", Some(&recovery[3])).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    let tokens = try_code(&town, "f@example.jp", Some(&phone.code(0))).await.data()["sessionSignIn"].clone();
    let me = bearer(&town, &tokens);
    let renewed = texts(&me.run(RENEW, json!({})).await.data()["recoveryCodesRenew"]["codes"]);
    try_code(&town, "f@example.jp", Some(&recovery[4])).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    try_code(&town, "f@example.jp", Some(&renewed[0])).await.data();
    let stored = town.system().rows(Sql::new("SELECT hash FROM recovery_codes")).await.expect("rows");
    assert_eq!(stored.len(), 10);
    let plain: Vec<String> = renewed.iter().map(|code| entaku::kernel::keys::sha256(code.as_bytes())).collect();
    assert!(stored.iter().all(|row| !plain.contains(&row.get("hash"))), "peppered");
}

#[tokio::test]
async fn a28_a_step_up_takes_both_factors() {
    let town = Town::new().await;
    let (_, phone, _) = enrolled(&town).await;
    let tokens = try_code(&town, "f@example.jp", Some(&phone.code(0))).await.data()["sessionSignIn"].clone();
    let me = bearer(&town, &tokens);
    town.app.clock.advance(Duration::seconds(60));
    let elevate = async |code: Option<String>| me.run(ELEVATE, json!({"password": PASSWORD, "code": code})).await;
    elevate(None).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_REQUIRED");
    elevate(Some("000000".into())).await.expect_code("UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    elevate(Some(phone.code(0))).await.data();
    me.run(DISABLE, json!({})).await.data();
    sign_in(&town, "f@example.jp", "端末").await;
    let left = Sql::new("SELECT FROM second_factors UNION ALL SELECT FROM recovery_codes");
    assert!(town.system().rows(left).await.expect("rows").is_empty());
}

#[tokio::test]
async fn an_administrator_helps_who_has_lost_everything_but_not_themselves() {
    let town = Town::new().await;
    let (me, _, _) = enrolled(&town).await;
    let own = "query { viewer { id } }";
    let id = me.run(own, json!({})).await.data()["viewer"]["id"].clone();
    let reset = "mutation($id: ID!) { secondFactorReset(id: $id) { id } }";
    let admin = town.staff(Role::Admin).await;
    let admins = admin.run(own, json!({})).await.data()["viewer"]["id"].clone();
    admin.run(reset, json!({ "id": admins })).await.expect_code("FORBIDDEN/DUTIES_APART");
    me.run(reset, json!({ "id": id })).await.expect_code("FORBIDDEN");
    town.staff(Role::GrantStaff).await.run(reset, json!({ "id": id })).await.expect_code("FORBIDDEN");
    admin.run(reset, json!({ "id": id })).await.data();
    me.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    sign_in(&town, "f@example.jp", "端末").await;
    admin.run(reset, json!({ "id": id })).await.expect_code("CONFLICT/SECOND_FACTOR_OFF");
}

#[tokio::test]
async fn a23_staff_without_a_second_factor_may_only_enrol_where_it_is_asked_for() {
    let town = Town::new().await;
    staff(&town, "s@example.jp", Role::GrantStaff).await;
    account(&town, "r@example.jp").await;
    let clerk = bearer(&town, &sign_in(&town, "s@example.jp", "端末").await);
    let list = "{ organizations { nodes { id } } }";
    clerk.run(list, json!({})).await.data();
    require(&town).await;
    town.app.clock.advance(Duration::seconds(6));
    let refused = "FORBIDDEN/SECOND_FACTOR_REQUIRED";
    for document in [
        list,
        "{ viewer { name } organizations { nodes { id } } }",
        "{ v: viewer { name } ...more } fragment more on Query { accounts { nodes { id } } }",
        "mutation { notificationsMarkAllRead { id } }",
        "mutation { secondFactorDisable { id } }",
    ] {
        clerk.run(document, json!({})).await.expect_code(refused);
    }
    let held = "{ viewer { name viewerCan { action allowed } } __schema { queryType { name } } }";
    let viewer = clerk.run(held, json!({})).await.data()["viewer"].clone();
    assert_eq!(viewer["name"], "例山 花子");
    bearer(&town, &sign_in(&town, "r@example.jp", "端末").await).run(list, json!({})).await.data();
    town.public().run(list, json!({})).await.data();
    enrol(&town, &clerk).await;
    clerk.run(list, json!({})).await.data();
}

/// Somebody who has a second factor asks others for one; nobody else can.
async fn require(town: &Town) {
    let admin = town.staff(Role::Admin).await;
    let find = "{ municipalitySettings { nodes { id } } }";
    let id = admin.run(find, json!({})).await.data()["municipalitySettings"]["nodes"][0]["id"].clone();
    let change = "mutation($id: ID!) { municipalitySettingsChange(id: $id, input: {secondFactorRequired: true}) { secondFactorRequired } }";
    admin.run(change, json!({ "id": id })).await.expect_code("CONFLICT/SECOND_FACTOR_OFF");
    enrol(town, &admin).await;
    let changed = admin.run(change, json!({ "id": id })).await.data();
    assert_eq!(changed["municipalitySettingsChange"]["secondFactorRequired"], true);
}

/// A29: nothing secret is found anywhere in the database, in clear.
#[tokio::test]
async fn a29_neither_secrets_nor_codes_stand_anywhere_in_clear() {
    let town = Town::new().await;
    let (_, phone, recovery) = enrolled(&town).await;
    let code = phone.code(0);
    let tokens = try_code(&town, "f@example.jp", Some(&code)).await.data()["sessionSignIn"].clone();
    try_code(&town, "f@example.jp", Some(&recovery[0])).await.data();
    let mut canaries = vec![PASSWORD.to_owned(), tokens["refreshToken"].as_str().expect("a token").to_owned()];
    canaries.extend(recovery.iter().flat_map(|code| [code.clone(), code.replace('-', "")]));
    canaries.push(String::from_utf8_lossy(&phone.secret).into_owned());
    canaries.push(phone.secret.iter().map(|b| format!("{b:02x}")).collect());
    for table in
        ["audit_entries", "second_factors", "recovery_codes", "sessions", "refresh_tokens", "accounts", "events"]
    {
        let rows = town.system().rows(Sql::new(&format!("SELECT t::text AS row FROM {table} t"))).await.expect("rows");
        for row in rows {
            let text: String = row.get("row");
            for canary in &canaries {
                assert!(!text.contains(canary.as_str()), "{table}: {text}");
            }
        }
    }
    let hidden = "SELECT FROM audit_entries WHERE kind IN ('second_factors', 'recovery_codes') \
        AND (after ? 'secret' OR after ? 'hash' OR after ? 'last_step' OR before ? 'secret' OR before ? 'last_step')";
    assert!(town.system().rows(Sql::new(hidden)).await.expect("rows").is_empty());
}
