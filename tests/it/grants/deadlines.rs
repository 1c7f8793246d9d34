//! Until when each step is due, as its task says it; and what is not done before its time.

use entaku::kernel::read::sql::Sql;

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::calendar::closed;
use crate::grants::life::{PAYMENT_REQUEST_OF, of, plan, quarters, report};
use crate::tasks::due;

story!(TERMS_SET, "260-grant-programme-terms-set");
story!(COMPLETION, "261-grant-completion-record");
story!(REPORT_SUBMIT, "262-grant-report-submit");
story!(REPORT_RETURN, "263-grant-report-return");
story!(REPORT_REVIEW, "264-grant-report-review");
story!(AMOUNT_FIX, "265-grant-amount-fix");
story!(CHANGE_REQUEST, "267-grant-change-request");
story!(CHANGE_APPROVE, "268-grant-change-approve");
story!(SUBGRANT_SUBMIT, "271-grant-subgrant-submit");

const DAYS: &str = "query($id: ID!) { grantApplication(id: $id) { decisionDue correctionDue withdrawalUntil requestFrom
    requestDue paymentDue reportDue fixingDue repaymentDue } }";

/// Quarters in their months, and a period for each step.
fn terms() -> Value {
    let mut terms = quarters();
    terms["instalments"]["times"] = json!([{"month": 4}, {"month": 7}, {"month": 10}, {"month": 1}]);
    terms["instalments"]["notBefore"] = json!(true);
    let days = |days: i32| json!({ "days": days });
    terms["conditions"] = json!({"deadlines": {"closedDays": "NEXT_OPEN_DAY", "decision": days(30), "correction": days(14),
        "payment": days(20), "change": days(14), "fixing": days(30), "subgrant": {"days": 10, "openDays": true}}});
    terms
}

async fn days(s: &Scene, id: &str) -> Value {
    s.staff.run(DAYS, json!({ "id": id })).await.data()["grantApplication"].clone()
}

fn back(id: &str, by: Option<&str>) -> Value {
    of(id, json!({"reason": "目的をもう少し具体的に。", "correctBy": by}))
}

#[tokio::test]
async fn an_application_is_decided_within_its_period_and_corrected_by_an_open_day() {
    let mut s = Scene::with_terms(&terms()).await;
    closed(&s.town, "2026-06-03").await.data();
    let id = s.draft().await;
    assert_eq!(due(&s.officer, "grantApplicationSubmit").await, ["2026-06-30"]);
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    assert_eq!(due(&s.staff, "grantApplicationReviewStart").await, ["2026-06-19"]);
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RETURN, back(&id, Some("2026-05-19"))).await.expect_code("INVALID_INPUT");
    s.staff.run(RETURN, back(&id, None)).await.data();
    assert_eq!(due(&s.officer, "grantApplicationSubmit").await, ["2026-06-04"], "the town hall is closed on the 3rd");
    // Ten days of correction are not part of the period; what is late may still be corrected.
    s.on("2026-05-30").await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    assert_eq!(due(&s.staff, "grantApplicationReviewStart").await, ["2026-06-29"]);
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RETURN, back(&id, Some("2026-05-31"))).await.data();
    assert_eq!(days(&s, &id).await["correctionDue"], "2026-05-31");
    // Emptied, it is somebody's task still.
    for emptied in [json!({"requestedYen": null}), json!({"purpose": null})] {
        s.officer.run(CHANGE, json!({"id": id, "input": emptied})).await.data();
        assert_eq!(due(&s.officer, "grantApplicationChange").await, ["2026-05-31"]);
        assert_eq!(due(&s.officer, "grantApplicationSubmit").await, Vec::<Value>::new());
        let whole = json!({"requestedYen": 1_200_000, "purpose": "週1回、居場所を開く。"});
        s.officer.run(CHANGE, json!({"id": id, "input": whole})).await.data();
        assert_eq!(due(&s.officer, "grantApplicationSubmit").await, ["2026-05-31"]);
    }
    s.on("2026-06-02").await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    assert_eq!(due(&s.staff, "grantApplicationRecommend").await, ["2026-07-02"]);
    s.staff.run(RECOMMEND, opinion(&id, 1_000_000)).await.data();
    assert_eq!(due(&s.approver, "grantApplicationDecide").await, ["2026-07-02"]);
    s.on("2026-06-05").await;
    s.approver.run(DECIDE, opinion(&id, 1_000_000)).await.data();
    assert_eq!(days(&s, &id).await["withdrawalUntil"], "2026-06-22", "the 20th is a Saturday");
}

