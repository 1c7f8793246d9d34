//! Ways back: a return that was recorded by mistake, a payment that was asked for, an opinion that was given, a budget; and who
//! owes money is told until when.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::tasks::due;

story!(REQUEST_WITHDRAW, "294-grant-payment-request-withdraw");
story!(REPAYMENT_REPORT, "296-grant-repayment-report");
story!(BUDGET_CHANGE, "297-grant-programme-budget-change");
story!(YEAR_REOPEN, "293-ledger-year-reopen");
const NEWEST: &str = "query($id: ID!) { grantApplication(id: $id) { payments { id } } }";
const TOLD: &str = "{ viewer { notifications(first: 9) { nodes { kind } } } }";

impl Scene {
    /// The newest payment or return, undone as a mistake.
    async fn mistaken(&self, who: &Client, id: &str) -> Answer {
        let seen = self.staff.run(NEWEST, json!({"id": id})).await.data()["grantApplication"]["payments"].clone();
        let newest = text(&seen.as_array().expect("payments").last().expect("a payment")["id"]);
        who.run(REVERSE, undone(id, &newest)).await
    }

    /// Ordered back are 300,000 yen of a million.
    async fn owing(&self) -> String {
        let id = self.granted(1_000_000).await;
        self.pay(&id, Some(1_000_000)).await;
        self.fixed(&id, 700_000).await;
        id
    }
}

fn undone(id: &str, payment: &str) -> Value {
    of(id, json!({"paymentId": payment, "kind": "RECORDED_BY_MISTAKE", "reason": "別の団体の入金だった。"}))
}

#[tokio::test]
async fn m8_m14_a_return_that_was_none_is_undone_by_somebody_else_the_newest_first() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.owing().await;
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    s.payer.run(REPAYMENT, returned(&id, 200_000)).await.data();
    assert_eq!(s.state(&id).await, "REPAID");
    let seen = s.staff.run(NEWEST, json!({"id": id})).await.data()["grantApplication"]["payments"].clone();
    let nth = |n: usize| text(&seen[n]["id"]);
    s.payer.run(REVERSE, undone(&id, &nth(2))).await.expect_code("FORBIDDEN/DUTIES_APART");
    second.run(REVERSE, undone(&id, &nth(1))).await.expect_code("CONFLICT/NOT_NEWEST");
    second.run(REVERSE, undone(&id, &nth(0))).await.expect_code("CONFLICT/RETURN_ORDERED");
    let by_bank = of(
        &id,
        json!({"paymentId": nth(2), "kind": "RETURNED_BY_BANK", "returnedOn": "2026-05-20", "reason": "組戻し"}),
    );
    second.run(REVERSE, by_bank).await.expect_code("INVALID_INPUT");
    for (yen, n) in [(100_000, 2), (0, 1)] {
        let done = second.run(REVERSE, undone(&id, &nth(n))).await.data()["grantPaymentReverse"].clone();
        assert_eq!(
            (&done["state"], &done["payments"][n]["reversal"]["kind"]),
            (&json!("REPAYMENT_ORDERED"), &json!("GRANT_REPAYMENT_REVERSED"))
        );
        assert_eq!(s.life(&id).await["repaidYen"], yen);
        s.is_sound().await;
    }
    second.run(REVERSE, undone(&id, &nth(2))).await.expect_code("CONFLICT/RETURN_ORDERED");
    assert!(s.balances().await.contains(&"PAID=1000000".to_owned()));
    // It is recorded again where it truly comes.
    s.payer.run(REPAYMENT, returned(&id, 300_000)).await.data();
    assert_eq!(s.state(&id).await, "REPAID");
    s.is_sound().await;
}

