//! A grant that is paid in parts goes through the bank part by part: each is a line, once.

use sqlx::{AssertSqlSafe, PgConnection, raw_sql};

#[allow(clippy::wildcard_imports)] // the hall and the documents of the noun's tests
use super::*;
use crate::ledger::inside;

story!(REVOKE, "270-grant-decision-revoke");
story!(ROUTE_CREATE, "321-approval-route-create");
story!(APPROVE, "322-approval-approve");
const REQUEST_NEXT: &str = "mutation($id: ID!) { grantPaymentRequest(id: $id) { pendingYen } }";
const PAYMENTS: &str =
    "query($id: ID!) { grantApplication(id: $id) { state payments { number kind amountYen } revision } }";

impl Hall {
    /// Four quarters of 1,234,567 yen, the rest of thousands in the first.
    async fn in_quarters() -> (Self, String) {
        let terms = json!({"instalments": {"count": 4, "unit": 1000, "rest": "FIRST"}, "surplusRule": "RETURN",
            "repaymentDays": 20});
        let hall = Self::of(Scene::with_terms(&terms).await).await;
        let id = hall.scene.granted(1_234_567).await;
        (hall, id)
    }

    /// Asks for the next part: what it is.
    async fn next(&self, id: &str) -> Value {
        self.scene.officer.run(REQUEST_NEXT, json!({ "id": id })).await.data()["grantPaymentRequest"]["pendingYen"]
            .clone()
    }

    /// Puts what was asked for into a file: the file, and which payment of how many yen it is.
    async fn filed(&self, id: &str) -> (String, Value) {
        let made = self.prepare(&[id]).await.data()["bankTransferPrepare"].clone();
        let read = "query($id: ID!) { bankTransfer(id: $id) { lines { paymentNumber amountYen } } }";
        let file = text(&made["id"]);
        let lines = self.scene.staff.run(read, json!({ "id": file })).await.data()["bankTransfer"]["lines"].clone();
        (file, lines)
    }

    async fn reported(&self, yen: i64) -> Vec<String> {
        outcomes(&self.import("CSV", &table(&[("2026-05-20", NUMBER, yen, "済")])).await.data())
    }
}

/// The constraint that a statement, or its commit, breaks.
pub(super) async fn broken(app: &mut PgConnection, statement: String) -> String {
    let done = raw_sql(AssertSqlSafe(format!("BEGIN; {statement}; COMMIT"))).execute(&mut *app).await;
    let error = done.expect_err(&statement).into_database_error().expect("the database's");
    raw_sql("ROLLBACK").execute(app).await.expect("ended");
    error.constraint().unwrap_or_else(|| panic!("{statement}: {error}")).to_owned()
}

/// Gives the approval that waits for somebody.
pub(super) async fn approve(who: &Client) {
    let seats = "{ viewer { tasks(first: 10, filter: {act: [\"approvalApprove\"]}) { nodes { objectId } } } }";
    let seat = who.run(seats, json!({})).await.data()["viewer"]["tasks"]["nodes"][0]["objectId"].clone();
    who.run(APPROVE, json!({"id": seat, "comment": null})).await.data();
}

fn by_hand(id: &str) -> Value {
    json!({"id": id, "input": {"paidOn": "2026-05-20"}})
}

#[tokio::test]
async fn m14_each_instalment_is_a_line_and_is_paid_once() {
    let (hall, id) = Hall::in_quarters().await;
    let s = &hall.scene;
    assert_eq!(hall.next(&id).await, 310_567);
    let (file, lines) = hall.filed(&id).await;
    assert_eq!(lines, json!([{"paymentNumber": 1, "amountYen": 310_567}]));
    hall.prepare(&[&id]).await.expect_code("CONFLICT/IN_TRANSFER");
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    s.payer.run(EXECUTE, by_hand(&id)).await.expect_code("CONFLICT/IN_TRANSFER");
    let revoke = json!({"id": id, "input": {"reason": "要綱に反する。"}});
    s.approver.run(REVOKE, revoke).await.expect_code("CONFLICT/IN_TRANSFER");
    assert_eq!(hall.reported(310_567).await, ["MATCHED"]);
    assert_eq!(s.state(&id).await, "PARTLY_PAID");
    hall.prepare(&[&id]).await.expect_code("CONFLICT/STATE");

    // Paid by hand before its file was made: the file pays neither it nor the next one, which is alike.
    assert_eq!(hall.next(&id).await, 308_000);
    let (stale, lines) = hall.filed(&id).await;
    assert_eq!(lines, json!([{"paymentNumber": 2, "amountYen": 308_000}]));
    s.payer.run(EXECUTE, by_hand(&id)).await.data();
    s.payer.run(PRODUCE, json!({ "id": stale })).await.expect_code("CONFLICT/STATE");
    assert_eq!(hall.next(&id).await, 308_000);
    s.payer.run(PRODUCE, json!({ "id": stale })).await.expect_code("CONFLICT/BANK_ACCOUNT_CHANGED");
    let (file, lines) = hall.filed(&id).await;
    assert_eq!(lines, json!([{"paymentNumber": 3, "amountYen": 308_000}]));
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    assert_eq!(hall.reported(308_000).await, ["MATCHED"]);
    s.staff.run(CANCEL, json!({ "id": stale })).await.data();

    // The settlement is one more.
    assert_eq!(s.fixed(&id, 1_000_000).await["state"], "AMOUNT_FIXED");
    assert_eq!(hall.next(&id).await, 73_433);
    let (file, lines) = hall.filed(&id).await;
    assert_eq!(lines, json!([{"paymentNumber": 4, "amountYen": 73_433}]));
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    assert_eq!(hall.reported(73_433).await, ["MATCHED"]);
    let seen = s.staff.run(PAYMENTS, json!({ "id": id })).await.data()["grantApplication"].clone();
    let one = |number: i32, kind: &str, yen: i64| json!({"number": number, "kind": kind, "amountYen": yen});
    let all = [
        one(1, "ADVANCE", 310_567),
        one(2, "ADVANCE", 308_000),
        one(3, "ADVANCE", 308_000),
        one(4, "SETTLEMENT", 73_433),
    ];
    assert_eq!((&seen["state"], &seen["payments"]), (&json!("SETTLED"), &json!(all)));
    assert_eq!(hall.paid_yen().await, "1000000");
    s.is_sound().await;
}

