//! The demo: five municipalities as their public papers describe them (demo/*.json), with invented
//! people and organizations to act with. Everything is done through the commands, by the people whose
//! act it is; what is there already is left as it is, so that loading may be repeated or cut short.
#![allow(clippy::large_futures)] // made once in a process, not for each request

mod data;
mod register;
mod scenes;
mod stage;

use std::time::Duration;

use crate::api::app::App;
use crate::demo::stage::Stage;
use crate::kernel::audit::{head, seal};
use crate::kernel::error::Result;
use crate::kernel::principal::MunicipalityId;
use crate::strategy::import::import;

/// The password of every demo account.
pub const PASSWORD: &str = "entaku-demo-2026";

/// The codes of the demo's municipalities; the first is the default.
pub const CODES: [&str; 5] = ["322091", "082368", "332101", "332089", "172014"];

/// Loads what is not there yet.
pub async fn load(app: &App) -> Result<()> {
    let hash = app.passwords.hash(PASSWORD).await?;
    for code in CODES {
        load_as(app, code, code, &hash).await?;
    }
    Ok(())
}

/// Loads one municipality of the demo under a code, which may be another than its own: tests make
/// several of one. `hash` is the password hash of its accounts.
pub async fn load_as(app: &App, paper: &str, code: &str, hash: &str) -> Result<MunicipalityId> {
    let mut town = data::town(paper)?;
    code.clone_into(&mut town.paper.municipality.code);
    let stage = register::load(app, &town, hash).await?;
    let tx = stage.system();
    import(&tx, &town.strategies, &stage.sections()).await?;
    tx.commit().await?;
    let active = town.people.organizations.iter().filter(|o| o.stage == "ACTIVE");
    let active: Vec<&str> = active.map(|o| o.key.as_str()).collect();
    scenes::grants::play(&stage, &active).await?;
    Box::pin(scenes::books::play(&stage)).await?;
    scenes::roundtable::play(&stage).await?;
    scenes::challenge::play(&stage).await?;
    scenes::liaison::play(&stage).await?;
    scenes::notifications::play(&stage).await?;
    scenes::people::play(&stage).await?;
    Box::pin(scenes::posts::play(&stage)).await?;
    scenes::approvals::play(&stage).await?;
    scenes::files::play(&stage).await?;
    scenes::privacy::play(&stage).await?;
    signed(&stage).await?;
    tracing::info!(municipality = town.paper.municipality.name, people = stage.people(), "demo loaded");
    Ok(stage.municipality)
}

/// Signs the record of what was played. What others have begun elsewhere in the cluster has to be settled first, so it is
/// tried for five seconds; later the daily job does it.
async fn signed(stage: &Stage<'_>) -> Result<()> {
    for _ in 0..100 {
        let tx = stage.system();
        seal::seal_all(&tx).await?;
        head::sign_today(&tx).await?;
        let there = !head::heads(&tx).await?.is_empty();
        tx.commit().await?;
        if there {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
