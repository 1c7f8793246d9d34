//! All that is kept about a person, as the database declares it (`personal_tables`): rows about them as a whole, and of
//! what they did only that they did it, because the rest of it is about others (個人情報保護法78条1項2号).

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// How many rows are read at once.
const PAGE: usize = 1_000;

/// What a table may hold about people.
pub struct Table {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    about: String,
    acted: Vec<String>,
    hidden: Vec<String>,
}

/// A row: its columns by name.
pub type Row = Map<String, Value>;

/// The tables that hold anything people are shown.
pub async fn tables(tx: &Tx) -> Result<Vec<Table>> {
    let text =
        "SELECT name, label, about, acted, hidden FROM personal_tables WHERE hidden <> '{*}' ORDER BY place DESC";
    let rows = tx.rows(Sql::new(text)).await?;
    let table = |row: &tokio_postgres::Row| {
        Ok(Table {
            name: row.try_get("name")?,
            label: row.try_get("label")?,
            about: row.try_get("about")?,
            acted: row.try_get("acted")?,
            hidden: row.try_get("hidden")?,
        })
    };
    rows.iter().map(table).collect()
}

impl Table {
    /// The rows about a person, by their ids.
    pub async fn about(&self, tx: &Tx, person: AccountId) -> Result<Vec<Row>> {
        let mut hidden = self.hidden.clone();
        hidden.push("municipality_id".to_owned());
        let list = hidden.iter().map(|column| format!("'{column}'")).collect::<Vec<_>>().join(", ");
        self.pages(tx, person, &format!("(to_jsonb(t) - ARRAY[{list}])"), &self.about).await
    }

    /// What the person did in rows that are not about them: which row, when it was made, in which columns they stand.
    pub async fn acted(&self, tx: &Tx, person: AccountId) -> Result<Vec<Row>> {
        if self.acted.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.acted.iter().map(|column| format!("CASE WHEN t.{column} = $1 THEN '{column}' END"));
        let names = names.collect::<Vec<_>>().join(", ");
        let shown =
            format!("jsonb_build_object('id', t.id, 'created_at', t.created_at, 'as', concat_ws(', ', {names}))");
        let which = format!("$1 IN ({})", self.acted.iter().map(|c| format!("t.{c}")).collect::<Vec<_>>().join(", "));
        let which = format!("{which} AND ({}) IS NOT TRUE", self.about);
        self.pages(tx, person, &shown, &which).await
    }

    async fn pages(&self, tx: &Tx, person: AccountId, shown: &str, which: &str) -> Result<Vec<Row>> {
        let mut found = Vec::new();
        let mut after = Uuid::nil();
        loop {
            let text = format!("SELECT t.id, {shown}::text AS shown FROM {} t WHERE ({which})", self.name);
            let mut sql = Sql::default();
            sql.fill(&text.replace("$1", "?"), std::iter::repeat(Param::Uuid(Some(person.0))));
            sql.fill(" AND t.id > ?", [Param::Uuid(Some(after))]);
            sql.push(&format!(" ORDER BY t.id LIMIT {PAGE}"));
            let rows = tx.rows(sql).await?;
            for row in &rows {
                found.push(serde_json::from_str(row.try_get("shown")?).map_err(Error::internal)?);
                after = row.try_get("id")?;
            }
            if rows.len() < PAGE {
                return Ok(found);
            }
        }
    }
}
