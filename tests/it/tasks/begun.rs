//! What is allocated waits until somebody begins an application: a task by an act that makes something of another type.

use super::*;
use crate::organizations::organization;

const BEGIN: &str = include_str!("../../../docs/stories/13-grant-application-create.graphql");
const WITHDRAW: &str = include_str!("../../../docs/stories/21-grant-application-withdraw.graphql");
const ALLOCATE: &str = include_str!("../../../docs/stories/11-grant-allocation-set.graphql");
const PUBLISH: &str = include_str!("../../../docs/stories/12-grant-programme-publish.graphql");
const CLOSE: &str = include_str!("../../../docs/stories/24-grant-programme-close.graphql");

/// Somebody has an allocation, and has begun nothing.
pub(super) async fn allocated_to_somebody(town: &Town) {
    let staff = town.staff(Role::GrantStaff).await;
    let (_, organization) = organization(&staff, "三つ葉の会").await;
    let programme = another(&staff).await;
    let input = json!({"programmeId": programme, "organizationId": organization, "amountYen": 500, "basis": "均等割"});
    staff.run(ALLOCATE, json!({ "input": input })).await.data();
    town.staff(Role::Approver).await.run(PUBLISH, json!({ "id": programme })).await.data();
    town.over(Role::OrgOfficer, ScopeKind::Organization, &organization).await;
}

/// A programme in preparation, beside the one that there is.
async fn another(staff: &Client) -> String {
    let section = staff.run("{ sections { nodes { id } } }", json!({})).await.data()["sections"]["nodes"][0].clone();
    let make = "mutation($input: GrantProgrammeCreateInput!) { grantProgrammeCreate(input: $input) { id } }";
    let input = json!({"title": "もう一つの交付金", "summary": "地域の活動を支える。", "fiscalYear": 2026, "legalBasis": "交付要綱",
        "budgetYen": 1_000_000, "opensOn": "2026-06-01", "closesOn": "2026-07-31", "sectionId": section["id"]});
    text(&staff.run(make, json!({ "input": input })).await.data()["grantProgrammeCreate"]["id"])
}

/// Those objects of which somebody may make what an act makes: it is tried without effect, with what the object tells.
pub(super) async fn possible(who: &Client, act: &str, ids: &[String]) -> BTreeSet<String> {
    assert_eq!(act, "grantApplicationCreate", "nothing says how {act} is tried");
    let read = "query($id: ID!) { node(id: $id) { ... on GrantAllocation { programme { id } organization { id } } } }";
    let dry = who.with("entaku-dry-run", "true");
    let mut found = BTreeSet::new();
    for id in ids {
        let node = who.run(read, json!({ "id": id })).await.data()["node"].clone();
        if node.is_null() {
            continue;
        }
        let input = json!({"programmeId": node["programme"]["id"], "organizationId": node["organization"]["id"],
            "title": "試しに始める申請"});
        match dry.run(BEGIN, json!({ "input": input })).await.code().as_str() {
            "(none)" => drop(found.insert(id.clone())),
            code => assert!(["FORBIDDEN", "UNAUTHENTICATED"].contains(&code), "{id}: {code}"),
        }
    }
    found
}

/// Until when somebody has to begin an application.
async fn beginning(who: &Client) -> Vec<Value> {
    due(who, "grantApplicationCreate").await
}

#[tokio::test]
async fn what_is_allocated_is_a_task_until_an_application_is_begun() {
    let s = Scene::new().await;
    let mine = shown(&s.officer).await;
    assert_eq!(mine.len(), 1, "{mine:?}");
    let task = &mine[0];
    assert_eq!((&task["act"], &task["title"]), (&json!("grantApplicationCreate"), &json!("地域づくり交付金")));
    assert_eq!((&task["dueOn"], &task["overdue"]), (&json!("2026-06-30"), &json!(false)));
    assert_eq!(task["policyRef"], "補助金等交付規則・交付金交付要綱");
    assert!(text(&task["whyJa"]).contains("申請を始めて") && text(&task["whyEn"]).contains("begin an application"));
    let object = "query($id: ID!) { node(id: $id) { ... on GrantAllocation { programme { id } } } }";
    let read = s.officer.run(object, json!({"id": task["objectId"]})).await.data()["node"].clone();
    assert_eq!(read, json!({"programme": {"id": s.programme}}));
    for other in [&s.staff, &s.approver, &s.town.public()] {
        let tasks = other.run("{ viewer { tasks { nodes { act } } } }", json!({})).await;
        assert!(!tasks.text.contains("grantApplicationCreate"), "{}", tasks.text);
    }
    // Whoever has begun, or has withdrawn what was begun, is asked no more.
    let id = s.draft().await;
    assert_eq!(beginning(&s.officer).await, Vec::<Value>::new());
    s.officer.run(WITHDRAW, json!({ "id": id })).await.data();
    assert_eq!(s.state(&id).await, "WITHDRAWN");
    assert_eq!(beginning(&s.officer).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_not_to_be_had_is_no_task() {
    let s = Scene::new().await;
    let clerk = s.town.staff(Role::GrantStaff).await;
    let allocate = async |yen: i64| {
        let input =
            json!({"programmeId": s.programme, "organizationId": s.organization, "amountYen": yen, "basis": "均等割"});
        clerk.run(ALLOCATE, json!({ "input": input })).await.data();
        beginning(&s.officer).await.len()
    };
    assert_eq!(allocate(0).await, 0, "of nothing nobody can apply for anything");
    assert_eq!(allocate(1_000).await, 1);
    // In preparation nobody outside the town hall knows of it.
    let second = another(&s.staff).await;
    let share = json!({"programmeId": second, "organizationId": s.organization, "amountYen": 500, "basis": "均等割"});
    s.staff.run(ALLOCATE, json!({ "input": share })).await.data();
    assert_eq!(beginning(&s.officer).await, [json!("2026-06-30")]);
    s.approver.run(PUBLISH, json!({ "id": second })).await.data();
    assert_eq!(beginning(&s.officer).await, [json!("2026-06-30"), json!("2026-07-31")]);
    s.staff.run(CLOSE, json!({ "id": s.programme })).await.data();
    assert_eq!(beginning(&s.officer).await, [json!("2026-07-31")]);
    s.town.app.clock.advance(Duration::days(73));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    assert_eq!(beginning(&officer).await, Vec::<Value>::new(), "the 1st of August");
}

#[tokio::test]
async fn the_people_of_the_organization_are_reminded_to_begin() {
    let s = Scene::new().await;
    s.town.app.clock.advance(Duration::days(34));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    let staff = s.town.staff(Role::GrantStaff).await;
    for _ in 0..2 {
        night(&s.town).await;
    }
    let due = "「地域づくり交付金 (2026-06-30)」の期限が近づいています。やることの一覧を確認してください。";
    assert_eq!(told(&officer).await, [due]);
    assert_eq!(told(&staff).await, Vec::<String>::new());
}
