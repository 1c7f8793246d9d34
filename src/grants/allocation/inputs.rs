//! What a run is made from besides the rule: the bodies and their numbers, each with its day and its source.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::grants::allocation::exact::Exact;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// Everything a run looks at besides its rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    /// The fiscal year.
    pub fiscal_year: FiscalYear,
    /// The budget, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Yen>,
    /// Metrics of the municipality as a whole, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub municipality: BTreeMap<String, Given>,
    /// The bodies. Their order means nothing.
    pub bodies: Vec<Body>,
}

/// A body that takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Body {
    /// What tells it from the others, for ever. Equal claims to a last yen are decided by its order.
    pub key: String,
    /// For people.
    pub name: String,
    /// Its district, as rules name it.
    pub district: String,
    /// The district for people, where rules do not name it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district_name: Option<String>,
    /// When it was formed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formed_on: Option<NaiveDate>,
    /// The amount of the year before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Given>,
    /// The body it was split from in this year. It takes no part in the terms of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<SplitFrom>,
    /// Its metrics, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Given>,
}

/// Where a body comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SplitFrom {
    /// The body that was split.
    pub parent: String,
    /// The share its parts have agreed on; all of them or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Exact>,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Given {
    /// The value.
    pub value: Datum,
    /// As of which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<NaiveDate>,
    /// From which record, in words.
    pub source: String,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Datum {
    /// A number, of whatever unit.
    Number(Exact),
    /// Yes or no.
    Flag(bool),
    /// A word.
    Word(String),
}

impl Body {
    /// The district for people.
    pub fn district_name(&self) -> &str {
        self.district_name.as_ref().unwrap_or(&self.district)
    }
}

impl Inputs {
    /// The inputs as the text that is kept and hashed: the same for any order of the bodies.
    ///
    /// # Errors
    /// Where JSON cannot be written, which is a fault of ours.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        let mut sorted = self.clone();
        sorted.bodies.sort_by(|a, b| a.key.cmp(&b.key));
        serde_json::to_string(&sorted)
    }
}
