//! Whom the acts of a town's year tell.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn a_grant_tells_the_hall_and_the_organization_in_turn() {
    let unnan = Unnan::new().await;
    let id = unnan.some("gap", "grant_applications", "SUBMITTED").await;
    let this = json!({"id": id});
    let with_input = |name: &str| {
        let input = name[..1].to_uppercase() + &name[1..];
        format!("mutation($id: ID!, $input: {input}Input!) {{ {name}(id: $id, input: $input) {{ id }} }}")
    };
    let plain = |name: &str| mutation(name, "");
    let tells = |who: &'static str, document: String, variables: Value| {
        let unnan = &unnan;
        async move { unnan.tells(who, &document, variables).await }
    };
    assert_eq!(tells("grant-staff", plain("grantApplicationReviewStart"), this.clone()).await, set([]));
    let returned = tells("grant-staff", with_input("grantApplicationReturn"), because(&id)).await;
    assert_eq!(returned, set(["org-officer-2 GRANT_RETURNED"]));
    let submitted = tells("org-officer-2", plain("grantApplicationSubmit"), this.clone()).await;
    assert_eq!(submitted, set(["grant-staff GRANT_SUBMITTED"]));
    tells("grant-staff", plain("grantApplicationReviewStart"), this.clone()).await;
    let recommended = tells("grant-staff", with_input("grantApplicationRecommend"), opinion(&id)).await;
    assert_eq!(recommended, set(["approver GRANT_RECOMMENDED"]));
    let decided = tells("approver", with_input("grantApplicationDecide"), opinion(&id)).await;
    assert_eq!(decided, set(["org-officer-2 GRANT_DECIDED"]));
    let withdrawn = tells("org-officer-2", plain("grantApplicationWithdraw"), this.clone()).await;
    assert_eq!(withdrawn, set(["grant-staff GRANT_WITHDRAWN"]));
}

#[tokio::test]
async fn a_refusal_tells_the_organization() {
    let unnan = Unnan::new().await;
    let this = json!({"id": unnan.some("gap", "grant_applications", "SUBMITTED").await});
    unnan.tells("grant-staff", &mutation("grantApplicationReviewStart", ""), this.clone()).await;
    let opinion = ", input: {amountYen: 0, reason: \"対象外の経費である。\"}";
    unnan.tells("grant-staff", &mutation("grantApplicationRecommend", opinion), this.clone()).await;
    let reason = ", input: {reason: \"対象外の経費である。\"}";
    let refused = unnan.tells("approver", &mutation("grantApplicationRefuse", reason), this).await;
    assert_eq!(refused, set(["org-officer-2 GRANT_REFUSED"]));
}

