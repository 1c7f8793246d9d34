//! Grants end to end: the documents of docs/stories, run by the different people.

use std::future::Future;
use std::sync::Arc;

use chrono::{Datelike, Duration};
use entaku::api::app::App;
use entaku::kernel::id::decode;
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::{Value, json};

use crate::ledger::{attempt, inside};
use crate::organizations::{organization, text};
use crate::support::client::Answer;
use crate::support::town::{app, start};
use crate::support::{Client, Town};

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/", $file, ".graphql"));
    };
}

mod approvals;
mod asked;
mod by_law_terms;
mod by_laws;
mod calculation;
mod confirmed;
mod deadlines;
mod duties;
mod explained;
mod fiscal_year;
mod gathered;
mod hands;
mod keyed;
mod ledger_stories;
mod life;
mod methodology;
mod open_data;
mod own_organization;
mod papers;
mod pressed;
mod programmes_by_law;
mod results;
mod years;

story!(PROGRAMME_CREATE, "10-grant-programme-create");
story!(ALLOCATION_SET, "11-grant-allocation-set");
story!(PROGRAMME_PUBLISH, "12-grant-programme-publish");
story!(CREATE, "13-grant-application-create");
story!(CHANGE, "14-grant-application-change");
story!(SUBMIT, "15-grant-application-submit");
story!(REVIEW_START, "16-grant-application-review-start");
story!(RETURN, "17-grant-application-return");
story!(RECOMMEND, "18-grant-application-recommend");
story!(DECIDE, "19-grant-application-decide");
story!(REFUSE, "20-grant-application-refuse");
story!(WITHDRAW, "21-grant-application-withdraw");
story!(PAYMENT_REQUEST, "22-grant-payment-request");
story!(PAYMENT_EXECUTE, "23-grant-payment-execute");
story!(PROGRAMME_CLOSE, "24-grant-programme-close");
story!(PROGRAMMES, "25-grant-programmes-read");
story!(READ, "26-grant-application-read");
story!(JOURNALS, "27-ledger-journals-read");

/// A town with a published programme of 10,000,000 yen and an organization that may have 1,500,000.
pub(crate) struct Scene {
    pub(crate) town: Town,
    pub(crate) staff: Client,
    pub(crate) approver: Client,
    pub(crate) payer: Client,
    pub(crate) officer: Client,
    pub(crate) district: String,
    pub(crate) organization: String,
    pub(crate) programme: String,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::over(app()).await
    }

    /// The same on a server of one's own.
    pub(crate) async fn over(app: Arc<App>) -> Self {
        Self::in_town(&Town::beside(app).await).await
    }

    /// The same in a town that is there already.
    pub(crate) async fn in_town(town: &Town) -> Self {
        let town = Town { app: town.app.clone(), id: town.id, code: town.code.clone() };
        let staff = town.staff(Role::GrantStaff).await;
        let (district, organization) = organization(&staff, "青葉の会").await;
        let programme = programme(&town, &staff, 10_000_000).await;
        allocate(&staff, &programme, &organization, 1_500_000).await.data();
        let approver = town.staff(Role::Approver).await;
        approver.run(PROGRAMME_PUBLISH, json!({"id": programme})).await.data();
        Self {
            staff,
            approver,
            payer: town.staff(Role::Payer).await,
            officer: town.over(Role::OrgOfficer, ScopeKind::Organization, &organization).await,
            town,
            district,
            organization,
            programme,
        }
    }

    /// A draft with everything in it.
    pub(crate) async fn draft(&self) -> String {
        self.draft_of(&self.officer, 1_200_000).await
    }

    async fn draft_of(&self, officer: &Client, yen: i64) -> String {
        let input = json!({"programmeId": self.programme, "organizationId": self.organization, "title": "居場所づくり",
            "purpose": "週1回、居場所を開く。", "requestedYen": yen});
        text(&officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"]["id"])
    }

    async fn reviewed(&self) -> String {
        let id = self.draft().await;
        self.officer.run(SUBMIT, json!({"id": id})).await.data();
        self.staff.run(REVIEW_START, json!({"id": id})).await.data();
        self.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.data();
        id
    }

    pub(crate) async fn decided(&self) -> String {
        let id = self.reviewed().await;
        self.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data();
        id
    }

    pub(crate) async fn payable(&self) -> String {
        let id = self.decided().await;
        self.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
        id
    }

    /// The same of less money: an allocation has several of them.
    pub(crate) async fn payable_of(&self, yen: i64) -> String {
        let id = self.draft_of(&self.officer, yen).await;
        self.officer.run(SUBMIT, json!({"id": id})).await.data();
        self.staff.run(REVIEW_START, json!({"id": id})).await.data();
        self.staff.run(RECOMMEND, opinion(&id, yen)).await.data();
        self.approver.run(DECIDE, opinion(&id, yen)).await.data();
        self.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
        id
    }

    pub(crate) async fn state(&self, id: &str) -> String {
        text(&self.staff.run(READ, json!({"id": id})).await.data()["grantApplication"]["state"])
    }

    /// The balances of the organization's accounts, `KIND=yen`.
    pub(crate) async fn balances(&self) -> Vec<String> {
        let query = "{ ledgerAccounts(first: 100) { nodes { kind balanceYen } } }";
        let nodes = self.staff.run(query, json!({})).await.data()["ledgerAccounts"]["nodes"].clone();
        let line = |n: &Value| format!("{}={}", text(&n["kind"]), n["balanceYen"]);
        let mut lines: Vec<_> = nodes.as_array().expect("nodes").iter().map(line).collect();
        lines.sort();
        lines
    }
}

