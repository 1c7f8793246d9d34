//! One request from who and where to commit: ARCHITECTURE.md walks through it.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{ServerError, Variables};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::cost;
use crate::api::documents::{Document, Unfit};
use crate::api::explain::Asker;
use crate::api::http::refuse_method;
use crate::api::intake::GraphQlRequest;
use crate::api::negotiation::Media;
use crate::api::rates::{ASKING, Payer, REFUSED, Spent};
use crate::api::response::{self, Extensions, Outcome, bad_request, server_error};
use crate::api::schema::Nouns;
use crate::api::status::End;
use crate::api::tab::Tab;
use crate::kernel::audit;
use crate::kernel::error::{Error, Result, SECOND_FACTOR_REQUIRED};
use crate::kernel::idempotency::{self, Key};
use crate::kernel::keys::sha256;
use crate::kernel::read::{Catalogue, Payloads, STEP_UP, other_side};
use crate::kernel::request::{Errand, Request};
use crate::kernel::tx::Mode;
use crate::kernel::work::Work;
use crate::people::authenticate;
use crate::people::graphql::{CREDENTIAL_ACTS, ENDING_ACTS, OPEN_BEFORE_ENROLMENT, OPEN_TO_SUPPORT};

/// How often a transaction that PostgreSQL asked to repeat is repeated.
const TRIES: u32 = 5;

/// Who sent a request, and how they want to be answered.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// Who.
    pub caller: &'c Caller,
    /// How.
    pub media: Media,
}

/// Answers a request.
pub async fn answer(call: Call<'_>, gql: GraphQlRequest) -> Response {
    let Call { caller, media } = call;
    let request = match caller.request().await {
        Ok(request) => request,
        // Nobody knows who asks: the address pays for it.
        Err(error) => return caller.refuse_to(caller.stranger(), ASKING + REFUSED, (End::of(&error), &error), media),
    };
    let answered = async {
        let mut tab = Tab::open(&caller.app.rates, Payer::of(&request))?;
        reply(&request, gql, call, &mut tab).await
    };
    answered.await.unwrap_or_else(|spent| caller.too_many(&spent, media))
}

/// Answers somebody's request while the caller has points.
async fn reply(
    request: &Arc<Request>,
    mut gql: GraphQlRequest,
    call: Call<'_>,
    tab: &mut Tab<'_>,
) -> Result<Response, Spent> {
    let Call { caller, media } = call;
    let app = &caller.app;
    let mut extensions = Extensions::default();
    let outcome = match Task::read(app, &mut gql, &caller.headers, request, tab)? {
        Ok(task) if gql.by_get && task.document.kind != OperationType::Query => {
            let error = bad_request("METHOD", "GETでは読み取りだけができます。", "Only queries may be sent by GET.");
            return Ok(refuse_method(caller, "POST", &error, media).await);
        }
        Ok(task) => {
            extensions.dry_run = task.dry_run;
            execute(app, request, task, tab).await?
        }
        Err(refused) => {
            tab.spend(REFUSED)?;
            with_afterwards(app, request, *refused).await
        }
    };
    extensions.cost = request.principal.is_signed_in().then(|| tab.cost());
    let mut response = response::answer(outcome, request, media, &extensions);
    tab.write(response.headers_mut());
    Ok(response)
}

/// Executes what was asked for, once it is paid.
async fn execute(app: &Arc<App>, request: &Arc<Request>, task: Task, tab: &mut Tab<'_>) -> Result<Outcome, Spent> {
    if task.document.kind == OperationType::Query {
        let outcome = query(app, request, &task, tab).await?;
        return Ok(with_afterwards(app, request, outcome).await);
    }
    match cost::of_mutation(&task.document, &task.variables, &app.input_types, request) {
        Ok(cost) => match cost::affordable(cost, request) {
            Ok(()) => tab.settle(cost)?,
            Err(error) => return Ok(Outcome::Refused(End::Invalid, vec![server_error(error)])),
        },
        // What is wrong with its arguments is said by the execution.
        Err(_) => tab.settle(REFUSED)?,
    }
    Ok(whole(app.clone(), request.clone(), task).await)
}

