//! What was asked for is taken back while nobody has decided on it.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

story!(CHANGE_WITHDRAW, "277-grant-change-withdraw");
story!(SUBGRANT_WITHDRAW, "278-grant-subgrant-withdraw");
story!(TASKS, "320-tasks-read");

async fn acts(who: &Client) -> Vec<String> {
    let nodes = who.run(TASKS, json!({"first": 50})).await.data()["viewer"]["tasks"]["nodes"].clone();
    nodes.as_array().expect("tasks").iter().map(|task| text(&task["act"])).collect()
}

async fn asked(id: &str, who: &Client) -> String {
    let input = json!({"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。", "requestedYen": 50_000});
    text(&who.run(SUBGRANT_SUBMIT, json!({ "input": input })).await.data()["grantSubgrantSubmit"]["id"])
}

#[tokio::test]
async fn a_change_that_is_withdrawn_leaves_everything_as_it_was_decided() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(400_000).await;
    let before = s.balances().await;
    let change = s.change_to(&id, 300_000).await;
    assert!(acts(&s.approver).await.contains(&"grantChangeApprove".to_owned()));
    let colleague = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    let done = colleague.run(CHANGE_WITHDRAW, json!({"id": change})).await.data()["grantChangeWithdraw"].clone();
    assert_eq!((&done["state"], &done["withdrawnOn"]), (&json!("WITHDRAWN"), &json!("2026-05-20")));
    assert_eq!(done["application"]["decidedYen"], 400_000);
    assert_eq!(s.balances().await, before);
    assert!(!acts(&s.approver).await.contains(&"grantChangeApprove".to_owned()), "nothing is left to be decided");
    for who in [&s.officer, &colleague] {
        who.run(CHANGE_WITHDRAW, json!({"id": change})).await.expect_code("CONFLICT/STATE");
    }
    s.approver.run(CHANGE_APPROVE, because(&change)).await.expect_code("CONFLICT/STATE");
    s.approver.run(CHANGE_REFUSE, because(&change)).await.expect_code("CONFLICT/STATE");
    let recorded = s.staff.run(READ, json!({"id": id})).await.data()["grantApplication"]["acts"].clone();
    assert_eq!(recorded.as_array().expect("acts").last().expect("an act")["act"], "CHANGE_WITHDRAW");
    // What waited for the decision goes on, and another change may be asked for.
    let other = s.change_to(&id, 350_000).await;
    s.approver.run(CHANGE_REFUSE, because(&other)).await.data();
    s.officer.run(CHANGE_WITHDRAW, json!({"id": other})).await.expect_code("CONFLICT/STATE");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn z20_who_withdraws_a_change_is_of_the_applicants_side() {
    let s = Scene::with_terms(&quarters()).await;
    let organization = decode(&s.organization).expect("an id").1;
    let (account, both) = s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    let id = s.granted(400_000).await;
    let change = s.change_to(&id, 300_000).await;
    both.run(CHANGE_WITHDRAW, json!({"id": change})).await.data();
    s.town.dismiss(account).await;
    s.town.appoint(account, Role::Approver, ScopeKind::Municipality, None).await;
    let both = s.town.enter(account).await;
    let change = s.change_to(&id, 300_000).await;
    both.run(CHANGE_APPROVE, because(&change)).await.expect_code("FORBIDDEN/DUTIES_APART");
}

#[tokio::test]
async fn z3_nobody_else_withdraws_a_change() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(400_000).await;
    let change = s.change_to(&id, 300_000).await;
    let withdraw = json!({"id": change});
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &another(&s).await).await;
    let elsewhere = Town::beside(s.town.app.clone()).await.staff(Role::GrantStaff).await;
    for who in [&stranger, &elsewhere, &s.town.public()] {
        who.run(CHANGE_WITHDRAW, withdraw.clone()).await.expect_code("NOT_FOUND");
    }
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    for who in [&member, &s.staff, &s.approver] {
        who.run(CHANGE_WITHDRAW, withdraw.clone()).await.expect_code("FORBIDDEN");
    }
    assert_eq!(s.life(&id).await["changes"][0]["state"], "REQUESTED");
}

#[tokio::test]
async fn m4_of_a_decision_and_a_withdrawal_at_once_one_holds() {
    let s = Scene::with_terms(&quarters()).await;
    for _ in 0..5 {
        let id = s.granted(100_000).await;
        let change = s.change_to(&id, 60_000).await;
        let (a, b) = tokio::join!(
            insist(|| s.approver.run(CHANGE_APPROVE, because(&change))),
            insist(|| s.officer.run(CHANGE_WITHDRAW, json!({"id": change})))
        );
        let mut codes = [a.code(), b.code()];
        codes.sort();
        assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
        let left = s.life(&id).await;
        let (state, yen) = (&left["changes"][0]["state"], &left["decidedYen"]);
        assert!(
            [(json!("APPROVED"), json!(60_000)), (json!("WITHDRAWN"), json!(100_000))]
                .contains(&(state.clone(), yen.clone()))
        );
        s.is_sound().await;
    }
}

/// Whoever sent it takes it back; the officers, who decide on it, do not.
#[tokio::test]
async fn a_sub_application_is_withdrawn_by_whoever_submitted_it() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(100_000).await;
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let colleague = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let stranger = s.town.over(Role::OrgMember, ScopeKind::Organization, &another(&s).await).await;
    let elsewhere = Town::beside(s.town.app.clone()).await.staff(Role::GrantStaff).await;
    let first = asked(&id, &member).await;
    let withdraw = json!({"id": first});
    assert!(acts(&s.officer).await.contains(&"grantSubgrantAdopt".to_owned()));
    for who in [&colleague, &s.officer, &s.staff] {
        who.run(SUBGRANT_WITHDRAW, withdraw.clone()).await.expect_code("FORBIDDEN");
    }
    for who in [&stranger, &elsewhere, &s.town.public()] {
        who.run(SUBGRANT_WITHDRAW, withdraw.clone()).await.expect_code("NOT_FOUND");
    }
    let (a, b) = tokio::join!(
        insist(|| member.run(SUBGRANT_WITHDRAW, withdraw.clone())),
        insist(|| member.run(SUBGRANT_WITHDRAW, withdraw.clone()))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/STATE"], "pressed twice");
    assert!(!acts(&s.officer).await.contains(&"grantSubgrantAdopt".to_owned()));
    s.officer.run(SUBGRANT_ADOPT, opinion(&first, 1)).await.expect_code("CONFLICT/STATE");
    s.officer.run(SUBGRANT_REFUSE, because(&first)).await.expect_code("CONFLICT/STATE");
    let second = asked(&id, &member).await;
    s.officer.run(SUBGRANT_ADOPT, opinion(&second, 50_000)).await.data();
    member.run(SUBGRANT_WITHDRAW, json!({"id": second})).await.expect_code("CONFLICT/STATE");
    assert_eq!(s.life(&id).await["subgrantedYen"], 50_000);
    let mut app = inside(&s.town, "entaku_app").await;
    for (table, set) in [
        ("grant_subgrants", "state = 'SUBMITTED', withdrawn_on = NULL"),
        ("grant_subgrants", "withdrawn_on = NULL"),
        ("grant_subgrants", "state = 'ADOPTED', adopted_yen = 1, decided_on = '2026-05-20', decision_reason = 'x'"),
    ] {
        let update = format!("UPDATE {table} SET {set} WHERE id = '{}'", decode(&first).expect("an id").1);
        assert_eq!(attempt(&mut app, &update).await, Err("23514".into()), "{set}");
    }
    s.is_sound().await;
}
