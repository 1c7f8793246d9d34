//! How many objects a selection may show: what it is refused for, and what it costs.

use async_graphql::ServerError;

use crate::kernel::error::{Error, Refusal};
use crate::kernel::read::list::{ListArgs, server_error};
use crate::kernel::read::plan::{Connection, EdgePart, Node, Object, Part, Plan, Step};
use crate::kernel::read::shape::ShapeDef;

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

impl Plan {
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
