//! What a grant is for, its receipts, and how long they are kept.

#[allow(clippy::wildcard_imports)] // the desk and the documents of the noun's tests
use super::*;

#[tokio::test]
async fn a_grant_pays_for_what_the_list_allows_and_with_a_receipt() {
    let d = Desk::new().await;
    let grant = d.scene.decided().await;
    let set = |code: &str, more: Value| use_of(code, &more);
    let all = d.scene.staff.run(USE_SET, set("SUPPLIES", json!({"category": "SUPPLIES"}))).await.data();
    let all = all["ineligibleUseSet"]["id"].clone();
    d.scene.staff.run(USE_SET, set("bad code", json!({}))).await.expect_code("INVALID_INPUT");
    d.scene.staff.run(USE_SET, set("INCOME", json!({"category": "GRANT"}))).await.expect_code("INVALID_INPUT");
    d.scene.officer.run(USE_SET, set("MINE", json!({}))).await.expect_code("FORBIDDEN");
    let paid = with(entry(&d.fuel, 12_000), &json!({ "grantApplicationId": grant }));
    let refused = d.accountant.run(RECORD, json!({ "input": paid })).await.expect_code("CONFLICT/INELIGIBLE_USE");
    assert!(refused.text.contains("交付要綱第5条"), "{}", refused.text);
    let halved = with(paid.clone(), &json!({ "ineligibleUseId": all }));
    d.accountant.run(RECORD, json!({ "input": halved })).await.expect_code("INVALID_INPUT");
    let declared = with(halved, &json!({ "ineligibleReason": "会費で補う。" }));
    assert_eq!(d.record(declared).await["ineligibleUse"]["code"], "SUPPLIES");
    d.scene.staff.run(USE_SET, set("SUPPLIES", json!({"inForce": false, "withoutReceipt": true}))).await.data();
    let unproved = d.record(paid.clone()).await["id"].clone();
    d.scene.staff.run(USE_SET, set("NO_RECEIPT", json!({"withoutReceipt": true}))).await.data();
    let closing = json!({"id": d.book, "input": {"completedOn": "2026-05-20"}});
    let told = d.scene.officer.run(CLOSE, closing.clone()).await.expect_code("CONFLICT/RECEIPTS_MISSING");
    assert!(told.text.contains('2') && !told.text.contains("1, 2"), "what is declared needs none: {}", told.text);
    let receipt = sent(&d.accountant, "領収書.csv", "日付,円\n5月,12000\n".as_bytes()).await;
    d.accountant.run(ATTACH, json!({"id": unproved, "fileId": receipt})).await.data();
    let judged = json!({"id": unproved, "input": {"ineligibleUseId": all, "reason": "私用の燃料"}});
    assert_eq!(d.scene.staff.run(JUDGE, judged).await.data()["bookTransactionJudge"]["ineligibleReason"], "私用の燃料");
    let closed = d.scene.officer.run(CLOSE, closing).await.data()["accountBookClose"].clone();
    assert_eq!((&closed["state"], &closed["vouchersUntil"]), (&json!("CLOSED"), &json!("2032-03-31")));
}

/// The reading of "five years" is the by-law's (DOMAIN §7.5); the municipality keeps at least as long as its own rule says.
#[tokio::test]
async fn m10_vouchers_are_kept_as_long_as_the_grants_by_law_and_the_municipality_say() {
    for (years, by, until) in
        [(5, "CALENDAR", "2032-03-31"), (6, "CALENDAR", "2032-12-31"), (6, "FISCAL", "2033-03-31")]
    {
        let terms = json!({"conditions": {"retention": {"years": years, "by": by}}, "surplusRule": "RETURN", "repaymentDays": 20});
        let d = Desk::of(Scene::with_terms(&terms).await).await;
        let grant = d.scene.granted(1_000_000).await;
        d.record(with(entry(&d.fuel, 12_000), &json!({ "grantApplicationId": grant }))).await;
        let closing = json!({"id": d.book, "input": {"completedOn": "2026-05-20"}});
        let closed = d.scene.officer.run(CLOSE, closing).await.data();
        assert_eq!(closed["accountBookClose"]["vouchersUntil"], until, "{years} {by}");
    }
}

/// What replaced something after the book was closed has a receipt too.
#[tokio::test]
async fn the_auditor_confirms_no_spending_without_a_receipt() {
    let d = Desk::new().await;
    let grant = d.scene.decided().await;
    d.scene.staff.run(USE_SET, use_of("NO_RECEIPT", &json!({"withoutReceipt": true}))).await.data();
    let paid = with(entry(&d.fuel, 12_000), &json!({ "grantApplicationId": grant }));
    let id = text(&d.record(paid.clone()).await["id"]);
    let receipt = sent(&d.accountant, "領収書.csv", b"a,b\n1,2\n").await;
    d.accountant.run(ATTACH, json!({"id": id, "fileId": receipt})).await.data();
    d.close().await;
    let undo = json!({"id": id, "input": {"reason": "誤り", "replacement": paid}});
    d.accountant.run(REVERSE, undo).await.data();
    let told = d.confirm(&d.auditor.1).await.expect_code("CONFLICT/RECEIPTS_MISSING");
    assert!(told.text.contains('3'), "{}", told.text);
    let read = "query($id: ID!) { node(id: $id) { ... on BookTransaction { replacedBy { id } } } }";
    let seen = d.accountant.run(read, json!({ "id": id })).await.data()["node"]["replacedBy"]["id"].clone();
    let receipt = sent(&d.accountant, "領収書二.csv", b"a,b\n1,3\n").await;
    d.accountant.run(ATTACH, json!({"id": seen, "fileId": receipt})).await.data();
    d.confirm(&d.auditor.1).await.data();
}

#[tokio::test]
async fn vouchers_go_when_their_time_is_over_and_not_before() {
    let d = Desk::new().await;
    let id = d.spend(1_000).await;
    let receipt = sent(&d.accountant, "領収書.csv", b"a,b\n1,2\n").await;
    d.accountant.run(ATTACH, json!({"id": id, "fileId": receipt})).await.data();
    d.close().await;
    d.confirm(&d.auditor.1).await.data();
    let due = async |day: &str| {
        let tx = d.scene.town.system();
        retention::due(&tx, RetentionKind::BookVouchers, day.parse().expect("a day")).await.expect("a number")
    };
    assert_eq!(due("2032-03-31").await, 0);
    // The day that was promised has not come by the clock of today.
    assert_eq!(due("2032-04-01").await, 0);
    d.scene.town.app.clock.advance(Duration::days(366 * 6));
    assert_eq!(due("2032-03-31").await, 0);
    assert_eq!(due("2032-04-01").await, 1);
    assert!(d.sql("DELETE FROM book_files WHERE organization_id IS NOT NULL").await.contains("permission denied"));
}
