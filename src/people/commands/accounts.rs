//! Accounts and their passwords.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{Language, account};
use crate::people::posts::personnel;
use crate::people::shapes::Account;
use crate::people::sso::mandatory;
use crate::people::{proofs, session};

/// アカウントを作る。
pub const ACCOUNT_CREATE: Action = Action("accountCreate");
/// メールの言語を選ぶ。
pub const ACCOUNT_LANGUAGE_SET: Action = Action("accountLanguageSet");
/// アカウントを停止する。
pub const ACCOUNT_SUSPEND: Action = Action("accountSuspend");

/// アカウントの内容。
#[derive(InputObject)]
pub struct AccountCreateInput {
    /// メールアドレス。サインインに使う。
    pub email: String,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// 最初のパスワード(12文字以上)。
    pub initial_password: String,
}

/// Makes an account. `hash` is the initial password's.
pub async fn create_account(tx: &Tx, input: AccountCreateInput, hash: String) -> Result<AccountId> {
    tx.may_create::<Account>(ACCOUNT_CREATE, &[])?;
    let AccountCreateInput { email, name, name_kana, initial_password: _ } = input;
    let mut checks = Checks::new();
    let row = account::ActiveModel {
        id: Set(AccountId::new()),
        email: Set(checks.email("input.email", &email)),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        password_hash: Set(Some(hash)),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// Suspends an account and ends its sessions.
pub async fn suspend_account(tx: &Tx, id: AccountId) -> Result<AccountId> {
    let turn = personnel::turn(tx).await?;
    let row = tx.load::<Account>(id, ACCOUNT_SUSPEND).await?;
    mandatory::keeps_emergency(tx, id).await?;
    let mut row: account::ActiveModel = row.into();
    row.suspended_at = Set(Some(tx.now));
    row.update(tx).await?;
    turn.keeps_administrator(tx).await?;
    session::end_others(tx, id, None, "SUSPENDED").await?;
    Ok(id)
}

/// Chooses the language of one's mails.
pub async fn set_language(tx: &Tx, language: Language) -> Result<AccountId> {
    let id = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let row = tx.load::<Account>(id, ACCOUNT_LANGUAGE_SET).await?;
    let mut row: account::ActiveModel = row.into();
    row.language = Set(language);
    row.update(tx).await?;
    Ok(id)
}

/// One's own password, as it is stored.
pub struct OwnPassword {
    /// Whose it is.
    pub account: AccountId,
    /// The address, which must not be the password.
    pub email: String,
    /// Its hash.
    pub hash: String,
}

/// The signed-in account's password.
pub async fn own_password(tx: &Tx) -> Result<OwnPassword> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let row = account::Entity::find_by_id(account).one(tx).await?.ok_or(Error::Unauthenticated)?;
    Ok(OwnPassword { account, email: row.email, hash: row.password_hash.ok_or(Error::Forbidden("NO_PASSWORD"))? })
}

/// Changes one's own password; every other session ends. `old` is the hash that was verified, `hash` the
/// new password's.
pub async fn change_password(tx: &Tx, old: String, hash: String) -> Result<AccountId> {
    let id = tx.principal.account.ok_or(Error::Unauthenticated)?;
    if !session::confirm(tx, &session::Known { id, hash: Some(old) }).await? {
        return Err(Error::Unauthenticated);
    }
    let row = account::ActiveModel { id: Set(id), password_hash: Set(Some(hash)), ..Default::default() };
    row.update(tx).await?;
    proofs::commands::end_of(tx, id).await?;
    session::end_others(tx, id, tx.principal.session, "PASSWORD_CHANGED").await?;
    Ok(id)
}
