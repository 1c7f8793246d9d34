//! One request from who and where to commit: ARCHITECTURE.md walks through it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, ServerError, Variables};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use crate::api::app::App;
use crate::api::guard;
use crate::api::http::GraphQlRequest;
use crate::api::response::{self, Media, Outcome, bad_request, server_error};
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::idempotency::{self, Key};
use crate::kernel::keys::sha256;
use crate::kernel::principal::{AccountId, MunicipalityId, Principal, SessionId};
use crate::kernel::request::{Locale, Request};
use crate::kernel::tx::Mode;
use crate::kernel::work::Work;
use crate::people::graphql::CREDENTIAL_ACTS;
use crate::people::{authenticate, token};

/// How often a transaction that PostgreSQL asked to repeat is repeated.
const TRIES: u32 = 5;

/// Answers a request.
pub async fn answer(
    app: &Arc<App>,
    headers: &HeaderMap,
    gql: GraphQlRequest,
    locale: Locale,
    media: Media,
) -> Response {
    let (principal, municipality) = match identify(app, headers).await {
        Ok(found) => found,
        Err(error) => return response::refuse(status_of(&error), &error, locale, media),
    };
    let request = Arc::new(app.request(principal, municipality).in_locale(locale));
    let mut extensions = serde_json::Map::new();
    let outcome = match Operation::read(&gql, headers, &request) {
        Ok(operation) => {
            if operation.dry_run {
                extensions.insert("dryRun".into(), json!(true));
            }
            run(app, &request, &gql, &operation).await
        }
        Err(refused) => *refused,
    };
    let outcome = match write_afterwards(app, &request).await {
        Ok(()) => outcome,
        Err(error) => Outcome::Refused(StatusCode::SERVICE_UNAVAILABLE, vec![server_error(error)]),
    };
    response::answer(outcome, &request, media, extensions)
}

/// Who asks, and inside which municipality.
async fn identify(app: &App, headers: &HeaderMap) -> Result<(Principal, Option<MunicipalityId>)> {
    let named = match headers.get("entaku-municipality") {
        Some(value) => {
            let code = value.to_str().ok().and_then(LocalGovernmentCode::parse);
            let code = code.ok_or_else(|| {
                bad_request(
                    "MUNICIPALITY_UNKNOWN",
                    "団体コードが正しくありません。",
                    "The local government code is wrong.",
                )
            })?;
            Some(app.municipality(&code).await?)
        }
        None => None,
    };
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        let default = match (&named, &app.settings.default_municipality) {
            (None, Some(code)) => match app.municipality(code).await {
                Err(Error::BadRequest(_)) => None,
                found => Some(found?),
            },
            _ => None,
        };
        return Ok((Principal::public(), named.or(default)));
    };
    let text = authorization.to_str().map_err(|_| Error::Unauthenticated)?;
    let token = text.strip_prefix("Bearer ").ok_or(Error::Unauthenticated)?;
    let claims = token::verify(&app.keys, &app.settings.issuer, token, app.clock.now())?;
    let municipality = MunicipalityId(claims.mun);
    if named.is_some_and(|named| named != municipality) {
        return Err(bad_request(
            "MUNICIPALITY_MISMATCH",
            "サインインしている自治体と異なります。",
            "You are signed in to another municipality.",
        ));
    }
    let looking = Arc::new(app.request(Principal::public(), Some(municipality)));
    let tx = app.database.begin(looking, Mode::Read).await?;
    let principal = authenticate::principal(&tx, SessionId(claims.sid), AccountId(claims.sub)).await?;
    tx.commit().await?;
    Ok((principal, Some(municipality)))
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Unavailable | Error::Retry => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// What is to be executed, and how.
struct Operation {
    document: ExecutableDocument,
    mutation: bool,
    key: Option<Key>,
    dry_run: bool,
    /// Does it end the very session it may have come with?
    signs_out: bool,
}

