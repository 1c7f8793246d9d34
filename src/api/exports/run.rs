//! The job that writes an export. It reads as the person who asked, with the rights of that moment, page by page; it
//! tells how far it is, and stops when it is told to.

use std::sync::Arc;

use async_graphql::Variables;
use futures_util::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use super::graphql::Asked;
use super::paging::Paged;
use super::personal;
use super::sheet::Sheet;
use crate::api::app::App;
use crate::api::documents::Document;
use crate::api::schema::Nouns;
use crate::api::{cost, lifecycle};
use crate::files::commands::export::{self, EXPORT_JOB, Written};
use crate::files::commands::{EXPORT_CREATE, PERSONAL_DATA_EXPORT_CREATE};
use crate::files::entity::{ExportId, export as row};
use crate::files::rules::{TRIES, rights};
use crate::files::shapes::Export;
use crate::kernel::error::{Error, Result};
use crate::kernel::files::Spooled;
use crate::kernel::jobs::Kind;
use crate::kernel::principal::{AccountId, MunicipalityId, Principal};
use crate::kernel::read::{Catalogue, Shape};
use crate::kernel::request::{Errand, Request};
use crate::kernel::tx::{Mode, Tx};
use crate::people::authenticate;

/// How many rows a page has …
const LARGEST: i64 = 100;
/// … and how few, where they are heavy.
const SMALLEST: i64 = 5;

/// The kind of this job.
pub fn kind(app: &Arc<App>) -> Kind {
    let app = app.clone();
    Kind::new(EXPORT_JOB, move |tx, id| run(app.clone(), tx, id)).long()
}

/// How the writing ended before its end.
enum Stopped {
    /// It was cancelled, or is somebody else's now.
    Lost,
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The job's own transaction is left alone: what is told must be seen while the job runs.
fn run(app: Arc<App>, tx: &Tx, id: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let (town, id) = (tx.municipality()?, ExportId(id.ok_or_else(|| Error::internal("an export without id"))?));
        let own = app.system(EXPORT_JOB, Some(town));
        let begun = export::begin(&own, id).await?;
        own.commit().await?;
        let Some(begun) = begun else { return Ok(()) };
        let job = Job { app: &app, town, begun: &begun };
        match job.write().await {
            Ok(()) => Ok(()),
            Err(Stopped::Failed(error)) => job.failed(error).await,
            // It may have been asked for again meanwhile: the next try finds out.
            Err(Stopped::Lost) => job.is_wanted().await,
        }
    })
}

struct Job<'a> {
    app: &'a Arc<App>,
    town: MunicipalityId,
    begun: &'a row::Model,
}

