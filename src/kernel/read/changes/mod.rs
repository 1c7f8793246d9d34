//! `changesSince`: what has changed of what the reader may read, for applications that were away
//! (docs/adr/0018-changes-since.md).
//!
//! A cursor is a place in the order of all events, sealed with who asks, for which kinds, with which appointments and
//! under which rules of reading. While these are the same, the rule is simple: an object that the reader may read is
//! shown as it is; one that they may not read is told to be gone if they could read it as it was before a change since
//! the cursor; of all others there is no word. When appointments or rules are no longer the same, the client starts
//! anew.

mod look;
mod register;
mod was;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::{Field as Selected, SelectionSet};
use async_graphql::{Name, Positioned, ServerError, Value};
use indexmap::IndexMap;

use crate::kernel::error::{Error, Result};
use crate::kernel::feed::Cursor;
use crate::kernel::keys::sha256;
use crate::kernel::policy::Action;
use crate::kernel::read::list::{ListArgs, server_error};
use crate::kernel::read::operation::{Compiled, plain_text};
use crate::kernel::read::plan::{Plan, bounded};
use crate::kernel::read::select::{Env, Written, below};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::request::Request;
use register::{ResyncReason, kind};
pub(crate) use register::{arguments, set};

/// How many objects looking at the events is taken to be worth.
const LOOKING: u64 = 300;
/// The most objects of one answer; as many as there are where no number is given.
const MOST: usize = 100;
/// How many digits of a hash are kept in cursors.
const DIGITS: usize = 16;

/// The field, compiled.
pub(crate) struct Changes {
    written: Written,
    shapes: Vec<&'static ShapeDef>,
    parts: Vec<(Name, Part)>,
    /// What each `node` shows of the objects of each table; at least one, for it also says who may read what.
    nodes: Vec<HashMap<&'static str, Arc<Compiled>>>,
    /// A hash of all that is said about who may read what.
    rules: String,
}

/// A field of the answer.
enum Part {
    Typename,
    Cursor,
    HasMore,
    Resync,
    Reason,
    Changes(Vec<(Name, Piece)>),
}

/// A field of a change.
enum Piece {
    Typename,
    Cursor,
    Kind,
    ObjectId,
    Operation,
    /// Which of [`Changes::nodes`].
    Node(usize),
}

impl Changes {
    /// Compiles a selection that has been validated.
    pub(crate) fn compile(
        env: Env<'_>,
        shapes: &[&'static ShapeDef],
        written: &Written,
        sets: &[&SelectionSet],
    ) -> Result<Self, ServerError> {
        let rules = rules(shapes);
        let shapes: Vec<_> = shapes.iter().copied().filter(|shape| shape.is_told()).collect();
        let mut made = Self { written: written.clone(), shapes, parts: Vec::new(), nodes: Vec::new(), rules };
        for (key, fields) in env.collect(sets, "ChangeSet") {
            let part = match name(&fields) {
                "cursor" => Part::Cursor,
                "hasMore" => Part::HasMore,
                "resync" => Part::Resync,
                "reason" => Part::Reason,
                "changes" => Part::Changes(made.pieces(env, &below(&fields))?),
                _ => Part::Typename,
            };
            made.parts.push((key.clone(), part));
        }
        if made.nodes.is_empty() {
            made.node(env, &[])?;
        }
        Ok(made)
    }

    fn pieces(&mut self, env: Env<'_>, sets: &[&SelectionSet]) -> Result<Vec<(Name, Piece)>, ServerError> {
        let mut pieces = Vec::new();
        for (key, fields) in env.collect(sets, "Change") {
            let piece = match name(&fields) {
                "cursor" => Piece::Cursor,
                "kind" => Piece::Kind,
                "objectId" => Piece::ObjectId,
                "operation" => Piece::Operation,
                "node" => Piece::Node(self.node(env, &below(&fields))?),
                _ => Piece::Typename,
            };
            pieces.push((key.clone(), piece));
        }
        Ok(pieces)
    }

    /// Compiles what is shown of an object, for each kind that it may be of.
    fn node(&mut self, env: Env<'_>, sets: &[&SelectionSet]) -> Result<usize, ServerError> {
        let mut plans = HashMap::new();
        for shape in &self.shapes {
            plans.insert(shape.table, Compiled::new(shape, Plan::objects(env, shape, sets)?));
        }
        self.nodes.push(plans);
        Ok(self.nodes.len() - 1)
    }

    /// Puts the arguments of a request in.
    pub(crate) fn ask(self: Arc<Self>, env: Env<'_>, request: &Request) -> Result<Asking, ServerError> {
        request.municipality().map_err(server_error)?;
        let given = env.arguments(&self.written)?;
        let kinds = self.kinds(&given);
        let first = first(&given).map_err(server_error)?;
        let mut args: Vec<HashMap<_, _>> = self.nodes.iter().map(|_| HashMap::new()).collect();
        let mut heaviest = 0;
        for shape in &kinds {
            let mut weight = 0_u64;
            for (plans, args) in self.nodes.iter().zip(&mut args) {
                let plan = &plans[shape.table].plan;
                let read = plan.lists.iter().map(|list| ListArgs::read(list, env, request));
                let read = read.collect::<Result<Vec<_>, _>>()?;
                weight = weight.saturating_add(plan.weight(&read, first as u64));
                args.insert(shape.table, read);
            }
            heaviest = heaviest.max(weight);
        }
        let weight = heaviest.saturating_add(LOOKING);
        bounded(weight)?;
        let names: Vec<&str> = kinds.iter().map(|shape| shape.name).collect();
        let seal = Seal { binding: format!("changes|{}", names.join(",")), appointments: appointments(request) };
        let since = self.since(&given, &seal, request).map_err(server_error)?;
        Ok(Asking { changes: self, kinds, first, args, weight, seal, since })
    }

    /// The kinds that are asked for, in their own order.
    fn kinds(&self, given: &IndexMap<String, Value>) -> Vec<&'static ShapeDef> {
        let words: Vec<String> = match given.get("kinds") {
            None | Some(Value::Null) => return self.shapes.clone(),
            Some(Value::List(items)) => items.iter().map(plain_text).collect(),
            Some(single) => vec![plain_text(single)],
        };
        self.shapes.iter().copied().filter(|shape| words.contains(&kind(shape))).collect()
    }

