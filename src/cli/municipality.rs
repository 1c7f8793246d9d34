//! `entaku municipality create`: a municipality without any demo, and the invitation of its first
//! administrator.

use anyhow::{Context, Result};

use crate::api::app::App;
use crate::cli::installation::Installation;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::Config;
use crate::kernel::error::Error;
use crate::kernel::principal::MunicipalityId;
use crate::people::commands;

/// What a municipality is made from.
pub struct New<'a> {
    /// 全国地方公共団体コード.
    pub code: LocalGovernmentCode,
    /// Its name.
    pub name: &'a str,
    /// Its name in kana.
    pub kana: &'a str,
    /// Its prefecture.
    pub prefecture: &'a str,
}

/// Makes the municipality if it is not there, and its settings and jobs.
pub async fn establish(app: &App, new: New<'_>) -> Result<MunicipalityId, Error> {
    if let Ok(known) = app.municipality(&new.code).await {
        return Ok(known);
    }
    let tx = app.system("municipality create", None).await?;
    let id = commands::create_municipality(&tx, new.code, new.name, new.kana, new.prefecture).await?;
    tx.commit().await?;
    let tx = app.system("municipality create", Some(id)).await?;
    commands::create_settings(&tx).await?;
    tx.commit().await?;
    Ok(id)
}

/// Makes a municipality and prints the one-time invitation of its first administrator.
#[allow(clippy::print_stdout)]
pub async fn create(config: Config, code: &str, name: &str, admin_email: &str) -> Result<()> {
    let code = LocalGovernmentCode::parse(code).context("--code is not a local government code")?;
    let installation = Installation::open(config).await?;
    let app = installation.app()?;
    let new = New { code, name, kana: "", prefecture: "" };
    let id = establish(&app, new).await.map_err(anyhow::Error::msg)?;
    let tx = app.system("municipality create", Some(id)).await.map_err(anyhow::Error::msg)?;
    let invitation = commands::invite_first_admin(&tx, admin_email).await.map_err(anyhow::Error::msg)?;
    tx.commit().await.map_err(anyhow::Error::msg)?;
    println!("{invitation}");
    app.database.close().await;
    installation.close().await
}
