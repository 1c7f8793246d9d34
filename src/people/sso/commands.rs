//! What is done with single sign-on: setting the provider, linking identities and parting from them, accepting an
//! invitation with one.

use async_graphql::InputObject;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, Role};
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{InvitationId, account, appointment, invitation};
use crate::people::posts::personnel;
use crate::people::sso::attempts;
use crate::people::sso::entity::{
    AttemptPurpose, IdentityId, IdentityProviderId, SecondFactorBy, identity, identity_provider,
};
use crate::people::sso::mandatory::Standing;
use crate::people::sso::shapes::{Identity, IdentityProvider};
use crate::people::sso::{flow, mandatory, rules};
use crate::people::{authenticate, invitations, session};

/// 市の認証を設定する。
pub const IDENTITY_PROVIDER_SET: Action = Action("identityProviderSet");
/// 市の認証の ID を結び付ける。
pub const IDENTITY_LINK: Action = Action("identityLink");
/// 市の認証の ID との結び付きを解く。
pub const IDENTITY_UNLINK: Action = Action("identityUnlink");

/// 市の認証(OpenID Connect)の設定。
#[derive(Clone, InputObject)]
pub struct IdentityProviderSetInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 発行者(issuer)。`https://` で始まるアドレス。市の認証の管理者が知らせるとおりに入力する。
    pub issuer: String,
    /// クライアント ID。
    pub client_id: String,
    /// クライアントの秘密。表示されることはない。指定しなければ今のものを使う(発行者かクライアント ID を変えるときは必要)。
    pub client_secret: Option<String>,
    /// 二要素目をどこで確かめるか。
    pub second_factor: SecondFactorBy,
    /// 二要素で確かめたことを示す `acr` の値。指定しなければ `amr` の `mfa` だけで判断する。
    pub second_factor_acr: Option<String>,
    /// 使うか。false にすると、サインインの画面からボタンが消える。
    pub enabled: bool,
    /// 町の仕事をする人は市の認証だけでサインインするか。
    #[graphql(default)]
    pub staff_only_here: bool,
    /// 非常用の管理者。市の認証が使えない日に、パスワードと確認コードでサインインできる一人。
    pub emergency_account_id: Option<AccountId>,
    /// まだ結び付けていない人がいても必須にするか。その人たちは、必須を外すまでサインインできない。
    #[graphql(default)]
    pub leave_out_unlinked: bool,
}

impl IdentityProviderSetInput {
    /// # Errors
    /// INVALID_INPUT with everything that is wrong.
    pub fn check(&self, sso: &attempts::SingleSignOn) -> Result<()> {
        let mut checks = Checks::new();
        let fits = rules::issuer(&self.issuer).is_some_and(|url| sso.providers.fetch().allows(&url));
        let (ja, en) =
            ("https:// で始まるアドレスを、? と # なしで入力してください。", "An https:// address without ? and #.");
        checks.check(fits, "input.issuer", "ISSUER", ja, en);
        checks.text("input.clientId", &self.client_id, 200);
        if let Some(secret) = &self.client_secret {
            checks.text("input.clientSecret", secret, 500);
        }
        checks.optional("input.secondFactorAcr", self.second_factor_acr.as_deref(), 200);
        let (ja, en) = ("使わない市の認証を必須にはできません。", "What is not used cannot be required.");
        checks.check(self.enabled || !self.staff_only_here, "input.staffOnlyHere", "ENABLED", ja, en);
        let (ja, en) = ("非常用の管理者を指定してください。", "Please name an emergency administrator.");
        let named = self.emergency_account_id.is_some() || !self.staff_only_here;
        checks.check(named, "input.emergencyAccountId", "REQUIRED", ja, en);
        checks.done()
    }
}

