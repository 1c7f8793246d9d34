//! Support (Z21): for some hours, for a reason, seen by the municipality, looking only, in one municipality.

use chrono::Duration;
use entaku::kernel::error::Error;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::people::session::SessionTokens;
use entaku::people::support::commands::{NewSupport, open};
use serde_json::{Value, json};

use crate::organizations::organization;
use crate::support::{Client, SchemaView, Town};

const REASON: &str = "招待メールが届かないとの問い合わせの調査";
const LIST: &str =
    "{ supportSessions { nodes { id operator reason active lentRole endedBy { id } account { support } } } }";
const LEND: &str =
    "mutation($id: ID!, $role: SupportRole!) { supportSessionLend(id: $id, input: {role: $role}) { lentRole } }";
const END: &str = "mutation($id: ID!) { supportSessionEnd(id: $id) { active } }";
const DISTRICT: &str =
    "mutation($name: String!) { districtCreate(input: {name: $name, nameKana: \"さと\", areaUnit: OAZA}) { id } }";
const OFFICER: &str = "mutation($input: OfficerAppointInput!) { officerAppoint(input: $input) { id } }";
const REFRESH: &str = "mutation($token: String!) { sessionRefresh(refreshToken: $token) { accessToken refreshToken } }";

fn officer(organization: &str, account: Option<&str>) -> Value {
    json!({"input": {"organizationId": organization, "role": "CHAIR", "name": "例 一", "nameKana": "れい いち",
        "namePublic": false, "accountId": account, "termStart": "2026-05-20"}})
}

async fn opened(town: &Town, duration: Duration) -> Result<(String, SessionTokens), Error> {
    let tx = town.system();
    let new = NewSupport { operator: "運用 太郎", reason: REASON, duration };
    let (id, tokens) = open(&tx, &town.app.settings.issuer, new).await?;
    tx.commit().await?;
    Ok((id.to_string(), tokens))
}

fn client(town: &Town, token: &str) -> Client {
    Client::new(town.app.clone()).with("authorization", &format!("Bearer {token}"))
}

/// Support that has just come, and the id of its session.
async fn support(town: &Town) -> (String, Client) {
    let (id, tokens) = opened(town, Duration::hours(1)).await.expect("a session");
    (id, client(town, &tokens.access_token))
}

#[tokio::test]
async fn z21_support_looks_and_changes_nothing() {
    let town = Town::new().await;
    town.staff(Role::Admin).await;
    let (_, support) = support(&town).await;
    let accounts = support.run("{ accounts { nodes { name appointments { role } } } }", json!({})).await.data();
    assert!(accounts["accounts"]["nodes"].as_array().expect("nodes").len() >= 2);
    let schema = SchemaView::read(&support).await;
    let open = ["sessionRefresh", "sessionEnd"];
    for mutation in schema.mutations().iter().filter(|m| !open.contains(&m.name.as_str())) {
        let nothing = |_: &str| Some("org_00000000000000000000000000000000".to_owned());
        let (document, variables) = schema.document(mutation, &nothing);
        let code = support.run(&document, variables).await.code();
        assert_eq!(code, "FORBIDDEN/SUPPORT_READ_ONLY", "{}", mutation.name);
    }
    let both = "mutation { sessionsEndOthers { id } sessionEnd { id } }";
    let code = support.run(both, json!({})).await.code();
    assert!(code != "(none)", "hidden beside what is open");
}

#[tokio::test]
async fn z21_support_is_for_four_hours_at_most() {
    let town = Town::new().await;
    for wrong in [Duration::zero(), Duration::minutes(241), Duration::seconds(-5)] {
        assert!(matches!(opened(&town, wrong).await, Err(Error::Invalid(..))), "{wrong}");
    }
    let (_, tokens) = opened(&town, Duration::hours(4)).await.expect("a session");
    let mut refresh = tokens.refresh_token;
    let mut token = tokens.access_token;
    for _ in 0..6 {
        town.app.clock.advance(Duration::minutes(39));
        let answer = town.public().run(REFRESH, json!({"token": refresh})).await.data()["sessionRefresh"].clone();
        refresh = answer["refreshToken"].as_str().expect("a token").to_owned();
        token = answer["accessToken"].as_str().expect("a token").to_owned();
    }
    client(&town, &token).run("{ viewer { name } }", json!({})).await.data();
    town.app.clock.advance(Duration::minutes(6));
    client(&town, &token).run("{ viewer { name } }", json!({})).await.expect_code("UNAUTHENTICATED");
    town.public().run(REFRESH, json!({"token": refresh})).await.expect_code("UNAUTHENTICATED");
    let longer = Sql::new("UPDATE support_sessions SET expires_at = opened_at + interval '4 hours 1 second'");
    assert!(town.system().run(longer).await.is_err(), "nor does the table take more");
}

