//! Links by mail: resetting a password (A2, A27), registering, changing the address; passwords (A7, A8); no secret is
//! told anywhere (A29).

use std::collections::BTreeSet;

use chrono::Duration;
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::{Param, Sql};
use serde_json::{Value, json};

use crate::support::post::{PUBLIC_URL, PostOffice};
use crate::support::{Client, Town};

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!("../../docs/stories/", $file, ".graphql"));
    };
}

story!(SIGN_IN, "01-sign-in");
story!(RESET, "98-password-reset-request");
story!(EMAIL, "99-email-change-request");
story!(LANGUAGE, "95-account-language-set");

const RESET_CONFIRM: &str =
    "mutation($token: String!, $new: String!) { passwordResetConfirm(token: $token, new: $new) { changedAt } }";
const REGISTER: &str = "mutation($email: String!, $language: Language!) { accountRegister(email: $email, language: $language) { validUntil } }";
const REGISTER_CONFIRM: &str = "mutation($input: AccountRegistrationConfirmInput!) {
    accountRegistrationConfirm(input: $input) { accessToken refreshToken sessionExpiresAt } }";
const EMAIL_CONFIRM: &str = "mutation($token: String!) { emailChangeConfirm(token: $token) { changedAt } }";
const FIRST: &str = "夜明けの田んぼに白鷺三羽";
const SECOND: &str = "峠の茶屋で食べた団子の味";
const VIEWER: &str = "{ viewer { name email appointments { role scope } } }";

/// Makes an account with a password.
async fn account(town: &Town, email: &str) {
    let create =
        "mutation($email: String!, $password: String!) { accountCreate(input: {email: $email, name: \"出雲 花子\",
        nameKana: \"いずも はなこ\", initialPassword: $password}) { id } }";
    town.staff(Role::Admin).await.run(create, json!({"email": email, "password": FIRST})).await.data();
}

async fn sign_in(town: &Town, email: &str, password: &str) -> Client {
    let tokens = town.public().run(SIGN_IN, json!({"email": email, "password": password})).await.data();
    bearer(town, &tokens["sessionSignIn"]["accessToken"])
}

fn bearer(town: &Town, token: &Value) -> Client {
    town.public().with("authorization", &format!("Bearer {}", token.as_str().expect("a token")))
}

async fn ask(town: &Town, email: &str) {
    town.public().run(RESET, json!({ "email": email })).await.data();
}

async fn open(town: &Town) {
    let admin = town.staff(Role::Admin).await;
    let found = admin.run("{ municipalitySettings { nodes { id } } }", json!({})).await.data();
    let change = "mutation($id: ID!) { municipalitySettingsChange(id: $id, input: {selfRegistration: true}) { selfRegistration } }";
    let id = found["municipalitySettings"]["nodes"][0]["id"].clone();
    admin.run(change, json!({ "id": id })).await.data();
}

#[tokio::test]
async fn a27_a_link_resets_a_password_once_and_ends_every_session() {
    let post = PostOffice::new().await;
    let town = &post.town;
    account(town, "h@example.jp").await;
    let here = sign_in(town, "h@example.jp", FIRST).await;
    ask(town, "Ｈ@example.jp").await;
    let letter = post.newest().await;
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("h@example.jp", "【試験町】パスワードの再設定"));
    let confirm = json!({"token": letter.token(), "new": SECOND});
    here.run(VIEWER, json!({})).await.data();
    let changed = town.public().run(RESET_CONFIRM, confirm.clone()).await;
    assert_eq!(
        changed.body["data"],
        json!({"passwordResetConfirm": {"changedAt": "2026-05-20T01:00:00+00:00"}}),
        "nobody is signed in by it"
    );
    here.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    town.public().run(RESET_CONFIRM, confirm).await.expect_code("UNAUTHENTICATED");
    town.public()
        .run(SIGN_IN, json!({"email": "h@example.jp", "password": FIRST}))
        .await
        .expect_code("UNAUTHENTICATED");
    sign_in(town, "h@example.jp", SECOND).await;
    let notice = post.newest().await;
    assert_eq!(notice.subject, "【試験町】パスワードが変わりました");
    assert!(notice.body.contains(&format!("{PUBLIC_URL}/account#password-reset\n")), "{}", notice.body);
}

