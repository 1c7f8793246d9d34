//! The loading: one transaction, a COPY a table.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::rows::Rows;
use super::tables::{self, Table};
use super::town::{Scale, Town};

/// How much is sent at once.
const CHUNK: usize = 256 * 1024;

/// How far a table is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The table.
    pub table: &'static str,
    /// Rows sent.
    pub done: u64,
    /// Rows there will be.
    pub all: u64,
    /// How long it has taken.
    pub taken: Duration,
}

/// Loads a scale's data as `entaku_owner`, all or nothing, and tells how far it is after each chunk.
///
/// # Errors
/// When there are municipalities already: only an empty database is filled.
pub async fn seed(owner_url: &str, scale: Scale, mut tell: impl FnMut(Progress)) -> Result<()> {
    let mut connection = PgConnection::connect(owner_url).await.context("the database cannot be reached")?;
    let (towns, tables) = (scale.towns()?, tables::all());
    let mut tx = connection.begin().await?;
    claim_empty(&mut tx).await?;
    let triggers = |what: &str| tables.iter().map(|t| format!("ALTER TABLE {} {what} TRIGGER USER;", t.name)).collect();
    run(&mut tx, triggers("DISABLE")).await?;
    for table in &tables {
        copy(&mut tx, table, &towns, &mut tell).await.with_context(|| format!("table {}", table.name))?;
    }
    run(&mut tx, triggers("ENABLE")).await?;
    tx.commit().await?;
    let names: Vec<&str> = tables.iter().map(|t| t.name).collect();
    run(&mut connection, format!("VACUUM (ANALYZE) {}", names.join(", "))).await?;
    connection.close().await?;
    Ok(())
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Nobody makes a municipality until the end of the transaction, and nobody has.
async fn claim_empty(connection: &mut PgConnection) -> Result<()> {
    let lock = "LOCK TABLE municipalities IN SHARE ROW EXCLUSIVE MODE";
    run(connection, lock.to_owned()).await.context("the database is not prepared; run `entaku migrate`")?;
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM municipalities").fetch_one(connection).await?;
    ensure!(there == 0, "the database has {there} municipalities already; only an empty database is seeded");
    Ok(())
}

async fn copy(
    connection: &mut PgConnection,
    table: &Table,
    towns: &[Town],
    tell: &mut impl FnMut(Progress),
) -> Result<()> {
    let started = Instant::now();
    let all = towns.iter().map(|town| u64::from((table.count)(town))).sum();
    let statement = format!("COPY {} ({}) FROM STDIN", table.name, table.columns);
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut rows = Rows::default();
    for (town, left) in towns.iter().zip((0..towns.len()).rev()) {
        (table.write)(town, &mut rows);
        if rows.len() > CHUNK || left == 0 {
            copy.send(rows.take()).await?;
        }
        if left > 0 {
            tell(Progress { table: table.name, done: rows.lines(), all, taken: started.elapsed() });
        }
    }
    let taken = copy.finish().await?;
    ensure!(taken == all, "{taken} rows were taken instead of {all}");
    tell(Progress { table: table.name, done: taken, all, taken: started.elapsed() });
    Ok(())
}
