//! The demo's files, as they are compiled into the program.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::kernel::error::{Error, Result};
use crate::strategy::import::StrategyDocument;

const PEOPLE: &str = include_str!("../../demo/people.json");
const PAPERS: [(&str, &str); 5] = [
    ("322091", include_str!("../../demo/322091-unnan.json")),
    ("082368", include_str!("../../demo/082368-omitama.json")),
    ("332101", include_str!("../../demo/332101-niimi.json")),
    ("332089", include_str!("../../demo/332089-soja.json")),
    ("172014", include_str!("../../demo/172014-kanazawa.json")),
];

/// One municipality of the demo.
pub(super) struct Town {
    pub(super) paper: Paper,
    pub(super) people: People,
    /// The laws and strategies of the same paper.
    pub(super) strategies: StrategyDocument,
}

/// What the public paper says.
#[derive(Deserialize)]
pub(super) struct Paper {
    pub(super) municipality: Municipality,
    pub(super) sections: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Municipality {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) name_kana: String,
    pub(super) prefecture: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Section {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) postal_code: Option<String>,
    pub(super) address: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) fax: Option<String>,
    pub(super) email: Option<String>,
}

/// The invented people and organizations.
#[derive(Deserialize)]
pub(super) struct People {
    pub(super) districts: Vec<District>,
    pub(super) organizations: Vec<Organization>,
    pub(super) accounts: Vec<Account>,
    pub(super) officers: Vec<Officer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct District {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) name_kana: String,
    pub(super) area_unit: String,
    pub(super) area_square_metres: i32,
    pub(super) statistics: Vec<Statistic>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statistic {
    pub(super) as_of: chrono::NaiveDate,
    pub(super) population: i32,
    pub(super) households: i32,
    pub(super) aged65: i32,
    pub(super) aged75: i32,
    pub(super) source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organization {
    pub(super) key: String,
    pub(super) district: String,
    pub(super) name: String,
    pub(super) name_kana: String,
    pub(super) kind: String,
    pub(super) stage: String,
    pub(super) founded_on: Option<chrono::NaiveDate>,
    pub(super) facility: Facility,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Facility {
    pub(super) name: String,
    pub(super) address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) name_kana: String,
    pub(super) email: String,
    pub(super) roles: Vec<Role>,
}

#[derive(Deserialize)]
pub(super) struct Role {
    #[serde(rename = "role")]
    pub(super) word: String,
    pub(super) scope: String,
    pub(super) of: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Officer {
    pub(super) organization: String,
    pub(super) role: String,
    pub(super) name: String,
    pub(super) name_kana: String,
    pub(super) account: Option<String>,
    pub(super) term_start: chrono::NaiveDate,
    pub(super) term_end: Option<chrono::NaiveDate>,
}

/// The demo's municipality with a code.
pub(super) fn town(code: &str) -> Result<Town> {
    let text = PAPERS.iter().find(|(c, _)| *c == code).map(|(_, text)| *text);
    let mut people: HashMap<String, People> = parse(PEOPLE)?;
    let missing = || Error::internal(format!("the demo has no {code}"));
    let text = text.ok_or_else(missing)?;
    let people = people.remove(code).ok_or_else(missing)?;
    Ok(Town { paper: parse(text)?, people, strategies: parse(text)? })
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}
