//! Round tables, most of them long over and published, some with their minutes still being written.

use chrono::{Duration, NaiveDate};

use super::Table;
use crate::bench::calendar::{MEETINGS, MINUTES_EVERY, is_draft, meets};
use crate::bench::rows::Rows;
use crate::bench::town::{Kind, Town, account, created};
use crate::bench::words::{sentences, subject};

/// The last meetings of an organization are published and not closed yet.
const NOT_CLOSED: u32 = 6;
/// Sentences of a passage: about two kilobytes.
const SENTENCES: u32 = 20;

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::tenant(
            "roundtables",
            "organization_id, district_id, title, theme, purpose, starts_at, venue, audience, state, announced_at, \
             held_on, audience_count, submitted_by, submitted_at, published_by, published_at, closed_at",
            |town| town.organizations * MEETINGS,
            roundtables,
        ),
        Table::tenant(
            "roundtable_passages",
            "roundtable_id, organization_id, district_id, number, session, text",
            |town| town.organizations * MEETINGS / MINUTES_EVERY,
            passages,
        ),
    ]
}

fn state(meeting: u32) -> &'static str {
    match meeting {
        draft if is_draft(draft) => "MINUTES_DRAFT",
        last if last >= MEETINGS - NOT_CLOSED => "PUBLISHED",
        _ => "CLOSED",
    }
}

fn roundtables(town: &Town, rows: &mut Rows) {
    for organization in 0..town.organizations {
        let id = town.id(Kind::Organization, organization);
        let district = town.id(Kind::District, organization);
        for meeting in 0..MEETINGS {
            let number = organization * MEETINGS + meeting;
            rows.begin(town.id, town.id(Kind::Roundtable, number), created(Kind::Roundtable, number));
            rows.cell(id).cell(district);
            announcement(town, organization, meeting, rows);
            record(town, organization, meeting, rows);
            rows.end();
        }
    }
}

/// From the title to the day it was announced.
fn announcement(town: &Town, organization: u32, meeting: u32, rows: &mut Rows) {
    let number = organization * MEETINGS + meeting;
    let mut dice = town.dice(Kind::Roundtable, number);
    let subject = subject(&mut dice);
    let (place, _) = Town::place(organization);
    rows.text(&format!("第{}回{place}地域円卓会議", meeting + 1)).text(subject);
    rows.text(&format!("{subject}について、立場の違う人が同じ席で話し合い、困りごとを分かち合う。"));
    rows.time(meets(organization, meeting)).text(&format!("{place}交流センター")).text("PUBLIC").text(state(meeting));
    rows.time(created(Kind::Roundtable, number) + Duration::days(2));
}

/// What there is after the meeting. What is still being written was neither submitted nor published.
fn record(town: &Town, organization: u32, meeting: u32, rows: &mut Rows) {
    let at = meets(organization, meeting);
    let day: NaiveDate = at.date_naive();
    let published = (!is_draft(meeting)).then_some(());
    let closed = (state(meeting) == "CLOSED").then_some(at + Duration::days(60));
    rows.day(day).cell(5 + town.dice(Kind::Passage, organization * MEETINGS + meeting).below(60));
    for (who, after) in [(account::officer(organization), 7), (account::PLANNER, 14)] {
        rows.or_null(published, |rows, ()| rows.cell(town.id(Kind::Account, who)));
        rows.or_null(published, |rows, ()| rows.time(at + Duration::days(after)));
    }
    rows.or_null(closed, |rows, at| rows.time(at));
}

fn passages(town: &Town, rows: &mut Rows) {
    for number in (0..town.organizations * MEETINGS).filter(|n| (n % MEETINGS).is_multiple_of(MINUTES_EVERY)) {
        let organization = number / MEETINGS;
        rows.begin(town.id, town.id(Kind::Passage, number), created(Kind::Passage, number));
        rows.cell(town.id(Kind::Roundtable, number)).cell(town.id(Kind::Organization, organization));
        rows.cell(town.id(Kind::District, organization)).cell(1).text("SESSION1");
        rows.text(&sentences(&mut town.dice(Kind::Passage, number), SENTENCES)).end();
    }
}
