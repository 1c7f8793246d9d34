//! `GET /files/{id}.{kind}`: papers about what an id names (`grants::papers`), made while they are asked for. Who may read
//! the row may have its paper; nobody else learns that there is one.

use std::io::{Read as _, Seek as _};
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use uuid::Uuid;

use super::download::{media_type, sending};
use crate::api::caller::Caller;
use crate::api::exports::columns::{Cell, Column};
use crate::api::exports::graphql::plain;
use crate::api::exports::sheet::Sheet;
use crate::api::negotiation::Media;
use crate::api::rates::{Payer, Spent};
use crate::files::entity::ExportFormat;
use crate::grants::entity::{GrantRuleId, GrantRunId, GrantRunLineId};
use crate::grants::papers::{self, Matrix, Row};
use crate::kernel::audit;
use crate::kernel::error::{Error, Result};
use crate::kernel::files::Store;
use crate::kernel::id::{TypedId, decode};
use crate::kernel::money::Yen;
use crate::kernel::paper::{markdown, pdf, xlsx};
use crate::kernel::request::Request;
use crate::kernel::tx::{Mode, Tx};

/// What it costs to make a paper …
const MAKING: u64 = 90;
/// … and a row of a run's table.
const ROW: u64 = 1;

/// What kind of file is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pdf,
    Xlsx,
    Csv,
    Markdown,
}

/// What is made of a row.
enum Made {
    Paper(papers::Filed),
    Matrix(Matrix, Vec<Row>),
}

/// An id and a kind of file, where that is what a path ends with.
pub(super) fn asked(path: &str) -> Option<(&str, Kind)> {
    let (id, end) = path.rsplit_once('.')?;
    let kind = match end {
        "pdf" => Kind::Pdf,
        "xlsx" => Kind::Xlsx,
        "csv" => Kind::Csv,
        "md" => Kind::Markdown,
        _ => return None,
    };
    Some((id, kind))
}

/// Sends a paper. Foreign, hidden and invented ids, and kinds that there are not of something, are one answer.
pub(super) async fn content(caller: &Caller, request: &Arc<Request>, (id, kind): (&str, Kind)) -> Result<Response> {
    let (prefix, id) = decode(id).map_err(|_| Error::NotFound)?;
    if let Err(spent) = caller.pay(Payer::of(request), MAKING) {
        return Ok(caller.too_many(&spent, Media::Json));
    }
    let place = caller.app.workshop.place().await?;
    let tx = caller.app.database.begin(request.clone(), Mode::Write);
    let (name, made) = match gather(caller, &tx, (prefix, id), kind).await {
        Ok(Ok(gathered)) => {
            tx.commit().await?;
            gathered
        }
        Ok(Err(spent)) => {
            tx.rollback().await?;
            return Ok(caller.too_many(&spent, Media::Json));
        }
        Err(error) => {
            tx.rollback().await?;
            return Err(error);
        }
    };
    let files = caller.app.files.clone();
    let bytes = place.work(move || write(&files, kind, made)).await?;
    let size = bytes.len() as u64;
    sending(Body::from(bytes), size, kind.media_type(), &name)
}

/// Reads what is on a paper, and how its file is called; notes who had it.
async fn gather(
    caller: &Caller,
    tx: &Tx,
    (prefix, id): (&str, Uuid),
    kind: Kind,
) -> Result<Result<(String, Made), Spent>> {
    let (table, mut made) = find(tx, prefix, id, kind).await?;
    let name = match &mut made {
        Made::Paper(filed) => filed.name.clone(),
        Made::Matrix(matrix, rows) => {
            let price = u64::try_from(matrix.organizations).unwrap_or_default() * ROW;
            if let Err(spent) = caller.pay(Payer::of(tx), price) {
                return Ok(Err(spent));
            }
            *rows = all(tx, matrix).await?;
            matrix.name.clone()
        }
    };
    let name = format!("{}.{}", plain(&name), kind.end());
    if tx.principal.is_signed_in() {
        audit::note(tx, "DOWNLOADED", table, &[id], &name).await?;
    }
    Ok(Ok((name, made)))
}

async fn all(tx: &Tx, matrix: &Matrix) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let page = matrix.page(tx, rows.last()).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

impl Kind {
    fn end(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Markdown => "md",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xlsx => media_type(ExportFormat::Xlsx),
            Self::Csv => media_type(ExportFormat::Csv),
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }
}

/// Which papers there are.
async fn find(tx: &Tx, prefix: &str, id: Uuid, kind: Kind) -> Result<(&'static str, Made)> {
    match (prefix, kind) {
        (GrantRunLineId::PREFIX, Kind::Pdf | Kind::Xlsx) => {
            Ok(("grant_run_lines", Made::Paper(papers::sheet(tx, GrantRunLineId(id)).await?)))
        }
        (GrantRuleId::PREFIX, Kind::Pdf | Kind::Markdown) => {
            Ok(("grant_rules", Made::Paper(papers::rule(tx, GrantRuleId(id)).await?)))
        }
        (GrantRunId::PREFIX, Kind::Xlsx | Kind::Csv) => {
            Ok(("grant_runs", Made::Matrix(papers::matrix(tx, GrantRunId(id)).await?, Vec::new())))
        }
        _ => Err(Error::NotFound),
    }
}

fn write(files: &Store, kind: Kind, made: Made) -> Result<Vec<u8>> {
    match (made, kind) {
        (Made::Matrix(matrix, rows), kind) => sheet(files, kind, &matrix, &rows),
        (Made::Paper(made), Kind::Pdf) => pdf(&made.paper),
        (Made::Paper(made), Kind::Markdown) => Ok(markdown(&made.paper).into_bytes()),
        (Made::Paper(made), Kind::Xlsx | Kind::Csv) => xlsx(&made.paper),
    }
}

/// A run as a table, written row by row.
fn sheet(files: &Store, kind: Kind, matrix: &Matrix, rows: &[Row]) -> Result<Vec<u8>> {
    let format = if kind == Kind::Csv { ExportFormat::Csv } else { ExportFormat::Xlsx };
    let labels = ["団体ID", "団体名"].into_iter().chain(matrix.terms.iter().map(|(_, label)| label.as_str()));
    let columns: Vec<Column> = labels.chain(["額(円)"]).map(Column::named).collect();
    let mut sheet = Sheet::begin(format, files.scratch()?, files.scratch_directory(), &columns)?;
    sheet.dated(matrix.day)?;
    let number = |yen: &Yen| Cell::Number(yen.0.to_string());
    for row in rows {
        let names = [row.organization.clone().map_or(Cell::Empty, Cell::Text), Cell::Text(row.name.clone())];
        sheet.row(names.into_iter().chain(row.terms.iter().map(number)).chain([number(&row.amount)]))?;
    }
    let (mut file, mut bytes) = (sheet.done()?, Vec::new());
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(Error::internal)?;
    Ok(bytes)
}
