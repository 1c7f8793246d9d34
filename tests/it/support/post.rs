//! A town whose mail is really sent: its jobs run, its letters lie in a folder or at a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use entaku::kernel::config::{MailConfig, Route};
use entaku::kernel::jobs::Runner;
use entaku::kernel::outbox::Sender;
use entaku::kernel::read::sql::Sql;
use entaku::people::notifications::digest;
use entaku::people::{housekeeping, proofs};
use serde_json::{Value, json};

use super::Town;
use super::database::Own;
use super::town::app_over;

/// Where the links of the tests lead.
pub const PUBLIC_URL: &str = "https://machi.example.jp/entaku";

/// A town in a database of its own, because a runner sees the jobs of every town.
pub struct PostOffice {
    pub town: Town,
    own: Own,
    folder: PathBuf,
}

/// Sends by any route, with little patience.
pub fn sender(route: Route) -> Sender {
    let from = "円卓 Entaku <entaku@machi.example.jp>".to_owned();
    let config = MailConfig { route, from, public_url: PUBLIC_URL.to_owned() };
    Sender::patient(&config, StdDuration::from_millis(500)).expect("a sender")
}

/// A letter as a developer finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub to: String,
    pub subject: String,
    pub body: String,
}

impl Found {
    /// The secret that the link bears.
    pub fn token(&self) -> String {
        let link = self.body.lines().find(|line| line.starts_with(PUBLIC_URL)).expect("a link");
        link.split_once("/account#").expect("a fragment").1.to_owned()
    }
}

impl PostOffice {
    pub async fn new() -> Self {
        let own = Own::migrated().await;
        let town = Town::beside(app_over(&own.url("entaku_app"))).await;
        let folder = std::env::temp_dir().join(format!("entaku-mail-{}", uuid::Uuid::now_v7().simple()));
        Self { town, own, folder }
    }

    /// Sends by files.
    pub fn folder(&self) -> Sender {
        sender(Route::Folder(self.folder.clone()))
    }

    /// Runs what is due inside the house.
    pub async fn work(&self) {
        let app = &self.town.app;
        let url = self.own.url("entaku_worker");
        let kinds = vec![housekeeping::kind(), proofs::kind(), digest::kind()];
        let runner = Runner::new(&url, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds);
        let runner = runner.expect("a runner");
        while runner.run_due().await.expect("a round") > 0 {}
    }

    /// Runs what is due, and sends what is due with this sender.
    pub async fn send(&self, sender: Sender) {
        self.work().await;
        let app = &self.town.app;
        let url = self.own.url("entaku_worker");
        let (database, keys, clock) = (app.database.clone(), app.keys.clone(), app.clock.clone());
        let postman = Runner::outside(&url, database, keys, clock, Arc::new(sender)).expect("a runner");
        while postman.run_due().await.expect("a round") > 0 {}
    }

    /// Everything that was sent into the folder so far, oldest first.
    pub async fn letters(&self) -> Vec<Found> {
        self.send(self.folder()).await;
        let mut files: Vec<PathBuf> = match std::fs::read_dir(&self.folder) {
            Ok(files) => files.map(|file| file.expect("a file").path()).collect(),
            Err(_) => Vec::new(),
        };
        files.sort();
        files.iter().map(|path| read(&std::fs::read_to_string(path).expect("a letter"))).collect()
    }

    /// The newest letter.
    pub async fn newest(&self) -> Found {
        self.letters().await.pop().expect("a letter")
    }

    /// What operators see of the mails, oldest first.
    pub async fn outbox(&self) -> Vec<Value> {
        let tx = self.town.system();
        let sql = Sql::new("SELECT id, kind, state, attempts, last_error, body FROM mails ORDER BY id");
        let row = |row: &tokio_postgres::Row| {
            json!({"kind": row.get::<_, String>("kind"), "state": row.get::<_, String>("state"),
                "attempts": row.get::<_, i32>("attempts"), "error": row.get::<_, Option<String>>("last_error"),
                "kept": row.get::<_, Option<String>>("body").is_some()})
        };
        tx.rows(sql).await.expect("rows").iter().map(row).collect()
    }

    /// The database as a role.
    pub fn url(&self, role: &str) -> String {
        self.own.url(role)
    }

    /// Where letters are kept.
    pub fn path(&self) -> &std::path::Path {
        &self.folder
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn read(text: &str) -> Found {
    let (headers, body) = text.split_once("\n\n").expect("headers and a body");
    let header = |name: &str| {
        let line = headers.lines().find_map(|line| line.strip_prefix(name)).expect("a header");
        line.trim().to_owned()
    };
    Found { to: header("To:"), subject: header("Subject:"), body: body.to_owned() }
}