impl Job<'_> {
    async fn write(&self) -> Result<(), Stopped> {
        match self.begun.subject_id {
            Some(subject) => self.write_personal(subject).await,
            None => self.write_list().await,
        }
    }

    /// All that is kept about somebody, if whoever asked may still have it.
    async fn write_personal(&self, subject: AccountId) -> Result<(), Stopped> {
        let held = self.principal().await?;
        let column = |name| (name == "subject_id").then_some(subject.0);
        if !Export::shape().allows(PERSONAL_DATA_EXPORT_CREATE, &held, column) {
            return Err(Error::Forbidden("").into());
        }
        let tx = self.system();
        let written = Box::pin(personal::write(&tx, self.begun, subject, self.app.files.scratch()?));
        let (rows, file) = written.await?;
        tx.commit().await?;
        let whole = tokio::task::spawn_blocking(move || Spooled::of(file)).await;
        self.keep(rows, &held, whole.map_err(Error::internal)??).await
    }

    async fn write_list(&self) -> Result<(), Stopped> {
        let path: Option<Vec<String>> = match &self.begun.path {
            Some(text) => Some(serde_json::from_str(text).map_err(Error::internal)?),
            None => None,
        };
        let variables: Value = serde_json::from_str(&self.begun.variables).map_err(Error::internal)?;
        let asked = Asked {
            text: &self.begun.document,
            operation_name: self.begun.operation_name.as_deref(),
            variables: &variables,
            path: path.as_deref(),
        };
        let held = self.principal().await?;
        let paged = asked.judge(self.app, &self.request(held.clone()))?;
        let document = paged.document(self.app)?;
        let files = &self.app.files;
        let scratch = files.scratch_directory();
        let mut sheet = Sheet::begin(self.begun.format, files.scratch()?, scratch, &paged.columns)?;
        let rows = self.rows(&paged, &document, &mut sheet).await?;
        let whole = tokio::task::spawn_blocking(move || Spooled::of(sheet.done()?)).await;
        self.keep(rows, &held, whole.map_err(Error::internal)??).await
    }

    /// Writes every page; returns how many rows there were.
    async fn rows(&self, paged: &Paged, document: &Document, sheet: &mut Sheet) -> Result<i32, Stopped> {
        let (mut done, mut after, mut first) = (0_i32, None::<String>, LARGEST);
        loop {
            let data = match self.page(document, paged.variables(after.as_deref(), first)).await {
                Err(Error::BadRequest(refusal)) if refusal.reason == "TOO_COMPLEX" && first > SMALLEST => {
                    first = (first / 2).max(SMALLEST);
                    continue;
                }
                found => found?,
            };
            let page = paged.page(&data).ok_or(Error::NotFound)?;
            for row in page.rows {
                sheet.row(paged.columns.iter().map(|column| column.cell(row)))?;
                done = done.saturating_add(1);
            }
            let total = page.total.and_then(|total| i32::try_from(total).ok());
            let tx = self.system();
            let told = export::progress(&tx, self.begun, done, total).await?;
            still_ours(tx, told).await?;
            match page.next {
                Some(next) if after.as_deref() != Some(next) => after = Some(next.to_owned()),
                _ => return Ok(done),
            }
        }
    }

    /// One page, read as the person reads it now, with what the audit notes of it.
    async fn page(&self, document: &Document, variables: Value) -> Result<Value> {
        let request = Arc::new(self.request(self.principal().await?));
        request.undertake(Errand { act: EXPORT_CREATE.0.to_owned(), purpose: self.begun.purpose.clone() });
        let variables = Variables::from_json(variables);
        let compiled = document.compiled(&variables, &self.app.input_types).map_err(house)?;
        let prepared =
            compiled.prepare(document.env(&variables), Nouns::queries(), &request, &async_graphql::Value::Null);
        cost::affordable(cost::total(document.kind, &prepared), &request)?;
        let answered = prepared.answer(&self.app.database, &request).await;
        if let Some(error) = answered.errors.into_iter().next() {
            return Err(house(error));
        }
        lifecycle::write_afterwards(self.app, &request).await?;
        serde_json::from_slice(&answered.data.into_bytes()).map_err(Error::internal)
    }

    async fn keep(&self, rows: i32, held: &Principal, whole: Spooled) -> Result<(), Stopped> {
        let (key, size, sha256) = (Uuid::new_v4(), whole.size, whole.sha256.clone());
        let size = i32::try_from(size).map_err(|_| Error::internal("an export of more than two gigabytes"))?;
        self.app.files.keep(self.town, key, whole).await?;
        let written = Written { rows, key, size, sha256, rights: rights(held) };
        let tx = self.system();
        match export::finish(&tx, self.begun, written).await {
            Ok(true) => Ok(tx.commit().await?),
            untold => {
                self.app.files.remove(self.town, key).await?;
                untold?;
                Err(Stopped::Lost)
            }
        }
    }

    /// What went wrong is told; what passes by itself is tried again later, by the runner.
    async fn failed(&self, error: Error) -> Result<()> {
        let passes = matches!(error, Error::Unavailable | Error::Retry | Error::Internal(_) | Error::RateLimited(_));
        let again = passes && self.begun.attempts < TRIES;
        if let Error::Internal(cause) = &error {
            tracing::error!(export = %self.begun.id, %cause, "an export failed");
        }
        let code = match error.reason() {
            "" => error.code().to_owned(),
            reason => format!("{}/{reason}", error.code()),
        };
        let tx = self.system();
        export::fail(&tx, self.begun, &code, &error.message(), again).await?;
        tx.commit().await?;
        if again { Err(error) } else { Ok(()) }
    }

    /// Fails, so that the runner comes again, where somebody still waits for it.
    async fn is_wanted(&self) -> Result<()> {
        let tx = self.system();
        let wanted = export::is_queued(&tx, self.begun.id).await?;
        tx.commit().await?;
        if wanted { Err(Error::Unavailable) } else { Ok(()) }
    }

    /// A transaction beside the job's own, so that what is told is seen at once.
    fn system(&self) -> Tx {
        self.app.system(EXPORT_JOB, Some(self.town))
    }

    fn request(&self, who: Principal) -> Request {
        self.app.request(who, Some(self.town))
    }

    /// Who asked, with what they hold now.
    async fn principal(&self) -> Result<Principal> {
        let request = Arc::new(self.request(Principal::system(EXPORT_JOB)));
        let tx = self.app.database.begin(request, Mode::Read);
        let found = authenticate::of_account(&tx, self.begun.account_id).await?;
        tx.commit().await?;
        Ok(found)
    }
}

/// Commits what was told of an export, unless it was not this job's to tell any more.
async fn still_ours(tx: Tx, told: bool) -> Result<(), Stopped> {
    tx.commit().await?;
    if told { Ok(()) } else { Err(Stopped::Lost) }
}

/// An error of the house, as it was before the engine carried it.
fn house(error: async_graphql::ServerError) -> Error {
    error.source::<Error>().cloned().unwrap_or_else(|| Error::internal(error.message))
}
