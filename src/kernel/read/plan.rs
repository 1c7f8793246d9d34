//! A selection compiled over shapes. What is to be fetched is a list of [`Branch`]es, parents before
//! children; what is to be made of it is a tree of steps in the order of the response. Pure: it touches no
//! database and depends neither on the principal nor on the lists' arguments.

use async_graphql::parser::types::SelectionSet;
use async_graphql::{Name, Positioned, ServerError};

use crate::kernel::error::{Error, Refusal};
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::{Children, Compute, Field, MANY, ShapeFn, Source, WriteFn};
use crate::kernel::read::list::{ListArgs, ListSource, server_error};
use crate::kernel::read::select::{Env, Project, Written, below};
use crate::kernel::read::shape::ShapeDef;

type Selected = Positioned<async_graphql::parser::types::Field>;

/// A compiled selection.
pub(crate) struct Plan {
    /// What is fetched.
    pub(crate) branches: Vec<Branch>,
    /// The lists whose arguments each request brings.
    pub(crate) lists: Vec<ListSource>,
    /// What is made of it.
    pub(crate) root: Node,
}

/// What stands at the top of a plan.
pub(crate) enum Node {
    /// Objects by id.
    Objects(Object),
    /// A list.
    List(Connection),
}

/// One set of rows.
pub(crate) struct Branch {
    pub(crate) shape: &'static ShapeDef,
    pub(crate) from: From,
    /// The columns that are read, each once.
    pub(crate) columns: Vec<(&'static str, Ty)>,
    /// Which list's arguments narrow it.
    pub(crate) list: Option<usize>,
    /// Is one row more than asked for read, to know whether more follow?
    pub(crate) peek: bool,
    /// Are the order's keys read, for cursors?
    pub(crate) cursors: bool,
}

/// Where the rows of a branch come from.
#[derive(Clone, Copy)]
pub(crate) enum From {
    /// The rows with the ids that were asked for.
    Ids,
    /// All rows the reader may see.
    All,
    /// The rows that a column of the parent branch names.
    One(usize, &'static str),
    /// Rows that point to the rows of the parent branch; at most so many of each, if no list says.
    Children(usize, Children, i64),
    /// How many there are of another branch's rows, without its limits.
    Count(Origin),
}

impl From {
    /// Does nothing stand above it?
    pub(crate) fn is_root(self) -> bool {
        matches!(self, Self::Ids | Self::All | Self::Count(Origin::All))
    }
}

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    All,
    Children(usize, Children),
}

/// What is made of the rows of one shape.
pub(crate) struct Object {
    pub(crate) shape: &'static ShapeDef,
    pub(crate) branch: usize,
    pub(crate) steps: Vec<(Name, Step)>,
}

/// How one response key is made. `usize`: the place of a column in the branch.
pub(crate) enum Step {
    Typename,
    Id,
    Column(&'static Field, usize, WriteFn),
    Computed(&'static Field, Compute, Project, String),
    One(usize, Object),
    First(Object),
    Many(Object),
    Connection(Connection),
    ViewerCan(Project),
    Redacted(Project),
}

/// What is made of a list.
pub(crate) struct Connection {
    pub(crate) shape: &'static ShapeDef,
    pub(crate) list: usize,
    /// The branch of its rows, where any are asked for.
    pub(crate) rows: Option<usize>,
    /// The branch of its counts, where they are asked for.
    pub(crate) counts: Option<usize>,
    pub(crate) parts: Vec<(Name, Part)>,
}

/// How one response key of a connection is made.
pub(crate) enum Part {
    Typename,
    Edges(Vec<(Name, EdgePart)>),
    Nodes(Object),
    PageInfo(Project),
    TotalCount,
}

/// How one response key of an edge is made.
pub(crate) enum EdgePart {
    Typename,
    Cursor,
    Node(Object),
}

impl Plan {
    /// Compiles a selection on objects that are found by id.
    pub(crate) fn objects(env: Env<'_>, shape: &'static ShapeDef, sets: &[&SelectionSet]) -> Result<Self, ServerError> {
        let mut compiler = Compiler::new(env);
        let branch = compiler.branch(shape, From::Ids, None);
        let root = compiler.object(branch, sets)?;
        Ok(compiler.finish(Node::Objects(root)))
    }

    /// Compiles a selection on a list at the root; `field` names it for its cursors.
    pub(crate) fn list(
        env: Env<'_>,
        shape: &'static ShapeDef,
        field: &str,
        written: &Written,
        sets: &[&SelectionSet],
    ) -> Result<Self, ServerError> {
        let mut compiler = Compiler::new(env);
        let root = compiler.connection(shape, field.to_owned(), written, Origin::All, sets)?;
        Ok(compiler.finish(Node::List(root)))
    }

    /// How many objects the selection may show for `times` ids.
    pub(crate) fn weight(&self, args: &[ListArgs], times: u64) -> u64 {
        match &self.root {
            Node::Objects(object) => {
                let shape = self.branches[object.branch].shape;
                object.weight(args, times).saturating_add(gathering(shape, times))
            }
            Node::List(connection) => connection.weight(args, times),
        }
    }
}

struct Compiler<'e> {
    env: Env<'e>,
    branches: Vec<Branch>,
    lists: Vec<ListSource>,
}

impl Compiler<'_> {
    fn new(env: Env<'_>) -> Compiler<'_> {
        Compiler { env, branches: Vec::new(), lists: Vec::new() }
    }

    fn finish(self, root: Node) -> Plan {
        Plan { branches: self.branches, lists: self.lists, root }
    }

    fn branch(&mut self, shape: &'static ShapeDef, from: From, list: Option<usize>) -> usize {
        let columns = if matches!(from, From::Count(_)) { Vec::new() } else { vec![("id", Ty::Uuid)] };
        self.branches.push(Branch { shape, from, columns, list, peek: false, cursors: false });
        self.branches.len() - 1
    }

    /// The place of a column in a branch, which reads it from now on.
    fn column(&mut self, branch: usize, name: &'static str, ty: Ty) -> usize {
        let columns = &mut self.branches[branch].columns;
        columns.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            columns.push((name, ty));
            columns.len() - 1
        })
    }

