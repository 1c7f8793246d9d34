//! Where this installation's database and keys are: one of its own, or the embedded cluster, which is
//! started, prepared and migrated here.

use std::sync::Arc;

use anyhow::{Context, Result};
use secrecy::ExposeSecret;

use crate::api::app::{App, Settings};
use crate::kernel::bootstrap::{self, RolePasswords};
use crate::kernel::clock::Clock;
use crate::kernel::config::Config;
use crate::kernel::embedded_pg::{Cluster, Durability, Neighbour};
use crate::kernel::keys::KeyRing;
use crate::kernel::schema_version;
use crate::kernel::tx::Database;

/// The name of the embedded database.
pub const DATABASE: &str = "entaku";

/// A database that can be connected to. Dropping it stops an embedded cluster.
pub struct Installation {
    /// As `entaku_app`.
    pub app_url: String,
    /// As the application, without a pooler in between.
    pub direct_url: String,
    /// As `entaku_worker`.
    pub worker_url: String,
    /// As `entaku_owner`, where that is known.
    pub owner_url: Option<String>,
    /// The configuration it was made from.
    pub config: Config,
    embedded: bool,
    cluster: Option<Cluster>,
}

impl Installation {
    /// Opens the configured database, or starts and migrates the embedded cluster.
    pub async fn open(config: Config) -> Result<Self> {
        if let Some(urls) = &config.database {
            let app_url = urls.app.expose_secret().to_owned();
            let direct_url = urls.direct.expose_secret().to_owned();
            let worker_url = urls.worker.expose_secret().to_owned();
            let owner_url = urls.owner.as_ref().map(|url| url.expose_secret().to_owned());
            return Ok(Self { app_url, direct_url, worker_url, owner_url, config, embedded: false, cluster: None });
        }
        let data_dir = config.data_dir.clone();
        let start = move || Cluster::start(&data_dir, Durability::Durable);
        let cluster = tokio::task::spawn_blocking(start).await??;
        prepare(&cluster).await?;
        let (app_url, worker_url) = (cluster.url("entaku_app", DATABASE), cluster.url("entaku_worker", DATABASE));
        let owner_url = Some(cluster.url("entaku_owner", DATABASE));
        let direct_url = app_url.clone();
        Ok(Self { app_url, direct_url, worker_url, owner_url, config, embedded: true, cluster: Some(cluster) })
    }

    /// As [`Installation::open`], but where a server already keeps the embedded cluster, visits it.
    pub async fn visit(config: Config) -> Result<Self> {
        if config.database.is_some() {
            return Self::open(config).await;
        }
        let data_dir = config.data_dir.clone();
        let find = move || Neighbour::find(&data_dir);
        let found: Option<Neighbour> = tokio::task::spawn_blocking(find).await??;
        let Some(cluster) = found else { return Self::open(config).await };
        let (app_url, worker_url) = (cluster.url("entaku_app", DATABASE), cluster.url("entaku_worker", DATABASE));
        let owner_url = Some(cluster.url("entaku_owner", DATABASE));
        let direct_url = app_url.clone();
        Ok(Self { app_url, direct_url, worker_url, owner_url, config, embedded: true, cluster: None })
    }

    /// Is the database the embedded one?
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// The key ring; the embedded mode makes it.
    pub fn keys(&self) -> Result<Arc<KeyRing>> {
        let path = &self.config.keys_file;
        let keys = if self.is_embedded() { KeyRing::read_or_create(path) } else { KeyRing::read(path) };
        Ok(Arc::new(keys.with_context(|| format!("ENTAKU_KEYS_FILE {}", path.display()))?))
    }

    /// The server's parts over this database.
    pub fn app(&self) -> Result<Arc<App>> {
        let database =
            Database::connect(&self.app_url, self.config.connections, self.config.lanes).map_err(anyhow::Error::msg)?;
        let settings = Settings {
            issuer: self.config.issuer.clone(),
            default_municipality: self.config.default_municipality.clone(),
            wire: self.config.wire.clone(),
            files: self.config.files.clone(),
        };
        App::new(database, self.keys()?, Clock::System, settings).map_err(anyhow::Error::msg)
    }

    /// Stops an embedded cluster in good order.
    pub async fn close(mut self) -> Result<()> {
        if let Some(cluster) = self.cluster.take() {
            tokio::task::spawn_blocking(move || cluster.stop()).await??;
        }
        Ok(())
    }
}

/// Roles, database and schema of a cluster of our own.
pub async fn prepare(cluster: &Cluster) -> Result<()> {
    bootstrap::run(&cluster.superuser_url(), DATABASE, &RolePasswords::default()).await?;
    schema_version::migrate(&cluster.url("entaku_owner", DATABASE)).await?;
    Ok(())
}
