//! Challenge projects, from the call to the published adoption.

use entaku::challenges::entity::{proposal, review};
use entaku::kernel::principal::{Role, ScopeKind};
use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use serde_json::{Value, json};

use crate::organizations::{organization, text};
use crate::support::{Client, Town};

const CALL: &str = include_str!("../../docs/stories/45-challenge-call-create.graphql");
const CRITERION: &str = include_str!("../../docs/stories/46-challenge-criterion-add.graphql");
const OPEN: &str = include_str!("../../docs/stories/47-challenge-call-open.graphql");
const CREATE: &str = include_str!("../../docs/stories/48-challenge-proposal-create.graphql");
const SUBMIT: &str = include_str!("../../docs/stories/49-challenge-proposal-submit.graphql");
const ASSIGN: &str = include_str!("../../docs/stories/50-challenge-reviewer-assign.graphql");
const SCREEN: &str = include_str!("../../docs/stories/51-challenge-proposal-screen.graphql");
const REVIEWS: &str = include_str!("../../docs/stories/52-challenge-reviews.graphql");
const SCORE: &str = include_str!("../../docs/stories/53-challenge-score-record.graphql");
const ADOPT: &str = include_str!("../../docs/stories/54-challenge-proposal-adopt.graphql");
const REJECT: &str = include_str!("../../docs/stories/55-challenge-proposal-reject.graphql");
const PUBLISH: &str = include_str!("../../docs/stories/56-challenge-proposal-publish.graphql");
const READ: &str = include_str!("../../docs/stories/57-challenge-proposal-read.graphql");
const CLOSE: &str = include_str!("../../docs/stories/58-challenge-call-close.graphql");
const CHANGE: &str = "mutation($id: ID!, $input: ChallengeProposalChangeInput!) { challengeProposalChange(id: $id, input: $input) { id revision title category guardianConsent } }";
const WITHDRAW: &str = "mutation($id: ID!) { challengeProposalWithdraw(id: $id) { id state } }";

/// A town with an open call of two criteria (10 and 5 points), a planner and a proposer.
struct Fair {
    town: Town,
    planner: Client,
    proposer: Client,
    section: String,
    call: String,
    criteria: [String; 2],
}

impl Fair {
    async fn new() -> Self {
        Self::lasting("2026-05-01", "2026-05-20").await
    }

    async fn lasting(from: &str, to: &str) -> Self {
        let town = Town::new().await;
        let planner = town.staff(Role::PlanningStaff).await;
        let section = "mutation { sectionCreate(input: {name: \"地域振興課\", establishedOn: \"2020-04-01\"}) { id } }";
        let admin = town.staff(Role::Admin).await;
        let section = text(&admin.run(section, json!({})).await.data()["sectionCreate"]["id"]);
        let call = planner.run(CALL, call(&section, from, to)).await.data()["challengeCallCreate"]["id"].clone();
        let call = text(&call);
        let mut criteria = Vec::new();
        for (label, most) in [("公益性", 10), ("実現性", 5)] {
            let input = json!({"input": {"callId": call, "label": label, "maxScore": most}});
            criteria.push(text(&planner.run(CRITERION, input).await.data()["challengeCriterionAdd"]["id"]));
        }
        planner.run(OPEN, json!({"id": call})).await.data();
        let proposer = town.resident().await;
        let criteria = criteria.try_into().expect("two criteria");
        Self { town, planner, proposer, section, call, criteria }
    }

    fn proposal(&self) -> Value {
        json!({"input": {"callId": self.call, "category": "YOUTH", "title": "空き家を学びの場に", "summary": "放課後の居場所。",
            "myText": "自分も居場所がほしかった。", "socialText": "空き家が増えている。", "actionText": "月2回開く。",
            "requestedYen": 200_000, "namePublic": false, "proposerKind": "PERSON", "guardianConsent": false}})
    }

    async fn drafted(&self) -> String {
        text(&self.proposer.run(CREATE, self.proposal()).await.data()["challengeProposalCreate"]["id"])
    }

    async fn submitted(&self) -> String {
        let id = self.drafted().await;
        self.proposer.run(SUBMIT, json!({"id": id})).await.data();
        id
    }

    /// A reviewer assigned to a proposal, and the id of the sheet.
    async fn reviewer(&self, proposal: &str) -> (Client, String) {
        let (account, client) = self.town.person(Role::Reviewer, ScopeKind::Municipality, None).await;
        let made = self.planner.run(ASSIGN, assign(proposal, &account.to_string())).await.data();
        (client, text(&made["challengeReviewerAssign"]["id"]))
    }

    /// A proposal in screening with two reviewers and their sheets.
    async fn screening(&self) -> (String, [(Client, String); 2]) {
        let id = self.submitted().await;
        let reviewers = [self.reviewer(&id).await, self.reviewer(&id).await];
        self.planner.run(SCREEN, json!({"id": id})).await.data();
        (id, reviewers)
    }

    fn sheet(&self, id: &str, first: i32, second: i32) -> Value {
        let [a, b] = &self.criteria;
        json!({"id": id, "input": {"scores": [{"criterionId": a, "score": first}, {"criterionId": b, "score": second}], "comment": "よい。"}})
    }
}

