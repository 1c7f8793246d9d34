//! Failing to prove who one is: counted before it is tried, for all processes, and never so that somebody else's
//! failures keep an account's owner out.

use chrono::Duration;
use entaku::api::app::App;
use entaku::kernel::config::{Rate, WireConfig};
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::client::Answer;
use crate::support::post::PostOffice;
use crate::support::{Client, Town, town};

const PASSWORD: &str = "最初の長いパスワードです。";
const WRONG: &str = "まったく違うパスワードです";
const SIGN_IN: &str = "mutation($email: String!, $password: String!, $deviceToken: String) {
    sessionSignIn(email: $email, password: $password, deviceToken: $deviceToken) { accessToken deviceToken } }";

async fn account(town: &Town, email: &str) {
    let admin = town.staff(Role::Admin).await;
    let create = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { id } }";
    let input =
        json!({"email": email, "name": "例山 花子", "nameKana": "れいやま はなこ", "initialPassword": PASSWORD});
    admin.run(create, json!({ "input": input })).await.data();
}

async fn sign_in(client: &Client, email: &str, password: &str, device: Option<&str>) -> Answer {
    client.run(SIGN_IN, json!({"email": email, "password": password, "deviceToken": device})).await
}

fn wire(points: u32, seconds: u32) -> WireConfig {
    let rate = Rate { points: points.try_into().expect("some"), seconds: seconds.try_into().expect("some") };
    let proxies = vec!["0.0.0.0/32".parse().expect("one")];
    WireConfig { sign_in_rate: Some(rate), proxies, ..WireConfig::default() }
}

/// A network of one test's own: all of them count in one table.
fn somewhere() -> String {
    let draw = uuid::Uuid::new_v4().simple().to_string();
    format!("2001:db8:{}:{}::1", &draw[..4], &draw[4..8])
}

async fn notes(town: &Town, what: &str) -> Vec<String> {
    let sql = Sql::new(&format!("SELECT detail FROM audit_entries WHERE op = '{what}'"));
    town.system().rows(sql).await.expect("rows").iter().map(|row| row.get("detail")).collect()
}

fn retry_after(answer: &Answer) -> i64 {
    answer.header("retry-after").parse().expect("seconds")
}

/// The same address elsewhere on the same installation.
fn beside(app: &Arc<App>, town: &Town) -> Client {
    Client::new(app.clone()).with("entaku-municipality", town.code.as_str())
}

