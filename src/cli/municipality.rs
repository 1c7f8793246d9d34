//! `entaku municipality create`: a municipality without any demo, and the invitation of its first
//! administrator.

use anyhow::{Context, Result};

use crate::api::establish::{New, establish};
use crate::cli::installation::Installation;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::Config;
use crate::people::invitations::commands;

/// Makes a municipality and prints the one-time invitation of its first administrator.
#[allow(clippy::print_stdout)]
pub async fn create(config: Config, code: &str, name: &str, admin_email: &str) -> Result<()> {
    let code = LocalGovernmentCode::parse(code).context("--code is not a local government code")?;
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    let new = New { code, name, kana: "", prefecture: "" };
    let id = establish(&app, new).await.map_err(anyhow::Error::msg)?;
    let tx = app.system("municipality create", Some(id));
    let invitation = commands::invite_first_admin(&tx, admin_email).await.map_err(anyhow::Error::msg)?;
    tx.commit().await.map_err(anyhow::Error::msg)?;
    println!("{invitation}");
    app.database.close();
    installation.close().await
}