/// A programme and an allocation of it, published in no way.
pub(crate) async fn allotted(town: &Town) {
    let staff = town.staff(Role::GrantStaff).await;
    let (_, organization) = organization(&staff, "青葉の会").await;
    let programme = programme(town, &staff, 10_000_000).await;
    allocate(&staff, &programme, &organization, 1_500_000).await.data();
}

pub(crate) async fn programme(town: &Town, staff: &Client, budget: i64) -> String {
    let admin = town.staff(Role::Admin).await;
    let make = "mutation($name: String!) { sectionCreate(input: {name: $name, establishedOn: \"2020-04-01\"}) { id } }";
    let section = admin.run(make, json!({"name": "地域振興課"})).await.data()["sectionCreate"]["id"].clone();
    let answer = staff.run(PROGRAMME_CREATE, programme_input(&section, budget)).await.data();
    text(&answer["grantProgrammeCreate"]["id"])
}

fn programme_input(section: &Value, budget: i64) -> Value {
    json!({"input": {"title": "地域づくり交付金", "summary": "地域の活動を支える。", "fiscalYear": 2026, "legalBasis": "交付要綱",
        "budgetYen": budget, "opensOn": "2026-05-01", "closesOn": "2026-06-30", "sectionId": section}})
}

async fn allocate(staff: &Client, programme: &str, organization: &str, yen: i64) -> Answer {
    let input =
        json!({"programmeId": programme, "organizationId": organization, "amountYen": yen, "basis": "均等割と人口割"});
    staff.run(ALLOCATION_SET, json!({ "input": input })).await
}

fn opinion(id: &str, yen: i64) -> Value {
    json!({"id": id, "input": {"amountYen": yen, "reason": "要綱に適合する。"}})
}

fn because(id: &str) -> Value {
    json!({"id": id, "input": {"reason": "内訳を追記してください。"}})
}

fn paid(id: &str) -> Value {
    json!({"id": id, "input": {"paidOn": "2026-05-20"}})
}

/// As a client would: again while the server is busy.
async fn insist<F: Future<Output = Answer>>(press: impl Fn() -> F) -> Answer {
    loop {
        let answer = press().await;
        if answer.code() != "UNAVAILABLE" {
            return answer;
        }
    }
}

