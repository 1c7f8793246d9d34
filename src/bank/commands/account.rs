//! The accounts of organizations: proposed by one person, confirmed by another of the town hall.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::bank::commands::{
    ACCOUNTS, BANK_ACCOUNT_CONFIRM, BANK_ACCOUNT_REGISTER, BANK_ACCOUNT_REJECT, digits, kana, open_number,
};
use crate::bank::entity::{BankAccountId, BankAccountState, DepositKind, bank_account};
use crate::bank::shapes::BankAccount;
use crate::bank::{notices, rules};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::keys::Sealed;
use crate::kernel::policy::Action;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::DUTIES_APART;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::sealed;

/// 口座の内容。
#[derive(InputObject)]
pub struct BankAccountRegisterInput {
    /// 地域組織。
    pub organization_id: OrganizationId,
    /// 銀行番号(4桁)。
    pub bank_code: String,
    /// 銀行名(カナ)。
    pub bank_name: String,
    /// 支店番号(3桁)。
    pub branch_code: String,
    /// 支店名(カナ)。
    pub branch_name: String,
    /// 預金種目。
    pub kind: DepositKind,
    /// 口座番号(7桁)。暗号化して保存する。
    pub number: String,
    /// 口座名義(カナ)。全角で入力しても、銀行の半角の形に直して保存する。
    pub holder_kana: String,
}

/// Proposes the account that an organization is to be paid to; an earlier proposal that waits is given up.
pub async fn register(tx: &Tx, input: BankAccountRegisterInput) -> Result<BankAccountId> {
    let BankAccountRegisterInput {
        organization_id,
        bank_code,
        bank_name,
        branch_code,
        branch_name,
        kind,
        number,
        holder_kana,
    } = input;
    tx.peek::<CommunityOrganization>(organization_id, Action::READ).await?;
    tx.may_create::<BankAccount>(BANK_ACCOUNT_REGISTER, &[("organization_id", organization_id.0)])?;
    let mut checks = Checks::new();
    let bank_code = digits(&mut checks, "input.bankCode", &bank_code, 4);
    let bank_name = kana(&mut checks, "input.bankName", &bank_name, 15);
    let branch_code = digits(&mut checks, "input.branchCode", &branch_code, 3);
    let branch_name = kana(&mut checks, "input.branchName", &branch_name, 15);
    let number = digits(&mut checks, "input.number", &number, 7);
    let holder_kana = kana(&mut checks, "input.holderKana", &holder_kana, 30);
    checks.done()?;
    let Sealed { key, text } =
        tx.keys.seal(&sealed::context(ACCOUNTS, organization_id.0), number.as_bytes()).map_err(Error::internal)?;
    settle(tx, organization_id, BankAccountState::Proposed, BankAccountState::Replaced).await?;
    let row = bank_account::ActiveModel {
        id: Set(BankAccountId::new()),
        organization_id: Set(organization_id),
        bank_code: Set(bank_code),
        bank_name: Set(bank_name),
        branch_code: Set(branch_code),
        branch_name: Set(branch_name),
        kind: Set(kind),
        key_id: Set(key),
        secret: Set(text),
        tail: Set(rules::tail(&number).to_owned()),
        holder_kana: Set(holder_kana),
        state: Set(BankAccountState::Proposed),
        registered_by: Set(tx.principal.account),
        ..Default::default()
    };
    let row = row.insert(tx).await?;
    notices::proposed(tx, row.id, &row).await?;
    Ok(row.id)
}

/// Moves the organization's account in one state, if there is one, to another.
async fn settle(tx: &Tx, of: OrganizationId, from: BankAccountState, to: BankAccountState) -> Result<()> {
    let found = bank_account::Entity::find()
        .filter(bank_account::Column::OrganizationId.eq(of))
        .filter(bank_account::Column::State.eq(from))
        .lock_exclusive();
    if let Some(row) = found.one(tx).await? {
        let mut row: bank_account::ActiveModel = row.into();
        row.state = Set(to);
        row.update(tx).await?;
    }
    Ok(())
}

