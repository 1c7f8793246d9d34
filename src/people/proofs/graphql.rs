//! Mutations of proofs: by nobody in particular, and by whoever bears a link's secret.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::kernel::error::Result;
use crate::kernel::work::Work;
use crate::people::entity::Language;
use crate::people::graphql::Identity;
use crate::people::proofs::commands::{self, AccountRegistrationConfirmInput};
use crate::people::proofs::entity::ProofPurpose;
use crate::people::session::{self, Known, SessionTokens};

/// メールの送信を受け付けたこと。メールが送られるかどうかは、アドレスの持ち主だけが知る。
#[derive(SimpleObject)]
pub struct MailedLink {
    /// 送られたリンクが使える期限。
    pub valid_until: DateTime<Utc>,
}

/// サインインに使うものが変わったこと。続けて使うにはサインインする。
#[derive(SimpleObject)]
pub struct CredentialChange {
    /// 変わった日時。
    pub changed_at: DateTime<Utc>,
}

/// Mutations of proofs.
#[derive(Default)]
pub struct ProofMutation;

/// メールによる確認
#[Object]
impl ProofMutation {
    /// パスワードを再設定するリンクをメールで求める(だれでも)。登録のないアドレスでも同じ答えになる。
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "メールアドレス。")] email: String,
    ) -> Result<MailedLink> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        ctx.data_unchecked::<Identity>().throttle.count_mail(turn.tx()).await?;
        let valid_until = commands::request_reset(turn.tx(), &email).await?;
        Ok(MailedLink { valid_until })
    }

    /// メールのリンクで新しいパスワードを決める。一度だけ、1時間有効。すべてのサインインは終わり、二要素認証はそのまま残る。
    async fn password_reset_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "メールで届いた文字列。")] token: String,
        #[graphql(desc = "新しいパスワード(12文字以上)。")] new: String,
    ) -> Result<CredentialChange> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let proof = commands::find(turn.tx(), ProofPurpose::PasswordReset, &token).await?;
        let hash = identity.new_password(&mut turn, "new", &new, &proof.email).await?;
        let changed_at = commands::confirm_reset(turn.tx(), &token, hash).await?;
        Ok(CredentialChange { changed_at })
    }

    /// アカウントを登録するリンクをメールで求める(だれでも。自治体の設定による)。登録済みのアドレスでも同じ答えになる。
    async fn account_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "メールアドレス。")] email: String,
        #[graphql(desc = "メールの言語。", default_with = "Language::Ja")] language: Language,
    ) -> Result<MailedLink> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        ctx.data_unchecked::<Identity>().throttle.count_mail(turn.tx()).await?;
        let valid_until = commands::register(turn.tx(), &email, language).await?;
        Ok(MailedLink { valid_until })
    }

    /// メールのリンクでアカウントを作る。一度だけ、24時間有効。役割は利用者(RESIDENT)だけ。
    async fn account_registration_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "登録の内容。")] input: AccountRegistrationConfirmInput,
    ) -> Result<SessionTokens> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let proof = commands::find(turn.tx(), ProofPurpose::Registration, &input.token).await?;
        let hash = identity.new_password(&mut turn, "input.password", &input.password, &proof.email).await?;
        let tx = turn.tx();
        let account = commands::confirm_registration(tx, input, hash).await?;
        session::open(tx, &identity.issuer, account, "").await
    }

    /// メールアドレスの変更を申し出る(本人)。新しいアドレスにリンクが届く。使えないアドレスでも同じ答えになる。直前の本人確認(15分以内)が必要。
    async fn email_change_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "今のパスワード。")] password: String,
        #[graphql(desc = "新しいメールアドレス。")] email: String,
    ) -> Result<MailedLink> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let stored = session::reprove(&mut turn, identity.prover(), &password).await?;
        let known = Known { id: stored.account, hash: Some(stored.hash) };
        let valid_until = commands::request_email(turn.tx(), &known, &email).await?;
        Ok(MailedLink { valid_until })
    }

    /// メールのリンクで新しいメールアドレスを確かめる。一度だけ、1時間有効。前のアドレスにも知らせが届く。
    async fn email_change_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "メールで届いた文字列。")] token: String,
    ) -> Result<CredentialChange> {
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let changed_at = commands::confirm_email(turn.tx(), &token).await?;
        Ok(CredentialChange { changed_at })
    }
}
