//! What is reported, until when, and what is fixed by it.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn a_report_has_a_day_until_which_it_is_due_and_is_examined_by_somebody_else() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    assert_eq!(s.life(&id).await["reportDue"], "2027-03-31");
    s.officer.run(REPORT_SUBMIT, report(&id, 1)).await.expect_code("CONFLICT/INCOMPLETE");
    for day in ["2026-05-21", "2026-03-31"] {
        s.officer.run(COMPLETION, of(&id, json!({ "completedOn": day }))).await.expect_code("INVALID_INPUT");
    }
    let done = s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    assert_eq!(done["grantCompletionRecord"]["reportDue"], "2026-06-10");
    assert_eq!(s.life(&id).await["reportOverdue"], false);
    let later = of(&id, json!({"completedOn": "2026-05-11"}));
    s.officer.run(COMPLETION, later.clone()).await.expect_code("INVALID_INPUT");
    let twice = json!([{"category": "FEES", "amountYen": 5, "eligibleYen": 6}, {"category": "FEES", "amountYen": 1, "eligibleYen": 1}]);
    let bad = of(&id, json!({"summary": "", "costs": twice}));
    let refused = s.officer.run(REPORT_SUBMIT, bad).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 3);
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    s.staff.run(REPORT_RETURN, because(&id)).await.data();
    assert_eq!(s.state(&id).await, "PAID");
    s.officer.run(COMPLETION, later).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 800_000)).await.data();
    let more = of(&id, json!({"eligibleYen": 800_001, "reason": "理由"}));
    s.staff.run(REPORT_REVIEW, more).await.expect_code("INVALID_INPUT");
    s.approver.run(AMOUNT_FIX, because(&id)).await.expect_code("CONFLICT/STATE");
    s.officer.run(REPORT_REVIEW, of(&id, json!({"eligibleYen": 1, "reason": "理由"}))).await.expect_code("FORBIDDEN");
    s.staff.run(REPORT_REVIEW, of(&id, json!({"eligibleYen": 800_000, "reason": "理由"}))).await.data();
    s.staff.run(AMOUNT_FIX, because(&id)).await.expect_code("FORBIDDEN");
    let numbers: Vec<_> =
        s.life(&id).await["reports"].as_array().expect("reports").iter().map(|r| r["actualYen"].clone()).collect();
    assert_eq!(numbers, [900_000, 800_000], "what was returned stays in the record");
}

#[tokio::test]
async fn a_report_that_does_not_come_is_overdue() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000).await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    s.town.app.clock.advance(Duration::days(21));
    let staff = s.town.staff(Role::GrantStaff).await;
    let read = async || staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"]["reportOverdue"].clone();
    assert_eq!(read().await, false, "on the last day");
    s.town.app.clock.advance(Duration::days(1));
    let staff = s.town.staff(Role::GrantStaff).await;
    let seen = staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"].clone();
    assert_eq!((&seen["reportDue"], &seen["reportOverdue"]), (&json!("2026-06-10"), &json!(true)));
}

#[tokio::test]
async fn what_was_not_advanced_is_paid_when_the_amount_is_fixed() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    let fixed = s.fixed(&id, 900_000).await;
    assert_eq!((&fixed["state"], &fixed["fixedYen"]), (&json!("AMOUNT_FIXED"), &json!(900_000)));
    // What will not be paid is the allocation's again.
    assert!(s.balances().await.contains(&"COMMITTED=500000".into()), "{:?}", s.balances().await);
    s.is_sound().await;
    assert_eq!(s.pay(&id, None).await, "SETTLED");
    let seen = s.life(&id).await;
    let kinds: Vec<_> = seen["payments"].as_array().expect("payments").iter().map(|p| text(&p["kind"])).collect();
    assert_eq!(kinds, ["ADVANCE", "SETTLEMENT"]);
    assert_eq!(seen["paidYen"], 900_000);
    s.is_sound().await;
}

#[tokio::test]
async fn nothing_advanced_is_settled_after_the_report_alone() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    assert_eq!(s.fixed(&id, 2_000_000).await["fixedYen"], 1_000_000, "never more than was decided");
    assert_eq!(s.pay(&id, None).await, "SETTLED");
    s.is_sound().await;
}

#[tokio::test]
async fn what_is_fixed_and_waits_for_its_payment_has_been_reported() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.fixed(&id, 900_000).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let ask = json!({"input": {"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。", "requestedYen": 1}});
    s.officer.run(SUBGRANT_SUBMIT, ask).await.expect_code("CONFLICT/STATE");
    s.town.app.clock.advance(Duration::days(60));
    let staff = s.town.staff(Role::GrantStaff).await;
    let seen = staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"].clone();
    assert_eq!((&seen["state"], &seen["reportOverdue"]), (&json!("PAYMENT_REQUESTED"), &json!(false)));
    let due = include_str!("../../../../docs/reports/grant-reports-due.graphql");
    assert_eq!(staff.run(due, json!({})).await.data()["grantApplications"]["totalCount"], 0);
}
