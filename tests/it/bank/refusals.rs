//! A file that the bank refused whole: nothing of it was paid, so that all of it can be paid again, once; and who would say
//! so of a file that the bank took.

use super::instalments::{approve, broken};
#[allow(clippy::wildcard_imports)] // the hall and the documents of the noun's tests
use super::*;
use crate::ledger::inside;

story!(REFUSAL, "430-bank-transfer-refusal-record");
story!(ROUTE_CREATE, "321-approval-route-create");

fn refused(id: &str) -> Value {
    json!({"id": id, "input": {"refusedOn": "2026-05-20", "reason": "合計金額の不一致"}})
}

async fn has_task(who: &Client, act: &str) -> bool {
    let tasks = "{ viewer { tasks(first: 100) { nodes { act } } } }";
    let nodes = who.run(tasks, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
    nodes.as_array().expect("nodes").iter().any(|task| task["act"] == act)
}

impl Hall {
    async fn second_payer(&self) -> Client {
        self.scene.town.staff(Role::Payer).await
    }

    async fn produced_again(&self, payment: &str) -> Vec<u8> {
        let file = text(&self.prepare(&[payment]).await.data()["bankTransferPrepare"]["id"]);
        let made = self.scene.payer.run(PRODUCE, json!({ "id": file })).await.data()["bankTransferProduce"].clone();
        STANDARD.decode(text(&made["content"])).expect("Base64")
    }
}

#[tokio::test]
async fn m14_a_file_that_the_bank_refused_frees_its_payments_and_is_never_reconciled() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (file, payment, bytes) = hall.produced().await;
    let second = hall.second_payer().await;
    assert!(!has_task(&second, "grantPaymentExecute").await, "it is at the bank");
    s.staff.run(REFUSAL, refused(&file)).await.expect_code("FORBIDDEN");
    s.officer.run(REFUSAL, refused(&file)).await.expect_code("NOT_FOUND");
    s.payer.run(REFUSAL, refused(&file)).await.expect_code("FORBIDDEN/DUTIES_APART");
    for (day, reason) in [("2026-05-20", " "), ("2026-05-21", "締切後"), ("2026-05-19", "締切後")] {
        let input = json!({"id": file, "input": {"refusedOn": day, "reason": reason}});
        second.run(REFUSAL, input).await.expect_code("INVALID_INPUT");
    }
    let done = second.run(REFUSAL, refused(&file)).await.data()["bankTransferRefusalRecord"].clone();
    assert_eq!((&done["state"], &done["lines"][0]["state"]), (&json!("REFUSED"), &json!("REFUSED")));
    assert_eq!((&done["refusedOn"], &done["refusalReason"]), (&json!("2026-05-20"), &json!("合計金額の不一致")));
    assert!(has_task(&second, "grantPaymentExecute").await, "it is to be paid again");
    let report = statement(&[("080520", 1_100_000)]);
    hall.import("ZENGIN", &report).await.expect_code("CONFLICT/CONTRARY_REPORT");
    hall.import("ZENGIN", &bytes).await.expect_code("CONFLICT/OWN_FILE");
    let table = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    hall.import("CSV", &table).await.expect_code("CONFLICT/CONTRARY_REPORT");
    assert_eq!((s.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    // Another file pays it, once.
    hall.produced_again(&payment).await;
    hall.prepare(&[&payment]).await.expect_code("CONFLICT/IN_TRANSFER");
    assert_eq!(outcomes(&hall.import("CSV", &table).await.data()), ["MATCHED"]);
    assert_eq!(hall.paid_yen().await, "1100000");
    let files = s.staff.run(TRANSFERS, json!({})).await.data()["bankTransfers"]["nodes"].clone();
    let stays = files.as_array().expect("files").iter().find(|f| f["id"] == json!(file)).expect("it stays").clone();
    assert_eq!((&stays["state"], &stays["checksum"]), (&json!("REFUSED"), &json!(sha256(&bytes))));
    s.is_sound().await;
}

/// Pressed twice, or by two at once, or beside the report that says the opposite.
#[tokio::test]
async fn m13_m14_a_file_is_refused_once_and_not_while_its_report_comes() {
    let hall = Hall::new().await;
    let (file, _, _) = hall.produced().await;
    let (one, two) = (hall.second_payer().await, hall.second_payer().await);
    let keyed = one.with("idempotency-key", "refused");
    let first = keyed.run(REFUSAL, refused(&file)).await.data();
    assert_eq!(keyed.run(REFUSAL, refused(&file)).await.data(), first);
    two.run(REFUSAL, refused(&file)).await.expect_code("CONFLICT/STATE");
    hall.scene.payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/STATE");
    hall.scene.staff.run(CANCEL, json!({ "id": file })).await.expect_code("CONFLICT/STATE");
    let hall = Hall::new().await;
    let (file, payment, _) = hall.produced().await;
    let (one, two) = (hall.second_payer().await, hall.second_payer().await);
    let report = statement(&[("080520", 1_100_000)]);
    let (taken, a, b) = tokio::join!(
        hall.import("ZENGIN", &report),
        one.run(REFUSAL, refused(&file)),
        two.run(REFUSAL, refused(&file))
    );
    let done: Vec<String> = [&taken, &a, &b].map(Answer::code).into_iter().filter(|code| code == "(none)").collect();
    assert_eq!(done.len(), 1, "{} {} {}", taken.text, a.text, b.text);
    let paid = taken.code() == "(none)";
    assert_eq!(hall.paid_yen().await, if paid { "1100000" } else { "0" });
    assert_eq!(hall.scene.state(&payment).await, if paid { "PAID" } else { "PAYMENT_REQUESTED" });
    hall.scene.is_sound().await;
}

#[tokio::test]
async fn m14_what_the_bank_reported_on_was_not_refused() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let second = hall.second_payer().await;
    let (first, other) = (s.payable_of(300_000).await, s.payable_of(200_000).await);
    let file = text(&hall.prepare(&[&first, &other]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    hall.import("CSV", &table(&[("2026-05-20", NUMBER, 300_000, "済")])).await.data();
    second.run(REFUSAL, refused(&file)).await.expect_code("CONFLICT/REPORTED");
    let hall = Hall::new().await;
    let s = &hall.scene;
    let second = hall.second_payer().await;
    let (large, small) = (s.payable_of(600_000).await, s.payable_of(300_000).await);
    let mut files = Vec::new();
    for payment in [&large, &small] {
        let file = text(&hall.prepare(&[payment]).await.data()["bankTransferPrepare"]["id"]);
        s.payer.run(PRODUCE, json!({ "id": file })).await.data();
        files.push(file);
    }
    s.town.staff(Role::Approver).await;
    let route = json!({"input": {"title": "支払", "act": "GRANT_PAYMENT_EXECUTE", "fromYen": 500_000, "inOrder": false,
        "steps": [{"name": "部長決裁", "role": "APPROVER", "needed": 1}]}});
    s.town.staff(Role::Admin).await.run(ROUTE_CREATE, route).await.data();
    // What was paid and could not be booked yet was paid all the same.
    let report = table(&[("2026-05-20", NUMBER, 600_000, "済"), ("2026-05-20", NUMBER, 300_000, "不能")]);
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["NOT_PAYABLE", "FAILED"]);
    for file in &files {
        let state = if file == &files[0] { "CONFLICT/REPORTED" } else { "CONFLICT/STATE" };
        second.run(REFUSAL, refused(file)).await.expect_code(state);
    }
}

/// The approval is of the payment, not of the file: nothing of what was approved has changed.
#[tokio::test]
async fn m14_what_was_approved_goes_into_the_next_file_without_being_asked_for_again() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let boss = s.town.staff(Role::Approver).await;
    let route = json!({"input": {"title": "支払", "act": "GRANT_PAYMENT_EXECUTE", "fromYen": 1_000_000, "inOrder": false,
        "steps": [{"name": "部長決裁", "role": "APPROVER", "needed": 1}]}});
    s.town.staff(Role::Admin).await.run(ROUTE_CREATE, route).await.data();
    let payment = s.payable().await;
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    approve(&boss).await;
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    hall.second_payer().await.run(REFUSAL, refused(&file)).await.data();
    hall.produced_again(&payment).await;
    let report = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["MATCHED"]);
    assert_eq!(hall.paid_yen().await, "1100000");
}

