//! Strategies from a document: the `legalBases` and `strategies` of `demo/*.json`. Everything goes through
//! the commands; what is there already (a law by its name, a strategy by its title) is left as it is.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Deserializer};

use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::tx::Tx;
use crate::people::entity::SectionId;
use crate::strategy::commands::{
    self, IndicatorAddInput, IndicatorValueRecordInput, LegalBasisRecordInput, PopulationVisionInput,
    StrategyAdoptInput, StrategyCreateInput, StrategyNodeAddInput, StrategyRevisionApproveInput,
    StrategyRevisionProposeInput,
};
use crate::strategy::entity::{
    IndicatorDirection, IndicatorKind, IndicatorRole, LegalBasisId, StrategyCategory, StrategyId, StrategyKind,
    StrategyNodeId, StrategyNodeKind, StrategyState, ValueStatus, legal_basis, strategy,
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

/// What was imported, by the document's keys.
#[derive(Debug, Default)]
pub struct Imported {
    /// Strategies, those that were there already too.
    pub strategies: HashMap<String, StrategyId>,
    /// Nodes of the strategies that were made, by `strategy/node`.
    pub nodes: HashMap<String, StrategyNodeId>,
}

/// What stands for the time of an adoption that the document does not tell.
const ADOPTION_UNTOLD: &str = "策定の時期は資料に記載なし";

/// Imports a document. `sections` tells the sections by the document's keys.
///
/// # Errors
/// INVALID_INPUT/KEY where the document names something it does not have; whatever the commands refuse.
pub async fn import(tx: &Tx, document: &StrategyDocument, sections: &HashMap<String, SectionId>) -> Result<Imported> {
    let mut laws = HashMap::new();
    for entry in &document.legal_bases {
        laws.insert(entry.name.clone(), law(tx, entry).await?);
    }
    let mut done = Imported::default();
    for entry in &document.strategies {
        let there = strategy::Entity::find().filter(strategy::Column::Title.eq(&entry.title)).one(tx).await?;
        let id = match there {
            Some(there) => there.id,
            None => one(tx, entry, &laws, sections, &mut done).await?,
        };
        done.strategies.insert(entry.key.clone(), id);
    }
    Ok(done)
}

async fn law(tx: &Tx, entry: &LegalBasisEntry) -> Result<LegalBasisId> {
    let there = legal_basis::Entity::find().filter(legal_basis::Column::Name.eq(&entry.name)).one(tx).await?;
    if let Some(there) = there {
        return Ok(there.id);
    }
    let LegalBasisEntry { name, number, effective_on, effective_note } = entry;
    let input = LegalBasisRecordInput {
        name: name.clone(),
        number: number.clone(),
        effective_on: *effective_on,
        effective_note: effective_note.clone(),
    };
    commands::record_legal_basis(tx, input).await
}

/// Makes a strategy and takes it through its life: its tree, adoption, period, revisions. A predecessor
/// ends when its successor comes into force.
async fn one(
    tx: &Tx,
    entry: &StrategyEntry,
    laws: &HashMap<String, LegalBasisId>,
    sections: &HashMap<String, SectionId>,
    done: &mut Imported,
) -> Result<StrategyId> {
    let predecessor_id = named(entry.predecessor.as_ref(), &done.strategies)?;
    let input = StrategyCreateInput {
        title: entry.title.clone(),
        generation: entry.generation,
        kind: entry.kind,
        start_fiscal_year: entry.start_fiscal_year.map(FiscalYear),
        end_fiscal_year: entry.end_fiscal_year.map(FiscalYear),
        legal_basis_id: named(entry.legal_basis.as_ref(), laws)?,
        predecessor_id,
        section_id: named(entry.section.as_ref(), sections)?,
        summary: entry.summary.clone(),
        population_vision: entry.population_vision.as_ref().map(vision),
    };
    let id = commands::create_strategy(tx, input).await?;
    for node in &entry.nodes {
        branch(tx, id, None, node, &entry.key, done).await?;
    }
    let untold = entry.adopted_on.is_none() && entry.adopted_note.is_none();
    let adopted_note = if untold { Some(ADOPTION_UNTOLD.to_owned()) } else { entry.adopted_note.clone() };
    commands::adopt(tx, id, StrategyAdoptInput { adopted_on: entry.adopted_on, adopted_note }).await?;
    commands::put_in_force(tx, id).await?;
    for revision in &entry.revisions {
        revise(tx, id, revision, &entry.key, done).await?;
    }
    if let Some(predecessor) = predecessor_id {
        succeed(tx, predecessor).await?;
    }
    Ok(id)
}

async fn succeed(tx: &Tx, predecessor: StrategyId) -> Result<()> {
    let row = strategy::Entity::find_by_id(predecessor).one(tx).await?.ok_or(Error::NotFound)?;
    if row.state == StrategyState::InForce {
        commands::expire(tx, predecessor).await?;
    }
    Ok(())
}

fn vision(entry: &PopulationVisionEntry) -> PopulationVisionInput {
    let PopulationVisionEntry {
        title,
        adopted_note,
        mid_fiscal_year,
        mid_note,
        final_fiscal_year,
        final_note,
        summary,
        note,
    } = entry;
    PopulationVisionInput {
        title: title.clone(),
        adopted_note: adopted_note.clone(),
        mid_fiscal_year: mid_fiscal_year.map(FiscalYear),
        mid_note: mid_note.clone(),
        final_fiscal_year: final_fiscal_year.map(FiscalYear),
        final_note: final_note.clone(),
        summary: summary.clone(),
        note: note.clone(),
    }
}

fn branch<'a>(
    tx: &'a Tx,
    strategy_id: StrategyId,
    parent_id: Option<StrategyNodeId>,
    entry: &'a NodeEntry,
    key: &'a str,
    done: &'a mut Imported,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let input = StrategyNodeAddInput {
            strategy_id,
            parent_id,
            kind: entry.kind,
            number: entry.number,
            title: entry.title.clone(),
            aim: entry.aim.clone(),
            is_new: entry.is_new,
            note: entry.note.clone(),
            category: entry.category,
            nickname: entry.nickname.clone(),
            section_id: None,
            revision_id: None,
        };
        let id = commands::add_node(tx, input).await?;
        done.nodes.insert(format!("{key}/{}", entry.key), id);
        for indicator in &entry.indicators {
            measure(tx, id, indicator).await?;
        }
        for child in &entry.children {
            branch(tx, strategy_id, Some(id), child, key, done).await?;
        }
        Ok(())
    })
}

