//! Root fields of round tables.

use async_graphql::{Context, Object};

use crate::files::entity::FileId;
use crate::kernel::error::Result;
use crate::kernel::read::streams::Streams;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;
use crate::roundtables::commands::{
    self, RoundtableActionItemRecordInput, RoundtableChangeInput, RoundtableDecisionRecordInput, RoundtableHoldInput,
    RoundtableIssueRecordInput, RoundtableParticipantAddInput, RoundtablePassageRecordInput, RoundtablePlanInput,
};
use crate::roundtables::entity::{
    ActionItemId, ActionItemState, IssueId, IssueOutcome, RoundtableFileId, RoundtableId,
};
use crate::roundtables::shapes::{
    Roundtable, RoundtableActionItem, RoundtableDecision, RoundtableIssue, RoundtableParticipant, RoundtablePassage,
};

/// Queries of round tables.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<Roundtable>("roundtables", "円卓会議の一覧。新しいものから。")
        .one::<Roundtable>("roundtable", "円卓会議を一つ読む。")
}

/// Subscriptions of round tables.
pub fn streams(streams: Streams) -> Streams {
    let names = ("roundtableRecordChanged", "RoundtableRecordChange", "roundtable");
    streams.one::<Roundtable>(
        names,
        "円卓会議とその記録(発言、困りごと、決定、宿題、参加者)の変更を受け取る。初めに今の内容が届く。",
    )
}

/// Mutations of round tables.
#[derive(Default)]
pub struct RoundtableMutation;

/// 円卓会議
#[Object]
impl RoundtableMutation {
    /// 円卓会議を計画する。開催案内を公開するまでは関係者だけが読める。
    async fn roundtable_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "計画の内容。")] input: RoundtablePlanInput,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::plan(tx, input))).await
    }

    /// 送ったファイルを円卓会議に添付する(議事録を提出するまで)。議事録とともに公開される。
    async fn roundtable_file_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "送ったファイル。")] file_id: FileId,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::attach_file(tx, id, file_id))).await
    }

    /// 円卓会議から、添付したファイルを取り外す(議事録を提出するまで)。内容は消える。
    async fn roundtable_file_detach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "添付したファイル。")] roundtable_file_id: RoundtableFileId,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::detach_file(tx, id, roundtable_file_id))).await
    }

    /// まだ開催していない円卓会議の計画を変える。
    async fn roundtable_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "変更の内容。")] input: RoundtableChangeInput,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::change(tx, id, input))).await
    }

    /// 開催案内を公開する。延期した会議を改めて案内するときも使う。
    async fn roundtable_announce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::announce(tx, id))).await
    }

    /// 円卓会議を延期する。
    async fn roundtable_postpone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "延期の理由。案内を公開していれば理由も公開される。")] reason: String,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::postpone(tx, id, reason))).await
    }

    /// 円卓会議を中止する。
    async fn roundtable_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "中止の理由。案内を公開していれば理由も公開される。")] reason: String,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::cancel(tx, id, reason))).await
    }

    /// 開催したことを記録する。
    async fn roundtable_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "開催の記録。")] input: RoundtableHoldInput,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::hold(tx, id, input))).await
    }

    /// 参加者を加える。
    async fn roundtable_participant_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "参加者。")] input: RoundtableParticipantAddInput,
    ) -> Result<Read<RoundtableParticipant>> {
        act(ctx, move |tx| Box::pin(commands::add_participant(tx, input))).await
    }

    /// 困りごとを記録する。
    async fn roundtable_issue_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "困りごと。")] input: RoundtableIssueRecordInput,
    ) -> Result<Read<RoundtableIssue>> {
        act(ctx, move |tx| Box::pin(commands::record_issue(tx, input))).await
    }

    /// 困りごとについて会議で到達したところを記録する。会議の終了までは改められる。
    async fn roundtable_issue_conclude(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "困りごと。")] id: IssueId,
        #[graphql(desc = "到達したところ。")] outcome: IssueOutcome,
    ) -> Result<Read<RoundtableIssue>> {
        act(ctx, move |tx| Box::pin(commands::conclude_issue(tx, id, outcome))).await
    }

    /// 決定事項を記録する。
    async fn roundtable_decision_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "決定事項。")] input: RoundtableDecisionRecordInput,
    ) -> Result<Read<RoundtableDecision>> {
        act(ctx, move |tx| Box::pin(commands::record_decision(tx, input))).await
    }

    /// 宿題を記録する。
    async fn roundtable_action_item_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "宿題。")] input: RoundtableActionItemRecordInput,
    ) -> Result<Read<RoundtableActionItem>> {
        act(ctx, move |tx| Box::pin(commands::record_action_item(tx, input))).await
    }

    /// 宿題を進める。完了・取りやめからは戻せない。
    async fn roundtable_action_item_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "宿題。")] id: ActionItemId,
        #[graphql(desc = "次の状態。")] to: ActionItemState,
    ) -> Result<Read<RoundtableActionItem>> {
        act(ctx, move |tx| Box::pin(commands::progress_action_item(tx, id, to))).await
    }

    /// 議事録の一節を書く。同じ番号の一節があれば、版を指定して置き換える。
    async fn roundtable_passage_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "一節。")] input: RoundtablePassageRecordInput,
    ) -> Result<Read<RoundtablePassage>> {
        act(ctx, move |tx| Box::pin(commands::record_passage(tx, input))).await
    }

    /// 議事録を確認のため提出する。
    async fn roundtable_minutes_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::submit(tx, id))).await
    }

    /// 議事録を差し戻す。提出した本人にはできない。
    async fn roundtable_minutes_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
        #[graphql(desc = "差し戻す理由。")] reason: String,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::return_minutes(tx, id, reason))).await
    }

    /// 議事録を公開する。本文と参加者が必要。提出した本人にはできない。
    async fn roundtable_minutes_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::publish(tx, id))).await
    }

    /// 円卓会議を終了する。宿題がすべて終わっている必要がある。
    async fn roundtable_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "円卓会議。")] id: RoundtableId,
    ) -> Result<Read<Roundtable>> {
        act(ctx, move |tx| Box::pin(commands::close(tx, id))).await
    }
}
