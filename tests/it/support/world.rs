//! A municipality as full as the demo makes it, with every object's id by kind.

use std::collections::HashMap;
use std::sync::Arc;

use entaku::api::app::App;
use entaku::api::schema::Nouns;
use entaku::kernel::id::encode;
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, ShapeDef};
use sqlx::Row;
use uuid::Uuid;

use super::Town;

/// A full municipality.
pub struct World {
    pub town: Town,
    /// Ids by the type's name; of types with states, one of each state first.
    pub ids: HashMap<&'static str, Vec<String>>,
}

impl World {
    /// Loads the demo's Unnan under a fresh code.
    pub async fn new(app: Arc<App>) -> Self {
        let town = Town::beside(app).await;
        entaku::demo::load_as(&town.app, "322091", town.code.as_str(), "no password").await.expect("a demo");
        let mut ids = HashMap::new();
        for shape in Nouns::queries().shapes().into_iter().filter(|s| s.tenant) {
            ids.insert(shape.name, Self::of(&town, shape).await);
        }
        Self { town, ids }
    }

    async fn of(town: &Town, shape: &ShapeDef) -> Vec<String> {
        let tx = town.system().await;
        let stateful = shape.fields.iter().any(|f| f.name == "state");
        let order = if stateful { "row_number() OVER (PARTITION BY state ORDER BY id), id" } else { "id" };
        let sql = Sql::new(&format!("SELECT id FROM {} ORDER BY {order}", shape.table));
        let rows = tx.rows(sql).await.expect("rows");
        rows.iter().map(|row| encode(shape.prefix, row.get::<Uuid, _>("id"))).collect()
    }

    /// Some object that an argument of a mutation could mean: `id` is the payload's kind, `districtId` a
    /// district, and so on.
    pub fn some(&self, argument: &str, payload: &str) -> Option<String> {
        let wanted = argument.strip_suffix("Id").unwrap_or("").to_lowercase();
        let named = |name: &str| !wanted.is_empty() && name.to_lowercase().ends_with(&wanted);
        let mut kinds: Vec<_> = self.ids.keys().copied().filter(|name| named(name)).collect();
        kinds.sort_by_key(|name| name.len());
        let kind = kinds.first().copied().unwrap_or(payload);
        self.ids.get(kind)?.first().cloned()
    }
}
