//! The list of attacks (docs/attacks.md): each has a test that bears its id. And hostile input that no noun has alone:
//! text, numbers, fields that are not there, faults of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use entaku::kernel::config::{Whom, WireConfig};
use entaku::kernel::principal::Role;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::organizations::{DISTRICT, organization};
use crate::standing::everybody;
use crate::support::database::Own;
use crate::support::town::{app, app_over, app_with};
use crate::support::{Client, SchemaView, Town, World};

/// How many attacks have no test, each for something that cannot be had here. Only fewer may be written here.
const EXCUSED: usize = 1;

#[test]
fn every_attack_has_a_test_that_bears_its_id() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(root.join("docs/attacks.md")).expect("the list");
    let mut wanted: BTreeMap<String, bool> = BTreeMap::new();
    for line in list.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_id = cells[0].len() > 1 && cells[0][1..].chars().all(|c| c.is_ascii_digit());
        if is_id {
            let excused = cells.last().is_some_and(|cell| cell.starts_with("Not tested: "));
            assert!(wanted.insert(cells[0].to_lowercase(), excused).is_none(), "{} stands twice", cells[0]);
        }
    }
    assert!(wanted.len() > 100, "{} attacks", wanted.len());
    let excused = wanted.values().filter(|excused| **excused).count();
    assert!(excused <= EXCUSED, "{excused} excuses");
    let tested = tested(root);
    let missing: Vec<&String> =
        wanted.iter().filter(|(id, excused)| !**excused && !tested.contains(*id)).map(|(id, _)| id).collect();
    assert!(missing.is_empty(), "no test bears these ids: {missing:?}");
}

/// The ids that names of test functions begin with.
fn tested(root: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        rust_files(&root.join(folder), &mut files);
    }
    let mut found = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("a file");
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                marked |= line.contains("test");
            } else if let Some((_, name)) = line.split_once("fn ") {
                if marked {
                    found.extend(name.split('_').take_while(|part| is_id(part)).map(str::to_owned));
                }
                marked = false;
            }
        }
    }
    found
}

fn is_id(part: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase()) && part.len() > 1 && chars.all(|c| c.is_ascii_digit())
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Replaces every text that is no id, date or number.
fn poisoned(value: &Value, with: &str) -> Value {
    match value {
        Value::String(text) if text == "文字" => json!(with),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), poisoned(v, with))).collect(),
        Value::Array(items) => items.iter().map(|v| poisoned(v, with)).collect(),
        other => other.clone(),
    }
}

/// V1, V2, V3: what would be code elsewhere is text here, in every argument of every act and query.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v1_v2_v3_hostile_text_is_text_in_every_argument() {
    let world = World::new(app()).await;
    let all = everybody(&world.town).await.with("entaku-dry-run", "true");
    let schema = SchemaView::read(&world.town.public()).await;
    let hostile = [
        "'; DROP TABLE accounts; --",
        "\" OR 1=1 /*",
        "x' UNION SELECT password_hash FROM accounts --",
        "$1 ? :name \\'; SELECT pg_sleep(10)",
        "%_\\%' ESCAPE '",
        "(a+)+$ & | ! <->",
        "null\u{0}byte",
    ];
    for mutation in schema.mutations() {
        if entaku::people::graphql::CREDENTIAL_ACTS.contains(&mutation.name.as_str()) {
            continue;
        }
        let (document, variables) = schema.document(&mutation, &|name| world.some(name, &mutation.payload));
        let plain = all.run(&document, variables.clone()).await.code();
        for text in hostile {
            let variables = poisoned(&variables, text);
            let answer = all.run(&document, variables.clone()).await;
            let code = answer.code();
            let known = ["(none)", "CONFLICT", "FORBIDDEN", "INVALID_INPUT", "NOT_FOUND"];
            assert!(known.iter().any(|k| code.starts_with(k)), "{} with {text:?}: {}", mutation.name, answer.text);
            let nul = text.contains('\u{0}') && variables.to_string().contains("\\u0000");
            assert!(!nul || code != "(none)", "{} keeps a NUL", mutation.name);
            assert!(
                nul || code == plain || code.starts_with("INVALID_INPUT") || plain != "(none)",
                "{}: {code}",
                mutation.name
            );
        }
    }
    for (field, _) in schema.lists() {
        for text in hostile {
            let query = format!("query($after: String) {{ {field}(first: 1, after: $after) {{ totalCount }} }}");
            all.run(&query, json!({ "after": text })).await.expect_code("INVALID_INPUT/CURSOR");
        }
    }
    let order = "query($order: OrganizationOrder) { organizations(orderBy: $order) { totalCount } }";
    let answer = all.run(order, json!({"order": "name; DROP TABLE organizations"})).await;
    assert!(
        answer.code().starts_with("INVALID_INPUT") || answer.code() == "GRAPHQL_VALIDATION_FAILED",
        "{}",
        answer.text
    );
}

