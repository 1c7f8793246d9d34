//! Two municipalities and people of each, known to the server and to the oracle.

use entaku::api::schema::Nouns;
use entaku::kernel::id::encode;
use entaku::kernel::principal::{AccountId, Appointment, AppointmentId, Principal, Role, ScopeKind};
use entaku::kernel::read::{Catalogue, ShapeDef};
use entaku::people::session::open;
use sea_orm::Iterable;
use serde_json::{Value, json};

use super::ask::{Root, Vars, document};
use super::asker::{Asker, Roots};
use super::facts::{Facts, Record};
use super::lists::Page;
use super::oracle::Oracle;
use crate::support::town::{app, start};
use crate::support::{Client, SchemaView, Town, World};

/// Somebody, as the server knows them and as the oracle does.
pub struct Person {
    pub name: String,
    client: Client,
    who: Principal,
    /// In the first municipality or in the second.
    town: usize,
}

/// Everything a comparison needs.
pub struct Stage {
    pub people: Vec<Person>,
    pub roots: Roots,
    towns: [Town; 2],
    facts: [Facts; 2],
    schema: SchemaView,
}

/// Held over the municipality.
const EVERYWHERE: &[Role] =
    &[Role::Resident, Role::GrantStaff, Role::PlanningStaff, Role::Auditor, Role::Reviewer, Role::Admin];
/// Held over a thing.
const OVER: &[(Role, ScopeKind, &str)] = &[
    (Role::OrgOfficer, ScopeKind::Organization, "CommunityOrganization"),
    (Role::OrgMember, ScopeKind::Organization, "CommunityOrganization"),
    (Role::Liaison, ScopeKind::District, "District"),
    (Role::Coordinator, ScopeKind::District, "District"),
    (Role::SectionStaff, ScopeKind::Section, "Section"),
    (Role::Reviewer, ScopeKind::Call, "ChallengeCall"),
];

impl Stage {
    /// A full municipality, one with the demo of another, and people of both.
    pub async fn new() -> Self {
        let world = World::new(app()).await;
        let other = Town::beside(world.town.app.clone()).await;
        entaku::demo::load_as(&other.app, "322091", other.code.as_str(), "no password").await.expect("the demo");
        let mut people = cast(&world.town, 0).await;
        people.extend(cast(&other, 1).await);
        let (mut here, there) = (Facts::of(&world.town).await, Facts::of(&other).await);
        here.hear_of(&there);
        let schema = SchemaView::read(&world.town.public()).await;
        Self { people, roots: roots(&schema), towns: [world.town, other], facts: [here, there], schema }
    }

    /// Learns what has been recorded since: who is asked for personal data is told on.
    pub async fn hear_of_looks(&mut self) {
        for (town, facts) in self.towns.iter().zip(&mut self.facts) {
            facts.hear_of_looks(town).await;
        }
    }

    /// What somebody asks, who knows of what their municipality holds.
    pub fn ask(&self, person: usize, tape: &[u16]) -> Vec<Root> {
        Asker::ask(self.facts(&self.people[person]), &self.roots, tape)
    }

    /// What somebody may know of.
    fn facts(&self, person: &Person) -> &Facts {
        &self.facts[person.town]
    }

    /// The oracle as somebody.
    pub fn oracle<'a>(&'a self, person: &'a Person, vars: Vars) -> Oracle<'a> {
        Oracle { facts: self.facts(person), schema: &self.schema, who: &person.who, vars, careless: false }
    }

