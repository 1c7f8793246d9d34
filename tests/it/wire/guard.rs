//! The guard and the judge, through HTTP: every refusal has its word, reads nothing and is short.

use entaku::kernel::config::{Whom, WireConfig};
use entaku::kernel::principal::Role;
use serde_json::{Value, json};

use crate::support::town::app_with;
use crate::support::{Client, Town};

async fn refused(client: &Client, query: &str, variables: Value, code: &str) {
    let answer = client.run(query, variables).await.expect_code(code);
    assert_eq!(answer.statements, 0, "{code}");
    assert!(answer.text.len() < 1024 && answer.body.get("data").is_none(), "{}", answer.text);
}

fn many(n: usize, one: impl FnMut(usize) -> String) -> String {
    (0..n).map(one).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn g10_g24_depth_has_an_end() {
    let town = Town::new().await;
    let public = town.public();
    for n in [13, 200, 6_000] {
        let deep = format!("{{ {} id {} }}", "a{".repeat(n), "}".repeat(n));
        refused(&public, &deep, json!({}), "BAD_REQUEST/TOO_DEEP").await;
    }
    for literal in [("[", "]"), ("{a:", "}")] {
        let deep =
            format!("{{ districts(first: {}1{}) {{ totalCount }} }}", literal.0.repeat(64), literal.1.repeat(64));
        refused(&public, &deep, json!({}), "BAD_REQUEST/TOO_DEEP").await;
    }
}

#[tokio::test]
async fn g11_g12_g13_g14_g18_each_limit_is_refused_in_words() {
    let town = Town::new().await;
    for (document, code) in [
        (format!("{{ {} }}", many(31, |n| format!("a{n}: __typename"))), "TOO_MANY_ALIASES"),
        (format!("{{ {} }}", many(4_000, |_| "id".into())), "TOO_MANY_TOKENS"),
        (format!("mutation {{ {} }}", many(200, |n| format!("a{n}: sessionEnd {{ id }}"))), "TOO_MANY_ALIASES"),
        (format!("{{ {} }}", many(21, |_| "__typename".into())), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ __typename {} }}", "@include(if: true)".repeat(6)), "TOO_MANY_DIRECTIVES"),
        (format!("{{ __typename {} }}", "@aa".repeat(21)), "TOO_MANY_DIRECTIVES"),
        (many(6, |n| format!("query Q{n} {{ __typename }}")), "TOO_MANY_OPERATIONS"),
        (format!("query({}) {{ __typename }}", many(101, |n| format!("$v{n}: Int"))), "TOO_MANY_VARIABLES"),
        ("mutation { sessionEnd { id } sessionEnd { id } }".into(), "REPEATED_MUTATION"),
        ("{ ...A } fragment A on Query { ...A }".into(), "FRAGMENT_CYCLE"),
        ("{ organizations(filter: {stage: [IDEA], stage: [IDEA]}) { totalCount } }".into(), "DUPLICATE_KEY"),
    ] {
        refused(&town.public(), &document, json!({}), &format!("BAD_REQUEST/{code}")).await;
        let japanese = town.public().with("accept-language", "ja").run(&document, json!({})).await;
        let message = japanese.body["errors"][0]["message"].as_str().expect("a message").to_owned();
        assert!(message.chars().any(|c| c > '\u{3000}'), "{message}");
    }
}

#[tokio::test]
async fn g25_variables_are_bounded_as_they_are_read() {
    let town = Town::new().await;
    let ids = "query($ids: [ID!]!, $a: String) { nodes(ids: $ids) { id } districts(after: $a) { totalCount } }";
    let public = town.public();
    refused(&public, ids, json!({"ids": vec!["x"; 201]}), "BAD_REQUEST/LIST_TOO_LONG").await;
    refused(&public, ids, json!({"ids": [], "a": "x".repeat(70_000)}), "BAD_REQUEST/STRING_TOO_LONG").await;
    let names: serde_json::Map<String, Value> = (0..101).map(|n| (format!("v{n}"), json!(1))).collect();
    refused(&public, "{ __typename }", names.into(), "BAD_REQUEST/TOO_MANY_VARIABLES").await;
    let twice = r#"{"query":"{ __typename }","variables":{"a":{"b":1,"b":2}}}"#;
    public.send(twice, "application/json").await.expect_code("BAD_REQUEST/DUPLICATE_KEY");
}

#[tokio::test]
async fn g26_few_errors_and_short_ones() {
    let town = Town::new().await;
    let wrong = format!("{{ {} }}", many(20, |n| format!("nope{n}")));
    let answer = town.public().run(&wrong, json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(10));
    let long = format!("{{ {} }}", "n".repeat(20_000));
    for document in [wrong, long, format!("{{ districts(first: \"{}\") {{ totalCount }} }}", "x".repeat(30_000))] {
        let answer = town.public().run(&document, json!({})).await;
        assert!(answer.text.len() < 8 * 1024, "{} bytes", answer.text.len());
    }
}

