//! A subscription, compiled: whose changes it tells, and what each of its events shows.

use std::hash::Hasher;
use std::sync::Arc;

use async_graphql::parser::types::{Field as Selected, SelectionSet};
use async_graphql::{Name, Positioned, ServerError, Value};
use indexmap::IndexMap;
use rustc_hash::FxHasher;
use uuid::Uuid;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::id;
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::json::Json;
use crate::kernel::read::list::{ListArgs, server_error};
use crate::kernel::read::operation::{Asked, Compiled, Kinds};
use crate::kernel::read::plan::Plan;
use crate::kernel::read::select::{Env, below};
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::streams::{Stream, Streams, Watch};
use crate::kernel::request::Request;
use crate::kernel::tx::Database;

/// A subscription, compiled: what its events show.
pub struct Telling {
    key: Name,
    stream: &'static Stream,
    pieces: Vec<(Name, Piece)>,
    /// The arguments.
    args: IndexMap<String, Value>,
}

/// A field of an event.
enum Piece {
    Typename,
    Cursor,
    /// The object, compiled for each kind that it turned out to be.
    Object(Kinds),
}

/// What a subscription is about.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The shape of the objects that it shows.
    pub shape: &'static ShapeDef,
    /// The one object, or whichever has changed.
    pub id: Option<Uuid>,
}

impl Telling {
    /// Compiles a subscription that has been validated.
    ///
    /// # Errors
    /// BAD_REQUEST/OPERATION when it has not exactly one root field.
    pub fn compile(env: Env<'_>, streams: &'static Streams, set: &SelectionSet) -> Result<Self, ServerError> {
        let keys = env.collect(&[set], "Subscription");
        let single = keys.first().filter(|_| keys.len() == 1).ok_or_else(not_one)?;
        let (key, selected) = single;
        let name = selected[0].node.name.node.as_str();
        let stream = streams.0.iter().find(|stream| stream.name == name);
        let stream = stream.ok_or_else(not_one)?;
        let pieces = env.collect(&below(selected), stream.payload).into_iter();
        let pieces = pieces.map(|(key, selected)| (key.clone(), piece(selected[0]))).collect();
        Ok(Self { key: (*key).clone(), stream, pieces, args: env.arguments(&selected[0].node.arguments)? })
    }

