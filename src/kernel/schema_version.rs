//! Is this the database this program was built for, and does it come as the role it should?

use migration::{Migrator, MigratorTrait};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// Why a database is not served.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It cannot be asked.
    #[error("the database cannot be asked: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(#[from] sea_orm::DbErr),
    /// The role may do too much: it would walk through the wall.
    #[error(
        "DATABASE_URL signs in as {0}, which is a superuser, bypasses row security or owns tables; it must be entaku_app"
    )]
    Role(String),
    /// The schema is older or newer than the program.
    #[error("the schema of the database is not this program's: {0}; run `entaku migrate` with this version")]
    Version(String),
}

/// Brings the schema to this program's version, as `entaku_owner`. Two at once wait for each other.
pub async fn migrate(owner_url: &str) -> Result<(), SchemaError> {
    let mut lock = PgConnection::connect(owner_url).await?;
    sqlx::query("SELECT pg_advisory_lock(hashtext('entaku migrate'))").execute(&mut lock).await?;
    let mut options = sea_orm::ConnectOptions::new(owner_url);
    options.max_connections(1).sqlx_logging(false);
    let database = Box::pin(sea_orm::Database::connect(options)).await?;
    Migrator::up(&database, None).await?;
    let read = "GRANT SELECT ON seaql_migrations TO entaku_app";
    sea_orm::ConnectionTrait::execute_unprepared(&database, read).await?;
    database.close().await?;
    lock.close().await?;
    Ok(())
}

/// Refuses a role that is not behind the wall, and a schema this program does not know.
pub async fn check(app_url: &str) -> Result<(), SchemaError> {
    let mut connection = PgConnection::connect(app_url).await?;
    let (role, strong): (String, bool) = sqlx::query_as(
        "SELECT current_user::text, rolsuper OR rolbypassrls
            OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relkind = 'r')
         FROM pg_roles r WHERE rolname = current_user",
    )
    .fetch_one(&mut connection)
    .await?;
    if strong {
        return Err(SchemaError::Role(role));
    }
    let applied = sqlx::query_scalar("SELECT version FROM seaql_migrations ORDER BY version");
    let applied: Vec<String> = applied.fetch_all(&mut connection).await.unwrap_or_default();
    let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
    if applied == known {
        return Ok(());
    }
    let missing = known.iter().filter(|v| !applied.contains(v)).cloned();
    let unknown = applied.iter().filter(|v| !known.contains(v)).map(|v| format!("{v} (unknown)"));
    Err(SchemaError::Version(missing.chain(unknown).collect::<Vec<_>>().join(", ")))
}
