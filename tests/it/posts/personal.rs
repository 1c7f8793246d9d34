//! What was the person's passes on with the post, on the day.

use chrono::{TimeZone, Utc};
use entaku::kernel::jobs::Runner;
use entaku::kernel::principal::Role;
use entaku::people::posts::taking_over;
use entaku::{challenges, liaison};
use serde_json::json;

use crate::organizations::{organization, text};
use crate::posts::{CANCEL, Hall, SUMMARY};
use crate::support::Town;
use crate::support::database::Own;
use crate::support::town::app_over;

/// On the day the assignment to the district passes on, for the remaining term, and only once.
#[tokio::test]
async fn what_belongs_to_the_person_passes_on_the_day() {
    let own = Own::migrated().await;
    let mut hall = Hall::of(Town::beside(app_over(&own.url("entaku_app"))).await).await;
    let planner = hall.town.staff(Role::PlanningStaff).await;
    let (district, _) = organization(&planner, "青葉の会").await;
    let ((a, _), (b, _)) = (hall.somebody().await, hall.somebody().await);
    let propose = "mutation($input: LiaisonAssignmentProposeInput!) { liaisonAssignmentPropose(input: $input) { id } }";
    let input = json!({"accountId": a.to_string(), "districtId": district, "role": "MAIN", "kind": "LIAISON_STAFF",
        "termStart": "2026-04-01", "termEnd": "2028-03-31"});
    let assignment =
        text(&planner.run(propose, json!({ "input": input })).await.data()["liaisonAssignmentPropose"]["id"]);
    let appoint = "mutation($id: ID!) { liaisonAssignmentAppoint(id: $id) { id } }";
    planner.run(appoint, json!({"id": assignment})).await.data();
    let post = hall.post("地区担当", "LIAISON", json!(district)).await;
    hall.hand_over(&post, Some(a), "2026-05-20").await.data();
    let id = hall.handed(&post, Some(b), "2026-06-01").await;
    let work = async |hall: &Hall| {
        let app = &hall.town.app;
        let kinds = vec![taking_over::kind(vec![liaison::taking_over::take_over, challenges::taking_over::take_over])];
        let url = own.url("entaku_worker");
        let runner =
            Runner::new(&url, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds).expect("a runner");
        while runner.run_due().await.expect("a round") > 0 {}
    };
    work(&hall).await;
    let state =
        async |hall: &Hall| hall.admin.run(SUMMARY, json!({"id": id})).await.data()["handover"]["state"].clone();
    assert_eq!(state(&hall).await, "PLANNED");
    hall.at(Utc.with_ymd_and_hms(2026, 5, 31, 15, 0, 0).single().expect("a time")).await;
    work(&hall).await;
    assert_eq!(state(&hall).await, "DONE");
    let list = "{ liaisonAssignments { nodes { state termStart termEnd account { id } predecessor { id } } } }";
    let present = hall.town.public().run(list, json!({})).await.data()["liaisonAssignments"]["nodes"].clone();
    assert_eq!(present.as_array().expect("nodes").len(), 1, "{present}");
    assert_eq!((&present[0]["termStart"], &present[0]["termEnd"]), (&json!("2026-06-01"), &json!("2028-03-31")));
    let log = "mutation($d: ID!) { liaisonVisitLog(input: {districtId: $d, visitedOn: \"2026-06-01\", minutes: 30, kind: VISIT, content: \"挨拶\"}) { id } }";
    hall.town.enter(b).await.run(log, json!({"d": district})).await.data();
    hall.town.enter(a).await.run(log, json!({"d": district})).await.expect_code("FORBIDDEN");
    hall.admin.run(CANCEL, json!({"id": id})).await.expect_code("CONFLICT/EFFECTIVE");
}