/// Sets the provider of the municipality. That the issuer answers has been looked at before.
pub async fn set(tx: &Tx, input: IdentityProviderSetInput) -> Result<IdentityProviderId> {
    tx.may_create::<IdentityProvider>(IDENTITY_PROVIDER_SET, &[])?;
    let known = identity_provider::Entity::find().lock(LockType::NoKeyUpdate).one(tx).await?;
    let IdentityProviderSetInput {
        revision,
        issuer,
        client_id,
        client_secret,
        second_factor,
        second_factor_acr,
        enabled,
        staff_only_here,
        emergency_account_id,
        leave_out_unlinked,
    } = input;
    let client_id = client_id.trim().to_owned();
    if let Some(row) = &known {
        same_revision::<IdentityProvider>(row.id, row.revision, revision)?;
    }
    if staff_only_here {
        // Nobody takes the emergency's post away meanwhile.
        personnel::turn(tx).await?;
        leaves_a_way_in(tx, &issuer, emergency_account_id).await?;
        if !leave_out_unlinked {
            leaves_nobody_out(tx, &issuer, emergency_account_id).await?;
        }
    }
    let id = known.as_ref().map_or_else(IdentityProviderId::new, |row| row.id);
    let same = known.as_ref().filter(|row| row.issuer == issuer && row.client_id == client_id);
    let (key, text) = match (client_secret, same) {
        (Some(secret), _) => {
            let sealed = tx.keys.seal(&flow::context(id), secret.trim().as_bytes()).map_err(Error::internal)?;
            (sealed.key, sealed.text)
        }
        (None, Some(row)) => (row.key_id.clone(), row.secret.clone()),
        (None, None) => {
            let (ja, en) = ("クライアントの秘密を入力してください。", "The client's secret is required.");
            return Err(Error::invalid("input.clientSecret", "REQUIRED", ja, en));
        }
    };
    let before = known.as_ref().is_some_and(|row| row.enabled && row.staff_only_here);
    let row = identity_provider::ActiveModel {
        id: Set(id),
        issuer: Set(issuer),
        client_id: Set(client_id),
        key_id: Set(key),
        secret: Set(text),
        second_factor: Set(second_factor),
        second_factor_acr: Set(second_factor_acr.filter(|acr| !acr.trim().is_empty())),
        enabled: Set(enabled),
        staff_only_here: Set(staff_only_here),
        emergency_account_id: Set(emergency_account_id),
        ..Default::default()
    };
    if known.is_some() {
        row.update(tx).await?
    } else {
        row.insert(tx).await?
    };
    if staff_only_here && !before {
        end_password_sessions(tx).await?;
    }
    Ok(id)
}

/// Before passwords are refused, whoever refuses them can come in without one, and somebody else, or they, with one.
async fn leaves_a_way_in(tx: &Tx, issuer: &str, emergency: Option<AccountId>) -> Result<()> {
    let own = tx.principal.account.ok_or(Error::Unauthenticated)?;
    if !mandatory::is_linked(tx, own, issuer).await? {
        return Err(Error::Conflict(Refusal::new(
            "IDENTITY_MISSING",
            "先に自分のアカウントを市の認証に結び付けてください。",
            "Please link your own account to single sign-on first.",
        )));
    }
    let id = emergency.ok_or(Error::NotFound)?;
    let row = account::Entity::find_by_id(id).one(tx).await?.ok_or(Error::NotFound)?;
    let ready = row.password_hash.is_some() && row.second_factor_at.is_some();
    let post = authenticate::appointed(tx, id).await?.is_some_and(|who| who.holds(&[Role::Admin]));
    let lasting = appointment::Entity::find()
        .filter(appointment::Column::AccountId.eq(id))
        .filter(appointment::Column::Role.eq(Role::Admin))
        .filter(appointment::Column::EndedAt.is_null())
        .filter(appointment::Column::EndsOn.is_null())
        .filter(appointment::Column::StartsOn.lte(Date(tx.today())));
    if ready && post && lasting.one(tx).await?.is_some() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "EMERGENCY_ACCOUNT",
        "非常用の管理者は、パスワードと二要素認証のある、任期の定めのない管理者でなければなりません。",
        "The emergency administrator has to be an administrator without a last day, with a password and a second factor.",
    )))
}

/// The most names that a refusal lists.
const LISTED: usize = 20;

async fn leaves_nobody_out(tx: &Tx, issuer: &str, emergency: Option<AccountId>) -> Result<()> {
    let names = mandatory::left_out(tx, issuer, emergency).await?;
    if names.is_empty() {
        return Ok(());
    }
    let listed = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join("、");
    Err(Error::Conflict(Refusal::new(
        "STAFF_UNLINKED",
        format!("まだ市の認証に結び付けていない人が{}人います: {listed}", names.len()),
        format!("{} people are not linked to single sign-on yet: {listed}", names.len()),
    )))
}

