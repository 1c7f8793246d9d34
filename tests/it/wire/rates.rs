//! What a caller may spend, and what it is told of it.

use chrono::Duration;
use entaku::kernel::config::{Rate, Whom, WireConfig};
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::support::town::{self, app_with};
use crate::support::{Client, Town};

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

/// Addresses from which one test asks: others count in the same table.
fn addresses() -> impl Fn(u8) -> String {
    let net = uuid::Uuid::new_v4().simple().to_string();
    move |n| format!("2001:db8:{}:{}{n:02x}::1", &net[..4], &net[4..6])
}

#[tokio::test]
async fn g35_several_servers_together_give_one_budget() {
    let wire = WireConfig {
        proxies: vec!["0.0.0.0/32".parse().expect("one")],
        address_rate: Some(rate(100, 100)),
        ..WireConfig::default()
    };
    let servers = town::pair(&wire);
    let (town, at) = (Town::beside(servers[0].clone()).await, addresses());
    let code = town.code.as_str();
    let client =
        |n: usize| Client::new(servers[n].clone()).with("entaku-municipality", code).with("x-forwarded-for", &at(1));
    let (mut given, mut refused) = (0, 0);
    for round in 0..100 {
        for n in 0..2 {
            match client(n).run("{ __typename }", json!({})).await.status.as_u16() {
                200 => given += 1,
                429 => refused += 1,
                other => panic!("{other}"),
            }
        }
        // Each settles when it comes to it.
        servers[round % 2].rates.settle(&servers[round % 2]).await.expect("settled");
    }
    assert!((100..=102).contains(&given), "{given} given, {refused} refused");
    for server in &servers {
        server.rates.settle(server).await.expect("settled");
    }
    town.app.clock.advance(Duration::seconds(10));
    let mut later = 0;
    for n in (0..2).cycle().take(40) {
        later += u32::from(client(n).run("{ __typename }", json!({})).await.status == 200);
        servers[n].rates.settle(&servers[n]).await.expect("settled");
    }
    assert!((8..=10).contains(&later), "{later} came back in ten seconds");
}

#[tokio::test]
async fn g35_what_several_servers_gave_too_much_is_owed() {
    let wire = WireConfig {
        proxies: vec!["0.0.0.0/32".parse().expect("one")],
        address_rate: Some(rate(100, 100)),
        ..WireConfig::default()
    };
    let servers = town::pair(&wire);
    let (town, at) = (Town::beside(servers[0].clone()).await, addresses());
    let client = |n: usize| {
        Client::new(servers[n].clone()).with("entaku-municipality", town.code.as_str()).with("x-forwarded-for", &at(2))
    };
    for n in 0..2 {
        for _ in 0..100 {
            client(n).run("{ __typename }", json!({})).await.data();
        }
    }
    for server in &servers {
        server.rates.settle(server).await.expect("settled");
    }
    town.app.clock.advance(Duration::seconds(99));
    let still = client(1).run("{ __typename }", json!({})).await;
    assert_eq!((still.status.as_u16(), still.header("retry-after").as_str()), (429, "2"), "the other's are owed, too");
}

#[tokio::test]
async fn g35_taking_points_asks_nobody() {
    let town = town(WireConfig { address_rate: Some(rate(1_000, 60)), ..WireConfig::default() }).await;
    let at = addresses();
    let client = town.public().with("x-forwarded-for", &at(3));
    client.run("{ __typename }", json!({})).await.data();
    for _ in 0..50 {
        assert_eq!(client.statements("{ __typename }", json!({})).await, 0);
    }
    let asked = "SELECT count(*) AS n FROM rate_tabs WHERE spent_until > '2026-05-20T01:00:03Z' AND spent_until < '2026-05-20T01:00:04Z'";
    let count = async || {
        let row = town.system().rows(Sql::new(asked)).await.expect("rows").pop().expect("a row");
        row.get::<_, i64>("n")
    };
    let before = count().await;
    town.app.rates.settle(&town.app).await.expect("settled");
    assert!(count().await > before, "51 points are 3.06 seconds, told in one statement");
}

#[tokio::test]
async fn own_networks_have_more() {
    let networks = vec!["192.0.2.0/24".parse().expect("a network")];
    let wire = WireConfig {
        address_rate: Some(rate(2, 60)),
        networks,
        own_times: 3.try_into().expect("some"),
        ..WireConfig::default()
    };
    let town = town(wire).await;
    let left = async |address: &str| {
        let answer = town.public().with("x-forwarded-for", address).run("{ __typename }", json!({})).await;
        (answer.status.as_u16(), answer.header("ratelimit-policy"))
    };
    for _ in 0..6 {
        assert_eq!(left("192.0.2.1").await, (200, "\"network\";q=6;w=60".to_owned()));
    }
    assert_eq!(left("192.0.2.1").await.0, 429);
    for expected in [200, 200, 429] {
        assert_eq!(left("198.51.100.9").await, (expected, "\"address\";q=2;w=60".to_owned()));
    }
}

