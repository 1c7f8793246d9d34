//! Liaison staff: from their appointment to the answer they bring back.

use chrono::Duration;
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};

use crate::organizations::{organization, text};
use crate::strategy::story;
use crate::support::{Client, Town};

const PROPOSE: &str = "mutation($input: LiaisonAssignmentProposeInput!) { liaisonAssignmentPropose(input: $input) { id state staffName } }";
const APPOINT: &str = "mutation($id: ID!) { liaisonAssignmentAppoint(id: $id) { id state } }";
const RELIEVE: &str =
    "mutation($id: ID!, $input: LiaisonAssignmentRelieveInput!) { liaisonAssignmentRelieve(id: $id, input: $input) {
    id state endedOn reliefReason successor { id state role termStart termEnd staffName predecessor { id } } } }";
const END: &str = "mutation($id: ID!) { liaisonAssignmentEnd(id: $id) { state endedOn } }";
const LOG: &str = "mutation($input: LiaisonVisitLogInput!) { liaisonVisitLog(input: $input) { id minutes } }";
const CORRECT: &str = "mutation($id: ID!, $input: LiaisonVisitChangeInput!) { liaisonVisitChange(id: $id, input: $input) { minutes place revision } }";
const RECEIVE: &str =
    "mutation($input: LiaisonRequestReceiveInput!) { liaisonRequestReceive(input: $input) { id state } }";
const FORWARD: &str =
    "mutation($id: ID!, $to: ID!) { liaisonRequestForward(id: $id, sectionId: $to) { state section { name } } }";
const ANSWER: &str =
    "mutation($id: ID!, $answer: String!) { liaisonRequestAnswer(id: $id, answer: $answer) { state answer } }";
const REPORT: &str = "mutation($id: ID!) { liaisonRequestReportBack(id: $id, note: \"会長に電話で\") { state } }";
const CLOSE: &str = "mutation($id: ID!) { liaisonRequestClose(id: $id) { state } }";
const PRESENT: &str = "{ liaisonAssignments { nodes { staffName role district { name } account { id } } } }";

struct Stage {
    town: Town,
    planner: Client,
    district: String,
    organization: String,
}

impl Stage {
    async fn new() -> Self {
        let town = Town::new().await;
        let planner = town.staff(Role::PlanningStaff).await;
        let (district, organization) = organization(&planner, "青葉の会").await;
        Self { town, planner, district, organization }
    }

    /// Somebody signed in, who holds nothing yet.
    async fn somebody(&self) -> (String, Client) {
        let (account, client) = self.town.person(Role::Resident, ScopeKind::Municipality, None).await;
        (account.to_string(), client)
    }

    async fn propose(&self, account: &str) -> String {
        let answer = self.planner.run(PROPOSE, json!({"input": self.term(account)})).await.data();
        text(&answer["liaisonAssignmentPropose"]["id"])
    }

    fn term(&self, account: &str) -> Value {
        json!({"accountId": account, "districtId": self.district, "role": "MAIN", "kind": "LIAISON_STAFF",
            "termStart": "2026-04-01", "termEnd": "2028-03-31"})
    }

    fn visit(&self) -> Value {
        json!({"districtId": self.district, "organizationId": self.organization, "visitedOn": "2026-05-19",
            "minutes": 90, "kind": "VISIT", "place": "交流センター", "content": "防災訓練の打合せ", "requestsHeard": "街灯が暗い"})
    }

    async fn section(&self, name: &str) -> String {
        let admin = self.town.staff(Role::Admin).await;
        let create =
            "mutation($name: String!) { sectionCreate(input: {name: $name, establishedOn: \"2020-04-01\"}) { id } }";
        text(&admin.run(create, json!({"name": name})).await.data()["sectionCreate"]["id"])
    }

    async fn request(&self, liaison: &Client) -> String {
        let input = json!({"districtId": self.district, "organizationId": self.organization, "subject": "街灯", "content": "集会所前の街灯が消えている"});
        text(&liaison.run(RECEIVE, json!({"input": input})).await.data()["liaisonRequestReceive"]["id"])
    }
}