/// Whoever acts for the town and has come in with a password comes in again, except who says so.
async fn end_password_sessions(tx: &Tx) -> Result<()> {
    let mut sql = Sql::new("UPDATE sessions SET ended_at = ");
    sql.fill("?, end_reason = 'SSO_REQUIRED'", [Param::Time(Some(tx.now))]);
    sql.push(" WHERE ended_at IS NULL AND NOT single_sign_on AND account_id IN (SELECT account_id FROM appointments");
    sql.fill(" WHERE ended_at IS NULL AND role = ANY(?))", [Param::Texts(Role::of_the_town())]);
    sql.fill(" AND id IS DISTINCT FROM ?", [Param::Uuid(tx.principal.session.map(|s| s.0))]);
    tx.run(sql).await?;
    Ok(())
}

/// Links the identity that a ticket stands for to the account of the session in which it was asked for.
///
/// # Errors
/// UNAUTHENTICATED for a ticket that is not good; CONFLICT/DUPLICATE where the identity is somebody's, or the account
/// has one there.
pub async fn link(tx: &Tx, ticket: &str) -> Result<IdentityId> {
    tx.may_create::<Identity>(IDENTITY_LINK, &[])?;
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let (row, subject) = attempts::redeem(tx, ticket, AttemptPurpose::Link).await?;
    if row.session_id != tx.principal.session {
        return Err(Error::Unauthenticated);
    }
    belongs(tx, account, row.issuer, subject).await
}

async fn belongs(tx: &Tx, account: AccountId, issuer: String, subject: String) -> Result<IdentityId> {
    let row = identity::ActiveModel {
        id: Set(IdentityId::new()),
        account_id: Set(account),
        issuer: Set(issuer),
        subject: Set(subject),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// Parts an account from its identity; its other sessions end.
///
/// # Errors
/// CONFLICT/LAST_SIGN_IN where the account could not sign in any more.
pub async fn unlink(tx: &Tx, id: IdentityId) -> Result<AccountId> {
    let row = tx.load::<Identity>(id, IDENTITY_UNLINK).await?;
    let account = account::Entity::find_by_id(row.account_id).one(tx).await?.ok_or(Error::NotFound)?;
    let own = tx.principal.account == Some(row.account_id);
    let password =
        account.password_hash.is_some() && mandatory::standing(tx, row.account_id).await? != Standing::Refused;
    if own && !password {
        return Err(Error::Conflict(Refusal::new(
            "LAST_SIGN_IN",
            "ほかにサインインする方法がありません。先にパスワードを決めてください(パスワードの再設定)。",
            "There is no other way to sign in. Please set a password first (password reset).",
        )));
    }
    let mut sql = Sql::new("DELETE FROM identities WHERE id = ");
    sql.param(Param::Uuid(Some(id.0)));
    tx.run(sql).await?;
    let mut sql = Sql::new("DELETE FROM sign_in_attempts WHERE account_id = ");
    sql.param(Param::Uuid(Some(row.account_id.0)));
    tx.run(sql).await?;
    session::end_others(tx, row.account_id, tx.principal.session, "IDENTITY_UNLINKED").await?;
    Ok(row.account_id)
}

/// 市の認証による招待の受諾。
#[derive(InputObject)]
pub struct InvitationAcceptWithIdentityInput {
    /// 市の認証から戻ったときに得た文字列。
    pub token: String,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
}

/// Accepts the invitation that a ticket was asked for with: the account, its identity and its appointment are made,
/// once. It has no password.
///
/// # Errors
/// UNAUTHENTICATED for a ticket or an invitation that is not good; CONFLICT/DUPLICATE where the address has an account
/// or the identity is somebody's already: they sign in and claim it.
pub async fn accept(tx: &Tx, input: InvitationAcceptWithIdentityInput) -> Result<()> {
    let InvitationAcceptWithIdentityInput { token, name, name_kana } = input;
    let (row, subject) = attempts::redeem(tx, &token, AttemptPurpose::Invitation).await?;
    let id: InvitationId = row.invitation_id.ok_or(Error::Unauthenticated)?;
    let found = invitation::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
    let invited = invitations::commands::open(tx, found).await?;
    let person = invitations::commands::Person { name: &name, name_kana: &name_kana, hash: None };
    let account = invitations::commands::join(tx, invited, person).await?;
    belongs(tx, account, row.issuer, subject).await?;
    Ok(())
}
