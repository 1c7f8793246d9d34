//! Flat rows as the response, written once and in its own order: no tree stands between.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use async_graphql::Value;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::read::cells::{Cells, FlatRow};
use crate::kernel::read::column::{Ty, get};
use crate::kernel::read::field::Field;
use crate::kernel::read::json::{Json, Member};
use crate::kernel::read::list::{Key, ListArgs};
use crate::kernel::read::plan::{Branch, Connection, EdgePart, From, Node, Object, Origin, Part, Plan, Step};
use crate::kernel::read::select::Project;
use crate::kernel::read::statement::{BRANCH, PARENT, Statement};
use crate::kernel::read::viewer;
use crate::kernel::request::Request;

/// The rows of one branch.
enum Found {
    /// Without anything above them: from the first to before the last.
    Root(Range<usize>),
    /// By their own id.
    ById(FxHashMap<Uuid, usize>),
    /// By the id of what they belong to; one parent's rows stand together.
    ByParent(FxHashMap<Uuid, Range<usize>>),
}

impl Found {
    fn of(branch: &Branch) -> Self {
        match branch.from {
            From::All | From::Count(Origin::All) => Self::Root(0..0),
            From::Ids | From::One(..) => Self::ById(FxHashMap::default()),
            From::Children(..) | From::Count(Origin::Children(..)) => Self::ByParent(FxHashMap::default()),
        }
    }

