//! What the bank tells of the payments that were sent to it: read, and found among them. A table tells of each payment; a
//! statement of the town's account tells of whole files, each of which is one debit.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::bank::commands::transfer::{of_row, payer};
use crate::bank::entity::{
    BankAccountId, BankReportFormat, BankTransferId, BankTransferState, TransferLineState, bank_account, bank_transfer,
    bank_transfer_line,
};
use crate::bank::rules::{self, File, Match, Sent};
use crate::bank::zengin::report::{self, Fault, Reported, What};
use crate::bank::zengin::statement::{self, Debit};
use crate::bank::zengin::transfer::{Account, is_order};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Message, Refusal, Result, Violation};
use crate::kernel::read::sql::Sql;
use crate::kernel::tx::Tx;

/// The most bytes of a report: what a text of the wire carries as Base64.
const MOST_BYTES: usize = 48 * 1024;
/// The most lines of a report: two full files.
const MOST_LINES: usize = 400;
/// What reports are about, and contradict.
const SENT: [BankTransferState; 3] = [BankTransferState::Produced, BankTransferState::Done, BankTransferState::Refused];

/// What was told, each with what it is about among the rows.
pub(super) struct Told {
    pub(super) reported: Vec<Reported>,
    pub(super) found: Vec<Match>,
    pub(super) rows: Vec<bank_transfer_line::Model>,
}

/// Reads a report.
///
/// # Errors
/// CONFLICT/OWN_FILE for records of 総合振込: whoever sends them, they have no place for an outcome, and tell nothing that
/// the bank did; INVALID_INPUT (rules FORMAT, FIELD, TOTALS, ACCOUNT with the line, FUTURE, COUNT) for what cannot be read or has
/// not happened.
pub(super) async fn told(tx: &Tx, format: BankReportFormat, content: &str) -> Result<Told> {
    let bytes = decoded(content)?;
    if is_order(&bytes) {
        return Err(Error::Conflict(Refusal::new(
            "OWN_FILE",
            "総合振込の依頼のレコードです。銀行の結果を含まないため、支払の記録になりません。入出金取引明細か、結果のCSVを選んで\
             ください。",
            "These are records of transfers as they are asked for. They tell nothing that the bank did. Choose the statement \
             of the account, or the CSV of outcomes.",
        )));
    }
    match format {
        BankReportFormat::Csv => lines(tx, &bytes).await,
        BankReportFormat::Zengin => files(tx, &bytes).await,
    }
}

/// A table: each line is about one payment.
async fn lines(tx: &Tx, bytes: &[u8]) -> Result<Told> {
    let reported = report::table(bytes).map_err(unreadable)?;
    counted(reported.len())?;
    has_come(tx, reported.iter().map(|line| line.on))?;
    let Wire { sent, rows, .. } = sent(tx, reported.iter().map(|line| line.on).collect()).await?;
    Ok(Told { found: rules::matches(&sent, &reported), reported, rows })
}

/// A statement: a debit is a file that was carried out, with all its payments but those that are known to have failed.
async fn files(tx: &Tx, bytes: &[u8]) -> Result<Told> {
    let of_accounts = debits(tx, bytes).await?;
    let all = || of_accounts.iter().flat_map(|(_, debits)| debits);
    has_come(tx, all().map(|debit| debit.on))?;
    let days = all().flat_map(|debit| [debit.on, rules::next_bank_day(debit.on)]);
    let Wire { sent, rows, files } = sent(tx, days.filter(|day| *day <= tx.today()).collect()).await?;
    let mut done = BTreeSet::new();
    for (account, debits) in &of_accounts {
        let paid_from: Vec<File> =
            files.iter().filter(|(source, _)| *source == account.written()).map(|(_, file)| *file).collect();
        done.extend(rules::carried_out(&paid_from, debits));
    }
    let (mut reported, mut found) = (Vec::new(), Vec::new());
    for (at, (one, row)) in sent.iter().zip(&rows).enumerate() {
        if let Some(is) = rules::carried(one).filter(|_| done.contains(&row.transfer_id.0)) {
            found.push(match is {
                Match::Waiting(_) => Match::Waiting(at),
                known => known,
            });
            reported.push(Reported {
                account: one.account.clone(),
                holder: String::new(),
                yen: one.yen,
                on: one.on,
                paid: true,
                reference: Some(one.number),
            });
        }
    }
    if reported.len() > MOST_LINES {
        counted(reported.len())?;
    }
    Ok(Told { reported, found, rows })
}

