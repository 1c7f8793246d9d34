//! What the bank reports: read, matched to payments, and executed in the ledger, each once.

use std::collections::{BTreeSet, HashMap};

use async_graphql::InputObject;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::bank::commands::BANK_REPORT_IMPORT;
use crate::bank::commands::transfer::{is_still, of_row, payer};
use crate::bank::entity::{
    BankAccountId, BankReportFormat, BankReportId, BankReportLineId, BankTransferId, BankTransferLineId,
    BankTransferState, ReportOutcome, TransferLineState, bank_account, bank_report, bank_report_line, bank_transfer,
    bank_transfer_line,
};
use crate::bank::rules::{self, Match, Sent};
use crate::bank::shapes::BankReport;
use crate::bank::zengin::report::{self, Fault, Reported, What};
use crate::grants::commands::GRANT_PAYMENT_EXECUTE;
use crate::grants::commands::payment::{GrantPaymentExecuteInput, execute_payment, may_pay, payable};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Message, Refusal, Result, Violation};
use crate::kernel::keys::sha256;
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// The most bytes of a report: what a text of the wire carries as Base64.
const MOST_BYTES: usize = 48 * 1024;
/// The most lines of a report: two full files.
const MOST_LINES: usize = 400;

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
/// INVALID_INPUT (rules FORMAT, FIELD, TOTALS, CONSIGNOR with the line, FUTURE) for what cannot be read or has not happened;
/// CONFLICT/OWN_FILE for the file that went to the bank; CONFLICT/IMPORTED for a second time; CONFLICT/NOTHING_MATCHED.
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
    let bytes = decoded(&content)?;
    let reported = read(tx, format, &bytes).await?;
    let hash = sha256(rules::contents(&reported).as_bytes());
    is_news(tx, &bytes, &hash).await?;
    let (sent, rows) = sent(tx, &reported).await?;
    let mut settled = Vec::new();
    for (number, (one, found)) in (1..).zip(reported.iter().zip(rules::matches(&sent, &reported))) {
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
        format!("{line}行目: 前に取り込んだ報告と結果が違います。銀行に確かめてください。取り込みませんでした。"),
        format!("Line {line}: an earlier report told the opposite. Please ask the bank. Nothing was imported."),
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

/// The file that went to the bank says nothing of what the bank did; what was told before is told once.
async fn is_news(tx: &Tx, bytes: &[u8], hash: &str) -> Result<()> {
    let own = bank_transfer::Entity::find().filter(bank_transfer::Column::Sha256.eq(sha256(bytes)));
    if own.one(tx).await?.is_some() {
        return Err(Error::Conflict(Refusal::new(
            "OWN_FILE",
            "銀行に渡すために作ったファイルです。銀行からの報告を選んでください。",
            "This is the file that was made for the bank. Choose the bank's report.",
        )));
    }
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

fn decoded(content: &str) -> Result<Vec<u8>> {
    let unfit = || Error::invalid("input.content", "BASE64", "Base64 で48 KiB までです。", "Base64 of at most 48 KiB.");
    if content.len() > MOST_BYTES.div_ceil(3) * 4 {
        return Err(unfit());
    }
    STANDARD.decode(content.trim()).ok().filter(|bytes| bytes.len() <= MOST_BYTES).ok_or_else(unfit)
}

async fn read(tx: &Tx, format: BankReportFormat, bytes: &[u8]) -> Result<Vec<Reported>> {
    let found = match format {
        BankReportFormat::Zengin => report::transfer(bytes, tx.today(), &payer(tx).await?.code),
        BankReportFormat::Csv => report::table(bytes),
    };
    let found = found.map_err(unreadable)?;
    if !(1..=MOST_LINES).contains(&found.len()) {
        return Err(Error::invalid("input.content", "COUNT", "1件から400件までです。", "1 to 400 lines."));
    }
    if found.iter().any(|line| line.on > tx.today()) {
        return Err(Error::invalid(
            "input.content",
            "FUTURE",
            "まだ来ていない日の振込があります。",
            "It tells of a day that is yet to come.",
        ));
    }
    Ok(found)
}

fn unreadable(fault: Fault) -> Error {
    let Fault { line, what } = fault;
    let (rule, ja, en) = match what {
        What::Format => ("FORMAT", "形式が違います。", "not of this format."),
        What::Field => ("FIELD", "項目が正しくありません。", "a field is not what it must be."),
        What::Totals => ("TOTALS", "合計が明細と一致しません。", "the totals are not those of the lines."),
        What::Consignor => ("CONSIGNOR", "振込依頼人コードが違います。", "of another payer."),
    };
    let message = Message::new(format!("{line}行目: {ja}"), format!("Line {line}: {en}"));
    Error::Invalid("", vec![Violation { path: "input.content".into(), rule, message }])
}

/// What reports are about, and contradict.
const SENT: [BankTransferState; 3] = [BankTransferState::Produced, BankTransferState::Done, BankTransferState::Refused];

/// What was sent for the days that are reported: the lines of files that were made, the oldest first. The files are locked:
/// whoever imports beside us, or records that one of them was refused, waits.
async fn sent(tx: &Tx, reported: &[Reported]) -> Result<(Vec<Sent>, Vec<bank_transfer_line::Model>)> {
    let days: BTreeSet<NaiveDate> = reported.iter().map(|line| line.on).collect();
    let files = bank_transfer::Entity::find()
        .filter(bank_transfer::Column::State.is_in(SENT))
        .filter(bank_transfer::Column::TransferOn.is_in(days.into_iter().map(Date)))
        .order_by_asc(bank_transfer::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let files: HashMap<Uuid, NaiveDate> =
        files.all(tx).await?.into_iter().map(|file| (file.id.0, file.transfer_on.0)).collect();
    if files.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let lines = bank_transfer_line::Entity::find()
        .filter(bank_transfer_line::Column::TransferId.is_in(files.keys().copied().map(BankTransferId)))
        .order_by_asc(bank_transfer_line::Column::TransferId)
        .order_by_asc(bank_transfer_line::Column::Number);
    let rows = lines.all(tx).await?;
    let used: BTreeSet<Uuid> = rows.iter().map(|line| line.bank_account_id.0).collect();
    let accounts =
        bank_account::Entity::find().filter(bank_account::Column::Id.is_in(used.into_iter().map(BankAccountId)));
    let mut opened = HashMap::new();
    for account in accounts.all(tx).await? {
        opened.insert(account.id.0, of_row(tx, &account)?);
    }
    let one = |line: &bank_transfer_line::Model| {
        Some(Sent {
            account: opened.get(&line.bank_account_id.0)?.clone(),
            yen: line.amount_yen.0,
            on: *files.get(&line.transfer_id.0)?,
            number: u64::try_from(line.number).ok()?,
            outcome: rules::outcome(line.state),
            refused: line.state == TransferLineState::Refused,
            returned: line.state == TransferLineState::Returned,
        })
    };
    let sent: Option<Vec<Sent>> = rows.iter().map(one).collect();
    Ok((sent.ok_or_else(|| Error::internal("a transfer to no account"))?, rows))
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

async fn mark(
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
async fn finish(tx: &Tx, id: BankTransferId) -> Result<()> {
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
