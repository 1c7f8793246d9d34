//! A selection compiled over shapes. What is to be fetched is a list of [`Branch`]es, parents before
//! children; what is to be made of it is a tree of steps in the order of the response. Pure: it touches no
//! database and depends neither on the principal nor on the lists' arguments.

mod compile;
mod weight;

use crate::kernel::read::column::Ty;
use crate::kernel::read::field::{Children, Compute, Field, WriteFn};
use crate::kernel::read::json::Member;
use crate::kernel::read::list::ListSource;
use crate::kernel::read::select::Project;
use crate::kernel::read::shape::ShapeDef;
pub(crate) use weight::bounded;

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
    pub(crate) steps: Vec<(Member, Step)>,
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
    pub(crate) parts: Vec<(Member, Part)>,
}

/// How one response key of a connection is made.
pub(crate) enum Part {
    Typename,
    Edges(Vec<(Member, EdgePart)>),
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