#[tokio::test]
async fn a_years_work_has_told_whom_it_concerns() {
    let unnan = Unnan::new().await;
    let told: BTreeSet<String> = unnan.told().await.into_iter().collect();
    let expected = set([
        "grant-staff GRANT_SUBMITTED",
        "approver GRANT_RECOMMENDED",
        "org-officer GRANT_DECIDED",
        "org-accountant GRANT_DECIDED",
        "payer GRANT_PAYMENT_REQUESTED",
        "org-officer GRANT_PAID",
        "org-accountant GRANT_PAID",
        "approver GRANT_CHANGE_REQUESTED",
        "grant-staff GRANT_REPORTED",
        "approver GRANT_REPORT_REVIEWED",
        "org-officer GRANT_FIXED",
        "org-accountant GRANT_FIXED",
        "planning-staff MINUTES_SUBMITTED",
        "org-officer MINUTES_PUBLISHED",
        "planning-staff PROPOSAL_SUBMITTED",
        "reviewer REVIEW_ASSIGNED",
        "reviewer REVIEW_STARTED",
        "resident PROPOSAL_ADOPTED",
        "resident PROPOSAL_PUBLISHED",
        "liaison HANDOVER_PLANNED",
        "grant-staff HANDOVER_PLANNED",
        "planning-staff HANDOVER_PLANNED",
        "admin SUPPORT_OPENED",
        "grant-staff GRANT_DECLARED",
        "org-officer GRANT_DECLARATION_CONFIRMED",
        "grant-staff BANK_ACCOUNT_PROPOSED",
        "org-accountant BANK_ACCOUNT_PROPOSED",
        "org-auditor BANK_ACCOUNT_PROPOSED",
        "org-officer BANK_ACCOUNT_CONFIRMED",
        "org-accountant BANK_ACCOUNT_CONFIRMED",
        "org-auditor BANK_ACCOUNT_CONFIRMED",
    ]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn minutes_proposals_and_requests_tell_those_who_act_next_and_those_who_wait() {
    let unnan = Unnan::new().await;
    let proposal = json!({"id": unnan.some("prp", "challenge_proposals", "SUBMITTED").await});
    let withdrawn = unnan.tells("resident", &mutation("challengeProposalWithdraw", ""), proposal).await;
    assert_eq!(withdrawn, set(["planning-staff PROPOSAL_WITHDRAWN"]));
    let request = json!({"id": unnan.some("lrq", "liaison_requests", "FORWARDED").await});
    let (section, district) = (unnan.scope_of("section-staff").await, unnan.scope_of("liaison").await);
    let forward = mutation("liaisonRequestForward", &format!(", sectionId: \"{}\"", encode("sec", section)));
    let forwarded = unnan.tells("planning-staff", &forward, request.clone()).await;
    assert_eq!(forwarded, set(["section-staff REQUEST_FORWARDED"]));
    unnan.town.appoint(unnan.account("resident").await, Role::Liaison, ScopeKind::District, Some(district)).await;
    let receive = "mutation($id: ID!) { liaisonRequestReceive(input: {districtId: $id, subject: \"側溝\", content: \"水があふれる。\"}) { id } }";
    let received = unnan.tells("liaison", receive, json!({"id": encode("dst", district)})).await;
    assert_eq!(received, set(["resident REQUEST_RECEIVED"]), "the colleague");
    let answer = mutation("liaisonRequestAnswer", ", answer: \"月内に直します。\"");
    let answered = unnan.tells("section-staff", &answer, request.clone()).await;
    assert_eq!(answered, set(["liaison REQUEST_ANSWERED", "resident REQUEST_ANSWERED"]));
    let reported = unnan.tells("liaison", &mutation("liaisonRequestReportBack", ""), request).await;
    assert_eq!(reported, set(["org-officer REQUEST_REPORTED_BACK"]));

    let table = json!({"id": unnan.some("rtb", "roundtables", "ANNOUNCED").await});
    let hold = mutation("roundtableHold", ", input: {heldOn: \"2026-05-20\", audienceCount: 3}");
    assert_eq!(unnan.tells("org-officer", &hold, table.clone()).await, set([]));
    let write = "mutation($id: ID!) { roundtablePassageRecord(input: {roundtableId: $id, number: 1, session: OPENING, text: \"開会\"}) { id } }";
    assert_eq!(unnan.tells("org-officer", write, table.clone()).await, set([]), "recording tells nobody");
    let submitted = unnan.tells("org-officer", &mutation("roundtableMinutesSubmit", ""), table.clone()).await;
    assert_eq!(submitted, set(["planning-staff MINUTES_SUBMITTED"]));
    let send_back = mutation("roundtableMinutesReturn", ", reason: \"参加者を記録してください。\"");
    assert_eq!(unnan.tells("planning-staff", &send_back, table).await, set(["org-officer MINUTES_RETURNED"]));
}

#[tokio::test]
async fn a_proposal_tells_its_reviewers_and_those_who_wait_for_the_decision() {
    let unnan = Unnan::new().await;
    let proposal = unnan.some("prp", "challenge_proposals", "SUBMITTED").await;
    let this = json!({"id": proposal});
    let reviewer = unnan.account("reviewer-2").await.to_string();
    let assign = json!({"input": {"proposalId": proposal, "accountId": reviewer}});
    assert_eq!(unnan.tells("planning-staff", ASSIGN, assign).await, set(["reviewer-2 REVIEW_ASSIGNED"]));
    let screening = unnan.tells("planning-staff", &mutation("challengeProposalScreen", ""), this.clone()).await;
    assert_eq!(screening, set(["reviewer-2 REVIEW_STARTED"]));
    let judge = unnan.who("reviewer-2").await;
    let sheets = "{ challengeReviews(first: 100) { nodes { id total proposal { call { criteria { id } } } } } }";
    let sheets = judge.run(sheets, json!({})).await.data()["challengeReviews"]["nodes"].clone();
    let sheet = sheets.as_array().expect("sheets").iter().find(|s| s["total"].is_null()).expect("a sheet");
    let criteria = sheet["proposal"]["call"]["criteria"].as_array().expect("criteria").iter();
    let scores: Vec<Value> = criteria.map(|c| json!({"criterionId": c["id"], "score": 3})).collect();
    let score = json!({"id": sheet["id"], "input": {"scores": scores}});
    assert_eq!(unnan.tells("reviewer-2", SCORE, score).await, set([]));
    let rejected =
        unnan.tells("planning-staff", &mutation("challengeProposalReject", ", reason: \"予算\""), this).await;
    assert_eq!(rejected, set(["resident PROPOSAL_REJECTED"]));
}

#[tokio::test]
async fn nobody_hears_of_a_draft_that_is_withdrawn_and_reviewers_hear_of_what_they_score() {
    let unnan = Unnan::new().await;
    let submitted = unnan.some("prp", "challenge_proposals", "SUBMITTED").await;
    let reviewer = unnan.account("reviewer").await.to_string();
    let assign = json!({"input": {"proposalId": submitted, "accountId": reviewer}});
    unnan.tells("planning-staff", ASSIGN, assign).await;
    let withdraw = mutation("challengeProposalWithdraw", "");
    let withdrawn = unnan.tells("resident", &withdraw, json!({"id": submitted})).await;
    assert_eq!(withdrawn, set(["planning-staff PROPOSAL_WITHDRAWN", "reviewer PROPOSAL_WITHDRAWN"]));

    let find = "{ challengeCalls(first: 1) { nodes { id } } grantProgrammes(first: 1) { nodes { id } } }";
    let found = unnan.who("resident").await.run(find, json!({})).await.data();
    let draft = json!({"input": {"callId": found["challengeCalls"]["nodes"][0]["id"], "category": "YOUTH", "title": "下書き",
        "summary": "概要", "myText": "思い", "socialText": "課題", "actionText": "行動", "requestedYen": 1000,
        "namePublic": false, "proposerKind": "PERSON", "guardianConsent": false}});
    let made =
        unnan.who("resident").await.run(PROPOSAL_CREATE, draft).await.data()["challengeProposalCreate"]["id"].clone();
    assert_eq!(unnan.tells("resident", &withdraw, json!({ "id": made })).await, set([]));

    let organization = encode("org", unnan.scope_of("org-officer").await);
    let draft = json!({"input": {"programmeId": found["grantProgrammes"]["nodes"][0]["id"],
        "organizationId": organization, "title": "下書き"}});
    let made = unnan.who("org-officer").await.run(GRANT_CREATE, draft).await.data();
    let id = json!({"id": made["grantApplicationCreate"]["id"]});
    assert_eq!(unnan.tells("org-officer", &mutation("grantApplicationWithdraw", ""), id).await, set([]));
}

/// Whoever is told of something may read it: each of the demo's recipients, each of their notifications.
#[tokio::test]
async fn whoever_is_told_of_something_may_read_it() {
    let unnan = Unnan::new().await;
    let people: BTreeSet<String> =
        unnan.told().await.iter().map(|line| line.split(' ').next().expect("a name").to_owned()).collect();
    let all = "{ viewer { notifications(first: 100) { nodes { objectId kind } } } }";
    for name in people {
        let client = unnan.who(&name).await;
        let nodes = client.run(all, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
        for told in nodes.as_array().expect("nodes") {
            let seen = client.run("query($id: ID!) { node(id: $id) { id } }", json!({"id": told["objectId"]})).await;
            assert_eq!(seen.data()["node"]["id"], told["objectId"], "{name}: {}", told["kind"]);
        }
    }
}