/// What was revoked when all of it had come back is owed again where it had not come.
#[tokio::test]
async fn m8_m14_a_return_that_was_none_is_undone_after_the_revocation_too() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(400_000).await;
    s.pay(&id, Some(400_000)).await;
    s.fixed(&id, 0).await;
    s.payer.run(REPAYMENT, returned(&id, 400_000)).await.data();
    s.approver.run(REVOKE, because(&id)).await.data();
    assert_eq!(s.state(&id).await, "REVOKED");
    s.mistaken(&s.payer, &id).await.expect_code("FORBIDDEN/DUTIES_APART");
    let mut app = inside(&s.town, "entaku_app").await;
    let uuid = decode(&id).expect("an id").1;
    let forged = format!(
        "UPDATE grant_applications SET state = 'REPAYMENT_ORDERED', repaid_yen = 0, repayment_due = '2026-06-30'
            WHERE id = '{uuid}'"
    );
    assert_eq!(attempt(&mut app, &forged).await, Err("23514".into()), "no return is undone");
    s.mistaken(&second, &id).await.data();
    let seen = s.life(&id).await;
    assert_eq!((&seen["state"], &seen["repaidYen"]), (&json!("REPAYMENT_ORDERED"), &json!(0)));
    assert_eq!(seen["repaymentDue"], "2026-06-09");
    assert_eq!(due(&s.payer, "grantRepaymentRecord").await, ["2026-06-09"]);
    s.is_sound().await;
    // It is revoked still: what comes now settles it, and what was paid is no payment to be undone.
    s.approver.run(REVOKE, because(&id)).await.expect_code("CONFLICT/REVOKED");
    s.payer.run(REPAYMENT, returned(&id, 400_000)).await.data();
    assert_eq!(s.state(&id).await, "REPAID");
    s.is_sound().await;
    let unpaid = s.granted(100_000).await;
    s.approver.run(REVOKE, because(&unpaid)).await.data();
    let nothing = undone(&unpaid, &unpaid.replacen("gap", "gpy", 1));
    second.run(REVERSE, nothing).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn m9_a_return_is_undone_in_the_open_year_in_which_it_was_posted() {
    let mut s = Scene::with_terms(&quarters()).await;
    let id = s.owing().await;
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    s.at_the_closing().await;
    let year = text(&s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data()["ledgerYearClose"]["id"]);
    let second = s.town.staff(Role::Payer).await;
    s.mistaken(&second, &id).await.expect_code("CONFLICT/YEAR_CLOSED");
    // What came after the closing is income of a year that is open.
    s.payer.run(REPAYMENT, of(&id, json!({"amountYen": 50_000, "receivedOn": "2027-05-31"}))).await.data();
    s.mistaken(&second, &id).await.data();
    s.approver.run(YEAR_REOPEN, of(&year, json!({"reason": "返還の訂正"}))).await.data();
    s.is_sound().await;
}

/// The second wall: a return falls by the reverse of its journal alone, and a payment not through it.
#[tokio::test]
async fn m8_the_database_keeps_what_was_returned() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.owing().await;
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    for set in ["repaid_yen = 0", "repaid_yen = 0, repayment_reported_on = '2026-05-20'", "repaid_yen = 99999"] {
        let update = format!("UPDATE grant_applications SET {set} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &update).await, Err("23514".into()), "{set}");
    }
}

#[tokio::test]
async fn m14_what_was_asked_for_is_taken_back_before_it_is_paid() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.staff.run(REQUEST_WITHDRAW, json!({"id": id})).await.expect_code("FORBIDDEN");
    s.officer.run(REQUEST_RETURN, because(&id)).await.expect_code("FORBIDDEN");
    let done = s.officer.run(REQUEST_WITHDRAW, json!({"id": id})).await.data()["grantPaymentRequestWithdraw"].clone();
    assert_eq!((&done["state"], &done["pendingYen"]), (&json!("DECIDED"), &Value::Null));
    s.officer.run(REQUEST_WITHDRAW, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/STATE");
    assert!(s.payer.run(TOLD, json!({})).await.text.contains("GRANT_PAYMENT_REQUEST_WITHDRAWN"));
    assert_eq!(s.pay(&id, None).await, "PARTLY_PAID");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.payer.run(REQUEST_RETURN, of(&id, json!({"reason": " "}))).await.expect_code("INVALID_INPUT");
    let done = s.payer.run(REQUEST_RETURN, because(&id)).await.data()["grantPaymentRequestReturn"].clone();
    assert_eq!((&done["state"], &done["pendingYen"]), (&json!("PARTLY_PAID"), &Value::Null));
    assert!(s.officer.run(TOLD, json!({})).await.text.contains("GRANT_PAYMENT_REQUEST_RETURNED"));
    let silent = "INSERT INTO grant_acts (id, application_id, organization_id, district_id, act, actor_id)
        SELECT gen_random_uuid(), application_id, organization_id, district_id, act, actor_id FROM grant_acts
        WHERE act = 'PAYMENT_REQUEST_RETURN'";
    let mut app = inside(&s.town, "entaku_app").await;
    assert_eq!(attempt(&mut app, silent).await, Err("23514".into()), "without a reason");
    assert_eq!(due(&s.officer, "grantPaymentRequest").await.len(), 1, "it is to be asked for again");
    s.fixed(&id, 900_000).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.staff.run(REQUEST_RETURN, because(&id)).await.data();
    assert_eq!(s.state(&id).await, "AMOUNT_FIXED");
    assert_eq!(s.pay(&id, None).await, "SETTLED");
    s.is_sound().await;
}