#[tokio::test]
async fn a3_failures_in_a_row_make_wait_and_success_forgets_them() {
    let town = Town::new().await;
    account(&town, "a3@example.jp").await;
    let public = town.public();
    for _ in 0..10 {
        sign_in(&public, "a3@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    }
    for wait in [1, 2, 4] {
        let hashes = town.app.passwords.count();
        let early = sign_in(&public, "a3@example.jp", PASSWORD, None).await;
        assert_eq!((early.status.as_u16(), retry_after(&early)), (429, wait));
        early.expect_code("RATE_LIMITED");
        assert_eq!(town.app.passwords.count(), hashes, "nothing is hashed");
        town.app.clock.advance(Duration::seconds(wait));
        sign_in(&public, "a3@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    }
    town.app.clock.advance(Duration::seconds(8));
    sign_in(&public, "a3@example.jp", PASSWORD, None).await.data();
    for _ in 0..10 {
        sign_in(&public, "a3@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a3_an_address_nobody_has_waits_alike() {
    let town = Town::new().await;
    account(&town, "here@example.jp").await;
    let mut told = Vec::new();
    for email in ["here@example.jp", "nowhere@example.jp"] {
        for _ in 0..10 {
            sign_in(&town.public(), email, WRONG, None).await.expect_code("UNAUTHENTICATED");
        }
        told.push(sign_in(&town.public(), email, WRONG, None).await.text);
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].contains("RATE_LIMITED"));
}

#[tokio::test]
async fn a3_after_a_hundred_failures_nothing_is_tried_from_elsewhere() {
    let town = Town::new().await;
    account(&town, "hundred@example.jp").await;
    let public = town.public();
    let device = sign_in(&public, "hundred@example.jp", PASSWORD, None).await.data()["sessionSignIn"].clone();
    let device = device["deviceToken"].as_str().expect("a proof").to_owned();
    let tx = town.system();
    sign_in(&public, "hundred@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    tx.run(Sql::new("UPDATE sign_in_tries SET failures = 99")).await.expect("moved");
    tx.commit().await.expect("committed");
    town.app.clock.advance(Duration::minutes(15));
    sign_in(&public, "hundred@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    town.app.clock.advance(Duration::days(29));
    let over = sign_in(&public, "hundred@example.jp", PASSWORD, None).await;
    assert_eq!((over.status.as_u16(), retry_after(&over)), (429, 86_400));
    sign_in(&public, "hundred@example.jp", PASSWORD, Some(&device)).await.data();
    sign_in(&public, "hundred@example.jp", PASSWORD, None).await.data();
}

#[tokio::test]
async fn a5_somebody_elses_failures_keep_nobody_out_on_a_known_device() {
    let town = Town::new().await;
    for email in ["victim@example.jp", "other@example.jp"] {
        account(&town, email).await;
    }
    let public = town.public();
    let known = sign_in(&public, "victim@example.jp", PASSWORD, None).await.data()["sessionSignIn"].clone();
    let known = known["deviceToken"].as_str().expect("a proof").to_owned();
    for _ in 0..10 {
        sign_in(&public, "victim@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    }
    for stranger in [None, Some("edv.1.x.y"), Some("")] {
        sign_in(&public, "victim@example.jp", PASSWORD, stranger).await.expect_code("RATE_LIMITED");
    }
    let theirs = sign_in(&public, "other@example.jp", PASSWORD, None).await.data()["sessionSignIn"].clone();
    let theirs = theirs["deviceToken"].as_str();
    sign_in(&public, "victim@example.jp", PASSWORD, theirs).await.expect_code("RATE_LIMITED");
    for _ in 0..10 {
        sign_in(&public, "victim@example.jp", WRONG, Some(&known)).await.expect_code("UNAUTHENTICATED");
    }
    sign_in(&public, "victim@example.jp", PASSWORD, Some(&known)).await.expect_code("RATE_LIMITED");
    town.app.clock.advance(Duration::seconds(1));
    sign_in(&public, "victim@example.jp", PASSWORD, Some(&known)).await.data();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_tries_at_the_same_time_and_at_several_servers_pass_no_limit_together() {
    let servers = town::pair(&WireConfig::default());
    let town = Town::beside(servers[0].clone()).await;
    account(&town, "many@example.jp").await;
    let before: u64 = servers.iter().map(|app| app.passwords.count()).sum();
    let tries = (0..40).map(|n| {
        let client = beside(&servers[n % 2], &town);
        async move { sign_in(&client, "many@example.jp", WRONG, None).await.code() }
    });
    let codes = join_all(tries).await;
    let hashed: u64 = servers.iter().map(|app| app.passwords.count()).sum::<u64>() - before;
    assert_eq!(codes.iter().filter(|code| *code == "UNAUTHENTICATED").count(), 10, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "RATE_LIMITED").count(), 30, "{codes:?}");
    assert_eq!(hashed, 10);
}

#[tokio::test]
async fn a4_a_spray_from_one_network_is_stopped_and_told() {
    let town =
        Town::beside(town::app_with(WireConfig { sign_in_rate: wire(20, 120).sign_in_rate, ..wire(20, 120) })).await;
    let spray = town.public().with("x-forwarded-for", &somewhere());
    let mut tried = 0;
    for n in 0..60 {
        match sign_in(&spray, &format!("{n}@example.jp"), WRONG, None).await.code().as_str() {
            "UNAUTHENTICATED" => tried += 1,
            "RATE_LIMITED" => {}
            other => panic!("{other}"),
        }
        town.app.clock.advance(Duration::seconds(1));
    }
    assert!((20..=30).contains(&tried), "{tried} in a minute");
    let alarms = notes(&town, "SIGN_IN_ALARM").await;
    assert_eq!(alarms.len(), 1, "once an hour: {alarms:?}");
    assert!(alarms[0].starts_with("2001:db8:"), "{alarms:?}");
    let elsewhere = town.public().with("x-forwarded-for", &somewhere());
    sign_in(&elsewhere, "x@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a4_all_servers_count_one_network_and_success_gives_its_point_back() {
    let servers = town::pair(&wire(3, 300));
    let town = Town::beside(servers[0].clone()).await;
    account(&town, "good@example.jp").await;
    let at = somewhere();
    let client = |n: usize| beside(&servers[n % 2], &town).with("x-forwarded-for", &at);
    for n in 0..6 {
        sign_in(&client(n), "good@example.jp", PASSWORD, None).await.data();
    }
    for n in 0..3 {
        sign_in(&client(n), &format!("{n}@example.jp"), WRONG, None).await.expect_code("UNAUTHENTICATED");
    }
    for n in 0..2 {
        let spent = sign_in(&client(n), "good@example.jp", PASSWORD, None).await;
        assert_eq!((spent.status.as_u16(), retry_after(&spent)), (429, 100));
    }
    let neighbour = at.replace("::1", "::2");
    sign_in(&client(0).with("x-forwarded-for", &neighbour), "good@example.jp", PASSWORD, None)
        .await
        .expect_code("RATE_LIMITED");
    town.app.clock.advance(Duration::seconds(100));
    sign_in(&client(1), "good@example.jp", PASSWORD, None).await.data();
}

#[tokio::test]
async fn a30_who_is_no_proxy_says_nothing_about_where_it_is() {
    let rate = wire(2, 300).sign_in_rate;
    let town = Town::beside(town::app_with(WireConfig { sign_in_rate: rate, ..WireConfig::default() })).await;
    let mut codes = Vec::new();
    for n in 1..=20 {
        let spoofing = town.public().with("x-forwarded-for", &format!("192.0.2.{n}"));
        codes.push(sign_in(&spoofing, &format!("{n}@example.jp"), WRONG, None).await.code());
    }
    // Other tests of the run ask from the same nowhere, so there may be less than two left.
    let tried = codes.iter().filter(|code| *code == "UNAUTHENTICATED").count();
    assert!(tried <= 2 && codes[2..].iter().all(|code| code == "RATE_LIMITED"), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_more_sign_ins_at_once_than_can_wait_are_sent_away_and_cost_nothing() {
    let town = Town::new().await;
    account(&town, "busy@example.jp").await;
    let cores = std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).max(1));
    let tries = (0..200).map(|n| {
        let client = town.public();
        async move { sign_in(&client, &format!("{n}@example.jp"), WRONG, None).await }
    });
    let answers = join_all(tries).await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(busy.len() <= 200 - 64 - cores, "{} of 200", busy.len());
    for answer in &answers {
        match answer.status.as_u16() {
            503 => assert_eq!((answer.code().as_str(), retry_after(answer)), ("UNAVAILABLE", 1)),
            _ => assert_eq!(answer.code(), "UNAUTHENTICATED", "{}", answer.text),
        }
    }
    let counted = Sql::new("SELECT sum(failures)::bigint AS n FROM sign_in_tries");
    let counted: i64 = town.system().rows(counted).await.expect("rows")[0].get("n");
    assert_eq!(counted, i64::try_from(200 - busy.len()).expect("a number"), "who was sent away has not failed");
    sign_in(&town.public(), "busy@example.jp", PASSWORD, None).await.data();
}

#[tokio::test]
async fn a1_every_way_to_fail_is_one_answer_after_one_hash() {
    let town = Town::new().await;
    account(&town, "wrong@example.jp").await;
    account(&town, "suspended@example.jp").await;
    account(&town, "without@example.jp").await;
    let tx = town.system();
    for sql in [
        "UPDATE accounts SET suspended_at = created_at WHERE email = 'suspended@example.jp'",
        "UPDATE accounts SET password_hash = NULL WHERE email = 'without@example.jp'",
    ] {
        assert_eq!(tx.run(Sql::new(sql)).await.expect("changed"), 1);
    }
    tx.commit().await.expect("committed");
    let mut told = Vec::new();
    for (email, password) in [
        ("wrong@example.jp", WRONG),
        ("unknown@example.jp", WRONG),
        ("suspended@example.jp", PASSWORD),
        ("without@example.jp", PASSWORD),
    ] {
        let before = town.app.passwords.count();
        let answer = sign_in(&town.public(), email, password, None).await;
        assert_eq!(town.app.passwords.count(), before + 1, "{email}");
        told.push((answer.status, answer.text));
    }
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:?}");
    assert!(told[0].1.contains("UNAUTHENTICATED"));
}

#[tokio::test]
async fn a3_the_current_password_is_not_guessed_in_a_session() {
    let town = Town::new().await;
    account(&town, "session@example.jp").await;
    let tokens = sign_in(&town.public(), "session@example.jp", PASSWORD, None).await.data();
    let token = tokens["sessionSignIn"]["accessToken"].as_str().expect("a token");
    let me = town.public().with("authorization", &format!("Bearer {token}"));
    let change = "mutation($current: String!) { passwordChange(current: $current, new: \"次のとても長いパスワード。1\") { id } }";
    let change = async |current: &str| me.run(change, json!({ "current": current })).await;
    for _ in 0..10 {
        change(WRONG).await.expect_code("UNAUTHENTICATED");
    }
    assert_eq!(change(PASSWORD).await.status, 429);
    sign_in(&town.public(), "session@example.jp", PASSWORD, None).await.data();
    town.app.clock.advance(Duration::seconds(1));
    change(PASSWORD).await.data();
}

#[tokio::test]
async fn failures_are_forgotten_after_a_month_and_hold_no_address() {
    let post = PostOffice::new().await;
    let town = &post.town;
    sign_in(&town.public(), "gone@example.jp", WRONG, None).await.expect_code("UNAUTHENTICATED");
    let rows = || async {
        let rows = town.system().rows(Sql::new("SELECT row_to_json(t)::text AS t FROM sign_in_tries t")).await;
        rows.expect("rows").iter().map(|row| row.get::<_, String>("t")).collect::<Vec<_>>()
    };
    let kept = rows().await;
    assert!(kept.len() == 1 && !kept[0].contains("gone"), "{kept:?}");
    town.app.clock.advance(Duration::days(29));
    post.work().await;
    assert_eq!(rows().await.len(), 1);
    town.app.clock.advance(Duration::days(2));
    post.work().await;
    assert_eq!(rows().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_device_is_told_only_where_somebody_has_signed_in() {
    let town = Town::new().await;
    account(&town, "told@example.jp").await;
    let refresh = "mutation($t: String!) { sessionRefresh(refreshToken: $t) { deviceToken } }";
    let signed_in =
        "mutation($e: String!, $p: String!) { sessionSignIn(email: $e, password: $p) { refreshToken deviceToken } }";
    let tokens = town.public().run(signed_in, json!({"e": "told@example.jp", "p": PASSWORD})).await.data();
    assert!(tokens["sessionSignIn"]["deviceToken"].as_str().is_some_and(|proof| proof.starts_with("edv.")));
    let renewed = town.public().run(refresh, json!({"t": tokens["sessionSignIn"]["refreshToken"]})).await.data();
    assert_eq!(renewed["sessionRefresh"]["deviceToken"], Value::Null);
}
