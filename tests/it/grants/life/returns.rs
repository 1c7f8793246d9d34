//! What is paid back: after the report, and when a decision is revoked.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn m8_repayments_come_in_parts_and_never_exceed_what_was_ordered() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let fixed = s.fixed(&id, 700_000).await;
    assert_eq!((&fixed["state"], &fixed["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(300_000)));
    assert_eq!(fixed["repaymentDue"], "2026-06-09");
    s.approver.run(REPAYMENT, returned(&id, 1)).await.expect_code("FORBIDDEN");
    s.payer.run(REPAYMENT, returned(&id, 0)).await.expect_code("INVALID_INPUT");
    s.payer.run(REPAYMENT, returned(&id, 300_001)).await.expect_code("CONFLICT/REPAYMENT_EXCEEDED");
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    assert_eq!(s.state(&id).await, "REPAYMENT_ORDERED");
    let second = s.town.staff(Role::Payer).await;
    let (a, b) = tokio::join!(
        insist(|| s.payer.run(REPAYMENT, returned(&id, 150_000))),
        insist(|| second.run(REPAYMENT, returned(&id, 150_000)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/REPAYMENT_EXCEEDED"]);
    s.payer.run(REPAYMENT, returned(&id, 50_000)).await.data();
    s.payer.run(REPAYMENT, returned(&id, 1)).await.expect_code("CONFLICT/STATE");
    let seen = s.life(&id).await;
    assert_eq!((&seen["state"], &seen["repaidYen"]), (&json!("REPAID"), &json!(300_000)));
    let balances = s.balances().await;
    assert!(balances.contains(&"RETURNED=300000".into()) && balances.contains(&"PAID=700000".into()), "{balances:?}");
    s.is_sound().await;
}

#[tokio::test]
async fn m9_what_comes_back_after_the_closing_is_income_of_its_year() {
    let mut s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.fixed(&id, 700_000).await;
    s.at_the_closing().await;
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data();
    let before = s.staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    let return_of = async |payer: &Client, yen: i64| {
        let late = of(&id, json!({"amountYen": yen, "receivedOn": "2027-05-31"}));
        let done = payer.run(REPAYMENT, late).await.data()["grantRepaymentRecord"].clone();
        let journal = done["payments"].as_array().expect("payments").last().expect("a return")["journal"].clone();
        assert_eq!(journal["kind"], "GRANT_REPAID");
        (text(&done["state"]), journal["fiscalYear"].clone())
    };
    assert_eq!(return_of(&s.payer, 100_000).await, ("REPAYMENT_ORDERED".to_owned(), json!(2027)));
    // Recorded a year later, it is of the year in which it came; where that is closed too, of the year of the record.
    s.town.app.clock.advance(Duration::days(366));
    s.payer = s.town.staff(Role::Payer).await;
    assert_eq!(return_of(&s.payer, 100_000).await, ("REPAYMENT_ORDERED".to_owned(), json!(2027)));
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2027})).await.data();
    assert_eq!(return_of(&s.payer, 100_000).await, ("REPAID".to_owned(), json!(2028)));
    s.staff = s.town.staff(Role::GrantStaff).await;
    assert_eq!(s.staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data(), before, "the closed year stays");
    s.is_sound().await;
}

#[tokio::test]
async fn a_revoked_decision_is_undone_whatever_was_paid() {
    let s = Scene::with_terms(&quarters()).await;
    let unpaid = s.granted(300_000).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": unpaid})).await.data();
    s.staff.run(REVOKE, because(&unpaid)).await.expect_code("FORBIDDEN");
    s.approver.run(REVOKE, of(&unpaid, json!({"reason": " "}))).await.expect_code("INVALID_INPUT");
    let done = s.approver.run(REVOKE, because(&unpaid)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&done["state"], &done["orderedYen"]), (&json!("REVOKED"), &json!(0)));
    s.approver.run(REVOKE, because(&unpaid)).await.expect_code("CONFLICT/STATE");
    s.payer.run(PAYMENT_EXECUTE, paid(&unpaid)).await.expect_code("CONFLICT/STATE");
    s.is_sound().await;
    let partly = s.granted(400_000).await;
    s.pay(&partly, Some(150_000)).await;
    let done = s.approver.run(REVOKE, because(&partly)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&done["state"], &done["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(150_000)));
    s.approver.run(REVOKE, because(&partly)).await.expect_code("CONFLICT/REVOKED");
    s.payer.run(REPAYMENT, returned(&partly, 150_000)).await.data();
    s.is_sound().await;
    // What was settled is revoked, too; what has come back already is not asked for again.
    let settled = s.granted(500_000).await;
    s.pay(&settled, Some(500_000)).await;
    s.fixed(&settled, 400_000).await;
    s.payer.run(REPAYMENT, returned(&settled, 100_000)).await.data();
    let done = s.approver.run(REVOKE, because(&settled)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&done["state"], &done["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(500_000)));
    s.payer.run(REPAYMENT, returned(&settled, 400_001)).await.expect_code("CONFLICT/REPAYMENT_EXCEEDED");
    s.payer.run(REPAYMENT, returned(&settled, 400_000)).await.data();
    assert_eq!(s.state(&settled).await, "REPAID");
    s.is_sound().await;
}

/// What is in goes on when its programme has ended; nothing new comes in.
#[tokio::test]
async fn m9_what_is_in_goes_on_when_its_programme_has_ended() {
    let s = Scene::with_terms(&quarters()).await;
    let granted = s.granted(400_000).await;
    let sent_back = s.draft_of(&s.officer, 100_000).await;
    s.officer.run(SUBMIT, json!({"id": sent_back})).await.data();
    s.staff.run(REVIEW_START, json!({"id": sent_back})).await.data();
    s.staff.run(RETURN, because(&sent_back)).await.data();
    let draft = s.draft_of(&s.officer, 100_000).await;
    s.staff.run(PROGRAMME_CLOSE, json!({"id": s.programme})).await.data();
    s.officer.run(SUBMIT, json!({"id": draft})).await.expect_code("CONFLICT/PROGRAMME_CLOSED");
    s.officer.run(SUBMIT, json!({"id": sent_back})).await.data();
    assert_eq!(s.pay(&granted, Some(400_000)).await, "PAID");
    assert_eq!(s.returned_and_paid_again(&granted).await, "PAID");
    assert_eq!(s.fixed(&granted, 300_000).await["orderedYen"], 100_000);
    s.payer.run(REPAYMENT, of(&granted, json!({"amountYen": 100_000, "receivedOn": "2026-05-20"}))).await.data();
    s.is_sound().await;
}
