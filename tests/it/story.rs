//! The main job, played with the documents of docs/stories by the people of the demo, who sign in with
//! their passwords: a grant from the programme to the payment, a round table from the plan to the public
//! record, a youth project from the call to its publication. Another municipality sees none of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use entaku::demo::{PASSWORD, load_as};
use serde_json::{Value, json};

use crate::support::town::app;
use crate::support::{Client, SchemaView, Town};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stories")
}

/// The document whose file begins with this number.
fn document(number: &str) -> String {
    let files = std::fs::read_dir(folder()).expect("docs/stories").map(|f| f.expect("a file").path());
    let named = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&format!("{number}-")));
    std::fs::read_to_string(files.into_iter().find(named).expect(number)).expect("a document")
}

/// The demo's Unnan under a fresh code, and its people.
struct Play {
    town: Town,
}

impl Play {
    async fn new() -> Self {
        let town = Town::beside(app()).await;
        let hash = town.app.passwords.hash(PASSWORD).await.expect("a hash");
        load_as(&town.app, "322091", town.code.as_str(), &hash).await.expect("the demo");
        Self { town }
    }

    /// Signs somebody of the demo in with the password.
    async fn sign_in(&self, who: &str) -> Somebody {
        let variables = json!({ "email": format!("{who}@unnan.example.jp"), "password": PASSWORD });
        let tokens = self.public().tell("01", variables).await["sessionSignIn"].clone();
        let bearer = format!("Bearer {}", tokens["accessToken"].as_str().expect("a token"));
        Somebody(self.town.public().with("authorization", &bearer))
    }

    fn public(&self) -> Somebody {
        Somebody(self.town.public())
    }
}

/// Somebody who plays stories.
struct Somebody(Client);

impl Somebody {
    /// Plays a story that succeeds; returns its data.
    async fn tell(&self, number: &str, variables: Value) -> Value {
        self.0.run(&document(number), variables).await.data()
    }

    /// Plays a story and returns the id of what it made or changed.
    async fn id(&self, number: &str, variables: Value) -> Value {
        let data = self.tell(number, variables).await;
        data.as_object().expect("an object").values().next().expect("a field")["id"].clone()
    }

    /// Plays a story that is refused with a code.
    async fn refused(&self, number: &str, variables: Value, code: &str) {
        self.0.run(&document(number), variables).await.expect_code(code);
    }

    async fn ask(&self, query: &str) -> Value {
        self.0.run(query, json!({})).await.data()
    }
}

/// The id of a demo record with a name.
async fn named(who: &Somebody, list: &str, name: &str) -> Value {
    let data = who.ask(&format!("{{ {list}(first: 100) {{ nodes {{ id name }} }} }}")).await;
    let nodes = data[list]["nodes"].as_array().expect("nodes");
    nodes.iter().find(|n| n["name"] == name).unwrap_or_else(|| panic!("no {name}"))["id"].clone()
}