    /// From where on.
    fn since(&self, given: &IndexMap<String, Value>, seal: &Seal, request: &Request) -> Result<Since> {
        let Some(Value::String(text)) = given.get("cursor") else { return Ok(Since::Now(None)) };
        let (cursor, [appointments, rules]) = Cursor::open::<2>(text, "cursor", &seal.binding, request)?;
        Ok(if appointments != seal.appointments {
            Since::Now(Some(ResyncReason::AppointmentsChanged))
        } else if rules != self.rules {
            Since::Now(Some(ResyncReason::RulesChanged))
        } else {
            Since::Cursor(cursor)
        })
    }
}

/// The field with the arguments of a request.
pub(crate) struct Asking {
    changes: Arc<Changes>,
    kinds: Vec<&'static ShapeDef>,
    first: usize,
    /// For each of [`Changes::nodes`] and each table the arguments of its lists.
    args: Vec<HashMap<&'static str, Vec<ListArgs>>>,
    weight: u64,
    seal: Seal,
    since: Since,
}

/// From where on changes are told.
enum Since {
    /// From now on; why the client has to start anew, if it does.
    Now(Option<ResyncReason>),
    /// From here.
    Cursor(Cursor),
}

/// What a cursor is sealed with.
struct Seal {
    binding: String,
    /// A hash of the reader's appointments.
    appointments: String,
}

impl Asking {
    /// How many objects it may show.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// A cursor as the client keeps it.
    fn sealed(&self, cursor: Cursor, request: &Request) -> String {
        let words = [self.seal.appointments.as_str(), self.changes.rules.as_str()];
        cursor.seal(&self.seal.binding, &words, request)
    }
}

fn name<'a>(fields: &[&'a Positioned<Selected>]) -> &'a str {
    fields[0].node.name.node.as_str()
}

fn first(given: &IndexMap<String, Value>) -> Result<usize> {
    let number = match given.get("first") {
        None | Some(Value::Null) => return Ok(MOST),
        Some(Value::Number(number)) => number.as_u64().and_then(|n| usize::try_from(n).ok()),
        Some(_) => None,
    };
    number
        .filter(|n| (1..=MOST).contains(n))
        .ok_or_else(|| Error::invalid("first", "RANGE", "件数は1から100までで指定してください。", "first is 1 to 100."))
}

/// A hash of what the reader holds now: it also changes when a term begins or ends.
fn appointments(request: &Request) -> String {
    let held = request.principal.appointments.iter();
    let mut held: Vec<String> = held.map(|a| format!("{:?} {:?} {:?}", a.role, a.scope, a.scope_id)).collect();
    held.sort_unstable();
    held.dedup();
    digest(&held.join("\n"))
}

/// A hash of who may read what: of objects and of single fields.
fn rules(shapes: &[&'static ShapeDef]) -> String {
    let mut text = String::new();
    for shape in shapes {
        let permits: Vec<_> = shape.permits.iter().filter(|permit| permit.action == Action::READ).collect();
        text += &format!("{} {:?} {permits:?}\n", shape.name, shape.published);
        for (field, mask) in shape.fields.iter().filter_map(|field| Some((field, field.mask.as_ref()?))) {
            text += &format!("{} {:?} {:?}\n", field.name, mask.permits, mask.unless);
        }
    }
    digest(&text)
}

fn digest(text: &str) -> String {
    let mut digits = sha256(text.as_bytes());
    digits.truncate(DIGITS);
    digits
}
