//! Root fields of single sign-on. Signing in itself is a matter of browsers: `src/api/sso.rs`.

use async_graphql::{Context, Object};

use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::{Work, act};
use crate::people::graphql::Identity as People;
use crate::people::proofs::graphql::CredentialChange;
use crate::people::shapes::Account;
use crate::people::sso::commands::{self, IdentityProviderSetInput, InvitationAcceptWithIdentityInput};
use crate::people::sso::entity::IdentityId;
use crate::people::sso::shapes::{Identity, IdentityProvider};

/// Queries of single sign-on.
pub fn queries(queries: Queries) -> Queries {
    queries.list::<IdentityProvider>("identityProviders", "市の認証の設定(多くても一件)。使っていなければ空。")
}

/// Mutations of single sign-on.
#[derive(Default)]
pub struct SingleSignOnMutation;

/// 市の認証
#[Object]
impl SingleSignOnMutation {
    /// 市の認証(シングルサインオン)を設定する(管理者)。発行者に問い合わせて、答えがあるときだけ保存する。直前の本人確認(15分以内)が必要。
    async fn identity_provider_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "設定の内容。")] input: IdentityProviderSetInput,
    ) -> Result<Read<IdentityProvider>> {
        let sso = &ctx.data_unchecked::<People>().single_sign_on;
        {
            let mut turn = ctx.data_unchecked::<Work>().turn().await;
            let now = turn.tx().now;
            turn.tx().may_create::<IdentityProvider>(commands::IDENTITY_PROVIDER_SET, &[])?;
            if let Some(id) = input.emergency_account_id {
                turn.tx().peek::<Account>(id, Action::READ).await?;
            }
            input.check(sso)?;
            turn.release().await?;
            if input.enabled {
                sso.providers.look(&input.issuer, now).await.map_err(|why| silent(&input.issuer, &why))?;
            }
        }
        act(ctx, move |tx| Box::pin(commands::set(tx, input))).await
    }

    /// 市の認証の ID を、サインインしている自分のアカウントに結び付ける。市の認証を経て得た文字列を、同じサインインのうちに使う。直前の本人確認(15分以内)が必要。
    async fn identity_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "市の認証から戻ったときに得た文字列。")] token: String,
    ) -> Result<Read<Identity>> {
        act(ctx, move |tx| Box::pin(async move { commands::link(tx, &token).await })).await
    }

    /// 市の認証の ID との結び付きを解く(本人。管理者はほかの人のものも)。その人のほかのサインインは終わる。直前の本人確認(15分以内)が必要。
    async fn identity_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "結び付けた ID。")] identity_id: IdentityId,
    ) -> Result<Read<Account>> {
        act(ctx, move |tx| Box::pin(commands::unlink(tx, identity_id))).await
    }

    /// 招待を市の認証で受けてアカウントを作る。パスワードのないアカウントになる。続けて市の認証でサインインする。
    async fn invitation_accept_with_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "受諾の内容。")] input: InvitationAcceptWithIdentityInput,
    ) -> Result<CredentialChange> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let changed_at = turn.tx().now;
        commands::accept(turn.tx(), input).await?;
        Ok(CredentialChange { changed_at })
    }
}

/// Why nothing was learned of an issuer is for the log: what answers inside a network is nobody's business.
fn silent(issuer: &str, why: &str) -> Error {
    tracing::warn!(issuer, why, "an issuer was not taken");
    let (ja, en) =
        ("この発行者から、OpenID Connect の設定を読み取れません。", "This issuer tells no OpenID Connect metadata.");
    Error::invalid("input.issuer", "DISCOVERY", ja, en)
}
