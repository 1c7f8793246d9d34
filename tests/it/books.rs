//! The books of organizations: the documents of docs/stories, played by those who keep them, examine them and try what
//! they may not.

use chrono::Duration;
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::privacy::entity::RetentionKind;
use entaku::people::privacy::retention;
use serde_json::{Value, json};

use crate::files::sent;
use crate::grants::Scene;
use crate::organizations::{organization, text};
use crate::support::Client;

mod due;

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/", $file, ".graphql"));
    };
}

story!(OPEN, "400-account-book-open");
story!(CHANGE, "401-account-book-change");
story!(LINE_SET, "402-budget-line-set");
story!(RECORD, "403-book-transaction-record");
story!(REVERSE, "404-book-transaction-reverse");
story!(ATTACH, "405-book-transaction-file-attach");
story!(JUDGE, "406-book-transaction-judge");
story!(CLOSE, "407-account-book-close");
story!(CONFIRM, "408-account-book-confirm");
story!(USE_SET, "409-ineligible-use-set");
story!(READ, "410-account-books-read");

mod carried;
mod findings;
mod grants;
mod hands;
mod in_preparation;
mod once;
mod receipts;

/// An organization with its officer, accountant and auditor, and a book with two lines.
struct Desk {
    scene: Scene,
    accountant: Client,
    auditor: (AccountId, Client),
    book: String,
    fuel: String,
    fees: String,
}

impl Desk {
    async fn new() -> Self {
        Self::of(Scene::new().await).await
    }

    async fn of(scene: Scene) -> Self {
        let over = entaku::kernel::id::decode(&scene.organization).expect("an id").1;
        let accountant = scene.town.over(Role::OrgAccountant, ScopeKind::Organization, &scene.organization).await;
        let auditor = scene.town.person(Role::OrgAuditor, ScopeKind::Organization, Some(over)).await;
        let made = scene.officer.run(OPEN, opening(&scene.organization, 2026)).await.data()["accountBookOpen"].clone();
        let line = |n: usize| text(&made["lines"][n]["id"]);
        let (fuel, fees) = (line(0), line(1));
        Self { accountant, auditor, book: text(&made["id"]), fuel, fees, scene }
    }

    async fn record(&self, input: Value) -> Value {
        self.accountant.run(RECORD, json!({ "input": input })).await.data()["bookTransactionRecord"].clone()
    }

    async fn spend(&self, yen: i64) -> String {
        text(&self.record(entry(&self.fuel, yen)).await["id"])
    }

    async fn close(&self) {
        let input = json!({"id": self.book, "input": {"completedOn": "2026-05-20"}});
        self.scene.officer.run(CLOSE, input).await.data();
    }

    async fn confirm(&self, who: &Client) -> crate::support::client::Answer {
        who.run(CONFIRM, json!({"id": self.book, "input": {"opinion": "適正と認める。"}})).await
    }

    /// Sets a use of the list; its id.
    async fn use_set(&self, code: &str, more: &Value) -> Value {
        self.scene.staff.run(USE_SET, use_of(code, more)).await.data()["ineligibleUseSet"]["id"].clone()
    }

    async fn sql(&self, statement: &str) -> String {
        let tx = self.scene.town.system();
        let failure = tx.run(Sql::new(&statement.replace("$BOOK", &uuid(&self.book)))).await.expect_err(statement);
        format!("{failure:?}")
    }
}

fn uuid(id: &str) -> String {
    format!("'{}'", entaku::kernel::id::decode(id).expect("an id").1)
}

fn opening(organization: &str, year: i32) -> Value {
    json!({"input": {"organizationId": organization, "fiscalYear": year, "plan": "見守りと買い物支援", "adoptedOn": "2026-04-20",
        "lines": [{"category": "SUPPLIES", "title": "燃料", "budgetYen": 40_000},
                  {"category": "MEMBERSHIP_FEE", "title": "会費", "budgetYen": 120_000}]}})
}

fn entry(line: &str, yen: i64) -> Value {
    json!({"budgetLineId": line, "occurredOn": "2026-05-20", "amountYen": yen, "counterparty": "給油所 山田", "summary": "燃料"})
}

fn use_of(code: &str, more: &Value) -> Value {
    let input = json!({"code": code, "title": "対象外", "titleEn": "Not for this", "legalBasis": "交付要綱第5条",
        "withoutReceipt": false, "inForce": true});
    json!({"input": with(input, more)})
}

fn with(mut value: Value, more: &Value) -> Value {
    value.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    value
}