/// V4, V5: text of people is kept as it was sent, whatever it would mean elsewhere, and is never cut in a character.
#[tokio::test]
async fn v4_v5_text_comes_back_as_it_was_sent_or_is_refused() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let read = "query($id: ID!) { district(id: $id) { name } }";
    for name in [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "葛\u{E0100}城市",
        "か\u{3099}っこう",
        "𠮷野家",
        "\u{FF8A}\u{FF9D}\u{FF76}\u{FF78}",
        "👩\u{200d}👩\u{200d}👧",
        "a\u{202e}b\u{200b}c",
    ] {
        let answer = clerk.run(DISTRICT, json!({ "name": name })).await;
        let id = match answer.code().as_str() {
            "(none)" => answer.data()["districtCreate"]["id"].clone(),
            code => {
                assert!(code.starts_with("INVALID_INPUT"), "{name}: {}", answer.text);
                continue;
            }
        };
        let seen = clerk.run(read, json!({ "id": id })).await;
        assert!(seen.header("content-type").contains("json"), "never as a page");
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert_eq!(seen.data()["district"]["name"], name, "as it was sent");
    }
    let long: String = std::iter::repeat_n('\u{0301}', 60_000).collect();
    clerk.run(DISTRICT, json!({ "name": format!("a{long}") })).await.expect_code("BAD_REQUEST/STRING_TOO_LONG");
    clerk.run(DISTRICT, json!({ "name": format!("a{}", &long[..20_000]) })).await.expect_code("INVALID_INPUT");
    for lone in ["\\ud800", "\\udc00x", "\\ud83d\\ud83d"] {
        let body = format!("{{\"query\": \"{{ __typename }}\", \"variables\": {{\"a\": \"{lone}\"}}}}");
        let answer = clerk.send(body, "application/json").await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.code().starts_with("BAD_REQUEST"), "{}", answer.text);
    }
}

