//! Exports: asked for, cancelled and tried again by people; written by the job (`api::exports`).

use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use uuid::Uuid;

use super::{EXPORT_CANCEL, EXPORT_CREATE, EXPORT_RETRY, count_of, personal};
use crate::files::entity::{ExportFormat, ExportId, ExportState, export};
use crate::files::rules;
use crate::files::shapes::Export;
use crate::kernel::error::{Error, Message, Result};
use crate::kernel::jobs;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// The name of the job that writes one.
pub const EXPORT_JOB: &str = "files.export";

/// What is to be written: an operation that has been judged, and where in its answer the rows are.
pub struct NewExport {
    /// What people call it; the file is named after it.
    pub name: String,
    /// As what.
    pub format: ExportFormat,
    /// The GraphQL document.
    pub document: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables, a JSON object.
    pub variables: String,
    /// The keys of the answer that lead to the connection, a JSON list; nothing for the first there is.
    pub path: Option<String>,
}

/// The one place that says whether somebody may ask for an export now. The shape asks for a fresh proof of identity.
pub fn may_export(tx: &Tx) -> Result<AccountId> {
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    tx.may_create::<Export>(EXPORT_CREATE, &[("account_id", account.0)])?;
    Ok(account)
}

/// Asks for an export.
pub async fn create(tx: &Tx, new: NewExport) -> Result<ExportId> {
    let account = may_export(tx)?;
    one_more(tx, account).await?;
    let NewExport { name, format, document, operation_name, variables, path } = new;
    let row = export::ActiveModel {
        id: Set(ExportId::new()),
        account_id: Set(account),
        name: Set(name),
        format: Set(format),
        document: Set(document),
        operation_name: Set(operation_name),
        variables: Set(variables),
        path: Set(path),
        purpose: Set(tx.purpose().map(str::to_owned)),
        state: Set(ExportState::Queued),
        rows_done: Set(0),
        attempts: Set(0),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    jobs::enqueue(tx, EXPORT_JOB, Some(id.0), tx.now).await?;
    Ok(id)
}

/// Refuses one export too many of the same person.
pub(super) async fn one_more(tx: &Tx, account: AccountId) -> Result<()> {
    let counted = count_of(tx, account, "exports WHERE state IN ('QUEUED', 'RUNNING') AND account_id").await?;
    Ok(rules::may_export(counted)?)
}

/// Stops an export that is not finished.
pub async fn cancel(tx: &Tx, id: ExportId) -> Result<ExportId> {
    let row = tx.load::<Export>(id, EXPORT_CANCEL).await?;
    rules::export(&row, EXPORT_CANCEL, tx.now)?;
    let mut row: export::ActiveModel = row.into();
    row.state = Set(ExportState::Cancelled);
    row.finished_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(id)
}

/// Has an export written again that failed, was stopped or is over.
pub async fn retry(tx: &Tx, id: ExportId) -> Result<ExportId> {
    let row = tx.load::<Export>(id, EXPORT_RETRY).await?;
    let account = may_export(tx)?;
    if let Some(subject) = row.subject_id {
        personal::may_export(tx, subject)?;
    }
    rules::export(&row, EXPORT_RETRY, tx.now)?;
    one_more(tx, account).await?;
    let mut row: export::ActiveModel = row.into();
    row.state = Set(ExportState::Queued);
    row.attempts = Set(0);
    row.rows_done = Set(0);
    row.rows_total = Set(None);
    row.finished_at = Set(None);
    (row.failure_code, row.failure_ja, row.failure_en) = (Set(None), Set(None), Set(None));
    row.update(tx).await?;
    jobs::enqueue(tx, EXPORT_JOB, Some(id.0), tx.now).await?;
    Ok(id)
}

/// A finished export, for who asked for it and still holds what they held.
///
/// # Errors
/// NOT_FOUND for everybody and everything else.
pub async fn finished(tx: &Tx, id: ExportId) -> Result<export::Model> {
    let row = tx.peek::<Export>(id, Action::READ).await?;
    let there = row.state == ExportState::Done && row.expires_at.is_some_and(|end| tx.now < end);
    let held = row.rights.as_deref().is_some_and(|then| rules::still_held(then, &tx.principal));
    if there && held && tx.principal.account == Some(row.account_id) { Ok(row) } else { Err(Error::NotFound) }
}

/// The job begins; nothing where there is nothing to be written any more. Another process may have begun before and
/// died, so a running one is begun again.
pub async fn begin(tx: &Tx, id: ExportId) -> Result<Option<export::Model>> {
    let mut sql = Sql::new("UPDATE exports SET state = 'RUNNING', attempts = attempts + 1, rows_done = 0 WHERE id = ");
    sql.param(Param::Uuid(Some(id.0)));
    sql.push(" AND state IN ('QUEUED', 'RUNNING')");
    if tx.run(sql).await? == 0 {
        return Ok(None);
    }
    Ok(export::Entity::find_by_id(id).one(tx).await?)
}

/// Does an export wait for a job?
pub async fn is_queued(tx: &Tx, id: ExportId) -> Result<bool> {
    Ok(export::Entity::find_by_id(id).one(tx).await?.is_some_and(|row| row.state == ExportState::Queued))
}

/// What the job tells of an export it has begun. False where it is not its own any more.
async fn tell(tx: &Tx, begun: &export::Model, set: &str, params: Vec<Param>) -> Result<bool> {
    let mut sql = Sql::new("UPDATE exports SET ");
    let mut params = params;
    params.extend([Param::Uuid(Some(begun.id.0)), Param::Int(Some(begun.attempts.into()))]);
    sql.fill(&format!("{set} WHERE id = ? AND attempts = ? AND state = 'RUNNING'"), params);
    Ok(tx.run(sql).await? > 0)
}

/// So many rows are written, of so many.
pub async fn progress(tx: &Tx, begun: &export::Model, done: i32, total: Option<i32>) -> Result<bool> {
    let numbers = vec![Param::Int(Some(done.into())), Param::Int(total.map(i64::from))];
    tell(tx, begun, "rows_done = ?::int4, rows_total = ?::int4", numbers).await
}

/// What was written.
pub struct Written {
    /// How many rows.
    pub rows: i32,
    /// Where it is kept.
    pub key: Uuid,
    /// How many bytes.
    pub size: i32,
    /// Their SHA-256.
    pub sha256: String,
    /// What the person held.
    pub rights: String,
}

/// It is written and kept.
pub async fn finish(tx: &Tx, begun: &export::Model, written: Written) -> Result<bool> {
    let Written { rows, key, size, sha256, rights } = written;
    let set = "state = 'DONE', rows_done = ?::int4, rows_total = ?::int4, object_key = ?, size = ?::int4, sha256 = ?, \
               rights = ?, finished_at = ?, expires_at = ?, failure_code = NULL, failure_ja = NULL, failure_en = NULL";
    let rows = Param::Int(Some(rows.into()));
    let params = vec![
        rows.clone(),
        rows,
        Param::Uuid(Some(key)),
        Param::Int(Some(size.into())),
        Param::text(sha256),
        Param::text(rights),
        Param::Time(Some(tx.now)),
        Param::Time(Some(tx.now + rules::FETCHED)),
    ];
    tell(tx, begun, set, params).await
}

/// It went wrong: for good, or until it is tried again.
pub async fn fail(tx: &Tx, begun: &export::Model, code: &str, message: &Message, again: bool) -> Result<bool> {
    let state = if again { ExportState::Queued } else { ExportState::Failed };
    let ended = (!again).then_some(tx.now);
    let params = vec![
        Param::text(state.word()),
        Param::text(code),
        Param::text(message.ja.clone()),
        Param::text(message.en.clone()),
        Param::Time(ended),
    ];
    tell(tx, begun, "state = ?, failure_code = ?, failure_ja = ?, failure_en = ?, finished_at = ?", params).await
}