#[tokio::test]
async fn a27_the_newest_link_alone_is_good_and_only_for_an_hour() {
    let post = PostOffice::new().await;
    let town = &post.town;
    account(town, "h@example.jp").await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        ask(town, "h@example.jp").await;
        tokens.push(post.newest().await.token());
    }
    let confirm =
        async |token: &str, new: &str| town.public().run(RESET_CONFIRM, json!({"token": token, "new": new})).await;
    confirm(&tokens[0], SECOND).await.expect_code("UNAUTHENTICATED");
    confirm(&format!("{}x", tokens[1]), SECOND).await.expect_code("UNAUTHENTICATED");
    confirm(&tokens[1].replace("rst.", "inv."), SECOND).await.expect_code("UNAUTHENTICATED");
    for weak in ["short", "password1234", "h@example.jp", "試験町試験町試験町試験町", "shikenchou2026"] {
        confirm(&tokens[1], weak).await.expect_code("INVALID_INPUT");
    }
    town.app.clock.advance(Duration::minutes(60));
    confirm(&tokens[1], SECOND).await.expect_code("UNAUTHENTICATED");
    ask(town, "h@example.jp").await;
    let token = post.newest().await.token();
    town.app.clock.advance(Duration::minutes(59));
    confirm(&token, SECOND).await.data();
}

