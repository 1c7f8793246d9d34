//! A file that the bank refused whole: its header or totals are wrong, it came too late. Nothing of it was paid.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::bank::commands::BANK_TRANSFER_REFUSAL_RECORD;
use crate::bank::commands::transfer::lines;
use crate::bank::entity::{BankTransferId, BankTransferState, TransferLineState, bank_transfer, bank_transfer_line};
use crate::bank::rules;
use crate::bank::shapes::BankTransfer;
use crate::grants::commands::payment::may_pay;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::request::japan_day;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 銀行がファイル全体を受け付けなかったこと。
#[derive(InputObject)]
pub struct BankTransferRefusalRecordInput {
    /// 銀行から知らされた日。ファイルを作った日から今日まで。
    pub refused_on: Date,
    /// 銀行が示した理由(ヘッダの誤り、合計の不一致、締切後 など)。
    pub reason: String,
}

/// Records that the bank refused a file whole: its payments can be made again, by another file or by hand. The file stays,
/// and nothing that is reported later is matched with it. Who made the file does not say so themself, nor does anybody who
/// had a hand in one of its payments: as long as a file counts, they cannot be paid twice.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART; CONFLICT/REPORTED where the bank has told of one of its payments; CONFLICT/STATE for a second time.
pub async fn record_refusal(
    tx: &Tx,
    id: BankTransferId,
    input: BankTransferRefusalRecordInput,
) -> Result<BankTransferId> {
    let row = tx.load::<BankTransfer>(id, BANK_TRANSFER_REFUSAL_RECORD).await?;
    rules::transfer(&row, BANK_TRANSFER_REFUSAL_RECORD, tx.now)?;
    let BankTransferRefusalRecordInput { refused_on, reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    let made = row.produced_at.is_none_or(|made| refused_on.0 >= japan_day(made));
    checks.check(made, "input.refusedOn", "ORDER", "ファイルを作った日より前です。", "Before the file was made.");
    let come = refused_on.0 <= tx.today();
    checks.check(come, "input.refusedOn", "FUTURE", "まだ来ていない日です。", "This day is yet to come.");
    checks.done()?;
    let lines = lines(tx, id).await?;
    unreported(tx, &lines).await?;
    for line in &lines {
        may_pay(tx, line.application_id).await?;
    }
    let mut next: bank_transfer::ActiveModel = row.into();
    next.state = Set(BankTransferState::Refused);
    next.refused_on = Set(Some(refused_on));
    next.refused_by = Set(tx.principal.account);
    next.refusal_reason = Set(Some(reason));
    next.update(tx).await?;
    for line in lines {
        let mut line: bank_transfer_line::ActiveModel = line.into();
        line.state = Set(TransferLineState::Refused);
        line.update(tx).await?;
    }
    Ok(id)
}

/// What the bank told of a payment of the file says that it took the file, also where we could not book it yet.
async fn unreported(tx: &Tx, lines: &[bank_transfer_line::Model]) -> Result<()> {
    let mut told = Sql::new("SELECT 1 FROM bank_report_lines WHERE line_id = ANY(");
    told.fill("?) LIMIT 1", [Param::Uuids(lines.iter().map(|line| line.id.0).collect())]);
    let waits = lines.iter().all(|line| line.state == TransferLineState::Waiting);
    if waits && tx.rows(told).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "REPORTED",
        "この総合振込の支払について、銀行からの報告があります。受け付けられなかったことにはできません。",
        "The bank has reported on a payment of this file: it was not refused.",
    )))
}
