//! Root fields of people.

use std::sync::Arc;

use async_graphql::{Context, Object};

use crate::kernel::error::{Error, Result};
use crate::kernel::principal::{AccountId, SessionId};
use crate::kernel::read::{Queries, Read};
use crate::kernel::text::Checks;
use crate::kernel::work::{Turn, Work, act};
use crate::people::commands::{
    self, AccountCreateInput, AppointmentCreateInput, MunicipalitySettingsChangeInput, SectionAbolishInput,
    SectionChangeInput, SectionCreateInput,
};
use crate::people::entity::{AppointmentId, Language, SectionId, SettingsId};
use crate::people::password::Passwords;
use crate::people::records::shapes::{AuditEntry, AuditHead};
use crate::people::session::{self, Proof, SessionTokens};
use crate::people::shapes::{Account, Appointment, Municipality, MunicipalitySettings, Section, Session};
use crate::people::sso::attempts::SingleSignOn;
use crate::people::throttle::Throttle;
use crate::people::{
    approvals, calendar, device, guessable, invitations, posts, privacy, refresh, rules, sso, support,
};

/// What people need of the installation.
#[derive(Clone)]
pub struct Identity {
    /// Hashes and verifies.
    pub passwords: Arc<Passwords>,
    /// `iss` of the access tokens.
    pub issuer: String,
    /// How often somebody may fail to prove who they are.
    pub throttle: Throttle,
    /// The town halls' own sign-ins.
    pub single_sign_on: Arc<SingleSignOn>,
}

impl Identity {
    /// What proofs are looked at with.
    pub fn prover(&self) -> session::Prover<'_> {
        session::Prover { passwords: &self.passwords, throttle: self.throttle }
    }

    /// Checks and hashes a new password of the person with this address. No connection is held while it is hashed.
    pub async fn new_password(
        &self,
        turn: &mut Turn<'_>,
        path: &'static str,
        password: &str,
        email: &str,
    ) -> Result<String> {
        let known = guessable::words_of(turn.tx(), email).await?;
        turn.release().await?;
        let mut checks = Checks::new();
        rules::check_password(&mut checks, path, password, &known);
        checks.done()?;
        let _place = self.passwords.place().await?;
        self.passwords.hash(password).await
    }
}

/// Mutations on credentials, and what compares a secret: they stand alone and take neither an idempotency key nor a dry
/// run.
pub const CREDENTIAL_ACTS: &[&str] = &[
    "sessionSignIn",
    "sessionRefresh",
    "sessionElevate",
    "sessionEnd",
    "passwordChange",
    "passwordResetRequest",
    "passwordResetConfirm",
    "invitationAccept",
    "invitationClaim",
    "accountCreate",
    "accountRegister",
    "accountRegistrationConfirm",
    "emailChangeRequest",
    "emailChangeConfirm",
    "secondFactorEnrol",
    "secondFactorConfirm",
    "recoveryCodesRenew",
    "identityProviderSet",
    "identityLink",
    "invitationAcceptWithIdentity",
    "bankAccountConfirm",
];
/// Those of them that may end the very session they come with.
pub const ENDING_ACTS: &[&str] = &["sessionEnd", "passwordResetConfirm"];
/// What is open to somebody who first has to enrol a second factor.
pub const OPEN_BEFORE_ENROLMENT: &[&str] = &[
    "viewer",
    "sessionSignIn",
    "sessionRefresh",
    "sessionElevate",
    "sessionEnd",
    "sessionsEndOthers",
    "secondFactorEnrol",
    "secondFactorConfirm",
];

/// What is open to support before an administrator has lent it a role: to stay for its time, and to leave.
pub const OPEN_TO_SUPPORT: &[&str] = &["sessionRefresh", "sessionEnd"];

/// Queries of people.
pub fn queries(queries: Queries) -> Queries {
    let queries = sso::graphql::queries(invitations::graphql::queries(calendar::graphql::queries(queries)));
    privacy::graphql::queries(posts::graphql::queries(approvals::graphql::queries(support::graphql::queries(queries))))
        .own::<Account>(
            "viewer",
            |request| request.principal.account.map(|a| a.0),
            "サインインしている人。していなければ null。",
        )
        .list::<Municipality>("municipalities", "Entaku を使う自治体。")
        .list::<Account>("accounts", "アカウントの一覧。")
        .one::<Account>("account", "アカウントを一つ読む。")
        .list::<Section>("sections", "部・課の一覧。")
        .one::<Section>("section", "部・課を一つ読む。")
        .list::<AuditEntry>(
            "auditEntries",
            "記録。監査担当にはすべて、ほかの人には自分が行ったことと自分のアカウントについての記録が返る。",
        )
        .list::<AuditHead>("auditHeads", "日ごとの記録の鎖の先頭。")
        .list::<MunicipalitySettings>("municipalitySettings", "自治体の設定(一件)。")
}

/// Mutations of people.
#[derive(Default)]
pub struct PeopleMutation;

