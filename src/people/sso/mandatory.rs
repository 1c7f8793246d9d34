//! Where the town's people sign in with the town hall's sign-in alone: passwords are refused to them, but for one
//! administrator, who can let everybody in again on the day the provider is out of order.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::audit;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::principal::AccountId;
use crate::kernel::tx::Tx;
use crate::people::authenticate;
use crate::people::factor::check as factor;
use crate::people::sso::entity::identity_provider;

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
