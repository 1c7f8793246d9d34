//! Acts that are sent again, and who was late: they are told the other side, and no more of it than they may read.

use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};

use crate::organizations::organization;
use crate::roundtables::{Hall, PASSAGE, passage};
use crate::support::Town;

#[tokio::test]
async fn a_queue_that_is_sent_again_has_one_effect_and_who_was_late_is_told_the_other_side() {
    let town = Town::new().await;
    let (ours, theirs) = (town.staff(Role::PlanningStaff).await, town.staff(Role::PlanningStaff).await);
    let (_, id) = organization(&ours, "電波の届かない会").await;
    let change = "mutation($id: ID!, $revision: Int, $phone: String, $email: String) {
        organizationChange(id: $id, input: {revision: $revision, phone: $phone, email: $email}) { revision phone email } }";
    let queue = [
        ("a", json!({ "id": id, "revision": 2, "phone": "0854" })),
        ("b", json!({ "id": id, "revision": 3, "email": "sato@example.jp" })),
    ];
    let send = async |n: usize| ours.with("idempotency-key", queue[n].0).run(change, queue[n].1.clone()).await;
    // The answer to the first is lost: it is sent again, though its revision is no longer the newest.
    let first = send(0).await.data();
    assert_eq!(send(0).await.data(), first);
    assert_eq!(first["organizationChange"]["revision"], 3);
    theirs.run(change, json!({ "id": id, "phone": "0000" })).await.data();
    let late = send(1).await.expect_code("CONFLICT/STALE");
    let other_side = &late.body["errors"][0]["extensions"]["otherSide"];
    assert_eq!(other_side["revision"], 4);
    assert_eq!(
        other_side["changes"],
        json!([{ "revision": 4, "at": "2026-05-20T01:00:00Z", "by": { "id": other_side["changes"][0]["by"]["id"], "name": "試験 太郎" },
            "fields": [{ "name": "phone", "before": "0854", "after": "0000" }] }])
    );
    // It is merged by the client and sent under a new key; the old key still refuses.
    send(1).await.expect_code("CONFLICT/STALE");
    let merged = json!({ "id": id, "revision": 4, "email": "sato@example.jp" });
    let merged = ours.with("idempotency-key", "c").run(change, merged).await.data();
    assert_eq!(merged["organizationChange"], json!({ "revision": 5, "phone": "0000", "email": "sato@example.jp" }));
}

#[tokio::test]
async fn m3_the_other_side_shows_no_more_than_the_object_does() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let (account, first) = hall.town.person(Role::Liaison, ScopeKind::District, Some(hall.district())).await;
    first.run(PASSAGE, passage(&id, 1, None, "書記の記録")).await.data();
    let late = hall.officer.run(PASSAGE, passage(&id, 1, None, "私の記録")).await.expect_code("CONFLICT/STALE");
    let change = &late.body["errors"][0]["extensions"]["otherSide"]["changes"][0];
    assert_eq!(change["by"], Value::Null, "an officer does not know the accounts of the town hall");
    assert!(!late.text.contains("試験 太郎"), "{}", late.text);
    assert!(!late.text.contains(&account.0.simple().to_string()), "{}", late.text);
    let fields = change["fields"].as_array().expect("fields");
    assert!(fields.contains(&json!({ "name": "text", "before": null, "after": "書記の記録" })), "{change}");
    assert!(fields.contains(&json!({ "name": "roundtable" })), "of other objects only the name: {change}");
    let late = hall.planner.run(PASSAGE, passage(&id, 1, None, "私の記録")).await.expect_code("CONFLICT/STALE");
    assert_eq!(late.body["errors"][0]["extensions"]["otherSide"]["changes"][0]["by"]["name"], "試験 太郎");
}
