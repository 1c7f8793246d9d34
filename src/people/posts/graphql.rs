//! Root fields of posts.

use async_graphql::{Context, Object};

use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::people::posts::commands::{
    self, DutySeparationCreateInput, HandoverNoteInput, PersonnelTransferOrderInput, PostCreateInput, PostHandOverInput,
};
use crate::people::posts::entity::{DutySeparationId, HandoverId, PostId};
use crate::people::posts::shapes::{DutySeparation, Handover, PersonnelTransfer, Post};

/// Queries of posts.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<Post>("posts", "役職の一覧。")
        .one::<Post>("post", "役職を一つ読む。")
        .list::<Handover>(
            "handovers",
            "引継ぎの一覧。新しい順。管理者と監査担当にはすべて、ほかの人には自分が前任か後任のものが返る。",
        )
        .one::<Handover>("handover", "引継ぎ(引継書)を一つ読む。")
        .list::<PersonnelTransfer>("personnelTransfers", "人事異動の一覧。新しい順。")
        .one::<PersonnelTransfer>("personnelTransfer", "人事異動を一つ読む。")
        .list::<DutySeparation>("dutySeparations", "兼ねられない役割の一覧。")
}

/// Mutations of posts.
#[derive(Default)]
pub struct PostMutation;

/// 役職
#[Object]
impl PostMutation {
    /// 役職を設ける(管理者)。
    async fn post_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "役職の内容。")] input: PostCreateInput,
    ) -> Result<Read<Post>> {
        act(ctx, move |tx| Box::pin(commands::create_post(tx, input))).await
    }

    /// 役職を廃止する(管理者)。就いている人がいないときに限る。
    async fn post_abolish(&self, ctx: &Context<'_>, #[graphql(desc = "役職。")] id: PostId) -> Result<Read<Post>> {
        act(ctx, move |tx| Box::pin(commands::abolish_post(tx, id))).await
    }

    /// 役職に人を就け、前任から引き継ぐ(管理者)。先の日付でもよい。後任を指定しなければ欠員となる。直前の本人確認(15分以内)が必要。
    async fn post_hand_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "役職。")] id: PostId,
        #[graphql(desc = "引継ぎの内容。")] input: PostHandOverInput,
    ) -> Result<Read<Post>> {
        act(ctx, move |tx| Box::pin(commands::hand_over(tx, id, input))).await
    }

    /// 人事異動を発令する(管理者)。一つでもできなければ、すべて行われない。試すには Entaku-Dry-Run を付ける。直前の本人確認(15分以内)が必要。
    async fn personnel_transfer_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "人事異動の内容。")] input: PersonnelTransferOrderInput,
    ) -> Result<Read<PersonnelTransfer>> {
        act(ctx, move |tx| Box::pin(commands::order_transfer(tx, input))).await
    }

    /// 引継書に引継事項と連絡先を書く(前任)。発令日の30日後まで書ける。
    async fn handover_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "引継ぎ。")] id: HandoverId,
        #[graphql(desc = "書く内容。")] input: HandoverNoteInput,
    ) -> Result<Read<Handover>> {
        act(ctx, move |tx| Box::pin(commands::note(tx, id, input))).await
    }

    /// 引継ぎを発令日の前に取り消す(前任でも後任でもない管理者)。前任の任期は元に戻る。直前の本人確認(15分以内)が必要。
    async fn handover_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "引継ぎ。")] id: HandoverId,
    ) -> Result<Read<Handover>> {
        act(ctx, move |tx| Box::pin(commands::cancel(tx, id))).await
    }

    /// 一人が兼ねることのできない二つの役割を定める(管理者)。すでに兼ねている人がいないときに限る。直前の本人確認(15分以内)が必要。
    async fn duty_separation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "定めの内容。")] input: DutySeparationCreateInput,
    ) -> Result<Read<DutySeparation>> {
        act(ctx, move |tx| Box::pin(commands::create_separation(tx, input))).await
    }

    /// 兼ねられない役割の定めを廃止する(管理者)。直前の本人確認(15分以内)が必要。
    async fn duty_separation_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "兼ねられない役割。")] id: DutySeparationId,
    ) -> Result<Read<DutySeparation>> {
        act(ctx, move |tx| Box::pin(commands::end_separation(tx, id))).await
    }
}
