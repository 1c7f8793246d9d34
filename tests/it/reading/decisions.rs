//! The two places where the policy decides: in SQL, for what is loaded and listed, and in memory, for `viewerCan`.

use std::sync::Arc;

use entaku::api::schema::Nouns;
use entaku::kernel::policy::{Action, Over, write_condition};
use entaku::kernel::principal::{AccountId, Appointment, AppointmentId, Principal, Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, ShapeDef};
use entaku::kernel::tx::Mode;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::Iterable;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::facts::Facts;
use crate::support::town::app;
use crate::support::{Town, World};

/// How many random people are asked about every row and every act.
const CASES: u32 = 12;

/// Whoever somebody is and whatever they hold over whatever, both say the same of every act on every row.
#[test]
fn z1_whatever_one_holds_the_database_and_viewer_can_decide_alike() {
    let runtime = Runtime::new().expect("a runtime");
    let world = runtime.block_on(World::new(app()));
    let facts = runtime.block_on(Facts::of(&world.town));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let drawn = (any::<Option<u16>>(), vec((any::<u16>(), any::<u16>(), any::<u16>()), 0..5));
    let compared = TestRunner::new(config).run(&drawn, |(account, held)| {
        let who = somebody(&facts, account, &held);
        runtime.block_on(compare(&world.town, &facts, &who)).map_err(TestCaseError::fail)
    });
    if let Err(failure) = compared {
        panic!("{failure}");
    }
}

/// Somebody of the town, or nobody, with appointments over anything.
fn somebody(facts: &Facts, account: Option<u16>, held: &[(u16, u16, u16)]) -> Principal {
    let pick = |ids: &[Uuid], n: u16| ids[usize::from(n) % ids.len()];
    let Some(account) = account else { return Principal::public() };
    let one = |(role, kind, thing): &(u16, u16, u16)| {
        let role = Role::iter().nth(usize::from(*role) % Role::iter().count()).expect("a role");
        let (scope, of) = [
            (ScopeKind::Municipality, ""),
            (ScopeKind::Section, "Section"),
            (ScopeKind::District, "District"),
            (ScopeKind::Organization, "CommunityOrganization"),
            (ScopeKind::Proposal, "ChallengeProposal"),
        ][usize::from(*kind) % 5];
        let scope_id = facts.known_ids.get(of).map(|ids| pick(ids, *thing));
        Appointment { id: AppointmentId::new(), role, scope, scope_id }
    };
    let account = Some(AccountId(pick(&facts.known_ids["Account"], account)));
    Principal { account, appointments: held.iter().map(one).collect(), ..Principal::default() }
}

async fn compare(town: &Town, facts: &Facts, who: &Principal) -> Result<(), String> {
    let request = Arc::new(town.app.request(who.clone(), Some(town.id)));
    let tx = town.app.database.begin(request, Mode::Read);
    for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
        let mut actions: Vec<Action> = shape.permits.iter().map(|permit| permit.action).collect();
        actions.dedup();
        for action in actions {
            let mut sql = Sql::new("SELECT t.id, ");
            write_condition(&shape.permits, None, action, "t", &mut sql);
            sql.push(&format!(" AS allowed FROM {} t", shape.table));
            for row in tx.rows(sql).await.map_err(|error| format!("{}: {error:?}", shape.name))? {
                let (id, decided): (Uuid, bool) = (row.get("id"), row.get("allowed"));
                let said = says(shape, action, who, facts, id);
                if said != decided {
                    return Err(format!(
                        "{} of {} {id}: SQL {decided}, viewerCan {said}, {who:?}",
                        action.0, shape.name
                    ));
                }
            }
        }
    }
    tx.rollback().await.map_err(|error| error.to_string())
}

fn says(shape: &ShapeDef, action: Action, who: &Principal, facts: &Facts, id: Uuid) -> bool {
    let record = &facts.table(shape).records[&id];
    let named = |name: &str| {
        let known = shape
            .permits
            .iter()
            .any(|p| matches!(p.over, Over::Scope(_, c) | Over::Own(c) | Over::Others(c) if c == name));
        known.then(|| record.names(name)).flatten()
    };
    shape.allows(action, who, named) || action == Action::READ && facts.is_told(shape, who, record)
}
