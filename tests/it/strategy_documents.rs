//! The five towns' strategies, loaded through the commands and read by the public.

use std::collections::HashMap;

use entaku::people::commands::{SectionCreateInput, create_section};
use entaku::strategy::import::{StrategyDocument, import};
use serde_json::{Value, json};

use crate::organizations::text;
use crate::support::Town;

const STRATEGIES: &str = "{ legalBases { nodes { name number effectiveOn effectiveNote } } strategies { nodes {
    id title generation kind state startFiscalYear endFiscalYear adoptedOn adoptedNote summary
    legalBasis { name } predecessor { title } section { name }
    populationVision { title adoptedNote midFiscalYear midNote finalFiscalYear finalNote summary note }
    revisions { state councilName sessionNumber approvedOn revisedOn changes node { kind number parent { kind number } } } } } }";
const NODES: &str = "query($id: ID!, $after: String) { strategy(id: $id) { nodes(first: 10, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { id kind number position title aim isNew note category nickname parent { id }
    indicators { title kind direction unit approximate progress progressGap rating
        values { role fiscalYear status value text approximate } } } } } }";

/// A town with its document loaded, twice: the second time changes nothing.
struct Loaded {
    town: Town,
    document: Value,
    strategies: Vec<Value>,
    laws: Value,
}

async fn load(code: &str) -> Loaded {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let file = std::fs::read_dir(dir)
        .expect("demo")
        .map(|f| f.expect("a file").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{code}-"))));
    let content = std::fs::read_to_string(file.expect("the town's file")).expect("text");
    let document: Value = serde_json::from_str(&content).expect("json");
    let strategies: StrategyDocument = serde_json::from_str(&content).expect("a document");
    let town = Town::new().await;
    let tx = town.system();
    let mut sections = HashMap::new();
    for section in document["sections"].as_array().expect("sections") {
        let input = SectionCreateInput {
            name: text(&section["name"]),
            parent_id: None,
            established_on: entaku::kernel::date::Date(chrono::NaiveDate::from_ymd_opt(2005, 4, 1).expect("a day")),
            postal_code: None,
            address: None,
            phone: None,
            fax: None,
            email: None,
        };
        sections.insert(text(&section["key"]), create_section(&tx, input).await.expect("a section"));
    }
    let first = import(&tx, &strategies, &sections).await.expect("imported");
    let statements = tx.statements();
    let again = import(&tx, &strategies, &sections).await.expect("imported again");
    assert_eq!(first.strategies, again.strategies);
    let looked_up = strategies.legal_bases.len() + strategies.strategies.len();
    assert_eq!(tx.statements() - statements, looked_up as u64, "the second time looks only");
    tx.commit().await.expect("committed");
    let seen = town.public().run(STRATEGIES, json!({})).await.data();
    let list = seen["strategies"]["nodes"].as_array().expect("strategies").clone();
    Loaded { town, document, strategies: list, laws: seen["legalBases"]["nodes"].clone() }
}

impl Loaded {
    /// Every node of a strategy, in the order of the list.
    async fn nodes(&self, strategy: &Value) -> Vec<Value> {
        let (mut nodes, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = self.town.public().run(NODES, json!({"id": strategy["id"], "after": after})).await.data();
            let page = page["strategy"]["nodes"].clone();
            nodes.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                return nodes;
            }
        }
    }

    async fn last_nodes(&self) -> Vec<Value> {
        self.nodes(self.strategies.last().expect("a strategy")).await
    }

    /// Everything the document says is what the public reads, and nothing else is there.
    async fn agrees_with_its_document(&self) {
        assert_eq!(self.laws, self.document["legalBases"]);
        let entries = self.document["strategies"].as_array().expect("strategies");
        assert_eq!(self.strategies.len(), entries.len());
        for (entry, seen) in entries.iter().zip(&self.strategies) {
            self.strategy_agrees(entry, seen).await;
        }
    }

    async fn strategy_agrees(&self, entry: &Value, seen: &Value) {
        let of_key = |list: &Value, key: &Value, field: &str| {
            let found = list.as_array().expect("a list").iter().find(|x| x["key"] == *key).cloned();
            found.map_or(Value::Null, |x| x[field].clone())
        };
        for field in ["title", "generation", "kind", "startFiscalYear", "endFiscalYear", "adoptedOn", "summary"] {
            assert_eq!(seen[field], entry[field], "{field}");
        }
        if entry["adoptedNote"].is_string() {
            assert_eq!(seen["adoptedNote"], entry["adoptedNote"]);
        }
        assert_eq!(seen["legalBasis"]["name"], entry["legalBasis"]);
        let predecessor = of_key(&self.document["strategies"], &entry["predecessor"], "title");
        assert_eq!(seen["predecessor"]["title"], predecessor);
        assert_eq!(seen["section"]["name"], of_key(&self.document["sections"], &entry["section"], "name"));
        assert_eq!(seen["populationVision"], entry.get("populationVision").cloned().unwrap_or_default());
        let nodes = self.nodes(seen).await;
        let mut met = 0;
        children_agree(&entry["nodes"], &Value::Null, &nodes, &mut met);
        assert_eq!(met, nodes.len());
    }
}

