//! The days on which banks transfer nothing.

use super::*;

#[tokio::test]
async fn a_day_on_which_banks_rest_is_called_what_it_is() {
    let hall = Hall::new().await;
    let payment = hall.scene.payable().await;
    hall.scene.town.app.clock.advance(chrono::Duration::days(10));
    let staff = hall.scene.town.staff(Role::GrantStaff).await;
    // A Saturday, a Sunday, and Marine Day, a Monday.
    for day in ["2026-06-06", "2026-06-07", "2026-07-20"] {
        let input = json!({"transferOn": day, "grantApplicationIds": [payment]});
        let refused = staff.run(PREPARE, json!({ "input": input })).await.expect_code("INVALID_INPUT");
        let fields = &refused.body["errors"][0]["extensions"]["fields"];
        assert_eq!((&fields[0]["path"], &fields[0]["rule"]), (&json!("input.transferOn"), &json!("BANK_HOLIDAY")));
    }
    let input = json!({"transferOn": "2026-07-21", "grantApplicationIds": [payment]});
    staff.run(PREPARE, json!({ "input": input })).await.data();
}