/// 人
#[Object]
impl PeopleMutation {
    /// サインインする。知らない人とパスワード違いは同じ答えになる。
    async fn session_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "メールアドレス。")] email: String,
        #[graphql(desc = "パスワード。")] password: String,
        #[graphql(
            desc = "自分の端末の名前。一覧で見分けるため。付けないと、サインインは24時間、使わなければ1時間で終わる。"
        )]
        device: Option<String>,
        #[graphql(desc = "確認コード(二要素認証を登録した人)。認証アプリの6桁か、回復コード。")] code: Option<String>,
        #[graphql(desc = "前にこの端末で得た `deviceToken`。")] device_token: Option<String>,
    ) -> Result<SessionTokens> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let proof = Proof { password: &password, code: code.as_deref() };
        let devices: Vec<_> = device_token.as_deref().into_iter().collect();
        let account = session::prove(&mut turn, identity.prover(), (&email, &devices), proof).await?;
        let tx = turn.tx();
        let mut tokens = session::open(tx, &identity.issuer, account, device.as_deref().unwrap_or("")).await?;
        tokens.device_token = device::prove(&tx.keys, account, tx.now);
        Ok(tokens)
    }

    /// 更新トークンを新しいトークンに替える。答えを受け取れなかったときは、30秒以内なら同じ更新トークンでもう一度できる。
    /// それ以外で同じ更新トークンが二度使われると、サインインは終わる。
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "更新トークン。")] refresh_token: String,
    ) -> Result<SessionTokens> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        refresh::refresh(turn.tx(), &identity.issuer, &refresh_token).await
    }

    /// もう一度本人であることを確かめる。15分の間、本人確認の要る操作ができるようになる。
    async fn session_elevate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "パスワード。")] password: String,
        #[graphql(desc = "確認コード(二要素認証を登録した人)。")] code: Option<String>,
    ) -> Result<Read<Session>> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let proof = Proof { password: &password, code: code.as_deref() };
        Ok(Read::by_id(session::elevate(&mut turn, identity.prover(), proof).await?))
    }

    /// ほかの端末のサインインをすべて終える。今のサインインは続く。
    async fn sessions_end_others(&self, ctx: &Context<'_>) -> Result<Read<Account>> {
        act(ctx, |tx| Box::pin(commands::end_other_sessions(tx))).await
    }

    /// サインアウトする。指定がなければ今のサインインを終える。
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "終えるサインイン。")] id: Option<SessionId>,
    ) -> Result<Read<Session>> {
        let current = ctx.data_unchecked::<Work>().request.principal.session;
        let id = id.or(current).ok_or(Error::Unauthenticated)?;
        act(ctx, move |tx| Box::pin(commands::end_session(tx, id))).await
    }

    /// 自分のパスワードを変える。ほかの端末のサインインは終わる。
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "今のパスワード。")] current: String,
        #[graphql(desc = "新しいパスワード(12文字以上)。")] new: String,
    ) -> Result<Read<Account>> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let stored = session::reprove(&mut turn, identity.prover(), &current).await?;
        let hash = identity.new_password(&mut turn, "new", &new, &stored.email).await?;
        drop(turn);
        act(ctx, move |tx| Box::pin(commands::change_password(tx, stored.hash, hash))).await
    }

    /// アカウントを作る(管理者)。
    async fn account_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "アカウントの内容。")] input: AccountCreateInput,
    ) -> Result<Read<Account>> {
        let identity = ctx.data_unchecked::<Identity>();
        let hash = {
            let mut turn = ctx.data_unchecked::<Work>().turn().await;
            turn.tx().may_create::<Account>(commands::ACCOUNT_CREATE, &[])?;
            let (path, password) = ("input.initialPassword", &input.initial_password);
            identity.new_password(&mut turn, path, password, &input.email).await?
        };
        act(ctx, move |tx| Box::pin(commands::create_account(tx, input, hash))).await
    }

    /// 自分に届くメールの言語を選ぶ(サインインした人)。
    async fn account_language_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "言語。")] language: Language,
    ) -> Result<Read<Account>> {
        act(ctx, move |tx| Box::pin(commands::set_language(tx, language))).await
    }

    /// アカウントを停止する(管理者)。サインインはすべて終わる。
    async fn account_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "アカウント。")] id: AccountId,
    ) -> Result<Read<Account>> {
        act(ctx, move |tx| Box::pin(commands::suspend_account(tx, id))).await
    }

    /// 任命する(管理者)。自分を任命することはできない。直前の本人確認(15分以内)が必要。
    async fn appointment_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "任命の内容。")] input: AppointmentCreateInput,
    ) -> Result<Read<Appointment>> {
        act(ctx, move |tx| Box::pin(commands::create_appointment(tx, input))).await
    }

    /// 任命を終える(管理者)。
    async fn appointment_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "任命。")] id: AppointmentId,
    ) -> Result<Read<Appointment>> {
        act(ctx, move |tx| Box::pin(commands::end_appointment(tx, id))).await
    }

    /// 部署を作る(管理者)。
    async fn section_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "部署の内容。")] input: SectionCreateInput,
    ) -> Result<Read<Section>> {
        act(ctx, move |tx| Box::pin(commands::create_section(tx, input))).await
    }

    /// 部署の連絡先を変える(管理者)。
    async fn section_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "部署。")] id: SectionId,
        #[graphql(desc = "変更の内容。")] input: SectionChangeInput,
    ) -> Result<Read<Section>> {
        act(ctx, move |tx| Box::pin(commands::change_section(tx, id, input))).await
    }

    /// 部署を廃止し、事務を引き継ぐ(管理者)。
    async fn section_abolish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "部署。")] id: SectionId,
        #[graphql(desc = "廃止の内容。")] input: SectionAbolishInput,
    ) -> Result<Read<Section>> {
        act(ctx, move |tx| Box::pin(commands::abolish_section(tx, id, input))).await
    }

    /// 自治体の設定を変える(管理者)。直前の本人確認(15分以内)が必要。
    async fn municipality_settings_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "設定。")] id: SettingsId,
        #[graphql(desc = "変更の内容。")] input: MunicipalitySettingsChangeInput,
    ) -> Result<Read<MunicipalitySettings>> {
        act(ctx, move |tx| Box::pin(commands::change_settings(tx, id, input))).await
    }
}