#[tokio::test]
async fn m10_quarters_are_asked_for_and_paid_in_their_months() {
    let mut s = Scene::with_terms(&terms()).await;
    let id = s.granted(1_234_567).await;
    // April was over before the decision: it is no deadline.
    assert_eq!(due(&s.officer, "grantPaymentRequest").await, [Value::Null]);
    let two = of(&id, json!({"amountYen": 618_567}));
    s.officer.run(PAYMENT_REQUEST_OF, two).await.expect_code("CONFLICT/NOT_YET");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(due(&s.payer, "grantPaymentExecute").await, ["2026-06-09"]);
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    assert_eq!(due(&s.officer, "grantPaymentRequest").await, Vec::<Value>::new());
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/NOT_YET");
    let uuid = decode(&id).expect("an id").1;
    let early =
        format!("UPDATE grant_applications SET state = 'PAYMENT_REQUESTED', pending_yen = 308000 WHERE id = '{uuid}'");
    let failure = s.town.system().run(Sql::new(&early)).await.expect_err("the database keeps it as well");
    assert!(format!("{failure:?}").contains("RULE"), "{failure:?}");
    s.on("2026-07-01").await;
    s.town.system().run(Sql::new(&early)).await.expect("its time has come; nothing is committed");
    assert_eq!(due(&s.officer, "grantPaymentRequest").await, ["2026-07-31"]);
    s.on("2026-07-20").await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(due(&s.payer, "grantPaymentExecute").await, ["2026-07-31"], "in its month, not twenty days after");
    let order = of(&id, json!({"paidOn": "2026-07-20"}));
    s.payer.run(PAYMENT_EXECUTE, order).await.data();
    let seen = days(&s, &id).await;
    assert_eq!((&seen["requestFrom"], &seen["requestDue"]), (&json!("2026-10-01"), &json!("2026-10-31")));
    // Of a fixed amount the rest is paid at once.
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-07-20"}))).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 1_000_000)).await.data();
    let examined = of(&id, json!({"eligibleYen": 1_000_000, "reason": "領収書と合う。"}));
    s.staff.run(REPORT_REVIEW, examined).await.data();
    s.approver.run(AMOUNT_FIX, of(&id, json!({"reason": "審査の意見のとおり。"}))).await.data();
    assert_eq!(due(&s.officer, "grantPaymentRequest").await, [Value::Null]);
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    assert_eq!(due(&s.payer, "grantPaymentExecute").await, ["2026-08-09"]);
    s.is_sound().await;
}

/// What came back is asked for still, though the parts are others since.
#[tokio::test]
async fn m10_what_comes_back_after_a_change_waits_to_be_paid_again() {
    let s = Scene::with_terms(&terms()).await;
    let id = s.granted(1_234_567).await;
    s.pay(&id, None).await;
    let change = of(&id, json!({"reason": "規模の変更", "costs": plan(), "decidedYen": 1_240_000}));
    let asked = s.officer.run(CHANGE_REQUEST, change).await.data()["grantChangeRequest"]["changes"][0]["id"].clone();
    let input = of(&text(&asked), json!({"reason": "適当と認める。"}));
    s.approver.run(CHANGE_APPROVE, input).await.data();
    assert_eq!(s.returned_and_paid_again(&id).await, "PARTLY_PAID", "more than the new part of April");
    s.is_sound().await;
}

