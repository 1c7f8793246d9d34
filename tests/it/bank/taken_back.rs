//! What was asked for is taken back only while it is in no file for the bank, be it only prepared.

use super::instalments::broken;
#[allow(clippy::wildcard_imports)] // the hall and the documents of the noun's tests
use super::*;
use crate::ledger::inside;

story!(REQUEST_WITHDRAW, "294-grant-payment-request-withdraw");
story!(REQUEST_RETURN, "295-grant-payment-request-return");

#[tokio::test]
async fn m14_what_is_in_a_file_is_not_taken_back() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let id = s.payable().await;
    let because = json!({"id": id, "input": {"reason": "口座を確かめてください。"}});
    let refused = async || {
        s.officer.run(REQUEST_WITHDRAW, json!({ "id": id })).await.expect_code("CONFLICT/IN_TRANSFER");
        s.payer.run(REQUEST_RETURN, because.clone()).await.expect_code("CONFLICT/IN_TRANSFER");
    };
    let file = text(&hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"]);
    refused().await;
    let mut app = inside(&s.town, "entaku_app").await;
    let by_hand =
        "UPDATE grant_applications SET state = 'DECIDED', pending_yen = NULL WHERE state = 'PAYMENT_REQUESTED'";
    assert_eq!(broken(&mut app, by_hand.into()).await, "grant_applications_in_file");
    s.staff.run(CANCEL, json!({ "id": file })).await.data();
    s.payer.run(REQUEST_RETURN, because.clone()).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({ "id": id })).await.data();
    let file = text(&hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    refused().await;
    let failed = table(&[("2026-05-20", NUMBER, 1_100_000, "不能")]);
    hall.import("CSV", &failed).await.data();
    s.officer.run(REQUEST_WITHDRAW, json!({ "id": id })).await.data();
    assert_eq!(s.state(&id).await, "DECIDED");
    s.is_sound().await;
}
