//! Who reads and who does what before a decision: the public, the staff, each role, another town.

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::json;

use crate::grants::{
    CHANGE, CREATE, DECIDE, JOURNALS, PAYMENT_EXECUTE, PAYMENT_REQUEST, PROGRAMME_CLOSE, PROGRAMME_PUBLISH, READ,
    RECOMMEND, REFUSE, RETURN, REVIEW_START, SUBMIT, Scene, WITHDRAW, allocate, another, because, opinion, paid,
    programme,
};
use crate::organizations::{organization, text};
use crate::support::Town;
use crate::support::client::Answer;

story!(PROGRAMMES, "25-grant-programmes-read");

#[tokio::test]
async fn the_public_reads_decisions_and_not_what_is_under_review() {
    let s = Scene::new().await;
    let public = s.town.public();
    let id = s.reviewed().await;
    assert_eq!(public.run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
    let liaison = s.town.over(Role::Liaison, ScopeKind::District, &s.district).await;
    let inside = liaison.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
    let books = json!([{"field": "booked", "reason": "ACCOUNTS"}]);
    assert_eq!((&inside["purpose"], &inside["redacted"]), (&json!("週1回、居場所を開く。"), &books));
    let resident = s.town.resident().await;
    assert_eq!(resident.run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
    s.approver.run(DECIDE, opinion(&id, 1_000_000)).await.data();
    for outsider in [&public, &resident] {
        let seen = outsider.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
        assert_eq!((&seen["title"], &seen["decidedYen"]), (&json!("居場所づくり"), &json!(1_000_000)));
        for hidden in ["purpose", "requestedYen", "recommendedYen", "withdrawalUntil"] {
            assert_eq!(seen[hidden], json!(null), "{hidden}");
        }
        assert_eq!(seen["acts"], json!([]));
        assert_eq!(seen["redacted"][0], json!({"field": "purpose", "reason": "NOT_PUBLIC"}));
    }
    let page = public.run(PROGRAMMES, json!({"fiscalYear": 2026})).await.data()["grantProgrammes"]["nodes"][0].clone();
    assert_eq!(page["fiscalYearLabel"], "令和8年度");
    assert_eq!(page["allocations"]["nodes"][0]["amountYen"], 1_500_000);
    assert_eq!(page["applications"]["nodes"][0]["organization"]["name"], "青葉の会");
    let journals = public.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    assert_eq!(journals["ledgerJournals"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_draft_programme_is_the_staffs_own() {
    let town = Town::new().await;
    let staff = town.staff(Role::GrantStaff).await;
    let (_, organization) = organization(&staff, "若葉の会").await;
    let id = programme(&town, &staff, 1_000).await;
    allocate(&staff, &id, &organization, 500).await.data();
    let nodes = |answer: Answer| answer.data()["grantProgrammes"]["nodes"].as_array().expect("nodes").len();
    assert_eq!(nodes(town.public().run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 0);
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &organization).await;
    assert_eq!(nodes(officer.run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 0);
    let early = json!({"input": {"programmeId": id, "organizationId": organization, "title": "早い申請"}});
    officer.run(CREATE, early.clone()).await.expect_code("NOT_FOUND");
    officer.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("NOT_FOUND");
    town.staff(Role::PlanningStaff).await.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("FORBIDDEN");
    staff.run(PROGRAMME_CLOSE, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    staff.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
    let other = town.staff(Role::GrantStaff).await;
    other.run(PROGRAMME_PUBLISH, json!({"id": id})).await.data();
    other.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    assert_eq!(nodes(town.public().run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 1);
    let draft = text(&officer.run(CREATE, early.clone()).await.data()["grantApplicationCreate"]["id"]);
    let full = json!({"id": draft, "input": {"purpose": "目的", "requestedYen": 500}});
    officer.run(CHANGE, full).await.data();
    staff.run(PROGRAMME_CLOSE, json!({"id": id})).await.data();
    officer.run(SUBMIT, json!({"id": draft})).await.expect_code("CONFLICT/PROGRAMME_CLOSED");
    officer.run(CREATE, early).await.expect_code("CONFLICT/STATE");
    allocate(&staff, &id, &organization, 600).await.expect_code("CONFLICT/STATE");
    assert_eq!(nodes(town.public().run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 1);
}

#[tokio::test]
async fn every_act_belongs_to_somebody() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &another(&s).await).await;
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let accountant = s.town.over(Role::OrgAccountant, ScopeKind::Organization, &s.organization).await;
    s.town.public().run(SUBMIT, json!({"id": id})).await.expect_code("NOT_FOUND");
    stranger.run(SUBMIT, json!({"id": id})).await.expect_code("NOT_FOUND");
    for client in [&member, &accountant, &s.staff, &s.approver] {
        client.run(SUBMIT, json!({"id": id})).await.expect_code("FORBIDDEN");
        client.run(WITHDRAW, json!({"id": id})).await.expect_code("FORBIDDEN");
    }
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    for client in [&s.officer, &s.approver, &s.payer] {
        client.run(REVIEW_START, json!({"id": id})).await.expect_code("FORBIDDEN");
    }
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.approver.run(RECOMMEND, opinion(&id, 1)).await.expect_code("FORBIDDEN");
    s.approver.run(RETURN, because(&id)).await.expect_code("FORBIDDEN");
    s.staff.run(RECOMMEND, opinion(&id, 1_000)).await.data();
    for client in [&s.officer, &s.staff, &s.payer] {
        client.run(DECIDE, opinion(&id, 1_000)).await.expect_code("FORBIDDEN");
        client.run(REFUSE, because(&id)).await.expect_code("FORBIDDEN");
    }
    s.approver.run(DECIDE, opinion(&id, 1_000)).await.data();
    s.town.public().run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("UNAUTHENTICATED");
    stranger.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("FORBIDDEN");
    member.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("FORBIDDEN");
    accountant.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for client in [&s.officer, &s.staff, &s.approver] {
        client.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN");
    }
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let create =
        json!({"input": {"programmeId": s.programme, "organizationId": s.organization, "title": "他人の申請"}});
    s.town.public().run(CREATE, create.clone()).await.expect_code("UNAUTHENTICATED");
    stranger.run(CREATE, create.clone()).await.expect_code("FORBIDDEN");
    s.staff.run(CREATE, create).await.expect_code("FORBIDDEN");
    allocate(&s.officer, &s.programme, &s.organization, 1).await.expect_code("FORBIDDEN");
}

#[tokio::test]
async fn z3_another_town_has_none_of_it() {
    let s = Scene::new().await;
    let id = s.payable().await;
    let other = Town::beside(s.town.app.clone()).await;
    let staff = other.staff(Role::GrantStaff).await;
    for (query, role) in [(REVIEW_START, Role::GrantStaff), (SUBMIT, Role::GrantStaff), (PAYMENT_REQUEST, Role::Payer)]
    {
        other.staff(role).await.run(query, json!({"id": id})).await.expect_code("NOT_FOUND");
    }
    other.staff(Role::Payer).await.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("NOT_FOUND");
    other.staff(Role::Approver).await.run(DECIDE, opinion(&id, 1)).await.expect_code("NOT_FOUND");
    staff.run(PROGRAMME_CLOSE, json!({"id": s.programme})).await.expect_code("NOT_FOUND");
    allocate(&staff, &s.programme, &s.organization, 1).await.expect_code("NOT_FOUND");
    assert_eq!(staff.run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
    let none = staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    assert_eq!(none["ledgerJournals"]["nodes"], json!([]));
    assert_eq!(s.state(&id).await, "PAYMENT_REQUESTED");
}
