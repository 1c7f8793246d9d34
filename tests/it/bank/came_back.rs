//! What the bank paid and gave back (組戻し): the line stays as it was paid, its payment goes into the next file, and what is
//! reported of it again is no news.

use super::instalments::broken;
#[allow(clippy::wildcard_imports)] // the hall and the documents of the noun's tests
use super::*;
use crate::ledger::inside;

story!(REVERSE, "279-grant-payment-reverse");
const PAYMENTS: &str = "query($id: ID!) { grantApplication(id: $id) { payments { id number } } }";

/// Two halves, or whatever is asked for.
fn parts() -> Value {
    let instalments = json!({"count": 2, "unit": 1000, "rest": "FIRST", "lumpSum": true});
    json!({"instalments": instalments, "surplusRule": "RETURN", "repaymentDays": 20})
}

impl Hall {
    /// Somebody reverses the newest payment.
    async fn undo(&self, who: &Client, id: &str, kind: &str) -> Answer {
        let seen = self.scene.staff.run(PAYMENTS, json!({ "id": id })).await.data()["grantApplication"].clone();
        let newest = seen["payments"].as_array().expect("payments").last().expect("a payment")["id"].clone();
        let day = (kind == "RETURNED_BY_BANK").then_some("2026-05-20");
        let input = json!({"paymentId": newest, "kind": kind, "returnedOn": day, "reason": "口座が解約されていた。"});
        who.run(REVERSE, json!({"id": id, "input": input})).await
    }
}

#[tokio::test]
async fn m14_what_the_bank_gave_back_goes_into_the_next_file_and_is_paid_once() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let second = s.town.staff(Role::Payer).await;
    let (file, id, _) = hall.produced().await;
    hall.import("ZENGIN", &statement(&[("080520", 1_100_000)])).await.data();
    hall.undo(&s.payer, &id, "RETURNED_BY_BANK").await.expect_code("FORBIDDEN/DUTIES_APART");
    hall.undo(&second, &id, "RECORDED_BY_MISTAKE").await.expect_code("CONFLICT/REPORTED");
    let mut app = inside(&s.town, "entaku_app").await;
    let alone = "UPDATE bank_transfer_lines SET state = 'RETURNED' WHERE state = 'PAID'";
    assert_eq!(broken(&mut app, alone.into()).await, "bank_transfer_lines_returned");
    hall.undo(&second, &id, "RETURNED_BY_BANK").await.data();
    assert_eq!((s.state(&id).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    let files = s.staff.run(TRANSFERS, json!({})).await.data()["bankTransfers"]["nodes"].clone();
    let stays = files.as_array().expect("files").iter().find(|f| f["id"] == json!(file)).expect("it stays").clone();
    let line = &stays["lines"][0];
    assert_eq!(
        (&stays["state"], &line["state"], &line["paidOn"]),
        (&json!("DONE"), &json!("RETURNED"), &json!("2026-05-20"))
    );
    for result in ["済", "不能"] {
        let known = table(&[("2026-05-20", NUMBER, 1_100_000, result)]);
        hall.import("CSV", &known).await.expect_code("CONFLICT/NOTHING_MATCHED");
    }
    let next = text(&hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"]);
    second.run(PRODUCE, json!({ "id": next })).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PRODUCE, json!({ "id": next })).await.data();
    let both = table(&[("2026-05-20", NUMBER, 1_100_000, "済"), ("2026-05-20", NUMBER, 1_100_000, "済")]);
    import(&second, "CSV", &both).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(outcomes(&hall.import("CSV", &both).await.data()), ["ALREADY_SETTLED", "MATCHED"]);
    assert_eq!((s.state(&id).await.as_str(), hall.paid_yen().await.as_str()), ("PAID", "1100000"));
    s.is_sound().await;
}

#[tokio::test]
async fn m14_nothing_is_reversed_while_the_next_payment_is_at_the_bank() {
    let hall = Hall::of(Scene::with_terms(&parts()).await).await;
    let s = &hall.scene;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(400_000).await;
    let ask = "mutation($id: ID!) { grantPaymentRequest(id: $id, input: {amountYen: 100000}) { state } }";
    s.officer.run(ask, json!({ "id": id })).await.data();
    s.payer.run(EXECUTE, json!({"id": id, "input": {"paidOn": "2026-05-20"}})).await.data();
    s.officer.run(ask, json!({ "id": id })).await.data();
    let stale = text(&hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"]);
    // What is only prepared says less than what waits then, and is not made.
    hall.undo(&second, &id, "RECORDED_BY_MISTAKE").await.data();
    s.payer.run(PRODUCE, json!({ "id": stale })).await.expect_code("CONFLICT/BANK_ACCOUNT_CHANGED");
    s.staff.run(CANCEL, json!({ "id": stale })).await.data();
    s.payer.run(EXECUTE, json!({"id": id, "input": {"paidOn": "2026-05-20"}})).await.data();
    s.officer.run(ask, json!({ "id": id })).await.data();
    let file = text(&hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    hall.undo(&second, &id, "RETURNED_BY_BANK").await.expect_code("CONFLICT/IN_TRANSFER");
    let report = table(&[("2026-05-20", NUMBER, 100_000, "不能")]);
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["FAILED"]);
    hall.undo(&second, &id, "RETURNED_BY_BANK").await.data();
    assert_eq!(hall.paid_yen().await, "0");
    s.is_sound().await;
}
