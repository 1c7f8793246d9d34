//! The register of districts and organizations, end to end.

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};

use crate::ledger::{attempt, inside};
use crate::support::{Client, Town};

pub const DISTRICT: &str = "mutation($name: String!) { districtCreate(input: {name: $name, nameKana: \"ちく\", areaUnit: ELEMENTARY_SCHOOL}) { id } }";
pub const ORGANIZATION: &str =
    "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) { id stage } }";

/// A district and a published organization in it.
pub async fn organization(clerk: &Client, name: &str) -> (String, String) {
    let district =
        clerk.run(DISTRICT, json!({"name": format!("{name}地区")})).await.data()["districtCreate"]["id"].clone();
    let input = json!({"districtId": district, "name": name, "nameKana": "くみ", "kind": "AUTONOMOUS_ORGANIZATION", "stage": "ACTIVE"});
    let made = clerk.run(ORGANIZATION, json!({ "input": input })).await.data()["organizationCreate"]["id"].clone();
    clerk.run("mutation($id: ID!) { organizationPublish(id: $id) { published } }", json!({"id": made})).await.data();
    (text(&district), text(&made))
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn an_organization_is_public_when_published_and_names_by_consent() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, id) = organization(&clerk, "青葉の会").await;
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &id).await;
    let appoint = "mutation($input: OfficerAppointInput!) { officerAppoint(input: $input) { id } }";
    for (name, public) in [("公 一郎", true), ("秘 二郎", false)] {
        let input = json!({"organizationId": id, "role": "DIRECTOR", "name": name, "nameKana": "な", "namePublic": public, "termStart": "2026-04-01"});
        officer.run(appoint, json!({ "input": input })).await.data();
    }
    let read = "query($id: ID!) { organization(id: $id) { name officers { name redacted { field reason } } } }";
    let seen = town.public().run(read, json!({"id": id})).await.data()["organization"].clone();
    assert_eq!(seen["officers"][0], json!({"name": "公 一郎", "redacted": []}));
    assert_eq!(seen["officers"][1]["name"], json!(null));
    assert_eq!(seen["officers"][1]["redacted"][0], json!({"field": "name", "reason": "NO_CONSENT"}));
    let seen = officer.run(read, json!({"id": id})).await.data()["organization"].clone();
    assert_eq!(seen["officers"][1], json!({"name": "秘 二郎", "redacted": []}));
    clerk.run("mutation($id: ID!) { organizationUnpublish(id: $id) { id } }", json!({"id": id})).await.data();
    assert_eq!(town.public().run(read, json!({"id": id})).await.data()["organization"], json!(null));
}

#[tokio::test]
async fn z9_lists_page_by_keyset_and_count_when_asked() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    for n in 0..5 {
        organization(&clerk, &format!("会{n}")).await;
    }
    let list = "query($after: String) { organizations(first: 2, after: $after, orderBy: NEWEST) {
        totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { name district { name } } } } }";
    let mut names = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = town.public().run(list, json!({"after": after})).await.data()["organizations"].clone();
        assert_eq!(page["totalCount"], 5);
        for edge in page["edges"].as_array().expect("edges") {
            names.push(text(&edge["node"]["name"]));
            assert_eq!(text(&edge["node"]["district"]["name"]), format!("{}地区", text(&edge["node"]["name"])));
        }
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(names.len(), 5);
    let clerk_cursor = town.public().run(list, json!({"after": after})).await;
    clerk_cursor.data();
    clerk.run(list, json!({"after": after})).await.expect_code("INVALID_INPUT/CURSOR");
    for first in ["0", "101", "-1"] {
        let query = format!("{{ organizations(first: {first}) {{ nodes {{ id }} }} }}");
        town.public().run(&query, json!({})).await.expect_code("INVALID_INPUT");
    }
}

