//! `entaku serve`: the server, from an empty machine to the first request.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

use crate::api::app::App;
use crate::api::exports;
use crate::api::judge;
use crate::api::schema::Nouns;
use crate::api::serve;
use crate::cli::demo;
use crate::cli::installation::Installation;
use crate::grants::commands::offset::unborne;
use crate::kernel::audit::head;
use crate::kernel::audit::seal::Sealer;
use crate::kernel::config::{Config, Profile};
use crate::kernel::jobs::{Kind, Runner};
use crate::kernel::lanes::Lanes;
use crate::kernel::outbox::Sender;
use crate::kernel::principal::Principal;
use crate::kernel::read::{self, Catalogue};
use crate::kernel::schema_version::{self, SchemaError};
use crate::ledger::commands::verification;
use crate::people::notifications::digest;
use crate::people::posts::taking_over;
use crate::people::tasks::reminders;
use crate::people::{proofs, support};
use crate::{challenges, files, liaison, people};

/// Requests run on threads with as much stack as a development build needs for the branch over every mutation.
pub const STACK: usize = 8 << 20;

/// Every kind of job.
fn jobs(app: &Arc<App>) -> Vec<Kind> {
    let mut kinds = vec![
        people::housekeeping::kind(),
        proofs::kind(),
        digest::kind(),
        head::kind(),
        exports::kind(app),
        people::privacy::retention::kind(),
        verification::kind(),
        unborne::kind(),
        taking_over::kind(vec![liaison::taking_over::take_over, challenges::taking_over::take_over]),
        support::commands::kind(),
        reminders::kind(),
    ];
    kinds.extend(files::housekeeping::kinds(&app.files));
    kinds
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(config: Config) -> Result<()> {
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("ENTAKU_LISTEN {listen}"))?;
    let address = listener.local_addr()?;
    let installation = Installation::open(config).await?;
    let app = installation.app()?;
    let lanes = Lanes::open(installation.config.lanes, STACK).context("threads for requests")?;
    let (database, keys, clock) = (app.database.clone(), app.keys.clone(), app.clock.clone());
    let runner = Runner::new(&installation.worker_url, database, keys, clock, jobs(&app));
    let runner = runner.map_err(anyhow::Error::msg)?;
    let sealer = Sealer::new(&runner, app.database.clone(), app.keys.clone(), app.clock.clone());
    let sender = Sender::new(&installation.config.mail).map_err(anyhow::Error::msg)?;
    let (database, keys, clock) = (app.database.clone(), app.keys.clone(), app.clock.clone());
    let postman = Runner::outside(&installation.worker_url, database, keys, clock, Arc::new(sender));
    let postman = postman.map_err(anyhow::Error::msg)?;
    let ready = open(&installation);
    let work = async {
        ready.await?;
        declared(&app).await?;
        // Made once, which takes a while: no lane is to stand still for it.
        tokio::task::spawn_blocking(judge::schema).await?;
        if installation.config.profile == Profile::Demo && installation.is_embedded() {
            Box::pin(crate::demo::load(&app)).await.map_err(anyhow::Error::msg)?;
            demo::greet(address, &installation.config.mail);
        }
        app.set_ready(true);
        tracing::info!(%address, "ready");
        let feed = app.feed.run(&installation.direct_url);
        tokio::join!(runner.run(), postman.run(), sealer.run(), feed, app.rates.run(&app));
        Ok::<(), anyhow::Error>(())
    };
    tokio::select! {
        served = serve::serve(app.clone(), listener, lanes, stop_signal()) => served?,
        failed = work => failed?,
    }
    installation.close().await
}

/// Waits for the database; refuses a role or a schema that is not right.
async fn open(installation: &Installation) -> Result<()> {
    loop {
        match schema_version::check(&installation.app_url).await {
            Ok(()) => return Ok(()),
            Err(SchemaError::Database(error)) => tracing::warn!(%error, "waiting for the database"),
            Err(refused) => bail!(refused),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Refuses a database whose tables are not what the program's types say.
async fn declared(app: &App) -> Result<()> {
    let request = Arc::new(app.request(Principal::public(), None));
    let faults = read::faults(Nouns::queries().shapes(), &app.database, &request).await.map_err(anyhow::Error::msg)?;
    if !faults.is_empty() {
        bail!("the declared types do not fit the database:\n  - {}", faults.join("\n  - "));
    }
    Ok(())
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping");
}
