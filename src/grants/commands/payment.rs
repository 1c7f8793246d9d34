//! Paying, in one sum or in instalments: asked for by the organization, done once each by the payer.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use crate::grants::commands::deadlines::{in_time, timetable};
use crate::grants::commands::programme::positive;
use crate::grants::commands::{
    Did, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST, apart_from, apart_from_hands, apart_from_parties, begin, kept,
    papers, record,
};
use crate::grants::entity::{
    GrantActKind, GrantApplicationId, GrantPaperStep, GrantPaymentId, GrantPaymentKind, grant_application,
    grant_payment,
};
use crate::grants::rules;
use crate::grants::rules::settlement;
use crate::grants::shapes::GrantApplication;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::{AccountKind, LedgerJournalId};
use crate::ledger::{self, Journal, transfer};
use crate::organizations::entity::OrganizationId;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 支払の請求。
#[derive(InputObject)]
pub struct GrantPaymentRequestInput {
    /// 請求する額(円)。指定しなければ、分割払の次の回の額。額の確定の後は、残りの額。交付の条件が認めるときか、額の確定の後に限り、次の回と異なる額を請求できる。
    pub amount_yen: Option<Yen>,
}

/// Asks for the next payment.
pub async fn request_payment(
    tx: &Tx,
    id: GrantApplicationId,
    input: Option<GrantPaymentRequestInput>,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_PAYMENT_REQUEST).await?;
    apart_from(tx, id, Did::Changed).await?;
    let asked = input.and_then(|GrantPaymentRequestInput { amount_yen }| amount_yen);
    let mut checks = Checks::new();
    if let Some(amount) = asked {
        positive(&mut checks, "input.amountYen", amount);
    }
    checks.done()?;
    let parts: Vec<Yen> = kept(row.instalments.as_deref())?;
    let timetable = timetable(tx, row.programme_id).await?;
    let amount = settlement::next_payment(&row, &parts, asked, timetable.terms.lump_sum())?;
    in_time(tx, &row, &parts, amount)?;
    papers::all_here(tx, id, GrantPaperStep::PaymentRequest).await?;
    next.payment_due = Set(timetable.payment(row.fiscal_year, tx.today(), row.request_due));
    next.pending_yen = Set(Some(amount));
    next.payment_requested_by = Set(tx.principal.account);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::PaymentRequest, None, Some(amount)).await?;
    routing::ask(tx, RoutedAct::GrantPaymentExecute, id.0).await?;
    Ok(id)
}

/// What is waiting to be paid: one sum, or one instalment.
#[derive(Clone, Debug)]
pub struct Payable {
    /// To whom.
    pub organization_id: OrganizationId,
    /// What it is called.
    pub title: String,
    /// Which payment of the application it will be.
    pub number: i32,
    /// How much.
    pub amount: Yen,
}

/// May the caller pay an application, when it is to be paid?
///
/// # Errors
/// FORBIDDEN; FORBIDDEN/DUTIES_APART for whoever had a hand in it.
pub async fn may_pay(tx: &Tx, id: GrantApplicationId) -> Result<()> {
    apart(tx, id, GRANT_PAYMENT_EXECUTE).await.map(drop)
}

async fn apart(tx: &Tx, id: GrantApplicationId, action: Action) -> Result<grant_application::Model> {
    let row = tx.load::<GrantApplication>(id, action).await?;
    if rules::is_the_halls(action) {
        apart_from_parties(tx, &row).await?;
    }
    if action == GRANT_PAYMENT_EXECUTE {
        apart_from_others(tx, id).await?;
        apart_from_hands(tx, &row, action).await?;
    }
    Ok(row)
}

/// Whoever decided on a change does not pay; nor does whoever freed a payment make it again: a second payment of the same
/// takes two.
async fn apart_from_others(tx: &Tx, id: GrantApplicationId) -> Result<()> {
    apart_from(tx, id, Did::Changed).await?;
    apart_from(tx, id, Did::Reversed).await
}

/// What of an application is waiting to be paid now; nobody else changes it until the transaction ends. Paying is
/// [`execute_payment`]; whoever only puts payments together does it with [`Action::READ`], whoever sends money on its way
/// with [`GRANT_PAYMENT_EXECUTE`], whose duties then hold.
///
/// # Errors
/// CONFLICT/STATE where nothing is; FORBIDDEN as for the action; CONFLICT/APPROVAL_REQUIRED where it is to be paid and
/// its route is not complete.
pub async fn payable(tx: &Tx, id: GrantApplicationId, action: Action) -> Result<Payable> {
    let row = apart(tx, id, action).await?;
    rules::application(&row, GRANT_PAYMENT_EXECUTE, tx.now)?;
    if action == GRANT_PAYMENT_EXECUTE {
        routed(tx, &row).await?;
    }
    let amount = row.pending_yen.ok_or_else(|| Error::internal("a payment that nobody asked for"))?;
    let number = next_number(tx, id).await?;
    Ok(Payable { organization_id: row.organization_id, title: row.title, number, amount })
}