/// Z20: whoever had a hand in a payment does not free it: neither by reporting that it failed, nor that its file did.
#[tokio::test]
async fn z20_m14_who_could_not_pay_does_not_report_what_was_not_paid() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (both, payment, file) = hall.asked_for_by_a_payer().await;
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let failed = table(&[("2026-05-20", NUMBER, 1_100_000, "不能")]);
    import(&both, "CSV", &failed).await.expect_code("FORBIDDEN/DUTIES_APART");
    both.run(REFUSAL, refused(&file)).await.expect_code("FORBIDDEN/DUTIES_APART");
    hall.prepare(&[&payment]).await.expect_code("CONFLICT/IN_TRANSFER");
    assert_eq!(outcomes(&import(&s.payer, "CSV", &failed).await.data()), ["FAILED"]);
}

/// Z20: nor does whoever holds an office of the organization that is paid, though they never had a hand in it.
#[tokio::test]
async fn z20_nobody_pays_their_own_organization() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let over = entaku::kernel::id::decode(&s.organization).expect("an id").1;
    let (both, _) = s.town.person(Role::Payer, ScopeKind::Municipality, None).await;
    s.town.appoint(both, Role::OrgAccountant, ScopeKind::Organization, Some(over)).await;
    let both = s.town.as_account(both).await;
    let payment = s.payable().await;
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    assert!(!has_task(&both, "bankTransferProduce").await && has_task(&s.payer, "bankTransferProduce").await);
    both.run(PRODUCE, json!({ "id": file })).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    both.run(REFUSAL, refused(&file)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let report = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    import(&both, "CSV", &report).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["MATCHED"]);
}

