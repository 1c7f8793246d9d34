//! Challenge projects, from the call to the published adoption.

mod calls;
mod hidden;
mod reviewers;

use entaku::challenges::entity::{proposal, review};
use entaku::kernel::principal::{Role, ScopeKind};
use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use serde_json::{Value, json};

use crate::organizations::text;
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
