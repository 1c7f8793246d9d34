//! `entaku db throwaway -- COMMAND`: runs a command beside a prepared cluster that is gone afterwards.
//! `bin/test` gives the whole suite one; developers try a migration in it.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cli::installation::{DATABASE, prepare};
use crate::kernel::embedded_pg::{Cluster, Durability};

/// Where the command finds the cluster: a superuser's URL of its maintenance database.
pub const SUPERUSER_URL: &str = "ENTAKU_TEST_SUPERUSER_URL";
/// Where the command finds the prepared database, with `ROLE` for the role's name.
pub const DATABASE_URL: &str = "ENTAKU_TEST_DATABASE_URL";

/// Runs the command and returns its exit status.
pub async fn run(command: &[String]) -> Result<i32> {
    let (program, arguments) = command.split_first().context("no command")?;
    let dir = std::env::temp_dir().join(format!("entaku-throwaway-{}", std::process::id()));
    let data_dir = dir.clone();
    let start = move || Cluster::start(&data_dir, Durability::Throwaway);
    let cluster = tokio::task::spawn_blocking(start).await??;
    prepare(&cluster).await?;
    let mut child = Command::new(program);
    child.args(arguments).env(SUPERUSER_URL, cluster.superuser_url()).env(DATABASE_URL, cluster.url("ROLE", DATABASE));
    let status = tokio::task::spawn_blocking(move || child.status()).await??;
    tokio::task::spawn_blocking(move || cluster.stop()).await??;
    if let Ok(elsewhere) = std::fs::read_to_string(dir.join("postgres.path")) {
        let _ = std::fs::remove_dir_all(elsewhere.trim());
    }
    let _ = std::fs::remove_dir_all(dir);
    Ok(status.code().unwrap_or(1))
}
