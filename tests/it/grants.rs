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
mod bad_input;
mod by_law_terms;
mod by_laws;
mod calculation;
mod confirmed;
mod deadlines;
mod discard;
mod duties;
mod ends;
mod explained;
mod fiscal_year;
mod gathered;
mod hands;
mod keyed;
mod ledger_stories;
mod life;
mod methodology;
mod open_data;
mod papers;
mod pressed;
mod programmes_by_law;
mod results;
mod whose;
mod within;
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

async fn another(s: &Scene) -> String {
    organization(&s.staff, "隣の会").await.1
}
