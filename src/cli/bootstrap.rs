//! `entaku db bootstrap` and `entaku migrate`: what a database of one's own needs, once and at upgrades.

use anyhow::{Context, Result};
use secrecy::SecretString;

use crate::kernel::bootstrap::{self, RolePasswords};
use crate::kernel::schema_version;

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

/// Makes roles and database; prints the SQL instead where a DBA will run it.
#[allow(clippy::print_stdout)]
pub async fn bootstrap(database: &str, print: bool) -> Result<()> {
    let password = |name| std::env::var(name).ok().filter(|p| !p.is_empty()).map(SecretString::from);
    let passwords = RolePasswords {
        owner: password("ENTAKU_OWNER_PASSWORD"),
        app: password("ENTAKU_APP_PASSWORD"),
        worker: password("ENTAKU_WORKER_PASSWORD"),
    };
    if print {
        println!("{}", bootstrap::sql(database, &passwords)?);
        return Ok(());
    }
    bootstrap::run(&variable("ENTAKU_SUPERUSER_DATABASE_URL")?, database, &passwords).await?;
    Ok(())
}

/// Brings the schema to this version.
pub async fn migrate() -> Result<()> {
    schema_version::migrate(&variable("ENTAKU_OWNER_DATABASE_URL")?).await?;
    Ok(())
}
