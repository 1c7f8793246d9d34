//! Undoing a payment that was recorded by mistake, or that the bank gave back (組戻し); or a return that was recorded by
//! mistake ([`returning`]). It is reversed, not edited: its row and its journal stay. What was asked for is asked for still, so
//! that it is paid again without asking twice.

mod returning;

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::grants::commands::deadlines::timetable;
use crate::grants::commands::payment::{not_at_the_bank, not_to_come};
use crate::grants::commands::repayment::is_closed;
use crate::grants::commands::{GRANT_PAYMENT_REVERSE, MOST_REASON, begin, is_returned, record};
use crate::grants::entity::GrantApplicationState::PaymentRequested;
use crate::grants::entity::{
    GrantActKind, GrantApplicationId, GrantPaymentId, GrantPaymentKind, GrantReversalKind, grant_application,
    grant_payment,
};
use crate::grants::rules;
use crate::grants::shapes::GrantPayment;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::LedgerJournalId;
use crate::ledger::reverse;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 支払の取消し。
#[derive(InputObject)]
pub struct GrantPaymentReverseInput {
    /// 取り消す支払または返還。まだ取り消されていないもののうち、最後のもの。
    pub payment_id: GrantPaymentId,
    /// 取消しの種類。
    pub kind: GrantReversalKind,
    /// 銀行から戻った日。組戻しのときに指定する。
    pub returned_on: Option<Date>,
    /// 理由。
    pub reason: String,
}

/// Reverses the newest payment of an application. What it paid waits to be paid again, with what has been asked for
/// besides; of an application that is being reported on, the rest is paid after the fixing. Of what was ordered back, the
/// newest return is reversed, and waits again.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART for whoever had a hand in it; CONFLICT/REVERSED, NOT_NEWEST, REPORTED where the bank says that it was
/// paid, IN_TRANSFER while something is at the bank, RETURN_ORDERED for what was paid before an order, YEAR_CLOSED, and those
/// of [`rules::application`].
pub async fn reverse_payment(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantPaymentReverseInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_PAYMENT_REVERSE).await?;
    let GrantPaymentReverseInput { payment_id, kind, returned_on, reason } = input;
    let payment = tx.peek::<GrantPayment>(payment_id, Action::READ).await?;
    if payment.application_id != id {
        return Err(Error::NotFound);
    }
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    let day = day(&mut checks, tx, &payment, kind, returned_on);
    checks.done()?;
    if payment.kind == GrantPaymentKind::Return {
        return returning::undo(tx, &row, next, (&payment, day, reason)).await;
    }
    is_newest(&row, &payment)?;
    if is_returned(&row) {
        return Err(Error::Conflict(rules::return_ordered()));
    }
    not_at_the_bank(tx, id).await?;
    in_open_year(tx, row.fiscal_year).await?;
    let journal = reverse(tx, payment.journal_id, "GRANT_PAYMENT_REVERSED", &row.title).await?;
    mark(tx, &payment, kind, day, journal).await?;
    give_back(tx, &payment, kind).await?;
    // Before the application says who paid last: whoever that is now must not be who acts.
    record(tx, &row, GrantActKind::PaymentReverse, Some(reason), Some(payment.amount_yen)).await?;
    let before = newest(tx, id).await?;
    let waits = rules::next_state(row.state, GRANT_PAYMENT_REVERSE) == Some(PaymentRequested);
    next.pending_yen = Set(waits.then(|| Yen(row.pending_yen.unwrap_or_default().0 + payment.amount_yen.0)));
    next.paid_yen = Set(Yen(row.paid_yen.0 - payment.amount_yen.0));
    next.payment_id = Set(before.as_ref().map(|before| before.journal_id));
    next.paid_on = Set(before.as_ref().map(|before| before.paid_on));
    next.paid_by = Set(before.and_then(|before| before.paid_by));
    if waits {
        next.payment_due = Set(timetable(tx, row.programme_id).await?.payment(row.fiscal_year, tx.today(), None));
    }
    next.update(tx).await?;
    if waits {
        routing::ask(tx, RoutedAct::GrantPaymentExecute, id.0).await?;
    }
    Ok(id)
}