    fn columns(&mut self, branch: usize, all: impl Iterator<Item = (&'static str, Ty)>) {
        for (name, ty) in all {
            self.column(branch, name, ty);
        }
    }

    fn object(&mut self, branch: usize, sets: &[&SelectionSet]) -> Result<Object, ServerError> {
        let shape = self.branches[branch].shape;
        let mut steps = Vec::new();
        for (key, fields) in self.env.collect(sets, shape.name) {
            let name = fields[0].node.name.node.as_str();
            let step = if name == "__typename" {
                Step::Typename
            } else {
                let field = shape.fields.iter().find(|f| f.name == name);
                let field = field.ok_or_else(|| server_error(Error::internal(format!("no field {name}"))))?;
                self.step(branch, shape, field, &fields)?
            };
            steps.push((key.clone(), step));
        }
        Ok(Object { shape, branch, steps })
    }

    fn step(
        &mut self,
        branch: usize,
        shape: &'static ShapeDef,
        field: &'static Field,
        fields: &[&Selected],
    ) -> Result<Step, ServerError> {
        let sets = below(fields);
        if let Some(mask) = &field.mask {
            self.columns(branch, mask.columns());
        }
        Ok(match field.source {
            Source::Id => Step::Id,
            Source::Column(column, ty, write) => Step::Column(field, self.column(branch, column, ty), write),
            Source::Computed(columns, compute, type_name) => {
                self.columns(branch, columns.iter().map(|column| (*column, shape.type_of(column))));
                let ty = type_name().trim_matches(['[', ']', '!']).to_owned();
                Step::Computed(field, compute, Project::of(self.env, &sets), ty)
            }
            Source::One(child, column) => {
                let place = self.column(branch, column, Ty::Uuid);
                Step::One(place, self.child(child, From::One(branch, column), &sets)?)
            }
            Source::First(child, children) => {
                Step::First(self.child(child, From::Children(branch, children, 1), &sets)?)
            }
            Source::Many(child, children) => {
                Step::Many(self.child(child, From::Children(branch, children, MANY), &sets)?)
            }
            Source::Connection(child, children) => {
                let list = format!("{}.{}", shape.name, field.name);
                let origin = Origin::Children(branch, children);
                Step::Connection(self.connection(child(), list, &fields[0].node.arguments, origin, &sets)?)
            }
            Source::ViewerCan => {
                self.columns(branch, shape.row_columns().iter().copied().chain(shape.scope_columns()));
                self.columns(branch, shape.hand_columns());
                Step::ViewerCan(Project::of(self.env, &sets))
            }
            Source::Redacted => {
                self.columns(branch, shape.scope_columns());
                Step::Redacted(Project::of(self.env, &sets))
            }
        })
    }

    fn child(&mut self, shape: ShapeFn, from: From, sets: &[&SelectionSet]) -> Result<Object, ServerError> {
        let branch = self.branch(shape(), from, None);
        self.object(branch, sets)
    }

    fn connection(
        &mut self,
        shape: &'static ShapeDef,
        field: String,
        written: &Written,
        origin: Origin,
        sets: &[&SelectionSet],
    ) -> Result<Connection, ServerError> {
        let list = self.lists.len();
        self.lists.push(ListSource { field, shape, written: written.clone() });
        let mut made = Connection { shape, list, rows: None, counts: None, parts: Vec::new() };
        for (key, fields) in self.env.collect(sets, &format!("{}Connection", shape.name)) {
            let sets = below(&fields);
            let part = match fields[0].node.name.node.as_str() {
                "edges" => Part::Edges(self.edges(&mut made, origin, &sets)?),
                "nodes" => {
                    let rows = self.rows(&mut made, origin);
                    Part::Nodes(self.object(rows, &sets)?)
                }
                "pageInfo" => {
                    let rows = self.rows(&mut made, origin);
                    (self.branches[rows].peek, self.branches[rows].cursors) = (true, true);
                    Part::PageInfo(Project::of(self.env, &sets))
                }
                "totalCount" => {
                    made.counts = Some(self.branch(shape, From::Count(origin), Some(list)));
                    Part::TotalCount
                }
                _ => Part::Typename,
            };
            made.parts.push((key.clone(), part));
        }
        Ok(made)
    }

    /// The branch of a connection's rows, made when it is first needed.
    fn rows(&mut self, connection: &mut Connection, origin: Origin) -> usize {
        *connection.rows.get_or_insert_with(|| {
            let from = match origin {
                Origin::All => From::All,
                Origin::Children(parent, children) => From::Children(parent, children, MANY),
            };
            self.branch(connection.shape, from, Some(connection.list))
        })
    }

    fn edges(
        &mut self,
        connection: &mut Connection,
        origin: Origin,
        sets: &[&SelectionSet],
    ) -> Result<Vec<(Name, EdgePart)>, ServerError> {
        let rows = self.rows(connection, origin);
        let mut parts = Vec::new();
        for (key, fields) in self.env.collect(sets, &format!("{}Edge", connection.shape.name)) {
            let part = match fields[0].node.name.node.as_str() {
                "node" => EdgePart::Node(self.object(rows, &below(&fields))?),
                "cursor" => {
                    self.branches[rows].cursors = true;
                    EdgePart::Cursor
                }
                _ => EdgePart::Typename,
            };
            parts.push((key.clone(), part));
        }
        Ok(parts)
    }
}

/// How many objects a plain list is taken to have when a selection is weighed.
const USUAL: u64 = 5;
/// How many objects a count is taken to be worth, each time it is made.
const COUNTED: u64 = 20;
/// How many objects it is taken to be worth to gather rows from all tables, each time it is done.
const GATHERED: u64 = 100;
/// What gathering the rows of a type so often is worth.
fn gathering(shape: &ShapeDef, times: u64) -> u64 {
    if shape.gathered.is_some() { times.saturating_mul(GATHERED) } else { 0 }
}

/// The most objects one root field may ask for.
const MOST: u64 = 100_000;

/// Refuses a selection that could ask for more objects than a reader can use: each row names others, and
/// what is read once is shown as often as it is named.
pub(crate) fn bounded(weight: u64) -> Result<(), ServerError> {
    if weight <= MOST {
        return Ok(());
    }
    Err(server_error(Error::BadRequest(Refusal::new(
        "TOO_COMPLEX",
        "一度に読む量が多すぎます。件数か入れ子を減らしてください。",
        "This asks for too much at once. Ask for fewer items or less nesting.",
    ))))
}

impl Object {
    fn weight(&self, args: &[ListArgs], times: u64) -> u64 {
        let below = self.steps.iter().map(|(_, step)| match step {
            Step::One(_, object) | Step::First(object) => object.weight(args, times),
            Step::Many(object) => object.weight(args, times.saturating_mul(USUAL)),
            Step::Connection(connection) => connection.weight(args, times),
            _ => 0,
        });
        below.fold(times, u64::saturating_add)
    }
}

impl Connection {
    fn weight(&self, args: &[ListArgs], times: u64) -> u64 {
        let rows = times.saturating_mul(args[self.list].first.unsigned_abs());
        let part = |part: &Part| match part {
            Part::Nodes(object) => object.weight(args, rows),
            Part::Edges(edge) => edge.iter().map(|(_, part)| part.weight(args, rows)).fold(0, u64::saturating_add),
            Part::TotalCount => times.saturating_mul(COUNTED).saturating_add(gathering(self.shape, times)),
            _ => 0,
        };
        let gathered = gathering(self.shape, times);
        self.parts.iter().map(|(_, p)| part(p)).fold(times.saturating_add(gathered), u64::saturating_add)
    }
}

impl EdgePart {
    fn weight(&self, args: &[ListArgs], rows: u64) -> u64 {
        if let Self::Node(object) = self { object.weight(args, rows) } else { 0 }
    }
}
