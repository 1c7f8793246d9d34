//! From a selection to its plan.

use async_graphql::parser::types::SelectionSet;
use async_graphql::{Positioned, ServerError};

use crate::kernel::error::Error;
use crate::kernel::read::column::Ty;
use crate::kernel::read::field::{Field, MANY, ShapeFn, Source};
use crate::kernel::read::json::Member;
use crate::kernel::read::list::{ListSource, server_error};
use crate::kernel::read::plan::{Branch, Connection, EdgePart, From, Node, Object, Origin, Part, Plan, Step};
use crate::kernel::read::select::{Env, Project, Written, below};
use crate::kernel::read::shape::ShapeDef;

type Selected = Positioned<async_graphql::parser::types::Field>;

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
            steps.push((Member::new(key), step));
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
            made.parts.push((Member::new(key), part));
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
    ) -> Result<Vec<(Member, EdgePart)>, ServerError> {
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
            parts.push((Member::new(key), part));
        }
        Ok(parts)
    }
}
