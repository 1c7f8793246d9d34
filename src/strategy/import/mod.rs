//! Strategies from a document: the `legalBases` and `strategies` of `demo/*.json`. Everything goes through
//! the commands; what is there already (a law by its name, a strategy by its title) is left as it is.

mod document;

use std::collections::HashMap;
use std::hash::BuildHasher;

use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::tx::Tx;
use crate::people::entity::SectionId;
use crate::strategy::commands::{
    self, IndicatorAddInput, IndicatorValueRecordInput, LegalBasisRecordInput, PopulationVisionInput,
    StrategyAdoptInput, StrategyCreateInput, StrategyNodeAddInput, StrategyRevisionApproveInput,
    StrategyRevisionProposeInput,
};
use crate::strategy::entity::{LegalBasisId, StrategyId, StrategyNodeId, StrategyState, legal_basis, strategy};

pub use document::{
    IndicatorEntry, LegalBasisEntry, NodeEntry, PopulationVisionEntry, RevisionEntry, StrategyDocument, StrategyEntry,
    ValueEntry,
};

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
pub async fn import<S: BuildHasher>(
    tx: &Tx,
    document: &StrategyDocument,
    sections: &HashMap<String, SectionId, S>,
) -> Result<Imported> {
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
    sections: &HashMap<String, SectionId, impl BuildHasher>,
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
fn named<T: Copy>(key: Option<&String>, known: &HashMap<String, T, impl BuildHasher>) -> Result<Option<T>> {
    let Some(key) = key else { return Ok(None) };
    known.get(key).copied().map(Some).ok_or_else(|| {
        let (ja, en) = ("資料にない項目を指しています。", "The document names something it does not have.");
        Error::invalid(format!("document.{key}"), "KEY", ja, en)
    })
}
