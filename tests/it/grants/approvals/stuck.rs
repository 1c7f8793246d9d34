//! Approvals that those who are there cannot complete, whose turn it is told to at once, and the files that are approved.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::files::sent;
use crate::grants::life::{of, plan, quarters};

story!(REROUTE, "329-approval-reroute");
story!(DELEGATION_END, "330-delegation-end");
story!(CHANGE_REQUEST, "267-grant-change-request");
story!(CHANGE_APPROVE, "268-grant-change-approve");
story!(ATTACH, "81-grant-application-file-attach");

const TOLD: &str = "{ viewer { notifications(first: 100, filter: {kind: [APPROVAL_AWAITED]}) {
    nodes { objectId textJa textEasy textEn } } } }";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";

async fn me(who: &Client) -> AccountId {
    let id = who.run("{ viewer { id } }", json!({})).await.data()["viewer"]["id"].clone();
    AccountId(decode(id.as_str().expect("an id")).expect("an id").1)
}

async fn told(who: &Client) -> Vec<Value> {
    let nodes = who.run(TOLD, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
    nodes.as_array().expect("nodes").clone()
}

async fn night(s: &Scene) {
    let tx = s.town.system();
    entaku::people::tasks::reminders::remind(&tx).await.expect("reminded");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn what_nobody_can_approve_is_the_administrators_task() {
    let s = Scene::new().await;
    let admin = s.town.staff(Role::Admin).await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    let lesser = lay(&s.town, "GRANT_APPLICATION_DECIDE", 500_000, (false, one("企画の合議", "PLANNING_STAFF"))).await;
    let lesser = text(&lesser.data()["approvalRouteCreate"]["id"]);
    let higher = route(&s, false, one_approver()).await;
    let id = s.reviewed().await;
    let open = newest(&s).await;
    assert!(!has_task(&admin, "approvalReroute").await, "somebody can approve it");
    let gone = me(&s.approver).await;
    s.town.dismiss(gone).await;
    assert!(has_task(&admin, "approvalReroute").await);
    assert!(!has_task(&s.staff, "approvalReroute").await);
    s.staff.run(REROUTE, json!({"id": open["id"]})).await.expect_code("FORBIDDEN");
    admin.run(REROUTE, json!({"id": open["id"]})).await.expect_code("CONFLICT/ROUTE_VACANT");
    // The route ends: what began by it goes on by it, for whoever asks anew. The administrator has it begin by what is left.
    admin.run(ROUTE_END, json!({ "id": higher })).await.data();
    assert!(has_task(&admin, "approvalReroute").await);
    s.staff.run(REQUEST, json!({"id": open["id"]})).await.expect_code("CONFLICT/ROUTE_VACANT");
    let anew = admin.run(REROUTE, json!({"id": open["id"]})).await.data()["approvalReroute"].clone();
    admin.run(REROUTE, json!({"id": open["id"]})).await.expect_code("CONFLICT/STATE");
    assert_eq!((&anew["state"], &anew["amountYen"]), (&json!("OPEN"), &json!(1_100_000)));
    let asked = s.staff.run("{ viewer { name } }", json!({})).await.data()["viewer"]["name"].clone();
    assert_eq!(anew["requestedBy"]["name"], asked);
    assert!(!has_task(&admin, "approvalReroute").await);
    let (_, successor) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    successor.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    approve(&planner).await.data();
    successor.run(DECIDE, opinion(&id, 1_100_000)).await.data();
    admin.run(REROUTE, json!({"id": anew["id"]})).await.expect_code("CONFLICT/STATE");
    assert!(lesser.starts_with("apr_"));
}

/// What needed approvals does not lose them: without a route in force there is nothing to begin by.
#[tokio::test]
async fn m14_nothing_is_freed_by_ending_its_route() {
    let s = Scene::new().await;
    let admin = s.town.staff(Role::Admin).await;
    let only = route(&s, false, two_approvers()).await;
    let (leaves, _) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.reviewed().await;
    approve(&s.approver).await.data();
    let open = newest(&s).await["id"].clone();
    assert!(!has_task(&admin, "approvalReroute").await);
    s.town.dismiss(leaves).await;
    assert!(has_task(&admin, "approvalReroute").await, "one is left where two are needed");
    admin.run(ROUTE_END, json!({ "id": only })).await.data();
    admin.run(REROUTE, json!({ "id": open })).await.expect_code("CONFLICT/NOT_ROUTED");
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    // Whoever is appointed has the seat, and it is nobody's worry any more.
    let (colleague, works) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let appoint = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
    let input = json!({"accountId": colleague.to_string(), "role": "APPROVER", "scope": "MUNICIPALITY",
        "startsOn": "2026-05-20"});
    admin.run(appoint, json!({ "input": input })).await.data();
    assert!(!has_task(&admin, "approvalReroute").await);
    approve(&works).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn what_was_returned_and_nobody_can_approve_is_the_administrators_task_as_well() {
    let s = Scene::new().await;
    let admin = s.town.staff(Role::Admin).await;
    route(&s, false, one_approver()).await;
    s.reviewed().await;
    send_back(&s.approver).await.data();
    assert!(has_task(&s.staff, "approvalRequest").await && !has_task(&admin, "approvalReroute").await);
    s.town.dismiss(me(&s.approver).await).await;
    assert!(has_task(&admin, "approvalReroute").await);
}

#[tokio::test]
async fn whose_turn_it_is_is_told_at_once_and_once_for_each_seat() {
    let s = Scene::new().await;
    let planner = s.town.staff(Role::PlanningStaff).await;
    let steps = json!([{"name": "企画の合議", "role": "PLANNING_STAFF", "needed": 1},
        {"name": "部長決裁", "role": "APPROVER", "needed": 1}]);
    route(&s, true, steps).await;
    s.reviewed().await;
    let seat = seats(&planner).await[0].clone();
    let first = told(&planner).await;
    assert_eq!((first.len(), &first[0]["objectId"]), (1, &json!(seat)));
    for language in ["textJa", "textEasy", "textEn"] {
        assert!(text(&first[0][language]).contains("居場所づくり"), "{first:?}");
    }
    assert_eq!(told(&s.approver).await.len(), 0, "it is not their turn");
    approve(&planner).await.data();
    assert_eq!(told(&s.approver).await.len(), 1);
    for _ in 0..2 {
        night(&s).await;
    }
    assert_eq!((told(&s.approver).await.len(), told(&planner).await.len()), (1, 1));
    // Whoever stands in is told as well, and the seat is theirs until the delegation ends.
    let (deputy, deputies) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let away = json!({"input": {"delegateAccountId": deputy.to_string(), "startsOn": "2026-05-20",
        "endsOn": "2026-05-25", "reason": "出張"}});
    let made = s.approver.run(DELEGATE, away).await.data()["delegationCreate"]["id"].clone();
    assert_eq!((told(&deputies).await.len(), told(&s.approver).await.len()), (1, 1));
    let ended = s.approver.run(DELEGATION_END, json!({ "id": made })).await.data()["delegationEnd"].clone();
    assert!(ended["endedAt"].is_string());
    assert!(seats(&deputies).await.is_empty());
}

/// Only where somebody got a seat are seats looked at: whoever comes to another office moves nothing.
#[tokio::test]
async fn where_nobody_gets_a_seat_nobody_is_told_anew() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    s.reviewed().await;
    let (colleague, works) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let admin = s.town.staff(Role::Admin).await;
    // Whatever is looked at now is told once more.
    let tx = s.town.system();
    tx.run(Sql::new("UPDATE notifications SET once = NULL")).await.expect("forgotten");
    tx.commit().await.expect("committed");
    for (role, times) in [("PLANNING_STAFF", 1), ("APPROVER", 2)] {
        let appoint = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
        let input = json!({"accountId": colleague.to_string(), "role": role, "scope": "MUNICIPALITY",
            "startsOn": "2026-05-20"});
        admin.run(appoint, json!({ "input": input })).await.data();
        assert_eq!((told(&s.approver).await.len(), told(&works).await.len()), (times, times - 1), "{role}");
    }
}

/// An organization's matter that cannot be filled tells nobody of a seat that is closed at once.
#[tokio::test]
async fn nobody_is_told_of_a_seat_that_is_none() {
    let s = Scene::new().await;
    let id = s.decided().await;
    let steps = json!([{"name": "監査の確認", "role": "AUDITOR", "needed": 1}, {"name": "合議", "role": "PLANNING_STAFF", "needed": 1}]);
    let planner = s.town.staff(Role::PlanningStaff).await;
    route_of(&s.town, "GRANT_PAYMENT_EXECUTE", false, steps).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(newest(&s).await["state"], "VOID");
    assert!(told(&planner).await.is_empty() && seats(&planner).await.is_empty());
    let admin = s.town.staff(Role::Admin).await;
    assert!(has_task(&admin, "approvalReroute").await, "nor is it left to those who cannot help it alone");
}

fn attach(id: &str, name: &str) -> String {
    let uuid = decode(id).expect("an id").1;
    format!(
        "INSERT INTO grant_application_files (municipality_id, id, application_id, organization_id, district_id, file_id, name,
            media_type, size, sha256)
         SELECT a.municipality_id, gen_random_uuid(), a.id, a.organization_id, a.district_id, f.id, f.name, f.media_type,
            f.size, f.sha256
         FROM grant_applications a JOIN files f ON f.municipality_id = a.municipality_id
         WHERE a.id = '{uuid}' AND f.state = 'STORED' AND f.name = '{name}'"
    )
}

#[tokio::test]
async fn m14_a_file_that_is_exchanged_is_not_what_was_approved() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let (decider, other) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.reviewed().await;
    sent(&s.officer, "見積書.pdf", PDF).await;
    approve(&other).await.data();
    approve(&s.approver).await.data();
    assert_eq!(newest(&s).await["state"], "APPROVED");
    let uuid = decode(&id).expect("an id").1;
    let decide = format!(
        "UPDATE grant_applications SET state = 'DECIDED', decided_yen = 1100000, decided_on = entaku_today(),
            commitment_id = (SELECT j.id FROM ledger_journals j WHERE j.municipality_id = entaku_municipality()
                ORDER BY j.id LIMIT 1) WHERE id = '{uuid}'"
    );
    assert_eq!(forged(&s.town, decider, Guards::On, "SELECT 1", &decide).await, Ok(1));
    refused_by("approval_route", &s.town, decider, &attach(&id, "見積書.pdf"), &decide).await;
    let tx = s.town.system();
    tx.run(Sql::new(&attach(&id, "見積書.pdf"))).await.expect("attached");
    tx.commit().await.expect("committed");
    let void = newest(&s).await;
    assert_eq!(void["state"], "VOID");
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    // Asked for anew it is approved with the file; one that is taken away in between ends it again.
    s.staff.run(REQUEST, json!({"id": void["id"]})).await.data();
    let seat = seats(&other).await[0].clone();
    approve(&s.approver).await.data();
    let tx = s.town.system();
    let taken = format!("DELETE FROM grant_application_files WHERE application_id = '{uuid}'");
    tx.run(Sql::new(&taken)).await.expect("taken away");
    tx.commit().await.expect("committed");
    other.run(APPROVE, json!({"id": seat, "comment": null})).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn m14_a_change_is_approved_with_the_files_of_its_grant() {
    let s = Scene::with_terms(&quarters()).await;
    route(&s, false, one_approver()).await;
    let id = s.granted(900_000).await;
    let input = of(&id, json!({"reason": "規模の変更", "costs": plan(), "decidedYen": 1_200_000}));
    let asked = s.officer.run(CHANGE_REQUEST, input).await.data()["grantChangeRequest"]["changes"][0]["id"].clone();
    approve(&s.approver).await.data();
    let file = sent(&s.officer, "領収書.pdf", PDF).await;
    s.officer.run(ATTACH, json!({"id": id, "fileId": file})).await.data();
    assert_eq!(newest(&s).await["state"], "VOID");
    let change = text(&asked);
    s.approver.run(CHANGE_APPROVE, because(&change)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.staff.run(REQUEST, json!({"id": newest(&s).await["id"]})).await.data();
    approve(&s.approver).await.data();
    s.approver.run(CHANGE_APPROVE, because(&change)).await.data();
}
