//! The data of the bench: the same every time, valid, walled, and usable by the tokens that go with it.

use std::collections::BTreeMap;

use entaku::bench::{Scale, Signer, seed, workload};
use entaku::kernel::codes::LocalGovernmentCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::support::Client;
use crate::support::database::Own;
use crate::support::town::{app_over, start};

/// What a town of 30 organizations has.
const TOWN: &[(&str, i64)] = &[
    ("municipalities", 1),
    ("municipality_settings", 1),
    ("sections", 2),
    ("accounts", 122),
    ("sessions", 2),
    ("appointments", 93),
    ("districts", 30),
    ("district_statistics", 30),
    ("facilities", 30),
    ("organizations", 30),
    ("officers", 90),
    ("liaison_assignments", 60),
    ("grant_programmes", 5),
    ("grant_allocations", 150),
    ("grant_applications", 150),
    ("roundtables", 3750),
    ("roundtable_passages", 750),
    ("challenge_calls", 5),
    ("challenge_proposals", 2250),
];

/// A database with the bench's town.
pub async fn seeded() -> Own {
    let own = Own::migrated().await;
    seed(&own.url("entaku_owner"), Scale::Town, |_| ()).await.expect("seeded");
    own
}

async fn number(connection: &mut PgConnection, sql: String) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.expect("a number")
}

/// A sum over every table's rows, whole.
async fn sums(own: &Own) -> BTreeMap<&'static str, String> {
    let mut owner = PgConnection::connect(&own.url("entaku_owner")).await.expect("connected");
    let mut sums = BTreeMap::new();
    for (table, _) in TOWN {
        let sql = format!("SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {table} t");
        sums.insert(*table, sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut owner).await.expect("a sum"));
    }
    sums
}

#[tokio::test]
async fn a_seeded_town_is_whole_and_without_a_trace_in_audit_and_events() {
    let own = seeded().await;
    let mut owner = PgConnection::connect(&own.url("entaku_owner")).await.expect("connected");
    for (table, rows) in TOWN {
        assert_eq!(number(&mut owner, format!("SELECT count(*) FROM {table}")).await, *rows, "{table}");
    }
    for table in ["audit_entries", "events"] {
        assert_eq!(number(&mut owner, format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    let codes = sqlx::query("SELECT code FROM municipalities").fetch_all(&mut owner).await.expect("codes");
    for code in codes {
        let code: String = code.get("code");
        assert!(LocalGovernmentCode::parse(&code).is_some(), "{code}");
    }
    let asleep = "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'";
    assert_eq!(number(&mut owner, asleep.to_owned()).await, 0, "every trigger is awake again");
    let per_organization = "SELECT count(*) FROM (SELECT organization_id FROM roundtables
        GROUP BY organization_id HAVING count(DISTINCT starts_at) = 125
            AND count(*) FILTER (WHERE state = 'MINUTES_DRAFT') = 20) o";
    assert_eq!(number(&mut owner, per_organization.to_owned()).await, 30);
}

#[tokio::test]
async fn only_an_empty_database_is_seeded_and_always_alike() {
    let (own, other) = (seeded().await, seeded().await);
    assert_eq!(sums(&own).await, sums(&other).await);
    let again = seed(&own.url("entaku_owner"), Scale::Town, |_| ()).await.expect_err("refused").to_string();
    assert!(again.contains("1 municipalities already"), "{again}");
    let bare = Own::new().await;
    let bare = seed(&bare.url("entaku_owner"), Scale::Town, |_| ()).await.expect_err("refused").to_string();
    assert!(bare.contains("entaku migrate"), "{bare}");
}

#[tokio::test]
async fn a_prefecture_stays_within_its_walls_and_serves_the_workload() {
    let own = Own::migrated().await;
    let mut told = 0;
    seed(&own.url("entaku_owner"), Scale::Prefecture, |_| told += 1).await.expect("seeded");
    assert!(told >= TOWN.len());
    let app = app_over(&own.url("entaku_app"));
    let signer = Signer { keys: &app.keys, issuer: &app.settings.issuer, now: start() };
    let towns = workload(&own.url("entaku_app"), &signer).await.expect("a workload");
    assert_eq!(towns.len(), 5);

    let mut inside = PgConnection::connect(&own.url("entaku_app")).await.expect("connected");
    for (table, rows) in &TOWN[1..] {
        let enter = format!("SET entaku.municipality = '{}'", towns[1]["municipality"].as_str().expect("an id"));
        sqlx::query(AssertSqlSafe(enter)).execute(&mut inside).await.expect("inside");
        assert_eq!(number(&mut inside, format!("SELECT count(*) FROM {table}")).await, *rows, "{table}");
        sqlx::query("RESET entaku.municipality").execute(&mut inside).await.expect("outside");
        assert_eq!(number(&mut inside, format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }

    let town = &towns[1];
    let lengths = ["organizations", "drafts", "cursors"].map(|list| town[list].as_array().expect("a list").len());
    assert_eq!(lengths, [30, 40, 20]);
    let clerk =
        Client::new(app.clone()).with("authorization", &format!("Bearer {}", town["token"].as_str().expect("text")));
    let page = "query($id: ID!) { organization(id: $id) { name officers { name } district { liaisons { id } }
        latestAllocation { amountYen } roundtables(first: 20) { totalCount nodes { title startsAt passages { text } } }
        proposals(first: 20) { totalCount nodes { title } } } }";
    let data = clerk.run(page, json!({"id": town["organizations"][7]["id"]})).await.data();
    let organization = &data["organization"];
    assert_eq!(organization["roundtables"]["totalCount"], 125);
    assert_eq!(organization["proposals"]["totalCount"], 75);
    assert_eq!(organization["roundtables"]["nodes"].as_array().expect("nodes").len(), 20);
    assert_eq!(organization["officers"].as_array().expect("officers").len(), 3);
    assert_eq!(organization["district"]["liaisons"].as_array().expect("liaisons").len(), 2);

    let record = "mutation($id: ID!) { roundtablePassageRecord(
        input: {roundtableId: $id, number: 1, session: OPENING, text: \"開会\"}) { id } }";
    clerk.run(record, json!({"id": town["drafts"][0]["id"]})).await.data();
    let public = Client::new(app).with("entaku-municipality", town["code"].as_str().expect("a code"));
    let data = public.run(page, json!({"id": town["organizations"][0]["id"]})).await.data();
    assert_eq!(data["organization"]["roundtables"]["totalCount"], 125);
}
