//! The days on which a town hall is closed besides those of the law.

use entaku::kernel::principal::Role;
use serde_json::{Value, json};

use crate::organizations::text;
use crate::support::Town;
use crate::support::client::Answer;

const ADD: &str = include_str!("../../docs/stories/350-closed-day-add.graphql");
const CANCEL: &str = include_str!("../../docs/stories/351-closed-day-cancel.graphql");
const READ: &str = include_str!("../../docs/stories/352-closed-days-read.graphql");

/// A day is closed by whoever administers the town.
pub(crate) async fn closed(town: &Town, day: &str) -> Answer {
    let input = json!({"input": {"day": day, "name": "一斉休業日"}});
    town.staff(Role::Admin).await.run(ADD, input).await
}

#[tokio::test]
async fn administrators_add_days_on_which_the_town_hall_would_be_open() {
    let town = Town::new().await;
    let made = closed(&town, "2026-08-14").await.data()["closedDayAdd"].clone();
    for day in ["2026-08-14", "2026-08-15", "2026-08-11", "2026-12-29"] {
        closed(&town, day).await.expect_code("CONFLICT/CLOSED_ALREADY");
    }
    let input = json!({"input": {"day": "2026-08-17", "name": "休業日"}});
    town.staff(Role::GrantStaff).await.run(ADD, input).await.expect_code("FORBIDDEN");
    let nameless = json!({"input": {"day": "2026-08-17", "name": " "}});
    let admin = town.staff(Role::Admin).await;
    admin.run(ADD, nameless).await.expect_code("INVALID_INPUT");
    let id = json!({"id": text(&made["id"])});
    admin.run(CANCEL, id.clone()).await.data();
    admin.run(CANCEL, id).await.expect_code("CONFLICT/STATE");
    closed(&town, "2026-08-14").await.data();
    let seen = town.public().run(READ, json!({})).await.data()["closedDays"]["nodes"].clone();
    let seen: Vec<(String, bool)> = seen
        .as_array()
        .expect("days")
        .iter()
        .map(|day| (text(&day["day"]), day["cancelledOn"] == Value::Null))
        .collect();
    assert_eq!(seen, [("2026-08-14".to_owned(), false), ("2026-08-14".to_owned(), true)]);
}
