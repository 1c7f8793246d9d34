//! A grant after its decision: instalments, report, fixing, repayment, change, revocation, surplus, sub-applications.

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

story!(TERMS_SET, "260-grant-programme-terms-set");
story!(COMPLETION, "261-grant-completion-record");
story!(REPORT_SUBMIT, "262-grant-report-submit");
story!(REPORT_RETURN, "263-grant-report-return");
story!(REPORT_REVIEW, "264-grant-report-review");
story!(AMOUNT_FIX, "265-grant-amount-fix");
story!(REPAYMENT, "266-grant-repayment-record");
story!(CHANGE_REQUEST, "267-grant-change-request");
story!(CHANGE_APPROVE, "268-grant-change-approve");
story!(CHANGE_REFUSE, "269-grant-change-refuse");
story!(REVOKE, "270-grant-decision-revoke");
story!(SUBGRANT_SUBMIT, "271-grant-subgrant-submit");
story!(SUBGRANT_ADOPT, "272-grant-subgrant-adopt");
story!(SUBGRANT_REFUSE, "273-grant-subgrant-refuse");
story!(LIFE, "274-grant-life-read");
story!(YEAR_CLOSE, "292-ledger-year-close");

pub(super) fn quarters() -> Value {
    json!({"instalments": {"count": 4, "unit": 1000, "rest": "FIRST"}, "surplusRule": "RETURN", "repaymentDays": 20})
}

pub(super) fn plan() -> Value {
    json!([{"category": "SUPPLIES", "amountYen": 1_000_000}, {"category": "FEES", "amountYen": 300_000}])
}

#[allow(clippy::needless_pass_by_value)] // callers write the input where they call
pub(super) fn of(id: &str, input: Value) -> Value {
    json!({"id": id, "input": input})
}

impl Scene {
    /// A scene whose programme has these terms.
    pub(super) async fn with_terms(terms: &Value) -> Self {
        let mut s = Self::new().await;
        let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
        input["input"]["title"] = json!("条件のある交付金");
        let made = s.staff.run(PROGRAMME_CREATE, input).await.data();
        s.programme = text(&made["grantProgrammeCreate"]["id"]);
        s.staff.run(TERMS_SET, of(&s.programme, terms.clone())).await.data();
        allocate(&s.staff, &s.programme, &s.organization, 1_500_000).await.data();
        s.staff.run(PROGRAMME_PUBLISH, json!({"id": s.programme})).await.data();
        s
    }

    /// A decision on so many yen, with a plan of costs.
    pub(super) async fn granted(&self, yen: i64) -> String {
        let id = self.draft_of(&self.officer, yen).await;
        self.officer.run(CHANGE, of(&id, json!({ "costs": plan() }))).await.data();
        self.officer.run(SUBMIT, json!({"id": id})).await.data();
        self.staff.run(REVIEW_START, json!({"id": id})).await.data();
        self.staff.run(RECOMMEND, opinion(&id, yen)).await.data();
        self.approver.run(DECIDE, opinion(&id, yen)).await.data();
        id
    }

    /// Asks for so much, or the next part, and pays it; the state after it.
    pub(super) async fn pay(&self, id: &str, yen: Option<i64>) -> String {
        self.officer.run(PAYMENT_REQUEST_OF, of(id, json!({ "amountYen": yen }))).await.data();
        text(&self.payer.run(PAYMENT_EXECUTE, paid(id)).await.data()["grantPaymentExecute"]["state"])
    }

    /// Completed, reported and examined with this eligible cost.
    pub(super) async fn examined(&self, id: &str, eligible: i64) {
        self.officer.run(COMPLETION, of(id, json!({"completedOn": "2026-05-20"}))).await.data();
        self.officer.run(REPORT_SUBMIT, report(id, eligible.max(1))).await.data();
        let opinion = of(id, json!({"eligibleYen": eligible, "reason": "領収書と合う。"}));
        self.staff.run(REPORT_REVIEW, opinion).await.data();
    }

    pub(super) async fn fixed(&self, id: &str, eligible: i64) -> Value {
        self.examined(id, eligible).await;
        self.approver.run(AMOUNT_FIX, because(id)).await.data()["grantAmountFix"].clone()
    }

    /// Paid, settled and revoked: everybody's name stands in it.
    pub(super) async fn revoked(&self) -> String {
        let id = self.granted(1_000_000).await;
        let change = self.change_to(&id, 900_000).await;
        self.approver.run(CHANGE_APPROVE, because(&change)).await.data();
        self.pay(&id, Some(900_000)).await;
        self.fixed(&id, 900_000).await;
        self.approver.run(REVOKE, because(&id)).await.data();
        id
    }