/// Z20: the people of an organization do not speak for the town hall about where its money goes.
#[tokio::test]
async fn z20_m14_nobody_confirms_the_account_of_their_own_organization() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let over = entaku::kernel::id::decode(&s.organization).expect("an id").1;
    let id =
        text(&s.staff.run(REGISTER, account(&s.organization, "7654321")).await.data()["bankAccountRegister"]["id"]);
    for role in [Role::OrgOfficer, Role::OrgAccountant, Role::OrgMember] {
        let (both, _) = s.town.person(role, ScopeKind::Organization, Some(over)).await;
        s.town.appoint(both, Role::GrantStaff, ScopeKind::Municipality, None).await;
        let both = s.town.as_account(both).await;
        both.run(CONFIRM, number(&id, "7654321")).await.expect_code("FORBIDDEN/DUTIES_APART");
    }
    hall.second.run(CONFIRM, number(&id, "7654321")).await.data();
}

/// M14: the database says the same to whoever comes to it past the program.
#[tokio::test]
async fn m14_the_database_knows_what_the_bank_refused() {
    let hall = Hall::new().await;
    let (file, _, _) = hall.produced().await;
    let id = entaku::kernel::id::decode(&file).expect("an id").1;
    let mut app = inside(&hall.scene.town, "entaku_app").await;
    let refuse = |by: &str, also: &str| {
        format!(
            "UPDATE bank_transfers SET state = 'REFUSED', refused_on = '2026-05-20', refusal_reason = '締切後', refused_by = {by}
                WHERE id = '{id}'; {also}"
        )
    };
    let lines = format!("UPDATE bank_transfer_lines SET state = 'REFUSED' WHERE transfer_id = '{id}'");
    let bare = format!("UPDATE bank_transfers SET state = 'REFUSED' WHERE id = '{id}'");
    assert_eq!(broken(&mut app, bare).await, "bank_transfers_refused");
    assert_eq!(broken(&mut app, refuse("produced_by", &lines)).await, "bank_transfers_refuser");
    assert_eq!(broken(&mut app, refuse("prepared_by", "")).await, "bank_transfers_refused", "a line still waits");
    assert_eq!(broken(&mut app, lines.clone()).await, "bank_transfer_lines_kept");
    hall.second_payer().await.run(REFUSAL, refused(&file)).await.data();
    for (statement, guard) in [
        (
            "UPDATE bank_transfers SET state = 'PRODUCED', refused_on = NULL, refused_by = NULL, refusal_reason = NULL",
            "bank_moves",
        ),
        ("UPDATE bank_transfers SET state = 'DONE'", "bank_moves"),
        ("UPDATE bank_transfers SET refusal_reason = 'x'", "bank_transfers_refused"),
        ("UPDATE bank_transfer_lines SET state = 'WAITING'", "bank_transfer_lines_kept"),
        ("UPDATE bank_transfer_lines SET state = 'PAID', paid_on = '2026-05-20'", "bank_transfer_lines_kept"),
    ] {
        assert_eq!(broken(&mut app, statement.into()).await, guard, "{statement}");
    }
    // What the bank reported on is not refused.
    let payment = hall.scene.payable_of(200_000).await;
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    hall.scene.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let id = entaku::kernel::id::decode(&file).expect("an id").1;
    let report = format!(
        "INSERT INTO bank_reports (id, format, name, sha256, count, matched, unmatched)
            VALUES (gen_random_uuid(), 'CSV', 'x', repeat('0', 64), 1, 0, 1);
         INSERT INTO bank_report_lines (id, report_id, number, reported_on, amount_yen, bank_code, branch_code, tail, holder,
            paid, outcome, line_id) SELECT gen_random_uuid(), r.id, 1, '2026-05-20', 200000, '0167', '045', '567', 'x', true,
            'NOT_PAYABLE', l.id FROM bank_reports r, bank_transfer_lines l WHERE l.transfer_id = '{id}'"
    );
    let refuse = format!(
        "{report}; UPDATE bank_transfers SET state = 'REFUSED', refused_on = '2026-05-20', refusal_reason = '締切後',
            refused_by = prepared_by WHERE id = '{id}'"
    );
    assert_eq!(broken(&mut app, refuse).await, "bank_transfers_refused");
}
