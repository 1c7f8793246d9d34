//! Reports and fixings are held to the books.

#[allow(clippy::wildcard_imports)] // the desk and the documents of the noun's tests
use super::*;

story!(COMPLETION, "261-grant-completion-record");
story!(REPORT_SUBMIT, "262-grant-report-submit");
story!(REPORT_RETURN, "263-grant-report-return");
story!(REPORT_REVIEW, "264-grant-report-review");
story!(AMOUNT_FIX, "265-grant-amount-fix");
story!(BOOKED, "413-grant-booked-read");

impl Desk {
    /// At the desk of an organization whose programme asks this of books.
    pub(super) async fn asking(rule: &str) -> Self {
        let terms = json!({"surplusRule": "RETURN", "repaymentDays": 20, "bookRule": rule});
        Self::of(Scene::with_terms(&terms).await).await
    }

    /// A grant that was paid whole.
    pub(super) async fn granted(&self, yen: i64) -> String {
        let grant = self.scene.granted(yen).await;
        self.scene.pay(&grant, Some(yen)).await;
        grant
    }

    pub(super) async fn spend_of(&self, grant: &str, yen: i64) -> String {
        text(&self.record(with(entry(&self.fuel, yen), &json!({ "grantApplicationId": grant }))).await["id"])
    }

    pub(super) async fn report(&self, grant: &str) -> Value {
        let completed = json!({"id": grant, "input": {"completedOn": "2026-05-20"}});
        self.scene.officer.run(COMPLETION, completed).await.data();
        let report = json!({"id": grant, "input": {"summary": "月に二度開いた。"}});
        self.scene.officer.run(REPORT_SUBMIT, report).await.data()["grantReportSubmit"]["reports"][0].clone()
    }

    pub(super) async fn review(&self, grant: &str, yen: Option<i64>) -> crate::support::client::Answer {
        let opinion = json!({"id": grant, "input": {"eligibleYen": yen, "reason": "領収書と合う。"}});
        self.scene.staff.run(REPORT_REVIEW, opinion).await
    }

    pub(super) async fn fix(&self, grant: &str) -> crate::support::client::Answer {
        let fix = json!({"id": grant, "input": {"reason": "審査の意見のとおり。"}});
        self.scene.approver.run(AMOUNT_FIX, fix).await
    }

    pub(super) async fn booked(&self, grant: &str) -> Value {
        self.scene.staff.run(BOOKED, json!({ "id": grant })).await.data()["grantApplication"].clone()
    }

    async fn found(&self, id: &str, of: &Value) {
        let judged = json!({"id": id, "input": {"ineligibleUseId": of, "reason": "私用の燃料"}});
        self.scene.staff.run(JUDGE, judged).await.data();
    }
}

