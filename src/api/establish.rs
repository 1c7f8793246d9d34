//! A new municipality: its row, then its settings and jobs inside its own wall.

use crate::api::app::App;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::Error;
use crate::kernel::principal::MunicipalityId;
use crate::people::commands;

/// What a municipality is made from.
pub struct New<'a> {
    /// 全国地方公共団体コード.
    pub code: LocalGovernmentCode,
    /// Its name.
    pub name: &'a str,
    /// Its name in kana.
    pub kana: &'a str,
    /// Its prefecture.
    pub prefecture: &'a str,
}

/// Makes the municipality if it is not there, and its settings and jobs.
///
/// # Errors
/// CONFLICT/DUPLICATE when another process makes it at the same time.
pub async fn establish(app: &App, new: New<'_>) -> Result<MunicipalityId, Error> {
    let id = if let Ok(known) = app.municipality(&new.code).await {
        known
    } else {
        let tx = app.system("municipality create", None);
        let id = commands::create_municipality(&tx, new.code, new.name, new.kana, new.prefecture).await?;
        tx.commit().await?;
        id
    };
    let tx = app.system("municipality create", Some(id));
    commands::ensure_settings(&tx).await?;
    tx.commit().await?;
    Ok(id)
}