    /// Adds the nth row.
    fn add(&mut self, n: usize, row: &FlatRow, id: usize) -> Result<()> {
        let range = match self {
            Self::ById(by) => {
                by.insert(row.get(id, Ty::Uuid)?, n);
                return Ok(());
            }
            Self::Root(range) => range,
            Self::ByParent(by) => by.entry(row.get(PARENT, Ty::Uuid)?).or_default(),
        };
        if *range == (0..0) {
            *range = n..n;
        }
        if range.end != n {
            return Err(Error::internal("rows that belong together came apart"));
        }
        range.end += 1;
        Ok(())
    }
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
        let mut found: Vec<Found> = plan.branches.iter().map(Found::of).collect();
        for (n, row) in rows.iter().enumerate() {
            let branch = usize::try_from(row.get::<i32>(BRANCH, Ty::Int)?).map_err(Error::internal)?;
            let to = found.get_mut(branch).ok_or_else(|| Error::internal("a row of no branch"))?;
            to.add(n, row, statement.places[branch][0])?;
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

    /// Was the object with this id found?
    pub(crate) fn shows(&self, id: Uuid) -> bool {
        matches!(&self.plan.root, Node::Objects(object) if self.first(object.branch, id).is_some())
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

    /// The row of a branch with this id, or the first with this parent.
    fn first(&self, branch: usize, key: Uuid) -> Option<usize> {
        match &self.found[branch] {
            Found::ById(by) => by.get(&key).copied(),
            Found::ByParent(by) => by.get(&key).map(|rows| rows.start),
            Found::Root(_) => None,
        }
    }

    /// The rows of a branch for one parent; at the root there is none.
    fn of(&self, branch: usize, parent: Option<Uuid>) -> Range<usize> {
        match (&self.found[branch], parent) {
            (Found::Root(rows), None) => rows.clone(),
            (Found::ByParent(by), Some(parent)) => by.get(&parent).cloned().unwrap_or_default(),
            _ => 0..0,
        }
    }

    fn cells(&self, branch: usize, row: usize) -> Cells<'a> {
        Cells::new(&self.rows[row], &self.plan.branches[branch].columns, &self.statement.places[branch])
    }

    fn id(&self, branch: usize, row: usize) -> Result<Uuid> {
        self.rows[row].get(self.statement.places[branch][0], Ty::Uuid)
    }

    fn object(&self, object: &'a Object, row: usize, to: &mut Json) -> Result<()> {
        let cells = self.cells(object.branch, row);
        to.raw("{");
        for (member, step) in &object.steps {
            to.member(member);
            self.step(object, step, (row, &cells), to)?;
        }
        to.raw("}");
        Ok(())
    }

    fn step(&self, object: &'a Object, step: &'a Step, (row, cells): (usize, &Cells<'a>), to: &mut Json) -> Result<()> {
        match step {
            Step::Typename => to.plain(object.shape.name),
            Step::Id => to.id(object.shape.prefix, self.id(object.branch, row)?),
            Step::Column(field, n, write) => {
                if self.hidden(object, field, cells, row)? {
                    to.null();
                } else {
                    write(cells.nth(*n)?, to)?;
                }
            }
            Step::Computed(field, compute, project, ty) => {
                if self.hidden(object, field, cells, row)? {
                    to.null();
                } else {
                    to.value(&project.apply(compute(cells, self.request)?, ty));
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
                let viewer = viewer::Viewing { request: self.request, hints: project.wants("unlockHint") };
                to.value(&project.apply(viewer.can(object.shape, cells)?, "Permission"));
            }
            Step::Redacted(project) => {
                to.value(&project.apply(viewer::redacted(object.shape, cells, self.request), "Redaction"));
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
            self.looks.borrow_mut().entry((object.shape.table, field.name)).or_default().insert(id);
        }
        Ok(viewer::is_masked(field, cells, self.request))
    }

    fn object_or_null(&self, object: &'a Object, key: Option<Uuid>, to: &mut Json) -> Result<()> {
        if let Some(row) = key.and_then(|key| self.first(object.branch, key)) {
            return self.object(object, row, to);
        }
        to.null();
        Ok(())
    }

    fn objects(&self, object: &'a Object, rows: Range<usize>, to: &mut Json) -> Result<()> {
        to.raw("[");
        for row in rows {
            to.comma();
            self.object(object, row, to)?;
        }
        to.raw("]");
        Ok(())
    }

    fn connection(&self, connection: &'a Connection, parent: Option<Uuid>, to: &mut Json) -> Result<()> {
        let args = &self.args[connection.list];
        let all = connection.rows.map_or(0..0, |branch| self.of(branch, parent));
        let shown = usize::try_from(args.first).map_or(all.len(), |first| all.len().min(first));
        let (rows, more) = (all.start..all.start + shown, all.len() > shown);
        to.raw("{");
        for (member, part) in &connection.parts {
            to.member(member);
            match part {
                Part::Typename => to.display(&format_args!("{}Connection", connection.shape.name)),
                Part::Nodes(object) => self.objects(object, rows.clone(), to)?,
                Part::Edges(parts) => self.edges(connection, parts, rows.clone(), to)?,
                Part::TotalCount => to.number(self.count(connection, parent)?),
                Part::PageInfo(project) => to.value(&self.page_info(connection, project, &rows, more)?),
            }
        }
        to.raw("}");
        Ok(())
    }

    fn count(&self, connection: &Connection, parent: Option<Uuid>) -> Result<i64> {
        let Some(branch) = connection.counts else { return Ok(0) };
        let Some(row) = self.of(branch, parent).next() else { return Ok(0) };
        self.rows[row].get(self.statement.places[branch][0], Ty::Long)
    }

    fn edges(
        &self,
        connection: &Connection,
        parts: &'a [(Member, EdgePart)],
        rows: Range<usize>,
        to: &mut Json,
    ) -> Result<()> {
        to.raw("[");
        for row in rows {
            to.comma();
            to.raw("{");
            for (member, part) in parts {
                to.member(member);
                match part {
                    EdgePart::Typename => to.display(&format_args!("{}Edge", connection.shape.name)),
                    EdgePart::Cursor => to.plain(&self.cursor(connection, row)?),
                    EdgePart::Node(object) => self.object(object, row, to)?,
                }
            }
            to.raw("}");
        }
        to.raw("]");
        Ok(())
    }

    fn page_info(&self, connection: &Connection, project: &Project, rows: &Range<usize>, more: bool) -> Result<Value> {
        let cursor = |name: &str, row: Option<usize>| match row.filter(|_| project.wants(name)) {
            Some(row) => Ok::<_, Error>(Value::from(self.cursor(connection, row)?)),
            None => Ok(Value::Null),
        };
        let info = viewer::object([
            ("hasNextPage", Value::from(more)),
            ("hasPreviousPage", Value::from(self.args[connection.list].resumed())),
            ("startCursor", cursor("startCursor", rows.clone().next())?),
            ("endCursor", cursor("endCursor", rows.clone().last())?),
        ]);
        Ok(project.apply(info, "PageInfo"))
    }

    fn cursor(&self, connection: &Connection, row: usize) -> Result<String> {
        let branch = connection.rows.ok_or_else(|| Error::internal("a cursor of no rows"))?;
        let args = &self.args[connection.list];
        let text = |(place, key): (&usize, &Key)| key.ty.text(self.rows[row].cell(*place)?);
        let mut keys = self.statement.keys[branch].iter().zip(args.form.keys).map(text).collect::<Result<Vec<_>>>()?;
        keys.push(self.id(branch, row)?.to_string());
        Ok(args.cursor(&keys, self.request))
    }
}