/// What was taken from each account of the statement that pays now, or from which a file was to be paid.
async fn debits(tx: &Tx, bytes: &[u8]) -> Result<Vec<(Account, Vec<Debit>)>> {
    let mut accounts = vec![payer(tx).await?.account];
    let sources = "SELECT DISTINCT source_account FROM bank_transfers WHERE source_account IS NOT NULL";
    for row in tx.rows(Sql::new(sources)).await? {
        let account = Account::read(row.try_get("source_account")?)
            .ok_or_else(|| Error::internal("a file that no account pays"))?;
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    let (mut found, mut none) = (Vec::new(), Fault { line: 1, what: What::Account });
    for account in accounts {
        match statement::debits(bytes, tx.today(), &account) {
            Ok(debits) => found.push((account, debits)),
            Err(fault) if matches!(fault.what, What::Account) => none = fault,
            Err(fault) => return Err(unreadable(fault)),
        }
    }
    if found.is_empty() { Err(unreadable(none)) } else { Ok(found) }
}

fn decoded(content: &str) -> Result<Vec<u8>> {
    let unfit = || Error::invalid("input.content", "BASE64", "Base64 で48 KiB までです。", "Base64 of at most 48 KiB.");
    if content.len() > MOST_BYTES.div_ceil(3) * 4 {
        return Err(unfit());
    }
    STANDARD.decode(content.trim()).ok().filter(|bytes| bytes.len() <= MOST_BYTES).ok_or_else(unfit)
}

fn counted(lines: usize) -> Result<()> {
    if (1..=MOST_LINES).contains(&lines) {
        return Ok(());
    }
    Err(Error::invalid("input.content", "COUNT", "1件から400件までです。", "1 to 400 lines."))
}

fn has_come(tx: &Tx, mut days: impl Iterator<Item = NaiveDate>) -> Result<()> {
    if days.any(|day| day > tx.today()) {
        return Err(Error::invalid(
            "input.content",
            "FUTURE",
            "まだ来ていない日の振込があります。",
            "It tells of a day that is yet to come.",
        ));
    }
    Ok(())
}

fn unreadable(fault: Fault) -> Error {
    let Fault { line, what } = fault;
    let (rule, ja, en) = match what {
        What::Format => ("FORMAT", "形式が違います。", "not of this format."),
        What::Field => ("FIELD", "項目が正しくありません。", "a field is not what it must be."),
        What::Totals => ("TOTALS", "合計が明細と一致しません。", "the totals are not those of the lines."),
        What::Account => ("ACCOUNT", "振込依頼人の口座のものではありません。", "not of the account that pays."),
    };
    let message = Message::new(format!("{line}行目: {ja}"), format!("Line {line}: {en}"));
    Error::Invalid("", vec![Violation { path: "input.content".into(), rule, message }])
}

/// What was sent to the bank for some days.
#[derive(Default)]
struct Wire {
    sent: Vec<Sent>,
    rows: Vec<bank_transfer_line::Model>,
    /// Each with the account from which it is paid.
    files: Vec<(String, File)>,
}

/// What was sent for the days that are reported: the lines of files that were made, the oldest first. The files are locked:
/// whoever imports beside us, or records that one of them was refused, waits.
async fn sent(tx: &Tx, days: BTreeSet<NaiveDate>) -> Result<Wire> {
    let known = bank_transfer::Entity::find()
        .filter(bank_transfer::Column::State.is_in(SENT))
        .filter(bank_transfer::Column::TransferOn.is_in(days.into_iter().map(Date)))
        .order_by_asc(bank_transfer::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let known = known.all(tx).await?;
    if known.is_empty() {
        return Ok(Wire::default());
    }
    let files: HashMap<Uuid, NaiveDate> = known.iter().map(|file| (file.id.0, file.transfer_on.0)).collect();
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
    let file = |file: bank_transfer::Model| {
        let refused = file.state == BankTransferState::Refused;
        let is = File { id: file.id.0, on: file.transfer_on.0, yen: file.total_yen.0, refused };
        (file.source_account.unwrap_or_default(), is)
    };
    let sent = sent.ok_or_else(|| Error::internal("a transfer to no account"))?;
    Ok(Wire { sent, rows, files: known.into_iter().map(file).collect() })
}
