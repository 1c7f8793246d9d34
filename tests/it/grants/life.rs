//! A grant after its decision: instalments, report, fixing, repayment, change, revocation, surplus, sub-applications.

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

mod agree;
mod changes;
mod database;
mod histories;
mod in_vain;
mod instalments;
mod kept_apart;
mod own_organization;
mod readings;
mod reports;
mod returns;
mod reversals;
mod subgrants;
mod surplus;
mod unborne;
mod ways_back;
mod withdrawn;

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
story!(REVERSE, "279-grant-payment-reverse");
story!(REQUEST_RETURN, "295-grant-payment-request-return");
story!(YEAR_CLOSE, "292-ledger-year-close");

pub(super) fn quarters() -> Value {
    json!({"instalments": {"count": 4, "unit": 1000, "rest": "FIRST", "lumpSum": true}, "surplusRule": "RETURN", "repaymentDays": 20})
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
    pub(crate) async fn with_terms(terms: &Value) -> Self {
        Self::new().await.under(terms).await
    }

    /// The same scene with a programme of these terms.
    pub(crate) async fn under(mut self, terms: &Value) -> Self {
        let s = &mut self;
        let sections = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
        input["input"]["title"] = json!("条件のある交付金");
        let made = s.staff.run(PROGRAMME_CREATE, input).await.data();
        s.programme = text(&made["grantProgrammeCreate"]["id"]);
        s.staff.run(TERMS_SET, of(&s.programme, terms.clone())).await.data();
        allocate(&s.staff, &s.programme, &s.organization, 1_500_000).await.data();
        s.approver.run(PROGRAMME_PUBLISH, json!({"id": s.programme})).await.data();
        self
    }

    /// A decision on so many yen, with a plan of costs.
    pub(crate) async fn granted(&self, yen: i64) -> String {
        let id = self.draft_of(&self.officer, yen).await;
        self.officer.run(CHANGE, of(&id, json!({ "costs": plan() }))).await.data();
        self.officer.run(SUBMIT, json!({"id": id})).await.data();
        self.staff.run(REVIEW_START, json!({"id": id})).await.data();
        self.staff.run(RECOMMEND, opinion(&id, yen)).await.data();
        self.approver.run(DECIDE, opinion(&id, yen)).await.data();
        id
    }

    /// Asks for so much, or the next part, and pays it; the state after it.
    pub(crate) async fn pay(&self, id: &str, yen: Option<i64>) -> String {
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

    pub(crate) async fn fixed(&self, id: &str, eligible: i64) -> Value {
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
        if year > 2027 {
            input["input"]["opensOn"] = json!(format!("{year}-05-01"));
            input["input"]["closesOn"] = json!(format!("{year}-06-30"));
        }
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
    pub(crate) async fn is_sound(&self) {
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
