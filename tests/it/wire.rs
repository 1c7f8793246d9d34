//! The wire: media types, statuses, limits, who and where.

mod documents;
mod guard;
mod http;
mod lanes;
mod rates;
mod slow;

use entaku::kernel::principal::Role;
use serde_json::json;

use crate::organizations::{DISTRICT, organization};
use crate::support::Town;

/// The introspection query of GraphiQL and Relay's tools, in full.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType } directives { name description isRepeatable locations args { ...InputValue } } } }
    fragment FullType on __Type { kind name description specifiedByURL
        fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
        inputFields { ...InputValue } interfaces { ...TypeRef }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test]
async fn introspection_passes_and_everything_is_described_in_japanese() {
    let town = Town::new().await;
    let data = town.public().run(INTROSPECTION, json!({})).await.data();
    let japanese = |v: &serde_json::Value| v["description"].as_str().is_some_and(|d| d.chars().any(|c| c > '\u{3000}'));
    let builtin = |name: &str| name.starts_with("__") || ["ID", "String", "Int", "Float", "Boolean"].contains(&name);
    for ty in data["__schema"]["types"].as_array().expect("types") {
        let name = ty["name"].as_str().expect("a name");
        if builtin(name) {
            continue;
        }
        assert!(japanese(ty), "{name} is not described");
        let members = ["fields", "inputFields", "enumValues"].iter().filter_map(|m| ty[m].as_array()).flatten();
        for member in members {
            assert!(japanese(member), "{name}.{} is not described", member["name"]);
            for argument in member["args"].as_array().into_iter().flatten() {
                assert!(japanese(argument), "{name}.{}({}) is not described", member["name"], argument["name"]);
            }
        }
    }
}

#[tokio::test]
async fn g10_g11_g14_g16_bombs_are_refused() {
    let town = Town::new().await;
    let deep = format!(
        "{{ districts {{ nodes {} id {} }} }}",
        "{ organizations { nodes { district ".repeat(30),
        "} } }".repeat(30)
    );
    let aliases: String = (0..31).map(|n| format!("a{n}: __typename ")).collect();
    let directives = format!("{{ __typename {} }}", "@include(if: true) ".repeat(21));
    let fragments: String =
        (0..24).map(|n| format!("fragment f{n} on Query {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
    let bomb = format!("{{ ...f0 }} {fragments} fragment f24 on Query {{ __typename }}");
    let wide: String =
        (0..8).map(|n| format!("fragment w{n} on Query {{ {} }} ", format!("...w{} ", n + 1).repeat(300))).collect();
    let wide = format!("{{ ...w0 }} {wide} fragment w8 on Query {{ __typename }}");
    let circle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
    for document in [deep.as_str(), &format!("{{ {aliases} }}"), &directives, &bomb, &wide, circle] {
        let answer = town.public().run(document, json!({})).await;
        let refused = answer.code().starts_with("GRAPHQL_") || answer.code().starts_with("BAD_REQUEST/");
        assert!(refused && answer.statements == 0, "{} for {}", answer.code(), &document[..50]);
        assert!(answer.text.len() < 8 * 1024, "a short answer");
    }
    let long = town.public().run(&format!("{{ __typename #{} }}", "x".repeat(33 * 1024)), json!({})).await;
    long.expect_code("BAD_REQUEST/DOCUMENT_TOO_LARGE");
}

#[tokio::test]
async fn g3_g4_g5_g6_g25_only_json_by_post() {
    let town = Town::new().await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/json; charset=shift_jis",
    ] {
        let answer = town.public().send(body.clone(), media).await;
        assert_eq!(answer.status, 415, "{media}");
    }
    town.public().send(body, "application/json; charset=utf-8").await.data();
    let nested = format!(
        "{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}{}}}}}",
        "[".repeat(45_000),
        "]".repeat(45_000)
    );
    town.public().send(nested, "application/json").await.expect_code("BAD_REQUEST/JSON");
}

#[tokio::test]
async fn a_document_that_is_not_valid_is_400_in_the_graphql_media_type() {
    let town = Town::new().await;
    let modern = town.public().with("accept", "application/graphql-response+json");
    let refused = modern.run("{ nothing }", json!({})).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.get("data").is_none());
    assert_eq!(town.public().run("{ nothing }", json!({})).await.status, 200);
    assert_eq!(modern.run("query($id: ID!) { district(id: $id) { id } }", json!({})).await.status, 400);
    let order = modern.run("{ b: __typename municipalities { totalCount } a: __typename }", json!({})).await;
    assert!(order.text.starts_with("{\"data\":{\"b\":\"Query\",\"municipalities\""), "{}", order.text);
}