fn children_agree(entries: &Value, parent: &Value, nodes: &[Value], met: &mut usize) {
    let mut children: Vec<&Value> = nodes.iter().filter(|n| n["parent"]["id"] == *parent).collect();
    children.sort_by_key(|n| n["position"].as_i64());
    let entries = entries.as_array().expect("entries");
    assert_eq!(children.len(), entries.len());
    for (entry, node) in entries.iter().zip(children) {
        *met += 1;
        for field in ["kind", "number", "title", "aim", "isNew", "note", "category"] {
            assert_eq!(node[field], entry[field], "{} {field}", entry["key"]);
        }
        assert_eq!(node["nickname"], entry.get("nickname").cloned().unwrap_or_default());
        let indicators = entry["indicators"].as_array().expect("indicators");
        assert_eq!(node["indicators"].as_array().expect("indicators").len(), indicators.len());
        for (entry, seen) in indicators.iter().zip(node["indicators"].as_array().expect("indicators")) {
            for field in ["title", "kind", "direction", "unit", "approximate"] {
                assert_eq!(seen[field], entry[field], "{field}");
            }
            let mut values = entry["values"].as_array().expect("values").clone();
            values.sort_by_key(|v| v["fiscalYear"].as_i64());
            assert_eq!(seen["values"], Value::Array(values));
        }
        children_agree(&entry["children"], &node["id"], nodes, met);
    }
}

/// The numbers (or titles) of the children of one kind, in the order of the list.
fn below<'a>(nodes: &'a [Value], parent: &Value, kind: &str) -> Vec<&'a Value> {
    nodes.iter().filter(|n| n["parent"]["id"] == *parent && n["kind"] == kind).collect()
}

fn of_kind<'a>(nodes: &'a [Value], kind: &str) -> Vec<&'a Value> {
    nodes.iter().filter(|n| n["kind"] == kind).collect()
}

fn numbers(nodes: &[&Value]) -> Vec<i64> {
    nodes.iter().map(|n| n["number"].as_i64().expect("a number")).collect()
}

#[tokio::test]
async fn kanazawa_has_four_goals_in_order() {
    let loaded = load("172014").await;
    loaded.agrees_with_its_document().await;
    let nodes = loaded.last_nodes().await;
    let goals = of_kind(&nodes, "GOAL");
    assert_eq!(numbers(&goals), [1, 2, 3, 4]);
    let measures = of_kind(&nodes, "MEASURE");
    assert_eq!((of_kind(&nodes, "POLICY").len(), measures.len()), (16, 23));
    assert_eq!(measures.iter().filter(|m| m["isNew"] == true).count(), 19);
    let policies: Vec<usize> = goals.iter().map(|g| below(&nodes, &g["id"], "POLICY").len()).collect();
    assert_eq!(policies, [3, 4, 4, 5]);
    let marriage = below(&nodes, &goals[0]["id"], "POLICY")[1];
    assert_eq!((&marriage["number"], &marriage["title"]), (&json!(2), &json!("結婚の希望をかなえるための環境づくり")));
    assert!(below(&nodes, &marriage["id"], "MEASURE").is_empty());

    let indicators: Vec<&Value> = nodes.iter().flat_map(|n| n["indicators"].as_array().expect("a list")).collect();
    let figures = |i: &Value| {
        let shown = |v: &Value| {
            format!(
                "{} {} {}",
                text(&v["role"]),
                v["fiscalYear"],
                v["value"].as_str().or(v["text"].as_str()).expect("a value")
            )
        };
        i["values"].as_array().expect("values").iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(indicators.len(), 5);
    assert_eq!(figures(indicators[0]), ["REFERENCE 2017 1.50", "BASELINE 2018 3月公表予定", "TARGET 2024 1.69"]);
    assert_eq!(figures(indicators[1]), ["BASELINE 2018 2000", "TARGET 2024 1800"]);
    assert_eq!(figures(indicators[2]), ["BASELINE 2018 1045", "TARGET 2024 1121"]);
    assert_eq!(figures(indicators[3]), ["BASELINE 2018 未整備", "TARGET 2024 整備"]);
    assert_eq!(figures(indicators[4]), ["BASELINE 2018 80", "TARGET 2024 99"]);
    let gaps: Vec<&Value> = indicators.iter().map(|i| &i["progressGap"]).collect();
    assert_eq!(gaps, ["PENDING", "NOT_RECORDED", "NOT_RECORDED", "MILESTONE", "NOT_RECORDED"]);
    assert!(indicators.iter().all(|i| i["rating"] == "NOT_MEASURABLE"));
    let states: Vec<&Value> = loaded.strategies.iter().map(|s| &s["state"]).collect();
    assert_eq!(states, ["EXPIRED", "IN_FORCE"], "the first strategy ended when the second came");

    let query = "query($id: ID!) { strategy(id: $id) { all: nodes(filter: {kind: [MEASURE]}) { totalCount }
        new: nodes(filter: {kind: [MEASURE], isNew: true}) { totalCount } } }";
    let id = &loaded.strategies[1]["id"];
    let seen = loaded.town.public().run(query, json!({"id": id})).await.data()["strategy"].clone();
    assert_eq!(seen, json!({"all": {"totalCount": 23}, "new": {"totalCount": 19}}));
}

