//! Flat rows as the response, written once and in its own order: no tree stands between.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use async_graphql::{Name, Value};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::read::cells::{Cells, FlatRow};
use crate::kernel::read::column::{Ty, get};
use crate::kernel::read::json::Json;
use crate::kernel::read::list::ListArgs;
use crate::kernel::read::plan::{Connection, EdgePart, From, Node, Object, Origin, Part, Plan, Step};
use crate::kernel::read::select::Project;
use crate::kernel::read::shape::Field;
use crate::kernel::read::statement::{BRANCH, PARENT, Statement};
use crate::kernel::read::viewer;
use crate::kernel::request::Request;

/// The rows of one branch.
#[derive(Default)]
struct Found {
    /// In the order in which they came.
    rows: Vec<usize>,
    /// By what they are looked up with: their own id, or the parent's.
    by: HashMap<Uuid, Vec<usize>>,
}

/// What was found for a plan, ready to be written.
pub(crate) struct Answer<'a> {
    plan: &'a Plan,
    statement: &'a Statement,
    args: &'a [ListArgs],
    request: &'a Request,
    rows: &'a [FlatRow],
    found: Vec<Found>,
    /// Personal fields that are shown by right: fields by kind, and which objects.
    looks: RefCell<HashMap<(&'static str, &'static str), BTreeSet<Uuid>>>,
}

impl<'a> Answer<'a> {
    /// Sorts the rows by branch and parent.
    pub(crate) fn new(
        plan: &'a Plan,
        statement: &'a Statement,
        args: &'a [ListArgs],
        request: &'a Request,
        rows: &'a [FlatRow],
    ) -> Result<Self> {
        let mut found: Vec<Found> = plan.branches.iter().map(|_| Found::default()).collect();
        for (i, row) in rows.iter().enumerate() {
            let branch = usize::try_from(row.get::<i32>(BRANCH, Ty::Int)?).map_err(Error::internal)?;
            let to = found.get_mut(branch).ok_or_else(|| Error::internal("a row of no branch"))?;
            match plan.branches[branch].from {
                From::All | From::Count(Origin::All) => to.rows.push(i),
                From::Children(..) | From::Count(Origin::Children(..)) => {
                    to.by.entry(row.get(PARENT, Ty::Uuid)?).or_default().push(i);
                }
                From::Ids | From::One(..) => {
                    to.by.entry(row.get(statement.places[branch][0], Ty::Uuid)?).or_default().push(i);
                }
            }
        }
        Ok(Self { plan, statement, args, request, rows, found, looks: RefCell::default() })
    }

    /// Writes the object with this id; false, and nothing written, where there is none.
    pub(crate) fn object_by_id(&self, id: Uuid, to: &mut Json) -> Result<bool> {
        let Node::Objects(object) = &self.plan.root else {
            return Err(Error::internal("a list is not read by id"));
        };
        let Some(row) = self.first(object.branch, id) else { return Ok(false) };
        self.object(object, row, to)?;
        Ok(true)
    }

    /// Writes the list at the plan's root.
    pub(crate) fn list(&self, to: &mut Json) -> Result<()> {
        let Node::List(connection) = &self.plan.root else {
            return Err(Error::internal("objects are not read as a list"));
        };
        self.connection(connection, None, to)
    }

    /// Has the looks at personal fields written into the audit after the request.
    pub(crate) fn note_looks(self) {
        let mut by_objects: HashMap<(&'static str, BTreeSet<Uuid>), Vec<&'static str>> = HashMap::new();
        for ((kind, field), objects) in self.looks.into_inner() {
            by_objects.entry((kind, objects)).or_default().push(field);
        }
        for ((kind, objects), mut fields) in by_objects {
            fields.sort_unstable();
            let (objects, fields): (Vec<_>, _) = (objects.into_iter().collect(), fields.join(","));
            self.request.afterwards(Box::new(move |tx| {
                Box::pin(async move { crate::kernel::audit::personal_read(tx, kind, &objects, &fields).await })
            }));
        }
    }

    fn first(&self, branch: usize, key: Uuid) -> Option<usize> {
        self.found[branch].by.get(&key).and_then(|rows| rows.first()).copied()
    }

    /// The rows of a branch for one parent; at the root there is none.
    fn of(&self, branch: usize, parent: Option<Uuid>) -> &[usize] {
        let found = &self.found[branch];
        parent.map_or(&found.rows[..], |parent| found.by.get(&parent).map_or(&[], Vec::as_slice))
    }

    fn cells(&self, branch: usize, row: usize) -> Cells<'a> {
        Cells::new(&self.rows[row], &self.plan.branches[branch].columns, &self.statement.places[branch])
    }

    fn id(&self, branch: usize, row: usize) -> Result<Uuid> {
        self.rows[row].get(self.statement.places[branch][0], Ty::Uuid)
    }

    fn object(&self, object: &'a Object, row: usize, to: &mut Json) -> Result<()> {
        to.raw("{");
        for (key, step) in &object.steps {
            to.key(key);
            self.step(object, step, row, to)?;
        }
        to.raw("}");
        Ok(())
    }

