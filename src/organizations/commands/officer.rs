//! Officers and their terms.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::commands::{OFFICER_APPOINT, OFFICER_RETIRE};
use crate::organizations::entity::{OfficerId, OfficerRole, OrganizationId, OrganizationStage, officer};
use crate::organizations::rules;
use crate::organizations::shapes::{CommunityOrganization, Officer};
use crate::people::shapes::Account;

/// 役員の内容。
#[derive(InputObject)]
pub struct OfficerAppointInput {
    /// 地域組織。
    pub organization_id: OrganizationId,
    /// 役職。
    pub role: OfficerRole,
    /// 氏名。
    pub name: String,
    /// 氏名のふりがな。
    pub name_kana: String,
    /// 本人が氏名の公開に同意しているか。
    pub name_public: bool,
    /// 本人のアカウント。
    pub account_id: Option<AccountId>,
    /// 任期の始まり。
    pub term_start: Date,
    /// 任期の終わり。
    pub term_end: Option<Date>,
}

/// Registers an officer of an organization.
pub async fn appoint_officer(tx: &Tx, input: OfficerAppointInput) -> Result<OfficerId> {
    let OfficerAppointInput { organization_id, role, name, name_kana, name_public, account_id, term_start, term_end } =
        input;
    let organization = tx.peek::<CommunityOrganization>(organization_id, Action::READ).await?;
    tx.may_create::<Officer>(OFFICER_APPOINT, &[("organization_id", organization_id.0)])?;
    if let Some(account) = account_id {
        tx.peek::<Account>(account, Action::READ).await?;
    }
    if matches!(organization.stage, OrganizationStage::Dissolved | OrganizationStage::Merged) {
        return Err(Error::Conflict(crate::kernel::error::Refusal::new(
            "STAGE",
            "すでに活動を終えた組織です。",
            "The organization has ended.",
        )));
    }
    let mut checks = Checks::new();
    let ordered = term_end.is_none_or(|end| end >= term_start);
    checks.check(
        ordered,
        "input.termEnd",
        "ORDER",
        "任期の終わりが始まりより前です。",
        "The term ends before it starts.",
    );
    let row = officer::ActiveModel {
        id: Set(OfficerId::new()),
        organization_id: Set(organization_id),
        district_id: Set(organization.district_id),
        role: Set(role),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        name_public: Set(name_public),
        account_id: Set(account_id),
        term_start: Set(term_start),
        term_end: Set(term_end),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// Ends an officer's term on a day.
pub async fn retire_officer(tx: &Tx, id: OfficerId, on: Date) -> Result<OfficerId> {
    let row = tx.load::<Officer>(id, OFFICER_RETIRE).await?;
    rules::officer(&row, OFFICER_RETIRE, tx.now)?;
    let mut checks = Checks::new();
    checks.check(on >= row.term_start, "on", "ORDER", "任期の始まりより前です。", "Before the term starts.");
    checks.done()?;
    let mut row: officer::ActiveModel = row.into();
    row.term_end = Set(Some(on));
    row.update(tx).await?;
    Ok(id)
}
