//! Who reviews: nobody who is a party, each once, and none of them decides.

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::json;

use crate::challenges::{ADOPT, ASSIGN, CREATE, Fair, PUBLISH, READ, REJECT, SCORE, SCREEN, SUBMIT, adopt, assign};
use crate::organizations::{organization, text};

#[tokio::test]
async fn one_reviewer_fills_one_sheet_within_the_maximum() {
    let fair = Fair::new().await;
    let (id, [(first, one), (second, _)]) = fair.screening().await;
    let [a, _] = &fair.criteria;
    first.run(SCORE, fair.sheet(&one, 11, 1)).await.expect_code("INVALID_INPUT");
    first.run(SCORE, fair.sheet(&one, -1, 1)).await.expect_code("INVALID_INPUT");
    let half = json!({"id": one, "input": {"scores": [{"criterionId": a, "score": 1}]}});
    first.run(SCORE, half).await.expect_code("INVALID_INPUT");
    let foreign =
        json!({"id": one, "input": {"scores": [{"criterionId": "ccr_0192f0c1d2e37a4b8c5d6e7f8091a2b3", "score": 1}]}});
    first.run(SCORE, foreign).await.expect_code("NOT_FOUND");
    second.run(SCORE, fair.sheet(&one, 1, 1)).await.expect_code("NOT_FOUND");
    fair.planner.run(SCORE, fair.sheet(&one, 1, 1)).await.expect_code("FORBIDDEN");
    fair.town.public().run(SCORE, fair.sheet(&one, 1, 1)).await.expect_code("NOT_FOUND");
    let presses = (0..10).map(|_| first.run(SCORE, fair.sheet(&one, 7, 4)));
    let answers = futures_util::future::join_all(presses).await;
    assert_eq!(answers.iter().filter(|a| a.body.get("errors").is_none()).count(), 1);
    for answer in answers.into_iter().filter(|a| a.body.get("errors").is_some()) {
        answer.expect_code("CONFLICT/SCORED");
    }
    let sheets = "query($id: ID!) { challengeProposal(id: $id) { reviews { total scores { score } } } }";
    let seen = fair.planner.run(sheets, json!({"id": id})).await.data()["challengeProposal"]["reviews"].clone();
    assert_eq!(seen[0], json!({"total": 11, "scores": [{"score": 7}, {"score": 4}]}));
    assert_eq!(seen[1], json!({"total": null, "scores": []}));
}

#[tokio::test]
async fn who_is_a_party_does_not_review() {
    let mut fair = Fair::new().await;
    let (_, organization) = organization(&fair.planner, "川の会").await;
    fair.proposer = fair.town.over(Role::OrgOfficer, ScopeKind::Organization, &organization).await;
    let mut proposal = fair.proposal();
    proposal["input"]["proposerKind"] = json!("ORGANIZATION");
    proposal["input"]["groupName"] = json!("川の会");
    proposal["input"]["organizationId"] = json!(organization);
    fair.town.resident().await.run(CREATE, proposal.clone()).await.expect_code("FORBIDDEN/NOT_OFFICER");
    let id = text(&fair.proposer.run(CREATE, proposal).await.data()["challengeProposalCreate"]["id"]);
    fair.proposer.run(SUBMIT, json!({"id": id})).await.data();

    let plain = fair.town.person(Role::Resident, ScopeKind::Municipality, None).await.0.to_string();
    fair.planner.run(ASSIGN, assign(&id, &plain)).await.expect_code("INVALID_INPUT");
    let uuid = entaku::kernel::id::decode(&organization).expect("an id").1;
    let member = fair.town.person(Role::OrgMember, ScopeKind::Organization, Some(uuid)).await.0.to_string();
    appoint(&fair, &member, None).await;
    fair.planner.run(ASSIGN, assign(&id, &member)).await.expect_code("CONFLICT/CONFLICT_OF_INTEREST");
    let me = text(&fair.proposer.run("{ viewer { id } }", json!({})).await.data()["viewer"]["id"]);
    fair.planner.run(ASSIGN, assign(&id, &me)).await.expect_code("CONFLICT/CONFLICT_OF_INTEREST");
    let planner = text(&fair.planner.run("{ viewer { id } }", json!({})).await.data()["viewer"]["id"]);
    fair.planner.run(ASSIGN, assign(&id, &planner)).await.expect_code("FORBIDDEN/SELF_APPOINTMENT");

    // Somebody who joins the organization after the assignment no longer scores.
    let (account, joiner) = fair.town.person(Role::Reviewer, ScopeKind::Municipality, None).await;
    let made = fair.planner.run(ASSIGN, assign(&id, &account.to_string())).await.data();
    let sheet = text(&made["challengeReviewerAssign"]["id"]);
    fair.planner.run(ASSIGN, assign(&id, &account.to_string())).await.expect_code("CONFLICT/DUPLICATE");
    fair.planner.run(SCREEN, json!({"id": id})).await.data();
    appoint(&fair, &account.to_string(), Some(&organization)).await;
    joiner.run(SCORE, fair.sheet(&sheet, 10, 5)).await.expect_code("CONFLICT/CONFLICT_OF_INTEREST");
    fair.planner.run(ADOPT, adopt(&id, 1)).await.expect_code("CONFLICT/SHEETS_MISSING");
}

/// Appoints an account a reviewer of the town, or a member of an organization.
async fn appoint(fair: &Fair, account: &str, organization: Option<&str>) {
    let input = match organization {
        Some(id) => {
            json!({"accountId": account, "role": "ORG_MEMBER", "scope": "ORGANIZATION", "scopeId": id, "startsOn": "2026-04-01"})
        }
        None => json!({"accountId": account, "role": "REVIEWER", "scope": "MUNICIPALITY", "startsOn": "2026-04-01"}),
    };
    let admin = fair.town.staff(Role::Admin).await;
    let create = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
    admin.run(create, json!({ "input": input })).await.data();
}

#[tokio::test]
async fn who_scored_does_not_decide() {
    let fair = Fair::new().await;
    let id = fair.submitted().await;
    let (account, both) = fair.town.person(Role::Reviewer, ScopeKind::Municipality, None).await;
    let admin = fair.town.staff(Role::Admin).await;
    let create = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
    let input = json!({"accountId": account.to_string(), "role": "PLANNING_STAFF", "scope": "MUNICIPALITY", "startsOn": "2026-04-01"});
    admin.run(create, json!({ "input": input })).await.data();
    let made = fair.planner.run(ASSIGN, assign(&id, &account.to_string())).await.data();
    both.run(SCREEN, json!({"id": id})).await.data();
    let sheet = text(&made["challengeReviewerAssign"]["id"]);
    both.run(SCORE, fair.sheet(&sheet, 10, 5)).await.data();
    both.run(ADOPT, adopt(&id, 1)).await.expect_code("FORBIDDEN/DUTIES_APART");
    both.run(REJECT, json!({"id": id, "reason": "x"})).await.expect_code("FORBIDDEN/DUTIES_APART");
    let rejected = fair.planner.run(REJECT, json!({"id": id, "reason": "見通しがない。"})).await.data();
    assert_eq!(rejected["challengeProposalReject"]["state"], "REJECTED");
    let seen = fair.proposer.run(READ, json!({"id": id})).await.data()["challengeProposal"].clone();
    assert_eq!((&seen["decisionReason"], &seen["averageScore"]), (&json!("見通しがない。"), &json!(null)));
    fair.planner.run(PUBLISH, json!({"id": id})).await.expect_code("CONFLICT/STATE");
}
