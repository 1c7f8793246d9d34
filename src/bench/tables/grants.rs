//! Programmes, allocations and applications of five fiscal years. No application is decided, so that the
//! ledger stays empty.

use uuid::Uuid;

use super::Table;
use crate::bench::calendar::YEARS;
use crate::bench::rows::Rows;
use crate::bench::town::{Kind, Town, account, created};
use crate::kernel::fiscal_year::FiscalYear;

/// What of its programme stands on each row below it.
const OF_PROGRAMME: &str = "programme_id, programme_state, fiscal_year, opens_on, closes_on";
const STATES: [&str; 3] = ["SUBMITTED", "UNDER_REVIEW", "REVIEWED"];

pub(super) fn tables() -> Vec<Table> {
    let below = "organization_id, district_id";
    let allocation = format!("{OF_PROGRAMME}, {below}, amount_yen, basis, decided_on");
    let application = format!(
        "{OF_PROGRAMME}, allocation_id, {below}, title, purpose, requested_yen, recommended_yen, state, submitted_on, \
         submitted_by, recommended_by"
    );
    let each: fn(&Town) -> u32 = |town| town.organizations * 5;
    vec![
        Table::tenant(
            "grant_programmes",
            "title, summary, fiscal_year, legal_basis, budget_yen, opens_on, closes_on, section_id, state",
            |_| 5,
            programmes,
        ),
        Table::tenant("grant_allocations", &allocation, each, allocations),
        Table::tenant("grant_applications", &application, each, applications),
    ]
}

fn state(year: FiscalYear) -> &'static str {
    if year == YEARS[4] { "PUBLISHED" } else { "CLOSED" }
}

fn programmes(town: &Town, rows: &mut Rows) {
    for (year, number) in YEARS.into_iter().zip(0..) {
        rows.begin(town.id, town.id(Kind::Programme, number), created(Kind::Programme, number));
        rows.text("地域づくり交付金").text("地域組織の活動を支える交付金。使い道は地域で決める。").cell(year.0);
        rows.text("地域づくり交付金交付要綱").cell(u64::from(town.organizations) * 3_000_000);
        rows.day(year.first_day()).day(year.last_day()).cell(town.id(Kind::Section, 0)).text(state(year)).end();
    }
}

/// What an organization has in a year.
struct Share {
    year: FiscalYear,
    programme: Uuid,
    organization: u32,
    yen: u32,
}

/// Counted organization by organization, year by year.
fn share(town: &Town, number: u32) -> Share {
    let place = number % 5;
    let yen = 500_000 + town.dice(Kind::Allocation, number).below(250) * 10_000;
    let programme = town.id(Kind::Programme, place);
    Share { year: YEARS[place as usize], programme, organization: number / 5, yen }
}

impl Share {
    fn write_programme(&self, rows: &mut Rows) {
        rows.cell(self.programme).text(state(self.year)).cell(self.year.0);
        rows.day(self.year.first_day()).day(self.year.last_day());
    }

    fn write_organization(&self, town: &Town, rows: &mut Rows) {
        rows.cell(town.id(Kind::Organization, self.organization)).cell(town.id(Kind::District, self.organization));
    }
}

fn allocations(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations * 5 {
        let share = share(town, number);
        let at = created(Kind::Allocation, number);
        rows.begin(town.id, town.id(Kind::Allocation, number), at);
        share.write_programme(rows);
        share.write_organization(town, rows);
        rows.cell(share.yen).text("均等割と人口割").day(at.date_naive()).end();
    }
}

fn applications(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations * 5 {
        let share = share(town, number);
        let at = created(Kind::Application, number);
        let state = STATES[number as usize % 3];
        let reviewed = (state == "REVIEWED").then_some(());
        rows.begin(town.id, town.id(Kind::Application, number), at);
        share.write_programme(rows);
        rows.cell(town.id(Kind::Allocation, number));
        share.write_organization(town, rows);
        let title = format!("{} {}地区の地域づくり", share.year.label(), Town::place(share.organization).0);
        rows.text(&title).text("地域の行事、見守り、環境の手入れを一年を通して行う。").cell(share.yen);
        rows.or_null(reviewed, |rows, ()| rows.cell(share.yen)).text(state).day(at.date_naive());
        rows.cell(town.id(Kind::Account, account::officer(share.organization)));
        rows.or_null(reviewed, |rows, ()| rows.cell(town.id(Kind::Account, account::CLERK))).end();
    }
}