#[tokio::test]
async fn an_appointment_gives_the_district_and_relief_takes_it() {
    let stage = Stage::new().await;
    let (account, liaison) = stage.somebody().await;
    let (next, successor) = stage.somebody().await;
    let id = stage.propose(&account).await;
    liaison.run(LOG, json!({"input": stage.visit()})).await.expect_code("FORBIDDEN");
    assert_eq!(stage.town.public().run(PRESENT, json!({})).await.data()["liaisonAssignments"]["nodes"], json!([]));
    stage.planner.run(PROPOSE, json!({"input": stage.term(&account)})).await.expect_code("CONFLICT/DUPLICATE");

    stage.planner.run(APPOINT, json!({"id": id})).await.data();
    stage.planner.run(APPOINT, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    let present = stage.town.public().run(PRESENT, json!({})).await.data()["liaisonAssignments"]["nodes"].clone();
    assert_eq!(
        present,
        json!([{"staffName": "試験 太郎", "role": "MAIN", "district": {"name": "青葉の会地区"}, "account": null}])
    );
    liaison.run(LOG, json!({"input": stage.visit()})).await.data();
    successor.run(LOG, json!({"input": stage.visit()})).await.expect_code("FORBIDDEN");

    stage.planner.run(END, json!({"id": id})).await.expect_code("CONFLICT/TERM_RUNNING");
    let myself = json!({"reason": "異動", "successorAccountId": account});
    stage.planner.run(RELIEVE, json!({"id": id, "input": myself})).await.expect_code("INVALID_INPUT");
    let input = json!({"reason": "人事異動", "successorAccountId": next});
    let relieved = stage.planner.run(RELIEVE, json!({"id": id, "input": input})).await.data();
    let relieved = &relieved["liaisonAssignmentRelieve"];
    assert_eq!((&relieved["state"], &relieved["endedOn"]), (&json!("RELIEVED"), &json!("2026-05-20")));
    assert_eq!(relieved["reliefReason"], "人事異動");
    let heir = &relieved["successor"];
    assert_eq!((&heir["termStart"], &heir["termEnd"]), (&json!("2026-05-20"), &json!("2028-03-31")));
    assert_eq!((&heir["state"], &heir["role"]), (&json!("APPOINTED"), &json!("MAIN")));
    assert_eq!(heir["predecessor"]["id"], json!(id));
    stage.planner.run(RELIEVE, json!({"id": id, "input": input})).await.expect_code("CONFLICT/STATE");
    liaison.run(LOG, json!({"input": stage.visit()})).await.expect_code("FORBIDDEN");
    successor.run(LOG, json!({"input": stage.visit()})).await.data();
    let own = "query($id: ID!) { liaisonAssignment(id: $id) { state reliefReason } }";
    assert_eq!(liaison.run(own, json!({"id": id})).await.data()["liaisonAssignment"]["reliefReason"], "人事異動");
    let seen = successor.run(own, json!({"id": id})).await.data()["liaisonAssignment"].clone();
    assert_eq!(seen, json!({"state": "RELIEVED", "reliefReason": null}), "why is between the staff and the person");
}

#[tokio::test]
async fn a_term_ends_by_itself_and_is_then_recorded() {
    let stage = Stage::new().await;
    let (account, liaison) = stage.somebody().await;
    let mut input = stage.term(&account);
    input["termEnd"] = json!("2026-05-21");
    input["kind"] = json!("LIFE_SUPPORT_COORDINATOR");
    let id = stage.planner.run(PROPOSE, json!({"input": input})).await.data()["liaisonAssignmentPropose"]["id"].clone();
    stage.planner.run(APPOINT, json!({"id": id})).await.data();
    liaison.run(LOG, json!({"input": stage.visit()})).await.data();
    let receive = json!({"districtId": stage.district, "subject": "件名", "content": "内容"});
    liaison.run(RECEIVE, json!({"input": receive})).await.expect_code("FORBIDDEN");
    stage.town.app.clock.advance(Duration::days(2));
    let planner = stage.town.staff(Role::PlanningStaff).await;
    assert_eq!(stage.town.public().run(PRESENT, json!({})).await.data()["liaisonAssignments"]["nodes"], json!([]));
    let relieve = json!({"id": id, "input": {"reason": "異動"}});
    planner.run(RELIEVE, relieve).await.expect_code("CONFLICT/TERM_OVER");
    let ended = planner.run(END, json!({"id": id})).await.data()["liaisonAssignmentEnd"].clone();
    assert_eq!(ended, json!({"state": "ENDED", "endedOn": "2026-05-21"}));
}

#[tokio::test]
async fn z19_nobody_assigns_themselves_and_only_planning_staff_assign() {
    let stage = Stage::new().await;
    let (account, planner) = stage.town.person(Role::PlanningStaff, ScopeKind::Municipality, None).await;
    let id = stage.propose(&account.to_string()).await;
    planner.run(APPOINT, json!({"id": id})).await.expect_code("FORBIDDEN/SELF_APPOINTMENT");
    let input = stage.term(&account.to_string());
    for role in [Role::GrantStaff, Role::Admin, Role::Auditor] {
        let other = stage.town.staff(role).await;
        other.run(PROPOSE, json!({"input": input})).await.expect_code("FORBIDDEN");
        other.run(APPOINT, json!({"id": id})).await.expect_code("FORBIDDEN");
    }
    stage.town.public().run(PROPOSE, json!({"input": input})).await.expect_code("UNAUTHENTICATED");
    stage.town.public().run(APPOINT, json!({"id": id})).await.expect_code("NOT_FOUND");
    stage.town.resident().await.run(APPOINT, json!({"id": id})).await.expect_code("NOT_FOUND");
    let elsewhere = Town::beside(stage.town.app.clone()).await;
    elsewhere.staff(Role::PlanningStaff).await.run(APPOINT, json!({"id": id})).await.expect_code("NOT_FOUND");
    let mut backwards = input;
    backwards["termEnd"] = json!("2026-03-31");
    stage.planner.run(PROPOSE, json!({"input": backwards})).await.expect_code("INVALID_INPUT");
}

#[tokio::test]
async fn a_visit_is_logged_by_the_districts_own_and_read_by_staff() {
    let stage = Stage::new().await;
    let town = &stage.town;
    let liaison = town.over(Role::Liaison, ScopeKind::District, &stage.district).await;
    let coordinator = town.over(Role::Coordinator, ScopeKind::District, &stage.district).await;
    let id = liaison.run(LOG, json!({"input": stage.visit()})).await.data()["liaisonVisitLog"]["id"].clone();
    coordinator.run(LOG, json!({"input": stage.visit()})).await.data();
    town.public().run(LOG, json!({"input": stage.visit()})).await.expect_code("UNAUTHENTICATED");
    stage.planner.run(LOG, json!({"input": stage.visit()})).await.expect_code("FORBIDDEN");

    let (other_district, other) = organization(&stage.planner, "隣の会").await;
    let neighbour = town.over(Role::Liaison, ScopeKind::District, &other_district).await;
    neighbour.run(LOG, json!({"input": stage.visit()})).await.expect_code("FORBIDDEN");
    let bad = json!({"districtId": stage.district, "organizationId": other, "visitedOn": "2026-05-21", "minutes": 0,
        "kind": "VISIT", "content": " "});
    let refused = liaison.run(LOG, json!({"input": bad})).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").len(), 4);

    let read = "query($id: ID!) { liaisonVisit(id: $id) { content staffName viewerCan { action allowed } } }";
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &stage.organization).await;
    for hidden in [&town.public(), &officer, &neighbour] {
        assert_eq!(hidden.run(read, json!({"id": id})).await.data()["liaisonVisit"], json!(null));
    }
    let seen = stage.planner.run(read, json!({"id": id})).await.data()["liaisonVisit"].clone();
    assert_eq!(seen["viewerCan"], json!([{"action": "liaisonVisitChange", "allowed": false}]));

    let change = json!({"id": id, "input": {"minutes": 120, "place": null, "revision": 1}});
    let changed = liaison.run(CORRECT, change.clone()).await.data()["liaisonVisitChange"].clone();
    assert_eq!(changed, json!({"minutes": 120, "place": null, "revision": 2}));
    liaison.run(CORRECT, change.clone()).await.expect_code("CONFLICT/STALE");
    coordinator.run(CORRECT, change.clone()).await.expect_code("FORBIDDEN");
    neighbour.run(CORRECT, change).await.expect_code("NOT_FOUND");
    let last_year = json!({"id": id, "input": {"visitedOn": "2026-03-31"}});
    liaison.run(CORRECT, last_year).await.expect_code("INVALID_INPUT");

    let mut march = stage.visit();
    march["visitedOn"] = json!("2026-03-31");
    let old = liaison.run(LOG, json!({"input": march})).await.data()["liaisonVisitLog"]["id"].clone();
    liaison.run(CORRECT, json!({"id": old, "input": {"minutes": 30}})).await.expect_code("CONFLICT/FISCAL_YEAR");
    let list = "query($filter: LiaisonVisitFilterInput) { liaisonVisits(filter: $filter) { nodes { visitedOn } } }";
    let april = json!({"filter": {"from": "2026-04-01", "districtId": stage.district}});
    let found = stage.planner.run(list, april).await.data()["liaisonVisits"]["nodes"].clone();
    assert_eq!(found, json!([{"visitedOn": "2026-05-19"}, {"visitedOn": "2026-05-19"}]));
}

