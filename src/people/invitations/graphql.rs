//! Root fields of invitations.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::{Work, act};
use crate::people::entity::InvitationId;
use crate::people::graphql::Identity;
use crate::people::invitations::commands::{self, InvitationAcceptInput, InvitationCreateInput};
use crate::people::invitations::shapes::Invitation;
use crate::people::session::{self, SessionTokens};
use crate::people::shapes::Appointment;

/// Queries of invitations.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<Invitation>("invitations", "招待の一覧。新しい順。管理者と、自分の団体のものを役員が読める。")
        .one::<Invitation>("invitation", "招待を一つ読む。")
}

/// Mutations of invitations.
#[derive(Default)]
pub struct InvitationMutation;

/// 招待
#[Object]
impl InvitationMutation {
    /// メールで招待する(管理者。団体の役員は自分の団体に)。同じ人・同じ役割の前の招待は終わる。直前の本人確認(15分以内)が必要。
    async fn invitation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "招待の内容。")] input: InvitationCreateInput,
    ) -> Result<Read<Invitation>> {
        act(ctx, move |tx| Box::pin(commands::invite(tx, input))).await
    }

    /// 招待を取り消す(招待できる人)。
    async fn invitation_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "招待。")] id: InvitationId,
    ) -> Result<Read<Invitation>> {
        act(ctx, move |tx| Box::pin(commands::revoke(tx, id))).await
    }

    /// 招待を受けてアカウントを作る。招待は一度だけ、72時間有効。アカウントがあれば `invitationClaim` を使う。
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "受諾の内容。")] input: InvitationAcceptInput,
    ) -> Result<SessionTokens> {
        let identity = ctx.data_unchecked::<Identity>();
        let mut turn = ctx.data_unchecked::<Work>().turn().await;
        let invited = commands::find(turn.tx(), &input.token).await?;
        let hash = identity.new_password(&mut turn, "input.password", &input.password, &invited.email).await?;
        let tx = turn.tx();
        let account = commands::accept(tx, input, hash).await?;
        session::open(tx, &identity.issuer, account, "").await
    }

    /// 招待を、サインインしているアカウントで受ける。招待されたメールアドレスのアカウントに限る。
    async fn invitation_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "招待の文字列。")] token: String,
    ) -> Result<Read<Appointment>> {
        act(ctx, move |tx| Box::pin(async move { commands::claim(tx, &token).await })).await
    }
}