const ORGANIZATION: &str = "青葉谷いきいき自治会議";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_goes_from_the_programme_to_one_payment() {
    let play = Play::new().await;
    let clerk = play.sign_in("grant-staff").await;
    let officer = play.sign_in("org-officer").await;
    let (approver, payer) = (play.sign_in("approver").await, play.sign_in("payer").await);
    let section = named(&clerk, "sections", "地域づくり支援課").await;
    let organization = named(&officer, "organizations", ORGANIZATION).await;

    let input = json!({"title": "物語の交付金", "summary": "地域の活動を支える。", "fiscalYear": 2026, "legalBasis": "交付要綱",
        "budgetYen": 3_000_000, "opensOn": "2026-05-01", "closesOn": "2026-06-30", "sectionId": section});
    let programme = clerk.id("10", json!({ "input": input })).await;
    let share = |yen: i64| json!({"input": {"programmeId": programme, "organizationId": organization, "amountYen": yen, "basis": "均等割"}});
    clerk.refused("11", share(-1), "INVALID_INPUT").await;
    clerk.refused("11", share(3_000_001), "CONFLICT/BUDGET_EXCEEDED").await;
    clerk.id("11", share(1_500_000)).await;
    officer.refused("12", json!({ "id": programme }), "NOT_FOUND").await;
    clerk.refused("12", json!({ "id": programme }), "FORBIDDEN/DUTIES_APART").await;
    approver.id("12", json!({ "id": programme })).await;

    let draft =
        json!({"input": {"programmeId": programme, "organizationId": organization, "title": "見守りの居場所づくり"}});
    let application = officer.id("13", draft).await;
    let id = json!({ "id": application });
    let change = json!({"id": application, "input": {"purpose": "集いの場を開く。", "requestedYen": 1_200_000}});
    officer.id("14", change).await;
    officer.id("15", id.clone()).await;
    officer.refused("15", id.clone(), "CONFLICT/STATE").await;

    clerk.id("16", id.clone()).await;
    clerk.id("17", json!({"id": application, "input": {"reason": "目的をもう少し具体的に。"}})).await;
    officer.id("14", json!({"id": application, "input": {"purpose": "月に二度、集いの場を開く。"}})).await;
    officer.id("15", id.clone()).await;
    clerk.id("16", id.clone()).await;
    let opinion = |yen: i64| json!({"id": application, "input": {"amountYen": yen, "reason": "要綱に合う。"}});
    clerk.id("18", opinion(1_100_000)).await;
    clerk.refused("19", opinion(1_100_000), "FORBIDDEN").await;
    approver.id("19", opinion(1_100_000)).await;
    officer.id("22", id.clone()).await;

    let order = json!({"id": application, "input": {"paidOn": "2026-05-20"}});
    approver.refused("23", order.clone(), "FORBIDDEN").await;
    let text = document("23");
    let presses = (0..100).map(|_| payer.0.run(&text, order.clone()));
    let answers = futures_util::future::join_all(presses).await;
    let paid = answers.iter().filter(|a| a.body.get("errors").is_none()).count();
    assert_eq!(paid, 1, "a hundred presses pay once");
    assert!(answers.iter().all(|a| a.body.get("errors").is_none() || a.code().starts_with("CONFLICT")));

    let seen = officer.tell("26", id.clone()).await["grantApplication"].clone();
    assert_eq!(seen["state"], "PAID");
    let acts: Vec<&str> =
        seen["acts"].as_array().expect("acts").iter().map(|a| a["act"].as_str().expect("an act")).collect();
    assert_eq!(acts.iter().filter(|a| **a == "PAYMENT_EXECUTE").count(), 1, "{acts:?}");
    let open = play.public().tell("25", json!({"fiscalYear": 2026})).await;
    let nodes = open["grantProgrammes"]["nodes"].as_array().expect("programmes");
    let programme = nodes.iter().find(|p| p["title"] == "物語の交付金").expect("it is public");
    assert_eq!(programme["applications"]["nodes"][0]["decidedYen"], 1_100_000);
    elsewhere(&play, &application).await;
}

