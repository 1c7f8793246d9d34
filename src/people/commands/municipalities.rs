//! Municipalities, made by the system.

use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::error::Result;
use crate::kernel::principal::MunicipalityId;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::{SettingsId, municipality, settings};
use crate::people::housekeeping;
use crate::people::notifications::digest;
use crate::people::privacy::retention;

/// Registers a municipality; its settings and jobs are made inside its own wall by
/// [`ensure_settings`].
pub async fn create_municipality(
    tx: &Tx,
    code: LocalGovernmentCode,
    name: &str,
    kana: &str,
    prefecture: &str,
) -> Result<MunicipalityId> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    let mut checks = Checks::new();
    let row = municipality::ActiveModel {
        id: Set(MunicipalityId::new()),
        code: Set(code),
        name: Set(checks.text("name", name, 50)),
        name_kana: Set(kana.to_owned()),
        prefecture: Set(prefecture.to_owned()),
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

/// Makes the settings and the jobs of a municipality that has none yet.
pub async fn ensure_settings(tx: &Tx) -> Result<SettingsId> {
    if tx.principal.system.is_none() {
        return Err(tx.refused());
    }
    if let Some(known) = settings::Entity::find().one(tx).await? {
        return Ok(known.id);
    }
    housekeeping::schedule(tx).await?;
    digest::schedule(tx).await?;
    retention::ensure(tx).await?;
    let row = settings::ActiveModel { id: Set(SettingsId::new()), ..Default::default() };
    Ok(row.insert(tx).await?.id)
}
