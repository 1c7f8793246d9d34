//! Input that is refused: every violation is named, nothing is written.

use serde_json::json;

use crate::grants::{
    CHANGE, DECIDE, PAYMENT_EXECUTE, PAYMENT_REQUEST, PROGRAMME_CREATE, RECOMMEND, REVIEW_START, SUBMIT, Scene,
    allocate, opinion, programme_input,
};

#[tokio::test]
async fn bad_input_names_every_violation_and_writes_nothing() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let section =
        s.staff.run("{ sections { nodes { id } } }", json!({})).await.data()["sections"]["nodes"][0]["id"].clone();
    let mut input = programme_input(&section, -5);
    input["input"]["closesOn"] = json!("2026-04-01");
    input["input"]["title"] = json!(" ");
    input["input"]["summary"] = json!("a\u{0}b");
    let refused = s.staff.run(PROGRAMME_CREATE, input).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 4);
    s.staff.run(PROGRAMME_CREATE, programme_input(&section, 5)).await.expect_code("CONFLICT/DUPLICATE");
    let foreign = json!("sec_0192f0c1d2e37a4b8c5d6e7f8091a2b3");
    s.staff.run(PROGRAMME_CREATE, programme_input(&foreign, 5)).await.expect_code("NOT_FOUND");
    allocate(&s.staff, &s.programme, &s.organization, -1).await.expect_code("INVALID_INPUT");
    for yen in [json!(0), json!(-1), json!(1.5), json!("100"), json!(9_007_199_254_740_993_i64)] {
        let change = json!({"id": id, "input": {"requestedYen": yen}});
        s.officer.run(CHANGE, change).await.expect_code("INVALID_INPUT");
    }
    let over = json!({"id": id, "input": {"requestedYen": 1_500_001}});
    s.officer.run(CHANGE, over).await.expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_200_001)).await.expect_code("INVALID_INPUT");
    s.staff
        .run(RECOMMEND, json!({"id": id, "input": {"amountYen": 1, "reason": " "}}))
        .await
        .expect_code("INVALID_INPUT");
    s.staff.run(RECOMMEND, opinion(&id, 1_000)).await.data();
    for yen in [0, -1, 1_200_001] {
        s.approver.run(DECIDE, opinion(&id, yen)).await.expect_code("INVALID_INPUT");
    }
    s.approver.run(DECIDE, opinion(&id, 1_000)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for day in ["2026-05-19", "2026-05-21", "2026-02-30"] {
        let bad = json!({"id": id, "input": {"paidOn": day}});
        s.payer.run(PAYMENT_EXECUTE, bad).await.expect_code("INVALID_INPUT");
    }
    assert_eq!(s.state(&id).await, "PAYMENT_REQUESTED");
}
