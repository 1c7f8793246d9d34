//! What a cursor is good for: one reader, one town, one choice of kinds, and not forever.

use chrono::Duration;
use entaku::kernel::jobs::Runner;
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::changes::{PHONE, Phone, SINCE, UNPUBLISH, marker};
use crate::organizations::organization;
use crate::support::database::Own;
use crate::support::town::app_over;
use crate::support::{Client, Town};

#[tokio::test]
async fn another_appointment_means_to_start_anew() {
    let town = Town::new().await;
    let clerk = town.staff(Role::PlanningStaff).await;
    let (_, id) = organization(&clerk, "非公開の会").await;
    clerk.run(UNPUBLISH, json!({ "id": id })).await.data();
    let (account, member) = town.person(Role::Resident, ScopeKind::Municipality, None).await;
    let mut phone = Phone::new(&member).await;
    assert_eq!(phone.next().await["resync"], false);
    let organization = entaku::kernel::id::decode(&id).expect("an id").1;
    town.appoint(account, Role::OrgMember, ScopeKind::Organization, Some(organization)).await;
    let anew = phone.next().await;
    assert_eq!((&anew["resync"], &anew["reason"]), (&json!(true), &json!("APPOINTMENTS_CHANGED")));
    assert_eq!((&anew["changes"], &anew["hasMore"]), (&json!([]), &json!(false)));
    clerk.run(PHONE, json!({ "id": id, "phone": "1" })).await.data();
    phone.until(&marker(&clerk).await).await;
    assert_eq!(phone.operation(&id), Some("UPDATED"));
    town.dismiss(account).await;
    clerk.run(PHONE, json!({ "id": id, "phone": "2" })).await.data();
    assert_eq!(phone.next().await["resync"], true);
}

#[tokio::test]
async fn z9_a_cursor_is_for_its_reader_its_town_and_its_kinds() {
    let (town, other) = (Town::new().await, Town::new().await);
    let resident = town.resident().await;
    let cursor = Phone::new(&resident).await.cursor;
    let ask = async |client: &Client, kinds: Value| {
        client.run(SINCE, json!({ "cursor": cursor, "kinds": kinds })).await.code()
    };
    for client in [town.public(), town.resident().await, other.public()] {
        assert_eq!(ask(&client, Value::Null).await, "INVALID_INPUT/CURSOR");
    }
    assert_eq!(ask(&resident, json!(["DISTRICT"])).await, "INVALID_INPUT/CURSOR");
    let bad = json!({ "cursor": format!("{cursor}x") });
    resident.run(SINCE, bad).await.expect_code("INVALID_INPUT/CURSOR");
    for first in [0, 101, -1] {
        resident.run(SINCE, json!({ "cursor": cursor, "first": first })).await.expect_code("INVALID_INPUT");
    }
    resident.run(SINCE, json!({ "kinds": ["NOTHING"] })).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    Client::new(town.app.clone()).run(SINCE, json!({})).await.expect_code("BAD_REQUEST/MUNICIPALITY_REQUIRED");
}

#[tokio::test]
async fn another_town_is_told_nothing() {
    let here = Town::new().await;
    let there = Town::beside(here.app.clone()).await;
    let (clerk, abroad) = (here.staff(Role::PlanningStaff).await, there.staff(Role::PlanningStaff).await);
    let mut phone = Phone::new(&clerk).await;
    let (district, id) = organization(&abroad, "よその会").await;
    phone.until(&marker(&clerk).await).await;
    assert_eq!((phone.operation(&district), phone.operation(&id)), (None, None));
    assert_eq!(phone.told.len(), 1, "{:?}", phone.told);
}

#[tokio::test]
async fn old_events_are_cleared_and_old_cursors_refused() {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    let app = town.app.clone();
    let runner =
        Runner::new(&own.url("entaku_worker"), app.database.clone(), app.keys.clone(), app.clock.clone(), Vec::new());
    let runner = runner.expect("a runner");
    let public = town.public();
    let mut phone = Phone::new(&public).await;
    let count = async || {
        let mut worker = PgConnection::connect(&own.url("entaku_worker")).await.expect("a connection");
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM events").fetch_one(&mut worker).await.expect("a count")
    };
    let old = count().await;
    assert!(old > 0);
    app.clock.advance(Duration::days(89));
    assert_eq!(runner.clear_events().await.expect("cleared"), 0);
    phone.next().await;
    let (kept, clerk) = (phone.cursor.clone(), town.staff(Role::PlanningStaff).await);
    let mark = marker(&clerk).await;
    app.clock.advance(Duration::days(3));
    let cleared = runner.clear_events().await.expect("cleared");
    assert_eq!(i64::try_from(cleared).expect("a number"), old);
    assert!(count().await > 0, "the young ones are kept");
    phone.until(&mark).await;
    app.clock.advance(Duration::days(88));
    let refused = public.run(SINCE, json!({ "cursor": kept })).await.expect_code("INVALID_INPUT/CURSOR_EXPIRED");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["path"], "cursor");
    assert_eq!(phone.next().await["resync"], false, "its cursor is younger");
}