/// Is the payment approved by the route for what was granted, where there is one?
async fn routed(tx: &Tx, row: &grant_application::Model) -> Result<()> {
    let granted = row.decided_yen.unwrap_or(Yen(0));
    routing::settled(tx, RoutedAct::GrantPaymentExecute, row.id.0, granted).await
}

/// 支払。
#[derive(InputObject)]
pub struct GrantPaymentExecuteInput {
    /// 支払った日。
    pub paid_on: Date,
}

/// Pays what was asked for, once, and posts it in the same transaction.
pub async fn execute_payment(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantPaymentExecuteInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_PAYMENT_EXECUTE).await?;
    apart_from_others(tx, id).await?;
    not_at_the_bank(tx, id).await?;
    let GrantPaymentExecuteInput { paid_on } = input;
    let mut checks = Checks::new();
    let since = row.decided_on.is_none_or(|decided| paid_on >= decided);
    checks.check(since, "input.paidOn", "ORDER", "交付決定の日より前です。", "Before the decision.");
    not_to_come(&mut checks, tx, "input.paidOn", paid_on);
    checks.done()?;
    routed(tx, &row).await?;
    let amount = row.pending_yen.ok_or_else(|| Error::internal("a payment that nobody asked for"))?;
    let paid = Yen(row.paid_yen.0 + amount.0);
    let journal = pay(tx, &row, amount).await?;
    next.state = Set(settlement::after_payment(&row, paid));
    next.paid_yen = Set(paid);
    next.pending_yen = Set(None);
    next.payment_id = Set(Some(journal));
    next.paid_on = Set(Some(paid_on));
    next.paid_by = Set(tx.principal.account);
    next.update(tx).await?;
    let kind = if row.fixed_yen.is_some() { GrantPaymentKind::Settlement } else { GrantPaymentKind::Advance };
    keep(tx, &row, Moved { kind, amount, paid_on, journal, requested: true }).await?;
    record(tx, &row, GrantActKind::PaymentExecute, None, Some(amount)).await?;
    Ok(id)
}

/// A day that is not in the future.
pub(super) fn not_to_come(checks: &mut Checks, tx: &Tx, path: &'static str, day: Date) {
    let until = day.0 <= tx.today();
    checks.check(until, path, "FUTURE", "まだ来ていない日です。", "This day is yet to come.");
}

/// What a file for the bank pays is not paid by hand as well, nor given up; the bank's report frees it. The database
/// refuses it, too.
pub(super) async fn not_at_the_bank(tx: &Tx, id: GrantApplicationId) -> Result<()> {
    let mut sql = Sql::new(
        "SELECT 1 FROM bank_transfer_lines l
         JOIN bank_transfers t ON t.municipality_id = l.municipality_id AND t.id = l.transfer_id
         WHERE l.state = 'WAITING' AND t.state = 'PRODUCED' AND l.application_id = ",
    );
    sql.param(Param::Uuid(Some(id.0)));
    if tx.rows(sql).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "IN_TRANSFER",
        "銀行へのファイルに入っています。銀行からの報告を取り込んでください。",
        "It is in a file for the bank. Import the bank's report.",
    )))
}

async fn pay(tx: &Tx, row: &grant_application::Model, amount: Yen) -> Result<LedgerJournalId> {
    let allocation = row.allocation_id.0;
    let journal = Journal {
        kind: "GRANT_PAID",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: row.title.clone(),
        once: false,
        legs: transfer((AccountKind::Committed, allocation), (AccountKind::Paid, allocation), amount),
        when_short: Refusal::new("COMMITMENT_EXCEEDED", "交付決定額を超えています。", "More than was decided."),
    };
    ledger::post(tx, journal).await
}

/// Money that has gone one way or the other.
pub(super) struct Moved {
    /// Which way, and when in the life of the grant.
    pub(super) kind: GrantPaymentKind,
    /// How much.
    pub(super) amount: Yen,
    /// On which day.
    pub(super) paid_on: Date,
    /// Where it is posted.
    pub(super) journal: LedgerJournalId,
    /// Did somebody ask for it?
    pub(super) requested: bool,
}

/// Keeps what has gone, numbered within its application, whose row is locked.
pub(super) async fn keep(tx: &Tx, row: &grant_application::Model, moved: Moved) -> Result<()> {
    let Moved { kind, amount, paid_on, journal, requested } = moved;
    let kept = grant_payment::ActiveModel {
        id: Set(GrantPaymentId::new()),
        application_id: Set(row.id),
        organization_id: Set(row.organization_id),
        district_id: Set(row.district_id),
        number: Set(next_number(tx, row.id).await?),
        kind: Set(kind),
        amount_yen: Set(amount),
        paid_on: Set(paid_on),
        journal_id: Set(journal),
        requested_by: Set(row.payment_requested_by.filter(|_| requested)),
        paid_by: Set(tx.principal.account),
        ..Default::default()
    };
    kept.insert(tx).await?;
    Ok(())
}

/// The number of what goes next of an application, whose row is locked.
async fn next_number(tx: &Tx, id: GrantApplicationId) -> Result<i32> {
    let before = grant_payment::Entity::find().filter(grant_payment::Column::ApplicationId.eq(id)).count(tx).await?;
    i32::try_from(before + 1).map_err(Error::internal)
}