/// Executes a mutation in a task of its own: a client that hangs up or a timeout cannot stop it between
/// what was done and what must be written of it.
async fn whole(app: Arc<App>, request: Arc<Request>, task: Task) -> Outcome {
    let running = app.running.clone();
    let executed = running.spawn(async move {
        let outcome = mutation(&app, &request, &task).await;
        note_denial(&request, &task, &outcome);
        with_afterwards(&app, &request, outcome).await
    });
    executed.await.unwrap_or_else(|failed| {
        let error = Error::internal(format!("the request's task: {failed}"));
        Outcome::Refused(End::Fault, vec![server_error(error)])
    })
}

/// Notes for the audit that a rule of an act has refused the caller. What the policy refused is noted already, and
/// who only has to prove again who they are is not refused.
fn note_denial(request: &Request, task: &Task, outcome: &Outcome) {
    let Outcome::Executed(response) = outcome else { return };
    let refused = |error: &&ServerError| matches!(error.source::<Error>(), Some(Error::Forbidden(r)) if *r != STEP_UP);
    if !response.errors.iter().any(|error| refused(&error)) {
        return;
    }
    let shapes = Nouns::queries().shapes().iter();
    let mut acts = shapes.flat_map(|shape| shape.acts.iter().map(|act| (shape.table, act.action)));
    if let Some((table, action)) = acts.find(|(_, action)| task.document.fields.iter().any(|f| f == action.0))
        && request.principal.is_signed_in()
        && !request.has_afterwards()
    {
        request.afterwards(Box::new(move |tx| Box::pin(audit::denial(tx, table, Uuid::nil(), action))));
    }
}

/// The outcome, once what must be written besides has been written; nothing leaves before.
async fn with_afterwards(app: &App, request: &Arc<Request>, outcome: Outcome) -> Outcome {
    match write_afterwards(app, request).await {
        Ok(()) => outcome,
        Err(error) => Outcome::Refused(End::Unavailable, vec![server_error(error)]),
    }
}

/// What is to be executed, and how.
struct Task {
    document: Arc<Document>,
    variables: Variables,
    key: Option<Key>,
    dry_run: bool,
    /// Does it end the very session it may have come with?
    signs_out: bool,
}

impl Task {
    fn read(
        app: &App,
        gql: &mut GraphQlRequest,
        headers: &HeaderMap,
        request: &Request,
        tab: &mut Tab<'_>,
    ) -> Result<Result<Self, Box<Outcome>>, Spent> {
        let found = document(app, gql, request, |points| tab.spend(points))?;
        Ok(found.and_then(|document| Self::of(document, gql, headers, request)))
    }

    fn of(
        document: Arc<Document>,
        gql: &mut GraphQlRequest,
        headers: &HeaderMap,
        request: &Request,
    ) -> Result<Self, Box<Outcome>> {
        if document.kind == OperationType::Subscription {
            return Err(refused(bad_request(
                "OPERATION",
                "購読はこの経路では受け付けません。",
                "Subscriptions are not served here.",
            )));
        }
        if let Some(name) = missing_variable(&document, gql) {
            let error = ServerError::new(format!("Variable \"${name}\" is required."), None);
            return Err(Box::new(Outcome::Refused(End::Invalid, vec![error])));
        }
        let purpose = purpose(gql).map_err(refused)?;
        request.undertake(Errand { act: document.fields.join(","), purpose });
        let mutation = document.kind == OperationType::Mutation;
        let dry_run = mutation && dry_run(headers).map_err(refused)?;
        let key = if mutation { key(gql, headers, request).map_err(refused)? } else { None };
        let credentials = document.fields.iter().any(|f| CREDENTIAL_ACTS.contains(&f.as_str()));
        if credentials && (dry_run || key.is_some() || document.fields.len() > 1) {
            let (ja, en) = (
                "この操作は単独で行い、Idempotency-Key と Entaku-Dry-Run は使えません。",
                "This act stands alone and takes neither an idempotency key nor a dry run.",
            );
            return Err(refused(bad_request("CREDENTIALS", ja, en)));
        }
        let signs_out = document.fields.iter().any(|field| ENDING_ACTS.contains(&field.as_str()));
        Ok(Self { document, variables: gql.take_variables(), key, dry_run, signs_out })
    }

