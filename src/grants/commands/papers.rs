//! The papers that a grant's terms ask for, as the application has them now.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::grants::entity::{GrantApplicationId, GrantPaperStep, grant_application, grant_paper};
use crate::grants::rules::papers::{self, Paper};
use crate::kernel::error::Result;
use crate::kernel::tx::Tx;

/// All papers of a step are attached; the database refuses it otherwise, too.
///
/// # Errors
/// CONFLICT/PAPERS_MISSING.
pub(super) async fn all_here(tx: &Tx, id: GrantApplicationId, step: GrantPaperStep) -> Result<()> {
    let missing = grant_paper::Entity::find()
        .filter(grant_paper::Column::ApplicationId.eq(id))
        .filter(grant_paper::Column::Step.eq(step))
        .filter(grant_paper::Column::Missing.eq(true))
        .order_by_asc(grant_paper::Column::Position)
        .all(tx)
        .await?;
    let told = |row: grant_paper::Model| {
        let grant_paper::Model { name, name_en, legal_reference, .. } = row;
        Paper { name, name_en, legal_reference }
    };
    Ok(papers::all_here(&missing.into_iter().map(told).collect::<Vec<_>>())?)
}

/// At which step a paper of this name is asked for; nothing where none is. One of several steps is that of the step to come;
/// after the decision, what a request and the report both ask for is the request's, which it may be used for first.
pub(super) async fn step_of(
    tx: &Tx,
    of: &grant_application::Model,
    name: Option<&str>,
) -> Result<Option<GrantPaperStep>> {
    let Some(name) = name else { return Ok(None) };
    let found = grant_paper::Entity::find()
        .filter(grant_paper::Column::ApplicationId.eq(of.id))
        .filter(grant_paper::Column::Name.eq(name))
        .all(tx)
        .await?;
    let steps: Vec<GrantPaperStep> = found.into_iter().map(|row| row.step).collect();
    Ok(papers::step_to_come(&steps, of.decided_on.is_some()))
}