    /// Asks for another amount; the change that waits.
    async fn change_to(&self, id: &str, yen: i64) -> String {
        let input = of(id, json!({"reason": "規模の変更", "costs": plan(), "decidedYen": yen}));
        let asked = self.officer.run(CHANGE_REQUEST, input).await.data()["grantChangeRequest"]["changes"].clone();
        text(&asked.as_array().expect("changes").last().expect("a change")["id"])
    }

    /// A programme of a later year that deducts what is left over of another.
    async fn successor(&self, year: i32, previous: &str, yen: i64) -> String {
        let sections = self.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
        input["input"]["fiscalYear"] = json!(year);
        let made = text(&self.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
        allocate(&self.staff, &made, &self.organization, yen).await.data();
        let mut terms = offsetting();
        terms["previousProgrammeId"] = json!(previous);
        self.staff.run(TERMS_SET, of(&made, terms)).await.data();
        made
    }

    async fn deducted(&self, programme: &str) -> Value {
        let read = "query($id: ID!) { grantProgramme(id: $id) { allocations { nodes { offsetYen } } } }";
        let data = self.staff.run(read, json!({"id": programme})).await.data();
        data["grantProgramme"]["allocations"]["nodes"][0]["offsetYen"].clone()
    }

    pub(super) async fn life(&self, id: &str) -> Value {
        self.staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"].clone()
    }

    /// Is the ledger sound, and do grants and ledger agree?
    pub(super) async fn is_sound(&self) {
        let found = self.staff.run("mutation { ledgerVerify { faults { kind detail } } }", json!({})).await.data();
        assert_eq!(found["ledgerVerify"]["faults"], json!([]));
    }
}

pub(super) const PAYMENT_REQUEST_OF: &str = "mutation($id: ID!, $input: GrantPaymentRequestInput) {
    grantPaymentRequest(id: $id, input: $input) { state pendingYen } }";

pub(super) fn report(id: &str, yen: i64) -> Value {
    let costs = json!([{"category": "SUPPLIES", "amountYen": yen, "eligibleYen": yen}]);
    of(id, json!({"summary": "月に二度開いた。", "costs": costs}))
}

fn offsetting() -> Value {
    let mut terms = quarters();
    terms["surplusRule"] = json!("OFFSET_NEXT_YEAR");
    terms
}

fn returned(id: &str, yen: i64) -> Value {
    of(id, json!({"amountYen": yen, "receivedOn": "2026-05-20"}))
}

#[tokio::test]
async fn m10_murakami_is_paid_in_quarters_that_sum_to_the_yen() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_234_567).await;
    assert_eq!(s.life(&id).await["instalments"], json!([310_567, 308_000, 308_000, 308_000]));
    for (n, state) in ["PARTLY_PAID", "PARTLY_PAID", "PARTLY_PAID", "PAID"].into_iter().enumerate() {
        assert_eq!(s.pay(&id, None).await, state, "quarter {n}");
    }
    let seen = s.life(&id).await;
    let yen: Vec<_> = seen["payments"].as_array().expect("payments").iter().map(|p| p["amountYen"].clone()).collect();
    assert_eq!(yen, [310_567, 308_000, 308_000, 308_000]);
    assert_eq!(seen["paidYen"], 1_234_567);
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    s.is_sound().await;
}

#[tokio::test]
async fn a_grant_in_parts_may_be_paid_in_one_sum_and_never_beyond_it() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    for yen in [0, -1] {
        let bad = of(&id, json!({ "amountYen": yen }));
        s.officer.run(PAYMENT_REQUEST_OF, bad).await.expect_code("INVALID_INPUT");
    }
    let more = of(&id, json!({"amountYen": 1_000_001}));
    s.officer.run(PAYMENT_REQUEST_OF, more).await.expect_code("CONFLICT/PAYMENT_EXCEEDED");
    assert_eq!(s.pay(&id, Some(400_000)).await, "PARTLY_PAID");
    let more = of(&id, json!({"amountYen": 600_001}));
    s.officer.run(PAYMENT_REQUEST_OF, more).await.expect_code("CONFLICT/PAYMENT_EXCEEDED");
    assert_eq!(s.pay(&id, Some(600_000)).await, "PAID");
    s.is_sound().await;
}

