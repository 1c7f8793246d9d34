//! `entaku support`: enters a municipality to help, for some hours. Whoever may run this on the host, with the database
//! and the key ring of the installation, is its operator; there is no such account, and no way in over the network.

use anyhow::{Context, Result};
use chrono::Duration;
use serde_json::json;

use crate::cli::installation::Installation;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::Config;
use crate::kernel::id::decode_as;
use crate::kernel::tx::Tx;
use crate::people::support::commands::{self, NewSupport};
use crate::people::support::entity::{SupportRole, SupportSessionId};

/// Opens a session of support and prints its tokens, as JSON.
pub async fn open(config: Config, municipality: &str, operator: &str, reason: &str, minutes: u32) -> Result<()> {
    let issuer = config.issuer.clone();
    let new = NewSupport { operator, reason, duration: Duration::minutes(minutes.into()) };
    inside(config, municipality, "support open", async |tx| {
        let (id, tokens) = commands::open(tx, &issuer, new).await.map_err(|error| said(&error))?;
        Ok(json!({"id": id.to_string(), "accessToken": tokens.access_token, "refreshToken": tokens.refresh_token,
            "accessTokenExpiresAt": tokens.access_token_expires_at, "expiresAt": tokens.session_expires_at}))
    })
    .await
}

/// Prints the newest sessions of support of a municipality.
pub async fn list(config: Config, municipality: &str) -> Result<()> {
    inside(config, municipality, "support list", async |tx| {
        let rows = commands::newest(tx).await.map_err(|error| said(&error))?;
        let rows = rows.iter().map(|row| {
            json!({"id": row.id.to_string(), "operator": row.operator, "reason": row.reason, "openedAt": row.opened_at,
                "expiresAt": row.expires_at, "endedAt": row.ended_at, "lentRole": row.lent_role.map(SupportRole::word)})
        });
        Ok(rows.collect())
    })
    .await
}

/// Ends a session of support.
pub async fn end(config: Config, municipality: &str, id: &str) -> Result<()> {
    let id = decode_as("sup", id).map_err(|_| anyhow::anyhow!("--id is not the id of a session of support"))?;
    inside(config, municipality, "support end", async |tx| {
        let id = commands::end(tx, SupportSessionId(id)).await.map_err(|error| said(&error))?;
        Ok(json!({"id": id.to_string(), "endedAt": tx.now}))
    })
    .await
}

/// Does something as the system inside a municipality and prints what came of it.
#[allow(clippy::print_stdout)]
async fn inside(
    config: Config,
    municipality: &str,
    act: &'static str,
    what: impl AsyncFnOnce(&Tx) -> Result<serde_json::Value>,
) -> Result<()> {
    let code = LocalGovernmentCode::parse(municipality).context("--municipality is not a local government code")?;
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    let town = app.municipality(&code).await.map_err(|error| said(&error))?;
    let tx = app.system(act, Some(town));
    let said_back = what(&tx).await?;
    tx.commit().await.map_err(|error| said(&error))?;
    println!("{said_back:#}");
    app.database.close();
    installation.close().await
}

/// The sentence for people, and the code.
fn said(error: &crate::kernel::error::Error) -> anyhow::Error {
    anyhow::anyhow!("{} ({error})", error.message().en)
}
