//! JSON that is kept as text, in an answer.

use async_graphql::{Name, Value};

use crate::kernel::error::{Error, Result};

/// JSON of ours as a value, its objects named for `__typename`: `ty`, and below its fields those in `below`.
pub fn told(json: serde_json::Value, ty: &'static str, below: &[(&str, &'static str)]) -> Result<Value> {
    let mut value = Value::from_json(json).map_err(Error::internal)?;
    name(&mut value, ty, below);
    Ok(value)
}

fn name(value: &mut Value, ty: &'static str, below: &[(&str, &'static str)]) {
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| name(item, ty, below)),
        Value::Object(fields) => {
            fields.insert(Name::new("__typename"), Value::from(ty));
            for (field, ty) in below {
                if let Some(child) = fields.get_mut(*field) {
                    name(child, ty, &[]);
                }
            }
        }
        _ => {}
    }
}