/// Money that is on its way cannot be asked back: what has a route goes when the route is complete, not before.
#[tokio::test]
async fn m14_a_payment_under_a_route_is_approved_before_its_file_is_made() {
    let (hall, id) = Hall::in_quarters().await;
    let s = &hall.scene;
    let boss = s.town.staff(Role::Approver).await;
    let route = json!({"input": {"title": "支払", "act": "GRANT_PAYMENT_EXECUTE", "fromYen": 1_000_000, "inOrder": false,
        "steps": [{"name": "部長決裁", "role": "APPROVER", "needed": 1}]}});
    s.town.staff(Role::Admin).await.run(ROUTE_CREATE, route).await.data();
    hall.next(&id).await;
    let (file, _) = hall.filed(&id).await;
    s.payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    approve(&boss).await;
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    assert_eq!(hall.reported(310_567).await, ["MATCHED"]);
    assert_eq!(s.state(&id).await, "PARTLY_PAID");
    // The next one is approved by itself.
    hall.next(&id).await;
    let (file, _) = hall.filed(&id).await;
    s.payer.run(PRODUCE, json!({ "id": file })).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    s.is_sound().await;
}

/// A route that is laid down while the money is on its way: the report pays the rest, and comes again.
#[tokio::test]
async fn m14_what_a_report_could_not_pay_is_paid_when_it_comes_again() {
    let hall = Hall::new().await;
    let s = &hall.scene;
    let (large, small) = (s.payable_of(600_000).await, s.payable_of(300_000).await);
    let file = text(&hall.prepare(&[&large, &small]).await.data()["bankTransferPrepare"]["id"]);
    s.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let boss = s.town.staff(Role::Approver).await;
    let route = json!({"input": {"title": "支払", "act": "GRANT_PAYMENT_EXECUTE", "fromYen": 500_000, "inOrder": false,
        "steps": [{"name": "部長決裁", "role": "APPROVER", "needed": 1}]}});
    s.town.staff(Role::Admin).await.run(ROUTE_CREATE, route).await.data();
    let report = table(&[("2026-05-20", NUMBER, 600_000, "済"), ("2026-05-20", NUMBER, 300_000, "済")]);
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["NOT_PAYABLE", "MATCHED"]);
    approve(&boss).await;
    assert_eq!(outcomes(&hall.import("CSV", &report).await.data()), ["MATCHED", "ALREADY_SETTLED"]);
    hall.import("CSV", &report).await.expect_code("CONFLICT/IMPORTED");
    assert_eq!(hall.paid_yen().await, "900000");
    s.is_sound().await;
}

/// M14: nor does the database let anybody pay, or give up, what waits for the bank; and a line is paid by a payment.
#[tokio::test]
async fn m14_the_database_knows_which_instalment_waits_for_the_bank() {
    let (hall, id) = Hall::in_quarters().await;
    hall.next(&id).await;
    let (file, _) = hall.filed(&id).await;
    let of = format!("id = '{}'", entaku::kernel::id::decode(&id).expect("an id").1);
    let again = |number: i32, yen: &str| {
        format!(
            "INSERT INTO bank_transfer_lines (id, transfer_id, number, application_id, payment_number, organization_id,
                bank_account_id, amount_yen, state) SELECT gen_random_uuid(), transfer_id, 2, application_id, {number},
                organization_id, bank_account_id, {yen}, 'WAITING' FROM bank_transfer_lines"
        )
    };
    let mut app = inside(&hall.scene.town, "entaku_app").await;
    assert_eq!(broken(&mut app, again(1, "amount_yen")).await, "bank_transfer_lines_once");
    assert_eq!(broken(&mut app, again(2, "amount_yen")).await, "bank_transfer_lines_payable");
    assert_eq!(broken(&mut app, again(1, "1")).await, "bank_transfer_lines_payable");
    hall.scene.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let paid = format!(
        "INSERT INTO grant_payments (id, application_id, organization_id, district_id, number, kind, amount_yen, paid_on,
            journal_id) SELECT gen_random_uuid(), id, organization_id, district_id, 1, 'ADVANCE', pending_yen, '2026-05-20',
            gen_random_uuid() FROM grant_applications WHERE {of}"
    );
    assert_eq!(broken(&mut app, paid).await, "bank_transfer_lines_waiting");
    let given_up = format!("UPDATE grant_applications SET state = 'REVOKED', pending_yen = NULL WHERE {of}");
    assert_eq!(broken(&mut app, given_up).await, "bank_transfer_lines_waiting");
    let nothing_paid = "UPDATE bank_transfer_lines SET state = 'PAID', paid_on = '2026-05-20'";
    assert_eq!(broken(&mut app, nothing_paid.into()).await, "bank_transfer_lines_payment");
}
