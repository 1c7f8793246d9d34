//! What stands open while the bank does not report, and what it said before.

#[allow(clippy::wildcard_imports)] // the hall and the notices
use super::*;
use crate::tasks::due;

story!(YEAR_CLOSE, "292-ledger-year-close");

/// What the bank said was paid, and could not be booked yet, did not fail; it is booked when it can be.
#[tokio::test]
async fn m14_a_notice_of_a_failure_does_not_contradict_a_report() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (file, _) = hall.file_of(&[600_000]).await;
    let (small, _) = hall.file_of(&[300_000]).await;
    s.town.staff(Role::Approver).await;
    let route = "mutation { approvalRouteCreate(input: {title: \"支払\", act: GRANT_PAYMENT_EXECUTE, fromYen: 500000, inOrder: false,
        steps: [{name: \"部長決裁\", role: APPROVER, needed: 1}]}) { id } }";
    s.town.staff(Role::Admin).await.run(route, json!({})).await.data();
    let report = table(&[("2026-05-20", NUMBER, 600_000, "済"), ("2026-05-20", NUMBER, 300_000, "不能")]);
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["NOT_PAYABLE", "FAILED"]);
    let other = hall.other_payer().await;
    let paper = notice(&other).await;
    other.run(RECORD, told(&file, &paper, 1, false)).await.expect_code("CONFLICT/REPORTED");
    other.run(RECORD, told(&file, &paper, 1, true)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    other.run(RECORD, told(&small, &paper, 1, false)).await.expect_code("CONFLICT/STATE");
    assert_eq!(hall.paid_yen().await, "0");
}

/// It is somebody's task once the report is late, until all of the file is known; a year is not closed meanwhile.
#[tokio::test]
async fn m9_m14_what_the_bank_does_not_report_is_a_task_that_a_notice_settles() {
    let hall = Hall::new().await;
    let town = &hall.scene.town;
    let (maker, payer) = town.person(Role::Payer, ScopeKind::Municipality, None).await;
    let ids = [hall.scene.payable_of(300_000).await, hall.scene.payable_of(200_000).await];
    let file = text(&hall.prepare(&[&ids[0], &ids[1]]).await.data()["bankTransferPrepare"]["id"]);
    payer.run(PRODUCE, json!({ "id": file })).await.data();
    let (act, none) = ("bankTransferOutcomeRecord", Vec::<Value>::new());
    town.app.clock.advance(chrono::Duration::days(5));
    assert_eq!(due(&hall.other_payer().await, act).await, none, "the report is due today");
    town.app.clock.advance(chrono::Duration::days(1));
    let other = hall.other_payer().await;
    assert_eq!(due(&other, act).await, ["2026-05-25"]);
    assert_eq!(due(&town.enter(maker).await, act).await, none, "not of whoever made the file");
    town.app.clock.advance(chrono::Duration::days(400));
    let other = hall.other_payer().await;
    other.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.expect_code("CONFLICT/COMMITMENTS_OPEN");
    for number in [1, 2] {
        let letter = notice(&other).await;
        other.run(RECORD, told(&file, &letter, number, true)).await.data();
    }
    for task in [act, "bankTransferReconcile", "bankTransferRefusalRecord"] {
        assert_eq!(due(&other, task).await, none);
    }
    let year = "SELECT DISTINCT fiscal_year FROM ledger_journals WHERE kind = 'GRANT_PAID'";
    let years = town.system().rows(Sql::new(year)).await.expect("rows");
    assert_eq!(years.iter().map(|row| row.get::<_, i32>(0)).collect::<Vec<_>>(), [2026]);
}
