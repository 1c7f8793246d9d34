//! HTTP to the letter: methods, media types, statuses, caches, other sites.

use axum::body::Body;
use entaku::kernel::config::{Whom, WireConfig};
use entaku::kernel::principal::Role;
use futures_util::stream;
use serde_json::json;

use crate::organizations::DISTRICT;
use crate::support::Town;
use crate::support::town::app_with;

const MODERN: &str = "application/graphql-response+json";

async fn town(wire: WireConfig) -> Town {
    Town::beside(app_with(WireConfig { introspection: Whom::Everybody, ..wire })).await
}

#[tokio::test]
async fn g1_a_mutation_by_get_is_405_and_not_done() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let answer = clerk.ask(DISTRICT, &json!({"name": "東"})).await.expect_code("BAD_REQUEST/METHOD");
    assert_eq!((answer.status.as_u16(), answer.header("allow").as_str()), (405, "POST"));
    let named = "/graphql?query=query+A{__typename}+mutation+B{__typename}&operationName=B";
    assert_eq!(clerk.get(&named.replace('{', "%7B").replace('}', "%7D")).await.status, 405);
    let count = town.public().run("{ districts { totalCount } }", json!({})).await.data();
    assert_eq!(count["districts"]["totalCount"], 0);
}

#[tokio::test]
async fn g2_a_query_by_get_is_answered() {
    let town = Town::new().await;
    let asked = "query A($n: Int) { districts(first: $n) { totalCount } }";
    let answer = town.public().ask(asked, &json!({"n": 3})).await;
    assert_eq!(answer.data(), json!({"districts": {"totalCount": 0}}));
    for (path, code) in [
        ("/graphql", "BAD_REQUEST/QUERY_MISSING"),
        ("/graphql?query=%7B__typename%7D&variables=%5B%5D", "BAD_REQUEST/JSON"),
        ("/graphql?query=%7B__typename%7D&variables=%7B%22a%22:1,%22a%22:2%7D", "BAD_REQUEST/DUPLICATE_KEY"),
        ("/graphql?query=%7B", "GRAPHQL_PARSE_FAILED"),
    ] {
        town.public().get(path).await.expect_code(code);
    }
}

#[tokio::test]
async fn g7_no_batches() {
    let town = Town::new().await;
    for n in [1, 2, 1_000] {
        let batch = json!(vec![json!({"query": "{ __typename }"}); n]).to_string();
        let answer = town.public().send(batch, "application/json").await.expect_code("BAD_REQUEST/BATCH_DISABLED");
        assert_eq!(answer.status, 400);
    }
}

/// No more of a body is read than may be sent, whether its length is announced or not.
#[tokio::test]
async fn g8_a_body_without_end_is_413() {
    let town = Town::new().await;
    let chunk = "x".repeat(64 * 1024);
    let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    let answer = town.public().send(Body::from_stream(endless), "application/json").await;
    assert_eq!(answer.status, 413);
    answer.expect_code("BAD_REQUEST/TOO_LARGE");
    let announced = town.public().with("content-length", "50000000").send("{", "application/json").await;
    assert_eq!(announced.status, 413);
    let broken = stream::iter([Ok("{\"query\":"), Err(std::io::Error::other("gone"))]);
    let broken = town.public().send(Body::from_stream(broken), "application/json").await;
    assert_eq!(broken.status, 400);
    broken.expect_code("BAD_REQUEST/JSON");
}

#[tokio::test]
async fn g31_other_methods_are_405() {
    let town = Town::new().await;
    for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"] {
        let answer = town.public().by(method, "/graphql", Body::empty()).await.expect_code("BAD_REQUEST/METHOD");
        assert_eq!((answer.status.as_u16(), answer.header("allow").as_str()), (405, "GET, POST"), "{method}");
    }
}

