//! An operation with the arguments of a request: weighed, fetched in one snapshot, answered.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use async_graphql::{Name, PathSegment, ServerError};

use crate::kernel::error::{Error, Result};
use crate::kernel::read::cells::FlatRow;
use crate::kernel::read::json::Json;
use crate::kernel::read::list::server_error;
use crate::kernel::read::operation::compiled::Asked;
use crate::kernel::read::operation::part::Part;
use crate::kernel::read::operation::{Operation, Root};
use crate::kernel::request::Request;
use crate::kernel::tx::Database;

/// How many objects a field is taken to be worth that the engine answers.
const DESCRIBED: u64 = 1_000;

/// How many bytes an answer may be longer than the last one before it is moved.
const ROOM: usize = 1 << 10;

/// The most bytes for which room is made before they are there.
const LARGE: usize = 1 << 17;

/// What was answered.
pub struct Answered {
    /// The JSON of `data`.
    pub data: Json,
    /// What went wrong in single fields, which are null.
    pub errors: Vec<ServerError>,
}

/// An operation with the arguments of a request.
pub struct Prepared<'o> {
    pub(super) operation: &'o Operation,
    pub(super) parts: Vec<Result<Part, ServerError>>,
}

impl Prepared<'_> {
    /// How many objects each field of the root may show. A field whose arguments are wrong shows none.
    pub fn weights(&self) -> impl Iterator<Item = (&Name, u64)> {
        self.operation.fields.iter().zip(&self.parts).map(|((key, _, root), part)| match (root, part) {
            (Root::Introspection, _) => (key, DESCRIBED),
            (_, Ok(part)) => (key, part.weight()),
            (_, Err(_)) => (key, 0),
        })
    }

    /// Reads what the query asks for, all in one snapshot. After a fault of the database each root field is
    /// asked alone, so that the others keep their answers.
    pub async fn answer(self, database: &Database, request: &Arc<Request>) -> Answered {
        let Self { operation: Operation { fields, bytes }, parts } = self;
        let found = fetch(&parts.iter().flatten().collect::<Vec<_>>(), database, request).await;
        let mut found = found.map(Vec::into_iter);
        let mut answered = Answered { data: Json::of_about(bytes.load(Relaxed) + ROOM), errors: Vec::new() };
        answered.data.raw("{");
        for ((key, pos, _), part) in fields.iter().zip(parts) {
            answered.data.key(key);
            let written = answered.data.mark();
            let done = match part {
                Err(error) => Err(error),
                Ok(Part::Changes(asking)) => {
                    asking.answer(database, request, &mut answered.data).await.map_err(server_error)
                }
                Ok(part) => {
                    let rows = match &mut found {
                        Ok(found) => Ok(found.by_ref().take(part.asked().len()).collect()),
                        Err(error) => alone(&part, error, fields.len(), database, request).await,
                    };
                    rows.and_then(|rows: Vec<_>| part.write(request, &rows, &mut answered.data)).map_err(server_error)
                }
            };
            if let Err(mut error) = done {
                answered.data.back_to(written);
                answered.data.null();
                error.locations = vec![*pos];
                error.path = vec![PathSegment::Field(key.to_string())];
                answered.errors.push(error);
            }
        }
        answered.data.raw("}");
        bytes.store(answered.data.mark().min(LARGE), Relaxed);
        answered
    }
}

/// The rows of one root field after all of them together have failed: what asks for nothing needs none, and of a field
/// that was alone it is known.
async fn alone(
    part: &Part,
    failed: &Error,
    fields: usize,
    database: &Database,
    request: &Arc<Request>,
) -> Result<Vec<Vec<FlatRow>>> {
    match (part.asked().is_empty(), fields) {
        (true, _) => Ok(Vec::new()),
        (false, 1) => Err(failed.clone()),
        (false, _) => fetch(&[part], database, request).await,
    }
}

/// The rows of everything that the parts ask for; a plan that needs none is not asked.
async fn fetch(parts: &[&Part], database: &Database, request: &Arc<Request>) -> Result<Vec<Vec<FlatRow>>> {
    let asked: Vec<&Asked> = parts.iter().flat_map(|part| part.asked()).collect();
    let needed = asked.iter().filter(|asked| asked.needs_rows());
    let queries = needed.map(|asked| asked.query(request)).collect::<Result<Vec<_>>>()?;
    let found = if queries.is_empty() { Vec::new() } else { database.read(request, &queries).await? };
    let mut found = found.into_iter();
    let rows = |asked: &&Asked| if asked.needs_rows() { found.next().unwrap_or_default() } else { Vec::new() };
    Ok(asked.iter().map(rows).collect())
}