async fn measure(tx: &Tx, node_id: StrategyNodeId, entry: &IndicatorEntry) -> Result<()> {
    let IndicatorEntry { title, kind, direction, unit, approximate, values } = entry;
    let input = IndicatorAddInput {
        node_id,
        title: title.clone(),
        kind: *kind,
        direction: *direction,
        unit: unit.clone(),
        approximate: *approximate,
    };
    let indicator_id = commands::add_indicator(tx, input).await?;
    for ValueEntry { role, fiscal_year, status, value, text, approximate } in values {
        let input = IndicatorValueRecordInput {
            indicator_id,
            role: *role,
            fiscal_year: FiscalYear(*fiscal_year),
            status: *status,
            value: value.clone(),
            text: text.clone(),
            approximate: *approximate,
        };
        commands::record_value(tx, input).await?;
    }
    Ok(())
}

async fn revise(tx: &Tx, strategy_id: StrategyId, entry: &RevisionEntry, key: &str, done: &Imported) -> Result<()> {
    let node = entry.node_key.as_ref().map(|node| format!("{key}/{node}"));
    let input = StrategyRevisionProposeInput {
        strategy_id,
        node_id: named(node.as_ref(), &done.nodes)?,
        changes: entry.changes.clone(),
    };
    let id = commands::propose_revision(tx, input).await?;
    let input = StrategyRevisionApproveInput {
        council_name: entry.council_name.clone(),
        session_number: entry.session_number,
        approved_on: Date(entry.approved_on),
        revised_on: Some(Date(entry.revised_on)),
    };
    commands::approve_revision(tx, id, input).await?;
    Ok(())
}

/// What a key of the document stands for.
fn named<T: Copy>(key: Option<&String>, known: &HashMap<String, T>) -> Result<Option<T>> {
    let Some(key) = key else { return Ok(None) };
    known.get(key).copied().map(Some).ok_or_else(|| {
        let (ja, en) = ("資料にない項目を指しています。", "The document names something it does not have.");
        Error::invalid(format!("document.{key}"), "KEY", ja, en)
    })
}