    /// Do the variables fit the document plainly?
    fn fits(&self, app: &App) -> bool {
        app.input_types.fit(&self.document.operation().variable_definitions, &self.variables)
    }
}

fn refused(error: Error) -> Box<Outcome> {
    Box::new(Outcome::Refused(End::of(&error), vec![server_error(error)]))
}

/// The document of a request, which this caller may send. To look at a new one is paid for by its size.
pub(super) fn document(
    app: &App,
    gql: &mut GraphQlRequest,
    request: &Request,
    pay: impl FnOnce(u64) -> Result<(), Spent>,
) -> Result<Result<Arc<Document>, Box<Outcome>>, Spent> {
    if let Err(unknown) = app.trusted.resolve(gql) {
        return Ok(Err(Box::new(Outcome::Refused(End::Invalid, vec![server_error(unknown)]))));
    }
    let (text, name) = (gql.text(), gql.operation_name.as_deref());
    if let Some(known) = app.documents.kept(text, name) {
        return Ok(permitted(app, known, request).map_err(refused));
    }
    let trusted = gql.trusted.is_some() || app.trusted.contains(text);
    if !trusted {
        pay(cost::of_text(text))?;
    }
    let found = app.documents.read(text, name, trusted).map_err(|unfit| match unfit {
        Unfit::Parse(error) => Box::new(parse_failed(&error)),
        Unfit::Invalid(errors) => Box::new(Outcome::Refused(End::Invalid, errors)),
        Unfit::Refused(error) => refused(error),
    });
    Ok(found.and_then(|document| permitted(app, document, request).map_err(refused)))
}

/// Refuses a document that this caller may not send.
fn permitted(app: &App, document: Arc<Document>, request: &Request) -> Result<Arc<Document>> {
    let signed_in = request.principal.is_signed_in();
    let wire = &app.settings.wire;
    let open = |field: &String| field.starts_with("__") || OPEN_BEFORE_ENROLMENT.contains(&field.as_str());
    if request.principal.must_enrol && !document.fields.iter().all(open) {
        return Err(Error::Forbidden(SECOND_FACTOR_REQUIRED));
    }
    let ends = |field: &String| OPEN_TO_SUPPORT.contains(&field.as_str());
    let looks_only = request.principal.support.as_ref().is_some_and(|support| !support.writes);
    if looks_only && document.kind == OperationType::Mutation && !document.fields.iter().all(ends) {
        return Err(Error::Forbidden("SUPPORT_READ_ONLY"));
    }
    if !document.trusted && !wire.free_documents.includes(signed_in) {
        return Err(Error::Forbidden("TRUSTED_DOCUMENT"));
    }
    if document.introspects && !wire.introspection.includes(signed_in) {
        return Err(bad_request(
            "INTROSPECTION_DISABLED",
            "スキーマの照会にはサインインが必要です。",
            "Asking for the schema is not open to this caller.",
        ));
    }
    Ok(document)
}

fn parse_failed(error: &async_graphql::parser::Error) -> Outcome {
    let mut failed = server_error(Error::Parse);
    failed.locations = error.positions().collect();
    Outcome::Refused(End::Invalid, vec![failed])
}

