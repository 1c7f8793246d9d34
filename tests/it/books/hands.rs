//! Whoever had a hand in a book does not confirm it.

#[allow(clippy::wildcard_imports)] // the desk and the documents of the noun's tests
use super::*;

/// M14: whoever kept the book does not confirm it, whatever they are appointed to.
#[tokio::test]
async fn m14_the_auditor_is_nobody_who_kept_the_book() {
    let d = Desk::new().await;
    let over = entaku::kernel::id::decode(&d.scene.organization).expect("an id").1;
    let (both, _) = d.scene.town.person(Role::OrgAuditor, ScopeKind::Organization, Some(over)).await;
    d.scene.town.appoint(both, Role::OrgAccountant, ScopeKind::Organization, Some(over)).await;
    let client_now = d.scene.town.as_account(both).await;
    client_now.run(RECORD, json!({"input": entry(&d.fuel, 500)})).await.data();
    d.close().await;
    d.confirm(&client_now).await.expect_code("FORBIDDEN/DUTIES_APART");
    d.confirm(&d.accountant).await.expect_code("FORBIDDEN");
    d.confirm(&d.scene.officer).await.expect_code("FORBIDDEN");
    d.confirm(&d.scene.staff).await.expect_code("FORBIDDEN");
    let statement = format!(
        "UPDATE account_books SET state = 'CONFIRMED', confirmed_by = '{}', confirmed_on = '2026-05-20', opinion = 'x'
            WHERE id = $BOOK",
        both.0
    );
    let told = d.sql(&statement).await;
    assert!(told.contains("RULE"), "{told}");
    let done = d.confirm(&d.auditor.1).await.data()["accountBookConfirm"].clone();
    assert_eq!(done["state"], "CONFIRMED");
}

/// M14: nor whoever laid down its plan or a line, attached a voucher or judged, also when another wrote over it.
#[tokio::test]
async fn m14_every_hand_in_a_book_is_remembered() {
    let d = Desk::new().await;
    let over = entaku::kernel::id::decode(&d.scene.organization).expect("an id").1;
    let id = d.spend(1_000).await;
    let mine = d.scene.staff.run(USE_SET, use_of("SOCIAL", &json!({}))).await.data()["ineligibleUseSet"]["id"].clone();
    let mut hands = Vec::new();
    for act in ["line", "plan", "voucher", "judgement"] {
        let (hand, _) = d.scene.town.person(Role::OrgAuditor, ScopeKind::Organization, Some(over)).await;
        d.scene.town.appoint(hand, Role::OrgAccountant, ScopeKind::Organization, Some(over)).await;
        let client = d.scene.town.as_account(hand).await;
        let line = json!({"bookId": d.book, "category": "RENT", "title": "使用料", "budgetYen": 1_000});
        let plan = json!({"id": d.book, "input": {"plan": "広報紙を加える。"}});
        match act {
            "line" => {
                client.run(LINE_SET, json!({ "input": line })).await.data();
                d.scene.officer.run(LINE_SET, json!({ "input": line })).await.data();
            }
            "plan" => {
                client.run(CHANGE, plan.clone()).await.data();
                d.scene.officer.run(CHANGE, plan).await.data();
            }
            "voucher" => {
                let receipt = sent(&client, "領収書.csv", b"a,b\n1,2\n").await;
                client.run(ATTACH, json!({"id": id, "fileId": receipt})).await.data();
            }
            _ => {
                let judged = json!({"id": id, "input": {"ineligibleUseId": mine, "reason": "会食"}});
                client.run(JUDGE, judged.clone()).await.data();
                d.accountant.run(JUDGE, judged).await.data();
            }
        }
        hands.push((act, hand, client));
    }
    d.close().await;
    for (act, hand, client) in hands {
        assert_eq!(d.confirm(&client).await.code(), "FORBIDDEN/DUTIES_APART", "{act}");
        let statement = format!(
            "UPDATE account_books SET state = 'CONFIRMED', confirmed_by = '{}', confirmed_on = '2026-05-20', opinion = 'x'
                WHERE id = $BOOK",
            hand.0
        );
        assert!(d.sql(&statement).await.contains("RULE"), "{act}");
    }
    assert!(
        d.sql(
            "UPDATE account_books SET state = 'CONFIRMED', confirmed_on = '2026-05-20', opinion = 'x' WHERE id = $BOOK"
        )
        .await
        .contains("RULE")
    );
    let keepers = "query($id: ID!) { accountBook(id: $id) { keepers { account { name } } } }";
    let seen = d.scene.officer.run(keepers, json!({ "id": d.book })).await.data()["accountBook"]["keepers"].clone();
    assert_eq!(seen.as_array().map(Vec::len), Some(6), "officer, accountant and four more: {seen}");
    assert_eq!(d.confirm(&d.auditor.1).await.data()["accountBookConfirm"]["state"], "CONFIRMED");
}
