//! Accounts: two people stand for each, and its number is told to nobody who need not know it.

use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::sealed;
use serde_json::{Value, json};

use crate::bank::{CONFIRM, Hall, NUMBER, PREPARE, PRODUCE, REGISTER, account, number};
use crate::grants::Scene;
use crate::organizations::{organization, text};
use crate::support::Client;

story!(REJECT, "422-bank-account-reject");
story!(ACCOUNTS, "423-bank-accounts-read");

#[tokio::test]
async fn numbers_are_sealed_and_shown_to_payers_alone() {
    let hall = Hall::new().await;
    let read = async |who: &Client| who.run(ACCOUNTS, json!({})).await.data()["bankAccounts"]["nodes"][0].clone();
    for who in [&hall.scene.officer, &hall.scene.staff] {
        let seen = read(who).await;
        assert_eq!((&seen["maskedNumber"], &seen["number"]), (&json!("****567"), &Value::Null));
        assert_eq!(seen["holderKana"], "ｱｵﾊﾞﾉｶｲ ｶｲﾁﾖｳ");
        assert_eq!(seen["redacted"], json!([{"field": "number", "reason": "PAYERS"}]));
    }
    let seen = read(&hall.scene.payer).await;
    assert_eq!((&seen["number"], &seen["redacted"]), (&json!(NUMBER), &json!([])));
    assert_eq!((&seen["bankCode"], &seen["bankName"]), (&json!("0167"), &json!("ｺﾞｳｷﾞﾝ")));
    assert_eq!(read(&hall.scene.town.public()).await, Value::Null);
    let tx = hall.scene.town.system();
    let rows = tx.rows(Sql::new("SELECT row_to_json(b)::text AS r FROM bank_accounts b")).await.expect("rows");
    assert!(!rows[0].get::<_, String>("r").contains(NUMBER));
    let told = "SELECT count(*) AS n FROM audit_entries WHERE coalesce(before::text, '') || coalesce(after::text, '') LIKE '%1234567%'";
    assert_eq!(tx.rows(Sql::new(told)).await.expect("rows")[0].get::<_, i64>("n"), 0, "nor is it in the record");
    assert_eq!(sealed::keys_in_use(&tx).await.expect("keys").iter().map(|(_, n)| n).sum::<u64>(), 1);
}

/// An account is used after another person of the town hall has confirmed it, and the organization's people know.
#[tokio::test]
async fn m14_an_account_takes_a_second_person_and_a_fresh_proof() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let by_staff = s.staff.run(REGISTER, account(&s.organization, "7654321")).await.data();
    let id = text(&by_staff["bankAccountRegister"]["id"]);
    s.staff.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.officer.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN");
    s.payer.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN");
    let wrong = hall.second.run(CONFIRM, number(&id, "7654320")).await.expect_code("INVALID_INPUT");
    assert!(!wrong.text.contains("7654321"));
    let told = "{ viewer { notifications(first: 10) { nodes { kind textJa } } } }";
    let told = s.officer.run(told, json!({})).await.text;
    assert!(told.contains("BANK_ACCOUNT_PROPOSED") && told.contains("****321") && !told.contains("7654321"), "{told}");
    let file = s.payable().await;
    let seen = hall.prepare(&[&file]).await.data()["bankTransferPrepare"]["lines"][0]["bankAccount"].clone();
    assert_eq!(seen["maskedNumber"], "****567", "what waits is not used");
    let tx = s.town.system();
    let aged = "UPDATE sessions SET authenticated_at = authenticated_at - interval '16 minutes'";
    tx.run(Sql::new(aged)).await.expect("run");
    tx.commit().await.expect("committed");
    hall.second.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN/STEP_UP");
    s.officer.run(REGISTER, account(&s.organization, NUMBER)).await.expect_code("FORBIDDEN/STEP_UP");
    let third = s.town.staff(Role::GrantStaff).await;
    third.run(CONFIRM, number(&id, "7654321")).await.data();
    third.run(REJECT, json!({"id": id, "input": {"reason": "x"}})).await.expect_code("CONFLICT/STATE");
    let now =
        third.run(ACCOUNTS, json!({"filter": {"state": ["CONFIRMED"]}})).await.data()["bankAccounts"]["nodes"].clone();
    assert_eq!((now.as_array().map(Vec::len), &now[0]["maskedNumber"]), (Some(1), &json!("****321")));
}