/// A variable that is required and was not given (GraphQL spec, CoerceVariableValues).
fn missing_variable(document: &Document, gql: &GraphQlRequest) -> Option<String> {
    let definitions = &document.operation().variable_definitions;
    let given = |name: &str| gql.variables.as_ref().and_then(|v| v.get(name)).is_some_and(|v| !v.is_null());
    let missing = definitions
        .iter()
        .map(|d| &d.node)
        .find(|d| !d.var_type.node.nullable && d.default_value.is_none() && !given(&d.name.node));
    missing.map(|d| d.name.node.to_string())
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

/// What a look at personal data is for (`extensions.purpose`), for the audit.
fn purpose(gql: &GraphQlRequest) -> Result<Option<String>> {
    const LONGEST: usize = 200;
    let Some(said) = gql.extensions.as_ref().and_then(|extensions| extensions.get("purpose")) else { return Ok(None) };
    let said = said.as_str().map(str::trim).filter(|text| (1..=LONGEST).contains(&text.chars().count()));
    let plain = said.filter(|text| !text.chars().any(char::is_control));
    let text = plain.ok_or_else(|| {
        let (ja, en) = ("閲覧の目的は1〜200文字にしてください。", "A purpose has 1 to 200 characters.");
        bad_request("PURPOSE", ja, en)
    })?;
    Ok(Some(text.to_owned()))
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
    let variables = gql.variables.as_ref().map_or(serde_json::Value::Null, canonical_object);
    let content = json!([gql.text(), gql.operation_name, variables]).to_string();
    Ok(Some(Key { account, word: word.to_owned(), hash: sha256(content.as_bytes()) }))
}

fn canonical_object(fields: &serde_json::Map<String, serde_json::Value>) -> serde_json::Value {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    sorted.into_iter().map(|(name, value)| json!([name, canonical(value)])).collect()
}

/// The same variables in whatever order they were written.
fn canonical(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => canonical_object(fields),
        Value::Array(items) => json!({ "list": items.iter().map(canonical).collect::<Vec<_>>() }),
        other => other.clone(),
    }
}

/// Answers a query. The engine judges variables that do not plainly fit, and introspects; what is read is
/// read by the compiled operation.
async fn query(app: &Arc<App>, request: &Arc<Request>, task: &Task, tab: &mut Tab<'_>) -> Result<Outcome, Spent> {
    let Task { document, variables, .. } = task;
    let asked = || {
        engine_request(&task.document, task.variables.clone())
            .data(Asker { app: app.clone(), request: request.clone() })
    };
    let mut engine = None;
    if !task.fits(app) {
        tab.settle(REFUSED)?;
        let response = app.schema.execute(asked()).await;
        if is_refused(&response) {
            return Ok(Outcome::Refused(End::Invalid, response.errors));
        }
        engine = Some(response);
    }
    let compiled = match document.compiled(variables, &app.input_types) {
        Ok(compiled) => compiled,
        Err(error) => return Ok(Outcome::Refused(End::Malformed, vec![error])),
    };
    let env = document.env(variables);
    let mut prepared = compiled.prepare(env, Nouns::queries(), request, &async_graphql::Value::Null);
    let cost = cost::total(OperationType::Query, &prepared);
    if let Err(error) = cost::affordable(cost, request) {
        tab.settle(REFUSED)?;
        return Ok(Outcome::Refused(End::Invalid, vec![server_error(error)]));
    }
    tab.settle(cost)?;
    let mut errors = Vec::new();
    if compiled.introspects() {
        let response = match engine {
            Some(response) => response,
            None => app.schema.execute(asked()).await,
        };
        errors = response.errors;
        prepared = compiled.prepare(env, Nouns::queries(), request, &response.data);
    }
    let answered = prepared.answer(&app.database, request).await;
    errors.extend(answered.errors);
    Ok(Outcome::Answered(answered.data.into_bytes(), errors))
}

/// Executes a mutation, and repeats what PostgreSQL asks to repeat.
async fn mutation(app: &Arc<App>, request: &Arc<Request>, task: &Task) -> Outcome {
    for attempt in 1.. {
        let done = attempt_once(app, request, task).await;
        let again = matches!(&done, Err(errors) if attempt < TRIES && errors.iter().any(is_retry));
        if again {
            request.take_afterwards();
            tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt * 7))).await;
            continue;
        }
        return match done {
            Ok(response) if let Some(end) = not_now(&response.errors) => Outcome::Refused(end, response.errors),
            Err(errors) if let Some(end) = not_now(&errors) => Outcome::Refused(end, errors),
            Ok(response) if is_refused(&response) => Outcome::Refused(End::Invalid, response.errors),
            Ok(response) => {
                task.document.found_good();
                Outcome::Executed(response)
            }
            Err(errors) => Outcome::Executed(async_graphql::Response::from_errors(errors)),
        };
    }
    Outcome::Refused(End::Unavailable, vec![server_error(Error::Unavailable)])
}