/// What the hall finds in the books lowers what is examined and fixed, also after the examination; nobody goes beyond it.
#[tokio::test]
async fn no_more_is_examined_or_fixed_than_the_books_show() {
    let d = Desk::asking("CLOSED").await;
    let grant = d.granted(1_000_000).await;
    assert_eq!(d.booked(&grant).await["booked"], Value::Null, "nothing is written yet");
    let social = d.use_set("SOCIAL", &json!({})).await;
    d.spend_of(&grant, 500_000).await;
    let third = d.spend_of(&grant, 100_000).await;
    let private = d.spend_of(&grant, 300_000).await;
    d.spend(7_000).await;
    d.found(&private, &social).await;
    let shown = d.booked(&grant).await["booked"].clone();
    assert_eq!((&shown["spentYen"], &shown["ineligibleYen"]), (&json!(900_000), &json!(300_000)));
    assert_eq!((&shown["eligibleYen"], &shown["state"]), (&json!(600_000), &json!("OPEN")));
    let mut parts: Vec<_> = shown["costs"]
        .as_array()
        .expect("costs")
        .iter()
        .map(|c| (c["ineligibleUse"]["code"].as_str().unwrap_or_default().to_owned(), c["amountYen"].clone()))
        .collect();
    parts.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(parts, [(String::new(), json!(600_000)), ("SOCIAL".to_owned(), json!(300_000))]);
    assert_eq!(shown["transactions"]["nodes"].as_array().map(Vec::len), Some(3), "each leads to its voucher");
    assert_eq!(
        d.scene.town.public().run(BOOKED, json!({ "id": grant })).await.data()["grantApplication"]["booked"],
        Value::Null
    );

    // What is not said of the cost is what the books say.
    let told = d.report(&grant).await;
    assert_eq!((&told["actualYen"], &told["eligibleYen"]), (&json!(900_000), &json!(600_000)));
    assert_eq!(told["costs"], json!([{"category": "SUPPLIES", "amountYen": 900_000, "eligibleYen": 600_000}]));
    d.review(&grant, Some(600_001)).await.expect_code("CONFLICT/BOOK_EXCEEDED");
    let more = format!(
        "UPDATE grant_applications SET state = 'REPORT_REVIEWED', eligible_yen = 600001 WHERE id = {}",
        uuid(&grant)
    );
    assert!(d.sql(&more).await.contains("RULE"));
    d.review(&grant, None).await.data();
    let seen = d.booked(&grant).await;
    assert_eq!((&seen["eligibleYen"], &seen["bookedYen"]), (&json!(600_000), &json!(600_000)));

    // An open book, and one that shows less since: examined again.
    d.fix(&grant).await.expect_code("CONFLICT/BOOK_OPEN");
    d.close().await;
    d.found(&third, &social).await;
    d.fix(&grant).await.expect_code("CONFLICT/BOOK_CHANGED");
    let by_hand = format!(
        "UPDATE grant_applications SET state = 'REPAYMENT_ORDERED', fixed_yen = 600000, fixed_on = '2026-05-20',
            surplus_rule = 'RETURN', ordered_yen = 400000, repayment_due = '2026-06-20' WHERE id = {}",
        uuid(&grant)
    );
    assert!(d.sql(&by_hand).await.contains("RULE"));
    d.review(&grant, None).await.data();
    let fixed = d.fix(&grant).await.data()["grantAmountFix"].clone();
    assert_eq!((&fixed["fixedYen"], &fixed["orderedYen"]), (&json!(500_000), &json!(500_000)));
    // What it was fixed by is not taken back.
    let lift = json!({"id": third, "input": {"reason": "誤り"}});
    d.scene
        .staff
        .run(include_str!("../../../docs/stories/412-book-transaction-finding-lift.graphql"), lift)
        .await
        .expect_code("CONFLICT/GRANT_FIXED");
    let lifted =
        "UPDATE book_transactions SET found_by_hall = false, ineligible_use_id = NULL, ineligible_reason = NULL
        WHERE book_id = $BOOK AND found_by_hall";
    assert!(d.sql(lifted).await.contains("RULE"));
    d.scene.is_sound().await;
}

/// What was examined by the books is taken back whole, and examined by them again.
#[tokio::test]
async fn what_was_examined_by_the_books_is_returned_too() {
    let d = Desk::asking("OPEN").await;
    let grant = d.granted(300_000).await;
    d.spend_of(&grant, 300_000).await;
    d.report(&grant).await;
    d.review(&grant, None).await.data();
    let back = json!({"id": grant, "input": {"reason": "成果の記載が足りない。"}});
    d.scene.staff.run(REPORT_RETURN, back).await.data();
    let seen = d.booked(&grant).await;
    assert_eq!((&seen["eligibleYen"], &seen["bookedYen"]), (&Value::Null, &Value::Null));
    d.report(&grant).await;
    d.review(&grant, None).await.data();
    // Nor is the comparison alone left out.
    let alone = format!("UPDATE grant_applications SET booked_yen = NULL WHERE id = {}", uuid(&grant));
    assert!(d.sql(&alone).await.contains("RULE"));
    assert_eq!(d.fix(&grant).await.data()["grantAmountFix"]["fixedYen"], 300_000);
}

/// Below what the books show the examiner may go, with the reason that stays in the record.
#[tokio::test]
async fn less_than_the_books_show_is_examined_with_a_reason() {
    let d = Desk::asking("OPEN").await;
    let grant = d.granted(300_000).await;
    d.spend_of(&grant, 250_000).await;
    d.report(&grant).await;
    let silent = json!({"id": grant, "input": {"eligibleYen": 200_000, "reason": " "}});
    d.scene.staff.run(REPORT_REVIEW, silent).await.expect_code("INVALID_INPUT");
    d.review(&grant, Some(200_000)).await.data();
    let acts = "query($id: ID!) { grantApplication(id: $id) { bookedYen acts { act reason amountYen } } }";
    let seen = d.scene.staff.run(acts, json!({ "id": grant })).await.data()["grantApplication"].clone();
    let act = seen["acts"].as_array().expect("acts").last().expect("an act").clone();
    assert_eq!((&act["act"], &act["amountYen"]), (&json!("REPORT_REVIEW"), &json!(200_000)));
    assert_eq!((&act["reason"], &seen["bookedYen"]), (&json!("領収書と合う。"), &json!(250_000)));
    assert_eq!(
        d.fix(&grant).await.data()["grantAmountFix"]["fixedYen"],
        200_000,
        "the programme asks for no closed book"
    );
}

