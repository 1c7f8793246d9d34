//! `explainCost`: what a document would cost, told before anybody runs it.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{
    Context, InputValueError, InputValueResult, Object, Scalar, ScalarType, SimpleObject, Value, Variables,
};

use crate::api::app::App;
use crate::api::documents::Unfit;
use crate::api::limits;
use crate::api::rates::Payer;
use crate::api::response::bad_request;
use crate::api::schema::Nouns;
use crate::api::{bounded, cost};
use crate::kernel::error::{Error, Result};
use crate::kernel::read::Catalogue;
use crate::kernel::request::Request;

/// What the engine is given to answer with.
pub struct Asker {
    /// The server.
    pub app: Arc<App>,
    /// The request.
    pub request: Arc<Request>,
}

/// The variables of a document, as JSON.
#[derive(Clone, Debug)]
pub struct VariableValues(Value);

impl VariableValues {
    /// As JSON.
    pub fn json(self) -> Result<serde_json::Value> {
        self.0.into_json().map_err(Error::internal)
    }
}

/// 変数の値。名前と値の組からなる JSON のオブジェクト。
#[Scalar(name = "VariableValues", specified_by_url = "https://spec.graphql.org/October2021/#sec-Language.Variables")]
impl ScalarType for VariableValues {
    fn parse(value: Value) -> InputValueResult<Self> {
        if matches!(value, Value::Object(_)) { Ok(Self(value)) } else { Err(InputValueError::expected_type(value)) }
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// 文書の費用。
#[derive(SimpleObject)]
pub struct CostExplanation {
    /// 合計の点数。
    requested: i64,
    /// 一度の要求に許される点数。
    limit: i64,
    /// 最上位の項目ごとの点数。
    fields: Vec<FieldCost>,
}

/// 項目の費用。
#[derive(SimpleObject)]
pub struct FieldCost {
    /// 応答での名前。
    key: String,
    /// 点数。
    cost: i64,
}

/// The root's fields that are about asking itself.
#[derive(Default)]
pub struct WireQuery;

/// 問い合わせ自体について。
#[Object]
impl WireQuery {
    /// 文書を実行せずに、その費用(点数)を項目ごとに調べる。
    #[allow(clippy::unused_async)] // the engine's macro wants it
    async fn explain_cost(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "調べる GraphQL 文書。")] document: String,
        #[graphql(desc = "変数の値。")] variables: Option<VariableValues>,
    ) -> Result<Option<CostExplanation>> {
        let Asker { app, request } = ctx.data_unchecked::<Asker>();
        explain(app, request, &document, variables.map_or(Value::Null, |v| v.0)).map(Some)
    }
}

fn explain(app: &App, request: &Request, document: &str, variables: Value) -> Result<CostExplanation> {
    let json = variables.into_json().map_err(Error::internal)?;
    bounded::check(json.as_object())?;
    if document.len() > limits::DOCUMENT {
        return Err(bad_request("DOCUMENT_TOO_LARGE", "GraphQL文書が大きすぎます。", "The document is too large."));
    }
    let document = if let Some(known) = app.documents.kept(document, None) {
        known
    } else {
        app.rates.spend(Payer::of(request), cost::of_text(document)).map_err(|spent| spent.error())?;
        app.documents.read(document, None, app.trusted.contains(document)).map_err(refused)?
    };
    if document.kind == OperationType::Subscription {
        return Err(bad_request(
            "OPERATION",
            "購読の費用は計算できません。",
            "The cost of a subscription is not told.",
        ));
    }
    let variables = Variables::from_json(json);
    if !app.input_types.fit(&document.operation().variable_definitions, &variables) {
        return Err(Error::invalid("variables", "FORMAT", "変数が文書の型に合いません。", "The variables do not fit."));
    }
    let unexplained = |_| bad_request("TOO_COMPLEX", "費用を計算できません。", "The cost cannot be told.");
    let compiled = document.compiled(&variables, &app.input_types).map_err(unexplained)?;
    let prepared = compiled.prepare(document.env(&variables), Nouns::queries(), request, &Value::Null);
    let number = |points: u64| i64::try_from(points).unwrap_or(i64::MAX);
    let field = |(key, points)| FieldCost { key, cost: number(points) };
    Ok(CostExplanation {
        requested: number(cost::total(document.kind, &prepared)),
        limit: number(cost::most(request.principal.is_signed_in())),
        fields: cost::by_field(document.kind, &prepared).map(field).collect(),
    })
}

/// A document that would not be executed has no cost.
fn refused(unfit: Unfit) -> Error {
    match unfit {
        Unfit::Refused(error) => error,
        Unfit::Parse(_) => {
            Error::invalid("document", "FORMAT", "GraphQL文書を読み取れません。", "The document cannot be parsed.")
        }
        Unfit::Invalid(_) => Error::invalid(
            "document",
            "FORMAT",
            "GraphQL文書が正しくありません。",
            "The document is not valid for this schema.",
        ),
    }
}
