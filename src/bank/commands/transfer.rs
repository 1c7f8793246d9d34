//! Files of payments: one person puts the payments together, another makes the file.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::bank::commands::account::number;
use crate::bank::commands::{
    BANK_TRANSFER_CANCEL, BANK_TRANSFER_PREPARE, BANK_TRANSFER_PRODUCE, TRANSFER_SOURCE_SET, TRANSFERS, digits, kana,
};
use crate::bank::entity::{
    BankAccountState, BankTransferId, BankTransferLineId, BankTransferState, DepositKind, TransferLineState,
    TransferSourceId, bank_account, bank_transfer, bank_transfer_line, transfer_source,
};
use crate::bank::rules;
use crate::bank::shapes::{BankTransfer, TransferSource};
use crate::bank::zengin::transfer::{Account, MOST_TOTAL_YEN, MOST_YEN, Payee, Payer, file};
use crate::grants::commands::GRANT_PAYMENT_EXECUTE;
use crate::grants::commands::payment::{Payable, payable};
use crate::grants::entity::GrantApplicationId;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::keys::{Sealed, sha256};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::people::calendar;
use crate::people::entity::settings;
use crate::people::sealed;

/// The most payments of a file: what one answer carries.
const MOST: usize = 200;

/// 振込依頼人の内容。
#[derive(InputObject)]
pub struct TransferSourceSetInput {
    /// 振込依頼人コード(10桁)。銀行から与えられる。
    pub consignor_code: String,
    /// 振込依頼人名(カナ)。
    pub consignor_name: String,
    /// 仕向銀行番号(4桁)。
    pub bank_code: String,
    /// 仕向銀行名(カナ)。
    pub bank_name: String,
    /// 仕向支店番号(3桁)。
    pub branch_code: String,
    /// 仕向支店名(カナ)。
    pub branch_name: String,
    /// 預金種目。
    pub kind: DepositKind,
    /// 口座番号(7桁)。
    pub number: String,
}

/// Says from where the municipality pays.
pub async fn set_source(tx: &Tx, input: TransferSourceSetInput) -> Result<TransferSourceId> {
    tx.may_create::<TransferSource>(TRANSFER_SOURCE_SET, &[])?;
    let TransferSourceSetInput {
        consignor_code,
        consignor_name,
        bank_code,
        bank_name,
        branch_code,
        branch_name,
        kind,
        number,
    } = input;
    let known = transfer_source::Entity::find().one(tx).await?;
    let id = known.as_ref().map_or_else(TransferSourceId::new, |row| row.id);
    let mut checks = Checks::new();
    let row = transfer_source::ActiveModel {
        id: Set(id),
        consignor_code: Set(digits(&mut checks, "input.consignorCode", &consignor_code, 10)),
        consignor_name: Set(kana(&mut checks, "input.consignorName", &consignor_name, 40)),
        bank_code: Set(digits(&mut checks, "input.bankCode", &bank_code, 4)),
        bank_name: Set(kana(&mut checks, "input.bankName", &bank_name, 15)),
        branch_code: Set(digits(&mut checks, "input.branchCode", &branch_code, 3)),
        branch_name: Set(kana(&mut checks, "input.branchName", &branch_name, 15)),
        kind: Set(kind),
        number: Set(digits(&mut checks, "input.number", &number, 7)),
        ..Default::default()
    };
    checks.check(
        kind != DepositKind::Savings,
        "input.kind",
        "KIND",
        "振込依頼人の口座は普通・当座・その他です。",
        "The payer's account is ordinary, current or other.",
    );
    checks.done()?;
    if known.is_some() {
        row.update(tx).await?;
    } else {
        row.insert(tx).await?;
    }
    Ok(id)
}

/// 総合振込の内容。
#[derive(InputObject)]
pub struct BankTransferPrepareInput {
    /// 振込指定日。今日から60日以内の、銀行の休日(土曜日・日曜日、祝日、12月31日から1月3日まで)でない日。
    pub transfer_on: Date,
    /// 支払を請求された交付申請(1件以上、200件まで)。
    pub grant_application_ids: Vec<GrantApplicationId>,
}