#[tokio::test]
async fn what_is_left_of_a_line_is_seen_while_entering() {
    let d = Desk::new().await;
    let first = d.record(entry(&d.fuel, 12_000)).await;
    assert_eq!(first["number"], 1);
    assert_eq!(
        first["line"],
        json!({"title": "燃料", "budgetYen": 40_000, "actualYen": 12_000, "remainingYen": 28_000})
    );
    let second = d.record(entry(&d.fees, 120_000)).await;
    assert_eq!(second["book"], json!({"incomeYen": 120_000, "expenseYen": 12_000, "balanceYen": 108_000}));
    let beyond = d.record(entry(&d.fuel, 30_000)).await;
    assert_eq!(beyond["line"]["remainingYen"], -2_000, "more than the budget is seen, not forbidden");
    let more = json!({"bookId": d.book, "category": "SUPPLIES", "title": "燃料", "budgetYen": 50_000});
    let line = d.scene.officer.run(LINE_SET, json!({ "input": more })).await.data()["budgetLineSet"].clone();
    assert_eq!((&line["id"], &line["remainingYen"]), (&json!(d.fuel), &json!(8_000)));
    let change = json!({"id": d.book, "input": {"plan": "広報紙を加える。", "revision": 1}});
    d.scene.officer.run(CHANGE, change).await.expect_code("CONFLICT/STALE");
}

#[tokio::test]
async fn m8_a_mistake_is_undone_whole_once_and_replaced() {
    let d = Desk::new().await;
    let wrong = d.spend(8_600).await;
    let again = json!({"id": wrong, "input": {"reason": "金額の誤り", "replacement": entry(&d.fuel, 6_800)}});
    let reversal = d.accountant.run(REVERSE, again.clone()).await.data()["bookTransactionReverse"].clone();
    assert_eq!((&reversal["amountYen"], &reversal["number"]), (&json!(-8_600), &json!(2)));
    assert_eq!(reversal["line"], json!({"actualYen": 6_800, "remainingYen": 33_200}));
    assert_eq!(reversal["reverses"]["replacedBy"]["amountYen"], 6_800);
    d.accountant.run(REVERSE, again).await.expect_code("CONFLICT/REVERSED");
    let of_reversal = json!({"id": reversal["id"], "input": {"reason": "やはり"}});
    d.accountant.run(REVERSE, of_reversal).await.expect_code("CONFLICT/REVERSAL");
}

/// M3: nothing, less than nothing, more than an amount can be, and days of other years.
#[tokio::test]
async fn m3_amounts_and_days_are_what_they_must_be() {
    let d = Desk::new().await;
    for yen in [0, -1, -9_007_199_254_740_992] {
        d.accountant.run(RECORD, json!({"input": entry(&d.fuel, yen)})).await.expect_code("INVALID_INPUT");
    }
    let most = entaku::kernel::money::Yen::MAX.0;
    d.spend(most).await;
    d.accountant.run(RECORD, json!({"input": entry(&d.fuel, 1)})).await.expect_code("CONFLICT/AMOUNT_RANGE");
    for day in ["2026-03-31", "2026-05-21", "2027-04-01"] {
        let input = with(entry(&d.fuel, 100), &json!({ "occurredOn": day }));
        d.accountant.run(RECORD, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    }
    let input = with(entry(&d.fuel, 100), &json!({ "counterparty": "a\u{0}b" }));
    d.accountant.run(RECORD, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    let negative = json!({"bookId": d.book, "category": "RENT", "title": "使用料", "budgetYen": -1});
    d.accountant.run(LINE_SET, json!({ "input": negative })).await.expect_code("INVALID_INPUT");
}

/// M13: each state takes what it takes, in the program and in the database.
#[tokio::test]
async fn m13_a_closed_book_takes_reversals_only_and_a_confirmed_one_nothing() {
    let d = Desk::new().await;
    let first = d.spend(1_000).await;
    d.confirm(&d.auditor.1).await.expect_code("CONFLICT/STATE");
    d.close().await;
    d.accountant.run(RECORD, json!({"input": entry(&d.fuel, 1)})).await.expect_code("CONFLICT/STATE");
    let line = json!({"bookId": d.book, "category": "RENT", "title": "使用料", "budgetYen": 1});
    d.accountant.run(LINE_SET, json!({ "input": line })).await.expect_code("CONFLICT/STATE");
    d.accountant.run(CHANGE, json!({"id": d.book, "input": {"plan": "別の計画"}})).await.expect_code("CONFLICT/STATE");
    let undo = json!({"id": first, "input": {"reason": "誤り", "replacement": entry(&d.fuel, 900)}});
    d.accountant.run(REVERSE, undo).await.data();
    for statement in [
        "INSERT INTO book_transactions (id, book_id, organization_id, fiscal_year, line_id, side, category, number,
            occurred_on, amount_yen, counterparty, summary) SELECT gen_random_uuid(), book_id, organization_id, fiscal_year,
            line_id, side, category, 4, occurred_on, 5, 'x', 'x' FROM book_transactions WHERE book_id = $BOOK AND number = 1",
        "INSERT INTO book_transactions (id, book_id, organization_id, fiscal_year, line_id, side, category, number,
            occurred_on, amount_yen, counterparty, summary, replaces_id) SELECT gen_random_uuid(), book_id, organization_id,
            fiscal_year, line_id, side, category, 4, occurred_on, 5, 'x', 'x', id FROM book_transactions
            WHERE book_id = $BOOK AND number = 3",
        "INSERT INTO account_books (id, organization_id, district_id, fiscal_year, plan, state, last_number)
            SELECT gen_random_uuid(), organization_id, district_id, 2050, plan, 'OPEN', 1 FROM account_books WHERE id = $BOOK",
        "INSERT INTO account_books (id, organization_id, district_id, fiscal_year, plan, state, completed_on, closed_on,
            vouchers_until) SELECT gen_random_uuid(), organization_id, district_id, 2050, plan, 'CLOSED', completed_on,
            closed_on, vouchers_until FROM account_books WHERE id = $BOOK",
        "UPDATE account_books SET plan = 'x' WHERE id = $BOOK",
        "UPDATE account_books SET expense_yen = 0 WHERE id = $BOOK",
        "UPDATE account_books SET state = 'OPEN', closed_on = NULL, completed_on = NULL, vouchers_until = NULL WHERE id = $BOOK",
        "UPDATE budget_lines SET budget_yen = 1 WHERE book_id = $BOOK",
        "UPDATE budget_lines SET actual_yen = 0 WHERE book_id = $BOOK",
        "UPDATE book_transactions SET amount_yen = 1 WHERE book_id = $BOOK",
        "DELETE FROM book_transactions WHERE book_id = $BOOK",
    ] {
        let told = d.sql(statement).await;
        assert!(told.contains("RULE") || told.contains("permission denied"), "{statement}: {told}");
    }
    d.confirm(&d.auditor.1).await.data();
    let undo = json!({"id": first, "input": {"reason": "誤り"}});
    d.accountant.run(REVERSE, undo).await.expect_code("CONFLICT/STATE");
    let receipt = sent(&d.accountant, "領収書.csv", b"a,b\n1,2\n").await;
    d.accountant.run(ATTACH, json!({"id": first, "fileId": receipt})).await.expect_code("CONFLICT/STATE");
    d.confirm(&d.auditor.1).await.expect_code("CONFLICT/STATE");
}

