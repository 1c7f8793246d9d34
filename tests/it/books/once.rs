//! What one grant was fixed by is not spent of another as well.

#[allow(clippy::wildcard_imports)] // the desk and the documents of the noun's tests
use super::*;
use crate::ledger::inside;
use crate::support::client::Answer;

story!(REVOKE, "270-grant-decision-revoke");

impl Desk {
    /// Replaces an expense by the same of another grant, or of none; the replacement.
    async fn moved(&self, id: &str, yen: i64, to: Option<&str>) -> Answer {
        let replacement = with(entry(&self.fuel, yen), &json!({ "grantApplicationId": to }));
        let input = json!({"id": id, "input": {"reason": "充当の誤り", "replacement": replacement}});
        let query = "mutation($id: ID!, $input: BookTransactionReverseInput!) {
            bookTransactionReverse(id: $id, input: $input) { reverses { replacedBy { id } } } }";
        self.accountant.run(query, input).await
    }
}

fn replacement(answer: Answer) -> String {
    text(&answer.data()["bookTransactionReverse"]["reverses"]["replacedBy"]["id"])
}

/// What one grant was fixed by is not spent of another as well, by whatever way it comes there.
#[tokio::test]
async fn m14_no_expense_bears_two_grants() {
    let d = Desk::asking("OPEN").await;
    let (fixed, other) = (d.granted(300_000).await, d.granted(400_000).await);
    let counted = d.spend_of(&fixed, 200_000).await;
    let lost = d.spend_of(&fixed, 100_000).await;
    // What a grant loses before its amount is fixed is not counted.
    let lost = replacement(d.moved(&lost, 100_000, None).await);
    d.scene.town.app.clock.advance(chrono::Duration::minutes(1));
    d.report(&fixed).await;
    d.review(&fixed, None).await.data();
    assert_eq!(d.fix(&fixed).await.data()["grantAmountFix"]["fixedYen"], 200_000);
    d.moved(&lost, 100_000, Some(&other)).await.data();

    let refused = d.moved(&counted, 200_000, Some(&other)).await;
    refused.expect_code("CONFLICT/GRANT_FIXED");
    // By way of no grant, it does not come there either; to where it was, it does.
    let taken = replacement(d.moved(&counted, 200_000, None).await);
    d.moved(&taken, 200_000, Some(&other)).await.expect_code("CONFLICT/GRANT_FIXED");
    let back = replacement(d.moved(&taken, 200_000, Some(&fixed)).await);
    assert_eq!(d.booked(&fixed).await["booked"]["spentYen"], 200_000);
    assert_eq!(d.booked(&other).await["booked"]["spentYen"], 100_000);

    let mut app = inside(&d.scene.town, "entaku_app").await;
    let columns = "book_id, organization_id, fiscal_year, line_id, side, category, occurred_on, counterparty, summary";
    let forged = |to: &str| {
        format!(
            "BEGIN; INSERT INTO book_transactions ({columns}, id, number, amount_yen, application_id, reverses_id)
                SELECT {columns}, gen_random_uuid(), (SELECT b.last_number + 1 FROM account_books b WHERE b.id = t.book_id),
                    -amount_yen, application_id, id FROM book_transactions t WHERE t.id = {back};
            INSERT INTO book_transactions ({columns}, id, number, amount_yen, application_id, replaces_id)
                SELECT {columns}, gen_random_uuid(), (SELECT b.last_number + 1 FROM account_books b WHERE b.id = t.book_id),
                    amount_yen, {to}, id FROM book_transactions t WHERE t.id = {back}; ROLLBACK",
            back = uuid(&back),
            to = uuid(to)
        )
    };
    let same = sqlx::raw_sql(sqlx::AssertSqlSafe(forged(&fixed))).execute(&mut app).await;
    assert!(same.is_ok(), "{same:?}");
    let error = sqlx::raw_sql(sqlx::AssertSqlSafe(forged(&other))).execute(&mut app).await.expect_err("refused");
    let rule = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(rule, Some("book_transactions_borne_once"), "{error}");

    // A grant whose decision is revoked bears nothing any more.
    d.scene.approver.run(REVOKE, json!({"id": fixed, "input": {"reason": "要件を欠いた。"}})).await.data();
    d.moved(&back, 200_000, Some(&other)).await.data();
    assert_eq!(d.booked(&other).await["booked"]["spentYen"], 300_000);
    d.scene.is_sound().await;
}
