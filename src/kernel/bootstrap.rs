//! The roles and the database, made once per installation by a superuser.
//!
//! [`run`] does it, [`sql`] prints the same for a database administrator who lets nobody else be superuser.
//! Both may be repeated: they repair what has drifted and leave passwords that are not given as they are.

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, raw_sql};

const SESSION: &str = include_str!("bootstrap/session.sql");
const ROLES: &str = include_str!("bootstrap/roles.sql");
const DATABASE: &str = include_str!("bootstrap/database.sql");

/// What PostgreSQL keeps of a name; it would cut a longer one silently.
const LONGEST_NAME_BYTES: usize = 63;

/// The passwords of the roles that sign in; `None` leaves a role's password as it is.
///
/// The embedded PostgreSQL has none: its socket is the wall.
#[derive(Debug, Default)]
pub struct RolePasswords {
    /// Of `entaku_owner`.
    pub owner: Option<SecretString>,
    /// Of `entaku_app`.
    pub app: Option<SecretString>,
    /// Of `entaku_worker`.
    pub worker: Option<SecretString>,
}

/// Why roles and database were not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// PostgreSQL could not keep the name as it is.
    #[error("a database name has 1 to {LONGEST_NAME_BYTES} bytes and no NUL: {0:?}")]
    DatabaseName(String),
    /// PostgreSQL could not keep the password as it is.
    #[error("the password of {0} is empty or contains a NUL")]
    Password(&'static str),
    /// The server is not there, too old, in another encoding, or the URL is not a superuser's.
    #[error("the database could not be prepared: {0}")]
    Database(#[from] sqlx::Error),
}

/// Makes the roles and `database`, or brings existing ones to the present state.
///
/// Calls through the same maintenance database wait for each other, up to a minute.
pub async fn run(superuser_url: &str, database: &str, passwords: &RolePasswords) -> Result<(), BootstrapError> {
    let roles = roles(passwords)?;
    let create = create_database(database)?;
    let options: PgConnectOptions = superuser_url.parse()?;
    let options = options.application_name("entaku bootstrap").disable_statement_logging();
    let mut server = PgConnection::connect_with(&options).await?;
    raw_sql(SESSION).execute(&mut server).await?;
    raw_sql(AssertSqlSafe(roles)).execute(&mut server).await?;
    if !exists(&mut server, database).await? {
        raw_sql(AssertSqlSafe(create)).execute(&mut server).await?;
    }
    let mut inside = PgConnection::connect_with(&options.database(database)).await?;
    raw_sql(DATABASE).execute(&mut inside).await?;
    inside.close().await?;
    server.close().await?;
    Ok(())
}

/// The same as a script for `psql` as superuser, passwords included.
pub fn sql(database: &str, passwords: &RolePasswords) -> Result<String, BootstrapError> {
    let (roles, create) = (roles(passwords)?, literal(&create_database(database)?));
    let (name, connect) = (literal(database), psql_argument(&conninfo(database)));
    Ok(format!(
        "-- Run as a superuser: psql --no-psqlrc --file <this file> postgres\n\
         \\set ON_ERROR_STOP on\n\
         {SESSION}\n\
         BEGIN;\n{roles}COMMIT;\n\n\
         SELECT {create}\nWHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) \\gexec\n\
         \\connect -reuse-previous=on {connect}\n\n\
         BEGIN;\n{DATABASE}COMMIT;\n"
    ))
}

async fn exists(server: &mut PgConnection, database: &str) -> Result<bool, sqlx::Error> {
    let query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    sqlx::query_scalar(query).bind(database).fetch_one(server).await
}

fn roles(passwords: &RolePasswords) -> Result<String, BootstrapError> {
    let RolePasswords { owner, app, worker } = passwords;
    let mut sql = ROLES.to_owned();
    for (role, password) in [("entaku_owner", owner), ("entaku_app", app), ("entaku_worker", worker)] {
        let Some(password) = password.as_ref().map(SecretString::expose_secret) else { continue };
        if password.is_empty() || password.contains('\0') {
            return Err(BootstrapError::Password(role));
        }
        sql.extend(["ALTER ROLE ", role, " PASSWORD ", &literal(password), ";\n"]);
    }
    Ok(sql)
}

/// Text sorts by code point in every installation: neither the system's locale nor its next version moves a page's cursor.
fn create_database(name: &str) -> Result<String, BootstrapError> {
    if name.is_empty() || name.len() > LONGEST_NAME_BYTES || name.contains('\0') {
        return Err(BootstrapError::DatabaseName(name.into()));
    }
    Ok(format!(
        "CREATE DATABASE {} OWNER entaku_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C'",
        identifier(name)
    ))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// With a backslash the `E` form, which means the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// A bare name could be taken for a connection string.
fn conninfo(database: &str) -> String {
    format!("dbname='{}'", escaped(database))
}

/// `\connect` first resolves the backslashes of the single quotes, then takes what is left for an identifier.
fn psql_argument(text: &str) -> String {
    format!("'{}'", escaped(&identifier(text)).replace('\n', "\\n"))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(psql_argument(&conninfo("a'b")), r#"'"dbname=\'a\\\'b\'"'"#);
    }

    #[test]
    fn names_and_passwords_that_would_be_changed_are_refused() {
        for name in ["", "a\0b", &"a".repeat(64)] {
            assert!(matches!(sql(name, &RolePasswords::default()), Err(BootstrapError::DatabaseName(_))));
        }
        let empty = RolePasswords { app: Some(String::new().into()), ..RolePasswords::default() };
        assert!(matches!(sql("entaku", &empty), Err(BootstrapError::Password("entaku_app"))));
    }

    #[test]
    fn an_error_does_not_show_a_password() {
        let passwords = RolePasswords { owner: Some("himitsu".to_owned().into()), ..RolePasswords::default() };
        assert!(!format!("{passwords:?}").contains("himitsu"));
    }
}
