//! Within an organization: an association asks for a part of its grant, an officer adopts or refuses.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::grants::commands::deadlines::timetable;
use crate::grants::commands::programme::positive;
use crate::grants::commands::{
    GRANT_SUBGRANT_ADOPT, GRANT_SUBGRANT_REFUSE, GRANT_SUBGRANT_SUBMIT, GRANT_SUBGRANT_WITHDRAW, MOST_REASON,
};
use crate::grants::entity::GrantApplicationState::{Decided, Paid, PartlyPaid, PaymentRequested};
use crate::grants::entity::{
    GrantApplicationId, GrantSubgrantId, GrantSubgrantState, grant_application, grant_subgrant,
};
use crate::grants::notices;
use crate::grants::rules::change;
use crate::grants::shapes::{GrantApplication, GrantSubgrant};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 地域内の申請。
#[derive(InputObject)]
pub struct GrantSubgrantSubmitInput {
    /// 地域組織の交付申請(交付決定されたもの)。
    pub application_id: GrantApplicationId,
    /// 申請する自治会などの名称。
    pub association: String,
    /// 事業の名称。
    pub title: String,
    /// 目的と内容。
    pub purpose: String,
    /// 申請額(円)。
    pub requested_yen: Yen,
}

/// Asks an organization for a part of its grant.
pub async fn submit_subgrant(tx: &Tx, input: GrantSubgrantSubmitInput) -> Result<GrantSubgrantId> {
    let GrantSubgrantSubmitInput { application_id, association, title, purpose, requested_yen } = input;
    let application = tx.peek::<GrantApplication>(application_id, Action::READ).await?;
    tx.may_create::<GrantSubgrant>(GRANT_SUBGRANT_SUBMIT, &[("organization_id", application.organization_id.0)])?;
    given(&application)?;
    let mut checks = Checks::new();
    positive(&mut checks, "input.requestedYen", requested_yen);
    let row = grant_subgrant::ActiveModel {
        id: Set(GrantSubgrantId::new()),
        application_id: Set(application_id),
        organization_id: Set(application.organization_id),
        district_id: Set(application.district_id),
        association: Set(checks.text("input.association", &association, 100)),
        title: Set(checks.text("input.title", &title, 100)),
        purpose: Set(checks.text("input.purpose", &purpose, 10_000)),
        requested_yen: Set(requested_yen),
        state: Set(GrantSubgrantState::Submitted),
        submitted_on: Set(Date(tx.today())),
        submitted_by: Set(tx.principal.account),
        decision_due: Set(timetable(tx, application.programme_id).await?.subgrant(tx.today())),
        ..Default::default()
    };
    checks.done()?;
    let row = row.insert(tx).await?;
    notices::tell_of_subgrant(tx, &row).await?;
    Ok(row.id)
}

/// Is the grant given, and not yet reported on?
fn given(row: &grant_application::Model) -> Result<(), Refusal> {
    // A payment is also asked for once the amount is fixed.
    if row.fixed_yen.is_none() && matches!(row.state, Decided | PaymentRequested | PartlyPaid | Paid) {
        return Ok(());
    }
    Err(Refusal::new(
        "STATE",
        format!("申請の今の状態({})では行えません。", row.state.word()),
        format!("The application is {}.", row.state.word()),
    ))
}

/// 地域内の申請の採択。
#[derive(InputObject)]
pub struct GrantSubgrantAdoptInput {
    /// 採択する額(円)。申請額以内。
    pub amount_yen: Yen,
    /// 理由。
    pub reason: String,
}

/// Adopts a sub-application; together they stay within the grant.
///
/// # Errors
/// CONFLICT/GRANT_EXCEEDED where the grant has too little left.
pub async fn adopt_subgrant(tx: &Tx, id: GrantSubgrantId, input: GrantSubgrantAdoptInput) -> Result<GrantSubgrantId> {
    let row = tx.load::<GrantSubgrant>(id, GRANT_SUBGRANT_ADOPT).await?;
    change::subgrant(&row, GRANT_SUBGRANT_ADOPT, tx.now)?;
    let GrantSubgrantAdoptInput { amount_yen, reason } = input;
    let mut checks = Checks::new();
    positive(&mut checks, "input.amountYen", amount_yen);
    let within = amount_yen <= row.requested_yen;
    checks.check(within, "input.amountYen", "RANGE", "申請額を超えています。", "More than was requested.");
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    give(tx, row.application_id, amount_yen).await?;
    let mut next: grant_subgrant::ActiveModel = row.into();
    next.adopted_yen = Set(Some(amount_yen));
    settle(tx, next, GrantSubgrantState::Adopted, reason).await?;
    Ok(id)
}