impl Operation {
    fn read(gql: &GraphQlRequest, headers: &HeaderMap, request: &Request) -> Result<Self, Box<Outcome>> {
        let document =
            async_graphql::parser::parse_query(&gql.query).map_err(|error| Box::new(parse_failed(&error)))?;
        let refused = |error| Box::new(Outcome::Refused(StatusCode::BAD_REQUEST, vec![server_error(error)]));
        guard::check(&document).map_err(refused)?;
        let (kind, fields) = chosen(&document, gql.operation_name.as_deref()).ok_or_else(|| {
            refused(bad_request(
                "OPERATION",
                "実行する操作を一つ指定してください。",
                "Name exactly one operation of the document.",
            ))
        })?;
        if kind == OperationType::Subscription {
            return Err(refused(bad_request(
                "OPERATION",
                "購読はこの経路では受け付けません。",
                "Subscriptions are not served here.",
            )));
        }
        if let Some(name) = missing_variable(&document, gql) {
            let error = ServerError::new(format!("Variable \"${name}\" is required."), None);
            return Err(Box::new(Outcome::Refused(StatusCode::UNPROCESSABLE_ENTITY, vec![error])));
        }
        let mutation = kind == OperationType::Mutation;
        let dry_run = mutation && dry_run(headers).map_err(refused)?;
        let key = if mutation { key(gql, headers, request).map_err(refused)? } else { None };
        let credentials = fields.iter().any(|f| CREDENTIAL_ACTS.contains(&f.as_str()));
        if credentials && (dry_run || key.is_some() || fields.len() > 1) {
            let (ja, en) = (
                "この操作は単独で行い、Idempotency-Key と Entaku-Dry-Run は使えません。",
                "This act stands alone and takes neither an idempotency key nor a dry run.",
            );
            return Err(refused(bad_request("CREDENTIALS", ja, en)));
        }
        let signs_out = fields == ["sessionEnd"];
        Ok(Self { document, mutation, key, dry_run, signs_out })
    }
}

fn parse_failed(error: &async_graphql::parser::Error) -> Outcome {
    let mut failed = server_error(Error::Parse);
    failed.locations = error.positions().collect();
    Outcome::Refused(StatusCode::BAD_REQUEST, vec![failed])
}

/// The operation a request means.
fn operation<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => operation,
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name)?,
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next()?,
        _ => return None,
    };
    Some(&found.node)
}

/// A variable that is required and was not given (GraphQL spec, CoerceVariableValues).
fn missing_variable(document: &ExecutableDocument, gql: &GraphQlRequest) -> Option<String> {
    let definitions = &operation(document, gql.operation_name.as_deref())?.variable_definitions;
    let given = |name: &str| gql.variables.as_ref().and_then(|v| v.get(name)).is_some_and(|v| !v.is_null());
    let missing = definitions
        .iter()
        .map(|d| &d.node)
        .find(|d| !d.var_type.node.nullable && d.default_value.is_none() && !given(&d.name.node));
    missing.map(|d| d.name.node.to_string())
}

/// The kind of the operation a request means, and its root fields' names.
fn chosen(document: &ExecutableDocument, name: Option<&str>) -> Option<(OperationType, Vec<String>)> {
    let operation = operation(document, name)?;
    let mut fields = Vec::new();
    root_fields(document, &operation.selection_set.node, &mut HashSet::new(), &mut fields);
    Some((operation.ty, fields))
}

/// Collects the names of the root fields; a fragment is entered once, however often it is spread.
fn root_fields(document: &ExecutableDocument, set: &SelectionSet, seen: &mut HashSet<Name>, to: &mut Vec<String>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => to.push(field.node.name.node.to_string()),
            Selection::InlineFragment(inline) => {
                root_fields(document, &inline.node.selection_set.node, seen, to);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let (Some(fragment), true) = (document.fragments.get(name), seen.insert(name.clone())) {
                    root_fields(document, &fragment.node.selection_set.node, seen, to);
                }
            }
        }
    }
}

/// Is it only a trial? A word that is neither yes nor no is refused: nothing must be done by mistake.
fn dry_run(headers: &HeaderMap) -> Result<bool> {
    let Some(value) = headers.get("entaku-dry-run") else { return Ok(false) };
    match value.as_bytes().to_ascii_lowercase().as_slice() {
        b"true" | b"1" | b"?1" => Ok(true),
        b"false" | b"0" | b"?0" => Ok(false),
        _ => Err(bad_request(
            "DRY_RUN",
            "Entaku-Dry-Run は true か false にしてください。",
            "Entaku-Dry-Run is true or false.",
        )),
    }
}

fn key(gql: &GraphQlRequest, headers: &HeaderMap, request: &Request) -> Result<Option<Key>> {
    let Some(word) = headers.get("idempotency-key") else { return Ok(None) };
    let word = word.to_str().ok().map(|w| w.trim_matches('"')).filter(|w| idempotency::well_formed(w));
    let word = word.ok_or_else(|| {
        bad_request(
            "IDEMPOTENCY_KEY",
            "Idempotency-Key は1〜255文字の英数記号にしてください。",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        )
    })?;
    let account = request.principal.account.ok_or(Error::Unauthenticated)?;
    let variables = gql.variables.clone().map(serde_json::Value::Object).unwrap_or_default();
    let content = json!([gql.query, gql.operation_name, canonical(&variables)]).to_string();
    Ok(Some(Key { account, word: word.to_owned(), hash: sha256(content.as_bytes()) }))
}