/// Also when somebody is signed in with the session that ends by it.
#[tokio::test]
async fn a27_whoever_is_signed_in_may_use_the_link_too() {
    let post = PostOffice::new().await;
    account(&post.town, "h@example.jp").await;
    let here = sign_in(&post.town, "h@example.jp", FIRST).await;
    ask(&post.town, "h@example.jp").await;
    here.run(RESET_CONFIRM, json!({"token": post.newest().await.token(), "new": SECOND})).await.data();
    here.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a2_known_and_unknown_addresses_get_one_answer_by_the_same_statements() {
    let post = PostOffice::new().await;
    let town = &post.town;
    open(town).await;
    account(town, "known@example.jp").await;
    account(town, "gone@example.jp").await;
    let tx = town.system();
    tx.run(Sql::new("UPDATE accounts SET suspended_at = now() WHERE email = 'gone@example.jp'"))
        .await
        .expect("suspended");
    tx.commit().await.expect("committed");
    for (document, more) in [(RESET, json!({})), (REGISTER, json!({"language": "JA"}))] {
        let hashes = town.app.passwords.count();
        let mut seen = BTreeSet::new();
        for email in ["known@example.jp", "unknown@example.jp", "gone@example.jp"] {
            let mut variables = more.clone();
            variables["email"] = json!(email);
            let answer = town.public().run(document, variables).await;
            seen.insert((answer.status.as_u16(), answer.text.clone(), answer.statements));
        }
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(town.app.passwords.count(), hashes);
    }
    let letters = post.letters().await;
    let told: BTreeSet<(&str, &str)> = letters.iter().map(|l| (l.to.as_str(), l.subject.as_str())).collect();
    let expected = [
        ("known@example.jp", "【試験町】パスワードの再設定"),
        ("known@example.jp", "【試験町】アカウントはすでにあります"),
        ("unknown@example.jp", "【試験町】アカウントの登録"),
    ];
    assert_eq!(told, BTreeSet::from(expected));
    assert_eq!(letters.len(), 3);
}

#[tokio::test]
async fn an_address_gets_three_mails_an_hour_and_the_answer_stays_the_same() {
    let post = PostOffice::new().await;
    account(&post.town, "h@example.jp").await;
    for _ in 0..5 {
        ask(&post.town, "h@example.jp").await;
        post.work().await;
    }
    let letters = post.letters().await;
    assert_eq!(letters.len(), 3);
    let third = letters[2].token();
    post.town.app.clock.advance(Duration::minutes(30));
    post.town.public().run(RESET_CONFIRM, json!({"token": third, "new": SECOND})).await.data();
    post.town.app.clock.advance(Duration::minutes(31));
    ask(&post.town, "h@example.jp").await;
    assert_eq!(post.letters().await.len(), 5, "the notice, and a fourth link");
}

/// Whoever asks for many mails waits as long as whoever guesses passwords.
#[tokio::test]
async fn whoever_asks_for_too_many_mails_has_to_wait() {
    use entaku::kernel::config::{Rate, WireConfig};
    let rate = Rate { points: 3.try_into().expect("not zero"), seconds: 300.try_into().expect("not zero") };
    let wire = WireConfig { sign_in_rate: Some(rate), ..WireConfig::default() };
    let town = Town::beside(crate::support::town::app_with(wire)).await;
    for n in 0..3 {
        town.public().run(RESET, json!({"email": format!("{n}@example.jp")})).await.data();
    }
    let refused = town.public().run(RESET, json!({"email": "5@example.jp"})).await;
    assert_eq!(refused.status, 429);
    refused.expect_code("RATE_LIMITED");
    town.public().run(SIGN_IN, json!({"email": "a@example.jp", "password": FIRST})).await.expect_code("RATE_LIMITED");
}

#[tokio::test]
async fn people_register_by_a_link_as_residents_and_nothing_else() {
    let post = PostOffice::new().await;
    let town = &post.town;
    let ask = json!({"email": "jumin@example.jp", "language": "EN"});
    town.public().run(REGISTER, ask.clone()).await.expect_code("FORBIDDEN/REGISTRATION_CLOSED");
    open(town).await;
    for bad in ["nobody", "a b@example.jp", ""] {
        town.public().run(REGISTER, json!({"email": bad, "language": "EN"})).await.expect_code("INVALID_INPUT");
    }
    town.public().run(REGISTER, ask).await.data();
    let letter = post.newest().await;
    assert_eq!(letter.subject, "[試験町] Open your account");
    let input = |name: &str| json!({"input": {"token": letter.token(), "name": name, "nameKana": "じゅうみん", "password": SECOND}});
    town.public().run(REGISTER_CONFIRM, input(" ")).await.expect_code("INVALID_INPUT");
    let tokens = town.public().run(REGISTER_CONFIRM, input("住民 一郎")).await.data();
    let me = bearer(town, &tokens["accountRegistrationConfirm"]["accessToken"]);
    let viewer =
        me.run("{ viewer { email language appointments { role scope } } }", json!({})).await.data()["viewer"].clone();
    let resident = json!([{"role": "RESIDENT", "scope": "MUNICIPALITY"}]);
    assert_eq!(viewer, json!({"email": "jumin@example.jp", "language": "EN", "appointments": resident}));
    town.public().run(REGISTER_CONFIRM, input("住民 二郎")).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a_registration_is_over_after_a_day_or_when_the_town_closes_it() {
    let post = PostOffice::new().await;
    let town = &post.town;
    open(town).await;
    let confirm = async || {
        town.public().run(REGISTER, json!({"email": "a@example.jp", "language": "JA"})).await.data();
        json!({"input": {"token": post.newest().await.token(), "name": "住民", "nameKana": "じゅうみん", "password": SECOND}})
    };
    let late = confirm().await;
    town.app.clock.advance(Duration::hours(24));
    town.public().run(REGISTER_CONFIRM, late).await.expect_code("UNAUTHENTICATED");
    let closed = confirm().await;
    let tx = town.system();
    tx.run(Sql::new("UPDATE municipality_settings SET self_registration = false")).await.expect("closed");
    tx.commit().await.expect("committed");
    town.public().run(REGISTER_CONFIRM, closed).await.expect_code("FORBIDDEN/REGISTRATION_CLOSED");
}

#[tokio::test]
async fn an_address_is_changed_by_a_link_to_the_new_one_and_the_old_one_is_told() {
    let post = PostOffice::new().await;
    let town = &post.town;
    account(town, "old@example.jp").await;
    account(town, "taken@example.jp").await;
    let me = sign_in(town, "old@example.jp", FIRST).await;
    let to = |email: &str, password: &str| json!({"email": email, "password": password});
    me.run(EMAIL, to("new@example.jp", SECOND)).await.expect_code("UNAUTHENTICATED");
    town.public().run(EMAIL, to("new@example.jp", FIRST)).await.expect_code("UNAUTHENTICATED");
    let (free, taken) =
        (me.run(EMAIL, to("new@example.jp", FIRST)).await, me.run(EMAIL, to("taken@example.jp", FIRST)).await);
    assert_eq!((free.text, free.statements), (taken.text, taken.statements));
    let letters = post.letters().await;
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "new@example.jp"));
    town.public().run(EMAIL_CONFIRM, json!({"token": letters[0].token()})).await.data();
    let kept = town.system().rows(Sql::new("SELECT FROM former_addresses")).await.expect("rows");
    assert_eq!(kept.len(), 1, "so that what was sent there is found when they are forgotten");
    town.public().run(EMAIL_CONFIRM, json!({"token": letters[0].token()})).await.expect_code("UNAUTHENTICATED");
    assert_eq!(me.run(VIEWER, json!({})).await.data()["viewer"]["email"], "new@example.jp");
    let notice = post.newest().await;
    assert_eq!(
        (notice.to.as_str(), notice.subject.as_str()),
        ("old@example.jp", "【試験町】メールアドレスが変わりました")
    );
    sign_in(town, "new@example.jp", FIRST).await;
    town.public()
        .run(SIGN_IN, json!({"email": "old@example.jp", "password": FIRST}))
        .await
        .expect_code("UNAUTHENTICATED");
}

