//! Calls, one a year, and proposals that have been adopted and published.

use chrono::Duration;

use super::Table;
use crate::bench::calendar::{PROPOSALS, YEARS, year_of};
use crate::bench::rows::Rows;
use crate::bench::town::{Kind, Town, account, created};
use crate::bench::words::{sentences, subject};

const CATEGORIES: [&str; 4] = ["CHILD", "YOUTH", "ADULT", "CORPORATE"];
const MOST_YEN: u32 = 1_000_000;

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::tenant(
            "challenge_calls",
            "fiscal_year, title, summary, for_child, for_youth, for_adult, for_corporate, opens_on, closes_on, max_yen, \
             section_id, state",
            |_| 5,
            calls,
        ),
        Table::tenant(
            "challenge_proposals",
            "call_id, category, title, summary, my_text, social_text, action_text, requested_yen, proposer_id, \
             proposer_name, name_public, proposer_kind, group_name, organization_id, guardian_consent, state, \
             submitted_at, decided_by, decided_at, decision_reason, adopted_yen, average_score, published_at",
            |town| town.organizations * PROPOSALS,
            proposals,
        ),
    ]
}

fn calls(town: &Town, rows: &mut Rows) {
    for (year, number) in YEARS.into_iter().zip(0..) {
        rows.begin(town.id, town.id(Kind::Call, number), created(Kind::Call, number));
        rows.cell(year.0).text("地域チャレンジ").text("子どもから企業まで、地域で試してみたいことを募る。");
        rows.cell(true).cell(true).cell(true).cell(true).day(year.first_day()).day(year.last_day()).cell(MOST_YEN);
        rows.cell(town.id(Kind::Section, 1)).text(if year == YEARS[4] { "OPEN" } else { "CLOSED" }).end();
    }
}

fn proposals(town: &Town, rows: &mut Rows) {
    for number in 0..town.organizations * PROPOSALS {
        let at = created(Kind::Proposal, number);
        rows.begin(town.id, town.id(Kind::Proposal, number), at).cell(town.id(Kind::Call, year_of(at)));
        proposed(town, number, rows);
        let decided = at + Duration::days(40);
        rows.time(at + Duration::days(3)).cell(town.id(Kind::Account, account::PLANNER)).time(decided);
        rows.text("地域の課題に合い、続けられる見込みがある。").cell(requested(town, number) / 2);
        rows.text("78.5").time(decided + Duration::days(5)).end();
    }
}

fn requested(town: &Town, number: u32) -> u32 {
    50_000 + town.dice(Kind::Call, number).below(90) * 10_000
}

/// From the category to the state.
fn proposed(town: &Town, number: u32, rows: &mut Rows) {
    let organization = number / PROPOSALS;
    let mut dice = town.dice(Kind::Proposal, number);
    let subject = subject(&mut dice);
    let proposer = account::proposer(organization);
    rows.text(dice.pick(&CATEGORIES)).text(&format!("{subject}への挑戦 その{}", number % PROPOSALS + 1));
    rows.text(&format!("{subject}を自分たちの手で少しずつ変えていく。"));
    for _ in 0..3 {
        rows.text(&sentences(&mut dice, 1));
    }
    rows.cell(requested(town, number)).cell(town.id(Kind::Account, proposer)).text(&town.person(proposer).0);
    rows.cell(true).text("ORGANIZATION").text(&format!("{}地域づくり協議会", Town::place(organization).0));
    rows.cell(town.id(Kind::Organization, organization)).cell(true).text("PUBLISHED");
}