#[tokio::test]
async fn g30_there_is_no_other_console() {
    let town = Town::new().await;
    for path in ["/graphiql", "/voyager", "/altair", "/", "/graphql/"] {
        assert_eq!(town.public().get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_the_client_does_not_take_is_406() {
    let town = Town::new().await;
    let refused = town.public().with("accept", "text/html").run("{ __typename }", json!({})).await;
    assert_eq!(refused.status, 406);
    refused.expect_code("BAD_REQUEST/NOT_ACCEPTABLE");
    for (accept, media) in
        [(MODERN, MODERN), ("*/*", "application/json"), ("text/html, application/*", "application/json")]
    {
        let answer = town.public().with("accept", accept).run("{ __typename }", json!({})).await;
        assert!(answer.header("content-type").starts_with(media), "{accept}");
    }
}

/// One row for each way a request can end, in both media types.
#[tokio::test]
async fn a_status_depends_on_the_end_and_the_media_type() {
    let town = Town::new().await;
    let body = |query: &str| json!({"query": query, "variables": {"v": null}}).to_string();
    for (body, json, modern) in [
        (body("{ __typename }"), 200, 200),
        (body("{ district(id: \"dst_1\") { id } }"), 200, 200),
        (body("{"), 200, 400),
        (body("{ nothing }"), 200, 400),
        (body("query($v: ID!) { district(id: $v) { id } }"), 200, 400),
        (body(&format!("{{ {} }}", "a ".repeat(2_100))), 400, 400),
        ("{}".to_owned(), 400, 400),
        ("{".to_owned(), 400, 400),
        (String::new(), 400, 400),
        ("{\"query\":1}".to_owned(), 400, 400),
        ("{\"query\":\"{ __typename }\",\"variables\":[]}".to_owned(), 400, 400),
        ("{\"query\":\"{ __typename }\",\"extensions\":0}".to_owned(), 400, 400),
        ("{\"query\":\"{ __typename }\",\"operationName\":{}}".to_owned(), 400, 400),
    ] {
        let plain = town.public().send(body.clone(), "application/json").await;
        assert_eq!(plain.status, json, "{body}");
        let answer = town.public().with("accept", MODERN).send(body.clone(), "application/json").await;
        assert_eq!(answer.status, modern, "{body}");
        assert!(modern == 200 || answer.body.get("data").is_none(), "{body}");
    }
    let stranger = town.public().with("authorization", "Bearer x").run("{ __typename }", json!({})).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("www-authenticate").as_str()), (401, "Bearer"));
}

#[tokio::test]
async fn caches_keep_what_the_public_reads_by_get_and_nothing_else() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (asked, nothing) = ("{ districts { totalCount } }", json!({}));
    let public = town.public().ask(asked, &nothing).await;
    assert_eq!(public.header("cache-control"), "public, max-age=60");
    for part in ["Accept", "Accept-Language", "Authorization", "Entaku-Municipality"] {
        assert!(public.header("vary").contains(part), "{part}");
    }
    for answer in [
        town.public().run(asked, nothing.clone()).await,
        clerk.ask(asked, &nothing).await,
        town.public().ask("{ district(id: \"x\") { id } }", &nothing).await,
        town.public().ask("{ nothing }", &nothing).await,
        town.public().with("authorization", "Bearer x").ask(asked, &nothing).await,
    ] {
        assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text);
    }
}

#[tokio::test]
async fn g31_only_sites_that_are_named_may_ask_and_never_with_credentials() {
    let town = town(WireConfig { origins: vec!["https://town.example".into()], ..WireConfig::default() }).await;
    let from = |origin: &str| town.public().with("origin", origin).with("access-control-request-method", "POST");
    for (origin, allowed) in
        [("https://town.example", "https://town.example"), ("https://evil.example", ""), ("null", "")]
    {
        let answer = from(origin).run("{ __typename }", json!({})).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        let preflight = from(origin).by("OPTIONS", "/graphql", Body::empty()).await;
        assert_eq!(preflight.status.as_u16(), if allowed.is_empty() { 405 } else { 200 }, "{origin}");
        assert_eq!(preflight.header("access-control-allow-origin"), allowed);
    }
}

/// A link on another site asks by GET with the reader's cookies.
#[tokio::test]
async fn cookies_count_for_nothing_by_get() {
    let town = Town::new().await;
    let with = town.public().with("cookie", "__Host-entaku=x; entaku=x").ask("{ viewer { id } }", &json!({})).await;
    assert_eq!(with.data(), json!({"viewer": null}));
}
