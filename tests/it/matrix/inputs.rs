//! What the acts are tried with, where values made up from the types alone would be refused.

use std::collections::HashMap;

use entaku::kernel::id::encode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Table;
use super::cast::{Actor, Cast};
use super::state::Keeper;
use crate::support::World;

/// A stored file of everybody's own.
pub async fn files(cast: &Cast, keeper: &mut Keeper) -> HashMap<Uuid, String> {
    let mut files = HashMap::new();
    for account in cast.actors.iter().filter_map(|actor| actor.account) {
        let id = Uuid::now_v7();
        let copy = json!({"id": id, "uploader_id": account.0, "object_key": Uuid::now_v7(), "state": "STORED"});
        let sql = format!("INSERT INTO files SELECT (jsonb_populate_record(f, '{copy}')).* FROM files f LIMIT 1");
        assert_eq!(keeper.force(&sql).await, 1, "no file to copy");
        files.insert(account.0, encode("fil", id));
    }
    files
}

/// What the demo leaves undone.
pub async fn prepare(_world: &World, _keeper: &mut Keeper) {}

/// What is somebody's own.
pub fn for_actor(actor: &Actor, files: &HashMap<Uuid, String>, variables: &mut Value) {
    if let (Some(file), Some(at)) = (actor.account.and_then(|a| files.get(&a.0)), variables.get_mut("fileId")) {
        *at = json!(file);
    }
}

/// What goes with an object that is acted on.
pub fn follow(_kind: &str, _id: &str, _table: &Table, _variables: &mut Value) {}

/// What an act needs besides.
pub fn fit(_name: &str, _table: &Table, _variables: &mut Value) {}