#[tokio::test]
async fn m5_m13_two_payers_of_one_instalment_pay_it_once() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_234_567).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let second = s.town.staff(Role::Payer).await;
    let (a, b) = tokio::join!(
        insist(|| s.payer.run(PAYMENT_EXECUTE, paid(&id))),
        insist(|| second.run(PAYMENT_EXECUTE, paid(&id)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
    assert_eq!(s.life(&id).await["paidYen"], 310_567);
}

#[tokio::test]
async fn a_report_has_a_day_until_which_it_is_due_and_is_examined_by_somebody_else() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    assert_eq!(s.life(&id).await["reportDue"], "2027-03-31");
    s.officer.run(REPORT_SUBMIT, report(&id, 1)).await.expect_code("CONFLICT/INCOMPLETE");
    for day in ["2026-05-21", "2026-03-31"] {
        s.officer.run(COMPLETION, of(&id, json!({ "completedOn": day }))).await.expect_code("INVALID_INPUT");
    }
    let done = s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    assert_eq!(done["grantCompletionRecord"]["reportDue"], "2026-06-10");
    assert_eq!(s.life(&id).await["reportOverdue"], false);
    let later = of(&id, json!({"completedOn": "2026-05-11"}));
    s.officer.run(COMPLETION, later.clone()).await.expect_code("INVALID_INPUT");
    let twice = json!([{"category": "FEES", "amountYen": 5, "eligibleYen": 6}, {"category": "FEES", "amountYen": 1, "eligibleYen": 1}]);
    let bad = of(&id, json!({"summary": "", "costs": twice}));
    let refused = s.officer.run(REPORT_SUBMIT, bad).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 3);
    s.officer.run(REPORT_SUBMIT, report(&id, 900_000)).await.data();
    s.staff.run(REPORT_RETURN, because(&id)).await.data();
    assert_eq!(s.state(&id).await, "PAID");
    s.officer.run(COMPLETION, later).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 800_000)).await.data();
    let more = of(&id, json!({"eligibleYen": 800_001, "reason": "理由"}));
    s.staff.run(REPORT_REVIEW, more).await.expect_code("INVALID_INPUT");
    s.approver.run(AMOUNT_FIX, because(&id)).await.expect_code("CONFLICT/STATE");
    s.officer.run(REPORT_REVIEW, of(&id, json!({"eligibleYen": 1, "reason": "理由"}))).await.expect_code("FORBIDDEN");
    s.staff.run(REPORT_REVIEW, of(&id, json!({"eligibleYen": 800_000, "reason": "理由"}))).await.data();
    s.staff.run(AMOUNT_FIX, because(&id)).await.expect_code("FORBIDDEN");
    let numbers: Vec<_> =
        s.life(&id).await["reports"].as_array().expect("reports").iter().map(|r| r["actualYen"].clone()).collect();
    assert_eq!(numbers, [900_000, 800_000], "what was returned stays in the record");
}

#[tokio::test]
async fn a_report_that_does_not_come_is_overdue() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000).await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    s.town.app.clock.advance(Duration::days(21));
    let staff = s.town.staff(Role::GrantStaff).await;
    let read = async || staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"]["reportOverdue"].clone();
    assert_eq!(read().await, false, "on the last day");
    s.town.app.clock.advance(Duration::days(1));
    let staff = s.town.staff(Role::GrantStaff).await;
    let seen = staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"].clone();
    assert_eq!((&seen["reportDue"], &seen["reportOverdue"]), (&json!("2026-06-10"), &json!(true)));
}

#[tokio::test]
async fn what_was_not_advanced_is_paid_when_the_amount_is_fixed() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    let fixed = s.fixed(&id, 900_000).await;
    assert_eq!((&fixed["state"], &fixed["fixedYen"]), (&json!("AMOUNT_FIXED"), &json!(900_000)));
    // What will not be paid is the allocation's again.
    assert!(s.balances().await.contains(&"COMMITTED=500000".into()), "{:?}", s.balances().await);
    s.is_sound().await;
    assert_eq!(s.pay(&id, None).await, "SETTLED");
    let seen = s.life(&id).await;
    let kinds: Vec<_> = seen["payments"].as_array().expect("payments").iter().map(|p| text(&p["kind"])).collect();
    assert_eq!(kinds, ["ADVANCE", "SETTLEMENT"]);
    assert_eq!(seen["paidYen"], 900_000);
    s.is_sound().await;
}

#[tokio::test]
async fn nothing_advanced_is_settled_after_the_report_alone() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    assert_eq!(s.fixed(&id, 2_000_000).await["fixedYen"], 1_000_000, "never more than was decided");
    assert_eq!(s.pay(&id, None).await, "SETTLED");
    s.is_sound().await;
}