#[tokio::test]
async fn an_application_goes_from_the_draft_to_the_payment() {
    let s = Scene::new().await;
    let input = json!({"programmeId": s.programme, "organizationId": s.organization, "title": "居場所づくり"});
    let made = s.officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"].clone();
    let id = text(&made["id"]);
    assert_eq!(made["state"], "DRAFT");
    let submit = made["viewerCan"].as_array().expect("acts").iter().find(|a| a["action"] == "grantApplicationSubmit");
    assert_eq!(submit.expect("submit")["reason"], "INCOMPLETE");
    let missing = s.officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/INCOMPLETE");
    assert!(missing.text.contains("the purpose, the requested amount"), "{}", missing.text);
    let change =
        json!({"id": id, "input": {"revision": 1, "purpose": "週1回、居場所を開く。", "requestedYen": 1_200_000}});
    s.officer.run(CHANGE, change.clone()).await.data();
    s.officer.run(CHANGE, change).await.expect_code("CONFLICT/STALE");
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    let returned = s.staff.run(RETURN, because(&id)).await.data()["grantApplicationReturn"].clone();
    assert_eq!(returned["state"], "RETURNED");
    s.officer.run(CHANGE, json!({"id": id, "input": {"requestedYen": 1_150_000}})).await.data();
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_100_000)).await.data();
    let decided = s.approver.run(DECIDE, opinion(&id, 1_100_000)).await.data()["grantApplicationDecide"].clone();
    assert_eq!((&decided["state"], &decided["withdrawalUntil"]), (&json!("DECIDED"), &json!("2026-06-04")));
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let done = s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data()["grantPaymentExecute"].clone();
    let line = |e: &Value| format!("{}={}", text(&e["account"]["kind"]), e["amountYen"]);
    let mut entries: Vec<_> = done["payment"]["entries"].as_array().expect("entries").iter().map(line).collect();
    entries.sort();
    assert_eq!(entries, ["COMMITTED=-1100000", "PAID=1100000"]);
    assert_eq!(
        s.balances().await,
        ["APPROPRIATION=-10000000", "BUDGET=8500000", "COMMITTED=0", "GRANT=400000", "PAID=1100000"]
    );
    told(&s, &id).await;
}

/// Who did what stands with the application; the town's ledger tells the same.
async fn told(s: &Scene, id: &str) {
    let seen = s.staff.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
    let acts: Vec<_> = seen["acts"].as_array().expect("acts").iter().map(|a| text(&a["act"])).collect();
    assert_eq!(
        acts,
        [
            "CREATE",
            "CHANGE",
            "SUBMIT",
            "REVIEW_START",
            "RETURN",
            "CHANGE",
            "SUBMIT",
            "REVIEW_START",
            "RECOMMEND",
            "DECIDE",
            "PAYMENT_REQUEST",
            "PAYMENT_EXECUTE"
        ]
    );
    let decide = &seen["acts"][9];
    assert_eq!((&decide["reason"], &decide["amountYen"]), (&json!("要綱に適合する。"), &json!(1_100_000)));
    assert_eq!(decide["actor"]["name"], "試験 太郎");
    assert_eq!(decide["at"], "2026-05-20T01:00:00Z");
    let journals = s.town.staff(Role::Auditor).await.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    let nodes = journals["ledgerJournals"]["nodes"].as_array().expect("journals").clone();
    let mut kinds: Vec<_> = nodes.iter().map(|j| text(&j["kind"])).collect();
    kinds.sort();
    assert_eq!(kinds, ["GRANT_ALLOCATED", "GRANT_BUDGETED", "GRANT_COMMITTED", "GRANT_PAID"]);
    for journal in &nodes {
        let sum: i64 =
            journal["entries"].as_array().expect("entries").iter().filter_map(|e| e["amountYen"].as_i64()).sum();
        assert_eq!(sum, 0);
    }
}

