//! What a caller may spend, and what it is told of it.

use chrono::Duration;
use entaku::kernel::config::{Rate, WireConfig};
use entaku::kernel::principal::Role;
use serde_json::json;

use crate::support::Town;
use crate::support::town::app_with;

fn rate(points: u32, seconds: u32) -> Rate {
    Rate { points: points.try_into().expect("some"), seconds: seconds.try_into().expect("some") }
}

async fn town(wire: WireConfig) -> Town {
    Town::beside(app_with(WireConfig { proxies: vec!["0.0.0.0/32".parse().expect("one")], ..wire })).await
}

#[tokio::test]
async fn g35_an_address_runs_out_of_points_and_gets_them_back() {
    let town = town(WireConfig { address_rate: Some(rate(3, 60)), ..WireConfig::default() }).await;
    let from = |address: &str| town.public().with("x-forwarded-for", address);
    for left in [2, 1, 0] {
        let answer = from("192.0.2.1").run("{ __typename }", json!({})).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=3;w=60");
        assert_eq!(answer.header("ratelimit"), format!("\"address\";r={left};t={}", 60 - left * 20));
        assert!(answer.body.get("extensions").is_none(), "the public is told in headers");
    }
    let spent = from("192.0.2.1").run("{ __typename }", json!({})).await;
    assert_eq!((spent.status.as_u16(), spent.header("retry-after").as_str()), (429, "20"));
    assert_eq!(spent.header("cache-control"), "no-store");
    spent.expect_code("RATE_LIMITED");
    from("192.0.2.2").run("{ __typename }", json!({})).await.data();
    town.staff(Role::Auditor).await.with("x-forwarded-for", "192.0.2.1").run("{ __typename }", json!({})).await.data();
    town.app.clock.advance(Duration::seconds(20));
    from("192.0.2.1").run("{ __typename }", json!({})).await.data();
    assert_eq!(from("192.0.2.1").run("{ __typename }", json!({})).await.status, 429);
}

#[tokio::test]
async fn g35_an_account_is_one_wherever_it_asks_from() {
    let town = town(WireConfig { account_rate: Some(rate(40, 60)), ..WireConfig::default() }).await;
    let (busy, other) = (town.staff(Role::Auditor).await, town.staff(Role::Auditor).await);
    let costly = "{ districts(first: 100) { nodes { name } } }";
    for n in 1..=3 {
        let answer = busy.with("x-forwarded-for", &format!("192.0.2.{n}")).run(costly, json!({})).await;
        assert_eq!(answer.body["extensions"]["cost"], json!({"requested": 11, "remaining": 40 - 11 * n}));
    }
    let spent = busy.run(costly, json!({})).await;
    assert_eq!((spent.status.as_u16(), spent.statements), (429, 0), "refused before it is read");
    other.run(costly, json!({})).await.data();
}

#[tokio::test]
async fn what_is_refused_costs_too() {
    let town = town(WireConfig { address_rate: Some(rate(25, 60)), ..WireConfig::default() }).await;
    for left in [15, 5] {
        let answer = town.public().run("{ nothing }", json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
        assert!(answer.header("ratelimit").contains(&format!("r={left};")), "{}", answer.header("ratelimit"));
    }
    town.public().run("{ nothing }", json!({})).await.expect_code("RATE_LIMITED");
    let stranger = town.public().with("authorization", "Bearer x").run("{ __typename }", json!({})).await;
    assert_eq!(stranger.status, 429);
}

#[tokio::test]
async fn failed_sign_ins_are_counted_by_address_and_good_ones_are_not() {
    let town = town(WireConfig { sign_in_rate: Some(rate(2, 60)), ..WireConfig::default() }).await;
    let sign_in = "mutation { sessionSignIn(email: \"a@example.jp\", password: \"x\") { accessToken } }";
    for _ in 0..3 {
        town.public().run(sign_in, json!({})).await.expect_code("UNAUTHENTICATED");
    }
    let blocked = town.public().run(sign_in, json!({})).await;
    assert_eq!(blocked.status, 429);
    blocked.expect_code("RATE_LIMITED");
    town.public().run("{ __typename }", json!({})).await.data();
    let elsewhere = town.public().with("x-forwarded-for", "192.0.2.9").run(sign_in, json!({})).await;
    elsewhere.expect_code("UNAUTHENTICATED");
    town.app.clock.advance(Duration::seconds(60));
    town.public().run(sign_in, json!({})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn networks_that_are_named_are_not_limited() {
    let networks = vec!["192.0.2.0/24".parse().expect("a network")];
    let town = town(WireConfig { address_rate: Some(rate(1, 60)), networks, ..WireConfig::default() }).await;
    for _ in 0..5 {
        let answer = town.public().with("x-forwarded-for", "192.0.2.1").run("{ __typename }", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit").as_str()), (200, ""));
    }
}

#[tokio::test]
async fn g21_g22_g23_the_cost_is_known_before_it_is_spent() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let document = "query($n: Int = 100) { districts(first: $n) { nodes { organizations { totalCount nodes { id } } } } viewer { id } }";
    let explain = "query($d: String!, $v: VariableValues) { explainCost(document: $d, variables: $v) { requested limit fields { key cost } } }";
    for (variables, districts) in [(json!({}), 421), (json!({"n": 10}), 43)] {
        let told = clerk.run(explain, json!({"d": document, "v": variables})).await.data()["explainCost"].clone();
        assert_eq!(told["fields"], json!([{"key": "districts", "cost": districts}, {"key": "viewer", "cost": 1}]));
        assert_eq!((&told["requested"], &told["limit"]), (&json!(districts + 1), &json!(10_000)));
        let spent = clerk.run(document, variables).await;
        assert_eq!(spent.body["extensions"]["cost"]["requested"], told["requested"]);
    }
    let public = town.public().run(explain, json!({"d": document})).await.data();
    assert_eq!(public["explainCost"]["limit"], 2_000);
    for first in ["101", "0", "-1", "2147483648", "1e9", "-2147483648"] {
        let answer = clerk.run(&format!("{{ districts(first: {first}) {{ totalCount }} }}"), json!({})).await;
        let code = answer.code();
        assert!(["INVALID_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code.as_str()), "{first}: {code}");
        assert_eq!(answer.statements, 0);
    }
    let dear = "{ districts(first: 100) { nodes { organizations(first: 100) { nodes { officers { name } } } } } }";
    town.public().run(dear, json!({})).await.expect_code("BAD_REQUEST/TOO_COMPLEX");
    clerk.run(dear, json!({})).await.data();
    for wrong in ["{", "{ nothing }"] {
        clerk.run(explain, json!({"d": wrong})).await.expect_code("INVALID_INPUT");
    }
}

#[tokio::test]
async fn an_act_costs_ten_points() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let answer = clerk.run(crate::organizations::DISTRICT, json!({"name": "東"})).await;
    assert_eq!(answer.body["extensions"]["cost"], json!({"requested": 10, "remaining": null}));
}