/// Was nothing done because there were too many tries, or the server is busy? Then the status says so.
fn not_now(errors: &[ServerError]) -> Option<End> {
    errors.iter().filter_map(|error| error.source::<Error>()).find_map(|error| match error {
        Error::RateLimited(_) => Some(End::TooMany),
        Error::Unavailable => Some(End::Unavailable),
        _ => None,
    })
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
    app: &Arc<App>,
    request: &Arc<Request>,
    task: &Task,
) -> Result<async_graphql::Response, Vec<ServerError>> {
    let work = Work::new(app.database.clone(), request.clone());
    if let Some(key) = &task.key {
        claim(&work, key).await.map_err(|e| vec![server_error(e)])?;
    }
    let engine = if task.document.is_validated() && task.fits(app) { &app.checked } else { &app.schema };
    let plans = task.document.compiled(&task.variables, &app.input_types);
    let data = engine_request(&task.document, task.variables.clone()).data(work.clone()).data::<Payloads>(plans);
    let mut response = engine.execute(data.data(Asker { app: app.clone(), request: request.clone() })).await;
    let ended = if response.errors.is_empty() {
        match verify(&work, task).await {
            Ok(()) if task.dry_run => work.rollback().await,
            Ok(()) => work.commit().await,
            Err(refused) => work.rollback().await.and(Err(refused)),
        }
    } else {
        work.rollback().await
    };
    tell_other_side(app, request, &mut response.errors).await;
    match ended {
        Err(error) => Err(vec![server_error(error)]),
        Ok(()) if response.errors.iter().any(is_retry) => Err(response.errors),
        Ok(()) => Ok(response),
    }
}

/// Who was too late is told what the other side changed. Without it the refusal stands all the same.
async fn tell_other_side(app: &App, request: &Request, errors: &mut [ServerError]) {
    for error in errors {
        let Some(Error::Stale(stale)) = error.source::<Error>() else { continue };
        let mut stale = stale.clone();
        match other_side(&stale, Nouns::queries().shapes(), &app.database, request).await {
            Ok(found) => stale.other_side = found,
            Err(cause) => tracing::warn!(%cause, "what the other side changed is not told"),
        }
        error.source = Some(Arc::new(Error::Stale(stale)));
    }
}

/// A document that has been parsed, for the engine.
pub(super) fn engine_request(document: &Document, variables: Variables) -> async_graphql::Request {
    let mut engine = async_graphql::Request::new("").variables(variables);
    engine.set_parsed_query(document.parsed());
    engine.operation_name = document.name().map(str::to_owned);
    engine
}

async fn claim(work: &Work, key: &Key) -> Result<()> {
    let mut turn = work.turn().await;
    if let Some(changed) = idempotency::claim(turn.tx(), key).await? {
        turn.replay(changed);
    }
    Ok(())
}

/// Before the end: keeps the key's ids and makes sure that the caller still holds what they acted on. A dry
/// run has checked what COMMIT would check.
async fn verify(work: &Work, task: &Task) -> Result<()> {
    let mut turn = work.turn().await;
    let changed = turn.changed().to_vec();
    let tx = turn.tx();
    if let Some(key) = task.key.as_ref().filter(|_| !changed.is_empty()) {
        idempotency::keep(tx, key, &changed).await?;
    }
    if !task.signs_out {
        authenticate::still_holds(tx).await?;
    }
    if task.dry_run { tx.check().await } else { Ok(()) }
}

/// Writes what must outlive the request's own transaction, in one short transaction.
pub(crate) async fn write_afterwards(app: &App, request: &Arc<Request>) -> Result<()> {
    let effects = request.take_afterwards();
    if effects.is_empty() {
        return Ok(());
    }
    let tx = app.database.begin(request.clone(), Mode::Write);
    for effect in effects {
        effect(&tx).await?;
    }
    tx.commit().await
}