/// The day on which it came back; a mistake is undone today.
fn day(
    checks: &mut Checks,
    tx: &Tx,
    payment: &grant_payment::Model,
    kind: GrantReversalKind,
    returned_on: Option<Date>,
) -> Date {
    let came_back = kind == GrantReversalKind::ReturnedByBank;
    let fits = !came_back || payment.kind != GrantPaymentKind::Return;
    checks.check(
        fits,
        "input.kind",
        "RANGE",
        "返還は、誤記録のときに取り消せます。",
        "A return is undone as a mistake.",
    );
    checks.check(
        came_back == returned_on.is_some(),
        "input.returnedOn",
        "REQUIRED",
        "銀行から戻った日は、組戻しのときに(そのときに限り)指定してください。",
        "Give the day on which it came back if the bank returned it, and only then.",
    );
    let day = returned_on.unwrap_or(Date(tx.today()));
    let (ja, en) = ("支払った日より前です。", "Before it was paid.");
    checks.check(day >= payment.paid_on, "input.returnedOn", "ORDER", ja, en);
    not_to_come(checks, tx, "input.returnedOn", day);
    day
}

/// Is it the payment that counts and came last?
fn is_newest(row: &grant_application::Model, payment: &grant_payment::Model) -> Result<(), Refusal> {
    counts(payment)?;
    if row.payment_id == Some(payment.journal_id) { Ok(()) } else { Err(not_newest()) }
}

fn counts(payment: &grant_payment::Model) -> Result<(), Refusal> {
    if payment.reversal_id.is_none() {
        return Ok(());
    }
    Err(Refusal::new("REVERSED", "この支払はすでに取り消されています。", "This payment was reversed already."))
}

fn not_newest() -> Refusal {
    Refusal::new(
        "NOT_NEWEST",
        "取り消せるのは、取り消されていない支払のうち最後のものです。その後の支払から取り消してください。",
        "Only the newest payment that counts is reversed. Reverse those after it first.",
    )
}

/// Nothing is posted into a closed year.
async fn in_open_year(tx: &Tx, year: FiscalYear) -> Result<()> {
    if !is_closed(tx, year).await? {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "YEAR_CLOSED",
        "この年度の会計は閉じています。会計を開き直してから取り消すか、交付決定を取り消し、戻った額を返還として受け入れてください(\
         戻った年度の収入になります)。",
        "The accounts of this fiscal year are closed. Reopen them first; or revoke the decision and record what came back \
         as a repayment, which is income of the year in which it comes.",
    )))
}

async fn mark(
    tx: &Tx,
    payment: &grant_payment::Model,
    kind: GrantReversalKind,
    day: Date,
    journal: LedgerJournalId,
) -> Result<()> {
    let next = grant_payment::ActiveModel {
        id: Set(payment.id),
        reversed_on: Set(Some(day)),
        reversal_kind: Set(Some(kind)),
        reversed_by: Set(tx.principal.account),
        reversal_id: Set(Some(journal)),
        ..Default::default()
    };
    next.update(tx).await?;
    Ok(())
}

/// The line by which the bank paid it, if one did, is free for the next file. What the bank says it paid is no mistake.
async fn give_back(tx: &Tx, payment: &grant_payment::Model, kind: GrantReversalKind) -> Result<()> {
    let of = [Param::Uuid(Some(payment.application_id.0)), Param::Int(Some(payment.number.into()))];
    let paid = "WHERE state = 'PAID' AND application_id = ? AND payment_number = ?::int";
    if kind == GrantReversalKind::ReturnedByBank {
        let mut sql = Sql::new("UPDATE bank_transfer_lines SET state = 'RETURNED' ");
        sql.fill(paid, of);
        tx.run(sql).await?;
        return Ok(());
    }
    let mut sql = Sql::new("SELECT 1 FROM bank_transfer_lines ");
    sql.fill(paid, of);
    if tx.rows(sql).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "REPORTED",
        "銀行の報告で支払われています。誤記録ではありません。銀行から戻ったときに、組戻しとして取り消してください。",
        "The bank reported that it paid this. It is no mistake; reverse it once the bank has returned it.",
    )))
}

/// The newest payment that counts.
async fn newest(tx: &Tx, id: GrantApplicationId) -> Result<Option<grant_payment::Model>> {
    let counts = grant_payment::Entity::find()
        .filter(grant_payment::Column::ApplicationId.eq(id))
        .filter(grant_payment::Column::Kind.ne(GrantPaymentKind::Return))
        .filter(grant_payment::Column::ReversalId.is_null());
    Ok(counts.order_by_desc(grant_payment::Column::Number).one(tx).await?)
}