#[tokio::test]
async fn z21_the_municipality_sees_support_at_once_and_ends_it() {
    let town = Town::new().await;
    let (admin_id, admin) = town.person(Role::Admin, ScopeKind::Municipality, None).await;
    let (id, support) = support(&town).await;
    let told = "{ viewer { notifications { nodes { kind objectId textJa } } } }";
    let note = admin.run(told, json!({})).await.data()["viewer"]["notifications"]["nodes"][0].clone();
    assert_eq!((&note["kind"], &note["objectId"]), (&json!("SUPPORT_OPENED"), &json!(id)));
    assert!(note["textJa"].as_str().expect("a text").contains(REASON));
    let seen = admin.run(LIST, json!({})).await.data()["supportSessions"]["nodes"][0].clone();
    assert_eq!(
        seen,
        json!({"id": id, "operator": "運用 太郎", "reason": REASON, "active": true, "lentRole": null,
        "endedBy": null, "account": {"support": true}})
    );
    let clerk = town.staff(Role::GrantStaff).await;
    assert_eq!(clerk.run(LIST, json!({})).await.data()["supportSessions"]["nodes"], json!([]));
    clerk.run(END, json!({"id": id})).await.expect_code("NOT_FOUND");

    let planner = town.staff(Role::PlanningStaff).await;
    let (_, organization) = organization(&planner, "青葉の会").await;
    planner.run(OFFICER, officer(&organization, None)).await.data();
    support.run("{ organizations { nodes { officers { name } } } }", json!({})).await.data();
    let looks = Sql::new(
        "SELECT DISTINCT purpose, a.support FROM audit_entries e JOIN accounts a ON a.id = e.actor_id WHERE e.op = 'PERSONAL_READ'",
    );
    let rows = town.system().rows(looks).await.expect("rows");
    assert_eq!(rows.len(), 1);
    for row in &rows {
        assert!(row.get::<_, bool>("support"));
        assert_eq!(row.get::<_, Option<String>>("purpose").as_deref(), Some(REASON));
    }

    admin.run(END, json!({"id": id})).await.data();
    support.run("{ viewer { name } }", json!({})).await.expect_code("UNAUTHENTICATED");
    admin.run(END, json!({"id": id})).await.expect_code("CONFLICT/ENDED");
    let seen = admin.run(LIST, json!({})).await.data()["supportSessions"]["nodes"][0].clone();
    assert_eq!((&seen["active"], &seen["endedBy"]["id"]), (&json!(false), &json!(admin_id.to_string())));
    let left = Sql::new(
        "SELECT count(*) AS n FROM accounts a JOIN appointments p ON p.account_id = a.id WHERE a.support AND (p.ended_at IS NULL OR a.suspended_at IS NULL)",
    );
    assert_eq!(town.system().rows(left).await.expect("rows")[0].get::<_, i64>("n"), 0);
}

#[tokio::test]
async fn z21_support_writes_only_with_a_role_that_was_lent_and_in_its_own_name() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let (id, support) = support(&town).await;
    let lend = |role: &str| json!({"id": id, "role": role});
    support.run(LEND, lend("ADMIN")).await.expect_code("FORBIDDEN/SUPPORT_READ_ONLY");
    admin.run(LEND, lend("APPROVER")).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    admin.run(LEND, lend("ADMIN")).await.data();
    admin.run(LEND, lend("ADMIN")).await.expect_code("CONFLICT/LENT");

    let create = "mutation { sectionCreate(input: {name: \"支援課\", establishedOn: \"2026-05-20\"}) { id } }";
    support.run(create, json!({})).await.data();
    let entry = "SELECT e.purpose, a.support, e.appointment_id = p.id AS lent FROM audit_entries e \
        JOIN accounts a ON a.id = e.actor_id JOIN appointments p ON p.account_id = a.id AND p.role = 'ADMIN' \
        WHERE e.kind = 'sections'";
    let rows = town.system().rows(Sql::new(entry)).await.expect("rows");
    assert_eq!(rows[0].get::<_, Option<String>>("purpose").as_deref(), Some(REASON));
    assert!(rows[0].get::<_, bool>("support") && rows[0].get::<_, bool>("lent"));

    // It proves nothing to the municipality: roles, settings and its own powers stay out of its reach.
    let (somebody, _) = town.person(Role::Resident, ScopeKind::Municipality, None).await;
    let appoint = "mutation($who: ID!) { appointmentCreate(input: {accountId: $who, role: ADMIN, scope: MUNICIPALITY, startsOn: \"2026-05-20\"}) { id } }";
    support.run(appoint, json!({"who": somebody.to_string()})).await.expect_code("FORBIDDEN/STEP_UP");
    let invite = "mutation { invitationCreate(input: {email: \"x@example.jp\", role: ADMIN}) { id } }";
    let code = support.run(invite, json!({})).await.code();
    assert!(code.starts_with("FORBIDDEN/"), "{code}");
    let (again, _) = opened(&town, Duration::hours(1)).await.expect("another session");
    support.run(LEND, json!({"id": again, "role": "GRANT_STAFF"})).await.expect_code("FORBIDDEN/STEP_UP");
    let elevate = "mutation { sessionElevate(password: \"x\") { id } }";
    support.run(elevate, json!({})).await.expect_code("FORBIDDEN/NO_PASSWORD");
    support.run(END, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
    support.run("mutation { sessionEnd { id } }", json!({})).await.data();
    support.run(create, json!({})).await.expect_code("UNAUTHENTICATED");
}

