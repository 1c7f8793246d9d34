//! Calls: their days, their criteria, and when they show themselves.

use serde_json::json;

use crate::challenges::{CALL, CLOSE, CREATE, CRITERION, Fair, OPEN, SUBMIT, call};
use crate::organizations::text;

#[tokio::test]
async fn proposals_are_taken_within_the_days_of_the_call() {
    for (from, to, code) in
        [("2026-05-01", "2026-05-19", "CONFLICT/TOO_LATE"), ("2026-05-21", "2026-06-30", "CONFLICT/TOO_EARLY")]
    {
        let fair = Fair::lasting(from, to).await;
        let id = fair.drafted().await;
        fair.proposer.run(SUBMIT, json!({"id": id})).await.expect_code(code);
    }
    let fair = Fair::lasting("2026-05-20", "2026-05-20").await;
    let (early, late) = (fair.submitted().await, fair.drafted().await);
    fair.proposer.run(SUBMIT, json!({"id": early})).await.expect_code("CONFLICT/STATE");
    fair.planner.run(CLOSE, json!({"id": fair.call})).await.data();
    fair.proposer.run(SUBMIT, json!({"id": late})).await.expect_code("CONFLICT/CALL_NOT_OPEN");
    fair.proposer.run(CREATE, fair.proposal()).await.expect_code("CONFLICT/CALL_NOT_OPEN");
    fair.planner.run(CLOSE, json!({"id": fair.call})).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn a_call_needs_criteria_and_shows_itself_when_open() {
    let fair = Fair::new().await;
    let mut next = call(&fair.section, "2026-06-01", "2026-06-30");
    fair.planner.run(CALL, next.clone()).await.expect_code("CONFLICT/DUPLICATE");
    next["input"]["title"] = json!("第2回");
    let id = text(&fair.planner.run(CALL, next).await.data()["challengeCallCreate"]["id"]);
    let this = json!({"id": id});
    fair.planner.run(OPEN, this.clone()).await.expect_code("CONFLICT/CRITERIA_MISSING");
    let hidden = fair.proposer.run("query($id: ID!) { challengeCall(id: $id) { id } }", this.clone()).await.data();
    assert_eq!(hidden["challengeCall"], json!(null));
    let mut early = fair.proposal();
    early["input"]["callId"] = json!(id);
    fair.proposer.run(CREATE, early).await.expect_code("NOT_FOUND");
    let criterion = |label: &str, most: i32| json!({"input": {"callId": id, "label": label, "maxScore": most}});
    fair.planner.run(CRITERION, criterion("公益性", 0)).await.expect_code("INVALID_INPUT");
    fair.planner.run(CRITERION, criterion("公益性", 10)).await.data();
    fair.planner.run(CRITERION, criterion("公益性", 10)).await.expect_code("CONFLICT/DUPLICATE");
    fair.planner.run(OPEN, this).await.data();
    fair.planner.run(CRITERION, criterion("発展性", 10)).await.expect_code("CONFLICT/STATE");
}
