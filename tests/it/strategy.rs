//! A strategy from its draft to its end, through HTTP.

use chrono::Duration;
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};

use crate::organizations::text;
use crate::support::client::Answer;
use crate::support::{Client, Town};

const CREATE: &str = "mutation($input: StrategyCreateInput!) { strategyCreate(input: $input) { id state } }";
const CHANGE: &str = "mutation($id: ID!, $input: StrategyChangeInput!) { strategyChange(id: $id, input: $input) { title generation populationVision { title midFiscalYear } } }";
const NODE: &str = "mutation($input: StrategyNodeAddInput!) { strategyNodeAdd(input: $input) { id } }";
const NODE_CHANGE: &str = "mutation($id: ID!, $input: StrategyNodeChangeInput!) { strategyNodeChange(id: $id, input: $input) { title number versions { title revisedBy { sessionNumber } } } }";
const INDICATOR: &str = "mutation($input: IndicatorAddInput!) { indicatorAdd(input: $input) { id } }";
const VALUE: &str =
    "mutation($input: IndicatorValueRecordInput!) { indicatorValueRecord(input: $input) { id status value } }";
const ADOPT: &str =
    "mutation($id: ID!, $input: StrategyAdoptInput!) { strategyAdopt(id: $id, input: $input) { state adoptedOn } }";
const PROPOSE: &str =
    "mutation($input: StrategyRevisionProposeInput!) { strategyRevisionPropose(input: $input) { id state } }";
const APPROVE: &str = "mutation($id: ID!, $input: StrategyRevisionApproveInput!) { strategyRevisionApprove(id: $id, input: $input) { state revisedOn sessionNumber } }";
const READ: &str = "query($id: ID!) { strategy(id: $id) { title state roots { number title } nodes { nodes { title } } indicators { nodes { title progress progressGap rating values { role value } } } revisions { state } } }";

async fn step(client: &Client, act: &str, id: &str) -> Answer {
    client.run(&format!("mutation($id: ID!) {{ {act}(id: $id) {{ state }} }}"), json!({"id": id})).await
}

async fn draft(planner: &Client, title: &str) -> String {
    let input = json!({"title": title, "kind": "COMPREHENSIVE_STRATEGY", "generation": 2,
        "startFiscalYear": 2026, "endFiscalYear": 2030});
    text(&planner.run(CREATE, json!({"input": input})).await.data()["strategyCreate"]["id"])
}

async fn node(planner: &Client, strategy: &str, parent: Option<&str>, kind: &str, number: Option<i32>) -> String {
    let title = format!("{kind}{}", number.unwrap_or(0));
    let input = json!({"strategyId": strategy, "parentId": parent, "kind": kind, "number": number, "title": title});
    text(&planner.run(NODE, json!({"input": input})).await.data()["strategyNodeAdd"]["id"])
}

async fn indicator(planner: &Client, node: &str, title: &str, direction: &str) -> String {
    let input = json!({"nodeId": node, "title": title, "kind": "NUMERIC", "direction": direction, "unit": "人"});
    text(&planner.run(INDICATOR, json!({"input": input})).await.data()["indicatorAdd"]["id"])
}

fn value(indicator: &str, role: &str, year: i32, value: Option<&str>) -> Value {
    let status = if value.is_some() { "KNOWN" } else { "PENDING" };
    json!({"input": {"indicatorId": indicator, "role": role, "fiscalYear": year, "status": status, "value": value}})
}

