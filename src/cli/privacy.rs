//! `entaku privacy`: what is due, before it is gone.

use anyhow::Result;
use chrono::NaiveDate;
use sea_orm::Iterable;

use crate::cli::audit::towns;
use crate::cli::installation::Installation;
use crate::kernel::config::Config;
use crate::people::privacy::entity::RetentionKind;
use crate::people::privacy::retention;

/// Prints how many records of each kind are due today or on a day, for one municipality or all.
#[allow(clippy::print_stdout)]
pub async fn due(config: Config, municipality: Option<&str>, on: Option<NaiveDate>) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    for (id, name) in towns(&app, municipality).await? {
        let tx = app.system("privacy due", Some(id));
        let day = on.unwrap_or(tx.today());
        println!("{name} ({day})");
        for kind in RetentionKind::iter() {
            let due = retention::due(&tx, kind, day).await.map_err(anyhow::Error::msg)?;
            println!("  {:<20} {due}", kind.word());
        }
        tx.rollback().await.map_err(anyhow::Error::msg)?;
    }
    app.database.close();
    installation.close().await
}
