//! One fiscal year of a grant, from the by-law to the next year's allocation, played with the documents of docs/stories;
//! what it left in the ledger is a golden file.

use std::fmt::Write;

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::golden::compare;
use crate::grants::calculation::{Office, statistic};
use crate::grants::life::{of, plan, quarters, report};
use crate::grants::open_data::chain::adds_up;
use crate::tasks::due;

story!(RULE_DRAFT, "280-grant-rule-draft");
story!(RULE_ENACT, "281-grant-rule-enact");
story!(RUN_CREATE, "283-grant-run-create");
story!(RUN_APPROVE, "284-grant-run-approve");
story!(RUN_PUBLISH, "288-grant-run-publish");
story!(COMPARE, "286-grant-comparison-create");
story!(EXPLAIN, "287-grant-allocation-explain");
story!(TERMS_SET, "260-grant-programme-terms-set");
story!(COMPLETION, "261-grant-completion-record");
story!(REPORT_SUBMIT, "262-grant-report-submit");
story!(REPORT_REVIEW, "264-grant-report-review");
story!(AMOUNT_FIX, "265-grant-amount-fix");
story!(REPAYMENT, "266-grant-repayment-record");
story!(CHANGE_REQUEST, "267-grant-change-request");
story!(CHANGE_APPROVE, "268-grant-change-approve");
story!(LIFE, "274-grant-life-read");
story!(OFFSETS, "276-grant-allocation-offsets-read");
story!(YEAR_CLOSE, "292-ledger-year-close");

/// The last day of the month of a day.
fn month_end(day: &str) -> String {
    let first = format!("{}-01", &day[..7]).parse::<chrono::NaiveDate>().expect("a day");
    (first + chrono::Months::new(1)).pred_opt().expect("a day").to_string()
}

impl Scene {
    /// On this day, with those who work then.
    pub(super) async fn on(&mut self, day: &str) {
        let then = format!("{day}T03:00:00Z").parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
        self.town.app.clock.advance(then - self.town.app.clock.now());
        self.staff = self.town.staff(Role::GrantStaff).await;
        self.approver = self.town.staff(Role::Approver).await;
        self.payer = self.town.staff(Role::Payer).await;
        self.officer = self.town.over(Role::OrgOfficer, ScopeKind::Organization, &self.organization).await;
    }

    /// A programme of a year with these terms.
    pub(super) async fn programme_of(&self, year: i32, terms: Value) -> String {
        let sections = self.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 5_000_000);
        input["input"]["title"] = json!("一年の交付金");
        input["input"]["fiscalYear"] = json!(year);
        input["input"]["opensOn"] = json!(format!("{year}-05-01"));
        input["input"]["closesOn"] = json!(format!("{year}-06-30"));
        let id = text(&self.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
        self.staff.run(TERMS_SET, of(&id, terms)).await.data();
        id
    }

    async fn calculated(&self, programme: &str, rule: &str, kind: &str, suppositions: &Value) -> String {
        let input = json!({"programmeId": programme, "ruleId": rule, "kind": kind, "title": "算定",
            "organizationIds": [self.organization], "suppositions": suppositions});
        text(&self.staff.run(RUN_CREATE, json!({ "input": input })).await.data()["grantRunCreate"]["id"])
    }

    async fn quarter(&mut self, id: &str, day: &str) -> Value {
        self.on(day).await;
        let until = due(&self.officer, "grantPaymentRequest").await;
        assert_eq!(until.iter().map(text).collect::<Vec<_>>(), [month_end(day)], "the quarter's own month");
        self.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
        assert_eq!(due(&self.payer, "grantPaymentExecute").await, until, "and not thirty days after");
        let order = of(id, json!({ "paidOn": day }));
        self.payer.run(PAYMENT_EXECUTE, order).await.data()["grantPaymentExecute"]["state"].clone()
    }

    /// What the public reads of the only allocation of a programme.
    async fn allocation(&self, programme: &str) -> String {
        let query = "query($id: ID!) { grantProgramme(id: $id) { allocations { nodes { id } } } }";
        let data = self.town.public().run(query, json!({"id": programme})).await.data();
        text(&data["grantProgramme"]["allocations"]["nodes"][0]["id"])
    }