#[tokio::test]
async fn a_request_goes_to_its_section_and_its_answer_comes_back() {
    let stage = Stage::new().await;
    let town = &stage.town;
    let liaison = town.over(Role::Liaison, ScopeKind::District, &stage.district).await;
    let (roads, welfare) = (stage.section("道路河川課").await, stage.section("福祉課").await);
    let road_staff = town.over(Role::SectionStaff, ScopeKind::Section, &roads).await;
    let welfare_staff = town.over(Role::SectionStaff, ScopeKind::Section, &welfare).await;
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &stage.organization).await;
    let id = stage.request(&liaison).await;

    let read = "query($id: ID!) { liaisonRequest(id: $id) { state answer answeredOn reportNote } }";
    assert_eq!(officer.run(read, json!({"id": id})).await.data()["liaisonRequest"]["state"], "RECEIVED");
    for hidden in [&town.public(), &town.resident().await, &road_staff] {
        assert_eq!(hidden.run(read, json!({"id": id})).await.data()["liaisonRequest"], json!(null));
    }
    road_staff.run(ANSWER, json!({"id": id, "answer": "直します"})).await.expect_code("NOT_FOUND");
    officer.run(FORWARD, json!({"id": id, "to": roads})).await.expect_code("FORBIDDEN");
    liaison.run(REPORT, json!({"id": id})).await.expect_code("CONFLICT/STATE");

    liaison.run(FORWARD, json!({"id": id, "to": welfare})).await.data();
    liaison.run(FORWARD, json!({"id": id, "to": welfare})).await.expect_code("CONFLICT/FORWARDED");
    liaison.run(FORWARD, json!({"id": id, "to": stage.district})).await.expect_code("NOT_FOUND");
    let again = stage.planner.run(FORWARD, json!({"id": id, "to": roads})).await.data();
    assert_eq!(again["liaisonRequestForward"], json!({"state": "FORWARDED", "section": {"name": "道路河川課"}}));
    welfare_staff.run(ANSWER, json!({"id": id, "answer": "担当外"})).await.expect_code("NOT_FOUND");
    liaison.run(ANSWER, json!({"id": id, "answer": "代わりに"})).await.expect_code("FORBIDDEN");
    road_staff.run(ANSWER, json!({"id": id, "answer": " "})).await.expect_code("INVALID_INPUT");
    road_staff.run(ANSWER, json!({"id": id, "answer": "6月中に交換します。"})).await.data();
    road_staff.run(ANSWER, json!({"id": id, "answer": "もう一度"})).await.expect_code("CONFLICT/STATE");
    liaison.run(CLOSE, json!({"id": id})).await.expect_code("CONFLICT/STATE");
    road_staff.run(REPORT, json!({"id": id})).await.expect_code("FORBIDDEN");
    liaison.run(REPORT, json!({"id": id})).await.data();
    liaison.run(CLOSE, json!({"id": id})).await.data();
    let seen = officer.run(read, json!({"id": id})).await.data()["liaisonRequest"].clone();
    assert_eq!(
        seen,
        json!({"state": "CLOSED", "answer": "6月中に交換します。", "answeredOn": "2026-05-20", "reportNote": "会長に電話で"})
    );
}

