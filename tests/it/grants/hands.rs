//! Who sets money aside by hand does not publish it, and what a run allocated no hand changes.

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

const TASKS: &str = "{ viewer { tasks(first: 100) { nodes { act objectId } } } }";

#[tokio::test]
async fn z20_who_made_a_programme_or_allocated_by_hand_does_not_publish_it() {
    let town = Town::new().await;
    let [maker, allocator, other] =
        [town.staff(Role::GrantStaff).await, town.staff(Role::GrantStaff).await, town.staff(Role::GrantStaff).await];
    let (_, organization) = organization(&maker, "若葉の会").await;
    let id = programme(&town, &maker, 1_000_000).await;
    allocate(&allocator, &id, &organization, 500).await.data();
    // Whoever set it since does not wash that off.
    allocate(&other, &id, &organization, 500).await.data();
    let asked = async |who: &Client| {
        let tasks = who.run(TASKS, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
        tasks
            .as_array()
            .expect("tasks")
            .iter()
            .any(|t| t["act"] == "grantProgrammePublish" && t["objectId"] == json!(id))
    };
    for who in [&maker, &allocator] {
        assert!(!asked(who).await);
        who.run(PROGRAMME_PUBLISH, json!({ "id": id })).await.expect_code("FORBIDDEN/DUTIES_APART");
    }
    let mut database = inside(&town, "entaku_app").await;
    let uuid = decode(&id).expect("an id").1;
    let publish =
        |by: &str| format!("UPDATE grant_programmes SET state = 'PUBLISHED', published_by = {by} WHERE id = '{uuid}'");
    let hands = format!(
        "(SELECT j.actor_id FROM ledger_journals j JOIN grant_allocations a ON a.id = j.subject_id WHERE a.programme_id = '{uuid}')"
    );
    for by in ["NULL", "created_by", hands.as_str()] {
        assert_eq!(attempt(&mut database, &publish(by)).await, Err("23514".to_owned()), "{by}");
    }
    let approver = town.staff(Role::Approver).await;
    assert!(asked(&approver).await && asked(&other).await, "who set nothing new may");
    other.run(PROGRAMME_PUBLISH, json!({ "id": id })).await.data();
    // Nor does who published it set more of it: that would be public at once.
    allocate(&other, &id, &organization, 600).await.expect_code("FORBIDDEN/DUTIES_APART");
    allocate(&maker, &id, &organization, 600).await.data();
    let query = "query($id: ID!) { grantProgramme(id: $id) { createdBy { id } publishedBy { id } } }";
    let seen = maker.run(query, json!({ "id": id })).await.data()["grantProgramme"].clone();
    assert_ne!(seen["createdBy"]["id"], seen["publishedBy"]["id"], "{seen}");
}

#[tokio::test]
async fn nobody_allocates_beside_an_approved_run() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    allocate(&o.staff, &o.programme, &o.organizations[1], 5_000).await.data();
    let only = json!({"organizationIds": [o.organizations[0]]});
    let run = text(&o.calculate(&rule, "REAL", &only).await.data()["grantRunCreate"]["id"]);
    let approve = include_str!("../../../docs/stories/284-grant-run-approve.graphql");
    o.approver.run(approve, json!({ "id": run })).await.data();
    for staff in [&o.staff, &o.town.staff(Role::GrantStaff).await] {
        allocate(staff, &o.programme, &o.organizations[1], 5_000).await.expect_code("CONFLICT/FROZEN");
    }
    let mut database = inside(&o.town, "entaku_app").await;
    let by_hand =
        "UPDATE grant_allocations SET amount_yen = 5000, run_id = NULL, results_state = NULL WHERE line_id IS NULL";
    assert_eq!(attempt(&mut database, by_hand).await, Err("23514".to_owned()));
    // Whoever was left out is taken in by a run that corrects it.
    let run = o.approved(&rule).await;
    let lines = "query($id: ID!) { grantRun(id: $id) { corrects { id } lines(first: 9) { nodes { amountYen } } } }";
    let read = o.staff.run(lines, json!({ "id": run })).await.data()["grantRun"].clone();
    assert_eq!(read["lines"]["nodes"].as_array().map(Vec::len), Some(2));
    assert!(read["corrects"]["id"].is_string(), "{read}");
}