#[tokio::test]
async fn omitama_has_a_revision_bound_to_a_direction_without_a_title() {
    let loaded = load("082368").await;
    loaded.agrees_with_its_document().await;
    let second = loaded.strategies.last().expect("a strategy");
    assert_eq!(
        second["revisions"],
        json!([{"state": "APPROVED", "councilName": "小美玉市まち・ひと・しごと創生有識者会議", "sessionNumber": 11,
            "approvedOn": "2022-03-31", "revisedOn": "2022-03-31", "changes": "政策分野2-基本的方向1における事業内容の改訂",
            "node": {"kind": "DIRECTION", "number": 1, "parent": {"kind": "POLICY_FIELD", "number": 2}}}])
    );
    let vision = &second["populationVision"];
    assert_eq!((&vision["midFiscalYear"], &vision["finalFiscalYear"]), (&json!(2040), &json!(2060)));
    let nodes = loaded.last_nodes().await;
    assert_eq!(numbers(&of_kind(&nodes, "POLICY_FIELD")), [1, 2, 3, 4]);
    assert_eq!(numbers(&of_kind(&nodes, "EXPERIENCE_STEP")), [1, 2, 3, 4]);
    assert_eq!(of_kind(&nodes, "DIRECTION")[0]["title"], json!(null));
}

#[tokio::test]
async fn niimi_lists_directions_and_kinds_of_work_apart() {
    let loaded = load("332101").await;
    loaded.agrees_with_its_document().await;
    let query = "query($id: ID!) { strategy(id: $id) { directions: nodes(filter: {kind: [DIRECTION]}) { nodes { number title parent { id } } }
        work: nodes(filter: {kind: [WORK_KIND]}) { nodes { number title parent { id } } } programmes: nodes(filter: {kind: [PROGRAMME]}) { nodes { number children { id } } } } }";
    let seen =
        loaded.town.public().run(query, json!({"id": loaded.strategies[0]["id"]})).await.data()["strategy"].clone();
    let titles =
        |list: &Value| list["nodes"].as_array().expect("nodes").iter().map(|n| text(&n["title"])).collect::<Vec<_>>();
    assert_eq!(
        titles(&seen["directions"]),
        ["意識の醸成", "情報と目的意識の共有", "協働による地域づくり", "持続的に活動できる仕組みづくり"]
    );
    assert_eq!(titles(&seen["work"]), ["地域運営組織", "人材", "活動資金", "拠点施設"]);
    assert_eq!(seen["directions"]["nodes"][0]["parent"], seen["work"]["nodes"][0]["parent"]);
    let items: Vec<usize> = seen["programmes"]["nodes"]
        .as_array()
        .expect("programmes")
        .iter()
        .map(|p| p["children"].as_array().expect("items").len())
        .collect();
    assert_eq!(items, [4, 3, 3]);
}

#[tokio::test]
async fn soja_has_four_projects_with_items_and_policies() {
    let loaded = load("332089").await;
    loaded.agrees_with_its_document().await;
    let nodes = loaded.last_nodes().await;
    let projects = of_kind(&nodes, "PRIORITY_PROJECT");
    assert_eq!(numbers(&projects), [1, 2, 3, 4]);
    let count = |kind| projects.iter().map(|p| below(&nodes, &p["id"], kind).len()).collect::<Vec<_>>();
    assert_eq!((count("ITEM"), count("POLICY")), (vec![5, 3, 5, 4], vec![4, 3, 3, 2]));
    let nicknames: Vec<&Value> = projects.iter().map(|p| &p["nickname"]).collect();
    assert_eq!(nicknames, ["ささえる", "うるおう", "はぐくむ", "つちかう"]);
}

#[tokio::test]
async fn unnan_has_four_challenges_of_four_generations() {
    let loaded = load("322091").await;
    loaded.agrees_with_its_document().await;
    let nodes = loaded.last_nodes().await;
    let challenges = of_kind(&nodes, "CHALLENGE");
    let categories: Vec<&Value> = challenges.iter().map(|c| &c["category"]).collect();
    assert_eq!(categories, ["CHILD", "YOUTH", "ADULT", "CORPORATE"]);
    let projects: Vec<usize> = challenges.iter().map(|c| below(&nodes, &c["id"], "BASIC_PROJECT").len()).collect();
    assert_eq!(projects, [2, 2, 3, 2]);
    let first = loaded.nodes(&loaded.strategies[0]).await;
    assert_eq!(first[0]["indicators"][0]["values"], json!([]), "a goal whose figure the document does not tell");
    assert_eq!(loaded.strategies[1]["section"]["name"], "政策企画部 政策推進課");
}