#[tokio::test]
async fn the_public_reads_decisions_and_not_what_is_under_review() {
    let s = Scene::new().await;
    let public = s.town.public();
    let id = s.reviewed().await;
    assert_eq!(public.run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
    let liaison = s.town.over(Role::Liaison, ScopeKind::District, &s.district).await;
    let inside = liaison.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
    let books = json!([{"field": "booked", "reason": "ACCOUNTS"}]);
    assert_eq!((&inside["purpose"], &inside["redacted"]), (&json!("週1回、居場所を開く。"), &books));
    let resident = s.town.resident().await;
    assert_eq!(resident.run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
    s.approver.run(DECIDE, opinion(&id, 1_000_000)).await.data();
    for outsider in [&public, &resident] {
        let seen = outsider.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
        assert_eq!((&seen["title"], &seen["decidedYen"]), (&json!("居場所づくり"), &json!(1_000_000)));
        for hidden in ["purpose", "requestedYen", "recommendedYen", "withdrawalUntil"] {
            assert_eq!(seen[hidden], json!(null), "{hidden}");
        }
        assert_eq!(seen["acts"], json!([]));
        assert_eq!(seen["redacted"][0], json!({"field": "purpose", "reason": "NOT_PUBLIC"}));
    }
    let page = public.run(PROGRAMMES, json!({"fiscalYear": 2026})).await.data()["grantProgrammes"]["nodes"][0].clone();
    assert_eq!(page["fiscalYearLabel"], "令和8年度");
    assert_eq!(page["allocations"]["nodes"][0]["amountYen"], 1_500_000);
    assert_eq!(page["applications"]["nodes"][0]["organization"]["name"], "青葉の会");
    let journals = public.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    assert_eq!(journals["ledgerJournals"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_draft_programme_is_the_staffs_own() {
    let town = Town::new().await;
    let staff = town.staff(Role::GrantStaff).await;
    let (_, organization) = organization(&staff, "若葉の会").await;
    let id = programme(&town, &staff, 1_000).await;
    allocate(&staff, &id, &organization, 500).await.data();
    let nodes = |answer: Answer| answer.data()["grantProgrammes"]["nodes"].as_array().expect("nodes").len();
    assert_eq!(nodes(town.public().run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 0);
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &organization).await;
    assert_eq!(nodes(officer.run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 0);
    let early = json!({"input": {"programmeId": id, "organizationId": organization, "title": "早い申請"}});
    officer.run(CREATE, early.clone()).await.expect_code("NOT_FOUND");
    officer.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("NOT_FOUND");
    town.staff(Role::PlanningStaff).await.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("FORBIDDEN");
    staff.run(PROGRAMME_CLOSE, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    staff.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
    let other = town.staff(Role::GrantStaff).await;
    other.run(PROGRAMME_PUBLISH, json!({"id": id})).await.data();
    other.run(PROGRAMME_PUBLISH, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    assert_eq!(nodes(town.public().run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 1);
    let draft = text(&officer.run(CREATE, early.clone()).await.data()["grantApplicationCreate"]["id"]);
    let full = json!({"id": draft, "input": {"purpose": "目的", "requestedYen": 500}});
    officer.run(CHANGE, full).await.data();
    staff.run(PROGRAMME_CLOSE, json!({"id": id})).await.data();
    officer.run(SUBMIT, json!({"id": draft})).await.expect_code("CONFLICT/PROGRAMME_CLOSED");
    officer.run(CREATE, early).await.expect_code("CONFLICT/STATE");
    allocate(&staff, &id, &organization, 600).await.expect_code("CONFLICT/STATE");
    assert_eq!(nodes(town.public().run(PROGRAMMES, json!({"fiscalYear": 2026})).await), 1);
}

#[tokio::test]
async fn every_act_belongs_to_somebody() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let stranger = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &another(&s).await).await;
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let accountant = s.town.over(Role::OrgAccountant, ScopeKind::Organization, &s.organization).await;
    s.town.public().run(SUBMIT, json!({"id": id})).await.expect_code("NOT_FOUND");
    stranger.run(SUBMIT, json!({"id": id})).await.expect_code("NOT_FOUND");
    for client in [&member, &accountant, &s.staff, &s.approver] {
        client.run(SUBMIT, json!({"id": id})).await.expect_code("FORBIDDEN");
        client.run(WITHDRAW, json!({"id": id})).await.expect_code("FORBIDDEN");
    }
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    for client in [&s.officer, &s.approver, &s.payer] {
        client.run(REVIEW_START, json!({"id": id})).await.expect_code("FORBIDDEN");
    }
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.approver.run(RECOMMEND, opinion(&id, 1)).await.expect_code("FORBIDDEN");
    s.approver.run(RETURN, because(&id)).await.expect_code("FORBIDDEN");
    s.staff.run(RECOMMEND, opinion(&id, 1_000)).await.data();
    for client in [&s.officer, &s.staff, &s.payer] {
        client.run(DECIDE, opinion(&id, 1_000)).await.expect_code("FORBIDDEN");
        client.run(REFUSE, because(&id)).await.expect_code("FORBIDDEN");
    }
    s.approver.run(DECIDE, opinion(&id, 1_000)).await.data();
    s.town.public().run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("UNAUTHENTICATED");
    stranger.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("FORBIDDEN");
    member.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("FORBIDDEN");
    accountant.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for client in [&s.officer, &s.staff, &s.approver] {
        client.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN");
    }
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let create =
        json!({"input": {"programmeId": s.programme, "organizationId": s.organization, "title": "他人の申請"}});
    s.town.public().run(CREATE, create.clone()).await.expect_code("UNAUTHENTICATED");
    stranger.run(CREATE, create.clone()).await.expect_code("FORBIDDEN");
    s.staff.run(CREATE, create).await.expect_code("FORBIDDEN");
    allocate(&s.officer, &s.programme, &s.organization, 1).await.expect_code("FORBIDDEN");
}

async fn another(s: &Scene) -> String {
    organization(&s.staff, "隣の会").await.1
}

#[tokio::test]
async fn z3_another_town_has_none_of_it() {
    let s = Scene::new().await;
    let id = s.payable().await;
    let other = Town::beside(s.town.app.clone()).await;
    let staff = other.staff(Role::GrantStaff).await;
    for (query, role) in [(REVIEW_START, Role::GrantStaff), (SUBMIT, Role::GrantStaff), (PAYMENT_REQUEST, Role::Payer)]
    {
        other.staff(role).await.run(query, json!({"id": id})).await.expect_code("NOT_FOUND");
    }
    other.staff(Role::Payer).await.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("NOT_FOUND");
    other.staff(Role::Approver).await.run(DECIDE, opinion(&id, 1)).await.expect_code("NOT_FOUND");
    staff.run(PROGRAMME_CLOSE, json!({"id": s.programme})).await.expect_code("NOT_FOUND");
    allocate(&staff, &s.programme, &s.organization, 1).await.expect_code("NOT_FOUND");
    assert_eq!(staff.run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
    let none = staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data();
    assert_eq!(none["ledgerJournals"]["nodes"], json!([]));
    assert_eq!(s.state(&id).await, "PAYMENT_REQUESTED");
}

#[tokio::test]
async fn bad_input_names_every_violation_and_writes_nothing() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let section =
        s.staff.run("{ sections { nodes { id } } }", json!({})).await.data()["sections"]["nodes"][0]["id"].clone();
    let mut input = programme_input(&section, -5);
    input["input"]["closesOn"] = json!("2026-04-01");
    input["input"]["title"] = json!(" ");
    input["input"]["summary"] = json!("a\u{0}b");
    let refused = s.staff.run(PROGRAMME_CREATE, input).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 4);
    s.staff.run(PROGRAMME_CREATE, programme_input(&section, 5)).await.expect_code("CONFLICT/DUPLICATE");
    let foreign = json!("sec_0192f0c1d2e37a4b8c5d6e7f8091a2b3");
    s.staff.run(PROGRAMME_CREATE, programme_input(&foreign, 5)).await.expect_code("NOT_FOUND");
    allocate(&s.staff, &s.programme, &s.organization, -1).await.expect_code("INVALID_INPUT");
    for yen in [json!(0), json!(-1), json!(1.5), json!("100"), json!(9_007_199_254_740_993_i64)] {
        let change = json!({"id": id, "input": {"requestedYen": yen}});
        s.officer.run(CHANGE, change).await.expect_code("INVALID_INPUT");
    }
    let over = json!({"id": id, "input": {"requestedYen": 1_500_001}});
    s.officer.run(CHANGE, over).await.expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    s.staff.run(RECOMMEND, opinion(&id, 1_200_001)).await.expect_code("INVALID_INPUT");
    s.staff
        .run(RECOMMEND, json!({"id": id, "input": {"amountYen": 1, "reason": " "}}))
        .await
        .expect_code("INVALID_INPUT");
    s.staff.run(RECOMMEND, opinion(&id, 1_000)).await.data();
    for yen in [0, -1, 1_200_001] {
        s.approver.run(DECIDE, opinion(&id, yen)).await.expect_code("INVALID_INPUT");
    }
    s.approver.run(DECIDE, opinion(&id, 1_000)).await.data();
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    for day in ["2026-05-19", "2026-05-21", "2026-02-30"] {
        let bad = json!({"id": id, "input": {"paidOn": day}});
        s.payer.run(PAYMENT_EXECUTE, bad).await.expect_code("INVALID_INPUT");
    }
    assert_eq!(s.state(&id).await, "PAYMENT_REQUESTED");
}

#[tokio::test]
async fn an_organization_without_an_allocation_does_not_apply() {
    let s = Scene::new().await;
    let other = another(&s).await;
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    let input = json!({"input": {"programmeId": s.programme, "organizationId": other, "title": "申請"}});
    officer.run(CREATE, input).await.expect_code("CONFLICT/ALLOCATION_MISSING");
}

#[tokio::test]
async fn an_allocation_follows_the_budget_and_what_was_decided() {
    let s = Scene::new().await;
    s.decided().await;
    allocate(&s.staff, &s.programme, &s.organization, 1_099_999).await.expect_code("CONFLICT/ALLOCATION_COMMITTED");
    allocate(&s.staff, &s.programme, &s.organization, 10_000_001).await.expect_code("CONFLICT/BUDGET_EXCEEDED");
    allocate(&s.staff, &s.programme, &s.organization, 1_100_000).await.data();
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=8900000", "COMMITTED=1100000", "GRANT=0"]);
    allocate(&s.staff, &s.programme, &s.organization, 1_100_000).await.data();
    allocate(&s.staff, &s.programme, &s.organization, 10_000_000).await.data();
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=0", "COMMITTED=1100000", "GRANT=8900000"]);
}

#[tokio::test]
async fn decisions_together_stay_within_the_allocation() {
    let s = Scene::new().await;
    s.decided().await;
    let second = s.reviewed().await;
    s.approver.run(DECIDE, opinion(&second, 400_001)).await.expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.approver.run(DECIDE, opinion(&second, 400_000)).await.data();
}

#[tokio::test]
async fn a_refusal_is_final_and_told_to_the_organization() {
    let s = Scene::new().await;
    let id = s.reviewed().await;
    let refused = s.approver.run(REFUSE, because(&id)).await.data()["grantApplicationRefuse"].clone();
    assert_eq!(refused["state"], "REFUSED");
    s.officer.run(WITHDRAW, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    let acts = s.officer.run(READ, json!({"id": id})).await.data()["grantApplication"]["acts"].clone();
    let last = acts.as_array().expect("acts").last().expect("an act").clone();
    assert_eq!((&last["act"], &last["reason"]), (&json!("REFUSE"), &json!("内訳を追記してください。")));
    assert_eq!(s.town.public().run(READ, json!({"id": id})).await.data()["grantApplication"], json!(null));
}

#[tokio::test]
async fn a_withdrawal_within_15_days_gives_the_money_back() {
    let s = Scene::new().await;
    let (early, late) = (s.decided().await, s.draft().await);
    s.officer.run(CHANGE, json!({"id": late, "input": {"requestedYen": 300_000}})).await.data();
    s.officer.run(SUBMIT, json!({"id": late})).await.data();
    s.staff.run(REVIEW_START, json!({"id": late})).await.data();
    s.staff.run(RECOMMEND, opinion(&late, 300_000)).await.data();
    s.approver.run(DECIDE, opinion(&late, 300_000)).await.data();
    s.town.app.clock.advance(Duration::days(15));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    officer.run(WITHDRAW, json!({"id": early})).await.data();
    officer.run(WITHDRAW, json!({"id": early})).await.expect_code("CONFLICT/STATE");
    s.town.app.clock.advance(Duration::days(1));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    officer.run(WITHDRAW, json!({"id": late})).await.expect_code("CONFLICT/DEADLINE");
    let staff = s.town.staff(Role::GrantStaff).await;
    let journals = staff.run(JOURNALS, json!({"fiscalYear": 2026})).await.data()["ledgerJournals"]["nodes"].clone();
    assert_eq!(journals[0]["kind"], "GRANT_WITHDRAWN");
    assert_eq!(journals[0]["reversed"]["kind"], "GRANT_COMMITTED");
    let s = Scene { staff, ..s };
    assert_eq!(s.balances().await, ["APPROPRIATION=-10000000", "BUDGET=8500000", "COMMITTED=300000", "GRANT=1200000"]);
}

#[tokio::test]
async fn the_window_closes_after_its_last_day() {
    let s = Scene::new().await;
    let id = s.draft().await;
    let days = 30 + 31 - i64::from(start().day());
    s.town.app.clock.advance(Duration::days(days + 1));
    let officer = s.town.over(Role::OrgOfficer, ScopeKind::Organization, &s.organization).await;
    let late = officer.run(SUBMIT, json!({"id": id})).await.expect_code("CONFLICT/DEADLINE");
    assert!(late.text.contains("2026-06-30"), "{}", late.text);
    let input = json!({"input": {"programmeId": s.programme, "organizationId": s.organization, "title": "遅い申請"}});
    officer.run(CREATE, input).await.expect_code("CONFLICT/DEADLINE");
}
