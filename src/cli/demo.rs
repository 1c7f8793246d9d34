//! The demo: five municipalities from their public papers, with invented people to act with.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::api::app::App;
use crate::cli::installation::Installation;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::{Config, Profile};
use crate::people::entity::{account, appointment};
use crate::people::{authenticate, session};

/// The password of every demo account.
pub const PASSWORD: &str = "entaku-demo-2026";

/// Loads what is not there yet.
pub async fn load_once(app: &App) -> Result<()> {
    let _ = app;
    Ok(())
}

/// Prints where the demo is and how to sign in.
#[allow(clippy::print_stdout)]
pub fn greet(address: SocketAddr) {
    println!("円卓 Entaku  http://{address}/graphql");
}

/// Prints an access token of the first account that holds a role.
#[allow(clippy::print_stdout)]
pub async fn token(config: Config, municipality: &str, role: &str) -> Result<()> {
    ensure!(config.profile == Profile::Demo, "tokens are printed in the demo profile only");
    let code = LocalGovernmentCode::parse(municipality).context("--municipality is not a local government code")?;
    let role = authenticate::role(role).map_err(|_| anyhow::anyhow!("--role {role} is not a role"))?;
    let installation = Installation::open(config).await?;
    let app = installation.app()?;
    let town = app.municipality(&code).await.map_err(anyhow::Error::msg)?;
    let tx = app.system("demo token", Some(town)).await.map_err(anyhow::Error::msg)?;
    let held = appointment::Entity::find().filter(appointment::Column::Role.eq(role)).one(&tx).await?;
    let held = held.context("nobody holds this role")?;
    let holder = account::Entity::find_by_id(held.account_id).one(&tx).await?.context("no account")?;
    let tokens =
        session::open(&tx, &app.settings.issuer, holder.id, "entaku demo token").await.map_err(anyhow::Error::msg)?;
    tx.commit().await.map_err(anyhow::Error::msg)?;
    println!("{}", tokens.access_token);
    app.database.close().await;
    installation.close().await
}
