//! A person's data is asked for: by themselves, or by an administrator for them (個人情報保護法76条).

use sea_orm::{ActiveModelTrait, Set};

use super::PERSONAL_DATA_EXPORT_CREATE;
use super::export::{EXPORT_JOB, one_more};
use crate::files::entity::{ExportFormat, ExportId, ExportState, export};
use crate::files::shapes::Export;
use crate::kernel::audit;
use crate::kernel::error::{Error, Result};
use crate::kernel::jobs;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::tx::Tx;
use crate::people::privacy;
use crate::people::shapes::Account;

/// Asks for all that is kept about somebody; without a name about oneself. Whoever asks for another says what for, and
/// that person sees it among the entries about their account.
pub async fn create(tx: &Tx, of: Option<AccountId>) -> Result<ExportId> {
    let own = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let subject = of.unwrap_or(own);
    let person = tx.peek::<Account>(subject, Action::READ).await?;
    may_export(tx, subject)?;
    privacy::rules::not_forgotten(&person)?;
    one_more(tx, own).await?;
    let row = export::ActiveModel {
        id: Set(ExportId::new()),
        account_id: Set(own),
        subject_id: Set(Some(subject)),
        name: Set(format!("保有個人情報_{}.zip", tx.today().format("%Y%m%d"))),
        format: Set(ExportFormat::Zip),
        document: Set(String::new()),
        variables: Set("{}".to_owned()),
        purpose: Set(tx.purpose().map(str::to_owned)),
        state: Set(ExportState::Queued),
        rows_done: Set(0),
        attempts: Set(0),
        ..Default::default()
    };
    let id = row.insert(tx).await?.id;
    audit::note(tx, "PERSONAL_EXPORT", "accounts", &[subject.0], &id.to_string()).await?;
    jobs::enqueue(tx, EXPORT_JOB, Some(id.0), tx.now).await?;
    Ok(id)
}

/// May the caller have what is kept about somebody written now?
pub(super) fn may_export(tx: &Tx, subject: AccountId) -> Result<()> {
    tx.may_create::<Export>(PERSONAL_DATA_EXPORT_CREATE, &[("subject_id", subject.0)])?;
    if tx.principal.account != Some(subject) && tx.purpose().is_none() {
        let (ja, en) =
            ("本人以外の個人情報には目的(extensions.purpose)が必要です。", "Say what for in extensions.purpose.");
        return Err(Error::invalid("extensions.purpose", "REQUIRED", ja, en));
    }
    Ok(())
}
