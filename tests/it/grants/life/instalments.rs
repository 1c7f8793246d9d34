//! What is paid in parts.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn m10_murakami_is_paid_in_quarters_that_sum_to_the_yen() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_234_567).await;
    assert_eq!(s.life(&id).await["instalments"], json!([310_567, 308_000, 308_000, 308_000]));
    for (n, state) in ["PARTLY_PAID", "PARTLY_PAID", "PARTLY_PAID", "PAID"].into_iter().enumerate() {
        assert_eq!(s.pay(&id, None).await, state, "quarter {n}");
    }
    let seen = s.life(&id).await;
    let yen: Vec<_> = seen["payments"].as_array().expect("payments").iter().map(|p| p["amountYen"].clone()).collect();
    assert_eq!(yen, [310_567, 308_000, 308_000, 308_000]);
    assert_eq!(seen["paidYen"], 1_234_567);
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    s.is_sound().await;
}

#[tokio::test]
async fn a_grant_in_parts_may_be_paid_in_one_sum_and_never_beyond_it() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    for yen in [0, -1] {
        let bad = of(&id, json!({ "amountYen": yen }));
        s.officer.run(PAYMENT_REQUEST_OF, bad).await.expect_code("INVALID_INPUT");
    }
    let more = of(&id, json!({"amountYen": 1_000_001}));
    s.officer.run(PAYMENT_REQUEST_OF, more).await.expect_code("CONFLICT/PAYMENT_EXCEEDED");
    assert_eq!(s.pay(&id, Some(400_000)).await, "PARTLY_PAID");
    let more = of(&id, json!({"amountYen": 600_001}));
    s.officer.run(PAYMENT_REQUEST_OF, more).await.expect_code("CONFLICT/PAYMENT_EXCEEDED");
    assert_eq!(s.pay(&id, Some(600_000)).await, "PAID");
    s.is_sound().await;
}

#[tokio::test]
async fn m5_m13_two_payers_of_one_instalment_pay_it_once() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_234_567).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let second = s.town.staff(Role::Payer).await;
    let (a, b) = tokio::join!(
        insist(|| s.payer.run(PAYMENT_EXECUTE, paid(&id))),
        insist(|| second.run(PAYMENT_EXECUTE, paid(&id)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
    assert_eq!(s.life(&id).await["paidYen"], 310_567);
}

#[tokio::test]
async fn z20_who_asked_for_an_instalment_or_examined_the_report_does_not_pay() {
    let s = Scene::with_terms(&quarters()).await;
    let organization = decode(&s.organization).expect("an id").1;
    let (account, both) = s.town.person(Role::OrgAccountant, ScopeKind::Organization, Some(organization)).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    let id = s.granted(400_000).await;
    both.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    // Who told of the completion is of the applicant's side, too.
    let id = s.granted(400_000).await;
    both.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 300_000)).await.data();
    let (account, clerk) = s.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    clerk.run(REPORT_REVIEW, of(&id, json!({"eligibleYen": 300_000, "reason": "理由"}))).await.data();
    s.approver.run(AMOUNT_FIX, because(&id)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for payer in [&clerk, &both] {
        payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    }
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
}

#[tokio::test]
async fn terms_are_laid_down_before_the_programme_is_public() {
    let s = Scene::with_terms(&quarters()).await;
    s.staff.run(TERMS_SET, of(&s.programme, quarters())).await.expect_code("CONFLICT/STATE");
    let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 1);
    input["input"]["title"] = json!("準備中の交付金");
    let id = text(&s.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    let bad = json!({"instalments": {"count": 0, "unit": 0, "rest": "LAST"}, "surplusRule": "RETURN", "repaymentDays": 0,
        "conditions": {"report": {"months": 99, "elapsed": "THIRTY_DAYS", "withinFiscalYear": true},
            "reserve": {"most": -1, "consultation": false}}});
    let refused = s.staff.run(TERMS_SET, of(&id, bad)).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 5);
    // The bounds are those of a by-law.
    let beyond = json!({"surplusRule": "RETURN", "repaymentDays": 20, "conditions": {"minorChange": {"percent": "-1"},
        "retention": {"years": i32::MAX, "by": "FISCAL"}, "deadlines": {"fixing": {"days": 400}}}});
    let refused = s.staff.run(TERMS_SET, of(&id, beyond)).await.expect_code("INVALID_INPUT");
    let fields = refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").clone();
    let paths: Vec<_> = fields.iter().map(|field| text(&field["path"])).collect();
    let expected = ["minorChange.percent", "deadlines.fixing.days", "retention.years"];
    assert_eq!(paths, expected.map(|path| format!("input.conditions.{path}")));
    s.officer.run(TERMS_SET, of(&id, quarters())).await.expect_code("NOT_FOUND");
}