#[tokio::test]
async fn requests_stay_in_their_district_and_town() {
    let stage = Stage::new().await;
    let town = &stage.town;
    let liaison = town.over(Role::Liaison, ScopeKind::District, &stage.district).await;
    let id = stage.request(&liaison).await;
    let (_, other) = organization(&stage.planner, "隣の会").await;
    let input = json!({"districtId": stage.district, "organizationId": other, "subject": "件名", "content": "内容"});
    liaison.run(RECEIVE, json!({"input": input})).await.expect_code("INVALID_INPUT");
    stage.planner.run(RECEIVE, json!({"input": input})).await.expect_code("FORBIDDEN");
    let neighbour = town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    neighbour.run(CLOSE, json!({"id": id})).await.expect_code("NOT_FOUND");
    let elsewhere = Town::beside(town.app.clone()).await;
    let foreign = elsewhere.staff(Role::PlanningStaff).await;
    for act in [CLOSE, REPORT] {
        foreign.run(act, json!({"id": id})).await.expect_code("NOT_FOUND");
    }
    let list = "{ liaisonRequests { totalCount } liaisonVisits { totalCount } liaisonAssignments { totalCount } }";
    assert_eq!(foreign.run(list, json!({})).await.data()["liaisonRequests"]["totalCount"], 0);
    assert_eq!(stage.planner.run(list, json!({})).await.data()["liaisonRequests"]["totalCount"], 1);
    let keyed = liaison.with("idempotency-key", "one-request");
    let input = json!({"districtId": stage.district, "subject": "二度押し", "content": "内容"});
    let first = keyed.run(RECEIVE, json!({"input": input})).await.data();
    assert_eq!(keyed.run(RECEIVE, json!({"input": input})).await.data(), first);
    assert_eq!(stage.planner.run(list, json!({})).await.data()["liaisonRequests"]["totalCount"], 2);
}

