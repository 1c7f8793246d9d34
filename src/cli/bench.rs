//! `entaku bench`: load the data of the bench, print what its driver needs.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bench::{self, Progress, Scale, Signer};
use crate::cli::installation::Installation;
use crate::kernel::clock::Clock;
use crate::kernel::config::Config;

/// How often a table that takes long is told of.
const PAUSE: Duration = Duration::from_secs(5);

/// Fills an empty database: the one of ENTAKU_OWNER_DATABASE_URL, else the embedded one.
pub async fn seed(scale: Scale) -> Result<()> {
    if let Some(url) = std::env::var("ENTAKU_OWNER_DATABASE_URL").ok().filter(|url| !url.is_empty()) {
        return bench::seed(&url, scale, teller()).await;
    }
    let installation = Installation::visit(Config::from_env()?).await?;
    let url = installation.owner_url.clone().context("ENTAKU_OWNER_DATABASE_URL is not set")?;
    let seeded = bench::seed(&url, scale, teller()).await;
    installation.close().await?;
    seeded
}

/// Tells on stderr how far it is: each table at its end, and from time to time before it.
fn teller() -> impl FnMut(Progress) {
    let mut last = Duration::ZERO;
    move |Progress { table, done, all, taken }| {
        if done == all {
            last = Duration::ZERO;
        } else if taken < last + PAUSE {
            return;
        } else {
            last = taken;
        }
        eprintln!("{table:<24} {done:>9} / {all:<9} {:>7.1} s", taken.as_secs_f64());
    }
}

/// Prints one line for each large town. Tokens are good for five minutes.
pub async fn workload(config: Config) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let keys = installation.keys()?;
    let signer = Signer { keys: &keys, issuer: &installation.config.issuer, now: Clock::System.now() };
    let towns = bench::workload(&installation.app_url, &signer).await;
    installation.close().await?;
    let mut out = std::io::stdout().lock();
    for town in towns? {
        writeln!(out, "{town}")?;
    }
    Ok(())
}

/// Prints a line for each size: how long an allocation run over so many organizations takes.
pub async fn runs(config: Config, sizes: &[u32]) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    let mut out = std::io::stdout().lock();
    let measured = bench::runs(&app, sizes, |figures| drop(writeln!(out, "{figures}"))).await;
    app.database.close();
    installation.close().await?;
    measured
}