fn call(section: &str, from: &str, to: &str) -> Value {
    json!({"input": {"fiscalYear": 2026, "title": "スペシャルチャレンジ", "summary": "地域の課題に挑む。",
        "categories": ["CHILD", "YOUTH"], "opensOn": from, "closesOn": to, "maxYen": 300_000, "sectionId": section}})
}

fn assign(proposal: &str, account: &str) -> Value {
    json!({"input": {"proposalId": proposal, "accountId": account}})
}

fn adopt(id: &str, amount: i64) -> Value {
    json!({"id": id, "input": {"amount": amount, "reason": "公益性が高い。"}})
}

#[tokio::test]
async fn a_project_is_proposed_scored_adopted_and_published() {
    let fair = Fair::new().await;
    let (public, planner) = (fair.town.public(), &fair.planner);
    let seen = public
        .run(
            "query($id: ID!) { challengeCall(id: $id) { state categories maxYen criteria { label maxScore } } }",
            json!({"id": fair.call}),
        )
        .await
        .data();
    assert_eq!(
        seen["challengeCall"],
        json!({"state": "OPEN", "categories": ["CHILD", "YOUTH"], "maxYen": 300_000,
            "criteria": [{"label": "公益性", "maxScore": 10}, {"label": "実現性", "maxScore": 5}]})
    );
    let (id, [(first, one), (second, two)]) = fair.screening().await;
    let work = first.run(REVIEWS, json!({})).await.data()["challengeReviews"]["nodes"].clone();
    assert_eq!(work.as_array().expect("a list").len(), 1);
    assert_eq!(work[0]["id"], json!(one));
    assert_eq!(work[0]["viewerCan"], json!([{"action": "challengeScoreRecord", "allowed": true, "reason": null}]));
    first.run(SCORE, fair.sheet(&one, 10, 3)).await.data();
    planner.run(ADOPT, adopt(&id, 150_000)).await.expect_code("CONFLICT/SHEETS_MISSING");
    planner.run(REJECT, json!({"id": id, "reason": "早すぎる"})).await.expect_code("CONFLICT/SHEETS_MISSING");
    let scored = second.run(SCORE, fair.sheet(&two, 8, 5)).await.data()["challengeScoreRecord"].clone();
    assert_eq!(scored["total"], 13);
    planner.run(PUBLISH, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    for amount in [0, -1, 200_001] {
        planner.run(ADOPT, adopt(&id, amount)).await.expect_code("INVALID_INPUT");
    }
    let adopted = planner.run(ADOPT, adopt(&id, 150_000)).await.data()["challengeProposalAdopt"].clone();
    assert_eq!(adopted, json!({"id": id, "state": "ADOPTED", "adoptedYen": 150_000, "averageScore": "13.00"}));
    assert_eq!(public.run(READ, json!({"id": id})).await.data()["challengeProposal"], json!(null));
    planner.run(PUBLISH, json!({"id": id})).await.data();
    let seen = public.run(READ, json!({"id": id})).await.data()["challengeProposal"].clone();
    assert_eq!((&seen["state"], &seen["averageScore"]), (&json!("PUBLISHED"), &json!("13.00")));
    assert_eq!(seen["proposerName"], json!(null));
    assert_eq!(
        seen["redacted"],
        json!([{"field": "proposerName", "reason": "NO_CONSENT"}, {"field": "reviews", "reason": "REVIEWERS"}])
    );
    assert_eq!(seen["reviews"], json!([]));
    planner.run(CLOSE, json!({"id": fair.call})).await.data();
}

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
async fn a_child_proposes_with_a_guardians_consent() {
    let fair = Fair::new().await;
    let mut proposal = fair.proposal();
    proposal["input"]["category"] = json!("CHILD");
    let id = text(&fair.proposer.run(CREATE, proposal).await.data()["challengeProposalCreate"]["id"]);
    let this = json!({"id": id});
    fair.proposer.run(SUBMIT, this.clone()).await.expect_code("CONFLICT/GUARDIAN_CONSENT");
    let stale = json!({"id": id, "input": {"revision": 7, "guardianConsent": true}});
    fair.proposer.run(CHANGE, stale).await.expect_code("CONFLICT/STALE");
    let agree = json!({"id": id, "input": {"revision": 1, "guardianConsent": true}});
    let changed = fair.proposer.run(CHANGE, agree).await.data()["challengeProposalChange"].clone();
    assert_eq!((&changed["guardianConsent"], &changed["category"]), (&json!(true), &json!("CHILD")));
    fair.proposer.run(SUBMIT, this.clone()).await.data();
    fair.proposer.run(CHANGE, json!({"id": id, "input": {"title": "後から"}})).await.expect_code("CONFLICT/STATE");
    let withdrawn = fair.proposer.run(WITHDRAW, this.clone()).await.data();
    assert_eq!(withdrawn["challengeProposalWithdraw"]["state"], "WITHDRAWN");
    fair.proposer.run(WITHDRAW, this).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn everybody_does_their_part_and_no_other() {
    let fair = Fair::new().await;
    let (resident, public) = (fair.town.resident().await, fair.town.public());
    public.run(CREATE, fair.proposal()).await.expect_code("UNAUTHENTICATED");
    for who in [&resident, &fair.town.staff(Role::GrantStaff).await, &fair.town.staff(Role::Reviewer).await] {
        who.run(CALL, call(&fair.section, "2026-05-01", "2026-05-02")).await.expect_code("FORBIDDEN");
        who.run(CLOSE, json!({"id": fair.call})).await.expect_code("FORBIDDEN");
    }
    let draft = fair.drafted().await;
    for document in [SUBMIT, WITHDRAW] {
        resident.run(document, json!({"id": draft})).await.expect_code("NOT_FOUND");
        public.run(document, json!({"id": draft})).await.expect_code("NOT_FOUND");
        fair.planner.run(document, json!({"id": draft})).await.expect_code("FORBIDDEN");
    }
    fair.planner.run(SCREEN, json!({"id": draft})).await.expect_code("CONFLICT/STATE");
    fair.proposer.run(SUBMIT, json!({"id": draft})).await.data();
    let (reviewer, sheet) = fair.reviewer(&draft).await;
    reviewer.run(SCORE, fair.sheet(&sheet, 1, 1)).await.expect_code("CONFLICT/STATE");
    for who in [&fair.proposer, &reviewer] {
        who.run(SCREEN, json!({"id": draft})).await.expect_code("FORBIDDEN");
        who.run(ADOPT, adopt(&draft, 1)).await.expect_code("FORBIDDEN");
    }
    let unassigned = fair.town.staff(Role::Reviewer).await;
    assert_eq!(unassigned.run(READ, json!({"id": draft})).await.data()["challengeProposal"], json!(null));
    assert_eq!(reviewer.run(READ, json!({"id": draft})).await.data()["challengeProposal"]["proposerName"], "試験 太郎");
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

#[tokio::test]
async fn bad_input_is_refused_all_at_once() {
    let fair = Fair::new().await;
    let mut wrong = fair.proposal();
    for (field, value) in [
        ("category", json!("CORPORATE")),
        ("requestedYen", json!(300_001)),
        ("title", json!("")),
        ("myText", json!("a\u{0}b")),
        ("groupName", json!("個人なのに")),
    ] {
        wrong["input"][field] = value;
    }
    let answer = fair.proposer.run(CREATE, wrong).await.expect_code("INVALID_INPUT");
    let found: Vec<_> = answer.body["errors"][0]["extensions"]["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|f| f["path"].clone())
        .collect();
    assert_eq!(found, ["input.category", "input.requestedYen", "input.title", "input.myText", "input.groupName"]);
    let mut unnamed = fair.proposal();
    unnamed["input"]["proposerKind"] = json!("GROUP");
    fair.proposer.run(CREATE, unnamed).await.expect_code("INVALID_INPUT");
    let mut negative = fair.proposal();
    negative["input"]["requestedYen"] = json!(-1);
    fair.proposer.run(CREATE, negative).await.expect_code("INVALID_INPUT");
    let mut call = call(&fair.section, "2026-06-02", "2026-06-01");
    call["input"]["categories"] = json!([]);
    call["input"]["maxYen"] = json!(0);
    let answer = fair.planner.run(CALL, call).await.expect_code("INVALID_INPUT");
    assert_eq!(answer.body["errors"][0]["extensions"]["fields"].as_array().map(Vec::len), Some(3));
    let none =
        fair.planner.run("{ challengeProposals { totalCount } challengeCalls { totalCount } }", json!({})).await.data();
    assert_eq!(none, json!({"challengeProposals": {"totalCount": 0}, "challengeCalls": {"totalCount": 1}}));
}

#[tokio::test]
async fn the_database_keeps_duties_apart() {
    let fair = Fair::new().await;
    let (id, _) = fair.screening().await;
    let uuid = entaku::kernel::id::decode(&id).expect("an id").1;
    let tx = fair.town.system();
    let row = proposal::Entity::find_by_id(entaku::challenges::entity::ProposalId(uuid))
        .one(&tx)
        .await
        .expect("read")
        .expect("the proposal");
    let own = review::ActiveModel {
        id: Set(entaku::challenges::entity::ReviewId::new()),
        proposal_id: Set(row.id),
        proposer_id: Set(row.proposer_id),
        reviewer_id: Set(row.proposer_id),
        ..Default::default()
    };
    let refused = own.insert(&tx).await.expect_err("refused").to_string();
    assert!(refused.contains("reviewed_by_another"), "{refused}");
    let tx = fair.town.system();
    let by = row.proposer_id;
    let mut row: proposal::ActiveModel = row.into();
    row.state = Set(entaku::challenges::entity::ProposalState::Rejected);
    row.decided_by = Set(Some(by));
    row.decided_at = Set(Some(tx.now));
    row.decision_reason = Set(Some("自分で".into()));
    let refused = row.update(&tx).await.expect_err("refused").to_string();
    assert!(refused.contains("decided_by_another"), "{refused}");
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