/// Z1: other organizations' people neither read nor write; members read without names; a grant is one's own.
#[tokio::test]
async fn z1_books_are_their_organizations_own() {
    let d = Desk::new().await;
    let id = d.spend(700).await;
    let (_, other) = organization(&d.scene.staff, "若葉の会").await;
    let stranger = d.scene.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    let open = |client: Client, of: String| async move { client.run(OPEN, opening(&of, 2026)).await };
    open(stranger.clone(), d.scene.organization.clone()).await.expect_code("FORBIDDEN");
    stranger.run(RECORD, json!({"input": entry(&d.fuel, 1)})).await.expect_code("NOT_FOUND");
    stranger.run(REVERSE, json!({"id": id, "input": {"reason": "x"}})).await.expect_code("NOT_FOUND");
    stranger.run(CLOSE, json!({"id": d.book, "input": {"completedOn": "2026-05-20"}})).await.expect_code("NOT_FOUND");
    for nobody in [&stranger, &d.scene.town.public()] {
        let seen = nobody.run(READ, json!({})).await.data()["accountBooks"]["nodes"].clone();
        assert_eq!(seen, json!([]));
    }
    let member = d.scene.town.over(Role::OrgMember, ScopeKind::Organization, &d.scene.organization).await;
    let seen = member.run(READ, json!({})).await.data()["accountBooks"]["nodes"][0]["transactions"]["nodes"][0].clone();
    assert_eq!((&seen["counterparty"], &seen["amountYen"]), (&Value::Null, &json!(700)));
    let seen = d.scene.staff.run(READ, json!({})).await.data()["accountBooks"]["nodes"][0].clone();
    assert_eq!(seen["transactions"]["nodes"][0]["counterparty"], "給油所 山田");
    // Somebody else's grant, which everybody reads once it is decided.
    let grant = d.scene.decided().await;
    let theirs = open(stranger.clone(), other.clone()).await.data()["accountBookOpen"]["lines"][0]["id"].clone();
    let input = with(entry(&text(&theirs), 100), &json!({ "grantApplicationId": grant }));
    stranger.run(RECORD, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    let mixed = json!({"id": id, "input": {"reason": "x", "replacement": entry(&text(&theirs), 1)}});
    d.accountant.run(REVERSE, mixed).await.expect_code("NOT_FOUND");
    open(d.scene.officer.clone(), d.scene.organization.clone()).await.expect_code("CONFLICT/DUPLICATE");
}

/// Entries of many hands leave no gap and lose nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_hands_write_one_book() {
    let d = Desk::new().await;
    let hands = (0..20).map(|_| async {
        loop {
            let answer = d.accountant.run(RECORD, json!({"input": entry(&d.fuel, 100)})).await;
            if answer.code() != "UNAVAILABLE" {
                break answer.data()["bookTransactionRecord"]["number"].as_i64().expect("a number");
            }
        }
    });
    let mut numbers = futures_util::future::join_all(hands).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    assert_eq!(d.record(entry(&d.fuel, 1)).await["line"]["actualYen"], 2_001);
}
