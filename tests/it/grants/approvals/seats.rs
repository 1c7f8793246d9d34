//! Who sits where: never whoever had a hand in it; who stands in for whom; who has come and who has gone.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

story!(HAND_OVER, "112-post-hand-over");
story!(POST_CREATE, "111-post-create");

fn absence(who: AccountId, deputy: AccountId) -> Value {
    json!({"input": {"accountId": who.to_string(), "delegateAccountId": deputy.to_string(), "startsOn": "2026-05-20",
        "endsOn": "2026-05-25", "reason": "出張"}})
}

#[tokio::test]
async fn who_recommended_has_no_seat_and_too_few_are_told_at_once() {
    let s = Scene::new().await;
    route(&s, false, json!([{"name": "担当の合議", "role": "GRANT_STAFF", "needed": 1}])).await;
    let id = s.draft().await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/ROUTE_VACANT");
    let colleague = s.town.staff(Role::GrantStaff).await;
    s.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.data();
    assert_eq!(seats(&s.staff).await, Vec::<String>::new());
    approve(&colleague).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn whoever_stands_in_is_recorded_counts_once_and_is_never_the_drafter() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    let (absent, boss) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let (deputy, deputies) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let staff = s.staff.run("{ viewer { id } }", json!({})).await.data()["viewer"]["id"].clone();
    let drafter = AccountId(decode(staff.as_str().expect("an id")).expect("an id").1);
    let id = s.reviewed().await;
    assert_eq!(seats(&deputies).await, Vec::<String>::new());
    deputies.run(DELEGATE, absence(absent, deputy)).await.expect_code("FORBIDDEN");
    boss.run(DELEGATE, absence(absent, absent)).await.expect_code("INVALID_INPUT");
    boss.run(DELEGATE, absence(absent, deputy)).await.data();
    boss.run(DELEGATE, absence(absent, drafter)).await.data();
    assert_eq!(seats(&s.staff).await, Vec::<String>::new(), "the drafter stands in for nobody");
    assert_eq!(seats(&deputies).await.len(), 1);
    approve(&deputies).await.data();
    assert_eq!(seats(&boss).await, Vec::<String>::new(), "one approval was given in this name");
    let given = newest(&s).await["seats"].as_array().expect("seats").iter().find(|x| x["state"] == "APPROVED").cloned();
    let given = given.expect("one");
    assert_eq!(given["account"]["id"], json!(deputy.to_string()));
    assert_eq!(given["onBehalfOf"]["id"], json!(absent.to_string()));
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    approve(&s.approver).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn a_delegation_that_is_over_approves_nothing() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let (absent, boss) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let (deputy, deputies) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    s.reviewed().await;
    let made = boss.run(DELEGATE, absence(absent, deputy)).await.data()["delegationCreate"]["id"].clone();
    let seat = seats(&deputies).await.first().cloned().expect("a seat");
    let end = "mutation($id: ID!) { delegationEnd(id: $id) { endedAt } }";
    boss.run(end, json!({ "id": made })).await.data();
    assert_eq!(seats(&deputies).await, Vec::<String>::new());
    deputies.run(APPROVE, json!({"id": seat, "comment": null})).await.expect_code("CONFLICT/NOT_ENTITLED");
    refused_by("approval_seat", &s.town, deputy, "SELECT 1", &take(deputy)).await;
}

#[tokio::test]
async fn only_staff_stand_in_and_nobody_of_the_organization() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let (absent, boss) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    let organization = decode(&s.organization).expect("an id").1;
    let (member, _) = s.town.person(Role::OrgMember, ScopeKind::Organization, Some(organization)).await;
    boss.run(DELEGATE, absence(absent, member)).await.expect_code("INVALID_INPUT");
    let (reviewer, _) = s.town.person(Role::Reviewer, ScopeKind::Municipality, None).await;
    boss.run(DELEGATE, absence(absent, reviewer)).await.expect_code("INVALID_INPUT");
    // Staff who are of the organization themselves may stand in, but not in its matters; nor do they sit in them.
    s.town.appoint(member, Role::Approver, ScopeKind::Municipality, None).await;
    boss.run(DELEGATE, absence(absent, member)).await.data();
    let (deputy, _) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    boss.run(DELEGATE, absence(absent, deputy)).await.data();
    s.reviewed().await;
    assert_eq!(seats(&s.town.enter(member).await).await, Vec::<String>::new());
    let deputies = s.town.enter(deputy).await;
    let seat = seats(&deputies).await.first().cloned().expect("a seat");
    // Whoever is dismissed has neither task nor approval, and reads nothing of it.
    s.town.dismiss(deputy).await;
    let deputies = s.town.enter(deputy).await;
    assert_eq!(seats(&deputies).await, Vec::<String>::new());
    deputies.run(APPROVE, json!({"id": seat, "comment": null})).await.expect_code("NOT_FOUND");
    refused_by("approval_seat", &s.town, deputy, "SELECT 1", &take(deputy)).await;
}

