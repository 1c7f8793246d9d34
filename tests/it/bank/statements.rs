//! Statements of the account that pays: which files a debit shows to be carried out.

use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::bank::{Hall, NUMBER, PREPARE, PRODUCE, SOURCE, import, outcomes, source, statement, table};
use crate::organizations::text;

/// A statement tells of a whole file; what is known to have failed was not paid by it.
#[tokio::test]
async fn m14_a_debit_of_a_files_total_pays_what_did_not_fail() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (large, small) = (s.payable_of(300_000).await, s.payable_of(200_000).await);
    let file = text(&hall.prepare(&[&large, &small]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    for other in [&[("080520", 300_000)], &[("080520", 500_001)], &[("080518", 500_000)]] {
        hall.import("ZENGIN", &statement(other)).await.expect_code("CONFLICT/NOTHING_MATCHED");
    }
    let twice = statement(&[("080520", 500_000), ("080520", 500_000)]);
    hall.import("ZENGIN", &twice).await.expect_code("CONFLICT/NOTHING_MATCHED");
    hall.import("CSV", &table(&[("2026-05-20", NUMBER, 200_000, "不能")])).await.data();
    assert_eq!(hall.paid_yen().await, "0");
    let among = statement(&[("080519", 7), ("080520", 500_000)]);
    assert_eq!(outcomes(&hall.import("ZENGIN", &among).await.data()), ["MATCHED"]);
    assert_eq!((s.state(&large).await.as_str(), s.state(&small).await.as_str()), ("PAID", "PAYMENT_REQUESTED"));
    assert_eq!(hall.paid_yen().await, "300000");
    s.is_sound().await;
}

/// Nothing that the bank took pays two files: neither those of the same day, nor what is taken in advance of the next.
#[tokio::test]
async fn m14_one_debit_is_one_file() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (first, next) = (s.payable_of(300_000).await, s.payable_of(300_000).await);
    for (id, day) in [(&first, "2026-05-20"), (&next, "2026-05-21")] {
        let input = json!({"transferOn": day, "grantApplicationIds": [id]});
        let file = s.staff.run(PREPARE, json!({ "input": input })).await.data()["bankTransferPrepare"]["id"].clone();
        s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    }
    s.town.app.clock.advance(chrono::Duration::days(1));
    let payer = s.town.staff(Role::Payer).await;
    let debit = statement(&[("080520", 300_000)]);
    assert_eq!(outcomes(&import(&payer, "ZENGIN", &debit).await.data()), ["MATCHED"]);
    assert_eq!(hall.paid_yen().await, "300000");
    import(&payer, "ZENGIN", &debit).await.expect_code("CONFLICT/IMPORTED");
    let both = statement(&[("080520", 300_000), ("080521", 300_000)]);
    assert_eq!(outcomes(&import(&payer, "ZENGIN", &both).await.data()), ["ALREADY_SETTLED", "MATCHED"]);
    assert_eq!(hall.paid_yen().await, "600000");
}

/// A file is paid from the account from which it was made to be, whatever account pays since.
#[tokio::test]
async fn m14_statements_tell_of_the_files_of_their_account() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let pays_from = async |number: &str| {
        let mut input = source();
        input["number"] = json!(number);
        s.town.staff(Role::Admin).await.run(SOURCE, json!({ "input": input })).await.data();
    };
    let made = async |yen: i64| {
        let id = s.payable_of(yen).await;
        let file = hall.prepare(&[&id]).await.data()["bankTransferPrepare"]["id"].clone();
        s.payer.run(PRODUCE, json!({ "id": file })).await.data();
        id
    };
    let before = made(300_000).await;
    pays_from("0000456").await;
    let since = made(200_000).await;
    let debits = statement(&[("080520", 300_000), ("080520", 200_000)]);
    assert_eq!(outcomes(&hall.import("ZENGIN", &debits).await.data()), ["MATCHED"]);
    assert_eq!((s.state(&before).await.as_str(), s.state(&since).await.as_str()), ("PAID", "PAYMENT_REQUESTED"));
    pays_from("0000123").await;
    hall.import("ZENGIN", &statement(&[("080520", 200_000)])).await.expect_code("CONFLICT/NOTHING_MATCHED");
    assert_eq!(hall.paid_yen().await, "300000");
    let tx = s.town.system();
    let other = "UPDATE bank_transfers SET source_account = '0167 001 1 0000123'";
    let refused = tx.run(Sql::new(other)).await.expect_err("it stays");
    assert!(format!("{refused:?}").contains("RULE"), "{refused:?}");
}