    /// Whose changes it tells.
    pub fn watch(&self) -> &'static Watch {
        &self.stream.watch
    }

    /// The cursor after which it begins.
    pub fn after(&self) -> Option<&str> {
        match self.args.get("after") {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What it is about.
    ///
    /// # Errors
    /// INVALID_INPUT for an id that is none, NOT_FOUND for one of another kind.
    pub fn subject(&self, shapes: &[&'static ShapeDef]) -> Result<Subject> {
        let id = || match self.args.get("id") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        match self.stream.watch {
            Watch::Own(shape) => Ok(Subject { shape: shape(), id: None }),
            Watch::One(shape) => Ok(Subject { shape: shape(), id: Some(id::decode_as(shape().prefix, &id())?) }),
            Watch::Any => {
                let id = id();
                let (prefix, uuid) = id::decode(&id)?;
                let shape = shapes.iter().find(|shape| shape.prefix == prefix).ok_or(Error::NotFound)?;
                Ok(Subject { shape, id: Some(uuid) })
            }
        }
    }

    /// Does an event show its object, or its cursor alone?
    pub fn shows_object(&self) -> bool {
        self.pieces.iter().any(|(_, piece)| matches!(piece, Piece::Object(_)))
    }

    /// How many objects an event of this shape may show.
    ///
    /// # Errors
    /// For arguments that cannot be read.
    pub fn weight(
        &self,
        (env, set): (Env<'_>, &SelectionSet),
        request: &Request,
        shape: &'static ShapeDef,
    ) -> Result<u64, ServerError> {
        let mut weight = 0_u64;
        for (key, piece) in &self.pieces {
            if let Piece::Object(kinds) = piece {
                let plan = &self.compiled(kinds, key, env, set, shape)?.plan;
                let args = plan.lists.iter().map(|list| ListArgs::read(list, env, request));
                weight = weight.saturating_add(plan.weight(&args.collect::<Result<Vec<_>, _>>()?, 1));
            }
        }
        Ok(weight)
    }

    /// The event as the JSON of `data`, and a hash of what it shows of the object; nothing when the object may
    /// not be seen or is no more.
    pub async fn tell(
        &self,
        (env, set): (Env<'_>, &SelectionSet),
        database: &Database,
        request: &Arc<Request>,
        cursor: &str,
        (shape, id): (&'static ShapeDef, Uuid),
    ) -> Result<Option<(Json, u64)>, ServerError> {
        let mut to = Json::new();
        to.raw("{");
        to.key(&self.key);
        to.raw("{");
        let mut shown = FxHasher::default();
        for (key, piece) in &self.pieces {
            to.key(key);
            match piece {
                Piece::Typename => to.text(self.stream.payload),
                Piece::Cursor => to.text(cursor),
                Piece::Object(kinds) => {
                    let compiled = self.compiled(kinds, key, env, set, shape)?;
                    let asked = Asked::new(compiled, vec![id], env, request)?;
                    let mark = to.mark();
                    let written = read(&asked, id, database, request, &mut to).await.map_err(server_error)?;
                    if !written {
                        return Ok(None);
                    }
                    shown.write(to.since(mark));
                }
            }
        }
        to.raw("}}");
        // Who selects the cursor alone must not learn more than who selects the object.
        let allowed = self.shows_object() || is_visible(shape, id, database, request).await.map_err(server_error)?;
        Ok(allowed.then(|| (to, shown.finish())))
    }

    fn compiled(
        &self,
        kinds: &Kinds,
        key: &Name,
        env: Env<'_>,
        set: &SelectionSet,
        shape: &'static ShapeDef,
    ) -> Result<Arc<Compiled>, ServerError> {
        kinds.find(shape, || {
            let root = env.collect(&[set], "Subscription");
            let selected = root.get(&self.key).map(|fields| below(fields)).unwrap_or_default();
            let pieces = env.collect(&selected, self.stream.payload);
            let object = pieces.get(key).map(|fields| below(fields)).unwrap_or_default();
            Plan::objects(env, shape, &object)
        })
    }
}

fn not_one() -> ServerError {
    let (ja, en) = ("購読の項目は一つだけ指定してください。", "A subscription has exactly one root field.");
    server_error(Error::BadRequest(Refusal::new("OPERATION", ja, en)))
}

fn piece(selected: &Positioned<Selected>) -> Piece {
    match selected.node.name.node.as_str() {
        "__typename" => Piece::Typename,
        "cursor" => Piece::Cursor,
        _ => Piece::Object(Kinds::default()),
    }
}

async fn read(asked: &Asked, id: Uuid, database: &Database, request: &Arc<Request>, to: &mut Json) -> Result<bool> {
    let rows = database.read(request, &[asked.query(request)?]).await?.pop().unwrap_or_default();
    let answer = asked.answer(request, &rows)?;
    let written = answer.object_by_id(id, to)?;
    answer.note_looks();
    Ok(written)
}

/// May the object be seen by who asks?
pub async fn is_visible(
    shape: &'static ShapeDef,
    id: Uuid,
    database: &Database,
    request: &Arc<Request>,
) -> Result<bool> {
    let mut sql = Sql::new(&format!("SELECT t.id FROM {} t WHERE t.id = ", shape.table));
    sql.param(Param::Uuid(Some(id)));
    sql.push(" AND ");
    write_condition(&shape.permits, shape.published, Action::READ, "t", &mut sql);
    Ok(!database.ask(request, sql).await?.is_empty())
}
