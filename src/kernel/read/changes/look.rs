//! An answer: which objects changed, then what they are now, all of these in one snapshot.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::feed::{self, Changed, Cursor, Window};
use crate::kernel::read::answer::Answer;
use crate::kernel::read::cells::FlatRow;
use crate::kernel::read::changes::register::{ChangeOperation, ResyncReason, kind};
use crate::kernel::read::changes::{Asking, Part, Piece, Since, was};
use crate::kernel::read::column::Ty;
use crate::kernel::read::json::Json;
use crate::kernel::read::operation::Asked;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::request::Request;
use crate::kernel::tx::Database;

/// The changed objects of one shape.
struct Group {
    shape: &'static ShapeDef,
    /// One for each of the selection's nodes.
    asked: Vec<Asked>,
    /// Those whose readers may have changed, with what these were judged by.
    judged: Vec<(Uuid, String)>,
}

/// What was found of the objects of one shape.
struct Found<'a> {
    shape: &'static ShapeDef,
    answers: Vec<Answer<'a>>,
    /// Those that the reader could read once.
    readable: HashSet<Uuid>,
}

/// What is told.
struct Told<'a> {
    objects: &'a [Changed],
    found: HashMap<&'static str, Found<'a>>,
    end: Cursor,
    more: bool,
    reason: Option<ResyncReason>,
}

impl Asking {
    /// Writes what has changed.
    pub(crate) async fn answer(self, database: &Database, request: &Arc<Request>, to: &mut Json) -> Result<()> {
        let window = match self.since {
            Since::Cursor(cursor) => {
                let tables = self.kinds.iter().map(|shape| shape.table.to_owned()).collect();
                Window::after(cursor, tables, self.first, database, request).await?
            }
            Since::Now(_) => Window { objects: Vec::new(), end: feed::now(database, request).await?, more: false },
        };
        let reason = if let Since::Now(reason) = self.since { reason } else { None };
        let groups = self.groups(&window);
        let rows = fetch(&groups, database, request).await?;
        let found = sort(&groups, &rows, request)?;
        let told = Told { objects: &window.objects, found, end: window.end, more: window.more, reason };
        self.write(&told, request, to)?;
        told.found.into_values().flat_map(|found| found.answers).for_each(Answer::note_looks);
        Ok(())
    }

    /// The objects by shape, with what is asked of them.
    fn groups(&self, window: &Window) -> Vec<Group> {
        let mut groups = Vec::new();
        for shape in &self.kinds {
            let objects: Vec<&Changed> = window.objects.iter().filter(|o| o.table == shape.table).collect();
            if objects.is_empty() {
                continue;
            }
            let ids: Vec<Uuid> = objects.iter().map(|o| o.object).collect();
            let nodes = self.changes.nodes.iter().zip(&self.args);
            let asked = nodes
                .map(|(plans, args)| Asked::of(plans[shape.table].clone(), args[shape.table].clone(), ids.clone()));
            let judged = objects.iter().filter_map(|o| Some((o.object, o.was.clone()?)));
            groups.push(Group { shape, asked: asked.collect(), judged: judged.collect() });
        }
        groups
    }

    fn write(&self, told: &Told<'_>, request: &Request, to: &mut Json) -> Result<()> {
        to.raw("{");
        for (key, part) in &self.changes.parts {
            to.key(key);
            match part {
                Part::Typename => to.plain("ChangeSet"),
                Part::Cursor => to.plain(&self.sealed(told.end, request)),
                Part::HasMore => to.flag(told.more),
                Part::Resync => to.flag(told.reason.is_some()),
                Part::Reason => match told.reason {
                    Some(reason) => to.plain(reason.word()),
                    None => to.null(),
                },
                Part::Changes(pieces) => self.write_changes(pieces, told, request, to)?,
            }
        }
        to.raw("}");
        Ok(())
    }

    /// Of what the reader neither may read nor could read there is no word.
    fn write_changes(
        &self,
        pieces: &[(async_graphql::Name, Piece)],
        told: &Told<'_>,
        request: &Request,
        to: &mut Json,
    ) -> Result<()> {
        to.raw("[");
        for changed in told.objects {
            let found = told.found.get(changed.table.as_str());
            let found = found.ok_or_else(|| Error::internal("a change of a kind that was not asked for"))?;
            let Some(operation) = found.operation(changed) else { continue };
            to.comma();
            to.raw("{");
            for (key, piece) in pieces {
                to.key(key);
                match piece {
                    Piece::Typename => to.plain("Change"),
                    Piece::Cursor => to.plain(&self.sealed(changed.cursor, request)),
                    Piece::Kind => to.plain(&kind(found.shape)),
                    Piece::ObjectId => to.id(found.shape.prefix, changed.object),
                    Piece::Operation => to.plain(operation.word()),
                    Piece::Node(n) => {
                        if !found.answers[*n].object_by_id(changed.object, to)? {
                            to.null();
                        }
                    }
                }
            }
            to.raw("}");
        }
        to.raw("]");
        Ok(())
    }
}

impl Found<'_> {
    /// What a change is to the reader; nothing when it is none of their business.
    fn operation(&self, changed: &Changed) -> Option<ChangeOperation> {
        let shown = self.answers.first().is_some_and(|answer| answer.shows(changed.object));
        match (shown, changed.created) {
            (true, true) => Some(ChangeOperation::Created),
            (true, false) => Some(ChangeOperation::Updated),
            (false, _) => self.readable.contains(&changed.object).then_some(ChangeOperation::Gone),
        }
    }
}

/// The rows of all groups, in their order: those of the nodes, then which objects could be read.
async fn fetch(groups: &[Group], database: &Database, request: &Arc<Request>) -> Result<Vec<Vec<FlatRow>>> {
    let mut queries = Vec::new();
    for group in groups {
        for asked in &group.asked {
            queries.push(asked.query(request)?);
        }
        if !group.judged.is_empty() {
            queries.push(was::query(group.shape, group.judged.clone(), request)?);
        }
    }
    if queries.is_empty() { Ok(Vec::new()) } else { database.read(request, &queries).await }
}

fn sort<'a>(
    groups: &'a [Group],
    rows: &'a [Vec<FlatRow>],
    request: &'a Request,
) -> Result<HashMap<&'static str, Found<'a>>> {
    let mut rows = rows.iter();
    let mut found = HashMap::new();
    let missing = || Error::internal("an answer is missing");
    for group in groups {
        let mut answers = Vec::new();
        for asked in &group.asked {
            answers.push(asked.answer(request, rows.next().ok_or_else(missing)?)?);
        }
        let mut readable = HashSet::new();
        if !group.judged.is_empty() {
            for row in rows.next().ok_or_else(missing)? {
                readable.insert(row.get(0, Ty::Uuid)?);
            }
        }
        found.insert(group.shape.table, Found { shape: group.shape, answers, readable });
    }
    Ok(found)
}