#[tokio::test]
async fn a_municipality_lists_its_own_networks() {
    let town = town(WireConfig { address_rate: Some(rate(2, 60)), ..WireConfig::default() }).await;
    let admin = town.staff(Role::Admin).await;
    let read = "{ municipalitySettings { nodes { id networks redacted { field reason } } } }";
    let id = admin.run(read, json!({})).await.data()["municipalitySettings"]["nodes"][0]["id"].clone();
    let change = "mutation($id: ID!, $networks: String) { municipalitySettingsChange(id: $id, input: {networks: $networks}) { networks } }";
    for (list, rule) in [("hall", "NETWORK"), ("0.0.0.0/0", "NETWORK_WIDE"), (&*"192.0.2.1,".repeat(21), "TOO_MANY")] {
        let refused = admin.run(change, json!({"id": id, "networks": list})).await.expect_code("INVALID_INPUT");
        assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], rule);
    }
    let policy = async |address: &str| {
        let answer = town.public().with("x-forwarded-for", address).run("{ __typename }", json!({})).await;
        answer.header("ratelimit-policy")
    };
    assert_eq!(policy("203.0.113.7").await, "\"address\";q=2;w=60");
    let set = admin.run(change, json!({"id": id, "networks": "203.0.113.7/24, 198.51.100.1"})).await.data();
    assert_eq!(set["municipalitySettingsChange"]["networks"], "203.0.113.0/24,198.51.100.1/32");
    town.app.clock.advance(Duration::seconds(60));
    assert_eq!(policy("203.0.113.200").await, "\"network\";q=40;w=60");
    assert_eq!(policy("198.51.100.1").await, "\"network\";q=40;w=60");
    assert_eq!(policy("198.51.100.2").await, "\"address\";q=2;w=60");
    let elsewhere = Town::beside(town.app.clone()).await;
    let there = elsewhere.public().with("x-forwarded-for", "203.0.113.7").run("{ __typename }", json!({})).await;
    assert_eq!(there.header("ratelimit-policy"), "\"address\";q=2;w=60", "only for its own requests");
    let public =
        elsewhere.public().with("entaku-municipality", town.code.as_str()).with("x-forwarded-for", "203.0.113.7");
    let shown = public.run(read, json!({})).await.data()["municipalitySettings"]["nodes"][0].clone();
    assert_eq!(shown["networks"], json!(null), "where the hall is is nobody else's matter");
    assert_eq!(shown["redacted"], json!([{"field": "networks", "reason": "INTERNAL"}]));
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

#[tokio::test]
async fn g35_whatever_is_refused_is_paid_for() {
    let town = town(WireConfig { address_rate: Some(rate(1_000, 60)), ..WireConfig::default() }).await;
    let left = |answer: &crate::support::client::Answer| {
        let told = answer.header("ratelimit");
        told.split(';').find_map(|part| part.strip_prefix("r=")?.parse::<u32>().ok())
    };
    let public = town.public();
    let twice = r#"{"query": "{ __typename }", "variables": {"a": 1, "a": 2}}"#;
    let large = format!("{{\"query\": \"{}\"}}", " ".repeat(300 * 1024));
    let mut expected = 1_000;
    for (answer, status) in [
        (public.send("{}", "text/plain").await, 415),
        (public.send(large, "application/json").await, 413),
        (public.send(twice, "application/json").await, 400),
        (public.send("[]", "application/json").await, 400),
        (public.with("accept", "text/html").run("{ __typename }", json!({})).await, 406),
        (public.by("PUT", "/graphql", "").await, 405),
        (public.with("accept", "text/event-stream").send("{}", "text/plain").await, 415),
    ] {
        expected -= 10;
        assert_eq!((answer.status.as_u16(), left(&answer)), (status, Some(expected)), "{}", answer.text);
    }
}

#[tokio::test]
async fn g35_whoever_has_nothing_left_is_refused_everywhere() {
    let wire = WireConfig {
        address_rate: Some(rate(10, 60)),
        account_rate: Some(rate(20, 60)),
        introspection: Whom::Everybody,
        ..WireConfig::default()
    };
    let town = town(wire).await;
    let clerk = town.staff(Role::Auditor).await;
    for (somebody, times) in [(town.public(), 1), (clerk, 2)] {
        for _ in 0..times {
            assert_eq!(somebody.get("/schema.graphql").await.status, 200);
        }
        for (method, path) in [("GET", "/schema.graphql"), ("PUT", "/graphql")] {
            let spent = somebody.by(method, path, "").await;
            assert_eq!(spent.status, 429, "{path}");
            assert_ne!(spent.header("retry-after"), "");
            assert!(spent.body["errors"][0]["extensions"]["retryAfter"].is_number(), "{}", spent.text);
            spent.expect_code("RATE_LIMITED");
        }
    }
    for method in ["GET", "POST", "PUT", "DELETE"] {
        assert_eq!(town.public().by(method, "/playground/session", "").await.status, 429, "{method}");
    }
}

#[tokio::test]
async fn g19_a_document_that_is_new_is_paid_for_by_its_size() {
    let town = town(WireConfig { address_rate: Some(rate(1_000, 60)), ..WireConfig::default() }).await;
    let left = async |document: &str| {
        let answer = town.public().run(document, json!({})).await;
        let told = answer.header("ratelimit");
        told.split(';').find_map(|part| part.strip_prefix("r=")?.parse::<i32>().ok()).expect("points")
    };
    let long = |end: &str| format!("{{ __typename }} #{}{end}", "x".repeat(10 * 1024));
    assert_eq!(left("{ __typename }").await, 999);
    assert_eq!(left(&long("")).await, 978, "a point for asking and one for each 512 bytes");
    assert_eq!(left(&long("")).await, 977, "it is known now");
    assert_eq!(left(&long("\n}")).await, 947, "what is refused is looked at as well");
}
