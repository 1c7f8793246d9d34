//! `exportCreate`: a document is judged, and a job is asked to write what it shows.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Context, InputObject, Object, Variables};
use serde_json::Value;

use super::paging::{Paged, paged};
use crate::api::app::App;
use crate::api::documents::{Document, Unfit};
use crate::api::explain::{Asker, VariableValues};
use crate::api::intake::GraphQlRequest;
use crate::api::rates::Payer;
use crate::api::{bounded, cost, limits};
use crate::files::commands::export::{self, NewExport};
use crate::files::entity::ExportFormat;
use crate::files::shapes::Export;
use crate::kernel::error::{Error, Result};
use crate::kernel::read::Read;
use crate::kernel::request::Request;
use crate::kernel::tx::Tx;
use crate::kernel::work::act;

/// 書き出すもの。文書は `document` か `documentId` のどちらか一つで示す。
#[derive(InputObject)]
pub(super) struct ExportCreateInput {
    /// GraphQL 文書(読み取り)。その中の一覧(コネクション)一つの `nodes` が、全件書き出される。
    pub document: Option<String>,
    /// 登録済みの文書の ID(SHA-256)。
    pub document_id: Option<String>,
    /// 文書に操作が複数あるとき、その名前。
    pub operation_name: Option<String>,
    /// 変数の値。一覧の `first` と `after` は無視される。
    pub variables: Option<VariableValues>,
    /// 一覧が複数あるとき、応答の中での場所(名前の並び)。省略すると最初の一覧。
    pub path: Option<Vec<String>>,
    /// 形式。
    pub format: ExportFormat,
}

/// Mutations of exports that read a document.
#[derive(Default)]
pub struct ExportMutation;

/// 書き出し
#[Object]
impl ExportMutation {
    /// 一覧の全件を書き出すよう頼む。内容は自分の権限で読めるものだけになる。でき上がりは `export(id)` で確かめる。
    /// 直前の本人確認(15分以内)が必要。
    async fn export_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "書き出すもの。")] input: ExportCreateInput,
    ) -> Result<Read<Export>> {
        let Asker { app, request } = ctx.data_unchecked::<Asker>();
        let (app, request) = (app.clone(), request.clone());
        act(ctx, move |tx| Box::pin(async move { create(&app, &request, tx, input).await })).await
    }
}

async fn create(
    app: &App,
    request: &Request,
    tx: &Tx,
    input: ExportCreateInput,
) -> Result<crate::files::entity::ExportId> {
    export::may_export(tx)?;
    let ExportCreateInput { document, document_id, operation_name, variables, path, format } = input;
    if format == ExportFormat::Zip {
        return Err(unfit("format", "一覧は CSV か Excel で書き出します。", "A list is exported as CSV or XLSX."));
    }
    let variables = variables.map_or(Ok(Value::Null), VariableValues::json)?;
    let text = text(app, document, document_id)?;
    if app.documents.kept(&text, operation_name.as_deref()).is_none() {
        app.rates.spend(Payer::of(request), cost::of_text(&text)).map_err(|spent| spent.error())?;
    }
    let asked =
        Asked { text: &text, operation_name: operation_name.as_deref(), variables: &variables, path: path.as_deref() };
    let Paged { title, .. } = asked.judge(app, request)?;
    let day = request.today().format("%Y%m%d");
    let end = if format == ExportFormat::Csv { "csv" } else { "xlsx" };
    let new = NewExport {
        name: format!("{}_{day}.{end}", plain(&title)),
        format,
        document: text,
        operation_name,
        variables: variables.to_string(),
        path: path.map(|keys| serde_json::to_string(&keys)).transpose().map_err(Error::internal)?,
    };
    export::create(tx, new).await
}

/// The document itself.
fn text(app: &App, document: Option<String>, document_id: Option<String>) -> Result<String> {
    if document.is_some() == document_id.is_some() {
        let (ja, en) =
            ("document か documentId のどちらか一つを指定してください。", "Give either document or documentId.");
        return Err(Error::invalid("input.document", "REQUIRED", ja, en));
    }
    let mut named = GraphQlRequest { query: document.unwrap_or_default(), document_id, ..GraphQlRequest::default() };
    let unknown =
        |_| unfit("documentId", "この識別子の文書は登録されていません。", "No document with this id is known here.");
    app.trusted.resolve(&mut named).map_err(unknown)?;
    if named.text().len() > limits::DOCUMENT {
        return Err(unfit("document", "GraphQL文書が大きすぎます。", "The document is too large."));
    }
    Ok(named.text().to_owned())
}

/// A title as part of a file's name.
pub(in crate::api) fn plain(title: &str) -> String {
    title.chars().map(|c| if c.is_whitespace() || "\\/:*?\"<>|".contains(c) { '_' } else { c }).collect()
}

fn unfit(what: &str, ja: &'static str, en: &'static str) -> Error {
    Error::invalid(format!("input.{what}"), "DOCUMENT", ja, en)
}

/// What is to be exported, as it was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) text: &'a str,
    pub(super) operation_name: Option<&'a str>,
    pub(super) variables: &'a Value,
    pub(super) path: Option<&'a [String]>,
}

impl Asked<'_> {
    /// The document of one page, judged like any that comes over the wire.
    ///
    /// # Errors
    /// INVALID_INPUT (rule DOCUMENT) for what cannot be exported, FORBIDDEN/TRUSTED_DOCUMENT.
    pub(super) fn judge(self, app: &App, request: &Request) -> Result<Paged> {
        bounded::check(self.variables.as_object())?;
        let whole = known(app, self.text, self.operation_name)?;
        let signed_in = request.principal.is_signed_in();
        if !whole.trusted && !app.settings.wire.free_documents.includes(signed_in) {
            return Err(Error::Forbidden("TRUSTED_DOCUMENT"));
        }
        if whole.kind != OperationType::Query || whole.introspects {
            return Err(unfit("document", "読み取りの文書だけを書き出せます。", "Only queries can be exported."));
        }
        let found = paged(self)?;
        let page = found.document(app)?;
        let variables = Variables::from_json(found.variables(None, 1));
        if app.input_types.fit(&page.operation().variable_definitions, &variables) {
            Ok(found)
        } else {
            Err(unfit("variables", "変数が文書の型に合いません。", "The variables do not fit the document."))
        }
    }
}

impl Paged {
    /// The document of a page, ready to be executed.
    pub(super) fn document(&self, app: &App) -> Result<Arc<Document>> {
        known(app, &self.text, self.operation_name.as_deref())
    }
}

/// A document, guarded, parsed and judged now if it was not before.
fn known(app: &App, text: &str, name: Option<&str>) -> Result<Arc<Document>> {
    match app.documents.kept(text, name) {
        Some(known) => Ok(known),
        None => app.documents.read(text, name, app.trusted.contains(text)).map_err(of_unfit),
    }
}

fn of_unfit(unfit_for: Unfit) -> Error {
    match unfit_for {
        Unfit::Refused(Error::BadRequest(refusal)) => {
            Error::invalid("input.document", "DOCUMENT", refusal.message.ja, refusal.message.en)
        }
        Unfit::Refused(error) => error,
        Unfit::Parse(_) => unfit("document", "GraphQL文書を読み取れません。", "The document cannot be parsed."),
        Unfit::Invalid(_) => {
            unfit("document", "GraphQL文書が正しくありません。", "The document is not valid for this schema.")
        }
    }
}
