//! Two municipalities and people of each, known to the server and to the oracle.

use entaku::api::schema::Nouns;
use entaku::kernel::id::encode;
use entaku::kernel::principal::{Appointment, Principal, Role, ScopeKind};
use entaku::kernel::read::{Catalogue, ShapeDef};
use serde_json::{Value, json};

use super::ask::{Root, Roots, document};
use super::facts::Facts;
use super::oracle::Oracle;
use crate::support::town::app;
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
    (Role::SectionStaff, ScopeKind::Section, "Section"),
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
        Self { people, roots: roots(&schema), facts: [here, there], schema }
    }

    /// What somebody may know of.
    pub fn facts(&self, person: &Person) -> &Facts {
        &self.facts[person.town]
    }

    /// What is expected of a query.
    pub fn expected(&self, person: &Person, roots: &[Root], careless: bool) -> String {
        Oracle { facts: self.facts(person), schema: &self.schema, who: &person.who, careless }.data(roots)
    }

    /// Asks the server and says what differs from what is expected.
    pub async fn compare(&self, person: &Person, roots: &[Root], careless: bool) -> Result<(), String> {
        let query = document(roots);
        let expected = format!("{{\"data\":{}}}", self.expected(person, roots, careless));
        let answer = person.client.run(&query, json!({ "yes": true })).await;
        if answer.text == expected {
            return Ok(());
        }
        let read: Value = serde_json::from_str(&expected).expect("JSON of the oracle");
        let how = if read == answer.body { "in another order or writing" } else { "otherwise" };
        let name = &person.name;
        Err(format!("{name} is answered {how}\nquery:    {query}\nexpected: {expected}\nanswer:   {}", answer.text))
    }
}

async fn cast(town: &Town, n: usize) -> Vec<Person> {
    let public = Person { name: format!("nobody in {n}"), client: town.public(), who: Principal::public(), town: n };
    let mut people = vec![public];
    for role in EVERYWHERE {
        people.push(person(town, n, *role, ScopeKind::Municipality, None).await);
    }
    let facts = Facts::of(town).await;
    for (role, scope, kind) in OVER {
        let thing = facts.known_ids[kind].first().copied().expect("a thing");
        people.push(person(town, n, *role, *scope, Some(thing)).await);
    }
    people
}

async fn person(town: &Town, n: usize, role: Role, scope: ScopeKind, scope_id: Option<uuid::Uuid>) -> Person {
    let (account, client) = town.person(role, scope, scope_id).await;
    let appointments = vec![Appointment { role, scope, scope_id }];
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
