//! What the bank reports: read, matched to payments, and executed in the ledger, each once.

use std::collections::BTreeSet;

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};
use uuid::Uuid;

use crate::bank::commands::BANK_REPORT_IMPORT;
use crate::bank::commands::told::{Told, told};
use crate::bank::commands::transfer::is_still;
use crate::bank::entity::{
    BankReportFormat, BankReportId, BankReportLineId, BankTransferId, BankTransferLineId, BankTransferState,
    ReportOutcome, TransferLineState, bank_report, bank_report_line, bank_transfer, bank_transfer_line,
};
use crate::bank::rules::{self, Match};
use crate::bank::shapes::BankReport;
use crate::bank::zengin::report::Reported;
use crate::grants::commands::GRANT_PAYMENT_EXECUTE;
use crate::grants::commands::payment::{GrantPaymentExecuteInput, execute_payment, may_pay, payable};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::keys::sha256;
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 銀行からの報告。
#[derive(InputObject)]
pub struct BankReportImportInput {
    /// 形式。
    pub format: BankReportFormat,
    /// ファイルの名前。
    pub name: String,
    /// ファイルの内容(Base64)。48 KiB・400件まで。
    pub content: String,
}

/// Takes a report in: what fits a payment that waits is executed in the ledger, the rest is listed. A report is taken once,
/// and only where something of it is news.
///
/// # Errors
/// Those of [`told`]; CONFLICT/IMPORTED for a second time; CONFLICT/NOTHING_MATCHED, CONTRARY_REPORT.
pub async fn import(tx: &Tx, input: BankReportImportInput) -> Result<BankReportId> {
    tx.may_create::<BankReport>(BANK_REPORT_IMPORT, &[])?;
    take(tx, input).await
}

/// The same for whoever may.
pub(super) async fn take(tx: &Tx, input: BankReportImportInput) -> Result<BankReportId> {
    let BankReportImportInput { format, name, content } = input;
    let mut checks = Checks::new();
    let name = checks.text("input.name", &name, 200);
    checks.done()?;
    let Told { reported, found, rows } = told(tx, format, &content).await?;
    let hash = sha256(rules::contents(&reported).as_bytes());
    is_news(tx, &hash).await?;
    let mut settled = Vec::new();
    for (number, (one, found)) in (1..).zip(reported.iter().zip(found)) {
        settled.push(settle(tx, (number, one), found, &rows).await?);
    }
    let counted = |outcome| settled.iter().filter(|(found, _)| *found == outcome).count();
    let matched = counted(ReportOutcome::Matched) + counted(ReportOutcome::Failed);
    // What waits to be booked was told all the same, and stands against a refusal of its file.
    if matched + counted(ReportOutcome::NotPayable) == 0 {
        return Err(Error::Conflict(nothing_matched(
            counted(ReportOutcome::Unmatched),
            counted(ReportOutcome::AlreadySettled),
            counted(ReportOutcome::NotPayable),
        )));
    }
    let count = |n: usize| i32::try_from(n).map_err(Error::internal);
    let id = BankReportId::new();
    // What could not be paid yet is paid when the same report comes again.
    let again = counted(ReportOutcome::NotPayable) > 0;
    let row = bank_report::ActiveModel {
        id: Set(id),
        format: Set(format),
        name: Set(name),
        sha256: Set(if again { sha256(format!("{hash} {}", id.0).as_bytes()) } else { hash }),
        count: Set(count(reported.len())?),
        matched: Set(count(matched)?),
        unmatched: Set(count(reported.len() - matched)?),
        imported_by: Set(tx.principal.account),
        ..Default::default()
    };
    let report = row.insert(tx).await?.id;
    let files: BTreeSet<Uuid> = settled.iter().filter_map(|(_, line)| line.as_ref()).map(|l| l.transfer_id.0).collect();
    let lines = (1..)
        .zip(reported.into_iter().zip(settled))
        .map(|(number, (one, (outcome, line)))| kept(report, number, one, outcome, line.map(|line| line.id)));
    bank_report_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    for file in files {
        finish(tx, BankTransferId(file)).await?;
    }
    Ok(report)
}

/// A payment was paid by one report and is not by another: people have to find out.
fn contrary(line: usize) -> Refusal {
    Refusal::new(
        "CONTRARY_REPORT",
        format!(
            "{line}行目: 前に取り込んだ報告か、銀行の通知により記録した結果と違います。銀行に確かめてください。取り込みません\
             でした。"
        ),
        format!(
            "Line {line}: an earlier report, or what was recorded by the bank's notice, told the opposite. Please ask \
             the bank. Nothing was imported."
        ),
    )
}