#[tokio::test]
async fn m10_instalments_bind_where_the_terms_let_nothing_else_be_asked_for() {
    let mut terms = quarters();
    terms["instalments"]["lumpSum"] = json!(false);
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_234_567).await;
    for yen in [1_234_567, 310_566, 310_568, 618_567, 1] {
        let other = of(&id, json!({ "amountYen": yen }));
        s.officer.run(PAYMENT_REQUEST_OF, other).await.expect_code("CONFLICT/INSTALMENT_DIFFERS");
    }
    assert_eq!(s.pay(&id, Some(310_567)).await, "PARTLY_PAID");
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    for yen in [924_000, 307_999, 616_000] {
        let ask = format!(
            "UPDATE grant_applications SET state = 'PAYMENT_REQUESTED', pending_yen = {yen} WHERE id = '{uuid}'"
        );
        assert_eq!(attempt(&mut app, &ask).await, Err("23514".into()), "{yen}");
    }
    // Nor is more of it asked for afterwards.
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for yen in [924_000, 307_999, 616_000] {
        let more = format!("UPDATE grant_applications SET pending_yen = {yen} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &more).await, Err("23514".into()), "{yen}");
    }
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    for state in ["PARTLY_PAID", "PAID"] {
        assert_eq!(s.pay(&id, None).await, state);
    }
    s.is_sound().await;
    // A by-law that says nothing of parts is paid in one sum.
    let s = Scene::new().await;
    let id = s.granted(400_000).await;
    let part = of(&id, json!({"amountYen": 100_000}));
    s.officer.run(PAYMENT_REQUEST_OF, part).await.expect_code("CONFLICT/INSTALMENT_DIFFERS");
    assert_eq!(s.pay(&id, Some(400_000)).await, "PAID");
}

#[tokio::test]
async fn m8_a_budget_changes_with_the_ledger_and_covers_what_is_allocated() {
    let mut s = Scene::new().await;
    let change = |yen: i64| of(&s.programme, json!({"budgetYen": yen, "reason": "6月補正予算(第2号)"}));
    let (more, less, enough) = (change(12_000_000), change(1_499_999), change(1_500_000));
    s.staff.run(BUDGET_CHANGE, more.clone()).await.expect_code("FORBIDDEN");
    s.officer.run(BUDGET_CHANGE, more.clone()).await.expect_code("FORBIDDEN");
    s.approver.run(BUDGET_CHANGE, change(10_000_000)).await.expect_code("CONFLICT/UNCHANGED");
    s.approver.run(BUDGET_CHANGE, change(0)).await.expect_code("INVALID_INPUT");
    let done = s.approver.run(BUDGET_CHANGE, more.clone()).await.data()["grantProgrammeBudgetChange"].clone();
    assert_eq!(done["budgetYen"], 12_000_000);
    assert!(s.balances().await.contains(&"BUDGET=10500000".to_owned()));
    let journals = s.staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.text;
    assert!(journals.contains("GRANT_BUDGET_CHANGED"), "{journals}");
    s.is_sound().await;
    s.approver.run(BUDGET_CHANGE, less).await.expect_code("CONFLICT/BUDGET_ALLOCATED");
    s.approver.run(BUDGET_CHANGE, enough).await.data();
    let (_, other) = organization(&s.staff, "若葉の会").await;
    allocate(&s.staff, &s.programme, &other, 1).await.expect_code("CONFLICT/BUDGET_EXCEEDED");
    s.is_sound().await;
    let uuid = decode(&s.programme).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    let alone = format!("UPDATE grant_programmes SET budget_yen = budget_yen + 1 WHERE id = '{uuid}'");
    assert_eq!(attempt(&mut app, &alone).await, Err("23514".into()));
    s.at_the_closing().await;
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data();
    s.approver.run(BUDGET_CHANGE, more).await.expect_code("CONFLICT/YEAR_CLOSED");
}

