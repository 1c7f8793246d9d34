//! A resident asks to be forgotten, and the records of a section are held for an audit.

use crate::demo::stage::Stage;
use crate::kernel::error::Result;
use crate::kernel::id::encode;
use crate::people::privacy::commands::{self, ErasureRequestCreateInput, LegalHoldPlaceInput};

/// Why; the scene is known by it.
const REASON: &str = "町を離れるため、登録を消してください。";

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("erasure_requests", "reason", REASON).await? {
        return Ok(());
    }
    let input = ErasureRequestCreateInput { account_id: None, reason: REASON.to_owned() };
    stage.act("resident", |tx| Box::pin(commands::request(tx, input))).await?;
    let organization = stage.organization()?;
    let input = LegalHoldPlaceInput {
        object_id: encode("org", organization).into(),
        reason: "監査委員による財政援助団体等の監査のため。".to_owned(),
    };
    stage.act("admin", |tx| Box::pin(commands::place(tx, input))).await?;
    Ok(())
}