#[tokio::test]
async fn who_wrote_the_application_never_approves_it() {
    let s = Scene::new().await;
    route(&s, false, two_approvers()).await;
    s.town.staff(Role::Approver).await;
    let organization = decode(&s.organization).expect("an id").1;
    let (writer, desk) = s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    let id = s.draft_of(&desk, 1_200_000).await;
    // They leave the organization for the town hall; somebody else submits it.
    s.town.dismiss(writer).await;
    s.town.appoint(writer, Role::Approver, ScopeKind::Municipality, None).await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.data();
    let seats = newest(&s).await["seats"].clone();
    let seats = seats.as_array().expect("seats");
    assert_eq!(seats.len(), 2, "{seats:?}");
    assert!(seats.iter().all(|seat| seat["account"]["id"] != json!(writer.to_string())), "{seats:?}");
}

#[tokio::test]
async fn there_is_always_a_way_out_of_an_approval() {
    let s = Scene::new().await;
    let one_person_twice =
        json!([{"name": "課長", "role": "APPROVER", "needed": 1}, {"name": "部長", "role": "APPROVER", "needed": 1}]);
    route(&s, true, one_person_twice).await;
    let id = s.draft().await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.expect_code("CONFLICT/ROUTE_VACANT");
    let (leaving, _) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    s.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.data();
    approve(&s.approver).await.data();
    // Whoever was appointed for a day ahead gets the seat in the night before, or when it is asked for anew.
    s.town.dismiss(leaving).await;
    let (_, successor) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    assert_eq!(seats(&successor).await, Vec::<String>::new());
    let tx = s.town.system();
    entaku::people::tasks::reminders::remind(&tx).await.expect("reminded");
    tx.commit().await.expect("committed");
    assert_eq!(seats(&successor).await.len(), 1);
    let open = newest(&s).await["id"].clone();
    let anew = s.staff.run(REQUEST, json!({ "id": open })).await.data()["approvalRequest"]["id"].clone();
    let all = s.staff.run(APPROVALS, json!({})).await.data()["approvals"]["nodes"].clone();
    let states: Vec<_> =
        all.as_array().expect("approvals").iter().map(|a| (a["id"] == anew, text(&a["state"]))).collect();
    assert_eq!(states.len(), 2);
    assert!(states.contains(&(true, "OPEN".into())) && states.contains(&(false, "VOID".into())), "{states:?}");
    approve(&successor).await.data();
    approve(&s.approver).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
    s.staff.run(REQUEST, json!({ "id": anew })).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn whoever_loses_the_role_loses_task_and_seat() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    let (gone, _) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    s.reviewed().await;
    assert_eq!(seats(&s.town.enter(gone).await).await.len(), 1);
    s.town.dismiss(gone).await;
    s.town.appoint(gone, Role::Auditor, ScopeKind::Municipality, None).await;
    assert_eq!(seats(&s.town.enter(gone).await).await, Vec::<String>::new());
    refused_by("approval_seat", &s.town, gone, "SELECT 1", &take(gone)).await;
}

#[tokio::test]
async fn a_successor_has_the_seat_at_once() {
    let s = Scene::new().await;
    let admin = s.town.staff(Role::Admin).await;
    let post = json!({"input": {"name": "地域振興部長", "role": "APPROVER", "establishedOn": "2026-04-01"}});
    let post = text(&admin.run(POST_CREATE, post).await.data()["postCreate"]["id"]);
    let (before, leaves) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let (after, comes) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    let hand_over = async |to: AccountId| {
        let input = json!({"successorAccountId": to.to_string(), "takesEffectOn": "2026-05-20"});
        admin.run(HAND_OVER, json!({"id": post, "input": input})).await.data();
    };
    hand_over(before).await;
    route(&s, true, json!([{"name": "部長決裁", "postId": post, "needed": 1}])).await;
    let id = s.reviewed().await;
    assert_eq!(seats(&leaves).await.len(), 1);
    hand_over(after).await;
    assert_eq!(seats(&leaves).await, Vec::<String>::new(), "the predecessor approves no more");
    assert_eq!(seats(&comes).await.len(), 1, "the successor does");
    approve(&comes).await.data();
    s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
}

#[tokio::test]
async fn whoever_is_appointed_to_the_role_has_a_seat_at_once() {
    let s = Scene::new().await;
    route(&s, false, one_approver()).await;
    s.reviewed().await;
    let (colleague, works) = s.town.person(Role::SectionStaff, ScopeKind::Municipality, None).await;
    assert_eq!(seats(&works).await, Vec::<String>::new());
    let appoint = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
    let input = json!({"accountId": colleague.to_string(), "role": "APPROVER", "scope": "MUNICIPALITY",
        "startsOn": "2026-05-20"});
    s.town.staff(Role::Admin).await.run(appoint, json!({ "input": input })).await.data();
    assert_eq!(seats(&works).await.len(), 1);
}