    /// The journals of a year as people read them.
    pub(super) async fn journals(&self, year: i32) -> String {
        let query = "query($year: FiscalYear!) { ledgerJournals(first: 100, filter: {fiscalYear: $year}) { nodes {
            kind entries { amountYen account { kind } } } } }";
        let data = self.staff.run(query, json!({ "year": year })).await.data();
        let mut told = format!("{year}\n");
        for journal in data["ledgerJournals"]["nodes"].as_array().expect("journals").iter().rev() {
            let entry =
                |e: &Value| format!("{} {:+}", text(&e["account"]["kind"]), e["amountYen"].as_i64().expect("yen"));
            let mut entries: Vec<_> = journal["entries"].as_array().expect("entries").iter().map(entry).collect();
            entries.sort();
            writeln!(told, "  {:24}{}", text(&journal["kind"]), entries.join("   ")).expect("text");
        }
        told
    }
}

/// Quarters in their months, a period for each step, and what is left waits for the next year.
fn terms() -> Value {
    let mut terms = quarters();
    terms["surplusRule"] = json!("OFFSET_NEXT_YEAR");
    terms["conditions"] = json!({"report": {"months": 1, "elapsed": "CORRESPONDING_DAY", "withinFiscalYear": true},
        "minorChange": {"percent": "20"}, "deadlines": {"closedDays": "NEXT_OPEN_DAY", "decision": {"days": 30},
        "payment": {"days": 30}, "change": {"days": 14}, "fixing": {"days": 30}}});
    terms["instalments"]["times"] = json!([{"month": 6}, {"month": 9}, {"month": 12}, {"month": 1}]);
    terms["instalments"]["notBefore"] = json!(true);
    terms
}

