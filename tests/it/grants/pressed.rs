//! Pressed twice, all at once or out of turn: money moves once, and for whom it is.

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

#[tokio::test]
async fn m4_twenty_parallel_allocations_never_exceed_the_budget() {
    let s = Scene::new().await;
    let mut organizations = Vec::new();
    for n in 0..20 {
        organizations.push(organization(&s.staff, &format!("会{n:02}")).await.1);
    }
    let set = |id: &String| {
        let (staff, programme, id) = (s.staff.clone(), s.programme.clone(), id.clone());
        async move { insist(|| allocate(&staff, &programme, &id, 1_000_000)).await }
    };
    let answers = futures_util::future::join_all(organizations.iter().map(set)).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.body.get("errors").is_none());
    assert_eq!((done.len(), refused.len()), (8, 12), "8,500,000 yen were left");
    for answer in refused {
        answer.expect_code("CONFLICT/BUDGET_EXCEEDED");
    }
    let query =
        "query($id: ID!) { grantProgramme(id: $id) { allocations { totalCount } ledgerAccounts { balanceYen } } }";
    let seen = s.staff.run(query, json!({"id": s.programme})).await.data()["grantProgramme"].clone();
    assert_eq!(seen, json!({"allocations": {"totalCount": 9}, "ledgerAccounts": [{"balanceYen": 500_000}]}));
}

#[tokio::test]
async fn m5_m13_a_hundred_parallel_presses_pay_once() {
    let s = Scene::new().await;
    let id = s.payable().await;
    let press = || insist(|| s.payer.run(PAYMENT_EXECUTE, paid(&id)));
    let answers = futures_util::future::join_all((0..100).map(|_| press())).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.body.get("errors").is_none());
    assert_eq!((done.len(), refused.len()), (1, 99));
    for answer in refused {
        assert!(answer.code().starts_with("CONFLICT/"), "{}", answer.text);
    }
    assert_eq!(s.balances().await[3..], ["GRANT=400000", "PAID=1100000"]);
    let acts = s.staff.run(READ, json!({"id": id})).await.data()["grantApplication"]["acts"].clone();
    let paid = acts.as_array().expect("acts").iter().filter(|a| a["act"] == "PAYMENT_EXECUTE").count();
    assert_eq!(paid, 1);
}

#[tokio::test]
async fn m5_m6_a_key_answers_the_same_payment_again() {
    let s = Scene::new().await;
    let id = s.payable().await;
    let keyed = s.payer.with("idempotency-key", "pay-1");
    let dry = s.payer.with("entaku-dry-run", "true").run(PAYMENT_EXECUTE, paid(&id)).await.data();
    assert_eq!(dry["grantPaymentExecute"]["state"], "PAID");
    assert_eq!(s.state(&id).await, "PAYMENT_REQUESTED");
    let first = keyed.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    for _ in 0..5 {
        assert_eq!(keyed.run(PAYMENT_EXECUTE, paid(&id)).await.data(), first);
    }
    let other = json!({"id": id, "input": {"paidOn": "2026-05-19"}});
    keyed.run(PAYMENT_EXECUTE, other).await.expect_code("CONFLICT/IDEMPOTENCY");
    assert_eq!(s.balances().await[3..], ["GRANT=400000", "PAID=1100000"]);
}

#[tokio::test]
async fn m7_a_key_is_its_owners_alone() {
    let s = Scene::new().await;
    let id = s.payable().await;
    s.payer.with("idempotency-key", "k").run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let second = s.town.staff(Role::Payer).await.with("idempotency-key", "k");
    second.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/STATE");
    let other = Town::beside(s.town.app.clone()).await;
    let foreign = other.staff(Role::Payer).await.with("idempotency-key", "k");
    foreign.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("NOT_FOUND");
    assert_eq!(s.balances().await[3..], ["GRANT=400000", "PAID=1100000"]);
}

#[tokio::test]
async fn m13_no_act_is_skipped_and_of_two_approvals_one_wins() {
    let s = Scene::new().await;
    let id = s.draft().await;
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/STATE");
    s.approver.run(DECIDE, opinion(&id, 1)).await.expect_code("CONFLICT/STATE");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    s.staff.run(RECOMMEND, opinion(&id, 1)).await.expect_code("CONFLICT/STATE");
    let id = s.reviewed().await;
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("CONFLICT/STATE");
    let second = s.town.staff(Role::Approver).await;
    let (a, b) = tokio::join!(s.approver.run(DECIDE, opinion(&id, 10)), second.run(REFUSE, because(&id)));
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
}
