//! Who tries: nobody, a person of each role, whoever an object belongs to, and somebody of another municipality.

use std::collections::HashMap;

use entaku::kernel::id::decode;
use entaku::kernel::policy::{Action, Over};
use entaku::kernel::principal::{AccountId, Role, ScopeKind};
use entaku::kernel::read::ShapeDef;
use sea_orm::Iterable;
use uuid::Uuid;

use super::state::Keeper;
use crate::standing::everybody;
use crate::support::{Client, Town, World};

/// Somebody who tries things.
#[derive(Clone)]
pub struct Actor {
    /// The column's head.
    pub name: &'static str,
    pub client: Client,
    /// Nobody has none.
    pub account: Option<AccountId>,
    pub role: Option<Role>,
    /// Is the person of this municipality?
    pub here: bool,
}

/// The heads of the columns, with what they stand for.
pub const COLUMNS: &[(&str, &str)] = &[
    ("-", "nobody"),
    ("RES", "RESIDENT"),
    ("MEM", "ORG_MEMBER"),
    ("OFF", "ORG_OFFICER"),
    ("ACC", "ORG_ACCOUNTANT"),
    ("AUD", "ORG_AUDITOR"),
    ("LIA", "LIAISON"),
    ("COO", "COORDINATOR"),
    ("SEC", "SECTION_STAFF"),
    ("GRA", "GRANT_STAFF"),
    ("PLA", "PLANNING_STAFF"),
    ("APP", "APPROVER"),
    ("PAY", "PAYER"),
    ("REV", "REVIEWER"),
    ("ADT", "AUDITOR"),
    ("ADM", "ADMIN"),
    ("own", "the person it belongs to"),
    ("far", "somebody with every role in another municipality"),
];

/// The people, in the order of [`COLUMNS`].
pub struct Cast {
    pub actors: Vec<Actor>,
    /// Nothing for those who come no more.
    owners: HashMap<Uuid, Option<Actor>>,
}

impl Cast {
    /// A person for every role, over everything of the kind it is held over.
    pub async fn of(world: &World) -> Self {
        let mut actors = vec![Actor { name: "-", client: world.town.public(), account: None, role: None, here: true }];
        for role in Role::iter() {
            let known = COLUMNS.iter().find(|(_, of)| *of == role.word());
            let name = known.unwrap_or_else(|| panic!("no column for {}", role.word())).0;
            let (account, client) = person(world, role).await;
            actors.push(Actor { name, client, account: Some(account), role: Some(role), here: true });
        }
        actors.sort_by_key(|actor| COLUMNS.iter().position(|(name, _)| *name == actor.name));
        let far = everybody(&Town::beside(world.town.app.clone()).await).await;
        actors.push(Actor { name: "far", client: far, account: None, role: None, here: false });
        Self { actors, owners: HashMap::new() }
    }

    /// Whoever the object belongs to by the policy of the act.
    pub async fn owner(
        &mut self,
        world: &World,
        keeper: &mut Keeper,
        shape: &ShapeDef,
        act: Action,
        id: &str,
    ) -> Option<Actor> {
        let own = |p: &&entaku::kernel::policy::Permit| p.action == act || p.action == Action::READ;
        let column = shape.permits.iter().filter(own).find_map(|p| match p.over {
            Over::Own(column) => Some(column),
            _ => None,
        })?;
        let id = decode(id).expect("an id").1;
        let account = keeper.column(shape.table, column, id).await?;
        if let Some(known) = self.owners.get(&account) {
            return known.clone();
        }
        let client = world.town.as_account(AccountId(account)).await;
        // Support that has left, and who is suspended, come no more.
        let comes = client.run("{ __typename }", serde_json::json!({})).await.code() != "UNAUTHENTICATED";
        let actor = Actor { name: "own", client, account: Some(AccountId(account)), role: None, here: true };
        let actor = comes.then_some(actor);
        self.owners.insert(account, actor.clone());
        actor
    }
}

async fn person(world: &World, role: Role) -> (AccountId, Client) {
    let (scope, kind) = match role {
        Role::OrgMember | Role::OrgOfficer | Role::OrgAccountant | Role::OrgAuditor => {
            (ScopeKind::Organization, "CommunityOrganization")
        }
        Role::Liaison | Role::Coordinator => (ScopeKind::District, "District"),
        Role::SectionStaff => (ScopeKind::Section, "Section"),
        Role::Reviewer => (ScopeKind::Proposal, "ChallengeProposal"),
        _ => return world.town.person(role, ScopeKind::Municipality, None).await,
    };
    let things: Vec<Uuid> = world.ids[kind].iter().map(|id| decode(id).expect("an id").1).collect();
    let (account, client) = world.town.person(role, scope, Some(things[0])).await;
    for thing in &things[1..] {
        world.town.appoint(account, role, scope, Some(*thing)).await;
    }
    (account, client)
}