fn nothing_matched(unmatched: usize, settled: usize, unpayable: usize) -> Refusal {
    Refusal::new(
        "NOTHING_MATCHED",
        format!(
            "結果を待つ支払と一致するものがありません(一致なし {unmatched}件、済んでいるもの {settled}件、支払えないもの \
             {unpayable}件)。取り込みませんでした。"
        ),
        format!(
            "No line is about a payment that waits ({unmatched} unmatched, {settled} settled before, {unpayable} not \
             payable). Nothing was imported."
        ),
    )
}

/// What was told before is told once.
async fn is_news(tx: &Tx, hash: &str) -> Result<()> {
    let known = bank_report::Entity::find().filter(bank_report::Column::Sha256.eq(hash));
    if known.one(tx).await?.is_some() {
        return Err(Error::Conflict(Refusal::new(
            "IMPORTED",
            "この報告はすでに取り込まれています。",
            "This report was imported already.",
        )));
    }
    Ok(())
}

type Settled = (ReportOutcome, Option<bank_transfer_line::Model>);

/// Does what follows from a reported line, which has this number.
async fn settle(
    tx: &Tx,
    (number, one): (usize, &Reported),
    found: Match,
    rows: &[bank_transfer_line::Model],
) -> Result<Settled> {
    let line = match found {
        Match::Nothing => return Ok((ReportOutcome::Unmatched, None)),
        Match::Settled => return Ok((ReportOutcome::AlreadySettled, None)),
        Match::Contrary => return Err(Error::Conflict(contrary(number))),
        Match::Waiting(at) => rows.get(at).ok_or_else(|| Error::internal("a match of nothing"))?,
    };
    let waiting = bank_transfer_line::Entity::find_by_id(line.id)
        .filter(bank_transfer_line::Column::State.eq(TransferLineState::Waiting))
        .lock_exclusive();
    let Some(line) = waiting.one(tx).await? else { return Ok((ReportOutcome::AlreadySettled, None)) };
    if !one.paid {
        // It can be sent again after this: that is for who may pay it, too.
        may_pay(tx, line.application_id).await?;
        return Ok((ReportOutcome::Failed, Some(mark(tx, line, TransferLineState::Failed, None).await?)));
    }
    match payable(tx, line.application_id, GRANT_PAYMENT_EXECUTE).await {
        Ok(payable) if is_still(&payable, &line) => {}
        Ok(_) | Err(Error::Conflict(_)) => return Ok((ReportOutcome::NotPayable, Some(line))),
        Err(other) => return Err(other),
    }
    // First the line: what waits for the bank is not paid.
    let line = mark(tx, line, TransferLineState::Paid, Some(Date(one.on))).await?;
    execute_payment(tx, line.application_id, GrantPaymentExecuteInput { paid_on: Date(one.on) }).await?;
    Ok((ReportOutcome::Matched, Some(line)))
}

/// The line is settled.
pub(super) async fn mark(
    tx: &Tx,
    line: bank_transfer_line::Model,
    state: TransferLineState,
    paid_on: Option<Date>,
) -> Result<bank_transfer_line::Model> {
    let mut line: bank_transfer_line::ActiveModel = line.into();
    line.state = Set(state);
    line.paid_on = Set(paid_on);
    Ok(line.update(tx).await?)
}

fn kept(
    report: BankReportId,
    number: i32,
    one: Reported,
    outcome: ReportOutcome,
    line: Option<BankTransferLineId>,
) -> bank_report_line::ActiveModel {
    bank_report_line::ActiveModel {
        id: Set(BankReportLineId::new()),
        report_id: Set(report),
        number: Set(number),
        reported_on: Set(Date(one.on)),
        amount_yen: Set(Yen(one.yen)),
        tail: Set(rules::tail(&one.account.number).to_owned()),
        bank_code: Set(one.account.bank),
        branch_code: Set(one.account.branch),
        holder: Set(one.holder),
        paid: Set(one.paid),
        outcome: Set(outcome),
        line_id: Set(line),
        ..Default::default()
    }
}

/// A file of which nothing waits any more is done. Whoever settles another of its lines waits here.
pub(super) async fn finish(tx: &Tx, id: BankTransferId) -> Result<()> {
    let file = bank_transfer::Entity::find_by_id(id)
        .filter(bank_transfer::Column::State.eq(BankTransferState::Produced))
        .lock_exclusive();
    let Some(file) = file.one(tx).await? else { return Ok(()) };
    let waits = bank_transfer_line::Entity::find()
        .filter(bank_transfer_line::Column::TransferId.eq(id))
        .filter(bank_transfer_line::Column::State.eq(TransferLineState::Waiting));
    if waits.one(tx).await?.is_none() {
        let mut file: bank_transfer::ActiveModel = file.into();
        file.state = Set(BankTransferState::Done);
        file.update(tx).await?;
    }
    Ok(())
}