/// What it was lent covers no giving of roles, not even through an act that only brings one.
#[tokio::test]
async fn z21_support_gives_no_roles() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let (id, support) = support(&town).await;
    admin.run(LEND, json!({"id": id, "role": "PLANNING_STAFF"})).await.data();
    let planner = town.staff(Role::PlanningStaff).await;
    let (district, _) = organization(&planner, "青葉の会").await;
    let (first, _) = town.person(Role::Resident, ScopeKind::Municipality, None).await;
    let (next, _) = town.person(Role::Resident, ScopeKind::Municipality, None).await;
    let propose = "mutation($a: ID!, $d: ID!) { liaisonAssignmentPropose(input: {accountId: $a, districtId: $d, role: MAIN, kind: LIAISON_STAFF, termStart: \"2026-04-01\"}) { id } }";
    let made = planner.run(propose, json!({"a": first.to_string(), "d": district})).await.data();
    let id = made["liaisonAssignmentPropose"]["id"].clone();
    planner.run("mutation($id: ID!) { liaisonAssignmentAppoint(id: $id) { id } }", json!({"id": id})).await.data();
    let relieve = "mutation($id: ID!, $to: ID) { liaisonAssignmentRelieve(id: $id, input: {reason: \"異動\", successorAccountId: $to}) { id } }";
    let successor = json!({"id": id, "to": next.to_string()});
    support.run(relieve, successor).await.expect_code("FORBIDDEN/ROLE_ABOVE");
    support.run(relieve, json!({"id": id})).await.data();
}

/// Whoever lends has just proved who they are.
#[tokio::test]
async fn z21_lending_needs_a_fresh_proof() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let (id, _) = support(&town).await;
    town.app.clock.advance(Duration::minutes(4));
    let old =
        Sql::new("UPDATE sessions SET authenticated_at = entaku_now() - interval '20 minutes' WHERE device = 'test'");
    let tx = town.system();
    tx.run(old).await.expect("older");
    tx.commit().await.expect("committed");
    admin.run(LEND, json!({"id": id, "role": "ADMIN"})).await.expect_code("FORBIDDEN/STEP_UP");
    admin.run(END, json!({"id": id})).await.data();
}

#[tokio::test]
async fn z21_support_is_in_one_municipality_and_no_administrator_of_it() {
    let town = Town::new().await;
    let (admin_id, admin) = town.person(Role::Admin, ScopeKind::Municipality, None).await;
    let (id, support) = support(&town).await;
    admin.run(LEND, json!({"id": id, "role": "ADMIN"})).await.data();
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    support.run(suspend, json!({"id": admin_id.to_string()})).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let other = Town::beside(town.app.clone()).await;
    let (stranger, _) = other.person(Role::Admin, ScopeKind::Municipality, None).await;
    let read = "query($id: ID!) { node(id: $id) { id } account(id: $id) { id } }";
    let seen = support.run(read, json!({"id": stranger.to_string()})).await.data();
    assert_eq!(seen, json!({"node": null, "account": null}));
    let elsewhere = support.with("entaku-municipality", other.code.as_str());
    elsewhere.run("{ viewer { id } }", json!({})).await.expect_code("BAD_REQUEST/MUNICIPALITY_MISMATCH");
    // A municipality that asks for a second factor lets support look nevertheless: it has come with the installation's keys.
    let tx = town.system();
    tx.run(Sql::new("UPDATE municipality_settings SET second_factor_required = true")).await.expect("asked");
    tx.commit().await.expect("committed");
    town.app.clock.advance(Duration::seconds(1));
    let named: Value = support.run("{ viewer { support } }", json!({})).await.data();
    assert_eq!(named["viewer"]["support"], true);
    support.run(DISTRICT, json!({"name": "里"})).await.expect_code("FORBIDDEN");
}
