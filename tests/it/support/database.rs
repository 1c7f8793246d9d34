//! The cluster of the test run: the one `bin/test` gives, else one of this process.

use std::sync::OnceLock;

use entaku::cli::installation::{DATABASE, prepare};
use entaku::cli::throwaway::{DATABASE_URL, SUPERUSER_URL};
use entaku::kernel::bootstrap::{self, RolePasswords};
use entaku::kernel::embedded_pg::{Cluster, Durability};
use entaku::kernel::schema_version;
use sqlx::{Connection, PgConnection};

static OWN: OnceLock<Cluster> = OnceLock::new();

fn own() -> &'static Cluster {
    OWN.get_or_init(|| {
        std::thread::spawn(|| {
            let dir = std::env::temp_dir().join(format!("entaku-test-cluster-{}", std::process::id()));
            let cluster = Cluster::start(&dir, Durability::Throwaway).expect("a cluster");
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(prepare(&cluster)).expect("a prepared database");
            cluster
        })
        .join()
        .expect("the cluster's thread")
    })
}

/// The prepared database as a role.
pub fn url(role: &str) -> String {
    match std::env::var(DATABASE_URL) {
        Ok(url) => url.replace("ROLE", role),
        Err(_) => own().url(role, DATABASE),
    }
}

/// A superuser in the maintenance database.
pub fn superuser_url() -> String {
    std::env::var(SUPERUSER_URL).unwrap_or_else(|_| own().superuser_url())
}

/// The prepared database as a superuser.
pub fn superuser_here() -> String {
    url("postgres")
}

/// An empty database of one test's own, with the roles of the house.
pub struct Own {
    name: String,
}

impl Own {
    /// Makes it.
    pub async fn new() -> Self {
        let name = format!("own_{}", uuid::Uuid::now_v7().simple());
        bootstrap::run(&superuser_url(), &name, &RolePasswords::default()).await.expect("a database");
        Self { name }
    }

    /// Makes it and brings it to the program's schema.
    pub async fn migrated() -> Self {
        let own = Self::new().await;
        schema_version::migrate(&own.url("entaku_owner")).await.expect("migrated");
        own
    }

    /// How many connections the application has to it.
    pub async fn connections(&self) -> i64 {
        let mut superuser = PgConnection::connect(&self.url("postgres")).await.expect("a connection");
        let held =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'entaku_app'";
        sqlx::query_scalar(held).fetch_one(&mut superuser).await.expect("a number")
    }

    /// The database as a role.
    pub fn url(&self, role: &str) -> String {
        url(role).replace(&format!("/{DATABASE}?"), &format!("/{}?", self.name))
    }
}
