//! Mutations of the second factor.

use async_graphql::{Context, Object, SimpleObject};

use crate::kernel::error::Result;
use crate::kernel::principal::AccountId;
use crate::kernel::read::Read;
use crate::kernel::work::{Work, act};
use crate::people::factor::commands::{self, Enrolment};
use crate::people::shapes::Account;

/// 確認コードの登録の始まり。この一度だけ表示される。
#[derive(SimpleObject)]
pub struct SecondFactorEnrolment {
    /// 認証アプリに手で入力する秘密(base32)。
    pub secret: String,
    /// 認証アプリで開く URI(`otpauth://totp/…`)。QR コードにして読み取らせてもよい。
    pub uri: String,
}

/// 回復コード。認証アプリを失ったときに、確認コードの代わりに使う。一つにつき一度だけ。
#[derive(SimpleObject)]
pub struct RecoveryCodes {
    /// 10個のコード。この一度だけ表示される。印刷するなどして、端末とは別に保管する。
    pub codes: Vec<String>,
}

/// Mutations of the second factor.
#[derive(Default)]
pub struct SecondFactorMutation;

/// 二要素認証
#[Object]
impl SecondFactorMutation {
    /// 確認コード(TOTP)の登録を始める。認証アプリに入れる秘密が一度だけ表示される。直前の本人確認(15分以内)が必要。
    async fn second_factor_enrol(&self, ctx: &Context<'_>) -> Result<SecondFactorEnrolment> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let Enrolment { secret, uri } = commands::enrol(turn.tx()).await?;
        Ok(SecondFactorEnrolment { secret, uri })
    }

    /// 認証アプリの確認コードを示して、登録を終える。ほかのサインインは終わる。直前の本人確認(15分以内)が必要。
    async fn second_factor_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "認証アプリに表示された6桁の確認コード。")] code: String,
    ) -> Result<RecoveryCodes> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        Ok(RecoveryCodes { codes: commands::confirm(&mut turn, &code).await? })
    }

    /// 二要素認証をやめる(本人)。回復コードも使えなくなる。直前の本人確認(15分以内)が必要。
    async fn second_factor_disable(&self, ctx: &Context<'_>) -> Result<Read<Account>> {
        act(ctx, |tx| Box::pin(commands::disable(tx))).await
    }

    /// 認証アプリも回復コードも失った人の二要素認証を解く(管理者)。その人のサインインはすべて終わる。直前の本人確認(15分以内)が必要。
    async fn second_factor_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "アカウント。")] id: AccountId,
    ) -> Result<Read<Account>> {
        act(ctx, move |tx| Box::pin(commands::reset(tx, id))).await
    }

    /// 回復コードを作り直す。前のものは使えなくなる。直前の本人確認(15分以内)が必要。
    async fn recovery_codes_renew(&self, ctx: &Context<'_>) -> Result<RecoveryCodes> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        Ok(RecoveryCodes { codes: commands::renew_codes(turn.tx()).await? })
    }
}