#[tokio::test]
async fn a_round_table_is_held_recorded_published_and_read() {
    let play = Play::new().await;
    let officer = play.sign_in("org-officer").await;
    let planner = play.sign_in("planning-staff").await;
    let organization = named(&officer, "organizations", ORGANIZATION).await;
    let input = json!({"organizationId": organization, "title": "物語の円卓会議", "theme": "通学路の安全", "purpose": "事実から話し合う。",
        "startsAt": "2026-05-20T00:00:00Z", "venue": "交流センター", "audience": "PUBLIC"});
    let table = officer.id("30", json!({ "input": input })).await;
    let id = json!({ "id": table });
    assert_eq!(play.public().tell("40", id.clone()).await["roundtable"], json!(null));
    officer.id("31", id.clone()).await;
    let notice = play.public().tell("40", id.clone()).await["roundtable"].clone();
    assert_eq!(
        (notice["title"].as_str(), notice["passages"].as_array().map(Vec::len)),
        (Some("物語の円卓会議"), Some(0))
    );
    officer.id("33", json!({"id": table, "input": {"heldOn": "2026-05-20", "audienceCount": 12}})).await;
    for (name, public) in [("例浜 公", true), ("仮浜 秘", false)] {
        let person = json!({"roundtableId": table, "role": "CENTER_MEMBER", "name": name, "namePublic": public, "sector": "COMMUNITY"});
        officer.id("32", json!({ "input": person })).await;
    }
    officer.id("34", json!({"input": {"roundtableId": table, "title": "通学路", "text": "歩道がない。", "outcome": "NEW_PROJECT"}})).await;
    officer
        .id("35", json!({"input": {"roundtableId": table, "number": 1, "session": "OPENING", "text": "開会した。"}}))
        .await;
    officer.id("36", json!({"input": {"roundtableId": table, "text": "見守り隊を始める。"}})).await;
    officer.id("37", json!({"input": {"roundtableId": table, "what": "当番表をつくる", "owner": "事務局", "dueOn": "2026-06-30"}})).await;
    officer.id("38", id.clone()).await;
    officer.refused("39", id.clone(), "FORBIDDEN").await;
    assert_eq!(play.public().tell("40", id.clone()).await["roundtable"]["decisions"], json!([]));
    planner.id("39", id.clone()).await;
    let record = play.public().tell("40", id.clone()).await["roundtable"].clone();
    assert_eq!(record["passages"][0]["text"], "開会した。");
    assert_eq!(record["decisions"][0]["text"], "見守り隊を始める。");
    let names: BTreeSet<&str> =
        record["participants"].as_array().expect("people").iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["例浜 公"]), "names by consent only");
    let late = json!({"input": {"roundtableId": table, "number": 1, "session": "OPENING", "text": "書き換え"}});
    officer.refused("35", late, "CONFLICT/LOCKED").await;
    elsewhere(&play, &table).await;
}

