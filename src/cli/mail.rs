//! `entaku mail`: what is in the outbox, for operators; and for developers, what a mail says.

use anyhow::{Context, Result, bail, ensure};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::api::app::App;
use crate::cli::installation::Installation;
use crate::kernel::config::{Config, Route};
use crate::kernel::outbox;
use crate::kernel::read::sql::Sql;
use crate::people::entity::municipality;

/// How many mails of a municipality are listed.
const LISTED: usize = 50;

/// Lists the newest mails of every municipality: what, when, how often it was tried, why not. Not to whom.
#[allow(clippy::print_stdout)]
pub async fn list(config: Config) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    for town in towns(&app).await? {
        let tx = app.system("mail list", Some(town.id));
        let sql = format!(
            "SELECT id, created_at, kind, state, attempts, last_error FROM mails ORDER BY created_at DESC, id LIMIT {LISTED}"
        );
        for row in tx.rows(Sql::new(&sql)).await.map_err(anyhow::Error::msg)? {
            let at: chrono::DateTime<chrono::Utc> = row.try_get("created_at")?;
            let (id, attempts): (Uuid, i32) = (row.try_get("id")?, row.try_get("attempts")?);
            let (kind, state): (String, String) = (row.try_get("kind")?, row.try_get("state")?);
            let error: Option<String> = row.try_get("last_error")?;
            let code = town.code.as_str();
            println!(
                "{code}  {id}  {}  {state:<6}  {attempts}  {kind:<18}  {}",
                at.to_rfc3339(),
                error.unwrap_or_default()
            );
        }
    }
    app.database.close();
    installation.close().await
}

/// Prints a mail that was put into a file instead of being sent. Only the demo does that.
#[allow(clippy::print_stdout)]
pub fn show(config: &Config, id: &str) -> Result<()> {
    let Route::Folder(folder) = &config.mail.route else {
        bail!("mails are shown in the demo profile only, where they are kept in files instead of being sent");
    };
    let id = Uuid::parse_str(id).context("this is no id of a mail (entaku mail list)")?;
    let path = outbox::kept(folder, id);
    ensure!(path.exists(), "there is no such mail yet; the server writes it within a second or so");
    println!("{}", std::fs::read_to_string(path)?);
    Ok(())
}

/// How many mails wait, how many of them for more than ten minutes, and how many were given up in the last week.
pub(super) async fn count(app: &App) -> Result<(i64, i64, i64)> {
    let mut all = (0, 0, 0);
    for town in towns(app).await? {
        let tx = app.system("doctor", Some(town.id));
        let sql = "SELECT count(*) FILTER (WHERE state = 'QUEUED') AS waiting,
                count(*) FILTER (WHERE state = 'QUEUED' AND created_at < now() - interval '10 minutes') AS late,
                count(*) FILTER (WHERE state = 'FAILED' AND created_at > now() - interval '7 days') AS failed FROM mails";
        let row = tx.rows(Sql::new(sql)).await.map_err(anyhow::Error::msg)?.pop().context("no counts")?;
        all.0 += row.try_get::<_, i64>("waiting")?;
        all.1 += row.try_get::<_, i64>("late")?;
        all.2 += row.try_get::<_, i64>("failed")?;
    }
    Ok(all)
}

pub(super) async fn towns(app: &App) -> Result<Vec<municipality::Model>> {
    let tx = app.system("mail", None);
    Ok(municipality::Entity::find().all(&tx).await?)
}