/// V3, V4: names that would forge records, numbers that are none, other people's organizations.
#[tokio::test]
async fn v3_v4_what_does_not_fit_a_bank_file_is_no_account() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    for (field, value) in [
        ("holderKana", "山田 太郎"),
        ("holderKana", "ア\r\n9"),
        ("holderKana", "ア\u{0}"),
        ("holderKana", "ガガガガガガガガガガガガガガガガ"),
        ("holderKana", " "),
        ("number", "123456"),
        ("number", "-234567"),
        ("bankCode", "167"),
        ("branchCode", "0O1"),
        ("bankName", "<銀行>"),
    ] {
        let mut input = account(&s.organization, NUMBER);
        input["input"][field] = json!(value);
        s.officer.run(REGISTER, input).await.expect_code("INVALID_INPUT");
    }
    let (_, other) = organization(&s.staff, "若葉の会").await;
    s.officer.run(REGISTER, account(&other, NUMBER)).await.expect_code("FORBIDDEN");
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    stranger.run(REGISTER, account(&s.organization, NUMBER)).await.expect_code("FORBIDDEN");
    let none = stranger.run(ACCOUNTS, json!({})).await.data()["bankAccounts"]["nodes"].clone();
    assert_eq!(none, json!([]));
}

/// Z1: a payment without an account, an account that changed after the file was put together.
#[tokio::test]
async fn z1_money_goes_where_two_people_said() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let payment = s.payable().await;
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    let id = hall.registered("7654321").await;
    hall.second.run(CONFIRM, number(&id, "7654321")).await.data();
    s.payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/BANK_ACCOUNT_CHANGED");
    let tx = s.town.system();
    for statement in [
        "UPDATE bank_accounts SET organization_id = gen_random_uuid()",
        "UPDATE bank_accounts SET bank_code = '9999'",
        "UPDATE bank_transfer_lines SET amount_yen = 1",
        "UPDATE bank_transfers SET total_yen = 1",
        "DELETE FROM bank_report_lines",
    ] {
        let tx = s.town.system();
        let told = format!("{:?}", tx.run(Sql::new(statement)).await.expect_err(statement));
        assert!(told.contains("permission denied"), "{statement}: {told}");
    }
    let undone = tx.run(Sql::new(
        "UPDATE bank_accounts SET state = 'CONFIRMED', confirmed_on = '2026-05-20' WHERE state = 'REPLACED'",
    ));
    assert!(undone.await.is_err(), "what was replaced does not come back");
    let bare = Scene::new().await;
    let payment = bare.payable().await;
    let input = json!({"transferOn": "2026-05-20", "grantApplicationIds": [payment]});
    bare.staff.run(PREPARE, json!({ "input": input })).await.expect_code("CONFLICT/NO_BANK_ACCOUNT");
}

/// Nobody finds a number out by trying: no trial runs, and the fifth mistake ends it.
#[tokio::test]
async fn m14_the_confirmation_tells_nobody_the_number() {
    let hall = Hall::new().await;
    let id = hall.registered("7654321").await;
    let trial = hall.second.with("entaku-dry-run", "true");
    trial.run(CONFIRM, number(&id, "7654321")).await.expect_code("BAD_REQUEST/CREDENTIALS");
    trial.run(CONFIRM, number(&id, "7654320")).await.expect_code("BAD_REQUEST/CREDENTIALS");
    hall.second.run(CONFIRM, number(&id, "765432")).await.expect_code("INVALID_INPUT");
    let read = "query($id: ID!) { bankAccount(id: $id) { state mismatches rejectionReason } }";
    for n in 1..=5 {
        hall.second.run(CONFIRM, number(&id, &format!("000000{n}"))).await.expect_code("INVALID_INPUT");
        let seen = hall.second.run(read, json!({ "id": id })).await.data()["bankAccount"].clone();
        let state = if n < 5 { "PROPOSED" } else { "REJECTED" };
        assert_eq!((&seen["mismatches"], &seen["state"]), (&json!(n), &json!(state)));
    }
    hall.second.run(CONFIRM, number(&id, "7654321")).await.expect_code("CONFLICT/STATE");
    let tx = hall.scene.town.system();
    let noted = "SELECT count(*) AS n FROM audit_entries WHERE kind = 'bank_accounts' AND op = 'UPDATE'
        AND act = 'bankAccountConfirm' AND actor_id IS NOT NULL AND after ->> 'mismatches' <> '0'";
    assert_eq!(tx.rows(Sql::new(noted)).await.expect("rows")[0].get::<_, i64>("n"), 5);
    let used = hall.scene.staff.run(ACCOUNTS, json!({"filter": {"state": ["CONFIRMED"]}})).await.data();
    assert_eq!(used["bankAccounts"]["nodes"][0]["maskedNumber"], "****567");
}
