//! A mutation: whole or not at all, in a task and a transaction of its own, repeated where PostgreSQL asks for it.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::ServerError;
use uuid::Uuid;

use crate::api::app::App;
use crate::api::explain::Asker;
use crate::api::lifecycle::query::{engine_request, is_refused};
use crate::api::lifecycle::task::Task;
use crate::api::lifecycle::with_afterwards;
use crate::api::response::{Outcome, server_error};
use crate::api::schema::Nouns;
use crate::api::status::End;
use crate::kernel::audit;
use crate::kernel::error::{Error, Result};
use crate::kernel::idempotency::{self, Key};
use crate::kernel::read::sql::Sql;
use crate::kernel::read::{Catalogue, Payloads, STEP_UP, other_side};
use crate::kernel::request::Request;
use crate::kernel::work::Work;
use crate::people::authenticate;

/// How often a transaction that PostgreSQL asked to repeat is repeated.
const TRIES: u32 = 5;

/// Executes a mutation in a task of its own: a client that hangs up or a timeout cannot stop it between
/// what was done and what must be written of it.
pub(super) async fn whole(app: Arc<App>, request: Arc<Request>, task: Task) -> Outcome {
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

/// Were there too many tries, or is the server busy? Then the status says so. Whether a COMMIT that was not answered came
/// through is known to nobody: docs/errors.md says what to do.
fn not_now(errors: &[ServerError]) -> Option<End> {
    errors.iter().filter_map(|error| error.source::<Error>()).find_map(|error| match error {
        Error::RateLimited(_) => Some(End::TooMany),
        Error::Unavailable => Some(End::Unavailable),
        _ => None,
    })
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
    let work = Work::asking(app.database.clone(), request.clone(), standing(request, task));
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

async fn claim(work: &Work, key: &Key) -> Result<()> {
    let mut turn = work.turn().await;
    if let Some(changed) = idempotency::claim(turn.tx(), key).await? {
        turn.replay(changed);
    }
    Ok(())
}

/// What tells whether the caller still holds what they act on; nothing where the act ends their own session.
fn standing(request: &Request, task: &Task) -> Option<Sql> {
    authenticate::standing(request).filter(|_| !task.signs_out)
}

/// Before the end: makes sure that the caller still holds what they acted on, and keeps the key's ids. A dry
/// run has checked what COMMIT would check.
async fn verify(work: &Work, task: &Task) -> Result<()> {
    let mut turn = work.turn().await;
    if let Some(standing) = standing(&work.request, task) {
        authenticate::holds(&work.request, &turn.stands(standing).await?)?;
    }
    let changed = turn.changed().to_vec();
    if let Some(key) = task.key.as_ref().filter(|_| !changed.is_empty()) {
        idempotency::keep(turn.tx(), key, &changed)?;
    }
    if task.dry_run { turn.tx().check().await } else { Ok(()) }
}