/// 口座の確認。
#[derive(InputObject)]
pub struct BankAccountConfirmInput {
    /// 届出書にある口座番号。届け出られた番号と一致しなければ確認できない。
    pub number: String,
}

/// How often a number may be typed that is not the registered one; then the account has to be registered again.
const MOST_MISMATCHES: i32 = 5;

/// Confirms an account: whoever confirms has the paper and types the number again. The one before is replaced.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART for people of the organization; INVALID_INPUT/MISMATCH for another number. Each is counted, whatever becomes of the request: nobody finds a number out
/// by trying. So it is no trial either (`CREDENTIAL_ACTS`).
pub async fn confirm(tx: &Tx, id: BankAccountId, input: BankAccountConfirmInput) -> Result<BankAccountId> {
    let row = tx.load::<BankAccount>(id, BANK_ACCOUNT_CONFIRM).await?;
    // Who belongs to the organization does not speak for the town hall, whatever else they are appointed to.
    if tx.principal.scopes(Role::ORGANIZATION, ScopeKind::Organization).contains(&row.organization_id.0) {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    rules::account(&row, BANK_ACCOUNT_CONFIRM, tx.now)?;
    let mut checks = Checks::new();
    let typed = digits(&mut checks, "input.number", &input.number, 7);
    checks.done()?;
    let known = number(tx, &row)?;
    if typed != known {
        tx.afterwards(Box::new(move |tx| Box::pin(mismatched(tx, id))));
    }
    let mut checks = Checks::new();
    checks.check(
        typed == known,
        "input.number",
        "MISMATCH",
        "届け出られた口座番号と一致しません。",
        "This is not the number that was registered.",
    );
    checks.done()?;
    settle(tx, row.organization_id, BankAccountState::Confirmed, BankAccountState::Replaced).await?;
    let mut next: bank_account::ActiveModel = row.clone().into();
    next.state = Set(BankAccountState::Confirmed);
    next.confirmed_by = Set(tx.principal.account);
    next.confirmed_on = Set(Some(Date(tx.today())));
    next.update(tx).await?;
    notices::confirmed(tx, id, &row).await?;
    Ok(id)
}

/// Counts a number that was not the registered one.
async fn mismatched(tx: &Tx, id: BankAccountId) -> Result<()> {
    let waiting = bank_account::Entity::find_by_id(id)
        .filter(bank_account::Column::State.eq(BankAccountState::Proposed))
        .lock_exclusive();
    let Some(row) = waiting.one(tx).await? else { return Ok(()) };
    let mismatches = row.mismatches.saturating_add(1);
    let mut row: bank_account::ActiveModel = row.into();
    row.mismatches = Set(mismatches);
    if mismatches >= MOST_MISMATCHES {
        row.state = Set(BankAccountState::Rejected);
        row.rejection_reason = Set(Some(format!("口座番号が{MOST_MISMATCHES}回一致しませんでした。")));
    }
    row.update(tx).await?;
    Ok(())
}

/// The number of an account.
pub(super) fn number(tx: &Tx, row: &bank_account::Model) -> Result<String> {
    let sealed = Sealed { key: row.key_id.clone(), text: row.secret.clone() };
    open_number(&tx.keys, row.organization_id.0, &sealed)
}

/// 口座の返却。
#[derive(InputObject)]
pub struct BankAccountRejectInput {
    /// 理由。
    pub reason: String,
}

/// Does not confirm a proposed account.
pub async fn reject(tx: &Tx, id: BankAccountId, input: BankAccountRejectInput) -> Result<BankAccountId> {
    let row = tx.load::<BankAccount>(id, BANK_ACCOUNT_REJECT).await?;
    rules::account(&row, BANK_ACCOUNT_REJECT, tx.now)?;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &input.reason, 500);
    checks.done()?;
    let mut next: bank_account::ActiveModel = row.into();
    next.state = Set(BankAccountState::Rejected);
    next.rejection_reason = Set(Some(reason));
    next.update(tx).await?;
    Ok(id)
}
