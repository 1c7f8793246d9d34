//! Asking for money: the organization's part.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};

use crate::grants::commands::change::end_open_change;
use crate::grants::commands::deadlines::timetable;
use crate::grants::commands::offset::unborne::give_back_after;
use crate::grants::commands::programme::{allocation_of, positive};
use crate::grants::commands::subgrant::end_open_subgrants;
use crate::grants::commands::{
    GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_CREATE, GRANT_APPLICATION_SUBMIT, GRANT_APPLICATION_WITHDRAW, begin,
    papers, record, release,
};
use crate::grants::entity::{
    GrantActKind, GrantApplicationId, GrantApplicationState, GrantPaperStep, GrantProgrammeId, grant_application,
};
use crate::grants::rules;
use crate::grants::rules::costs::{Cost, check_plan};
use crate::grants::shapes::{GrantApplication, GrantProgramme};
use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;

/// 交付申請の内容。目的と申請額は、申請するまでに記入すればよい。
#[derive(InputObject)]
pub struct GrantApplicationCreateInput {
    /// 交付金制度。
    pub programme_id: GrantProgrammeId,
    /// 申請する地域組織。
    pub organization_id: OrganizationId,
    /// 事業の名称。
    pub title: String,
    /// 目的と内容。
    pub purpose: Option<String>,
    /// 申請額(円)。配分額以内。
    pub requested_yen: Option<Yen>,
    /// 経費の計画。費目ごと。
    pub costs: Option<Vec<Cost>>,
}

/// Makes a draft.
pub async fn create_application(tx: &Tx, input: GrantApplicationCreateInput) -> Result<GrantApplicationId> {
    let GrantApplicationCreateInput { programme_id, organization_id, title, purpose, requested_yen, costs } = input;
    let programme = tx.peek::<GrantProgramme>(programme_id, Action::READ).await?;
    tx.peek::<CommunityOrganization>(organization_id, Action::READ).await?;
    tx.may_create::<GrantApplication>(GRANT_APPLICATION_CREATE, &[("organization_id", organization_id.0)])?;
    rules::programme(&programme, GRANT_APPLICATION_CREATE, tx.now)?;
    let allocation = allocation_of(tx, programme_id, organization_id).await?;
    let mut checks = Checks::new();
    if let Some(amount) = requested_yen {
        positive(&mut checks, "input.requestedYen", amount);
    }
    let costs = planned(&mut checks, costs)?;
    let row = grant_application::ActiveModel {
        id: Set(GrantApplicationId::new()),
        programme_id: Set(programme_id),
        programme_state: Set(programme.state),
        fiscal_year: Set(programme.fiscal_year),
        opens_on: Set(programme.opens_on),
        closes_on: Set(programme.closes_on),
        allocation_id: Set(allocation.id),
        organization_id: Set(organization_id),
        district_id: Set(allocation.district_id),
        title: Set(checks.text("input.title", &title, 100)),
        purpose: Set(checks.optional("input.purpose", purpose.as_deref(), 10_000)),
        requested_yen: Set(requested_yen),
        costs: Set(costs),
        state: Set(GrantApplicationState::Draft),
        ..Default::default()
    };
    checks.done()?;
    rules::within_allocation(requested_yen, &allocation)?;
    let row = row.insert(tx).await?;
    record(tx, &row, GrantActKind::Create, None, requested_yen).await?;
    Ok(row.id)
}

/// The plan of costs as it is kept.
fn planned(checks: &mut Checks, costs: Option<Vec<Cost>>) -> Result<Option<String>> {
    let Some(costs) = costs else { return Ok(None) };
    check_plan(checks, "input.costs", &costs);
    serde_json::to_string(&costs).map(Some).map_err(Error::internal)
}

/// 交付申請の変更。指定した項目だけが変わり、null は消去(名称を除く)。
#[derive(InputObject)]
pub struct GrantApplicationChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 事業の名称。
    pub title: Option<String>,
    /// 目的と内容。
    pub purpose: MaybeUndefined<String>,
    /// 申請額(円)。配分額以内。
    pub requested_yen: MaybeUndefined<Yen>,
    /// 経費の計画。費目ごと。
    pub costs: MaybeUndefined<Vec<Cost>>,
}

/// Changes a draft, or what was returned.
pub async fn change_application(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantApplicationChangeInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_CHANGE).await?;
    let GrantApplicationChangeInput { revision, title, purpose, requested_yen, costs } = input;
    same_revision::<GrantApplication>(id, row.revision, revision)?;
    let allocation = allocation_of(tx, row.programme_id, row.organization_id).await?;
    let mut checks = Checks::new();
    if let Some(title) = title {
        next.title = Set(checks.text("input.title", &title, 100));
    }
    purpose.map_value(|text| checks.text("input.purpose", &text, 10_000)).apply(&mut next.purpose);
    if let MaybeUndefined::Value(amount) = requested_yen {
        positive(&mut checks, "input.requestedYen", amount);
    }
    let costs = match costs {
        MaybeUndefined::Value(costs) => {
            planned(&mut checks, Some(costs))?.map_or(MaybeUndefined::Null, MaybeUndefined::Value)
        }
        MaybeUndefined::Null => MaybeUndefined::Null,
        MaybeUndefined::Undefined => MaybeUndefined::Undefined,
    };
    checks.done()?;
    costs.apply(&mut next.costs);
    rules::within_allocation(requested_yen.value().copied(), &allocation)?;
    requested_yen.apply(&mut next.requested_yen);
    let row = next.update(tx).await?;
    record(tx, &row, GrantActKind::Change, None, row.requested_yen).await?;
    Ok(id)
}

/// Submits a draft, or again what was returned; from then on the processing period runs, but for the days of corrections.
///
/// # Errors
/// CONFLICT/PAPERS_MISSING where something is not attached that the terms ask for.
pub async fn submit_application(tx: &Tx, id: GrantApplicationId) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_SUBMIT).await?;
    let allocation = allocation_of(tx, row.programme_id, row.organization_id).await?;
    rules::within_allocation(row.requested_yen, &allocation)?;
    papers::all_here(tx, id, GrantPaperStep::Application).await?;
    let (timetable, today) = (timetable(tx, row.programme_id).await?, tx.today());
    next.decision_due = Set(match row.submitted_on {
        None => timetable.decision(today),
        Some(_) => timetable.decision_again(row.decision_due, row.returned_on, today),
    });
    next.returned_on = Set(None);
    next.correction_due = Set(None);
    next.submitted_by = Set(tx.principal.account);
    next.submitted_on = Set(Some(Date(today)));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::Submit, None, row.requested_yen).await?;
    Ok(id)
}

/// Withdraws an application; a decision is undone in the ledger.
pub async fn withdraw_application(tx: &Tx, id: GrantApplicationId) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_WITHDRAW).await?;
    match row.commitment_id {
        Some(_) if row.changed_yen.is_some() => release(tx, &row, row.decided_yen.unwrap_or_default()).await?,
        Some(commitment) => {
            ledger::reverse(tx, commitment, "GRANT_WITHDRAWN", &row.title).await?;
        }
        None => {}
    }
    next.change_id = Set(None);
    end_open_subgrants(tx, &row).await?;
    next.update(tx).await?;
    end_open_change(tx, &row).await?;
    record(tx, &row, GrantActKind::Withdraw, None, row.decided_yen).await?;
    give_back_after(tx, &row).await?;
    Ok(id)
}
