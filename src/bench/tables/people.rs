//! Municipalities, and the people of the town halls and organizations.

use chrono::Duration;

use super::Table;
use crate::bench::calendar::{latest, morning, opening};
use crate::bench::rows::Rows;
use crate::bench::town::{Kind, Town, account, created};
use crate::kernel::principal::{Role, ScopeKind};

const SECTIONS: [&str; 2] = ["地域振興課", "企画政策課"];
/// The accounts that are signed in.
const SIGNED_IN: u32 = 2;

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table {
            name: "municipalities",
            columns: "id, code, name, name_kana, prefecture, created_at".to_owned(),
            count: |_| 1,
            write: municipality,
        },
        Table::tenant("municipality_settings", "public_contact", |_| 1, settings),
        Table::tenant("sections", "name, established_on", |_| 2, sections),
        Table::tenant("accounts", "email, name, name_kana", |town| account::count(town.organizations), accounts),
        Table::tenant(
            "sessions",
            "account_id, device, authenticated_at, last_seen_at, expires_at",
            |_| SIGNED_IN,
            sessions,
        ),
        Table::tenant(
            "appointments",
            "account_id, role, scope, scope_id, starts_on",
            |town| 3 + town.organizations * 3,
            appointments,
        ),
    ]
}

fn municipality(town: &Town, rows: &mut Rows) {
    let kana = format!("みほんし{:04}", town.number + 1);
    rows.cell(town.id).cell(town.code.as_str()).text(&town.name()).text(&kana).text(town.prefecture);
    rows.time(created(Kind::Municipality, 0)).end();
}

fn settings(town: &Town, rows: &mut Rows) {
    rows.begin(town.id, town.id(Kind::Settings, 0), created(Kind::Settings, 0));
    rows.text(&format!("{} 地域振興課", town.name())).end();
}

fn sections(town: &Town, rows: &mut Rows) {
    for (name, number) in SECTIONS.iter().zip(0..) {
        rows.begin(town.id, town.id(Kind::Section, number), created(Kind::Section, number));
        rows.text(name).day(opening()).end();
    }
}

fn accounts(town: &Town, rows: &mut Rows) {
    for number in 0..account::count(town.organizations) {
        let (name, kana) = town.person(number);
        rows.begin(town.id, town.id(Kind::Account, number), created(Kind::Account, number));
        rows.text(&format!("person{number}@bench.example.jp")).text(&name).text(&kana).end();
    }
}

/// They are good for ten years from the last fiscal year on: none of their limits has begun to run.
fn sessions(town: &Town, rows: &mut Rows) {
    let then = morning(latest()) + Duration::days(3653);
    for number in 0..SIGNED_IN {
        rows.begin(town.id, town.id(Kind::Session, number), then);
        rows.cell(town.id(Kind::Account, number)).text("bench").time(then).time(then).time(then).end();
    }
}

fn appointments(town: &Town, rows: &mut Rows) {
    let mut number = 0;
    let mut appoint = |account: u32, role: Role, scope: ScopeKind, over: Option<uuid::Uuid>| {
        rows.begin(town.id, town.id(Kind::Appointment, number), created(Kind::Appointment, number));
        rows.cell(town.id(Kind::Account, account)).text(&role.word()).text(&scope.word());
        rows.or_null(over, |rows, id| rows.cell(id)).day(opening()).end();
        number += 1;
    };
    appoint(account::CLERK, Role::GrantStaff, ScopeKind::Municipality, None);
    appoint(account::CLERK, Role::PlanningStaff, ScopeKind::Municipality, None);
    appoint(account::PLANNER, Role::PlanningStaff, ScopeKind::Municipality, None);
    for organization in 0..town.organizations {
        let over = town.id(Kind::Organization, organization);
        appoint(account::officer(organization), Role::OrgOfficer, ScopeKind::Organization, Some(over));
        let district = town.id(Kind::District, organization);
        for liaison in account::liaisons(organization) {
            appoint(liaison, Role::Liaison, ScopeKind::District, Some(district));
        }
    }
}

/// The number of a liaison's appointment.
pub(super) fn liaison_appointment(organization: u32, liaison: u32) -> u32 {
    3 + organization * 3 + 1 + liaison
}
