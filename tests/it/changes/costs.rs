//! What it costs to ask: as many statements for much as for little, and known before.

use entaku::kernel::principal::Role;
use serde_json::json;

use crate::changes::{Phone, SINCE, UNPUBLISH, marker};
use crate::organizations::organization;
use crate::support::{Client, Town};

#[tokio::test]
async fn however_much_has_changed_it_takes_as_many_statements() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (mut one, mut many) = (Phone::new(&clerk).await, Phone::new(&clerk).await);
    let (_, id) = organization(&clerk, "一つ目の会").await;
    clerk.run(UNPUBLISH, json!({ "id": id })).await.data();
    one.until(&id).await;
    let before = one.cursor.clone();
    for n in 0..12 {
        let (_, id) = organization(&clerk, &format!("会{n}")).await;
        clerk.run(UNPUBLISH, json!({ "id": id })).await.data();
    }
    let mark = marker(&clerk).await;
    one.until(&mark).await;
    many.until(&mark).await;
    let public = town.public();
    let beginning = public.statements(SINCE, json!({})).await;
    assert_eq!(beginning, 1, "the cursor alone");
    // The events; districts; organizations, and who could read them.
    one.cursor = before;
    assert_eq!(clerk.statements(SINCE, one.variables()).await, 4 + identifying(&clerk).await);
}

/// How many statements it takes to know who asks.
async fn identifying(client: &Client) -> u64 {
    client.statements("{ __typename }", json!({})).await
}

#[tokio::test]
async fn its_cost_is_known_before() {
    let town = Town::new().await;
    let explain = "query($document: String!) { explainCost(document: $document) { requested } }";
    let cost = async |document: &str| {
        let data = town.public().run(explain, json!({ "document": document })).await.data();
        data["explainCost"]["requested"].as_i64().expect("points")
    };
    let little = cost("{ changesSince(first: 1) { cursor } }").await;
    let much =
        cost("{ changesSince { changes { node { ... on District { organizations(first: 10) { nodes { id } } } } } } }")
            .await;
    assert!(little >= 10 && much >= little + 100, "{little} {much}");
    let endless = "{ changesSince { changes { node { ... on District { organizations(first: 100) { nodes {
        officers { organization { district { organizations(first: 100) { nodes { id } } } } } } } } } } } }";
    town.public().run(endless, json!({})).await.expect_code("BAD_REQUEST/TOO_COMPLEX");
}
