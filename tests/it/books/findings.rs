//! What the town hall finds, of which programme's list, and what it takes back.

#[allow(clippy::wildcard_imports)] // the desk and the documents of the noun's tests
use super::*;

story!(LIFT, "412-book-transaction-finding-lift");

/// M8: what the town hall found stays with what replaces it, and the organization does not judge it away.
#[tokio::test]
async fn m8_a_finding_of_the_town_hall_is_not_undone() {
    let d = Desk::new().await;
    let grant = d.scene.decided().await;
    let of = |code: &str| use_of(code, &json!({}));
    let social = d.scene.staff.run(USE_SET, of("SOCIAL")).await.data()["ineligibleUseSet"]["id"].clone();
    let other = d.scene.staff.run(USE_SET, of("OTHER")).await.data()["ineligibleUseSet"]["id"].clone();
    let paid = with(entry(&d.fuel, 12_000), &json!({ "grantApplicationId": grant }));
    let id = text(&d.record(paid.clone()).await["id"]);
    let judged = |of: &Value| json!({"id": id, "input": {"ineligibleUseId": of, "reason": "私用の燃料"}});
    d.accountant.run(JUDGE, judged(&other)).await.data();
    d.scene.staff.run(JUDGE, judged(&social)).await.data();
    d.accountant.run(JUDGE, judged(&other)).await.expect_code("CONFLICT/FOUND_BY_HALL");
    let undone = "UPDATE book_transactions SET found_by_hall = false WHERE book_id = $BOOK";
    assert!(d.sql(undone).await.contains("RULE"));
    let read = "query($id: ID!) { node(id: $id) { ... on BookTransaction { reversedBy { ineligibleReason } replacedBy {
        id foundByHall ineligibleReason ineligibleUse { code } } } } }";
    let mut last = id.clone();
    // Not even by a step without the grant.
    for replacement in [entry(&d.fuel, 12_000), paid] {
        let undo = json!({"id": last, "input": {"reason": "誤り", "replacement": replacement}});
        d.accountant.run(REVERSE, undo).await.data();
        let seen = d.scene.staff.run(read, json!({ "id": last })).await.data()["node"].clone();
        let next = &seen["replacedBy"];
        assert_eq!((&next["foundByHall"], &next["ineligibleUse"]["code"]), (&json!(true), &json!("SOCIAL")));
        assert_eq!(
            (&next["ineligibleReason"], &seen["reversedBy"]["ineligibleReason"]),
            (&json!("私用の燃料"), &Value::Null)
        );
        last = text(&next["id"]);
    }
}

/// A wrong finding is lifted by the town hall, with its reason, and both stay; nobody else lifts it.
#[tokio::test]
async fn a_wrong_finding_is_lifted_by_the_town_hall_and_stays_in_the_record() {
    let d = Desk::new().await;
    let grant = d.scene.decided().await;
    let social = d.use_set("SOCIAL", &json!({})).await;
    let id = text(&d.record(with(entry(&d.fuel, 12_000), &json!({ "grantApplicationId": grant }))).await["id"]);
    let lift = json!({"id": id, "input": {"reason": "講座の教材であった。"}});
    d.scene.staff.run(LIFT, lift.clone()).await.expect_code("CONFLICT/NO_FINDING");
    let judged = json!({"id": id, "input": {"ineligibleUseId": social, "reason": "私用の燃料"}});
    d.scene.staff.run(JUDGE, judged.clone()).await.data();
    for other in [&d.accountant, &d.scene.officer, &d.scene.approver, &d.auditor.1] {
        other.run(LIFT, lift.clone()).await.expect_code("FORBIDDEN");
    }
    let over = entaku::kernel::id::decode(&d.scene.organization).expect("an id").1;
    let (both, _) = d.scene.town.person(Role::OrgAccountant, ScopeKind::Organization, Some(over)).await;
    d.scene.town.appoint(both, Role::GrantStaff, ScopeKind::Municipality, None).await;
    d.scene.town.as_account(both).await.run(LIFT, lift.clone()).await.expect_code("FORBIDDEN/DUTIES_APART");
    let without =
        "UPDATE book_transactions SET found_by_hall = false, ineligible_use_id = NULL, ineligible_reason = NULL
        WHERE book_id = $BOOK";
    assert!(d.sql(without).await.contains("RULE"), "the database asks for the record");
    let empty = json!({"id": id, "input": {"reason": " "}});
    d.scene.staff.run(LIFT, empty).await.expect_code("INVALID_INPUT");
    let done = d.scene.staff.run(LIFT, lift.clone()).await.data()["bookTransactionFindingLift"].clone();
    assert_eq!((&done["foundByHall"], &done["ineligibleUse"]), (&json!(false), &Value::Null));
    let kept: Vec<_> = done["judgements"]
        .as_array()
        .expect("judgements")
        .iter()
        .map(|j| (j["ineligibleUse"]["code"].clone(), text(&j["reason"]), j["byHall"].clone()))
        .collect();
    let said = |code: Value, reason: &str| (code, reason.to_owned(), json!(true));
    assert_eq!(kept, [said(json!("SOCIAL"), "私用の燃料"), said(Value::Null, "講座の教材であった。")]);
    d.scene.staff.run(LIFT, lift).await.expect_code("CONFLICT/NO_FINDING");
    assert!(d.sql("UPDATE book_judgements SET reason = 'x'").await.contains("permission denied"));
    // What was lifted may be found again, and is the organization's again until then.
    d.accountant.run(REVERSE, json!({"id": id, "input": {"reason": "重複"}})).await.data();
}