#[tokio::test]
async fn whoever_owes_has_a_task_until_they_tell_that_they_have_returned_it() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.owing().await;
    let act = "grantRepaymentReport";
    let sent = |yen: i64, on: &str| of(&id, json!({"amountYen": yen, "sentOn": on}));
    assert_eq!(due(&s.officer, act).await, [json!("2026-06-09")]);
    assert!(due(&s.payer, act).await.is_empty());
    s.payer.run(REPAYMENT_REPORT, sent(1, "2026-05-20")).await.expect_code("FORBIDDEN");
    s.officer.run(REPAYMENT_REPORT, sent(0, "2026-05-20")).await.expect_code("INVALID_INPUT");
    s.officer.run(REPAYMENT_REPORT, sent(1, "2026-05-21")).await.expect_code("INVALID_INPUT");
    s.officer.run(REPAYMENT_REPORT, sent(1, "2026-05-19")).await.expect_code("INVALID_INPUT");
    let mut app = inside(&s.town, "entaku_app").await;
    for day in ["2026-05-19", "2999-01-01"] {
        let tell = format!("UPDATE grant_applications SET repayment_reported_on = '{day}' WHERE ordered_yen > 0");
        assert_eq!(attempt(&mut app, &tell).await, Err("23514".into()), "{day}");
    }
    s.officer.run(REPAYMENT_REPORT, sent(300_001, "2026-05-20")).await.expect_code("CONFLICT/REPAYMENT_EXCEEDED");
    let told = s.officer.run(REPAYMENT_REPORT, sent(300_000, "2026-05-20")).await.data()[act].clone();
    assert_eq!((&told["repaidYen"], &told["repaymentReportedOn"]), (&json!(0), &json!("2026-05-20")));
    assert!(due(&s.officer, act).await.is_empty());
    assert_eq!(due(&s.payer, "grantRepaymentRecord").await.len(), 1, "nothing has come yet");
    assert!(s.payer.run(TOLD, json!({})).await.text.contains("GRANT_REPAYMENT_REPORTED"));
    // A part of it came: the rest is owed still.
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    assert_eq!(due(&s.officer, act).await.len(), 1);
    s.payer.run(REPAYMENT, returned(&id, 200_000)).await.data();
    assert!(due(&s.officer, act).await.is_empty());
    s.mistaken(&s.town.staff(Role::Payer).await, &id).await.data();
    assert_eq!(due(&s.officer, act).await.len(), 1, "what came was another's");
    s.is_sound().await;
}

#[tokio::test]
async fn an_opinion_is_taken_back_when_what_it_is_about_is_returned() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.reviewed().await;
    s.staff.run(RETURN, because(&id)).await.data();
    let seen = s.staff.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
    assert_eq!((&seen["state"], &seen["recommendedYen"]), (&json!("RETURNED"), &Value::Null));
    s.officer.run(CHANGE, of(&id, json!({"requestedYen": 500_000}))).await.data();
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.approver.run(DECIDE, opinion(&id, 500_000)).await.expect_code("CONFLICT/STATE");
    s.staff.run(RECOMMEND, opinion(&id, 500_000)).await.data();
    s.approver.run(DECIDE, opinion(&id, 500_000)).await.data();
    s.pay(&id, Some(500_000)).await;
    s.examined(&id, 500_000).await;
    let back = s.staff.run(REPORT_RETURN, because(&id)).await.data()["grantReportReturn"].clone();
    assert_eq!((&back["state"], &s.life(&id).await["eligibleYen"]), (&json!("PAID"), &Value::Null));
    s.approver.run(AMOUNT_FIX, because(&id)).await.expect_code("CONFLICT/STATE");
    s.officer.run(REPORT_SUBMIT, report(&id, 450_000)).await.data();
    let less = of(&id, json!({"eligibleYen": 450_000, "reason": "領収書と合う。"}));
    s.staff.run(REPORT_REVIEW, less).await.data();
    let fixed = s.approver.run(AMOUNT_FIX, because(&id)).await.data()["grantAmountFix"].clone();
    assert_eq!((&fixed["fixedYen"], &fixed["orderedYen"]), (&json!(450_000), &json!(50_000)));
    s.is_sound().await;
}
