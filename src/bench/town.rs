//! The towns of a scale, and the ids of everything in them.

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, Utc};
use clap::ValueEnum;
use uuid::Uuid;

use super::calendar::{MEETINGS, PROPOSALS, YEARS, meets, morning, opening, proposes};
use super::dice::Dice;
use super::words::{self, PLACES, PREFECTURES};
use crate::kernel::codes::LocalGovernmentCode;

/// How much is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// One municipality with 30 organizations
    Town,
    /// 40 municipalities, 5 of them with 30 organizations
    Prefecture,
    /// 1,741 municipalities, 200 of them with 30 organizations
    Nation,
}

/// Municipalities of Japan (1,718 cities, towns and villages and 23 wards).
const NATION: u32 = 1741;
/// Large towns of the nation.
const LARGE: u32 = 200;
/// Organizations of a large town.
const MANY: u32 = 30;
/// Of the other towns of the nation, this many have two organizations; the rest have one.
const WITH_TWO: u32 = 459;
/// Where codes begin that no city, town or village has (JIS X 0402 gives them numbers below 800).
const FIRST_CODE: u32 = 900;
/// The place of the one prefecture of the smaller scales among the prefectures.
const ONE_PREFECTURE: u32 = 31;

/// Kinds of things that have ids.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Municipality = 1,
    Settings,
    Section,
    Account,
    Session,
    Appointment,
    District,
    Statistic,
    Facility,
    Organization,
    Officer,
    Assignment,
    Programme,
    Allocation,
    Application,
    Roundtable,
    Passage,
    Call,
    Proposal,
}

/// A municipality.
pub(super) struct Town {
    pub(super) number: u32,
    pub(super) id: Uuid,
    pub(super) code: LocalGovernmentCode,
    pub(super) prefecture: &'static str,
    /// How many organizations it has.
    pub(super) organizations: u32,
}

impl Scale {
    /// Its towns.
    pub(super) fn towns(self) -> Result<Vec<Town>> {
        let count = match self {
            Self::Town => 1,
            Self::Prefecture => 40,
            Self::Nation => NATION,
        };
        (0..count).map(|number| Town::new(self, number)).collect()
    }
}

/// Large towns stand between small ones, so that they do not lie side by side in the tables.
fn organizations(number: u32) -> u32 {
    let is_large = |town: u32| town.is_multiple_of(8) && town / 8 < LARGE;
    if is_large(number) {
        return MANY;
    }
    let small = number - number.div_ceil(8).min(LARGE);
    let with_two = |small: u32| small * WITH_TWO / (NATION - LARGE);
    1 + with_two(small + 1) - with_two(small)
}

impl Town {
    fn new(scale: Scale, number: u32) -> Result<Self> {
        let in_all = u32::try_from(PREFECTURES.len())?;
        let prefecture = if scale == Scale::Nation { number * in_all / NATION } else { ONE_PREFECTURE };
        let first = if scale == Scale::Nation { (prefecture * NATION).div_ceil(in_all) } else { 0 };
        let code = format!("{:02}{}", prefecture + 1, FIRST_CODE + number - first);
        let code = LocalGovernmentCode::parse(&code).context("a seeded code is not a local government code")?;
        let id = Dice::of(Kind::Municipality as u64, number, 0).id(morning(opening()));
        let prefecture = PREFECTURES[prefecture as usize];
        Ok(Self { number, id, code, prefecture, organizations: organizations(number) })
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        format!("見本市{:04}", self.number + 1)
    }

    /// What is drawn for a thing, counted from 0 within its kind and town.
    pub(super) fn dice(&self, kind: Kind, number: u32) -> Dice {
        Dice::of(kind as u64 + 100, self.number, number)
    }

    /// The id of a thing.
    pub(super) fn id(&self, kind: Kind, number: u32) -> Uuid {
        Dice::of(kind as u64, self.number, number).id(created(kind, number))
    }

    /// An account's name and its kana.
    pub(super) fn person(&self, account: u32) -> (String, String) {
        words::person(self.dice(Kind::Account, account))
    }

    /// A district's name and its kana.
    pub(super) fn place(organization: u32) -> (&'static str, &'static str) {
        PLACES[organization as usize % PLACES.len()]
    }
}

/// When a thing was made. Things of an organization and a year, a meeting or a proposal are counted
/// organization by organization.
pub(super) fn created(kind: Kind, number: u32) -> DateTime<Utc> {
    let years = u32::try_from(YEARS.len()).unwrap_or(1);
    let in_year = |year: u32, day: i64, second: u32| {
        let first = YEARS[year as usize % YEARS.len()].first_day();
        morning(first + Duration::days(day)) + Duration::seconds(i64::from(second))
    };
    match kind {
        Kind::Programme | Kind::Call => in_year(number, 0, number),
        Kind::Allocation => in_year(number % years, 7, number),
        Kind::Application => in_year(number % years, 14, number),
        Kind::Roundtable => meets(number / MEETINGS, number % MEETINGS) - Duration::days(30),
        Kind::Passage => meets(number / MEETINGS, number % MEETINGS) + Duration::days(2),
        Kind::Proposal => proposes(number / PROPOSALS, number % PROPOSALS),
        _ => in_year(0, 0, number),
    }
}

/// The accounts of a town, by their number.
pub(super) mod account {
    /// Works with grants and plans over the whole municipality, and is signed in.
    pub(in crate::bench) const CLERK: u32 = 0;
    /// Plans, and decides on proposals.
    pub(in crate::bench) const PLANNER: u32 = 1;

    /// How many there are in a town with so many organizations.
    pub(in crate::bench) fn count(organizations: u32) -> u32 {
        2 + organizations * 4
    }
    /// Speaks for an organization.
    pub(in crate::bench) fn officer(organization: u32) -> u32 {
        2 + organization * 4
    }
    /// Look after a district: the first and the second.
    pub(in crate::bench) fn liaisons(organization: u32) -> [u32; 2] {
        [3 + organization * 4, 4 + organization * 4]
    }
    /// Proposes.
    pub(in crate::bench) fn proposer(organization: u32) -> u32 {
        5 + organization * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nation_is_as_large_as_it_says() {
        let towns = Scale::Nation.towns().expect("towns");
        let with = |least: u32| towns.iter().filter(|t| t.organizations >= least).count();
        assert_eq!((towns.len(), with(30), with(2), with(1)), (1741, 200, 659, 1741));
        assert_eq!(towns.iter().map(|t| t.organizations).sum::<u32>(), 8000);
        let codes: std::collections::HashSet<_> = towns.iter().map(|t| t.code.as_str()).collect();
        assert_eq!(codes.len(), 1741);
        assert!(codes.iter().all(|code| LocalGovernmentCode::parse(code).is_some()));
    }

    #[test]
    fn a_prefecture_has_five_large_towns() {
        let towns = Scale::Prefecture.towns().expect("towns");
        assert_eq!((towns.len(), towns.iter().filter(|t| t.organizations == 30).count()), (40, 5));
    }
}
