//! Districts with their statistics, facilities, organizations, officers, and who looks after a district.

use super::Table;
use super::people::liaison_appointment;
use crate::bench::calendar::{YEARS, opening};
use crate::bench::rows::Rows;
use crate::bench::town::{Kind, Town, account, created};

const OFFICES: [&str; 3] = ["CHAIR", "VICE_CHAIR", "ACCOUNTANT"];
const LIAISONS: [&str; 2] = ["MAIN", "SUB"];

pub(super) fn tables() -> Vec<Table> {
    let one: fn(&Town) -> u32 = |town| town.organizations;
    vec![
        Table::tenant("districts", "name, name_kana, area_unit", one, districts),
        Table::tenant(
            "district_statistics",
            "district_id, as_of, population, households, aged65, aged75, area_square_metres, source",
            one,
            statistics,
        ),
        Table::tenant("facilities", "name, address", one, facilities),
        Table::tenant(
            "organizations",
            "district_id, name, name_kana, kind, stage, founded_on, facility_id, published",
            one,
            organizations,
        ),
        Table::tenant(
            "officers",
            "organization_id, district_id, role, name, name_kana, name_public, account_id, term_start",
            |town| town.organizations * 3,
            officers,
        ),
        Table::tenant(
            "liaison_assignments",
            "account_id, staff_name, district_id, role, kind, state, term_start, appointment_id",
            |town| town.organizations * 2,
            assignments,
        ),
    ]
}

fn districts(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations {
        let (name, kana) = Town::place(number);
        rows.begin(town.id, town.id(Kind::District, number), created(Kind::District, number));
        rows.text(&format!("{name}地区")).text(&format!("{kana}ちく")).text("ELEMENTARY_SCHOOL").end();
    }
}

fn statistics(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations {
        let mut dice = town.dice(Kind::Statistic, number);
        let population = 300 + dice.below(7_000);
        let aged65 = population * (25 + dice.below(25)) / 100;
        rows.begin(town.id, town.id(Kind::Statistic, number), created(Kind::Statistic, number));
        rows.cell(town.id(Kind::District, number)).day(YEARS[3].first_day()).cell(population);
        rows.cell(population * 10 / 24).cell(aged65).cell(aged65 / 2);
        rows.cell(1_000_000 + dice.below(60_000_000)).text("住民基本台帳").end();
    }
}

fn facilities(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations {
        let name = Town::place(number).0;
        rows.begin(town.id, town.id(Kind::Facility, number), created(Kind::Facility, number));
        rows.text(&format!("{name}交流センター")).text(&format!("{}{name}1番地", town.name())).end();
    }
}

fn organizations(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations {
        let (name, kana) = Town::place(number);
        rows.begin(town.id, town.id(Kind::Organization, number), created(Kind::Organization, number));
        rows.cell(town.id(Kind::District, number)).text(&format!("{name}地域づくり協議会"));
        rows.text(&format!("{kana}ちいきづくりきょうぎかい")).text("COMMUNITY_COUNCIL").text("ACTIVE").day(opening());
        rows.cell(town.id(Kind::Facility, number)).cell(true).end();
    }
}

/// The chair has an account.
fn officers(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations * 3 {
        let organization = number / 3;
        let office = OFFICES[number as usize % 3];
        let (account, (name, kana)) = if number.is_multiple_of(3) {
            let account = account::officer(organization);
            (Some(town.id(Kind::Account, account)), town.person(account))
        } else {
            (None, crate::bench::words::person(town.dice(Kind::Officer, number)))
        };
        rows.begin(town.id, town.id(Kind::Officer, number), created(Kind::Officer, number));
        rows.cell(town.id(Kind::Organization, organization)).cell(town.id(Kind::District, organization));
        rows.text(office).text(&name).text(&kana).cell(true);
        rows.or_null(account, |rows, id| rows.cell(id)).day(opening()).end();
    }
}

fn assignments(town: &Town, rows: &mut Rows) {
    for organization in 0..town.organizations {
        for (account, second) in account::liaisons(organization).into_iter().zip(0..) {
            let number = organization * 2 + second;
            rows.begin(town.id, town.id(Kind::Assignment, number), created(Kind::Assignment, number));
            rows.cell(town.id(Kind::Account, account)).text(&town.person(account).0);
            rows.cell(town.id(Kind::District, organization)).text(LIAISONS[second as usize]);
            rows.text("LIAISON_STAFF").text("APPOINTED").day(opening());
            rows.cell(town.id(Kind::Appointment, liaison_appointment(organization, second))).end();
        }
    }
}
