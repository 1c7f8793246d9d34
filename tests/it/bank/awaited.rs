//! A file of which the bank told only some results: the rest is somebody's task until it is known.

use super::*;
use crate::tasks::{due, night, told};

story!(RECONCILE, "431-bank-transfer-reconcile");
const AWAITED: &str = "query($id: ID!) { bankTransfer(id: $id) { state reportDue awaitedLines { amountYen state } } }";

/// A file with payments of these amounts, made by somebody else than who prepared it.
async fn file_of(hall: &Hall, yen: &[i64], made_by: &Client) -> String {
    let mut payments = Vec::new();
    for yen in yen {
        payments.push(hall.scene.payable_of(*yen).await);
    }
    let ids: Vec<&str> = payments.iter().map(String::as_str).collect();
    let file = text(&hall.prepare(&ids).await.data()["bankTransferPrepare"]["id"]);
    made_by.run(PRODUCE, json!({ "id": file })).await.data();
    file
}

fn report(file: &str, lines: &[(&str, &str, i64, &str)]) -> Value {
    json!({"id": file, "input": {"format": "CSV", "name": "残り", "content": STANDARD.encode(table(lines))}})
}

#[tokio::test]
async fn what_a_report_leaves_open_is_a_task_with_its_day_until_the_bank_has_told() {
    let hall = Hall::new().await;
    let town = &hall.scene.town;
    let (maker, payer) = town.person(Role::Payer, ScopeKind::Municipality, None).await;
    let file = file_of(&hall, &[300_000, 400_000], &payer).await;
    let other = file_of(&hall, &[500_000], &payer).await;
    let seen = async |who: &Client| who.run(AWAITED, json!({ "id": file })).await.data()["bankTransfer"].clone();
    let both = json!([{"amountYen": 300_000, "state": "WAITING"}, {"amountYen": 400_000, "state": "WAITING"}]);
    assert_eq!(seen(&payer).await, json!({"state": "PRODUCED", "reportDue": "2026-05-25", "awaitedLines": both}));
    let first = table(&[("2026-05-20", NUMBER, 300_000, "済"), ("2026-05-20", NUMBER, 500_000, "済")]);
    import(&payer, "CSV", &first).await.data();
    let rest = json!({"state": "PRODUCED", "reportDue": "2026-05-25",
        "awaitedLines": [{"amountYen": 400_000, "state": "WAITING"}]});
    assert_eq!(seen(&hall.scene.staff).await, rest);
    let act = "bankTransferReconcile";
    assert_eq!(due(&payer, act).await, Vec::<Value>::new(), "its day is today");
    town.app.clock.advance(chrono::Duration::days(4));
    night(town).await;
    let payer = town.enter(maker).await;
    assert_eq!(due(&payer, act).await, ["2026-05-25"], "also of whoever made the file, and not for the other one");
    let reminder = "「総合振込の結果の取込み (2026-05-25)」の期限が近づいています。やることの一覧を確認してください。";
    let told = told(&payer).await;
    assert!(told.iter().any(|text| text == reminder), "{told:?}");
    // The bank took the file: nobody can say that it did not.
    town.app.clock.advance(chrono::Duration::days(3));
    let (payer, second) = (town.enter(maker).await, town.staff(Role::Payer).await);
    assert_eq!(due(&second, "bankTransferRefusalRecord").await, Vec::<Value>::new());
    let last = report(&file, &[("2026-05-20", NUMBER, 400_000, "不能")]);
    town.staff(Role::GrantStaff).await.run(RECONCILE, last.clone()).await.expect_code("FORBIDDEN");
    let (there, elsewhere) = (last.clone(), report(&other, &[("2026-05-20", NUMBER, 400_000, "不能")]));
    payer.run(RECONCILE, elsewhere).await.expect_code("CONFLICT/STATE");
    let done = payer.run(RECONCILE, there).await.data()["bankTransferReconcile"].clone();
    assert_eq!((&done["state"], &done["awaitedLines"]), (&json!("DONE"), &json!([])));
    assert_eq!(due(&payer, act).await, Vec::<Value>::new());
    payer.run(RECONCILE, last).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn a_report_of_another_file_settles_nothing_of_this_one() {
    let hall = Hall::new().await;
    let payer = &hall.scene.payer;
    let file = file_of(&hall, &[300_000], payer).await;
    let other = file_of(&hall, &[400_000], payer).await;
    let paid = [("2026-05-20", NUMBER, 300_000, "済")];
    payer.run(RECONCILE, report(&other, &paid)).await.expect_code("CONFLICT/OTHER_TRANSFER");
    assert_eq!(hall.paid_yen().await, "0", "nothing was imported");
    let done = payer.run(RECONCILE, report(&file, &paid)).await.data()["bankTransferReconcile"].clone();
    assert_eq!(done["state"], "DONE");
    assert_eq!(hall.paid_yen().await, "300000");
}

/// The day is written with the file, and stays.
#[tokio::test]
async fn the_database_keeps_the_day_of_a_file_that_was_made() {
    let hall = Hall::new().await;
    hall.produced().await;
    let tx = hall.scene.town.system();
    let later = "UPDATE bank_transfers SET report_due = report_due + 1";
    let refused = tx.run(Sql::new(later)).await.expect_err("it stays");
    assert!(format!("{refused:?}").contains("RULE"), "{refused:?}");
}