#[tokio::test]
async fn changes_reports_and_sub_applications_have_their_days() {
    let mut s = Scene::with_terms(&terms()).await;
    let id = s.granted(1_000_000).await;
    let change = of(&id, json!({"reason": "規模の変更", "costs": plan(), "decidedYen": 900_000}));
    let asked = s.officer.run(CHANGE_REQUEST, change).await.data()["grantChangeRequest"]["changes"][0]["id"].clone();
    assert_eq!(due(&s.approver, "grantChangeApprove").await, ["2026-06-03"]);
    let input = of(&text(&asked), json!({"reason": "適当と認める。"}));
    s.approver.run(CHANGE_APPROVE, input).await.data();
    let part = json!({"input": {"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。",
        "requestedYen": 50_000}});
    s.officer.run(SUBGRANT_SUBMIT, part).await.data();
    let other = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    assert_eq!(due(&other, "grantSubgrantAdopt").await, ["2026-06-03"], "ten open days");
    // The month after the 29th of November ends while the town hall is closed.
    s.on("2026-12-01").await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-11-29"}))).await.data();
    assert_eq!(due(&s.officer, "grantReportSubmit").await, ["2027-01-04"]);
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    assert_eq!(
        due(&s.staff, "grantReportReview").await,
        ["2026-12-31"],
        "the town hall's own period ends when it ends"
    );
    s.staff.run(REPORT_RETURN, back(&id, Some("2026-12-10"))).await.data();
    assert_eq!(due(&s.officer, "grantReportSubmit").await, ["2026-12-10"]);
    s.on("2026-12-08").await;
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    let examined = of(&id, json!({"eligibleYen": 900_000, "reason": "領収書と合う。"}));
    s.staff.run(REPORT_REVIEW, examined).await.data();
    assert_eq!(due(&s.approver, "grantAmountFix").await, ["2027-01-07"]);
    assert_eq!(days(&s, &id).await["correctionDue"], Value::Null);
}

#[tokio::test]
async fn terms_whose_times_or_periods_do_not_fit_are_refused() {
    let s = Scene::new().await;
    let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 1_000_000);
    input["input"]["title"] = json!("期限のある交付金");
    let id = text(&s.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    let bad = [
        ("/instalments/times", json!([{"month": 4}])),
        ("/instalments/times", json!([{"month": 4}, {"month": 7}, {"month": 1}, {"month": 10}])),
        ("/instalments/times/0", json!({"month": 13})),
        ("/instalments/times/0", json!({"month": 4, "fromDay": 20, "untilDay": 10})),
        ("/instalments/times", json!([])),
        ("/conditions/deadlines/decision/days", json!(0)),
        ("/conditions/deadlines/fixing/days", json!(367)),
    ];
    for (place, value) in bad {
        let mut terms = terms();
        *terms.pointer_mut(place).expect(place) = value;
        s.staff.run(TERMS_SET, of(&id, terms)).await.expect_code("INVALID_INPUT");
    }
    s.staff.run(TERMS_SET, of(&id, terms())).await.data();
}

/// What the organization takes to correct its report is no part of the town hall's period (行政手続法6条): it stops, and goes on
/// with what was left of it.
#[tokio::test]
async fn the_period_of_the_fixing_stops_while_a_report_is_corrected() {
    let mut s = Scene::with_terms(&terms()).await;
    let id = s.granted(1_000_000).await;
    s.on("2026-11-01").await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-11-01"}))).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    assert_eq!(days(&s, &id).await["fixingDue"], "2026-12-01");
    s.on("2026-11-21").await;
    s.staff.run(REPORT_RETURN, back(&id, None)).await.data();
    s.on("2026-12-03").await;
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    assert_eq!(days(&s, &id).await["fixingDue"], "2026-12-13", "ten days were left");
    // Returned at once, nothing of the period has gone.
    s.staff.run(REPORT_RETURN, back(&id, None)).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    assert_eq!(days(&s, &id).await["fixingDue"], "2026-12-13");
    let examined = of(&id, json!({"eligibleYen": 900_000, "reason": "領収書と合う。"}));
    s.staff.run(REPORT_REVIEW, examined).await.data();
    assert_eq!(due(&s.approver, "grantAmountFix").await, ["2026-12-13"]);
}
