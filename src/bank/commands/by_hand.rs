//! A payment of which the bank tells by no report: on paper, by telephone, or by a statement that was lost. What its notice
//! says is recorded by hand, with the notice.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::bank::commands::BANK_TRANSFER_OUTCOME_RECORD;
use crate::bank::commands::report::{finish, mark};
use crate::bank::commands::transfer::is_still;
use crate::bank::entity::{
    BankNoticeId, BankTransferId, TransferLineState, bank_notice, bank_report_line, bank_transfer, bank_transfer_line,
};
use crate::bank::rules;
use crate::bank::shapes::BankTransfer;
use crate::files::commands::{Attached, take};
use crate::files::entity::FileId;
use crate::files::shapes::File;
use crate::grants::commands::GRANT_PAYMENT_EXECUTE;
use crate::grants::commands::payment::{GrantPaymentExecuteInput, execute_payment, may_pay, payable};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 銀行の通知による、支払一件の結果。
#[derive(InputObject)]
pub struct BankTransferOutcomeRecordInput {
    /// 明細の番号(BankTransferLine.number)。
    pub number: i32,
    /// 振り込まれたか。false は振込不能(銀行から戻された)。
    pub paid: bool,
    /// 振り込まれた日(振込指定日から今日まで)、または振込不能とされた日(ファイルを作った日から今日まで)。
    pub told_on: Date,
    /// 銀行が示した理由。振込不能のときは必ず入力する。
    pub reason: Option<String>,
}

/// Records what the bank's notice tells of one payment, with the notice: what was paid is executed in the ledger as by a
/// report, what could not be paid is free for another file or by hand. Who made the file does not say what became of it, nor
/// does anybody who could not pay it; who says that it failed does not make it again.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART; CONFLICT/STATE once all of the file is known; CONFLICT/LINE_SETTLED; CONFLICT/REPORTED for a
/// failure where a report says that it was paid; CONFLICT/NOT_PAYABLE, APPROVAL_REQUIRED, YEAR_CLOSED where it cannot be
/// booked; those of [`take`] for the file.
pub async fn record_outcome(
    tx: &Tx,
    id: BankTransferId,
    file: FileId,
    input: BankTransferOutcomeRecordInput,
) -> Result<BankTransferId> {
    let row = tx.load::<BankTransfer>(id, BANK_TRANSFER_OUTCOME_RECORD).await?;
    rules::transfer(&row, BANK_TRANSFER_OUTCOME_RECORD, tx.now)?;
    tx.peek::<File>(file, Action::READ).await?;
    let BankTransferOutcomeRecordInput { number, paid, told_on, reason } = input;
    let mut checks = Checks::new();
    let reason = checks.optional("input.reason", reason.as_deref(), 500);
    let (ja, en) = ("振込不能の理由を入力してください。", "Say why it could not be paid.");
    checks.check(paid || reason.is_some(), "input.reason", "REQUIRED", ja, en);
    in_its_time(&mut checks, tx, &row, (paid, told_on));
    checks.done()?;
    let line = waiting(tx, id, number).await?;
    may_pay(tx, line.application_id).await?;
    if !paid {
        not_told_paid(tx, &line).await?;
    }
    keep(tx, &line, file, (paid, told_on, reason)).await?;
    settle(tx, line, paid.then_some(told_on)).await?;
    finish(tx, id).await?;
    Ok(id)
}

/// Banks pay on the day of the file at the earliest; they may give a payment back as soon as they have it.
fn in_its_time(checks: &mut Checks, tx: &Tx, row: &bank_transfer::Model, (paid, told_on): (bool, Date)) {
    let since = if paid { Some(row.transfer_on.0) } else { row.produced_at.map(japan_day) };
    let made = since.is_none_or(|since| told_on.0 >= since);
    let (ja, en) = ("振込指定日(振込不能のときは、ファイルを作った日)より前です。", "Before the file's day.");
    checks.check(made, "input.toldOn", "ORDER", ja, en);
    let come = told_on.0 <= tx.today();
    checks.check(come, "input.toldOn", "FUTURE", "まだ来ていない日です。", "This day is yet to come.");
}

/// The payment of this number, as long as nobody knows its outcome.
async fn waiting(tx: &Tx, id: BankTransferId, number: i32) -> Result<bank_transfer_line::Model> {
    let found = bank_transfer_line::Entity::find()
        .filter(bank_transfer_line::Column::TransferId.eq(id))
        .filter(bank_transfer_line::Column::Number.eq(number))
        .lock_exclusive();
    let Some(line) = found.one(tx).await? else {
        let (ja, en) = ("この総合振込にない番号です。", "The file has no payment of this number.");
        return Err(Error::invalid("input.number", "MISSING", ja, en));
    };
    if line.state == TransferLineState::Waiting {
        return Ok(line);
    }
    Err(Error::Conflict(Refusal::new(
        "LINE_SETTLED",
        format!("この支払の結果は、すでに分かっています({})。", line.state.label()),
        format!("The outcome of this payment is known already ({}).", line.state.word()),
    )))
}

/// What a report says was paid, and could not be booked yet, did not fail.
async fn not_told_paid(tx: &Tx, line: &bank_transfer_line::Model) -> Result<()> {
    let told = bank_report_line::Entity::find()
        .filter(bank_report_line::Column::LineId.eq(line.id))
        .filter(bank_report_line::Column::Paid.eq(true));
    if told.one(tx).await?.is_none() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "REPORTED",
        "銀行の報告では、この支払は振り込まれています。振込不能にはできません。",
        "A report of the bank says that this was paid: it did not fail.",
    )))
}

/// The notice, with the file that proves it.
async fn keep(
    tx: &Tx,
    line: &bank_transfer_line::Model,
    file: FileId,
    (paid, told_on, reason): (bool, Date, Option<String>),
) -> Result<()> {
    let Attached { name, media_type, size, sha256 } = take(tx, file, 0).await?;
    let notice = bank_notice::ActiveModel {
        id: Set(BankNoticeId::new()),
        line_id: Set(line.id),
        paid: Set(paid),
        told_on: Set(told_on),
        reason: Set(reason),
        file_id: Set(file),
        attached_by: Set(tx.principal.account.ok_or(Error::Unauthenticated)?),
        name: Set(name),
        media_type: Set(media_type),
        size: Set(size),
        sha256: Set(sha256),
        ..Default::default()
    };
    notice.insert(tx).await?;
    Ok(())
}

/// Does what follows, as from a report: first the line, because what waits for the bank is not paid.
async fn settle(tx: &Tx, line: bank_transfer_line::Model, paid_on: Option<Date>) -> Result<()> {
    let Some(paid_on) = paid_on else {
        mark(tx, line, TransferLineState::Failed, None).await?;
        return Ok(());
    };
    let payable = payable(tx, line.application_id, GRANT_PAYMENT_EXECUTE).await?;
    if !is_still(&payable, &line) {
        return Err(Error::Conflict(Refusal::new(
            "NOT_PAYABLE",
            format!("「{}」は、今は別の支払を待っています。", payable.title),
            format!("{} waits for another payment now.", payable.title),
        )));
    }
    let line = mark(tx, line, TransferLineState::Paid, Some(paid_on)).await?;
    execute_payment(tx, line.application_id, GrantPaymentExecuteInput { paid_on }).await?;
    Ok(())
}