#[tokio::test]
async fn a_strategy_is_drafted_adopted_followed_and_ended() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let id = draft(&planner, "第2期総合戦略").await;
    let duplicate = json!({"input": {"title": "第2期総合戦略", "kind": "COMPREHENSIVE_STRATEGY"}});
    planner.run(CREATE, duplicate).await.expect_code("CONFLICT/DUPLICATE");
    let mut goals = Vec::new();
    for number in [3, 1, 4, 2] {
        goals.push(node(&planner, &id, None, "GOAL", Some(number)).await);
    }
    let twice = json!({"input": {"strategyId": id, "kind": "GOAL", "number": 3, "title": "また3"}});
    planner.run(NODE, twice).await.expect_code("CONFLICT/DUPLICATE");
    node(&planner, &id, Some(&goals[1]), "POLICY", Some(1)).await;
    let falls = indicator(&planner, &goals[0], "市外へ就職する学生数", "DECREASE").await;
    planner.run(VALUE, value(&falls, "BASELINE", 2024, Some("2000"))).await.data();
    planner.run(VALUE, value(&falls, "TARGET", 2030, Some("1800"))).await.data();
    planner.run(VALUE, value(&falls, "ACTUAL", 2026, Some("1900"))).await.expect_code("CONFLICT/NOT_IN_FORCE");

    assert_eq!(town.public().run(READ, json!({"id": id})).await.data()["strategy"], json!(null));
    step(&planner, "strategyPutInForce", &id).await.expect_code("CONFLICT/STATE");
    step(&planner, "strategyPublicCommentStart", &id).await.data();
    planner.run(ADOPT, json!({"id": id, "input": {"adoptedOn": "2026-03-20"}})).await.expect_code("CONFLICT/STATE");
    step(&planner, "strategyCouncilReviewStart", &id).await.data();
    planner.run(ADOPT, json!({"id": id, "input": {}})).await.expect_code("INVALID_INPUT");
    planner.run(ADOPT, json!({"id": id, "input": {"adoptedOn": "2026-05-21"}})).await.expect_code("INVALID_INPUT");
    assert_eq!(town.public().run(READ, json!({"id": id})).await.data()["strategy"], json!(null));
    planner.run(ADOPT, json!({"id": id, "input": {"adoptedOn": "2026-03-20"}})).await.data();
    planner.run(CHANGE, json!({"id": id, "input": {"title": "別の題"}})).await.expect_code("CONFLICT/STATE");

    let seen = town.public().run(READ, json!({"id": id})).await.data()["strategy"].clone();
    let numbers: Vec<_> = seen["roots"].as_array().expect("roots").iter().map(|n| n["number"].clone()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let tree: Vec<_> = seen["nodes"]["nodes"].as_array().expect("nodes").iter().map(|n| text(&n["title"])).collect();
    assert_eq!(tree, ["GOAL1", "POLICY1", "GOAL2", "GOAL3", "GOAL4"]);
    assert_eq!(seen["indicators"]["nodes"][0]["progressGap"], "NOT_RECORDED");
    step(&planner, "strategyPutInForce", &id).await.data();
    planner.run(VALUE, value(&falls, "ACTUAL", 2026, Some("1900"))).await.data();
    planner.run(VALUE, value(&falls, "ACTUAL", 2026, Some("1850"))).await.expect_code("CONFLICT/RECORDED");
    planner.run(VALUE, value(&falls, "TARGET", 2028, Some("1900"))).await.expect_code("CONFLICT/ADOPTED");
    let seen = town.public().run(READ, json!({"id": id})).await.data()["strategy"]["indicators"]["nodes"][0].clone();
    assert_eq!((&seen["progress"], &seen["rating"]), (&json!("50.0"), &json!("A")));
    assert_eq!(seen["progressGap"], json!(null));

    step(&planner, "strategyExpire", &id).await.data();
    step(&planner, "strategyExpire", &id).await.expect_code("CONFLICT/STATE");
    planner.run(VALUE, value(&falls, "ACTUAL", 2027, Some("1"))).await.expect_code("CONFLICT/STATE");
    let can = "query($id: ID!) { strategyNode(id: $id) { viewerCan { action allowed reason } } }";
    let can = planner.run(can, json!({"id": goals[0]})).await.data()["strategyNode"]["viewerCan"].clone();
    assert_eq!(can, json!([{"action": "strategyNodeChange", "allowed": false, "reason": "STATE"}]));
    let change = json!({"id": goals[0], "input": {"title": "遅い"}});
    planner.run(NODE_CHANGE, change).await.expect_code("CONFLICT/STATE");
    assert_eq!(town.public().run(READ, json!({"id": id})).await.data()["strategy"]["state"], "EXPIRED");
}