/// Somebody who got hold of a session and a password asks for another address; the owner changes the password.
#[tokio::test]
async fn a_new_password_ends_what_the_old_one_asked_for() {
    let post = PostOffice::new().await;
    let town = &post.town;
    account(town, "h@example.jp").await;
    let me = sign_in(town, "h@example.jp", FIRST).await;
    let steal = async || {
        me.run(EMAIL, json!({"email": "thief@example.jp", "password": FIRST})).await.data();
        post.newest().await.token()
    };
    let stolen = steal().await;
    let change = "mutation($old: String!, $new: String!) { passwordChange(current: $old, new: $new) { id } }";
    me.run(change, json!({"old": FIRST, "new": SECOND})).await.data();
    town.public().run(EMAIL_CONFIRM, json!({"token": stolen})).await.expect_code("UNAUTHENTICATED");
    me.run(change, json!({"old": SECOND, "new": FIRST})).await.data();
    let stolen = steal().await;
    ask(town, "h@example.jp").await;
    let reset = post.newest().await.token();
    town.public().run(RESET_CONFIRM, json!({"token": reset, "new": SECOND})).await.data();
    town.public().run(EMAIL_CONFIRM, json!({"token": stolen})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a_link_of_another_town_says_so_and_links_stand_alone() {
    let post = PostOffice::new().await;
    let other = Town::beside(post.town.app.clone()).await;
    account(&post.town, "h@example.jp").await;
    ask(&post.town, "h@example.jp").await;
    let confirm = json!({"token": post.newest().await.token(), "new": SECOND});
    let elsewhere = other.public().run(RESET_CONFIRM, confirm.clone()).await;
    elsewhere.expect_code("BAD_REQUEST/MUNICIPALITY_MISMATCH");
    let dry = post.town.public().with("entaku-dry-run", "true");
    dry.run(RESET_CONFIRM, confirm).await.expect_code("BAD_REQUEST/CREDENTIALS");
    let two = "mutation { a: passwordResetRequest(email: \"a@example.jp\") { validUntil } b: passwordResetRequest(email: \"b@example.jp\") { validUntil } }";
    post.town.public().run(two, json!({})).await.expect_code("BAD_REQUEST/CREDENTIALS");
}

#[tokio::test]
async fn v9_a_link_leads_to_the_configured_site_whatever_the_request_says() {
    let post = PostOffice::new().await;
    account(&post.town, "h@example.jp").await;
    let evil = ["host", "x-forwarded-host", "origin", "referer", "forwarded"]
        .iter()
        .fold(post.town.public(), |client, name| client.with(name, "https://evil.example.com"));
    evil.run(RESET, json!({"email": "h@example.jp"})).await.data();
    let letter = post.newest().await;
    assert!(
        !letter.body.contains("evil") && letter.body.contains(&format!("{PUBLIC_URL}/account#rst.")),
        "{}",
        letter.body
    );
}

#[tokio::test]
async fn mails_are_in_the_language_one_chose() {
    let post = PostOffice::new().await;
    let town = &post.town;
    account(town, "h@example.jp").await;
    let me = sign_in(town, "h@example.jp", FIRST).await;
    for (language, subject) in [("JA_EASY", "【試験町】パスワードを かえる"), ("EN", "[試験町] Reset your password")]
    {
        let chosen = me.run(LANGUAGE, json!({ "language": language })).await.data();
        assert_eq!(chosen["accountLanguageSet"]["language"], language);
        ask(town, "h@example.jp").await;
        assert_eq!(post.newest().await.subject, subject);
    }
    town.public().run(LANGUAGE, json!({"language": "EN"})).await.expect_code("UNAUTHENTICATED");
}

/// A8: a hash of older parameters is replaced when its owner signs in, and by nobody else.
#[tokio::test]
async fn a8_an_outdated_hash_is_replaced_at_sign_in() {
    use argon2::password_hash::PasswordHasher;
    use argon2::password_hash::phc::PasswordHash;
    use argon2::{Algorithm, Argon2, KeyId, ParamsBuilder, Version};
    let town = Town::new().await;
    account(&town, "old@example.jp").await;
    let pepper = town.app.keys.pepper().expect("a pepper");
    let params = ParamsBuilder::new().t_cost(1).keyid(KeyId::new(pepper.id.as_bytes()).expect("an id")).build();
    let argon2 =
        Argon2::new_with_secret(&pepper.key, Algorithm::Argon2id, Version::default(), params.expect("parameters"));
    let old: PasswordHash = argon2.expect("argon2").hash_password(FIRST.as_bytes()).expect("a hash");
    let tx = town.system();
    let mut sql = Sql::new("UPDATE accounts SET password_hash = ");
    sql.param(Param::text(old.to_string()));
    tx.run(sql).await.expect("written");
    tx.commit().await.expect("committed");
    let stored = async || {
        let tx = town.system();
        let sql = Sql::new("SELECT password_hash FROM accounts WHERE email = 'old@example.jp'");
        tx.rows(sql).await.expect("rows")[0].get::<_, String>("password_hash")
    };
    town.public()
        .run(SIGN_IN, json!({"email": "old@example.jp", "password": SECOND}))
        .await
        .expect_code("UNAUTHENTICATED");
    assert_eq!(stored().await, old.to_string());
    sign_in(&town, "old@example.jp", FIRST).await;
    let renewed = stored().await;
    assert!(renewed != old.to_string() && renewed.contains("keyid="), "{renewed}");
    let before = town.app.passwords.count();
    sign_in(&town, "old@example.jp", FIRST).await;
    assert_eq!((stored().await, town.app.passwords.count()), (renewed, before + 1), "and then it stays");
}

/// Everything that is logged by this thread.
#[derive(Clone, Default)]
struct Logged(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A29: passwords and links are in no log, no table, no answer; the hash of a link is in one.
#[tokio::test]
async fn a29_no_secret_is_told_anywhere() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let post = PostOffice::new().await;
    let town = &post.town;
    open(town).await;
    account(town, "h@example.jp").await;
    let mut answers = Vec::new();
    ask(town, "h@example.jp").await;
    let reset = post.newest().await.token();
    for token in [&reset, &format!("{reset}x")] {
        answers.push(town.public().run(RESET_CONFIRM, json!({"token": token, "new": SECOND})).await.text);
        answers.push(town.public().run(RESET_CONFIRM, json!({"token": token, "new": "short-canary"})).await.text);
    }
    town.public().run(REGISTER, json!({"email": "n@example.jp", "language": "JA"})).await.data();
    let register = post.newest().await.token();
    let input = json!({"input": {"token": register, "name": "", "nameKana": "", "password": SECOND}});
    answers.push(town.public().run(REGISTER_CONFIRM, input).await.text);
    let me = sign_in(town, "h@example.jp", SECOND).await;
    answers.push(me.run(EMAIL, json!({"email": "new@example.jp", "password": FIRST})).await.text);
    let invite = "mutation { invitationCreate(input: {email: \"i@example.jp\", role: PAYER}) { id } }";
    answers.push(town.staff(Role::Admin).await.run(invite, json!({})).await.text);
    let invited = post.newest().await.token();
    let secrets: Vec<String> =
        [&reset, &register, &invited].iter().map(|t| t.rsplit('.').next().expect("a secret").to_owned()).collect();
    let mut places = vec![
        ("answers".to_owned(), answers.join("\n")),
        ("log".to_owned(), String::from_utf8(logged.0.lock().expect("a log").clone()).expect("text")),
    ];
    let mut superuser = {
        use sqlx::Connection;
        sqlx::PgConnection::connect(&post.url("postgres")).await.expect("a connection")
    };
    let all = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    let tables: Vec<(String,)> = sqlx::query_as(all).fetch_all(&mut superuser).await.expect("the catalogue");
    assert!(tables.iter().any(|(table,)| table == "address_proofs"));
    for (table,) in tables {
        let sql = format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t");
        let (text,): (String,) =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&mut superuser).await.expect("a table");
        places.push((table, text));
    }
    assert!(
        places[1].1.contains("mail") && places.iter().any(|(_, text)| text.contains("h@example.jp")),
        "they were read"
    );
    for (place, text) in places {
        for canary in secrets.iter().map(String::as_str).chain([FIRST, SECOND, "short-canary"]) {
            assert!(!text.contains(canary), "{place} tells {canary}");
        }
    }
}

/// The page that links lead to: from this host alone, in no other page, and every mutation in it is one of the schema.
#[tokio::test]
async fn the_page_at_account_is_ours_alone_and_its_mutations_are_the_schemas() {
    let town = Town::new().await;
    let page = town.public().get("/account").await;
    assert!(page.text.contains("/account/page.js") && !page.text.contains("://"), "{}", page.text);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    let script = town.public().get("/account/page.js").await;
    assert!(script.header("content-type").starts_with("text/javascript") && !script.text.contains("innerHTML"));
    let schema = entaku::api::schema::sdl();
    for name in [
        "invitationAccept",
        "accountRegistrationConfirm",
        "passwordResetConfirm",
        "emailChangeConfirm",
        "passwordResetRequest",
        "accountRegister",
    ] {
        assert!(script.text.contains(name) && schema.contains(&format!("\t{name}(")), "{name}");
    }
}