#[tokio::test]
async fn m12_golden_one_fiscal_year_from_the_by_law_to_the_next_years_offset() {
    let mut s = Scene::new().await;
    statistic(&s.staff, &s.district, 310, 120).await;
    let draft = json!({"input": {"title": "交付要綱", "fromFiscalYear": 2026, "rule": Office::rule("4000")}});
    let rule = text(&s.staff.run(RULE_DRAFT, draft).await.data()["grantRuleDraft"]["id"]);
    s.approver.run(RULE_ENACT, json!({"id": rule})).await.data();
    let mut terms = terms();
    let programme = s.programme_of(2026, terms.clone()).await;

    // Supposed, calculated, compared, approved by a second person.
    let fewer = json!([{"metric": "population", "times": "0.9"}]);
    let supposed = s.calculated(&programme, &rule, "WHAT_IF", &fewer).await;
    let run = s.calculated(&programme, &rule, "REAL", &json!([])).await;
    let compared = s.staff.run(COMPARE, json!({"runId": supposed, "baseId": run})).await.data();
    assert_eq!(compared["grantComparisonCreate"]["differenceYen"], -31 * 1_600);
    s.staff.run(RUN_APPROVE, json!({"id": run})).await.expect_code("FORBIDDEN");
    s.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": programme})).await.data();
    s.approver.run(RUN_PUBLISH, json!({"id": run})).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    let allocation = s.allocation(&programme).await;
    let explained = s.town.public().run(EXPLAIN, json!({"id": allocation})).await.data()["grantAllocation"].clone();
    let yen: Vec<_> =
        explained["calculation"]["terms"].as_array().expect("terms").iter().map(|t| t["amountYen"].clone()).collect();
    assert_eq!(
        (yen, &explained["amountYen"]),
        (vec![json!(500_000), json!(480_000), json!(496_000)], &json!(1_476_000))
    );

    // Applied for, decided by two people, paid in quarters.
    let input = json!({"programmeId": programme, "organizationId": s.organization, "title": "居場所づくり",
        "purpose": "週1回、居場所を開く。", "requestedYen": 1_234_567, "costs": plan()});
    let id = text(&s.officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"]["id"]);
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    assert_eq!(due(&s.staff, "grantApplicationReviewStart").await, ["2026-06-19"]);
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_234_567)).await.data();
    assert_eq!(due(&s.approver, "grantApplicationDecide").await, ["2026-06-19"]);
    s.approver.run(DECIDE, opinion(&id, 1_234_567)).await.data();
    assert_eq!(due(&s.officer, "grantPaymentRequest").await, Vec::<Value>::new(), "June is yet to come");
    for day in ["2026-06-15", "2026-09-15"] {
        assert_eq!(s.quarter(&id, day).await, "PARTLY_PAID");
    }

    // Changed: less is granted, and the rest of the quarters follows.
    let change = of(&id, json!({"reason": "事業の縮小", "costs": plan(), "decidedYen": 1_200_000}));
    let asked = s.officer.run(CHANGE_REQUEST, change).await.data()["grantChangeRequest"]["changes"][0]["id"].clone();
    assert_eq!(due(&s.approver, "grantChangeApprove").await, ["2026-09-29"]);
    s.approver.run(CHANGE_APPROVE, because(&text(&asked))).await.data();
    assert_eq!(s.quarter(&id, "2026-12-15").await, "PARTLY_PAID");
    assert_eq!(s.quarter(&id, "2027-01-15").await, "PAID");

    // Reported, fixed below what was paid: a part comes back, a part waits for the next year.
    s.on("2027-02-20").await;
    let done = s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2027-02-10"}))).await.data();
    assert_eq!(done["grantCompletionRecord"]["reportDue"], "2027-03-10");
    assert_eq!(due(&s.officer, "grantReportSubmit").await, ["2027-03-10"]);
    s.officer.run(REPORT_SUBMIT, report(&id, 1_134_000)).await.data();
    assert_eq!(due(&s.staff, "grantReportReview").await, ["2027-03-22"]);
    let examined = of(&id, json!({"eligibleYen": 1_134_000, "reason": "領収書と合う。"}));
    s.staff.run(REPORT_REVIEW, examined).await.data();
    let fix = of(&id, json!({"reason": "審査の意見のとおり。", "keepYen": 40_000}));
    let fixed = s.approver.run(AMOUNT_FIX, fix).await.data()["grantAmountFix"].clone();
    assert_eq!(
        (&fixed["fixedYen"], &fixed["offsetYen"], &fixed["orderedYen"]),
        (&json!(1_134_000), &json!(40_000), &json!(26_000))
    );
    assert_eq!(due(&s.payer, "grantRepaymentRecord").await, ["2027-03-12"]);
    s.on("2027-03-05").await;
    for yen in [16_000, 10_000] {
        let part = of(&id, json!({"amountYen": yen, "receivedOn": "2027-03-05"}));
        s.payer.run(REPAYMENT, part).await.data();
    }
    assert_eq!(s.state(&id).await, "REPAID");

    // The year is closed; the next year's run is lowered by what waits.
    s.on("2027-05-31").await;
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data();
    let make = "mutation($input: DistrictStatisticRecordInput!) { districtStatisticRecord(input: $input) { id } }";
    let input = json!({"districtId": s.district, "asOf": "2027-04-01", "population": 300, "households": 118,
        "aged65": 100, "aged75": 50, "areaSquareMetres": 1000, "source": "住民基本台帳"});
    s.staff.run(make, json!({ "input": input })).await.data();
    terms["previousProgrammeId"] = json!(programme);
    let next = s.programme_of(2027, terms).await;
    let run = s.calculated(&next, &rule, "REAL", &json!([])).await;
    s.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
    s.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();

    // Everybody reads each yen of it.
    let allocation = s.allocation(&next).await;
    let public = s.town.public();
    let seen = public.run(OFFSETS, json!({"id": allocation})).await.data()["grantAllocation"].clone();
    assert_eq!(
        (&seen["amountYen"], &seen["offsetYen"], &seen["payableYen"]),
        (&json!(1_452_000), &json!(40_000), &json!(1_412_000))
    );
    assert_eq!(
        seen["offsets"][0]["application"],
        json!({"title": "居場所づくり", "fixedYen": 1_134_000, "paidYen": 1_200_000})
    );
    let seen = public.run(LIFE, json!({"id": id})).await.data()["grantApplication"].clone();
    let paid: Vec<_> = seen["payments"].as_array().expect("payments").iter().map(|p| p["amountYen"].clone()).collect();
    assert_eq!(paid, [310_567, 308_000, 281_433, 300_000, 16_000, 10_000]);
    assert_eq!((&seen["reports"], &seen["reportDue"]), (&json!([]), &json!(null)), "the rest is not public");
    // And adds up the files of both years.
    assert_eq!(adds_up(&s.town, 2026).await, [1_476_000 + 1_500_000, 1_200_000, 1_200_000, 26_000]);
    assert_eq!(adds_up(&s.town, 2027).await, [1_452_000, 0, 0, 0]);
    s.is_sound().await;
    compare("tests/golden/ledger-year.txt", &format!("{}{}", s.journals(2026).await, s.journals(2027).await));
}
