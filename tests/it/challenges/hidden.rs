//! What who proposed may not see, be they residents, staff or another town.

use entaku::kernel::principal::Role;
use serde_json::json;

use crate::challenges::{ADOPT, CALL, CLOSE, CREATE, Fair, PUBLISH, READ, REJECT, SCORE, SCREEN, adopt, call};
use crate::support::Town;

#[tokio::test]
async fn z6_reviewers_and_scores_are_hidden_from_who_proposed() {
    let fair = Fair::new().await;
    let (id, [(first, one), (second, two)]) = fair.screening().await;
    first.run(SCORE, fair.sheet(&one, 10, 3)).await.data();
    let every = "query($id: ID!, $ids: [ID!]!) {
        challengeProposal(id: $id) { state averageScore reviews { id reviewer { name } total } }
        challengeReviews { totalCount nodes { id } }
        challengeProposals { nodes { reviews { id } } }
        nodes(ids: $ids) { id } }";
    let scores = "query { challengeReviews { nodes { total scores { id score } } } }";
    let own = first.run(scores, json!({})).await.data()["challengeReviews"]["nodes"][0].clone();
    assert_eq!((&own["total"], own["scores"].as_array().map(Vec::len)), (&json!(13), Some(2)));
    let ids = json!([one, two, own["scores"][0]["id"]]);
    let variables = json!({"id": id, "ids": ids});
    let hidden = fair.proposer.run(every, variables.clone()).await.data();
    assert_eq!(hidden["challengeProposal"], json!({"state": "SCREENING", "averageScore": null, "reviews": []}));
    assert_eq!(hidden["challengeReviews"], json!({"totalCount": 0, "nodes": []}));
    assert_eq!(hidden["challengeProposals"]["nodes"], json!([{"reviews": []}]));
    assert_eq!(hidden["nodes"], json!([null, null, null]));
    // Nothing tells the proposer that somebody was assigned or scored: ids that exist and ids that do not answer alike.
    let unknown = "crv_0192f0c1d2e37a4b8c5d6e7f8091a2b3";
    let exists = fair.proposer.run(SCORE, fair.sheet(&one, 1, 1)).await.expect_code("NOT_FOUND");
    let invented = fair.proposer.run(SCORE, fair.sheet(unknown, 1, 1)).await.expect_code("NOT_FOUND");
    assert_eq!(exists.body, invented.body);
    for nobody in [fair.town.public(), fair.town.resident().await, fair.town.staff(Role::GrantStaff).await] {
        let seen = nobody.run(every, variables.clone()).await.data();
        assert_eq!(seen["challengeProposal"], json!(null));
        assert_eq!(seen["nodes"], json!([null, null, null]));
        assert_eq!(seen["challengeReviews"]["totalCount"], 0);
    }
    let other = second.run(every, variables.clone()).await.data();
    assert_eq!(other["challengeReviews"]["nodes"], json!([{"id": two}]));
    assert_eq!(other["nodes"], json!([null, {"id": two}, null]));
    let staff = fair.planner.run(every, variables).await.data();
    assert_eq!(staff["challengeProposal"]["reviews"].as_array().map(Vec::len), Some(2));
    assert_eq!(staff["challengeProposal"]["reviews"][0]["reviewer"]["name"], "試験 太郎");
}

#[tokio::test]
async fn z6_staff_who_propose_see_no_sheets_and_decide_nothing_on_their_own() {
    let mut fair = Fair::new().await;
    fair.proposer = fair.town.staff(Role::PlanningStaff).await;
    let (id, [(first, one), (second, two)]) = fair.screening().await;
    first.run(SCORE, fair.sheet(&one, 1, 1)).await.data();
    second.run(SCORE, fair.sheet(&two, 1, 1)).await.data();
    let seen = fair.proposer.run(READ, json!({"id": id})).await.data()["challengeProposal"].clone();
    assert_eq!(seen["reviews"], json!([]));
    let own = fair.proposer.clone();
    own.run(ADOPT, adopt(&id, 1)).await.expect_code("FORBIDDEN/DUTIES_APART");
    own.run(REJECT, json!({"id": id, "reason": "x"})).await.expect_code("FORBIDDEN/DUTIES_APART");
    fair.planner.run(ADOPT, adopt(&id, 1)).await.data();
    own.run(PUBLISH, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
}

#[tokio::test]
async fn another_town_sees_and_touches_nothing() {
    let fair = Fair::new().await;
    let (id, [(_, sheet), _]) = fair.screening().await;
    let other = Town::beside(fair.town.app.clone()).await;
    let foreign = other.staff(Role::PlanningStaff).await;
    let lists = "{ challengeCalls { totalCount } challengeProposals { totalCount } challengeReviews { totalCount } }";
    let seen = foreign.run(lists, json!({})).await.data();
    for list in ["challengeCalls", "challengeProposals", "challengeReviews"] {
        assert_eq!(seen[list]["totalCount"], 0, "{list}");
    }
    for (document, variables) in [
        (ADOPT, adopt(&id, 1)),
        (SCREEN, json!({"id": id})),
        (CLOSE, json!({"id": fair.call})),
        (SCORE, fair.sheet(&sheet, 1, 1)),
        (CREATE, fair.proposal()),
        (CALL, call(&fair.section, "2026-05-01", "2026-05-02")),
    ] {
        foreign.run(document, variables).await.expect_code("NOT_FOUND");
    }
}