#[tokio::test]
async fn selections_of_every_kind_come_back_as_asked() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (district, id) = organization(&clerk, "光の会").await;
    let record = "mutation($d: ID!, $on: Date!) { districtStatisticRecord(input: {districtId: $d, asOf: $on, population: 100, households: 40, aged65: 30, aged75: 10, areaSquareMetres: 5, source: \"台帳\"}) { id } }";
    for on in ["2025-04-01", "2026-04-01"] {
        clerk.run(record, json!({"d": district, "on": on})).await.data();
    }
    clerk.run(record, json!({"d": district, "on": "2026-04-01"})).await.expect_code("CONFLICT/DUPLICATE");
    let query = "query Q($id: ID!, $yes: Boolean!) {
        a: node(id: $id) { __typename ...org ... on District { never: name } }
        nodes(ids: [$id, \"org_00000000000000000000000000000000\"]) { id }
        organization(id: $id) { id @skip(if: $yes) name @include(if: $yes) viewerCan { action allowed code } }
        districts { nodes { organizations(filter: {stage: [ACTIVE]}) { __typename totalCount nodes { name } } none: organizations(filter: {stage: [IDEA]}) { totalCount nodes { name } } } }
    }
    fragment org on CommunityOrganization { name district { name latestStatistic { asOf population } statistics { asOf } } }";
    let data = town.public().run(query, json!({"id": id, "yes": true})).await.data();
    assert_eq!(
        data["a"],
        json!({"__typename": "CommunityOrganization", "name": "光の会", "district": {"name": "光の会地区",
        "latestStatistic": {"asOf": "2026-04-01", "population": 100}, "statistics": [{"asOf": "2026-04-01"}, {"asOf": "2025-04-01"}]}})
    );
    assert_eq!(data["nodes"], json!([{"id": id}, null]));
    assert_eq!(
        data["organization"]["viewerCan"][0],
        json!({"action": "organizationChange", "allowed": false, "code": "UNAUTHENTICATED"})
    );
    assert_eq!(data["organization"].as_object().expect("an object").len(), 2);
    let list = &data["districts"]["nodes"][0];
    assert_eq!(
        list["organizations"],
        json!({"__typename": "CommunityOrganizationConnection", "totalCount": 1, "nodes": [{"name": "光の会"}]})
    );
    assert_eq!(list["none"], json!({"totalCount": 0, "nodes": []}));
}