#[tokio::test]
async fn a_pending_value_is_filled_in_later() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let id = draft(&planner, "総合戦略").await;
    let goal = node(&planner, &id, None, "GOAL", Some(1)).await;
    let births = indicator(&planner, &goal, "合計特殊出生率", "INCREASE").await;
    planner.run(VALUE, value(&births, "BASELINE", 2025, None)).await.data();
    planner.run(VALUE, value(&births, "TARGET", 2030, Some("1.69"))).await.data();
    planner.run(ADOPT, json!({"id": id, "input": {"adoptedNote": "令和8年3月"}})).await.data();
    step(&planner, "strategyPutInForce", &id).await.data();
    planner.run(VALUE, value(&births, "ACTUAL", 2026, Some("1.55"))).await.data();
    let read = "query($id: ID!) { indicator(id: $id) { progress progressGap rating } }";
    let seen = town.public().run(read, json!({"id": births})).await.data()["indicator"].clone();
    assert_eq!(seen, json!({"progress": null, "progressGap": "PENDING", "rating": "NOT_MEASURABLE"}));
    planner.run(VALUE, value(&births, "BASELINE", 2025, Some("1.50"))).await.data();
    planner.run(VALUE, value(&births, "BASELINE", 2025, Some("1.40"))).await.expect_code("CONFLICT/RECORDED");
    let seen = town.public().run(read, json!({"id": births})).await.data()["indicator"].clone();
    assert_eq!(seen, json!({"progress": "26.3", "progressGap": null, "rating": "A"}));
}

#[tokio::test]
async fn an_adopted_tree_changes_by_revision_and_keeps_its_old_words() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let id = draft(&planner, "総合戦略").await;
    let one = node(&planner, &id, None, "POLICY_FIELD", Some(1)).await;
    let two = node(&planner, &id, None, "POLICY_FIELD", Some(2)).await;
    let below = node(&planner, &id, Some(&two), "DIRECTION", Some(1)).await;
    planner.run(NODE_CHANGE, json!({"id": one, "input": {"number": 3}})).await.data();
    planner.run(NODE_CHANGE, json!({"id": two, "input": {"number": 9, "title": "分野九"}})).await.data();
    let moved = planner.run(READ, json!({"id": id})).await.data()["strategy"]["nodes"]["nodes"].clone();
    assert_eq!(moved, json!([{"title": "POLICY_FIELD1"}, {"title": "分野九"}, {"title": "DIRECTION1"}]));

    let propose = json!({"input": {"strategyId": id, "nodeId": two, "changes": "事業内容の改訂"}});
    planner.run(PROPOSE, propose.clone()).await.expect_code("CONFLICT/STATE");
    planner.run(ADOPT, json!({"id": id, "input": {"adoptedOn": "2026-04-01"}})).await.data();
    step(&planner, "strategyPutInForce", &id).await.data();
    let change = json!({"id": below, "input": {"title": "新しい方向"}});
    planner.run(NODE_CHANGE, change).await.expect_code("CONFLICT/REVISION_REQUIRED");
    let revision = text(&planner.run(PROPOSE, propose).await.data()["strategyRevisionPropose"]["id"]);
    let change = |node: &str| json!({"id": node, "input": {"title": "新しい方向", "revisionId": revision}});
    planner.run(NODE_CHANGE, change(&below)).await.expect_code("CONFLICT/REVISION_NOT_IN_EFFECT");
    assert_eq!(town.public().run(READ, json!({"id": id})).await.data()["strategy"]["revisions"], json!([]));
    let early = json!({"id": revision, "input": {"councilName": "会議", "sessionNumber": 0, "approvedOn": "2026-05-21", "revisedOn": "2026-05-01"}});
    let refused = planner.run(APPROVE, early).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 3);
    let approve = json!({"id": revision, "input": {"councilName": "有識者会議", "sessionNumber": 11, "approvedOn": "2026-05-20"}});
    let approved = planner.run(APPROVE, approve.clone()).await.data()["strategyRevisionApprove"].clone();
    assert_eq!(approved, json!({"state": "APPROVED", "revisedOn": "2026-05-20", "sessionNumber": 11}));
    planner.run(APPROVE, approve).await.expect_code("CONFLICT/STATE");

    let changed = planner.run(NODE_CHANGE, change(&below)).await.data()["strategyNodeChange"].clone();
    assert_eq!(changed["title"], "新しい方向");
    assert_eq!(changed["versions"], json!([{"title": "DIRECTION1", "revisedBy": {"sessionNumber": 11}}]));
    planner.run(NODE_CHANGE, change(&one)).await.expect_code("INVALID_INPUT");
    let add = json!({"input": {"strategyId": id, "parentId": below, "kind": "MEASURE", "title": "新しい事業", "isNew": true, "revisionId": revision}});
    planner.run(NODE, add).await.data();
    let read = "query($id: ID!) { strategyNode(id: $id) { versions { title } children { title isNew } } }";
    let seen = town.public().run(read, json!({"id": below})).await.data()["strategyNode"].clone();
    assert_eq!(
        seen,
        json!({"versions": [{"title": "DIRECTION1"}], "children": [{"title": "新しい事業", "isNew": true}]})
    );
}