/// Gives a part of a grant on. The application is locked, so that two adoptions take turns.
async fn give(tx: &Tx, id: GrantApplicationId, amount: Yen) -> Result<()> {
    let row = grant_application::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let row = row.ok_or_else(|| Error::internal("a sub-application of no application"))?;
    given(&row)?;
    let (sum, most) = (Yen(row.subgranted_yen.0 + amount.0), row.decided_yen.unwrap_or_default());
    if sum > most {
        return Err(Error::Conflict(Refusal::new(
            "GRANT_EXCEEDED",
            format!("採択額の合計が交付決定額({most})を超えます。"),
            format!("Together more than the grant ({} yen).", most.0),
        )));
    }
    let mut next: grant_application::ActiveModel = row.into();
    next.subgranted_yen = Set(sum);
    next.update(tx).await?;
    Ok(())
}

/// 地域内の申請の不採択。
#[derive(InputObject)]
pub struct GrantSubgrantRefuseInput {
    /// 理由。
    pub reason: String,
}

/// Refuses a sub-application.
pub async fn refuse_subgrant(tx: &Tx, id: GrantSubgrantId, input: GrantSubgrantRefuseInput) -> Result<GrantSubgrantId> {
    let row = tx.load::<GrantSubgrant>(id, GRANT_SUBGRANT_REFUSE).await?;
    change::subgrant(&row, GRANT_SUBGRANT_REFUSE, tx.now)?;
    let GrantSubgrantRefuseInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    settle(tx, row.into(), GrantSubgrantState::Refused, reason).await?;
    Ok(id)
}

async fn settle(
    tx: &Tx,
    mut next: grant_subgrant::ActiveModel,
    state: GrantSubgrantState,
    reason: String,
) -> Result<()> {
    next.state = Set(state);
    next.decided_on = Set(Some(Date(tx.today())));
    next.decided_by = Set(tx.principal.account);
    next.decision_reason = Set(Some(reason));
    next.update(tx).await?;
    Ok(())
}

/// Takes a sub-application back that nobody has decided on. Whoever submitted it does.
pub async fn withdraw_subgrant(tx: &Tx, id: GrantSubgrantId) -> Result<GrantSubgrantId> {
    let row = tx.load::<GrantSubgrant>(id, GRANT_SUBGRANT_WITHDRAW).await?;
    change::subgrant(&row, GRANT_SUBGRANT_WITHDRAW, tx.now)?;
    let mut next: grant_subgrant::ActiveModel = row.into();
    next.state = Set(GrantSubgrantState::Withdrawn);
    next.withdrawn_on = Set(Some(Date(tx.today())));
    next.update(tx).await?;
    Ok(id)
}

/// Ends the sub-applications that nobody decided on, because their grant ends, and tells who submitted them. The database
/// ends those that come beside us.
pub(super) async fn end_open_subgrants(tx: &Tx, of: &grant_application::Model) -> Result<()> {
    let open = grant_subgrant::Entity::find()
        .filter(grant_subgrant::Column::ApplicationId.eq(of.id))
        .filter(grant_subgrant::Column::State.eq(GrantSubgrantState::Submitted))
        .order_by_asc(grant_subgrant::Column::Id)
        .lock_exclusive();
    for row in open.all(tx).await? {
        let mut next: grant_subgrant::ActiveModel = row.clone().into();
        next.state = Set(GrantSubgrantState::Withdrawn);
        next.withdrawn_on = Set(Some(Date(tx.today())));
        next.update(tx).await?;
        notices::tell_of_ended_subgrant(tx, &row).await?;
    }
    Ok(())
}