#[tokio::test]
async fn g27_the_schema_is_for_those_signed_in() {
    let closed = Town::beside(app_with(WireConfig::default())).await;
    let clerk = closed.staff(Role::PlanningStaff).await;
    let open = Town::new().await;
    for document in
        ["{ __schema { queryType { name } } }", "{ ...F } fragment F on Query { a: __type(name: \"ID\") { name } }"]
    {
        refused(&closed.public(), document, json!({}), "BAD_REQUEST/INTROSPECTION_DISABLED").await;
        clerk.run(document, json!({})).await.data();
        open.public().run(document, json!({})).await.data();
    }
    closed.public().run("{ __typename }", json!({})).await.data();
    let shut = Town::beside(app_with(WireConfig { introspection: Whom::Nobody, ..WireConfig::default() })).await;
    let clerk = shut.staff(Role::PlanningStaff).await;
    refused(&clerk, "{ __schema { queryType { name } } }", json!({}), "BAD_REQUEST/INTROSPECTION_DISABLED").await;
}

#[tokio::test]
async fn g28_nothing_is_suggested() {
    let town = Town::new().await;
    for document in ["{ district }", "{ districtz { id } }", "{ districts(firsst: 1) { totalCount } }", "{ __typenam }"]
    {
        let answer = town.public().run(document, json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
        assert!(!answer.text.to_lowercase().contains("did you mean"), "{}", answer.text);
    }
}

#[tokio::test]
async fn g36_a_name_of_an_operation_is_one_of_the_document() {
    let town = Town::new().await;
    for (name, code) in [("B", "OPERATION"), ("A\n", "OPERATION"), (&*"A".repeat(10_000), "OPERATION_NAME")] {
        let body = json!({"query": "query A { __typename }", "operationName": name}).to_string();
        town.public().send(body, "application/json").await.expect_code(&format!("BAD_REQUEST/{code}"));
    }
}

/// Keys that mean two things would be answered with one of them.
#[tokio::test]
async fn conflicting_aliases_are_refused_at_every_level() {
    let town = Town::new().await;
    for document in [
        "{ districts { a: totalCount } districts { a: __typename } }",
        "{ districts(first: 1) { totalCount } districts(first: 2) { totalCount } }",
        "{ districts { nodes { x: name } } ...F } fragment F on Query { districts { nodes { x: nameKana } } }",
    ] {
        refused(&town.public(), document, json!({}), "GRAPHQL_VALIDATION_FAILED").await;
    }
    let merged = "{ districts { totalCount } ...F } fragment F on Query { districts { nodes { name } } }";
    let data = town.public().run(merged, json!({})).await.data();
    assert_eq!(data["districts"], json!({"totalCount": 0, "nodes": []}));
}

/// G34: whatever is sent is answered in words and briefly, and nothing fails inside.
#[tokio::test]
async fn g34_a_soup_of_words_is_answered() {
    const WORDS: [&str; 40] = [
        "{",
        "}",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$",
        "@",
        "=",
        "|",
        "&",
        "...",
        "\"",
        "\"\"\"",
        "\\",
        "#",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "F",
        "Query",
        "__typename",
        "__schema",
        "districts",
        "nodes",
        "first",
        "id",
        "node",
        "1",
        "-1.5e9",
        "null",
        "true",
        "$v",
        "@include(if: true)",
    ];
    let town = Town::new().await;
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut roll = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).expect("small")
    };
    for _ in 0..10_000 {
        let soup = many(1 + roll(30), |_| WORDS[roll(WORDS.len())].into());
        let body = match roll(8) {
            0 => soup,
            1 => format!("{{\"query\":\"{soup}\"}}"),
            2 => json!({"query": "{ __typename }", "operationName": soup, "documentId": soup}).to_string(),
            3 => json!({"query": "query($v: Int) { districts(first: $v) { totalCount } }", "variables": {"v": soup}})
                .to_string(),
            _ => json!({"query": soup, "variables": {"v": roll(3)}}).to_string(),
        };
        let answer = town.public().send(body.clone(), "application/json").await;
        assert!(
            ["BAD_REQUEST", "GRAPHQL_", "PERSISTED_", "INVALID_INPUT", "(none)"]
                .iter()
                .any(|c| answer.code().starts_with(c)),
            "{body}: {}",
            answer.text
        );
        assert!(answer.status.as_u16() < 500 && answer.text.len() < 8 * 1024 && answer.body.is_object(), "{body}");
    }
}