#[tokio::test]
async fn only_planning_staff_write_and_towns_do_not_mix() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let id = draft(&planner, "総合戦略").await;
    let goal = node(&planner, &id, None, "GOAL", Some(1)).await;
    let create = json!({"input": {"title": "別の戦略", "kind": "COMPREHENSIVE_PLAN"}});
    for role in [Role::GrantStaff, Role::Auditor, Role::Admin] {
        let other = town.staff(role).await;
        other.run(CREATE, create.clone()).await.expect_code("FORBIDDEN");
        other.run(ADOPT, json!({"id": id, "input": {"adoptedNote": "x"}})).await.expect_code("FORBIDDEN");
        other.run(NODE, json!({"input": {"strategyId": id, "kind": "GOAL"}})).await.expect_code("FORBIDDEN");
        other.run(NODE_CHANGE, json!({"id": goal, "input": {}})).await.expect_code("FORBIDDEN");
        assert_eq!(other.run(READ, json!({"id": id})).await.data()["strategy"]["state"], "DRAFT");
    }
    town.public().run(CREATE, create.clone()).await.expect_code("UNAUTHENTICATED");
    let district = "dst_00000000000000000000000000000001";
    let liaison = town.over(Role::Liaison, ScopeKind::District, district).await;
    for hidden in [town.public(), town.resident().await, liaison] {
        hidden.run(ADOPT, json!({"id": id, "input": {"adoptedNote": "x"}})).await.expect_code("NOT_FOUND");
        hidden.run(NODE_CHANGE, json!({"id": goal, "input": {}})).await.expect_code("NOT_FOUND");
        let node = "query($id: ID!) { strategyNode(id: $id) { title } node(id: $id) { id } }";
        assert_eq!(hidden.run(node, json!({"id": goal})).await.data(), json!({"strategyNode": null, "node": null}));
    }
    let elsewhere = Town::beside(town.app.clone()).await;
    let foreign = elsewhere.staff(Role::PlanningStaff).await;
    let theirs = draft(&foreign, "総合戦略").await;
    foreign.run(NODE, json!({"input": {"strategyId": id, "kind": "GOAL"}})).await.expect_code("NOT_FOUND");
    let input = json!({"strategyId": theirs, "parentId": goal, "kind": "GOAL"});
    foreign.run(NODE, json!({"input": input})).await.expect_code("NOT_FOUND");
    let second = draft(&planner, "もう一つの戦略").await;
    let input = json!({"strategyId": second, "parentId": goal, "kind": "GOAL"});
    planner.run(NODE, json!({"input": input})).await.expect_code("INVALID_INPUT");
    step(&foreign, "strategyExpire", &id).await.expect_code("NOT_FOUND");
    let read = "query($id: ID!) { strategy(id: $id) { viewerCan { action allowed code reason } } }";
    let can = planner.run(read, json!({"id": id})).await.data()["strategy"]["viewerCan"].clone();
    let of = |name: &str| can.as_array().expect("acts").iter().find(|a| a["action"] == name).cloned().expect("an act");
    assert_eq!(of("strategyAdopt")["allowed"], true);
    assert_eq!(of("strategyExpire")["reason"], "STATE");
}

