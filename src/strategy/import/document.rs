//! The document: what stands in it, and in which words.

use sea_orm::ActiveEnum;
use serde::{Deserialize, Deserializer};

use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::error::Result;
use crate::strategy::entity::{
    IndicatorDirection, IndicatorKind, IndicatorRole, StrategyCategory, StrategyKind, StrategyNodeKind, ValueStatus,
};

/// A town's laws and strategies.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyDocument {
    /// Laws, by-laws and outlines.
    pub legal_bases: Vec<LegalBasisEntry>,
    /// Strategies; a predecessor stands before its successor.
    pub strategies: Vec<StrategyEntry>,
}

/// A law, by-law or outline.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `LegalBasisRecordInput`
pub struct LegalBasisEntry {
    pub name: String,
    pub number: Option<String>,
    #[serde(deserialize_with = "day")]
    pub effective_on: Option<Date>,
    pub effective_note: Option<String>,
}

/// A strategy with all that belongs to it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `StrategyCreateInput`
pub struct StrategyEntry {
    /// By which its successor names it.
    pub key: String,
    pub title: String,
    pub generation: Option<i32>,
    #[serde(deserialize_with = "word")]
    pub kind: StrategyKind,
    pub start_fiscal_year: Option<i32>,
    pub end_fiscal_year: Option<i32>,
    #[serde(deserialize_with = "day")]
    pub adopted_on: Option<Date>,
    pub adopted_note: Option<String>,
    /// The law, by its name.
    pub legal_basis: Option<String>,
    /// The predecessor, by its key.
    pub predecessor: Option<String>,
    pub summary: Option<String>,
    /// The section, by its key.
    pub section: Option<String>,
    pub population_vision: Option<PopulationVisionEntry>,
    pub nodes: Vec<NodeEntry>,
    pub revisions: Vec<RevisionEntry>,
}

/// A population vision.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `PopulationVisionInput`
pub struct PopulationVisionEntry {
    pub title: String,
    pub adopted_note: Option<String>,
    pub mid_fiscal_year: Option<i32>,
    pub mid_note: Option<String>,
    pub final_fiscal_year: Option<i32>,
    pub final_note: Option<String>,
    pub summary: Option<String>,
    pub note: Option<String>,
}

/// A node with its indicators and all below it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `StrategyNodeAddInput`
pub struct NodeEntry {
    /// By which revisions name it.
    pub key: String,
    #[serde(deserialize_with = "word")]
    pub kind: StrategyNodeKind,
    pub number: Option<i32>,
    pub title: Option<String>,
    pub aim: Option<String>,
    pub is_new: bool,
    pub note: Option<String>,
    #[serde(deserialize_with = "optional_word")]
    pub category: Option<StrategyCategory>,
    pub nickname: Option<String>,
    pub children: Vec<NodeEntry>,
    pub indicators: Vec<IndicatorEntry>,
}

/// An indicator with its values.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `IndicatorAddInput`
pub struct IndicatorEntry {
    pub title: String,
    #[serde(deserialize_with = "word")]
    pub kind: IndicatorKind,
    #[serde(deserialize_with = "word")]
    pub direction: IndicatorDirection,
    pub unit: Option<String>,
    pub approximate: bool,
    pub values: Vec<ValueEntry>,
}

/// The value of an indicator.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `IndicatorValueRecordInput`
pub struct ValueEntry {
    #[serde(deserialize_with = "word")]
    pub role: IndicatorRole,
    pub fiscal_year: i32,
    #[serde(deserialize_with = "word")]
    pub status: ValueStatus,
    #[serde(deserialize_with = "decimal")]
    pub value: Option<Decimal>,
    pub text: Option<String>,
    pub approximate: bool,
}

/// An approved revision.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)] // described in `StrategyRevisionApproveInput`
pub struct RevisionEntry {
    pub council_name: String,
    pub session_number: i32,
    pub approved_on: chrono::NaiveDate,
    pub revised_on: chrono::NaiveDate,
    pub changes: String,
    /// The node it is bound to, by its key.
    pub node_key: Option<String>,
}

fn word<'de, D: Deserializer<'de>, E: ActiveEnum<Value = String>>(from: D) -> Result<E, D::Error> {
    E::try_from_value(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn optional_word<'de, D: Deserializer<'de>, E: ActiveEnum<Value = String>>(from: D) -> Result<Option<E>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| E::try_from_value(&text)).transpose().map_err(serde::de::Error::custom)
}

fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    Ok(Option::<chrono::NaiveDate>::deserialize(from)?.map(Date))
}

fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    let parse = |text: String| Decimal::parse(&text).ok_or_else(|| serde::de::Error::custom("not a decimal"));
    Option::<String>::deserialize(from)?.map(parse).transpose()
}