#[tokio::test]
async fn a_youth_project_is_submitted_scored_and_adopted() {
    let play = Play::new().await;
    let planner = play.sign_in("planning-staff").await;
    let (youth, reviewer) = (play.sign_in("resident").await, play.sign_in("reviewer").await);
    let section = named(&planner, "sections", "政策企画部 政策推進課").await;
    let input = json!({"fiscalYear": 2026, "title": "物語の公募", "summary": "挑戦を募る。", "categories": ["YOUTH"], "opensOn": "2026-05-01",
        "closesOn": "2026-06-30", "maxYen": 300_000, "sectionId": section});
    let call = planner.id("45", json!({ "input": input })).await;
    let criterion = planner.id("46", json!({"input": {"callId": call, "label": "公益性", "maxScore": 10}})).await;
    planner.id("47", json!({ "id": call })).await;
    let input = json!({"callId": call, "category": "YOUTH", "title": "空き家を学びの場に", "summary": "場をひらく。", "myText": "思い", "socialText": "課題",
        "actionText": "行動", "requestedYen": 200_000, "namePublic": false, "proposerKind": "PERSON", "guardianConsent": false});
    let proposal = youth.id("48", json!({ "input": input })).await;
    let id = json!({ "id": proposal });
    youth.id("49", id.clone()).await;
    let me = reviewer.tell("03", json!({})).await["viewer"]["id"].clone();
    planner.id("50", json!({"input": {"proposalId": proposal, "accountId": me}})).await;
    planner.id("51", id.clone()).await;
    let adopt = json!({"id": proposal, "input": {"amount": 200_000, "reason": "公益性が高い。"}});
    planner.refused("54", adopt.clone(), "CONFLICT/SHEETS_MISSING").await;
    let mine = reviewer.tell("52", json!({})).await["challengeReviews"]["nodes"].clone();
    let sheet =
        mine.as_array().expect("sheets").iter().find(|r| r["proposal"]["id"] == proposal).expect("assigned")["id"]
            .clone();
    let score = |n: i64| json!({"id": sheet, "input": {"scores": [{"criterionId": criterion, "score": n}]}});
    reviewer.refused("53", score(11), "INVALID_INPUT").await;
    reviewer.id("53", score(9)).await;
    assert_eq!(youth.tell("57", id.clone()).await["challengeProposal"]["reviews"], json!([]), "reviewers stay unknown");
    planner.id("54", adopt).await;
    assert_eq!(play.public().tell("57", id.clone()).await["challengeProposal"], json!(null));
    planner.id("56", id.clone()).await;
    let public = play.public().tell("57", id.clone()).await["challengeProposal"].clone();
    assert_eq!((public["adoptedYen"].as_i64(), public["proposerName"].as_str()), (Some(200_000), None));
    elsewhere(&play, &proposal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_passes_on_with_its_summary_and_support_is_seen() {
    let play = Play::new().await;
    let (admin, clerk, planner) =
        (play.sign_in("admin").await, play.sign_in("grant-staff").await, play.sign_in("planning-staff").await);
    let own = async |who: &Somebody| who.ask("{ viewer { id } }").await["viewer"]["id"].clone();
    let (first, second) = (own(&clerk).await, own(&planner).await);
    let input = json!({"name": "物語の担当", "role": "GRANT_STAFF", "establishedOn": "2026-05-20"});
    clerk.refused("111", json!({ "input": input }), "FORBIDDEN").await;
    let post = admin.id("111", json!({ "input": input })).await;
    let to = |who: &Value, on: &str| json!({"id": post, "input": {"successorAccountId": who, "takesEffectOn": on}});
    admin.id("112", to(&first, "2026-05-20")).await;
    let transfer = json!({"input": {"title": "令和9年4月1日付け人事異動", "takesEffectOn": "2027-04-01",
        "moves": [{"postId": post, "successorAccountId": second}]}});
    let ordered = admin.tell("115", transfer).await["personnelTransferOrder"].clone();
    let handover = ordered["handovers"]["nodes"][0]["id"].clone();
    admin.refused("112", to(&second, "2027-10-01"), "CONFLICT/HANDOVER_PLANNED").await;
    clerk.id("113", json!({"id": handover, "input": {"notes": "審査の手順は要綱のとおり。"}})).await;
    for reader in [&clerk, &planner, &admin] {
        let summary = reader.tell("114", json!({ "id": handover })).await["handover"].clone();
        assert_eq!(summary["notes"], "審査の手順は要綱のとおり。");
        assert!(!summary["openItems"].as_array().expect("items").is_empty());
        assert_eq!(summary["termEndsOn"], json!(null));
    }
    let apart = |one: &str, other: &str| json!({"input": {"one": one, "other": other, "reason": "財務規則"}});
    admin.id("116", apart("APPROVER", "PAYER")).await;
    let seen = admin.tell("117", json!({})).await["supportSessions"]["nodes"][0].clone();
    assert_eq!((&seen["active"], &seen["lentRole"]), (&json!(false), &json!(null)));
    let ended = json!({"id": seen["id"], "input": {"role": "GRANT_STAFF"}});
    admin.refused("118", ended, "CONFLICT/ENDED").await;
    admin.refused("119", json!({"id": seen["id"]}), "CONFLICT/ENDED").await;
    elsewhere(&play, &handover).await;
}

/// Another municipality's people, whatever they hold, see nothing of it.
async fn elsewhere(play: &Play, id: &Value) {
    let other = Town::beside(play.town.app.clone()).await;
    let stranger = crate::standing::everybody(&other).await;
    let seen = stranger.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.data();
    assert_eq!(seen["node"], json!(null));
}

/// Every story is one operation, begins with a Japanese comment, and fits the schema.
#[tokio::test]
async fn every_story_is_one_valid_operation_with_a_japanese_comment() {
    let town = Town::new().await;
    let client = town.public();
    let schema = SchemaView::read(&client).await;
    let mut numbers = BTreeSet::new();
    for file in std::fs::read_dir(folder()).expect("docs/stories") {
        let path = file.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a document");
        let number = name.split('-').next().unwrap_or_default().to_owned();
        assert!(numbers.insert(number), "two stories have the number of {name}");
        assert!(
            text.starts_with("# ") && text.lines().next().is_some_and(|l| l.chars().any(|c| c > '\u{3000}')),
            "{name}"
        );
        let document = async_graphql::parser::parse_query(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(document.operations.iter().count(), 1, "{name}");
        let answer = client.run(&text, schema.variables(&document)).await;
        assert_ne!(answer.code(), "GRAPHQL_VALIDATION_FAILED", "{name}: {}", answer.text);
    }
    assert!(numbers.len() > 30, "the stories are there");
}