#[tokio::test]
async fn a_strategy_does_not_begin_before_its_first_year() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let input = json!({"title": "次期総合戦略", "kind": "COMPREHENSIVE_STRATEGY", "startFiscalYear": 2027});
    let id = text(&planner.run(CREATE, json!({"input": input})).await.data()["strategyCreate"]["id"]);
    planner.run(ADOPT, json!({"id": id, "input": {"adoptedOn": "2026-05-20"}})).await.data();
    step(&planner, "strategyPutInForce", &id).await.expect_code("CONFLICT/NOT_BEGUN");
    town.app.clock.advance(Duration::days(316));
    let planner = town.staff(Role::PlanningStaff).await;
    step(&planner, "strategyPutInForce", &id).await.data();
}

#[tokio::test]
async fn bad_input_of_strategies_is_coded_and_changes_nothing() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let bad = json!({"input": {"title": " ", "kind": "COMPREHENSIVE_STRATEGY", "generation": 0,
        "startFiscalYear": 2030, "endFiscalYear": 2026, "populationVision": {"title": "", "midFiscalYear": 2060, "finalFiscalYear": 2040}}});
    let refused = planner.run(CREATE, bad).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 5);
    let id = draft(&planner, "総合戦略").await;
    let goal = node(&planner, &id, None, "GOAL", Some(1)).await;
    planner
        .run(NODE, json!({"input": {"strategyId": id, "kind": "GOAL", "number": 0}}))
        .await
        .expect_code("INVALID_INPUT");
    planner.run(NODE, json!({"input": {"strategyId": goal, "kind": "GOAL"}})).await.expect_code("NOT_FOUND");
    let milestone =
        json!({"input": {"nodeId": goal, "title": "拠点の整備", "kind": "MILESTONE", "direction": "INCREASE"}});
    planner.run(INDICATOR, milestone).await.expect_code("INVALID_INPUT");
    let known = indicator(&planner, &goal, "件数", "INCREASE").await;
    let twice = json!({"input": {"nodeId": goal, "title": "件数", "kind": "NUMERIC", "direction": "INCREASE"}});
    planner.run(INDICATOR, twice).await.expect_code("CONFLICT/DUPLICATE");
    let empty = json!({"input": {"indicatorId": known, "role": "TARGET", "fiscalYear": 2030, "status": "KNOWN", "text": "増やす"}});
    planner.run(VALUE, empty).await.expect_code("INVALID_INPUT");
    let pending = json!({"input": {"indicatorId": known, "role": "TARGET", "fiscalYear": 2030, "status": "PENDING", "value": "1"}});
    planner.run(VALUE, pending).await.expect_code("INVALID_INPUT");
    let malformed = json!({"input": {"indicatorId": known, "role": "TARGET", "fiscalYear": 2030, "status": "KNOWN", "value": "1,000"}});
    planner.run(VALUE, malformed).await.expect_code("INVALID_INPUT");
    planner.run(CHANGE, json!({"id": id, "input": {"revision": 7}})).await.expect_code("CONFLICT/STALE");
    let law =
        "mutation($name: String!) { legalBasisRecord(input: {name: $name, effectiveNote: \"平成17年3月\"}) { id } }";
    let basis = planner.run(law, json!({"name": "まちづくり基本条例"})).await.data()["legalBasisRecord"]["id"].clone();
    planner.run(law, json!({"name": "まちづくり基本条例"})).await.expect_code("CONFLICT/DUPLICATE");
    let vision = json!({"title": "人口ビジョン", "midFiscalYear": 2040});
    for generation in [json!(3), json!(null)] {
        let input = json!({"generation": generation, "legalBasisId": basis, "populationVision": vision});
        let changed = planner.run(CHANGE, json!({"id": id, "input": input})).await.data()["strategyChange"].clone();
        assert_eq!(changed["generation"], generation);
        assert_eq!(changed["populationVision"], vision);
    }
    let read = "query($id: ID!) { strategy(id: $id) { nodes { totalCount } indicators { nodes { values { id } } } } }";
    let seen = planner.run(read, json!({"id": id})).await.data()["strategy"].clone();
    assert_eq!(seen, json!({"nodes": {"totalCount": 1}, "indicators": {"nodes": [{"values": []}]}}));
}

