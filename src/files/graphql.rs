//! Root fields of files and exports. `exportCreate` is the wire's, because it has to read a document (`api::exports`).

use async_graphql::{Context, Object};

use crate::files::commands::export;
use crate::files::commands::personal;
use crate::files::commands::upload::{self, FileUploadCreateInput};
use crate::files::entity::ExportId;
use crate::files::shapes::{Export, File};
use crate::kernel::error::Result;
use crate::kernel::principal::AccountId;
use crate::kernel::read::{Queries, Read};
use crate::kernel::work::act;

/// The largest upload, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimit(pub u32);

/// Queries of files and exports.
pub fn queries(queries: Queries) -> Queries {
    queries
        .one::<File>("file", "自分が送ったファイルを一つ読む。")
        .one::<Export>("export", "自分が頼んだ書き出しを一つ読む。一覧は `viewer { exports }`。")
}

/// Mutations of files and exports.
#[derive(Default)]
pub struct FileMutation;

/// ファイル
#[Object]
impl FileMutation {
    /// ファイルの送信を予告する。返った `uploadUrl` へ内容を PUT で送り、それから添付する。
    async fn file_upload_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "送るファイル。")] input: FileUploadCreateInput,
    ) -> Result<Read<File>> {
        let UploadLimit(limit) = *ctx.data_unchecked::<UploadLimit>();
        act(ctx, move |tx| Box::pin(upload::create(tx, input, limit))).await
    }

    /// ある人について自治体がもつ個人情報のすべてを書き出すよう頼む(個人情報保護法第76条。本人、または本人の請求を受けた管理者)。本人以外の場合は目的(extensions.purpose)が必要で、本人の記録に残る。でき上がりは `export(id)` で確かめる。直前の本人確認(15分以内)が必要。
    async fn personal_data_export_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "誰の個人情報か。省略すると自分。")] account_id: Option<AccountId>,
    ) -> Result<Read<Export>> {
        act(ctx, move |tx| Box::pin(personal::create(tx, account_id))).await
    }

    /// 自分が頼んだ書き出しを中止する。
    async fn export_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "書き出し。")] id: ExportId,
    ) -> Result<Read<Export>> {
        act(ctx, move |tx| Box::pin(export::cancel(tx, id))).await
    }

    /// 失敗・中止・期限切れの書き出しを、今の内容と今の権限でやり直す。直前の本人確認(15分以内)が必要。
    async fn export_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "書き出し。")] id: ExportId,
    ) -> Result<Read<Export>> {
        act(ctx, move |tx| Box::pin(export::retry(tx, id))).await
    }
}