/// V16: money and counts are whole numbers within their range, or refused; never rounded.
#[tokio::test]
async fn v16_numbers_are_exact_or_refused() {
    let town = Town::new().await;
    let clerk = town.staff(Role::GrantStaff).await;
    let create = "mutation($yen: Yen!) { grantProgrammeCreate(input: {title: \\\"x\\\", summary: \\\"x\\\", fiscalYear: 2026, legalBasis: \\\"x\\\", budgetYen: $yen, opensOn: \\\"2026-05-01\\\", closesOn: \\\"2026-06-30\\\", sectionId: \\\"sec_0192f0c1d2e37a4b8c5d6e7f8091a2b3\\\"}) { id } }";
    let yen = async |number: &str| {
        let body = format!("{{\"query\": \"{create}\", \"variables\": {{\"yen\": {number}}}}}");
        clerk.send(body, "application/json").await.code()
    };
    for number in
        ["1.5", "1e-3", "\"100\"", "\"１２\"", "9007199254740993", "-9007199254740993", "1e400", "true", "[1, 2]"]
    {
        let code = yen(number).await;
        let refused = ["INVALID_INPUT", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST"];
        assert!(refused.iter().any(|r| code.starts_with(r)), "{number}: {code}");
    }
    for number in ["01", "0x10", "１２", "+5", "NaN", "Infinity"] {
        assert!(yen(number).await.starts_with("BAD_REQUEST"), "{number} is no JSON");
    }
    // What is a whole number gets as far as the section, which is not there.
    for number in ["1000", "9007199254740991"] {
        assert_eq!(yen(number).await, "NOT_FOUND", "{number}");
    }
    for first in ["2147483648", "-2147483649", "1.5", "\"20\""] {
        let body = format!(
            "{{\"query\": \"query($n: Int) {{ districts(first: $n) {{ totalCount }} }}\", \"variables\": {{\"n\": {first}}}}}"
        );
        let answer = clerk.send(body, "application/json").await;
        assert!(!answer.code().starts_with("INTERNAL") && answer.code() != "(none)", "{first}: {}", answer.text);
    }
}

/// Z7: nothing that the server decides can be sent.
#[tokio::test]
async fn z7_what_the_server_decides_is_in_no_input() {
    const DECIDED: &[&str] = &[
        "municipalityId",
        "tenantId",
        "createdAt",
        "createdBy",
        "createdById",
        "updatedAt",
        "submittedBy",
        "submittedAt",
        "approvedBy",
        "approvedAt",
        "decidedBy",
        "decidedAt",
        "publishedAt",
        "announcedAt",
        "paidAt",
        "enactedBy",
        "balance",
        "passwordHash",
        "secondFactorAt",
        "suspendedAt",
        "endedAt",
        "recordPublic",
        "accountVersion",
    ];
    let town = Town::new().await;
    let query = "{ __schema { types { kind name inputFields { name } } } }";
    let data = town.public().run(query, json!({})).await.data();
    let inputs = data["__schema"]["types"].as_array().expect("types").iter().filter(|t| t["kind"] == "INPUT_OBJECT");
    let mut seen = 0;
    for input in inputs {
        let name = input["name"].as_str().expect("a name");
        for field in input["inputFields"].as_array().expect("fields") {
            let field = field["name"].as_str().expect("a name");
            assert!(!DECIDED.contains(&field), "{name}.{field}");
            // A state is the wish of an act whose name says so, and what a list is filtered by.
            let wish = ["FilterInput", "ProgressInput", "ValueRecordInput"].iter().any(|end| name.ends_with(end));
            assert!(!["state", "status"].contains(&field) || wish, "{name}.{field}");
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen} fields");
    let clerk = town.staff(Role::PlanningStaff).await;
    let more = "mutation { districtCreate(input: {name: \"x\", nameKana: \"x\", areaUnit: OAZA, municipalityId: \"x\"}) { id } }";
    clerk.run(more, json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    let district = json!({"name": "x", "nameKana": "x", "areaUnit": "OAZA", "state": "ACTIVE"});
    let sent = "mutation($input: DistrictCreateInput!) { districtCreate(input: $input) { id } }";
    let code = clerk.run(sent, json!({ "input": district })).await.code();
    assert!(code == "GRAPHQL_VALIDATION_FAILED" || code.starts_with("INVALID_INPUT"), "{code}");
}

/// G29: a fault of ours is told by its number alone.
#[tokio::test]
async fn g29_a_fault_of_ours_says_nothing_of_our_inside() {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    organization(&town.staff(Role::PlanningStaff).await, "青葉の会").await;
    let mut owner = PgConnection::connect(&own.url("entaku_owner")).await.expect("a connection");
    sqlx::query("REVOKE SELECT ON districts FROM entaku_app").execute(&mut owner).await.expect("revoked");
    let answer = town.public().run("{ districts { totalCount nodes { name } } }", json!({})).await;
    assert_eq!(answer.code(), "INTERNAL", "{}", answer.text);
    assert!(answer.body["errors"][0]["extensions"]["requestId"].is_string());
    for inside in ["districts WHERE", "permission", "SELECT", "entaku_app", "42501", "panicked", ".rs"] {
        assert!(!answer.text.contains(inside), "{inside}: {}", answer.text);
    }
}

/// G32: what is held up too long is given up, and its statement does not go on.
#[tokio::test]
async fn g32_a_query_that_is_held_up_is_given_up_and_its_statement_too() {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let mut locking = PgConnection::connect(&own.url("entaku_owner")).await.expect("a connection");
    let mut tx = locking.begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE districts IN ACCESS EXCLUSIVE MODE").execute(&mut *tx).await.expect("locked");
    let code = town.public().run("{ districts { totalCount } }", json!({})).await.code();
    assert!(["UNAVAILABLE", "CONFLICT/IN_PROGRESS"].contains(&code.as_str()), "{code}");
    let active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND usename = 'entaku_app' AND state = 'active'";
    let left: i64 = sqlx::query_scalar(active).fetch_one(&mut superuser).await.expect("a number");
    assert_eq!(left, 0, "nothing goes on");
    tx.rollback().await.expect("rolled back");
    town.public().run("{ districts { totalCount } }", json!({})).await.data();
}

/// W1: another site's page opens no socket with the cookie of ours.
#[tokio::test]
async fn w1_a_socket_from_another_site_with_our_cookie_is_refused() {
    let wire = WireConfig { introspection: Whom::Everybody, ..WireConfig::default() };
    let town = Town::beside(app_with(wire)).await;
    let socket = Client::new(town.app.clone())
        .with("cookie", &format!("entaku={}", "x".repeat(43)))
        .with("connection", "upgrade")
        .with("upgrade", "websocket")
        .with("sec-websocket-version", "13")
        .with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .with("sec-websocket-protocol", "graphql-transport-ws");
    for origin in ["https://evil.example", "null", "http://127.0.0.1:8001"] {
        let answer = socket.with("origin", origin).get("/graphql").await;
        assert_eq!(answer.status, 403, "{origin}: {}", answer.text);
    }
    let answer = socket.get("/graphql").await;
    assert_eq!(answer.status, 403, "no origin at all: {}", answer.text);
}
