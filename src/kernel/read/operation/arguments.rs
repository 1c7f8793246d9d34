//! The arguments of a request, put into what was compiled.

use async_graphql::{Name, ServerError, Value};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::read::list::server_error;
use crate::kernel::read::operation::Root;
use crate::kernel::read::operation::compiled::Asked;
use crate::kernel::read::operation::part::Part;
use crate::kernel::read::plan::Plan;
use crate::kernel::read::root::Queries;
use crate::kernel::read::select::Env;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::request::Request;

/// What a root field asks for with these arguments.
pub(super) fn prepare(
    root: &Root,
    key: &Name,
    env: Env<'_>,
    queries: &Queries,
    request: &Request,
    introspected: &Value,
) -> Result<Part, ServerError> {
    Ok(match root {
        Root::Typename => Part::Known(Value::from("Query")),
        Root::Introspection => Part::Known(match introspected {
            Value::Object(fields) => fields.get(key).cloned().unwrap_or_default(),
            _ => Value::Null,
        }),
        Root::One(written, compiled) => {
            let text = text(&env.arguments(written)?, "id");
            let id = id::decode_as(compiled.shape.prefix, &text).map_err(server_error)?;
            behind_the_wall(request, compiled.shape).map_err(server_error)?;
            Part::Object(Asked::new(compiled.clone(), vec![id], env, request)?)
        }
        Root::Own(own, compiled) => match own(request) {
            Some(id) => {
                behind_the_wall(request, compiled.shape).map_err(server_error)?;
                Part::Object(Asked::new(compiled.clone(), vec![id], env, request)?)
            }
            None => Part::Known(Value::Null),
        },
        Root::List(compiled) => {
            behind_the_wall(request, compiled.shape).map_err(server_error)?;
            Part::List(Asked::new(compiled.clone(), Vec::new(), env, request)?)
        }
        Root::Changes(changes) => Part::Changes(changes.clone().ask(env, request)?),
        Root::Payload(None) => Part::Known(Value::Null),
        Root::Payload(Some(compiled)) => Part::Object(Asked::new(compiled.clone(), vec![Uuid::nil()], env, request)?),
        Root::Nodes { single, written, sets, kinds } => {
            let named = named(&env.arguments(written)?, *single).map_err(server_error)?;
            let mut asked = Vec::new();
            for shape in queries.shapes() {
                let ids: Vec<Uuid> = named.iter().filter(|(p, _)| p == shape.prefix).map(|(_, id)| *id).collect();
                if ids.is_empty() || (shape.tenant && request.municipality.is_none()) {
                    continue;
                }
                let compiled = kinds.find(shape, || Plan::objects(env, shape, &sets.iter().collect::<Vec<_>>()))?;
                asked.push(Asked::new(compiled, ids, env, request)?);
            }
            Part::Nodes { single: *single, named, asked }
        }
    })
}

type Arguments = indexmap::IndexMap<String, Value>;

/// The ids that `node` or `nodes` names, taken apart.
fn named(args: &Arguments, single: bool) -> Result<Vec<(String, Uuid)>> {
    let texts = match args.get("ids") {
        _ if single => vec![text(args, "id")],
        Some(Value::List(items)) => items.iter().map(plain_text).collect(),
        Some(single) => vec![plain_text(single)],
        None => Vec::new(),
    };
    if texts.len() > 100 {
        return Err(Error::invalid("ids", "RANGE", "一度に読めるのは100件までです。", "At most 100 ids at once."));
    }
    let decoded = texts.iter().map(|text| id::decode(text).map(|(prefix, id)| (prefix.to_owned(), id)));
    if single {
        return decoded.collect();
    }
    // In a list each id stands for itself: what is no id at all is not found, like any other.
    Ok(decoded.map(|id| id.unwrap_or_else(|_| (String::new(), Uuid::nil()))).collect())
}

fn text(args: &Arguments, name: &str) -> String {
    args.get(name).map(plain_text).unwrap_or_default()
}

pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn behind_the_wall(request: &Request, shape: &ShapeDef) -> Result<()> {
    if shape.tenant { request.municipality().map(|_| ()) } else { Ok(()) }
}
