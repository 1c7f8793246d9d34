//! What is left over and what is cancelled, as the ledger tells it: golden files beside that of a whole fiscal year.

use super::life::{PAYMENT_REQUEST_OF, of, quarters};
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::golden::compare;

story!(REPAYMENT, "266-grant-repayment-record");
story!(REVOKE, "270-grant-decision-revoke");
story!(YEAR_CLOSE, "292-ledger-year-close");

/// What the organization keeps is no money of the next year's programme: the ledger ends with what was paid.
#[tokio::test]
async fn m12_golden_a_surplus_is_carried_over() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("CARRY_OVER");
    let mut s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(600_000)).await;
    s.pay(&id, Some(400_000)).await;
    let fixed = s.fixed(&id, 700_000).await;
    assert_eq!(
        (&fixed["state"], &fixed["keptYen"], &fixed["orderedYen"]),
        (&json!("SETTLED"), &json!(300_000), &json!(0))
    );
    s.on("2027-05-31").await;
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data();
    terms["previousProgrammeId"] = json!(s.programme);
    let next = s.programme_of(2027, terms).await;
    allocate(&s.staff, &next, &s.organization, 900_000).await.data();
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    let read = "query($id: ID!) { grantProgramme(id: $id) { allocations { nodes { offsetYen payableYen } } } }";
    let data = s.staff.run(read, json!({"id": next})).await.data();
    let whole = json!({"offsetYen": 0, "payableYen": 900_000});
    assert_eq!(data["grantProgramme"]["allocations"]["nodes"][0], whole, "nothing is deducted of what was kept");
    s.is_sound().await;
    let told = format!("{}{}", s.journals(2026).await, s.journals(2027).await);
    compare("tests/golden/ledger-carried-over.txt", &told);
}

/// Withdrawn before anything was paid, revoked with a payment open, revoked after a part was paid: each gives back what
/// it held, and what was paid comes back.
#[tokio::test]
async fn m12_golden_what_was_decided_is_cancelled() {
    let s = Scene::with_terms(&quarters()).await;
    let withdrawn = s.granted(300_000).await;
    s.officer.run(WITHDRAW, json!({"id": withdrawn})).await.data();
    assert_eq!(s.state(&withdrawn).await, "WITHDRAWN");
    let unpaid = s.granted(200_000).await;
    s.officer.run(PAYMENT_REQUEST_OF, of(&unpaid, json!({"amountYen": 50_000}))).await.data();
    s.approver.run(REVOKE, because(&unpaid)).await.data();
    assert_eq!(s.state(&unpaid).await, "REVOKED");
    let partly = s.granted(400_000).await;
    s.pay(&partly, Some(150_000)).await;
    let revoked = s.approver.run(REVOKE, because(&partly)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&revoked["state"], &revoked["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(150_000)));
    let back = of(&partly, json!({"amountYen": 150_000, "receivedOn": "2026-05-20"}));
    s.payer.run(REPAYMENT, back).await.data();
    assert_eq!(s.state(&partly).await, "REPAID");
    s.is_sound().await;
    compare("tests/golden/ledger-cancelled.txt", &s.journals(2026).await);
}
