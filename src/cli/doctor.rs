//! `entaku doctor`: is the installation well? One line a finding; the exit status says whether any.

use anyhow::{Result, bail};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::cli::installation::Installation;
use crate::cli::mail;
use crate::kernel::config::Config;
use crate::kernel::schema_version;
use crate::ledger::commands::verification::{self, Fault};

/// Looks at the database, the schema, the keys, the jobs, the outbox and the ledgers.
#[allow(clippy::print_stdout)]
pub async fn run(config: Config) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let mut findings = Vec::new();
    if let Err(error) = schema_version::check(&installation.app_url).await {
        findings.push(error.to_string());
    }
    if let Err(error) = installation.keys() {
        findings.push(error.to_string());
    }
    match jobs(&installation.worker_url).await {
        Ok((waiting, late, failed)) => {
            println!("jobs: {waiting} waiting, {late} late, {failed} failed");
            if late > 0 || failed > 0 {
                findings.push(format!("{late} jobs are more than ten minutes late, {failed} have failed"));
            }
        }
        Err(error) => findings.push(error.to_string()),
    }
    match mails(&installation).await {
        Ok((waiting, late, failed)) => {
            println!("mails: {waiting} waiting, {late} late, {failed} given up in the last week");
            if late > 0 {
                findings.push(format!("{late} mails have waited for more than ten minutes (entaku mail list)"));
            }
        }
        Err(error) => findings.push(error.to_string()),
    }
    match ledgers(&installation).await {
        Ok(unsound) => findings.extend(unsound),
        Err(error) => findings.push(error.to_string()),
    }
    installation.close().await?;
    if findings.is_empty() {
        println!("ok");
        return Ok(());
    }
    bail!(findings.join("\n"))
}

async fn mails(installation: &Installation) -> Result<(i64, i64, i64)> {
    let app = installation.app()?;
    let counts = mail::count(&app).await;
    app.database.close();
    counts
}

/// Goes over the ledger of every municipality.
#[allow(clippy::print_stdout)]
async fn ledgers(installation: &Installation) -> Result<Vec<String>> {
    let app = installation.app()?;
    let mut unsound = Vec::new();
    for town in mail::towns(&app).await? {
        let (tx, name) = (app.system("doctor", Some(town.id)), town.name);
        verification::patiently(&tx).await.map_err(anyhow::Error::msg)?;
        let found = verification::examine(&tx).await.map_err(anyhow::Error::msg)?;
        tx.rollback().await.map_err(anyhow::Error::msg)?;
        println!("ledger of {name}: {} journals, {} faults", found.journals, found.faults.len());
        let told = |fault: &Fault| {
            format!("{name}: {} {} {}: {}", fault.kind.word(), fault.table, fault.subject, fault.detail)
        };
        unsound.extend(found.faults.iter().map(told));
    }
    app.database.close();
    Ok(unsound)
}

async fn jobs(worker_url: &str) -> Result<(i64, i64, i64)> {
    let mut connection = PgConnection::connect(worker_url).await?;
    let counts = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE state = 'READY'),
                count(*) FILTER (WHERE state = 'READY' AND run_at < now() - interval '10 minutes'),
                count(*) FILTER (WHERE state = 'FAILED') FROM jobs",
    );
    Ok(counts.fetch_one(&mut connection).await?)
}
