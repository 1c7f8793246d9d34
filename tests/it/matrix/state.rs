//! What a municipality's tables hold, as a hash, and which denials its record has.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use crate::support::database;

/// Written besides what is refused: the record itself, that a session is in use, and that a proof has failed.
const BESIDE: &[&str] = &["audit_entries", "audit_heads", "audit_links", "sessions", "sign_in_tries"];

/// Looks at one municipality as a superuser, past every wall.
pub struct Keeper {
    connection: PgConnection,
    municipality: Uuid,
    hash: String,
}

impl Keeper {
    /// Of one municipality.
    pub async fn of(municipality: Uuid) -> Self {
        let mut connection = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
        let tables: Vec<String> = tables(&mut connection).await;
        let one = |table: &String| {
            format!(
                "SELECT '{table}' AS t, md5(coalesce(string_agg(md5(r::text), '' ORDER BY md5(r::text)), '')) AS h
                 FROM {table} r WHERE municipality_id = '{municipality}'"
            )
        };
        let all: Vec<String> = tables.iter().filter(|table| !BESIDE.contains(&table.as_str())).map(one).collect();
        let hash = format!("SELECT string_agg(t || ' ' || h, E'\\n' ORDER BY t) FROM ({}) x", all.join(" UNION ALL "));
        Self { connection, municipality, hash }
    }

    /// The hash of all its rows, a line for each table.
    pub async fn state(&mut self) -> String {
        sqlx::query_scalar(AssertSqlSafe(self.hash.clone())).fetch_one(&mut self.connection).await.expect("a hash")
    }

    /// How often each account was denied each act, once for each request.
    pub async fn denials(&mut self) -> BTreeMap<(Uuid, String), i64> {
        let sql = "SELECT actor_id, detail, count(*), count(DISTINCT request_id) FROM audit_entries
            WHERE municipality_id = $1 AND op = 'DENIED' GROUP BY 1, 2";
        let rows = sqlx::query(sql).bind(self.municipality).fetch_all(&mut self.connection).await.expect("denials");
        let one = |row: sqlx::postgres::PgRow| {
            let (count, requests): (i64, i64) = (row.get(2), row.get(3));
            assert_eq!(count, requests, "{} was recorded twice of one request", row.get::<String, _>(1));
            ((row.get(0), row.get(1)), count)
        };
        rows.into_iter().map(one).collect()
    }

    /// A column of a row that names an account.
    pub async fn column(&mut self, table: &str, column: &str, id: Uuid) -> Option<Uuid> {
        let sql = format!("SELECT {column} FROM {table} WHERE id = $1");
        let found = sqlx::query_scalar(AssertSqlSafe(sql)).bind(id).fetch_one(&mut self.connection).await;
        found.expect("a row")
    }

    /// The objects of a table by the words of a column, in the order of their making.
    pub async fn by_word(&mut self, table: &str, column: &str, word: &str) -> Vec<Uuid> {
        let sql = format!("SELECT id FROM {table} WHERE municipality_id = $1 AND {column} = $2 ORDER BY id");
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(self.municipality).bind(word.to_owned());
        query.fetch_all(&mut self.connection).await.expect("ids")
    }

    /// Copies one row of a table past every trigger, changed; which one it was.
    pub async fn copy(&mut self, table: &str, which: &str, change: &serde_json::Value) -> Result<Uuid, String> {
        let find = format!("SELECT id FROM {table} WHERE municipality_id = $1{which} ORDER BY id LIMIT 1");
        let query = sqlx::query_scalar(AssertSqlSafe(find)).bind(self.municipality);
        let from: Uuid = query.fetch_one(&mut self.connection).await.map_err(|error| error.to_string())?;
        let columns = self.columns(table).await;
        let sql = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table},
                (SELECT to_jsonb(t) FROM {table} t WHERE id = '{from}') || $json${change}$json$::jsonb)"
        );
        self.try_force(&sql).await.map(|_| from)
    }

    /// Copies what belongs to a row to its copy, with ids in the same order.
    pub async fn copy_parts(&mut self, table: &str, key: &str, from: Uuid, to: Uuid) -> Result<(), String> {
        let columns = self.columns(table).await;
        let sql = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM (SELECT p.*, row_number() OVER (ORDER BY p.id) AS n FROM {table} p WHERE p.{key} = '{from}') t, LATERAL jsonb_populate_record(NULL::{table},
                to_jsonb(t) || jsonb_build_object('id', overlay('{to}' PLACING lpad(n::text, 12, '0') FROM 25), 'file_id', gen_random_uuid(), '{key}', '{to}')) r"
        );
        let sql = sql.replacen(&format!("SELECT {columns}"), &format!("SELECT r.{}", columns.replace(", ", ", r.")), 1);
        self.try_force(&sql).await.map(drop)
    }

    /// The columns that can be written.
    async fn columns(&mut self, table: &str) -> String {
        let sql = "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
        sqlx::query_scalar(sql).bind(table).fetch_one(&mut self.connection).await.expect("columns")
    }

    /// The revision of a row; nothing where it has none.
    pub async fn revision(&mut self, table: &str, id: Uuid) -> Option<i32> {
        let sql = format!("SELECT (to_jsonb(t) ->> 'revision')::int FROM {table} t WHERE id = $1");
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(id).fetch_one(&mut self.connection).await.expect("a row")
    }

    /// One value that a query gives.
    pub async fn ask(&mut self, sql: &str) -> String {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).bind(self.municipality);
        query.fetch_one(&mut self.connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs something past every wall and trigger.
    pub async fn force(&mut self, sql: &str) -> u64 {
        self.try_force(sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault}"))
    }

    async fn try_force(&mut self, sql: &str) -> Result<u64, String> {
        let mut tx = self.connection.begin().await.expect("a transaction");
        sqlx::query("SET LOCAL session_replication_role = replica").execute(&mut *tx).await.expect("set");
        let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await;
        let touched = done.map_err(|error| error.to_string())?.rows_affected();
        tx.commit().await.map_err(|error| error.to_string())?;
        Ok(touched)
    }
}

/// Every table with a municipality.
pub async fn tables(connection: &mut PgConnection) -> Vec<String> {
    let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND a.attname = 'municipality_id' AND NOT a.attisdropped ORDER BY 1";
    sqlx::query_scalar(sql).fetch_all(connection).await.expect("tables")
}