/// What the organization itself had declared stands again when a finding is lifted.
#[tokio::test]
async fn a_finding_that_is_lifted_leaves_what_the_organization_declared() {
    let d = Desk::new().await;
    let grant = d.scene.decided().await;
    let [social, private] = [d.use_set("SOCIAL", &json!({})).await, d.use_set("PRIVATE", &json!({})).await];
    let own = json!({"grantApplicationId": grant, "ineligibleUseId": social, "ineligibleReason": "懇親会の飲食"});
    let id = text(&d.record(with(entry(&d.fuel, 50_000), &own)).await["id"]);
    let judged = json!({"id": id, "input": {"ineligibleUseId": private, "reason": "私用の燃料"}});
    d.scene.staff.run(JUDGE, judged).await.data();
    let lift = json!({"id": id, "input": {"reason": "私用ではなかった。"}});
    let done = d.scene.staff.run(LIFT, lift).await.data()["bookTransactionFindingLift"].clone();
    assert_eq!((&done["foundByHall"], &done["ineligibleUse"]["code"]), (&json!(false), &json!("SOCIAL")));
}

/// The list of one programme goes on with its successors, and concerns no other.
#[tokio::test]
async fn the_list_of_one_programme_is_its_lineages() {
    let terms = json!({"surplusRule": "RETURN", "repaymentDays": 20});
    let mut scene = Scene::with_terms(&terms).await;
    let later = scene.granted(300_000).await;
    let later_programme = scene.programme.clone();
    let programmes = scene.staff.run("{ grantProgrammes { nodes { id } } }", json!({})).await.data();
    let ids = programmes["grantProgrammes"]["nodes"].as_array().expect("programmes").clone();
    let first = ids.iter().map(|p| text(&p["id"])).find(|id| *id != later_programme).expect("another");
    scene.programme = first.clone();
    let earlier = scene.granted(300_000).await;
    let d = Desk::of(scene).await;
    let pay = |grant: &str| json!({"input": with(entry(&d.fuel, 1_000), &json!({ "grantApplicationId": grant }))});
    let own = d.use_set("RENT_ONLY", &json!({"category": "SUPPLIES", "programmeId": later_programme})).await;
    d.accountant.run(RECORD, pay(&later)).await.expect_code("CONFLICT/INELIGIBLE_USE");
    let id = text(&d.accountant.run(RECORD, pay(&earlier)).await.data()["bookTransactionRecord"]["id"]);
    let judged = json!({"id": id, "input": {"ineligibleUseId": own, "reason": "ほかの制度の定め"}});
    d.scene.staff.run(JUDGE, judged).await.expect_code("INVALID_INPUT");
    let cited = json!({"grantApplicationId": earlier, "ineligibleUseId": own, "ineligibleReason": "会費で補う。"});
    d.accountant.run(RECORD, json!({"input": with(entry(&d.fuel, 1_000), &cited)})).await.expect_code("INVALID_INPUT");
    let cite = format!(
        "UPDATE book_transactions SET ineligible_use_id = {}, ineligible_reason = 'x' WHERE book_id = $BOOK",
        uuid(&text(&own))
    );
    assert!(d.sql(&cite).await.contains("RULE"));
    // The list of the earlier programme is its successor's as well.
    d.use_set("RENT_ONLY", &json!({"category": "SUPPLIES", "programmeId": first})).await;
    d.accountant.run(RECORD, pay(&later)).await.data();
    d.accountant.run(RECORD, pay(&earlier)).await.expect_code("CONFLICT/INELIGIBLE_USE");
    let tx = d.scene.town.system();
    let link =
        format!("UPDATE grant_programmes SET previous_id = {} WHERE id = {}", uuid(&first), uuid(&later_programme));
    tx.run(Sql::new(&link)).await.expect("linked");
    tx.commit().await.expect("committed");
    d.accountant.run(RECORD, pay(&later)).await.expect_code("CONFLICT/INELIGIBLE_USE");
    // What asks for receipts may be one programme's, too.
    let receipts = json!({"withoutReceipt": true, "programmeId": later_programme});
    d.use_set("NO_RECEIPT", &receipts).await;
    let told = d
        .scene
        .officer
        .run(CLOSE, json!({"id": d.book, "input": {"completedOn": "2026-05-20"}}))
        .await
        .expect_code("CONFLICT/RECEIPTS_MISSING");
    assert!(told.text.contains("without a receipt: 2."), "the first is the other programme's: {}", told.text);
}
