//! Files of payments: by whom, for which day, and what the database keeps of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use entaku::kernel::keys::sha256;
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::bank::{CANCEL, Hall, NUMBER, PREPARE, PRODUCE, import, outcomes, table};
use crate::organizations::text;

#[tokio::test]
async fn m14_a_payment_goes_through_a_file_that_two_people_make() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable().await;
    let made = hall.prepare(&[&payment, &payment]).await.data()["bankTransferPrepare"].clone();
    assert_eq!((&made["count"], &made["totalYen"]), (&json!(1), &json!(1_100_000)), "one payment is one line");
    let file = text(&made["id"]);
    hall.prepare(&[&payment]).await.expect_code("CONFLICT/IN_TRANSFER");
    s.staff.run(PRODUCE, json!({ "id": file })).await.expect_code("FORBIDDEN");
    s.officer.run(PRODUCE, json!({ "id": file })).await.expect_code("NOT_FOUND");
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": [payment]});
    s.staff.run(CANCEL, json!({ "id": file })).await.data();
    let own = text(&s.payer.run(PREPARE, json!({ "input": input })).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": own })).await.expect_code("FORBIDDEN/DUTIES_APART");
    let other = s.town.staff(Role::Payer).await;
    let done = other.run(PRODUCE, json!({ "id": own })).await.data()["bankTransferProduce"].clone();
    let bytes = STANDARD.decode(text(&done["content"])).expect("Base64");
    assert_eq!((bytes.len(), &done["checksum"]), (480, &json!(sha256(&bytes))));
    assert_eq!(&bytes[163..170], NUMBER.as_bytes());
    assert_eq!(&bytes[200..210], b"0001100000");
    other.run(PRODUCE, json!({ "id": own })).await.expect_code("CONFLICT/STATE");
    s.staff.run(CANCEL, json!({ "id": own })).await.expect_code("CONFLICT/STATE");
    let read = "query($id: ID!) { bankTransfer(id: $id) { content redacted { field reason } } }";
    let seen = s.staff.run(read, json!({ "id": own })).await.data()["bankTransfer"].clone();
    assert_eq!(seen, json!({"content": null, "redacted": [{"field": "content", "reason": "PAYERS"}]}));
    let mine = hall.prepare(&[&s.draft().await]).await;
    mine.expect_code("CONFLICT/STATE");
}

/// M14: whoever had a hand in a payment neither makes the file that pays it nor takes in the report that says so.
#[tokio::test]
async fn m14_a_file_is_made_by_whom_could_pay_by_hand() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (both, _, file) = hall.asked_for_by_a_payer().await;
    both.run(PRODUCE, json!({ "id": file })).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let report = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    import(&both, "CSV", &report).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(hall.paid_yen().await, "0");
    assert_eq!(outcomes(&import(&s.payer, "CSV", &report).await.data()), ["MATCHED"]);
}

#[tokio::test]
async fn a_file_is_made_for_a_day_on_which_banks_work_and_in_time() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable().await;
    for day in ["2026-05-23", "2026-05-24", "2026-05-19", "2026-07-20"] {
        let input = json!({"transferOn": day, "grantApplicationIds": [payment]});
        s.staff.run(PREPARE, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    }
    let many: Vec<String> = (0..201).map(|_| entaku::kernel::id::encode("gap", uuid::Uuid::now_v7())).collect();
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": many});
    s.staff.run(PREPARE, json!({ "input": input })).await.expect_code("BAD_REQUEST/LIST_TOO_LONG");
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    s.town.app.clock.advance(chrono::Duration::days(1));
    let payer = s.town.staff(Role::Payer).await;
    payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/TRANSFER_DAY_PASSED");
}

/// M14: the database says the same to whoever comes to it past the program.
#[tokio::test]
async fn m14_the_database_keeps_what_the_bank_has() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let payment = entaku::kernel::id::decode(&payment).expect("an id").1;
    for statement in [
        "UPDATE bank_transfer_lines SET state = 'CANCELLED'",
        "UPDATE bank_transfers SET sha256 = repeat('0', 64)",
        "UPDATE bank_transfers SET produced_by = NULL",
        "UPDATE bank_transfers SET state = 'CANCELLED', sha256 = NULL",
        "INSERT INTO bank_transfer_lines (id, transfer_id, number, application_id, payment_number, organization_id,
            bank_account_id, amount_yen, state) SELECT gen_random_uuid(), transfer_id, 2, application_id, 2, organization_id, bank_account_id,
            amount_yen, 'WAITING' FROM bank_transfer_lines",
        "INSERT INTO bank_transfers (id, transfer_on, state, count, total_yen, prepared_by, produced_by, sha256)
            SELECT gen_random_uuid(), transfer_on, 'PRODUCED', 1, 1, prepared_by, produced_by, sha256 FROM bank_transfers",
        "INSERT INTO bank_accounts (id, organization_id, bank_code, bank_name, branch_code, branch_name, kind, key_id, secret,
            tail, holder_kana, state, registered_by, confirmed_by, confirmed_on)
            SELECT gen_random_uuid(), organization_id, '9999', bank_name, branch_code, branch_name, kind, key_id, secret,
            tail, holder_kana, 'CONFIRMED', registered_by, confirmed_by, confirmed_on FROM bank_accounts",
        "UPDATE bank_accounts SET confirmed_by = NULL",
        &format!("UPDATE grant_applications SET pending_yen = 1 WHERE id = '{payment}'"),
    ] {
        let tx = hall.scene.town.system();
        let told = format!("{:?}", tx.run(Sql::new(statement)).await.expect_err(statement));
        assert!(told.contains("RULE"), "{statement}: {told}");
    }
}