/// Puts payments together that were requested and approved. Each is in one file that counts.
///
/// # Errors
/// CONFLICT/IN_TRANSFER where a payment is in another file; CONFLICT/NO_BANK_ACCOUNT where the organization has no
/// confirmed account; CONFLICT/STATE where it is not to be paid.
pub async fn prepare(tx: &Tx, input: BankTransferPrepareInput) -> Result<BankTransferId> {
    tx.may_create::<BankTransfer>(BANK_TRANSFER_PREPARE, &[])?;
    let BankTransferPrepareInput { transfer_on, grant_application_ids: mut ids } = input;
    ids.sort_unstable_by_key(|id| id.0);
    ids.dedup();
    let mut checks = Checks::new();
    let few = (1..=MOST).contains(&ids.len());
    checks.check(few, "input.grantApplicationIds", "COUNT", "1件から200件までです。", "1 to 200 payments.");
    let soon = (0..=60).contains(&(transfer_on.0 - tx.today()).num_days());
    checks.check(soon, "input.transferOn", "RANGE", "今日から60日以内の日です。", "A day within 60 days from today.");
    let works = rules::banks_work(transfer_on.0);
    let (ja, en) = ("銀行の休日には振り込めません。", "Banks rest on weekends and holidays.");
    checks.check(works, "input.transferOn", "BANK_HOLIDAY", ja, en);
    checks.done()?;
    let mut lines = Vec::new();
    let mut total = Yen(0);
    for id in ids {
        let line = line(tx, id).await?;
        let sum = total.checked_add(line.1.amount).filter(|sum| sum.0 <= MOST_TOTAL_YEN);
        total = sum.ok_or(Error::Conflict(amount_range()))?;
        lines.push((id, line.0, line.1));
    }
    let count = i32::try_from(lines.len()).map_err(Error::internal)?;
    let row = bank_transfer::ActiveModel {
        id: Set(BankTransferId::new()),
        transfer_on: Set(transfer_on),
        state: Set(BankTransferState::Prepared),
        count: Set(count),
        total_yen: Set(total),
        prepared_by: Set(tx.principal.account),
        key_id: Set(String::new()),
        secret: Set(String::new()),
        ..Default::default()
    };
    let transfer = row.insert(tx).await?.id;
    for (number, (id, account, payable)) in (1..).zip(lines) {
        insert(tx, transfer, number, id, &account, &payable).await?;
    }
    Ok(transfer)
}

async fn line(tx: &Tx, id: GrantApplicationId) -> Result<(bank_account::Model, Payable)> {
    let payable = payable(tx, id, Action::READ).await?;
    if payable.amount.0 > MOST_YEN {
        return Err(Error::Conflict(amount_range()));
    }
    let counts = bank_transfer_line::Entity::find()
        .filter(bank_transfer_line::Column::ApplicationId.eq(id))
        .filter(bank_transfer_line::Column::PaymentNumber.eq(payable.number))
        .filter(bank_transfer_line::Column::State.is_in([TransferLineState::Waiting, TransferLineState::Paid]));
    if counts.one(tx).await?.is_some() {
        return Err(Error::Conflict(Refusal::new(
            "IN_TRANSFER",
            format!("「{}」はすでに総合振込に入っています。", payable.title),
            format!("The payment of {} is in a transfer already.", payable.title),
        )));
    }
    Ok((confirmed(tx, payable.organization_id, &payable.title).await?, payable))
}

async fn confirmed(tx: &Tx, of: OrganizationId, title: &str) -> Result<bank_account::Model> {
    let found = bank_account::Entity::find()
        .filter(bank_account::Column::OrganizationId.eq(of))
        .filter(bank_account::Column::State.eq(BankAccountState::Confirmed));
    found.one(tx).await?.ok_or_else(|| {
        Error::Conflict(Refusal::new(
            "NO_BANK_ACCOUNT",
            format!("「{title}」の団体には確認済みの口座がありません。"),
            format!("The organization of {title} has no confirmed bank account."),
        ))
    })
}

fn amount_range() -> Refusal {
    Refusal::new("AMOUNT_RANGE", "総合振込で扱える金額を超えます。", "More than a bank transfer can say.")
}