#[tokio::test]
async fn bad_input_is_coded_localized_and_changes_nothing() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (district, id) = organization(&clerk, "試しの会").await;
    let change =
        "mutation($id: ID!, $input: OrganizationChangeInput!) { organizationChange(id: $id, input: $input) { phone } }";
    let unknown = "org_0192f0c1d2e37a4b8c5d6e7f8091a2b3";
    clerk.run(change, json!({"id": unknown, "input": {}})).await.expect_code("NOT_FOUND");
    clerk.run(change, json!({"id": district, "input": {}})).await.expect_code("NOT_FOUND");
    clerk.run(change, json!({"id": "org_x", "input": {}})).await.expect_code("INVALID_INPUT");
    clerk
        .run(change, json!({"id": id, "input": {"phone": "a\u{0}b", "email": "x"}}))
        .await
        .expect_code("INVALID_INPUT");
    clerk
        .run(change, json!({"id": id, "input": {"corporateNumber": "4000020242081"}}))
        .await
        .expect_code("INVALID_INPUT");
    clerk.run(change, json!({"id": id, "input": {"stage": "ACTIVE"}})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    town.public().run(change, json!({"id": id, "input": {}})).await.expect_code("UNAUTHENTICATED");
    town.resident().await.run(change, json!({"id": id, "input": {}})).await.expect_code("FORBIDDEN");
    clerk.run("{ nothing }", json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    clerk.run("{ organization(", json!({})).await.expect_code("GRAPHQL_PARSE_FAILED");
    clerk.send("{", "application/json").await.expect_code("BAD_REQUEST/JSON");
    clerk.send("[{}]", "application/json").await.expect_code("BAD_REQUEST/BATCH_DISABLED");
    clerk.send("{}", "text/plain").await.expect_code("BAD_REQUEST/MEDIA_TYPE");
    let large = clerk.send(vec![b' '; 300 * 1024], "application/json").await;
    assert_eq!(large.status, 413);
    let japanese = clerk.with("accept-language", "ja").run(change, json!({"id": unknown, "input": {}})).await;
    assert_eq!(japanese.body["errors"][0]["message"], "見つかりません。");
    let stage = "mutation($id: ID!) { organizationStageChange(id: $id, to: IDEA) { stage } }";
    clerk.run(stage, json!({"id": id})).await.expect_code("CONFLICT/STAGE");
    clerk
        .run("mutation($id: ID!) { organizationStageChange(id: $id, to: NOWHERE) { stage } }", json!({"id": id}))
        .await
        .expect_code("GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn m5_m6_one_key_is_one_act_and_a_dry_run_is_none() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let keyed = clerk.with("idempotency-key", "key-1");
    let first = keyed.run(DISTRICT, json!({"name": "一度"})).await.data();
    let again = futures_util::future::join_all((0..10).map(|_| keyed.run(DISTRICT, json!({"name": "一度"})))).await;
    for answer in again {
        assert_eq!(answer.data(), first);
    }
    keyed.run(DISTRICT, json!({"name": "別の"})).await.expect_code("CONFLICT/IDEMPOTENCY");
    let other = town.staff(Role::PlanningStaff).await.with("idempotency-key", "key-1");
    other.run(DISTRICT, json!({"name": "別の人の"})).await.data();
    let dry = clerk.with("entaku-dry-run", "true").run(DISTRICT, json!({"name": "試し"})).await;
    assert_eq!(dry.body["extensions"]["dryRun"], true);
    dry.data();
    let count = town.public().run("{ districts { totalCount } }", json!({})).await.data();
    assert_eq!(count["districts"]["totalCount"], 2);
}

#[tokio::test]
async fn a_mutation_is_all_or_nothing() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let both = "mutation { a: districtCreate(input: {name: \"甲\", nameKana: \"こう\", areaUnit: OAZA}) { id }
        b: districtCreate(input: {name: \"\", nameKana: \"おつ\", areaUnit: OAZA}) { id } }";
    clerk.run(both, json!({})).await.expect_code("INVALID_INPUT");
    let count = town.public().run("{ districts { totalCount } }", json!({})).await.data();
    assert_eq!(count["districts"]["totalCount"], 0);
}

#[tokio::test]
async fn a_query_keeps_its_good_fields() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    organization(&clerk, "残る会").await;
    let answer = town
        .public()
        .run(
            "{ organizations { totalCount } organization(id: \"org_x\") { id } districts(first: 0) { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(
        answer.body["data"],
        json!({"organizations": {"totalCount": 1}, "organization": null, "districts": null})
    );
    assert_eq!(answer.body["errors"].as_array().expect("errors").len(), 2);
    let nowhere = Client::new(town.app.clone())
        .run("{ organizations { totalCount } municipalities { totalCount } }", json!({}))
        .await;
    assert_eq!(nowhere.code(), "BAD_REQUEST/MUNICIPALITY_REQUIRED");
    assert!(nowhere.body["data"]["municipalities"]["totalCount"].as_i64().expect("a count") >= 1);
}

/// What is paid by months is counted from it: staff record it where nobody knew it, and nobody changes it.
#[tokio::test]
async fn the_day_of_a_founding_is_recorded_once() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, id) = organization(&clerk, "青葉の会").await;
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &id).await;
    let change =
        "mutation($id: ID!, $day: Date) { organizationChange(id: $id, input: {foundedOn: $day}) { foundedOn } }";
    let on = |day: &str| json!({ "id": id, "day": day });
    officer.run(change, on("2026-04-01")).await.expect_code("FORBIDDEN");
    clerk.run(change, on("2027-04-01")).await.expect_code("INVALID_INPUT");
    assert_eq!(clerk.run(change, on("2026-04-01")).await.data()["organizationChange"]["foundedOn"], "2026-04-01");
    for same in [on("2026-04-01"), json!({ "id": id })] {
        assert_eq!(clerk.run(change, same).await.data()["organizationChange"]["foundedOn"], "2026-04-01");
    }
    clerk.run(change, on("2026-05-01")).await.expect_code("CONFLICT/FOUNDED_ALREADY");
    let mut database = inside(&town, "entaku_app").await;
    for set in ["'2026-05-01'", "NULL"] {
        let sql = format!("UPDATE organizations SET founded_on = {set} WHERE founded_on IS NOT NULL");
        assert_eq!(attempt(&mut database, &sql).await, Err("23514".to_owned()), "{set}");
    }
}