    /// Turns a list's pages to the end and says whether they held what is expected, in its order.
    pub async fn turn(&self, person: &Person, name: &str, shape: &'static ShapeDef, page: &Page) {
        let expected = self.oracle(person, Vars { yes: true, no: false }).listed(shape, page);
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let text = page.text();
            let query = format!(
                "query($after: String) {{ {name}({text}, after: $after) {{ nodes {{ id }}
                    pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
            );
            let list = person.client.run(&query, json!({ "after": after })).await.data()[name].clone();
            let ids = list["nodes"].as_array().expect("nodes").iter();
            found.extend(ids.map(|node| node["id"].as_str().expect("an id").to_owned()));
            let info = &list["pageInfo"];
            assert_eq!(info["hasPreviousPage"], !after.is_null(), "{name} for {}", person.name);
            assert_eq!(info["hasNextPage"], found.len() < expected.len(), "{name} for {}", person.name);
            after = info["endCursor"].clone();
            if info["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(found, expected, "{name} {} for {}", page.text(), person.name);
    }

    /// Asks the server and says what differs from what the oracle expects.
    pub async fn compare(person: &Person, roots: &[Root], oracle: &Oracle<'_>) -> Result<(), String> {
        let (query, Vars { yes, no }) = (document(roots), oracle.vars);
        let expected = format!("{{\"data\":{}}}", oracle.data(roots));
        let variables = if no { json!({ "yes": yes, "no": no }) } else { json!({ "yes": yes }) };
        let answer = person.client.run(&query, variables.clone()).await;
        let cost = answer.text.find(",\"extensions\":{\"cost\":").unwrap_or(answer.text.len() - 1);
        if answer.text[..cost] == expected[..expected.len() - 1] {
            return Ok(());
        }
        let read: Value = serde_json::from_str(&expected).expect("JSON of the oracle");
        let how = if read == answer.body { "in another order or writing" } else { "otherwise" };
        let name = &person.name;
        Err(format!(
            "{name} is answered {how}\nquery:    {query}\nvariables: {variables}\nexpected: {expected}\nanswer:   {}",
            answer.text
        ))
    }
}

async fn cast(town: &Town, n: usize) -> Vec<Person> {
    let facts = Facts::of(town).await;
    let public = Person { name: format!("nobody in {n}"), client: town.public(), who: Principal::public(), town: n };
    let mut people = vec![public];
    people.extend(residents(town, n, &facts).await);
    for role in EVERYWHERE {
        people.push(person(town, n, *role, ScopeKind::Municipality, None).await);
    }
    for (role, scope, kind) in OVER {
        let thing = facts.known_ids[kind].first().copied().expect("a thing");
        people.push(person(town, n, *role, *scope, Some(thing)).await);
    }
    people
}

/// The people of the demo, who stand in its rows.
async fn residents(town: &Town, n: usize, facts: &Facts) -> Vec<Person> {
    let accounts = facts.table(shape("Account").expect("accounts"));
    let mut people = Vec::new();
    for record in accounts.records.values().filter(|r| r.column("suspended_at").is_null()) {
        let account = AccountId(record.id);
        let tx = town.system();
        let tokens = open(&tx, &town.app.settings.issuer, account, "test").await.expect("a session");
        tx.commit().await.expect("committed");
        let client = Client::new(town.app.clone()).with("authorization", &format!("Bearer {}", tokens.access_token));
        let who = Principal { account: Some(account), appointments: held(facts, record), ..Principal::default() };
        let name = format!("{} in {n}", record.column("email"));
        people.push(Person { name, client, who, town: n });
    }
    people.sort_by(|one, other| one.name.cmp(&other.name));
    people
}

/// What an account is appointed to today.
fn held(facts: &Facts, account: &Record) -> Vec<Appointment> {
    let today = Value::from(start().date_naive().to_string());
    let all = facts.table(shape("Appointment").expect("appointments")).records.values();
    let own = all.filter(|r| r.names("account_id") == Some(account.id) && r.column("ended_at").is_null());
    let now = own.filter(|r| {
        let [from, until] = ["starts_on", "ends_on"].map(|name| r.column(name).as_str());
        from <= today.as_str() && (until.is_none() || until >= today.as_str())
    });
    let appointment = |r: &Record| Appointment {
        id: AppointmentId(r.id),
        role: Role::iter().find(|role| r.column("role") == &role.word()).expect("a role"),
        scope: ScopeKind::iter().find(|scope| r.column("scope") == &scope.word()).expect("a scope"),
        scope_id: r.names("scope_id"),
    };
    now.map(appointment).collect()
}

async fn person(town: &Town, n: usize, role: Role, scope: ScopeKind, scope_id: Option<uuid::Uuid>) -> Person {
    let (account, client) = town.person(role, scope, scope_id).await;
    let appointments = vec![Appointment { id: AppointmentId::new(), role, scope, scope_id }];
    let who = Principal { account: Some(account), appointments, ..Principal::default() };
    let over = scope_id.map(|id| encode("", id)).unwrap_or_default();
    Person { name: format!("{} {over} in {n}", role.word()), client, who, town: n }
}

/// The fields of the query root that lead behind the wall.
fn roots(schema: &SchemaView) -> Roots {
    let tenant = |(name, kind): (String, String)| Some((name, shape(&kind).filter(|s| s.tenant)?));
    Roots {
        lookups: schema.lookups().into_iter().filter_map(tenant).collect(),
        lists: schema.lists().into_iter().filter_map(tenant).collect(),
    }
}

/// The shape of a type.
pub fn shape(name: &str) -> Option<&'static ShapeDef> {
    Nouns::queries().shapes().iter().find(|s| s.name == name).copied()
}