#[tokio::test]
async fn the_stories_of_liaison_can_be_played() {
    let stage = Stage::new().await;
    let (account, liaison) = stage.somebody().await;
    let proposed = stage.planner.run(&story(60), json!({"input": stage.term(&account)})).await.data();
    let id = proposed["liaisonAssignmentPropose"]["id"].clone();
    stage.planner.run(&story(61), json!({"id": id})).await.data();
    let present = stage.town.public().run(&story(62), json!({"districtId": stage.district})).await.data();
    assert_eq!(present["liaisonAssignments"]["nodes"][0]["id"], id);
    let visit = liaison.run(&story(63), json!({"input": stage.visit()})).await.data()["liaisonVisitLog"]["id"].clone();
    liaison.run(&story(64), json!({"id": visit, "input": {"minutes": 120}})).await.data();
    let input = json!({"districtId": stage.district, "organizationId": stage.organization, "visitId": visit, "subject": "街灯の交換", "content": "消えている"});
    let request = liaison.run(&story(65), json!({"input": input})).await.data()["liaisonRequestReceive"]["id"].clone();
    let section = stage.section("道路河川課").await;
    liaison.run(&story(66), json!({"id": request, "sectionId": section})).await.data();
    let staff = stage.town.over(Role::SectionStaff, ScopeKind::Section, &section).await;
    staff.run(&story(67), json!({"id": request, "answer": "6月中に交換します。"})).await.data();
    liaison.run(&story(68), json!({"id": request, "note": "会長に電話で"})).await.data();
    let closed = liaison.run(&story(69), json!({"id": request})).await.data();
    assert_eq!(closed["liaisonRequestClose"]["state"], "CLOSED");
    let read = "query($id: ID!) { liaisonVisit(id: $id) { requests { state } } }";
    let seen = liaison.run(read, json!({"id": visit})).await.data();
    assert_eq!(seen["liaisonVisit"]["requests"], json!([{"state": "CLOSED"}]));
}