async fn insert(
    tx: &Tx,
    transfer: BankTransferId,
    number: i32,
    id: GrantApplicationId,
    account: &bank_account::Model,
    payable: &Payable,
) -> Result<()> {
    let row = bank_transfer_line::ActiveModel {
        id: Set(BankTransferLineId::new()),
        transfer_id: Set(transfer),
        number: Set(number),
        application_id: Set(id),
        payment_number: Set(payable.number),
        organization_id: Set(payable.organization_id),
        bank_account_id: Set(account.id),
        amount_yen: Set(payable.amount),
        state: Set(TransferLineState::Waiting),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// Makes the file. Somebody else has put it together; each payment is still to be paid, to the account that was confirmed,
/// and the caller could pay it by hand.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART for whoever had a hand in one of the payments; CONFLICT/TRANSFER_DAY_PASSED; CONFLICT/NO_TRANSFER_SOURCE before it was said from where the municipality pays; CONFLICT/BANK_ACCOUNT_CHANGED.
pub async fn produce(tx: &Tx, id: BankTransferId) -> Result<BankTransferId> {
    let row = tx.load::<BankTransfer>(id, BANK_TRANSFER_PRODUCE).await?;
    rules::transfer(&row, BANK_TRANSFER_PRODUCE, tx.now)?;
    rules::in_time(row.transfer_on.0, tx.today())?;
    let payer = payer(tx).await?;
    let mut payees = Vec::new();
    for line in lines(tx, id).await? {
        payees.push(payee(tx, &line).await?);
    }
    let (bytes, total) = file(&payer, row.transfer_on.0, &payees).map_err(Error::internal)?;
    if total != row.total_yen.0 || usize::try_from(row.count) != Ok(payees.len()) {
        return Err(Error::internal("the lines of a transfer are not what was prepared"));
    }
    let Sealed { key, text } = tx.keys.seal(&sealed::context(TRANSFERS, id.0), &bytes).map_err(Error::internal)?;
    let transfer_on = row.transfer_on;
    let mut row: bank_transfer::ActiveModel = row.into();
    row.state = Set(BankTransferState::Produced);
    row.produced_by = Set(tx.principal.account);
    row.produced_at = Set(Some(tx.now));
    row.report_due = Set(Some(report_due(tx, transfer_on).await?));
    row.source_account = Set(Some(payer.account.written()));
    row.sha256 = Set(Some(sha256(&bytes)));
    row.key_id = Set(key);
    row.secret = Set(text);
    row.update(tx).await?;
    Ok(id)
}

/// Until when the bank's results are awaited: so many open days after the transfer as the municipality says.
async fn report_due(tx: &Tx, transfer_on: Date) -> Result<Date> {
    let settings = settings::Entity::find().one(tx).await?;
    let days = settings.ok_or_else(|| Error::internal("a municipality without settings"))?.bank_report_days;
    let days = u32::try_from(days).map_err(Error::internal)?;
    Ok(Date(calendar::of(tx).await?.open_days_after(transfer_on.0, days)))
}

/// The lines of a file, in their order.
pub(super) async fn lines(tx: &Tx, id: BankTransferId) -> Result<Vec<bank_transfer_line::Model>> {
    let lines = bank_transfer_line::Entity::find()
        .filter(bank_transfer_line::Column::TransferId.eq(id))
        .order_by_asc(bank_transfer_line::Column::Number);
    Ok(lines.all(tx).await?)
}

/// From where the municipality pays.
pub(super) async fn payer(tx: &Tx) -> Result<Payer> {
    let found = transfer_source::Entity::find().one(tx).await?;
    let row = found.ok_or_else(|| {
        Error::Conflict(Refusal::new(
            "NO_TRANSFER_SOURCE",
            "振込依頼人の設定がありません。",
            "It was not said from where the municipality pays.",
        ))
    })?;
    let account = Account { bank: row.bank_code, branch: row.branch_code, kind: row.kind.code(), number: row.number };
    Ok(Payer {
        code: row.consignor_code,
        name: row.consignor_name,
        bank_name: row.bank_name,
        branch_name: row.branch_name,
        account,
    })
}

async fn payee(tx: &Tx, line: &bank_transfer_line::Model) -> Result<Payee> {
    let payable = payable(tx, line.application_id, GRANT_PAYMENT_EXECUTE).await?;
    let account = confirmed(tx, line.organization_id, &payable.title).await?;
    if account.id != line.bank_account_id || !is_still(&payable, line) {
        return Err(Error::Conflict(Refusal::new(
            "BANK_ACCOUNT_CHANGED",
            format!("「{}」の口座か支払が起案の後に変わりました。起案し直してください。", payable.title),
            format!("The account or the payment of {} has changed since. Prepare it again.", payable.title),
        )));
    }
    Ok(Payee {
        bank_name: account.bank_name.clone(),
        branch_name: account.branch_name.clone(),
        account: of_row(tx, &account)?,
        holder: account.holder_kana,
        yen: line.amount_yen.0,
        reference: u64::try_from(line.number).map_err(Error::internal)?,
    })
}

/// Is what waits to be paid the very payment of the line, and not the next one?
pub(super) fn is_still(payable: &Payable, line: &bank_transfer_line::Model) -> bool {
    payable.number == line.payment_number && payable.amount == line.amount_yen
}

/// An account as bank files name it.
pub(super) fn of_row(tx: &Tx, row: &bank_account::Model) -> Result<Account> {
    let number = number(tx, row)?;
    Ok(Account { bank: row.bank_code.clone(), branch: row.branch_code.clone(), kind: row.kind.code(), number })
}

/// Gives up what was put together, before there is a file.
pub async fn cancel(tx: &Tx, id: BankTransferId) -> Result<BankTransferId> {
    let row = tx.load::<BankTransfer>(id, BANK_TRANSFER_CANCEL).await?;
    rules::transfer(&row, BANK_TRANSFER_CANCEL, tx.now)?;
    for line in lines(tx, id).await? {
        let mut line: bank_transfer_line::ActiveModel = line.into();
        line.state = Set(TransferLineState::Cancelled);
        line.update(tx).await?;
    }
    let mut row: bank_transfer::ActiveModel = row.into();
    row.state = Set(BankTransferState::Cancelled);
    row.update(tx).await?;
    Ok(id)
}