#[tokio::test]
async fn m8_repayments_come_in_parts_and_never_exceed_what_was_ordered() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let fixed = s.fixed(&id, 700_000).await;
    assert_eq!((&fixed["state"], &fixed["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(300_000)));
    assert_eq!(fixed["repaymentDue"], "2026-06-09");
    s.approver.run(REPAYMENT, returned(&id, 1)).await.expect_code("FORBIDDEN");
    s.payer.run(REPAYMENT, returned(&id, 0)).await.expect_code("INVALID_INPUT");
    s.payer.run(REPAYMENT, returned(&id, 300_001)).await.expect_code("CONFLICT/REPAYMENT_EXCEEDED");
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    assert_eq!(s.state(&id).await, "REPAYMENT_ORDERED");
    let second = s.town.staff(Role::Payer).await;
    let (a, b) = tokio::join!(
        insist(|| s.payer.run(REPAYMENT, returned(&id, 150_000))),
        insist(|| second.run(REPAYMENT, returned(&id, 150_000)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/REPAYMENT_EXCEEDED"]);
    s.payer.run(REPAYMENT, returned(&id, 50_000)).await.data();
    s.payer.run(REPAYMENT, returned(&id, 1)).await.expect_code("CONFLICT/STATE");
    let seen = s.life(&id).await;
    assert_eq!((&seen["state"], &seen["repaidYen"]), (&json!("REPAID"), &json!(300_000)));
    let balances = s.balances().await;
    assert!(balances.contains(&"RETURNED=300000".into()) && balances.contains(&"PAID=700000".into()), "{balances:?}");
    s.is_sound().await;
}

#[tokio::test]
async fn m9_what_comes_back_after_the_closing_is_income_of_its_year() {
    let mut s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.fixed(&id, 700_000).await;
    s.at_the_closing().await;
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data();
    let before = s.staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    let return_of = async |payer: &Client, yen: i64| {
        let late = of(&id, json!({"amountYen": yen, "receivedOn": "2027-05-31"}));
        let done = payer.run(REPAYMENT, late).await.data()["grantRepaymentRecord"].clone();
        let journal = done["payments"].as_array().expect("payments").last().expect("a return")["journal"].clone();
        assert_eq!(journal["kind"], "GRANT_REPAID");
        (text(&done["state"]), journal["fiscalYear"].clone())
    };
    assert_eq!(return_of(&s.payer, 100_000).await, ("REPAYMENT_ORDERED".to_owned(), json!(2027)));
    // Recorded a year later, it is of the year in which it came; where that is closed too, of the year of the record.
    s.town.app.clock.advance(Duration::days(366));
    s.payer = s.town.staff(Role::Payer).await;
    assert_eq!(return_of(&s.payer, 100_000).await, ("REPAYMENT_ORDERED".to_owned(), json!(2027)));
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2027})).await.data();
    assert_eq!(return_of(&s.payer, 100_000).await, ("REPAID".to_owned(), json!(2028)));
    s.staff = s.town.staff(Role::GrantStaff).await;
    assert_eq!(s.staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data(), before, "the closed year stays");
    s.is_sound().await;
}

#[tokio::test]
async fn a_small_change_is_kept_and_a_greater_one_waits_for_somebody_else() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    let change = |supplies: i64, decided: Option<i64>| {
        let costs =
            json!([{"category": "SUPPLIES", "amountYen": supplies}, {"category": "FEES", "amountYen": 300_000}]);
        of(&id, json!({"reason": "苗の値上がり", "costs": costs, "decidedYen": decided}))
    };
    let kept = s.officer.run(CHANGE_REQUEST, change(1_200_000, None)).await.data()["grantChangeRequest"].clone();
    assert_eq!((&kept["changes"][0]["state"], &kept["costs"][0]["amountYen"]), (&json!("MINOR"), &json!(1_200_000)));
    let asked = s.officer.run(CHANGE_REQUEST, change(1_200_001, None)).await.data()["grantChangeRequest"].clone();
    assert_eq!(
        (&asked["changes"][1]["state"], &asked["costs"][0]["amountYen"]),
        (&json!("REQUESTED"), &json!(1_200_000))
    );
    s.officer.run(CHANGE_REQUEST, change(1, None)).await.expect_code("CONFLICT/CHANGE_OPEN");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/CHANGE_OPEN");
    let waiting = text(&asked["changes"][1]["id"]);
    s.officer.run(CHANGE_APPROVE, because(&waiting)).await.expect_code("FORBIDDEN");
    s.staff.run(CHANGE_APPROVE, because(&waiting)).await.expect_code("FORBIDDEN");
    let second = s.town.staff(Role::Approver).await;
    let (a, b) = tokio::join!(
        insist(|| s.approver.run(CHANGE_APPROVE, because(&waiting))),
        insist(|| second.run(CHANGE_REFUSE, because(&waiting)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
    // Any change of the granted amount is decided, and moves the promise.
    let id = s.granted(400_000).await;
    let change = |decided: i64| of(&id, json!({"reason": "縮小", "costs": plan(), "decidedYen": decided}));
    s.pay(&id, Some(100_000)).await;
    s.officer.run(CHANGE_REQUEST, change(99_999)).await.expect_code("CONFLICT/PAID_ALREADY");
    for (decided, committed) in [(300_000, 1_200_000), (500_000, 1_400_000)] {
        let asked = s.officer.run(CHANGE_REQUEST, change(decided)).await.data()["grantChangeRequest"].clone();
        let last = text(&asked["changes"].as_array().expect("changes").last().expect("a change")["id"]);
        let done = s.approver.run(CHANGE_APPROVE, because(&last)).await.data()["grantChangeApprove"].clone();
        assert_eq!(done["application"]["decidedYen"], decided);
        assert!(s.balances().await.contains(&format!("COMMITTED={committed}")), "{:?}", s.balances().await);
        s.is_sound().await;
    }
    let asked = s.officer.run(CHANGE_REQUEST, change(500_001)).await.data()["grantChangeRequest"].clone();
    let last = text(&asked["changes"].as_array().expect("changes").last().expect("a change")["id"]);
    s.approver.run(CHANGE_APPROVE, because(&last)).await.expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.approver.run(CHANGE_REFUSE, because(&last)).await.data();
    assert_eq!(s.life(&id).await["decidedYen"], 500_000);
    let asked = s.officer.run(CHANGE_REQUEST, change(100_000)).await.data()["grantChangeRequest"].clone();
    let last = text(&asked["changes"].as_array().expect("changes").last().expect("a change")["id"]);
    s.approver.run(CHANGE_APPROVE, because(&last)).await.data();
    assert_eq!(s.state(&id).await, "PAID", "nothing is left to be paid");
    s.is_sound().await;
}

#[tokio::test]
async fn a_changed_grant_is_withdrawn_whole() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(400_000).await;
    let change = of(&id, json!({"reason": "縮小", "costs": plan(), "decidedYen": 300_000}));
    let asked = s.officer.run(CHANGE_REQUEST, change).await.data()["grantChangeRequest"]["changes"][0]["id"].clone();
    s.approver.run(CHANGE_APPROVE, because(&text(&asked))).await.data();
    s.officer.run(WITHDRAW, json!({"id": id})).await.data();
    assert!(s.balances().await.contains(&"COMMITTED=0".into()));
    s.is_sound().await;
}

#[tokio::test]
async fn a_revoked_decision_is_undone_whatever_was_paid() {
    let s = Scene::with_terms(&quarters()).await;
    let unpaid = s.granted(300_000).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": unpaid})).await.data();
    s.staff.run(REVOKE, because(&unpaid)).await.expect_code("FORBIDDEN");
    s.approver.run(REVOKE, of(&unpaid, json!({"reason": " "}))).await.expect_code("INVALID_INPUT");
    let done = s.approver.run(REVOKE, because(&unpaid)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&done["state"], &done["orderedYen"]), (&json!("REVOKED"), &json!(0)));
    s.approver.run(REVOKE, because(&unpaid)).await.expect_code("CONFLICT/STATE");
    s.payer.run(PAYMENT_EXECUTE, paid(&unpaid)).await.expect_code("CONFLICT/STATE");
    s.is_sound().await;
    let partly = s.granted(400_000).await;
    s.pay(&partly, Some(150_000)).await;
    let done = s.approver.run(REVOKE, because(&partly)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&done["state"], &done["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(150_000)));
    s.approver.run(REVOKE, because(&partly)).await.expect_code("CONFLICT/REVOKED");
    s.payer.run(REPAYMENT, returned(&partly, 150_000)).await.data();
    s.is_sound().await;
    // What was settled is revoked, too; what has come back already is not asked for again.
    let settled = s.granted(500_000).await;
    s.pay(&settled, Some(500_000)).await;
    s.fixed(&settled, 400_000).await;
    s.payer.run(REPAYMENT, returned(&settled, 100_000)).await.data();
    let done = s.approver.run(REVOKE, because(&settled)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!((&done["state"], &done["orderedYen"]), (&json!("REPAYMENT_ORDERED"), &json!(500_000)));
    s.payer.run(REPAYMENT, returned(&settled, 400_001)).await.expect_code("CONFLICT/REPAYMENT_EXCEEDED");
    s.payer.run(REPAYMENT, returned(&settled, 400_000)).await.data();
    assert_eq!(s.state(&settled).await, "REPAID");
    s.is_sound().await;
}

#[tokio::test]
async fn a_surplus_is_carried_over_or_reserved_within_its_limit() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("CARRY_OVER");
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let fixed = s.fixed(&id, 700_000).await;
    assert_eq!((&fixed["state"], &fixed["keptYen"]), (&json!("SETTLED"), &json!(300_000)));
    terms["surplusRule"] = json!("RESERVE");
    terms["conditions"] = json!({"reserve": {"most": 200_000, "consultation": true}});
    let s = Scene::with_terms(&terms).await;
    let fix = |id: &str, keep: i64, consulted: bool| {
        of(id, json!({"reason": "審査の意見のとおり。", "keepYen": keep, "consulted": consulted}))
    };
    let id = s.granted(700_000).await;
    s.pay(&id, Some(700_000)).await;
    s.examined(&id, 400_000).await;
    s.approver.run(AMOUNT_FIX, fix(&id, 200_001, true)).await.expect_code("CONFLICT/RESERVE_EXCEEDED");
    s.approver.run(AMOUNT_FIX, fix(&id, 1, false)).await.expect_code("CONFLICT/CONSULTATION_MISSING");
    let fixed = s.approver.run(AMOUNT_FIX, fix(&id, 150_000, true)).await.data()["grantAmountFix"].clone();
    assert_eq!((&fixed["keptYen"], &fixed["orderedYen"]), (&json!(150_000), &json!(150_000)));
    // The limit is the year's, not each application's.
    let id = s.granted(700_000).await;
    s.pay(&id, Some(700_000)).await;
    s.examined(&id, 400_000).await;
    s.approver.run(AMOUNT_FIX, fix(&id, 50_001, true)).await.expect_code("CONFLICT/RESERVE_EXCEEDED");
    s.approver.run(AMOUNT_FIX, fix(&id, 50_000, true)).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn what_was_too_much_lowers_the_next_years_grant() {
    let mut terms = quarters();
    terms["surplusRule"] = json!("OFFSET_NEXT_YEAR");
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let fixed = s.fixed(&id, 940_000).await;
    assert_eq!((&fixed["state"], &fixed["offsetYen"]), (&json!("SETTLED"), &json!(60_000)));
    let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
    input["input"]["fiscalYear"] = json!(2027);
    let next = text(&s.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    terms["previousProgrammeId"] = json!(next);
    s.staff.run(TERMS_SET, of(&next, terms.clone())).await.expect_code("INVALID_INPUT");
    terms["previousProgrammeId"] = json!(s.programme);
    s.staff.run(TERMS_SET, of(&next, terms)).await.data();
    let read = "query($id: ID!) { grantProgramme(id: $id) { allocations { nodes { amountYen offsetYen payableYen
        offsets { amountYen application { id } } } } } }";
    let seen = async || {
        let data = s.town.public().run(read, json!({"id": next})).await.data();
        data["grantProgramme"]["allocations"]["nodes"][0].clone()
    };
    // As far as the allocation goes, and the rest when it grows.
    allocate(&s.staff, &next, &s.organization, 50_000).await.data();
    s.staff.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    assert_eq!((seen().await["offsetYen"].clone(), seen().await["payableYen"].clone()), (json!(50_000), json!(0)));
    allocate(&s.staff, &next, &s.organization, 1_500_000).await.data();
    let now = seen().await;
    assert_eq!((&now["offsetYen"], &now["payableYen"]), (&json!(60_000), &json!(1_440_000)));
    let from: Vec<_> =
        now["offsets"].as_array().expect("offsets").iter().map(|o| text(&o["application"]["id"])).collect();
    assert_eq!(from, [id.clone(), id.clone()]);
    assert_eq!(s.life(&id).await["offsetDoneYen"], 60_000);
    let s = Scene { programme: next.clone(), ..s };
    let more = s.draft_of(&s.officer, 1_440_000).await;
    s.officer
        .run(CHANGE, of(&more, json!({"requestedYen": 1_440_001})))
        .await
        .expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.is_sound().await;
    // What was deducted has come back by that; revoking asks for the rest alone.
    let done = s.approver.run(REVOKE, because(&id)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!(done["orderedYen"], 940_000);
    s.is_sound().await;
}

#[tokio::test]
async fn an_association_gets_a_part_of_the_grant_from_its_organization() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(100_000).await;
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let stranger = s.town.over(Role::OrgMember, ScopeKind::Organization, &another(&s).await).await;
    let ask = |yen: i64| json!({"input": {"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。", "requestedYen": yen}});
    stranger.run(SUBGRANT_SUBMIT, ask(1)).await.expect_code("FORBIDDEN");
    member.run(SUBGRANT_SUBMIT, ask(0)).await.expect_code("INVALID_INPUT");
    let make = async |yen| text(&member.run(SUBGRANT_SUBMIT, ask(yen)).await.data()["grantSubgrantSubmit"]["id"]);
    let (first, second, third) = (make(70_000).await, make(70_000).await, make(10).await);
    member.run(SUBGRANT_ADOPT, opinion(&first, 1)).await.expect_code("FORBIDDEN");
    s.officer.run(SUBGRANT_ADOPT, opinion(&first, 70_001)).await.expect_code("INVALID_INPUT");
    let (a, b) = tokio::join!(
        insist(|| s.officer.run(SUBGRANT_ADOPT, opinion(&first, 60_000))),
        insist(|| s.officer.run(SUBGRANT_ADOPT, opinion(&second, 60_000)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/GRANT_EXCEEDED"]);
    s.officer.run(SUBGRANT_REFUSE, because(&third)).await.data();
    s.officer.run(SUBGRANT_REFUSE, because(&third)).await.expect_code("CONFLICT/STATE");
    let own = text(&s.officer.run(SUBGRANT_SUBMIT, ask(1)).await.data()["grantSubgrantSubmit"]["id"]);
    s.officer.run(SUBGRANT_ADOPT, opinion(&own, 1)).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(s.life(&id).await["subgrantedYen"], 60_000);
    let less = of(&id, json!({"reason": "縮小", "costs": plan(), "decidedYen": 59_999}));
    s.officer.run(CHANGE_REQUEST, less).await.expect_code("CONFLICT/PAID_ALREADY");
}

#[tokio::test]
async fn terms_are_laid_down_before_the_programme_is_public() {
    let s = Scene::with_terms(&quarters()).await;
    s.staff.run(TERMS_SET, of(&s.programme, quarters())).await.expect_code("CONFLICT/STATE");
    let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 1);
    input["input"]["title"] = json!("準備中の交付金");
    let id = text(&s.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    let bad = json!({"instalments": {"count": 0, "unit": 0, "rest": "LAST"}, "surplusRule": "RETURN", "repaymentDays": 0,
        "conditions": {"report": {"months": 99, "elapsed": "THIRTY_DAYS", "withinFiscalYear": true},
            "reserve": {"most": -1, "consultation": false}}});
    let refused = s.staff.run(TERMS_SET, of(&id, bad)).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 5);
    s.officer.run(TERMS_SET, of(&id, quarters())).await.expect_code("NOT_FOUND");
}

/// Sums, states and limits stand in the database, too: what the program would let through by mistake is refused there.
#[tokio::test]
async fn m8_m13_the_database_keeps_the_life_of_a_grant() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(900_000)).await;
    s.fixed(&id, 500_000).await;
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    for set in [
        "state = 'SETTLED'",
        "state = 'PAID'",
        "state = 'DECIDED'",
        "state = 'REPAID'",
        "repaid_yen = 400000",
        "repaid_yen = 400001",
        "ordered_yen = 1, kept_yen = 399999",
        "fixed_yen = 600000",
        "eligible_yen = 600000, fixed_yen = 600000",
        "fixed_by = examined_by",
        "examined_by = reported_by",
        "paid_yen = 800000",
        "paid_yen = 1000000",
        "decided_yen = 1",
        "subgranted_yen = 1",
        "offset_yen = 1",
        "revoked_on = '2026-05-20', ordered_yen = 0",
        "revoked_by = submitted_by",
    ] {
        let update = format!("UPDATE grant_applications SET {set} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &update).await, Err("23514".into()), "{set}");
    }
    let pay = format!(
        "INSERT INTO grant_payments (id, application_id, organization_id, district_id, number, kind, amount_yen, paid_on, journal_id)
         SELECT gen_random_uuid(), id, organization_id, district_id, 9, 'ADVANCE', 1, paid_on, commitment_id
         FROM grant_applications WHERE id = '{uuid}'"
    );
    assert_eq!(attempt(&mut app, &pay).await, Err("23514".into()));
    for table in ["grant_payments", "grant_reports", "grant_offsets"] {
        let update = format!("UPDATE {table} SET revision = 1");
        assert_eq!(attempt(&mut app, &update).await, Err("42501".into()), "{table}");
        assert_eq!(attempt(&mut app, &format!("DELETE FROM {table}")).await, Err("42501".into()), "{table}");
    }
}

#[tokio::test]
async fn z20_who_decides_on_a_changed_amount_has_no_hand_in_its_payment() {
    let s = Scene::with_terms(&quarters()).await;
    let (account, both) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    let id = s.granted(400_000).await;
    let change = s.change_to(&id, 500_000).await;
    both.run(CHANGE_APPROVE, because(&change)).await.data();
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 500_000}))).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let mut app = inside(&s.town, "entaku_app").await;
    let uuid = decode(&id).expect("an id").1;
    for who in ["paid_by", "payment_requested_by"] {
        let same = format!("UPDATE grant_applications SET changed_by = {who} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &same).await, Err("23514".into()), "{who}");
    }
    // Nor does who has paid decide on what is paid, or fix it.
    let id = s.granted(400_000).await;
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 100_000}))).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let change = s.change_to(&id, 500_000).await;
    both.run(CHANGE_APPROVE, because(&change)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.approver.run(CHANGE_REFUSE, because(&change)).await.data();
    s.examined(&id, 300_000).await;
    both.run(AMOUNT_FIX, because(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.approver.run(AMOUNT_FIX, because(&id)).await.data();
}

#[tokio::test]
async fn z20_who_asked_for_an_instalment_or_examined_the_report_does_not_pay() {
    let s = Scene::with_terms(&quarters()).await;
    let organization = decode(&s.organization).expect("an id").1;
    let (account, both) = s.town.person(Role::OrgAccountant, ScopeKind::Organization, Some(organization)).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    let id = s.granted(400_000).await;
    both.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    // Who told of the completion is of the applicant's side, too.
    let id = s.granted(400_000).await;
    both.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-10"}))).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 300_000)).await.data();
    let (account, clerk) = s.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    clerk.run(REPORT_REVIEW, of(&id, json!({"eligibleYen": 300_000, "reason": "理由"}))).await.data();
    s.approver.run(AMOUNT_FIX, because(&id)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for payer in [&clerk, &both] {
        payer.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    }
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
}

#[tokio::test]
async fn m8_a_surplus_is_deducted_whenever_the_predecessor_is_named_and_the_rest_a_year_later() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.fixed(&id, 940_000).await;
    let next = s.successor(2027, &s.programme, 50_000).await;
    assert_eq!(s.deducted(&next).await, 50_000);
    let refused = allocate(&s.staff, &next, &s.organization, 49_999).await;
    let refused = refused.expect_code("CONFLICT/OFFSET_TAKEN");
    assert!(
        refused.body["errors"][0]["message"].as_str().is_some_and(|told| told.contains("青葉の会")),
        "{}",
        refused.body
    );
    s.staff.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    let last = s.successor(2028, &next, 100_000).await;
    assert_eq!(s.deducted(&last).await, 10_000);
    assert_eq!(s.life(&id).await["offsetDoneYen"], 60_000);
    s.is_sound().await;
}

#[tokio::test]
async fn m8_a_surplus_is_not_paid_out_of_what_nobody_can_have_any_more() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    let next = s.successor(2027, &s.programme, 100_000).await;
    s.staff.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    s.town.app.clock.advance(Duration::days(42));
    s.staff = s.town.staff(Role::GrantStaff).await;
    s.approver = s.town.staff(Role::Approver).await;
    s.officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    assert_eq!(s.fixed(&id, 940_000).await["offsetYen"], 60_000);
    assert_eq!(s.deducted(&next).await, 0, "applications for it have closed");
    let last = s.successor(2028, &next, 100_000).await;
    assert_eq!(s.deducted(&last).await, 60_000);
    s.is_sound().await;
}

#[tokio::test]
async fn a_change_that_waits_ends_with_its_application() {
    let s = Scene::with_terms(&quarters()).await;
    for (id, ends) in [(s.granted(300_000).await, "withdrawn"), (s.granted(300_000).await, "revoked")] {
        let change = s.change_to(&id, 200_000).await;
        match ends {
            "withdrawn" => s.officer.run(WITHDRAW, json!({"id": id})).await.data(),
            _ => s.approver.run(REVOKE, because(&id)).await.data(),
        };
        assert_eq!(s.life(&id).await["changes"][0]["state"], "WITHDRAWN", "{ends}");
        s.approver.run(CHANGE_APPROVE, because(&change)).await.expect_code("CONFLICT/STATE");
        s.is_sound().await;
    }
}

#[tokio::test]
async fn what_is_fixed_and_waits_for_its_payment_has_been_reported() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    s.fixed(&id, 900_000).await;
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let ask = json!({"input": {"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。", "requestedYen": 1}});
    s.officer.run(SUBGRANT_SUBMIT, ask).await.expect_code("CONFLICT/STATE");
    s.town.app.clock.advance(Duration::days(60));
    let staff = s.town.staff(Role::GrantStaff).await;
    let seen = staff.run(LIFE, json!({"id": id})).await.data()["grantApplication"].clone();
    assert_eq!((&seen["state"], &seen["reportOverdue"]), (&json!("PAYMENT_REQUESTED"), &json!(false)));
    let due = include_str!("../../../docs/reports/grant-reports-due.graphql");
    assert_eq!(staff.run(due, json!({})).await.data()["grantApplications"]["totalCount"], 0);
}

/// Nothing is invented and nothing lost: what the schema before cannot hold keeps it from coming back.
#[tokio::test]
async fn going_back_is_refused_while_a_grant_is_paid_in_part() {
    use migration::{Migrator, MigratorTrait};
    use sea_orm::ConnectionTrait;
    let own = crate::support::database::Own::migrated().await;
    let s = Scene::over(crate::support::town::app_over(&own.url("entaku_app"))).await;
    let id = s.granted(1_000).await;
    s.pay(&id, Some(400)).await;
    let owner = crate::migrations::owner(&own).await;
    let newest = async || {
        let applied = Migrator::get_applied_migrations(&owner).await.expect("applied");
        applied.last().map(|migration| migration.name().to_owned()).expect("a migration")
    };
    while newest().await != "m0029_grant_life" {
        Migrator::down(&owner, Some(1)).await.expect("down");
    }
    let refused = Migrator::down(&owner, Some(1)).await.expect_err("it holds what was not known before");
    assert!(refused.to_string().contains("m0029 cannot be undone: 1 grant application"), "{refused}");
    owner.execute_unprepared("SELECT paid_yen FROM grant_applications").await.expect("nothing is gone");
    owner.close().await.expect("closed");
}