#[tokio::test]
async fn taking_an_expense_from_the_grant_leads_around_nothing() {
    let d = Desk::asking("OPEN").await;
    let grant = d.granted(300_000).await;
    let id = d.spend_of(&grant, 250_000).await;
    d.report(&grant).await;
    let undo = json!({"id": id, "input": {"reason": "会費で払った。", "replacement": entry(&d.fuel, 250_000)}});
    d.accountant.run(REVERSE, undo).await.data();
    assert_eq!(d.booked(&grant).await["booked"]["eligibleYen"], 0, "it has its book still");
    d.review(&grant, Some(1)).await.expect_code("CONFLICT/BOOK_EXCEEDED");
    d.review(&grant, None).await.data();
    assert_eq!(d.fix(&grant).await.data()["grantAmountFix"]["orderedYen"], 300_000);
}

#[tokio::test]
async fn a_programme_may_ask_for_the_auditors_word() {
    let d = Desk::asking("CONFIRMED").await;
    let grant = d.granted(300_000).await;
    d.spend_of(&grant, 300_000).await;
    d.report(&grant).await;
    d.review(&grant, None).await.data();
    d.close().await;
    d.fix(&grant).await.expect_code("CONFLICT/BOOK_OPEN");
    let by_hand = format!(
        "UPDATE grant_applications SET state = 'SETTLED', fixed_yen = 300000, fixed_on = '2026-05-20',
            surplus_rule = 'RETURN' WHERE id = {}",
        uuid(&grant)
    );
    assert!(d.sql(&by_hand).await.contains("RULE"));
    d.confirm(&d.auditor.1).await.data();
    assert_eq!(d.fix(&grant).await.data()["grantAmountFix"]["state"], "SETTLED");
}

#[tokio::test]
async fn where_no_book_is_kept_people_say_what_was_spent() {
    let d = Desk::asking("CONFIRMED").await;
    let grant = d.granted(300_000).await;
    d.spend(7_000).await;
    d.scene.officer.run(COMPLETION, json!({"id": grant, "input": {"completedOn": "2026-05-20"}})).await.data();
    let report = json!({"id": grant, "input": {"summary": "月に二度開いた。"}});
    d.scene.officer.run(REPORT_SUBMIT, report.clone()).await.expect_code("INVALID_INPUT");
    let costs = json!([{"category": "SUPPLIES", "amountYen": 290_000, "eligibleYen": 290_000}]);
    let mut said = report;
    said["input"]["costs"] = costs;
    d.scene.officer.run(REPORT_SUBMIT, said).await.data();
    d.review(&grant, None).await.expect_code("INVALID_INPUT");
    d.review(&grant, Some(290_000)).await.data();
    assert_eq!(d.booked(&grant).await["bookedYen"], Value::Null);
    assert_eq!(d.fix(&grant).await.data()["grantAmountFix"]["fixedYen"], 290_000);
}

/// M14: a second examination does not wash off the first.
#[tokio::test]
async fn m14_nobody_fixes_what_they_once_examined() {
    let d = Desk::asking("OPEN").await;
    let grant = d.granted(300_000).await;
    d.spend_of(&grant, 300_000).await;
    d.report(&grant).await;
    let (both, _) = d.scene.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    d.scene.town.appoint(both, Role::Approver, ScopeKind::Municipality, None).await;
    let first = d.scene.town.as_account(both).await;
    let opinion = json!({"id": grant, "input": {"reason": "領収書と合う。"}});
    first.run(REPORT_REVIEW, opinion).await.data();
    d.review(&grant, Some(290_000)).await.data();
    let fix = json!({"id": grant, "input": {"reason": "審査の意見のとおり。"}});
    first.run(AMOUNT_FIX, fix).await.expect_code("FORBIDDEN/DUTIES_APART");
    let by_hand = format!(
        "UPDATE grant_applications SET state = 'REPAYMENT_ORDERED', fixed_yen = 290000, fixed_on = '2026-05-20',
            surplus_rule = 'RETURN', ordered_yen = 10000, repayment_due = '2026-06-20', fixed_by = '{}' WHERE id = {}",
        both.0,
        uuid(&grant)
    );
    assert!(d.sql(&by_hand).await.contains("RULE"));
    assert_eq!(d.fix(&grant).await.data()["grantAmountFix"]["fixedYen"], 290_000);
}