/// The operation of `docs/stories` with this number.
pub fn story(number: u32) -> String {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stories");
    let mut files = std::fs::read_dir(dir).expect("stories").map(|file| file.expect("a file").path());
    let named = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{number:02}-")))
    };
    std::fs::read_to_string(files.find(named).expect("the story")).expect("text")
}

#[tokio::test]
async fn the_stories_of_strategies_can_be_played() {
    let town = Town::new().await;
    let planner = town.staff(Role::PlanningStaff).await;
    let create = json!({"title": "第3期総合戦略", "kind": "COMPREHENSIVE_STRATEGY", "startFiscalYear": 2025, "endFiscalYear": 2029});
    let id = planner.run(&story(72), json!({"input": create})).await.data()["strategyCreate"]["id"].clone();
    let goal = json!({"strategyId": id, "kind": "GOAL", "number": 1, "title": "若い世代に優しいまちをつくる"});
    let goal = planner.run(&story(73), json!({"input": goal})).await.data()["strategyNodeAdd"]["id"].clone();
    let indicator =
        json!({"nodeId": goal, "title": "学生数", "kind": "NUMERIC", "direction": "DECREASE", "unit": "人"});
    let indicator = planner.run(&story(74), json!({"input": indicator})).await.data()["indicatorAdd"]["id"].clone();
    let indicator = text(&indicator);
    planner.run(&story(75), value(&indicator, "BASELINE", 2024, Some("2000"))).await.data();
    planner.run(&story(75), value(&indicator, "TARGET", 2029, Some("1800"))).await.data();
    planner.run(&story(76), json!({"id": id, "input": {"adoptedOn": "2025-03-25"}})).await.data();
    let begun = planner.run(&story(77), json!({"id": id})).await.data();
    assert_eq!(begun["strategyPutInForce"]["state"], "IN_FORCE");
    let recorded = planner.run(&story(75), value(&indicator, "ACTUAL", 2025, Some("1900"))).await.data();
    assert_eq!(recorded["indicatorValueRecord"]["indicator"]["progress"], "50.0");
    let propose = json!({"input": {"strategyId": id, "nodeId": goal, "changes": "事業内容の改訂"}});
    let revision = planner.run(&story(78), propose).await.data()["strategyRevisionPropose"]["id"].clone();
    let approve = json!({"councilName": "有識者会議", "sessionNumber": 11, "approvedOn": "2026-03-31"});
    planner.run(&story(79), json!({"id": revision, "input": approve})).await.data();
    let list = town.public().run(&story(70), json!({})).await.data();
    assert_eq!(list["strategies"]["nodes"][0]["roots"][0]["id"], goal);
    let tree = town.public().run(&story(71), json!({"id": id})).await.data();
    assert_eq!(tree["strategy"]["indicators"]["nodes"][0]["rating"], "A");
}
