//! Examining and deciding: the town hall's part. Who recommends does not decide.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use crate::grants::commands::deadlines::{schedule, still_to_come, timetable};
use crate::grants::commands::offset::unborne::give_back_after;
use crate::grants::commands::programme::positive;
use crate::grants::commands::{
    GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_RECOMMEND, GRANT_APPLICATION_REFUSE, GRANT_APPLICATION_RETURN,
    GRANT_APPLICATION_REVIEW_START, MOST_REASON, begin, record,
};
use crate::grants::entity::{GrantActKind, GrantApplicationId, grant_application};
use crate::grants::shapes::{GrantApplication, GrantProgramme};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::hold::Hold;
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::{AccountKind, LedgerJournalId};
use crate::ledger::{self, Journal, transfer};
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;
use crate::people::entity::settings;

/// Begins the review.
pub async fn start_review(tx: &Tx, id: GrantApplicationId) -> Result<GrantApplicationId> {
    let (row, next) = begin(tx, id, GRANT_APPLICATION_REVIEW_START).await?;
    next.update(tx).await?;
    record(tx, &row, GrantActKind::ReviewStart, None, None).await?;
    Ok(id)
}

/// 補正のための返却。
#[derive(InputObject)]
pub struct GrantApplicationReturnInput {
    /// 補正してほしい点。
    pub reason: String,
    /// 補正の期限(この日を含む)。指定しなければ、交付の条件の定める期間。
    pub correct_by: Option<Date>,
}

/// Returns an application for correction, also when an opinion was given already: that is taken back, and what was approved
/// of it is void. Who gave it stays known: duties are kept apart from them.
pub async fn return_application(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantApplicationReturnInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_RETURN).await?;
    let GrantApplicationReturnInput { reason, correct_by } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    still_to_come(&mut checks, tx, "input.correctBy", correct_by);
    checks.done()?;
    let timetable = timetable(tx, row.programme_id).await?;
    (next.recommended_yen, next.recommended_by) = (Set(None), Set(None));
    next.returned_on = Set(Some(Date(tx.today())));
    next.correction_due = Set(timetable.correction(tx.today(), correct_by));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::Return, Some(reason), None).await?;
    give_back_after(tx, &row).await?;
    Ok(id)
}

/// 審査の意見。
#[derive(InputObject)]
pub struct GrantApplicationRecommendInput {
    /// 交付が適当と認める額(円)。申請額以内。0円は不交付の意見。
    pub amount_yen: Yen,
    /// 理由。
    pub reason: String,
}

/// Ends the review with an opinion for the approver.
pub async fn recommend_application(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantApplicationRecommendInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_RECOMMEND).await?;
    let GrantApplicationRecommendInput { amount_yen, reason } = input;
    let mut checks = Checks::new();
    checks.check(amount_yen.0 >= 0, "input.amountYen", "RANGE", "0円以上で入力してください。", "0 yen or more.");
    within_request(&mut checks, &row, amount_yen);
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    next.recommended_yen = Set(Some(amount_yen));
    next.recommended_by = Set(tx.principal.account);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::Recommend, Some(reason), Some(amount_yen)).await?;
    for act in [RoutedAct::GrantApplicationDecide, RoutedAct::GrantApplicationRefuse] {
        routing::open(tx, act, id.0).await?;
    }
    Ok(id)
}

fn within_request(checks: &mut Checks, row: &grant_application::Model, amount: Yen) {
    let within = row.requested_yen.is_some_and(|requested| amount <= requested);
    checks.check(within, "input.amountYen", "RANGE", "申請額を超えています。", "More than was requested.");
}

/// 交付決定。
#[derive(InputObject)]
pub struct GrantApplicationDecideInput {
    /// 交付決定額(円)。申請額以内。
    pub amount_yen: Yen,
    /// 理由。
    pub reason: String,
}

/// Decides to grant: the amount is promised in the ledger, and the days of withdrawal begin. The programme's terms are held
/// meanwhile: of a run that is approved beside us and brings other terms, one comes first. They are held before the
/// application is locked, as by whoever changes a programme's state.
pub async fn decide_application(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantApplicationDecideInput,
) -> Result<GrantApplicationId> {
    let programme = tx.peek::<GrantApplication>(id, GRANT_APPLICATION_DECIDE).await?.programme_id;
    tx.hold::<GrantProgramme>(programme, Hold::Unchanged).await?;
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_DECIDE).await?;
    let GrantApplicationDecideInput { amount_yen, reason } = input;
    let mut checks = Checks::new();
    positive(&mut checks, "input.amountYen", amount_yen);
    within_request(&mut checks, &row, amount_yen);
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    routing::settled(tx, RoutedAct::GrantApplicationDecide, id.0, amount_yen).await?;
    next.commitment_id = Set(Some(commit(tx, &row, amount_yen).await?));
    let timetable = timetable(tx, row.programme_id).await?;
    let parts = timetable.terms.parts(amount_yen);
    next.instalments = Set(Some(serde_json::to_string(&parts).map_err(Error::internal)?));
    next.schedule = Set(schedule(&timetable, &row, tx.today(), amount_yen)?);
    next.report_due = Set(Some(timetable.report(row.fiscal_year, None)));
    next.approved_costs = Set(row.costs.clone());
    next.decided_yen = Set(Some(amount_yen));
    next.decided_by = Set(tx.principal.account);
    next.decided_on = Set(Some(Date(tx.today())));
    next.withdrawal_until = Set(Some(timetable.withdrawal(tx.today(), withdrawal_days(tx).await?)));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::Decide, Some(reason), Some(amount_yen)).await?;
    give_back_after(tx, &row).await?;
    Ok(id)
}

/// Promises the amount out of the allocation (支出負担行為).
async fn commit(tx: &Tx, row: &grant_application::Model, amount: Yen) -> Result<LedgerJournalId> {
    let allocation = row.allocation_id.0;
    let journal = Journal {
        kind: "GRANT_COMMITTED",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: row.title.clone(),
        once: true,
        legs: transfer((AccountKind::Grant, allocation), (AccountKind::Committed, allocation), amount),
        when_short: Refusal::new(
            "ALLOCATION_EXCEEDED",
            "配分額の残りを超えています。",
            "More than is left of the allocation.",
        ),
    };
    ledger::post(tx, journal).await
}

async fn withdrawal_days(tx: &Tx) -> Result<i32> {
    let settings = settings::Entity::find().one(tx).await?;
    Ok(settings.ok_or_else(|| Error::internal("a municipality without settings"))?.grant_withdrawal_days)
}

/// 不交付の決定。
#[derive(InputObject)]
pub struct GrantApplicationRefuseInput {
    /// 理由。
    pub reason: String,
}

/// Decides not to grant. A route goes by what was requested.
pub async fn refuse_application(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantApplicationRefuseInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_APPLICATION_REFUSE).await?;
    let GrantApplicationRefuseInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    let requested = row.requested_yen.unwrap_or(Yen(0));
    routing::settled(tx, RoutedAct::GrantApplicationRefuse, id.0, requested).await?;
    next.decided_by = Set(tx.principal.account);
    next.decided_on = Set(Some(Date(tx.today())));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::Refuse, Some(reason), None).await?;
    give_back_after(tx, &row).await?;
    Ok(id)
}
