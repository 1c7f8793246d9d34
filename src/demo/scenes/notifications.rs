//! What the year's acts told people: one has read it, one has chosen how to be told.

use crate::demo::stage::Stage;
use crate::kernel::error::Result;
use crate::people::notifications::commands::{self, NotificationChoiceSetInput};
use crate::people::notifications::entity::NotificationKind;

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    let kind = NotificationKind::GrantDecided;
    if stage.is_there("notification_choices", "kind", &kind.word()).await? {
        return Ok(());
    }
    stage.act("grant-staff", |tx| Box::pin(commands::mark_all_read(tx))).await?;
    let input = NotificationChoiceSetInput { kind, in_app: true, mail_digest: true };
    stage.act("org-officer", |tx| Box::pin(commands::set_choice(tx, input))).await?;
    Ok(())
}
