//! `entaku keys`: the key ring of an installation, and what its keys are still needed for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use crate::api::app::App;
use crate::cli::audit::towns;
use crate::cli::installation::Installation;
use crate::kernel::config::Config;
use crate::kernel::keys::{self, KeyRing, Kind};
use crate::people::{password, sealed};

/// How many things need a key, by its id.
type Needed = BTreeMap<String, u64>;

/// Makes the file where there is none, and checks and completes it where there is one. Needs no database.
pub fn init() -> Result<()> {
    let path = path()?;
    KeyRing::read_or_create(&path).with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))?;
    Ok(())
}

/// Lets the next key of a kind be used. Every server is restarted afterwards, one after another, before the next
/// rotation.
#[allow(clippy::print_stdout)]
pub fn rotate(kind: Kind) -> Result<()> {
    let path = path()?;
    let rotated = keys::rotate(&path, kind).with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))?;
    println!("used: {}\nnext: {}", rotated.used, rotated.next);
    for id in rotated.retired {
        println!("retired: {id}");
    }
    Ok(())
}

/// Prints each pepper and each sealing key, the one in use first, and how many things need it.
#[allow(clippy::print_stdout)]
pub async fn list(config: Config) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    for (kind, ids) in [("pepper", ids(app.keys.pepper_ids())), ("sealing", ids(app.keys.sealing_ids()))] {
        let needed = needed(&app, if kind == "pepper" { Kind::Pepper } else { Kind::Sealing }).await?;
        for id in ids {
            println!("{kind} {id:?}: {}", needed.get(&id).copied().unwrap_or(0));
        }
    }
    app.database.close();
    installation.close().await
}

fn ids<'i>(all: impl Iterator<Item = &'i str>) -> Vec<String> {
    all.map(ToOwned::to_owned).collect()
}

/// Seals with the newest key what is sealed with another, in every municipality, a hundred at a time.
#[allow(clippy::print_stdout)]
pub async fn reseal(config: Config) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    for (id, name) in towns(&app, None).await? {
        let mut all = 0;
        loop {
            let tx = app.system("keys reseal", Some(id));
            let done = sealed::reseal(&tx).await.map_err(anyhow::Error::msg)?;
            tx.commit().await.map_err(anyhow::Error::msg)?;
            all += done;
            if done == 0 {
                break;
            }
        }
        println!("{name}: {all} sealed anew");
    }
    app.database.close();
    installation.close().await
}

/// Forgets a pepper or a sealing key, unless something needs it.
pub async fn retire(config: Config, kind: Kind, id: &str) -> Result<()> {
    ensure!(kind != Kind::Signing, "signing keys go by `entaku keys rotate`");
    let path = config.keys_file.clone();
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    let needed = needed(&app, kind).await?.get(id).copied().unwrap_or(0);
    app.database.close();
    installation.close().await?;
    if needed > 0 {
        let hint = if kind == Kind::Pepper { "their owners sign in or reset them" } else { "run `entaku keys reseal`" };
        bail!("{id:?} is still needed by {needed}: {hint}");
    }
    keys::retire(&path, kind, id).with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))
}

async fn needed(app: &Arc<App>, kind: Kind) -> Result<Needed> {
    let mut all = Needed::new();
    for (id, _) in towns(app, None).await? {
        let tx = app.system("keys list", Some(id));
        let here = match kind {
            Kind::Pepper => password::peppers_in_use(&tx).await,
            _ => sealed::keys_in_use(&tx).await,
        };
        for (key, count) in here.map_err(anyhow::Error::msg)? {
            *all.entry(key).or_default() += count;
        }
        tx.rollback().await.map_err(anyhow::Error::msg)?;
    }
    Ok(all)
}

fn path() -> Result<PathBuf> {
    Ok(PathBuf::from(std::env::var("ENTAKU_KEYS_FILE").context("ENTAKU_KEYS_FILE is not set")?))
}