#[tokio::test]
async fn who_and_where_are_checked_before_anything_else() {
    let (town, other) = (Town::new().await, Town::new().await);
    let clerk = town.staff(Role::PlanningStaff).await;
    let bad = town.public().with("authorization", "Bearer nonsense").run("{ __typename }", json!({})).await;
    assert_eq!(bad.status, 401);
    let basic = town.public().with("authorization", "Basic eDp5").run("{ __typename }", json!({})).await;
    assert_eq!(basic.status, 401);
    let elsewhere = clerk.with("entaku-municipality", other.code.as_str()).run("{ __typename }", json!({})).await;
    assert_eq!(elsewhere.status, 400);
    elsewhere.expect_code("BAD_REQUEST/MUNICIPALITY_MISMATCH");
    for code in ["322092", "x", "999999"] {
        let unknown = town.public().with("entaku-municipality", code).run("{ __typename }", json!({})).await;
        unknown.expect_code("BAD_REQUEST/MUNICIPALITY_UNKNOWN");
    }
    let sign_in = "mutation { sessionSignIn(email: \"a@example.jp\", password: \"x\") { accessToken } }";
    town.public().with("entaku-dry-run", "true").run(sign_in, json!({})).await.expect_code("BAD_REQUEST/CREDENTIALS");
    clerk.with("idempotency-key", "k").run(sign_in, json!({})).await.expect_code("BAD_REQUEST/CREDENTIALS");
    clerk
        .with("idempotency-key", &"k".repeat(256))
        .run(DISTRICT, json!({"name": "x"}))
        .await
        .expect_code("BAD_REQUEST/IDEMPOTENCY_KEY");
}

/// R7: two requests that lock the same rows in opposite order are run again, and both succeed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_a_deadlock_is_run_again() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, one) = organization(&clerk, "一の会").await;
    let (_, two) = organization(&clerk, "二の会").await;
    let both = "mutation($a: ID!, $b: ID!) { x: organizationChange(id: $a, input: {phone: \"1\"}) { id } y: organizationChange(id: $b, input: {phone: \"2\"}) { id } }";
    for _ in 0..5 {
        let there = clerk.run(both, json!({"a": one, "b": two}));
        let back = clerk.run(both, json!({"a": two, "b": one}));
        let (there, back) = tokio::join!(there, back);
        there.data();
        back.data();
    }
}

/// A mutation on credentials commits in the middle of its work, so nothing else stands beside it.
#[tokio::test]
async fn acts_on_credentials_stand_alone() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let both = "mutation { a: districtCreate(input: {name: \"甲\", nameKana: \"こう\", areaUnit: OAZA}) { id }
        ... { ... { b: sessionSignIn(email: \"a@example.jp\", password: \"x\") { accessToken } } } }";
    clerk.run(both, json!({})).await.expect_code("BAD_REQUEST/CREDENTIALS");
    let count = town.public().run("{ districts { totalCount } }", json!({})).await.data();
    assert_eq!(count["districts"]["totalCount"], 0);
}

#[tokio::test]
async fn a_dry_run_is_asked_for_clearly() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    for word in ["True", "TRUE", "1", "?1"] {
        let dry = clerk.with("entaku-dry-run", word).run(DISTRICT, json!({"name": word})).await;
        assert_eq!(dry.body["extensions"]["dryRun"], true, "{word}");
    }
    clerk.with("entaku-dry-run", "yes").run(DISTRICT, json!({"name": "y"})).await.expect_code("BAD_REQUEST/DRY_RUN");
    let count = town.public().run("{ districts { totalCount } }", json!({})).await.data();
    assert_eq!(count["districts"]["totalCount"], 0);
}

/// What is read once is shown as often as it is named: that product is bounded, before any statement.
#[tokio::test]
async fn g23_a_selection_that_multiplies_is_refused() {
    let town = Town::new().await;
    let circle = "{ districts(first: 100) { nodes { organizations(first: 100) { nodes { district { organizations(first: 100) { nodes { id } } } } } } } }";
    let answer = town.public().run(circle, json!({})).await;
    assert_eq!((answer.code().as_str(), answer.statements), ("BAD_REQUEST/TOO_COMPLEX", 0));
    let usual = "{ districts(first: 20) { nodes { organizations(first: 100) { nodes { name officers { name } } } } } }";
    town.public().run(usual, json!({})).await.data();
}

#[tokio::test]
async fn absent_variables_inside_inputs_are_absent() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (district, id) = organization(&clerk, "変数の会").await;
    let query = "query($d: ID, $s: OrganizationStage) { organizations(filter: {districtId: $d, stage: [ACTIVE, $s]}) { totalCount } }";
    assert_eq!(town.public().run(query, json!({"s": "IDEA"})).await.data()["organizations"]["totalCount"], 1);
    let kinds = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
    let other = id.replace("org_", "dst_");
    let found = town.public().run(kinds, json!({"ids": [id, other, district]})).await.data();
    assert_eq!(found["nodes"], json!([{"__typename": "CommunityOrganization"}, null, {"__typename": "District"}]));
}