    fn step(&self, object: &'a Object, step: &'a Step, row: usize, to: &mut Json) -> Result<()> {
        let cells = self.cells(object.branch, row);
        match step {
            Step::Typename => to.plain(object.shape.name),
            Step::Id => to.id(object.shape.prefix, self.id(object.branch, row)?),
            Step::Column(field, n, write) => {
                if self.hidden(object, field, &cells, row)? {
                    to.null();
                } else {
                    write(cells.nth(*n)?, to)?;
                }
            }
            Step::Computed(field, compute, project) => {
                if self.hidden(object, field, &cells, row)? {
                    to.null();
                } else {
                    to.value(&project.apply(compute(&cells, self.request)?, ""));
                }
            }
            Step::One(n, child) => {
                let named: Option<Uuid> = get(Ty::Uuid, cells.nth(*n)?)?;
                self.object_or_null(child, named, to)?;
            }
            Step::First(child) => self.object_or_null(child, Some(self.id(object.branch, row)?), to)?,
            Step::Many(child) => {
                self.objects(child, self.of(child.branch, Some(self.id(object.branch, row)?)), to)?;
            }
            Step::Connection(connection) => {
                let parent = self.id(object.branch, row)?;
                self.connection(connection, Some(parent), to)?;
            }
            Step::ViewerCan(project) => {
                to.value(&project.apply(viewer::viewer_can(object.shape, &cells, self.request)?, "Permission"));
            }
            Step::Redacted(project) => {
                to.value(&project.apply(viewer::redacted(object.shape, &cells, self.request), "Redaction"));
            }
        }
        Ok(())
    }

    /// Is the field masked here? If not, and it is personal, the look is remembered.
    fn hidden(&self, object: &Object, field: &'static Field, cells: &Cells<'_>, row: usize) -> Result<bool> {
        if field.mask.is_none() {
            return Ok(false);
        }
        if viewer::is_personal_look(field, cells, self.request) {
            let id = self.id(object.branch, row)?;
            self.looks.borrow_mut().entry((object.shape.name, field.name)).or_default().insert(id);
        }
        Ok(viewer::is_masked(field, cells, self.request))
    }

    fn object_or_null(&self, object: &'a Object, key: Option<Uuid>, to: &mut Json) -> Result<()> {
        match key.and_then(|key| self.first(object.branch, key)) {
            Some(row) => self.object(object, row, to),
            None => {
                to.null();
                Ok(())
            }
        }
    }

    fn objects(&self, object: &'a Object, rows: &[usize], to: &mut Json) -> Result<()> {
        to.raw("[");
        for row in rows {
            to.comma();
            self.object(object, *row, to)?;
        }
        to.raw("]");
        Ok(())
    }

    fn connection(&self, connection: &'a Connection, parent: Option<Uuid>, to: &mut Json) -> Result<()> {
        let args = &self.args[connection.list];
        let all = connection.rows.map_or(&[][..], |branch| self.of(branch, parent));
        let shown = usize::try_from(args.first).map_or(all.len(), |first| all.len().min(first));
        let (rows, more) = (&all[..shown], all.len() > shown);
        to.raw("{");
        for (key, part) in &connection.parts {
            to.key(key);
            match part {
                Part::Typename => to.display(&format_args!("{}Connection", connection.shape.name)),
                Part::Nodes(object) => self.objects(object, rows, to)?,
                Part::Edges(parts) => self.edges(connection, parts, rows, to)?,
                Part::TotalCount => to.number(self.count(connection, parent)?),
                Part::PageInfo(project) => to.value(&self.page_info(connection, project, rows, more)?),
            }
        }
        to.raw("}");
        Ok(())
    }

    fn count(&self, connection: &Connection, parent: Option<Uuid>) -> Result<i64> {
        let Some(branch) = connection.counts else { return Ok(0) };
        let Some(row) = self.of(branch, parent).first() else { return Ok(0) };
        self.rows[*row].get(self.statement.places[branch][0], Ty::Long)
    }

    fn edges(
        &self,
        connection: &Connection,
        parts: &'a [(Name, EdgePart)],
        rows: &[usize],
        to: &mut Json,
    ) -> Result<()> {
        to.raw("[");
        for row in rows {
            to.comma();
            to.raw("{");
            for (key, part) in parts {
                to.key(key);
                match part {
                    EdgePart::Typename => to.display(&format_args!("{}Edge", connection.shape.name)),
                    EdgePart::Cursor => to.plain(&self.cursor(connection, *row)?),
                    EdgePart::Node(object) => self.object(object, *row, to)?,
                }
            }
            to.raw("}");
        }
        to.raw("]");
        Ok(())
    }

    fn page_info(&self, connection: &Connection, project: &Project, rows: &[usize], more: bool) -> Result<Value> {
        let cursor = |row: Option<&usize>| match row {
            Some(row) => Ok::<_, Error>(Value::from(self.cursor(connection, *row)?)),
            None => Ok(Value::Null),
        };
        let info = viewer::object([
            ("hasNextPage", Value::from(more)),
            ("hasPreviousPage", Value::from(self.args[connection.list].resumed())),
            ("startCursor", cursor(rows.first())?),
            ("endCursor", cursor(rows.last())?),
        ]);
        Ok(project.apply(info, "PageInfo"))
    }

    fn cursor(&self, connection: &Connection, row: usize) -> Result<String> {
        let branch = connection.rows.ok_or_else(|| Error::internal("a cursor of no rows"))?;
        let places = &self.statement.places[branch];
        let keys = &places[self.plan.branches[branch].columns.len()..];
        let text = |place: &usize| self.rows[row].get::<String>(*place, Ty::Text);
        let mut keys = keys.iter().map(text).collect::<Result<Vec<_>>>()?;
        keys.push(self.id(branch, row)?.to_string());
        Ok(self.args[connection.list].cursor(&keys, self.request))
    }
}
