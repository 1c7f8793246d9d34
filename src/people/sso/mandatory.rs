//! Where the town's people sign in with the town hall's sign-in alone: passwords are refused to them, but for one
//! administrator, who can let everybody in again on the day the provider is out of order.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::audit;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::principal::{AccountId, Role};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::authenticate;
use crate::people::factor::check as factor;
use crate::people::sso::entity::{identity, identity_provider};

/// The reason where a password is not taken.
pub const SSO_REQUIRED: &str = "SSO_REQUIRED";

/// The provider, where those who act for the town must use it.
pub async fn in_force(tx: &Tx) -> Result<Option<identity_provider::Model>> {
    let found = identity_provider::Entity::find()
        .filter(identity_provider::Column::Enabled.eq(true))
        .filter(identity_provider::Column::StaffOnlyHere.eq(true));
    Ok(found.one(tx).await?)
}

/// What holds for the password of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is taken.
    Taken,
    /// It is taken in an emergency, from this account alone and with its second factor.
    Emergency,
    /// It is not taken, however right it is.
    Refused,
}

/// What holds for the password of this account.
pub async fn standing(tx: &Tx, account: AccountId) -> Result<Standing> {
    let Some(provider) = in_force(tx).await? else { return Ok(Standing::Taken) };
    if !authenticate::acts_for_the_town(tx, account).await? {
        return Ok(Standing::Taken);
    }
    let emergency = provider.emergency_account_id == Some(account) && factor::is_on(tx, account).await?;
    Ok(if emergency { Standing::Emergency } else { Standing::Refused })
}

/// May this account be proved by a password? Asked only after the password was right. Each use in an emergency is noted.
///
/// # Errors
/// FORBIDDEN/SSO_REQUIRED.
pub async fn takes_password(tx: &Tx, account: AccountId) -> Result<()> {
    match standing(tx, account).await? {
        Standing::Taken => Ok(()),
        Standing::Emergency => audit::note_one(tx, "EMERGENCY_SIGN_IN", "accounts", account.0).await,
        Standing::Refused => Err(Error::Forbidden(SSO_REQUIRED)),
    }
}

/// Refuses a role of the town hall to somebody who could not come in to use it.
///
/// # Errors
/// CONFLICT/IDENTITY_MISSING.
pub async fn comes_in(tx: &Tx, account: AccountId, role: Role) -> Result<()> {
    if !role.acts_for_the_town() {
        return Ok(());
    }
    let Some(provider) = in_force(tx).await? else { return Ok(()) };
    if provider.emergency_account_id == Some(account) || is_linked(tx, account, &provider.issuer).await? {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "IDENTITY_MISSING",
        "市の認証に結び付けていないアカウントです。先に本人がアカウントを市の認証に結び付けてください。",
        "The account is not linked to single sign-on. Its owner has to link it first.",
    )))
}

/// Can this account be proved by this issuer?
pub async fn is_linked(tx: &Tx, account: AccountId, issuer: &str) -> Result<bool> {
    let linked = identity::Entity::find()
        .filter(identity::Column::AccountId.eq(account))
        .filter(identity::Column::Issuer.eq(issuer));
    Ok(linked.one(tx).await?.is_some())
}

/// Who acts for the town, today or later, and could not come in where this issuer is the only way: their names.
pub async fn left_out(tx: &Tx, issuer: &str, emergency: Option<AccountId>) -> Result<Vec<String>> {
    let mut sql = Sql::new("SELECT a.name FROM accounts a WHERE a.suspended_at IS NULL AND NOT a.support");
    sql.fill(" AND a.id IS DISTINCT FROM ?", [Param::Uuid(emergency.map(|account| account.0))]);
    sql.fill(
        " AND NOT EXISTS (SELECT FROM identities i WHERE i.municipality_id = a.municipality_id
            AND i.account_id = a.id AND i.issuer = ?)",
        [Param::text(issuer)],
    );
    sql.fill(
        " AND EXISTS (SELECT FROM appointments p WHERE p.municipality_id = a.municipality_id AND p.account_id = a.id
            AND p.ended_at IS NULL AND (p.ends_on IS NULL OR p.ends_on >= ?)
            AND p.role = ANY(?)) ORDER BY a.name_kana, a.id",
        [Param::Date(Some(tx.today())), Param::Texts(Role::of_the_town())],
    );
    tx.rows(sql).await?.iter().map(|row| Ok(row.try_get("name")?)).collect()
}

/// Refuses what would take away the account, its post or its second factor while nobody else could come in.
///
/// # Errors
/// CONFLICT/EMERGENCY_ACCOUNT.
pub async fn keeps_emergency(tx: &Tx, account: AccountId) -> Result<()> {
    let kept = in_force(tx).await?.and_then(|provider| provider.emergency_account_id);
    if kept != Some(account) {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "EMERGENCY_ACCOUNT",
        "非常用の管理者のアカウントです。先に、市の認証の設定で別の人を非常用の管理者にしてください。",
        "This is the emergency administrator. Please choose another one in the settings of single sign-on first.",
    )))
}
