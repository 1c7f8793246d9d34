//! A municipality as full as the demo makes it, with every object's id by kind.

use std::collections::HashMap;
use std::sync::Arc;

use entaku::api::app::App;
use entaku::api::schema::Nouns;
use entaku::kernel::id::encode;
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, ShapeDef};
use uuid::Uuid;

use entaku::kernel::principal::{Role, ScopeKind};
use entaku::people::sso::entity::{IdentityId, IdentityProviderId, SecondFactorBy, identity, identity_provider};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::json;

use super::Town;

/// A full municipality.
pub struct World {
    pub town: Town,
    /// Ids by the type's name; of types with states, one of each state first.
    pub ids: HashMap<&'static str, Vec<String>>,
}

impl World {
    /// Loads the demo under a fresh code.
    pub async fn new(app: Arc<App>) -> Self {
        let town = Town::beside(app).await;
        // The others add what Unnan does not have: a population vision and a revision, indicators with values.
        for paper in ["322091", "082368", "172014"] {
            entaku::demo::load_as(&town.app, paper, town.code.as_str(), "no password").await.expect("a demo");
        }
        town.resident().await;
        revise(&town).await;
        approvals(&town).await;
        sign_on(&town).await;
        let mut ids = HashMap::new();
        for shape in Nouns::queries().shapes().iter().filter(|s| s.tenant) {
            let of = Self::ids_of(&town, shape).await;
            assert!(!of.is_empty(), "the demo has no {}: give it one, so that the standing tests reach it", shape.name);
            ids.insert(shape.name, of);
        }
        Self { town, ids }
    }

    /// The ids of a kind in a municipality; of a kind with states, one of each state first.
    pub async fn ids_of(town: &Town, shape: &ShapeDef) -> Vec<String> {
        let tx = town.system();
        let stateful = shape.fields.iter().any(|f| f.name == "state");
        let order = if stateful { "row_number() OVER (PARTITION BY state ORDER BY id), id" } else { "id" };
        let sql = Sql::new(&format!("SELECT id FROM {} ORDER BY {order}", shape.table));
        let rows = tx.rows(sql).await.expect("rows");
        rows.iter().map(|row| encode(shape.prefix, row.get::<_, Uuid>("id"))).collect()
    }

    /// Some object that an argument of a mutation could mean: `id` is the payload's kind, `districtId` a
    /// district, and so on.
    pub fn some(&self, argument: &str, payload: &str) -> Option<String> {
        let wanted = argument.strip_suffix("Id").unwrap_or("").to_lowercase();
        // An organization is what a role may be over by whoever may give one.
        let wanted = if wanted == "scope" { "organization".to_owned() } else { wanted };
        let named = |name: &str| {
            let name = name.to_lowercase();
            !wanted.is_empty() && (name.ends_with(&wanted) || wanted.ends_with(&name))
        };
        let mut kinds: Vec<_> = self.ids.keys().copied().filter(|name| named(name)).collect();
        kinds.sort_by_key(|name| (name.to_lowercase() != wanted, name.len()));
        let kind = kinds.first().copied().unwrap_or(payload);
        self.ids.get(kind)?.first().cloned()
    }
}

/// Two payments under a route: the approval of one is returned, the other's waits. Of a small one the bank told on paper.
async fn approvals(town: &Town) {
    let admin = town.staff(Role::Admin).await;
    let route = "mutation { approvalRouteCreate(input: {title: \"支払\", act: GRANT_PAYMENT_EXECUTE, fromYen: 600000, inOrder: false,
        steps: [{name: \"部長決裁\", role: APPROVER, needed: 1}, {name: \"合議\", role: PLANNING_STAFF, needed: 1}]}) { id } }";
    admin.run(route, json!({})).await.data();
    let s = crate::grants::Scene::in_town(town).await;
    let seat = "{ viewer { tasks(first: 100, filter: {act: [\"approvalApprove\"]}) { nodes { objectId } } } }";
    let planner = town.staff(Role::PlanningStaff).await;
    for back in [true, false] {
        s.payable_of(700_000).await;
        if back {
            let open = planner.run(seat, json!({})).await.data()["viewer"]["tasks"]["nodes"][0]["objectId"].clone();
            let back = "mutation($id: ID!) { approvalReturn(id: $id, reason: \"確かめてください。\") { id } }";
            planner.run(back, json!({ "id": open })).await.data();
        }
    }
    crate::bank::by_hand::came_on_paper(&s).await;
}

/// Gives the town a sign-in of its own, with which somebody is known.
async fn sign_on(town: &Town) {
    let somebody = town.person(Role::Admin, ScopeKind::Municipality, None).await.0;
    let tx = town.system();
    identity_provider::ActiveModel {
        id: Set(IdentityProviderId::new()),
        issuer: Set("https://login.example.jp".into()),
        client_id: Set("entaku".into()),
        key_id: Set(String::new()),
        secret: Set(String::new()),
        second_factor: Set(SecondFactorBy::Local),
        enabled: Set(true),
        ..Default::default()
    }
    .insert(&tx)
    .await
    .expect("a provider");
    identity::ActiveModel {
        id: Set(IdentityId::new()),
        account_id: Set(somebody),
        issuer: Set("https://login.example.jp".into()),
        subject: Set("somebody".into()),
        ..Default::default()
    }
    .insert(&tx)
    .await
    .expect("an identity");
    tx.commit().await.expect("committed");
}

/// Revises a measure, so that its earlier version is kept.
async fn revise(town: &Town) {
    let clerk = town.staff(Role::PlanningStaff).await;
    let find = "{ strategies(first: 100) { nodes { id state nodes(first: 1, filter: {kind: [MEASURE]}) { nodes { id title } } } } }";
    let data = clerk.run(find, json!({})).await.data();
    let strategies = data["strategies"]["nodes"].as_array().expect("strategies");
    let measured = strategies.iter().find(|s| s["nodes"]["nodes"][0]["id"].is_string()).expect("a measure");
    let node = measured["nodes"]["nodes"][0]["id"].clone();
    let propose = "mutation($input: StrategyRevisionProposeInput!) { strategyRevisionPropose(input: $input) { id } }";
    let input = json!({"strategyId": measured["id"], "nodeId": node, "changes": "事業内容の改訂"});
    let revision = clerk.run(propose, json!({ "input": input })).await.data()["strategyRevisionPropose"]["id"].clone();
    let approve = "mutation($id: ID!) { strategyRevisionApprove(id: $id, input: {councilName: \"有識者会議\", sessionNumber: 1, approvedOn: \"2026-05-01\"}) { id } }";
    clerk.run(approve, json!({ "id": revision })).await.data();
    let change =
        "mutation($id: ID!, $input: StrategyNodeChangeInput!) { strategyNodeChange(id: $id, input: $input) { id } }";
    clerk.run(change, json!({"id": node, "input": {"revisionId": revision, "note": "改訂"}})).await.data();
}
