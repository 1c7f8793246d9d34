//! Root fields of the books of organizations.

use async_graphql::{Context, Object};

use crate::books::commands::book::{
    self, AccountBookChangeInput, AccountBookCloseInput, AccountBookConfirmInput, AccountBookOpenInput,
};
use crate::books::commands::eligibility::{
    self, BookTransactionFindingLiftInput, BookTransactionJudgeInput, IneligibleUseSetInput,
};
use crate::books::commands::entry::{self, BookTransactionRecordInput, BookTransactionReverseInput};
use crate::books::commands::line::{self, BudgetLineSetInput};
use crate::books::commands::voucher;
use crate::books::entity::{AccountBookId, BookTransactionId};
use crate::books::shapes::{AccountBook, BookTransaction, BudgetLine, IneligibleUse};
use crate::files::entity::FileId;
use crate::kernel::error::Result;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;

/// Queries of books.
pub fn queries(queries: Queries) -> Queries {
    queries
        .list::<AccountBook>("accountBooks", "団体の会計の一覧。新しい年度から。")
        .one::<AccountBook>("accountBook", "団体の会計を一つ読む。")
        .one::<BudgetLine>("budgetLine", "予算の科目を一つ読む。")
        .one::<BookTransaction>("bookTransaction", "出納を一つ読む。")
        .list::<IneligibleUse>("ineligibleUses", "交付金の対象外の使途の一覧。")
}

/// Mutations of books.
#[derive(Default)]
pub struct BookMutation;

/// 団体の会計
#[Object]
impl BookMutation {
    /// 団体の年度の会計を、事業計画と予算とともに開く。
    async fn account_book_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "会計の内容。")] input: AccountBookOpenInput,
    ) -> Result<Read<AccountBook>> {
        act(ctx, move |tx| Box::pin(book::open(tx, input))).await
    }

    /// 記帳中の会計の事業計画を変える。
    async fn account_book_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "会計。")] id: AccountBookId,
        #[graphql(desc = "変更の内容。")] input: AccountBookChangeInput,
    ) -> Result<Read<AccountBook>> {
        act(ctx, move |tx| Box::pin(book::change(tx, id, input))).await
    }

    /// 会計を締める。以後は取消しとその訂正だけができる。
    async fn account_book_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "会計。")] id: AccountBookId,
        #[graphql(desc = "締めの内容。")] input: AccountBookCloseInput,
    ) -> Result<Read<AccountBook>> {
        act(ctx, move |tx| Box::pin(book::close(tx, id, input))).await
    }

    /// 監事が、締めた会計を確認する。以後は何も変わらない。記帳した人は行えない。
    async fn account_book_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "会計。")] id: AccountBookId,
        #[graphql(desc = "確認の内容。")] input: AccountBookConfirmInput,
    ) -> Result<Read<AccountBook>> {
        act(ctx, move |tx| Box::pin(book::confirm(tx, id, input))).await
    }

    /// 予算の科目を加える。または、その予算額を変える。
    async fn budget_line_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "科目の内容。")] input: BudgetLineSetInput,
    ) -> Result<Read<BudgetLine>> {
        act(ctx, move |tx| Box::pin(line::set_line(tx, input))).await
    }

    /// 出納を記帳する。応答の line で科目の残りが分かる。
    async fn book_transaction_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "出納の内容。")] input: BookTransactionRecordInput,
    ) -> Result<Read<BookTransaction>> {
        act(ctx, move |tx| Box::pin(entry::record(tx, input))).await
    }

    /// 出納を取り消す。正しい内容を、同時に記帳し直せる。応答は取消しの出納。
    async fn book_transaction_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "出納。")] id: BookTransactionId,
        #[graphql(desc = "取消しの内容。")] input: BookTransactionReverseInput,
    ) -> Result<Read<BookTransaction>> {
        act(ctx, move |tx| Box::pin(entry::reverse(tx, id, input))).await
    }

    /// 送ったファイルを、出納の証拠書類として添付する。
    async fn book_transaction_file_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "出納。")] id: BookTransactionId,
        #[graphql(desc = "送ったファイル。")] file_id: FileId,
    ) -> Result<Read<BookTransaction>> {
        act(ctx, move |tx| Box::pin(voucher::attach(tx, id, file_id))).await
    }

    /// 出納を交付金の対象外とする。監事が確認するまでに限る。
    async fn book_transaction_judge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "出納。")] id: BookTransactionId,
        #[graphql(desc = "判定の内容。")] input: BookTransactionJudgeInput,
    ) -> Result<Read<BookTransaction>> {
        act(ctx, move |tx| Box::pin(eligibility::judge(tx, id, input))).await
    }

    /// 自治体の職員が、自治体による対象外の判定を、誤りとして取り消す。判定と取消しは記録に残る。額を確定した後は行えない。
    async fn book_transaction_finding_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "出納。")] id: BookTransactionId,
        #[graphql(desc = "取消しの内容。")] input: BookTransactionFindingLiftInput,
    ) -> Result<Read<BookTransaction>> {
        act(ctx, move |tx| Box::pin(eligibility::lift(tx, id, input))).await
    }

    /// 交付金の対象外の使途を定める。または、その内容を変える。
    async fn ineligible_use_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "使途の内容。")] input: IneligibleUseSetInput,
    ) -> Result<Read<IneligibleUse>> {
        act(ctx, move |tx| Box::pin(eligibility::set(tx, input))).await
    }
}