/// The same variables in whatever order they were written.
fn canonical(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            Value::Array(sorted.into_iter().map(|(name, v)| json!([name, canonical(v)])).collect())
        }
        Value::Array(items) => json!({ "list": items.iter().map(canonical).collect::<Vec<_>>() }),
        other => other.clone(),
    }
}

/// Executes, and repeats what PostgreSQL asks to repeat.
async fn run(app: &App, request: &Arc<Request>, gql: &GraphQlRequest, operation: &Operation) -> Outcome {
    for attempt in 1.. {
        let done = attempt_once(app, request, gql, operation).await;
        let again = matches!(&done, Err(errors) if attempt < TRIES && errors.iter().any(is_retry));
        if again {
            request.take_afterwards();
            tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt * 7))).await;
            continue;
        }
        return match done {
            Ok(response) if is_refused(&response) => {
                Outcome::Refused(StatusCode::UNPROCESSABLE_ENTITY, response.errors)
            }
            Ok(response) => Outcome::Executed(response),
            Err(errors) => Outcome::Executed(async_graphql::Response::from_errors(errors)),
        };
    }
    Outcome::Refused(StatusCode::SERVICE_UNAVAILABLE, vec![server_error(Error::Unavailable)])
}

/// Did the engine refuse the document (validation, variables) before executing anything?
fn is_refused(response: &async_graphql::Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|e| e.path.is_empty() && e.source.is_none())
}

fn is_retry(error: &ServerError) -> bool {
    matches!(error.source::<Error>(), Some(Error::Retry))
}

/// One try in one transaction. A mutation commits whole or leaves nothing.
async fn attempt_once(
    app: &App,
    request: &Arc<Request>,
    gql: &GraphQlRequest,
    operation: &Operation,
) -> Result<async_graphql::Response, Vec<ServerError>> {
    let mode = if operation.mutation { Mode::Write } else { Mode::Read };
    let work = Work::new(app.database.clone(), request.clone(), mode);
    if let Some(key) = &operation.key {
        claim(&work, key).await.map_err(|e| vec![server_error(e)])?;
    }
    let response = app.schema.execute(engine_request(app, gql, operation, &work)).await;
    let ended = if !operation.mutation {
        work.commit().await
    } else if !response.errors.is_empty() {
        work.rollback().await
    } else {
        match verify(&work, operation).await {
            Ok(()) if operation.dry_run => work.rollback().await,
            Ok(()) => work.commit().await,
            Err(refused) => Err(refused),
        }
    };
    match ended {
        Err(error) => Err(vec![server_error(error)]),
        Ok(()) if operation.mutation && response.errors.iter().any(is_retry) => Err(response.errors),
        Ok(()) => Ok(response),
    }
}

fn engine_request(app: &App, gql: &GraphQlRequest, operation: &Operation, work: &Work) -> async_graphql::Request {
    let variables = gql.variables.clone().map(serde_json::Value::Object).unwrap_or_default();
    let mut engine =
        async_graphql::Request::new(&gql.query).variables(Variables::from_json(variables)).data(work.clone());
    engine.set_parsed_query(operation.document.clone());
    engine.operation_name.clone_from(&gql.operation_name);
    if !(app.settings.open_introspection || work.request.principal.is_signed_in()) {
        engine = engine.disable_introspection();
    }
    engine
}

async fn claim(work: &Work, key: &Key) -> Result<()> {
    let mut turn = work.turn().await;
    if let Some(changed) = idempotency::claim(turn.tx().await?, key).await? {
        turn.replay(changed);
    }
    Ok(())
}

/// Before the end: keeps the key's ids, makes sure that the caller still holds what they acted on, and
/// checks what is deferred. A dry run takes the same path.
async fn verify(work: &Work, operation: &Operation) -> Result<()> {
    let mut turn = work.turn().await;
    let changed = turn.changed().to_vec();
    let tx = turn.tx().await?;
    if let Some(key) = operation.key.as_ref().filter(|_| !changed.is_empty()) {
        idempotency::keep(tx, key, &changed).await?;
    }
    if !operation.signs_out {
        authenticate::still_holds(tx).await?;
    }
    tx.check().await
}

/// Writes what must outlive the request's own transaction, in one short transaction.
async fn write_afterwards(app: &App, request: &Arc<Request>) -> Result<()> {
    let effects = request.take_afterwards();
    if effects.is_empty() {
        return Ok(());
    }
    let tx = app.database.begin(request.clone(), Mode::Write).await?;
    for effect in effects {
        effect(&tx).await?;
    }
    tx.commit().await
}
