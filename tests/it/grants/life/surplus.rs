//! What is left over, and the years after.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn a_surplus_is_carried_over_or_reserved_within_its_limit() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("CARRY_OVER");
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let fixed = s.fixed(&id, 700_000).await;
    assert_eq!((&fixed["state"], &fixed["keptYen"]), (&json!("SETTLED"), &json!(300_000)));
    terms["surplusRule"] = json!("RESERVE");
    terms["conditions"] = json!({"reserve": {"most": 200_000, "consultation": true}});
    let s = Scene::with_terms(&terms).await;
    let fix = |id: &str, keep: i64, consulted: bool| {
        of(id, json!({"reason": "審査の意見のとおり。", "keepYen": keep, "consulted": consulted}))
    };
    let id = s.granted(700_000).await;
    s.pay(&id, Some(700_000)).await;
    s.examined(&id, 400_000).await;
    s.approver.run(AMOUNT_FIX, fix(&id, 200_001, true)).await.expect_code("CONFLICT/RESERVE_EXCEEDED");
    s.approver.run(AMOUNT_FIX, fix(&id, 1, false)).await.expect_code("CONFLICT/CONSULTATION_MISSING");
    let fixed = s.approver.run(AMOUNT_FIX, fix(&id, 150_000, true)).await.data()["grantAmountFix"].clone();
    assert_eq!((&fixed["keptYen"], &fixed["orderedYen"]), (&json!(150_000), &json!(150_000)));
    // The limit is the year's, not each application's.
    let id = s.granted(700_000).await;
    s.pay(&id, Some(700_000)).await;
    s.examined(&id, 400_000).await;
    s.approver.run(AMOUNT_FIX, fix(&id, 50_001, true)).await.expect_code("CONFLICT/RESERVE_EXCEEDED");
    s.approver.run(AMOUNT_FIX, fix(&id, 50_000, true)).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn what_was_too_much_lowers_the_next_years_grant() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("OFFSET_NEXT_YEAR");
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let fixed = s.fixed(&id, 940_000).await;
    assert_eq!((&fixed["state"], &fixed["offsetYen"]), (&json!("SETTLED"), &json!(60_000)));
    let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
    input["input"]["fiscalYear"] = json!(2027);
    let next = text(&s.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    terms["previousProgrammeId"] = json!(next);
    s.staff.run(TERMS_SET, of(&next, terms.clone())).await.expect_code("INVALID_INPUT");
    terms["previousProgrammeId"] = json!(s.programme);
    s.staff.run(TERMS_SET, of(&next, terms)).await.data();
    let read = "query($id: ID!) { grantProgramme(id: $id) { allocations { nodes { amountYen offsetYen payableYen
        offsets { amountYen application { id } } } } } }";
    let seen = async || {
        let data = s.town.public().run(read, json!({"id": next})).await.data();
        data["grantProgramme"]["allocations"]["nodes"][0].clone()
    };
    // As far as the allocation goes, and the rest when it grows.
    allocate(&s.staff, &next, &s.organization, 50_000).await.data();
    assert_eq!(s.life(&id).await["offsetDoneYen"], 0, "a draft may be given up");
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    assert_eq!((seen().await["offsetYen"].clone(), seen().await["payableYen"].clone()), (json!(50_000), json!(0)));
    allocate(&s.staff, &next, &s.organization, 1_500_000).await.data();
    let now = seen().await;
    assert_eq!((&now["offsetYen"], &now["payableYen"]), (&json!(60_000), &json!(1_440_000)));
    let from: Vec<_> =
        now["offsets"].as_array().expect("offsets").iter().map(|o| text(&o["application"]["id"])).collect();
    assert_eq!(from, [id.clone(), id.clone()]);
    assert_eq!(s.life(&id).await["offsetDoneYen"], 60_000);
    let s = Scene { programme: next.clone(), ..s };
    let more = s.draft_of(&s.officer, 1_440_000).await;
    s.officer
        .run(CHANGE, of(&more, json!({"requestedYen": 1_440_001})))
        .await
        .expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.is_sound().await;
    // What was deducted has come back by that; revoking asks for the rest alone.
    let done = s.approver.run(REVOKE, because(&id)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!(done["orderedYen"], 940_000);
    s.is_sound().await;
}

#[tokio::test]
async fn m8_a_surplus_is_deducted_whenever_the_predecessor_is_named_and_the_rest_a_year_later() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.fixed(&id, 940_000).await;
    let next = s.successor(2027, &s.programme, 50_000).await;
    assert_eq!(s.deducted(&next).await, 0, "a draft may be given up");
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    assert_eq!(s.deducted(&next).await, 50_000);
    let refused = allocate(&s.staff, &next, &s.organization, 49_999).await;
    let refused = refused.expect_code("CONFLICT/OFFSET_TAKEN");
    assert!(
        refused.body["errors"][0]["message"].as_str().is_some_and(|told| told.contains("青葉の会")),
        "{}",
        refused.body
    );
    let last = s.successor(2028, &next, 100_000).await;
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": last})).await.data();
    assert_eq!(s.deducted(&last).await, 10_000);
    assert_eq!(s.life(&id).await["offsetDoneYen"], 60_000);
    s.is_sound().await;
}

#[tokio::test]
async fn m8_a_surplus_is_not_paid_out_of_what_nobody_can_have_any_more() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let next = s.successor(2027, &s.programme, 100_000).await;
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    s.town.app.clock.advance(Duration::days(42));
    s.staff = s.town.staff(Role::GrantStaff).await;
    s.approver = s.town.staff(Role::Approver).await;
    s.officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    assert_eq!(s.fixed(&id, 940_000).await["offsetYen"], 60_000);
    assert_eq!(s.deducted(&next).await, 0, "applications for it have closed");
    let last = s.successor(2028, &next, 100_000).await;
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": last})).await.data();
    assert_eq!(s.deducted(&last).await, 60_000);
    s.is_sound().await;
}
